"""The mark in single pictures: every channel and depth keeps what it had, and one picture is enough to read it."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.clips import scene
from touchmark.provenance.media.picture import Orientation
from touchmark.provenance.media.still import Still, StillKind, read_still, write_still
from touchmark.provenance.watermark.protocol import MarkState, Payload, WatermarkKey
from touchmark.provenance.watermark.standalone import AlreadyMarkedError, find_any, mark_file
from touchmark.provenance.watermark.still import find_in_still, mark_still
from touchmark.provenance.watermark.video import PictureTooSmallError

RGB = next(scene(401, 333, 1))
# Larger and soft: luma alone carries the mark, and one picture of strong texture drowns it.
GREY = cv2.GaussianBlur(next(scene(960, 720, 1))[..., 1], (0, 0), 8)[..., None].astype(np.uint8)
TURNED = Orientation(transpose=True, flip_x=True)


def still(pixels: NDArray[np.uint8 | np.uint16], orientation: Orientation = Orientation()) -> Still:  # noqa: B008
    return Still(pixels, orientation, StillKind.PNG, lossless=True)


def png_of_grey_and_alpha(pixels: NDArray[np.uint8]) -> bytes:
    """Colour type 4, which OpenCV does not write."""
    height, width = pixels.shape[:2]
    lines = b"".join(b"\0" + row.tobytes() for row in pixels)
    chunks = {
        b"IHDR": struct.pack(">IIBBBBB", width, height, 8, 4, 0, 0, 0),
        b"IDAT": zlib.compress(lines),
        b"IEND": b"",
    }
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks.items()
    )


@pytest.mark.parametrize(
    "picture",
    [still(RGB), still(RGB.astype(np.uint16) * 257), still(GREY), still(RGB, TURNED)],
    ids=["rgb", "16 bit", "grey", "turned"],
)
def test_one_picture_is_enough(picture: Still, key: WatermarkKey, payload: Payload) -> None:
    before = picture.pixels.copy()
    marked = mark_still(picture, payload, key)
    assert np.array_equal(picture.pixels, before)
    assert (marked.pixels.shape, marked.pixels.dtype) == (before.shape, before.dtype)
    assert find_in_still(marked, key).payload == payload
    assert find_in_still(picture, key).payload is None
    steps = (marked.pixels.astype(float) - before) * 255 / np.iinfo(before.dtype).max
    assert 10 * np.log10(255**2 / np.mean(steps**2)) > 39


def test_a_picture_s_turn_changes_nothing_of_what_a_viewer_sees(key: WatermarkKey, payload: Payload) -> None:
    stored = still(np.ascontiguousarray(TURNED.view(RGB)), Orientation(transpose=True, flip_y=True))
    assert np.array_equal(stored.upright, RGB)
    assert np.array_equal(mark_still(stored, payload, key).upright, mark_still(still(RGB), payload, key).upright)


def test_strips_leave_no_seams(key: WatermarkKey, payload: Payload, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = mark_still(still(RGB), payload, key)
    monkeypatch.setattr("touchmark.provenance.watermark.still._ROWS", 34)
    assert np.array_equal(mark_still(still(RGB), payload, key).pixels, whole.pixels)


def test_grey_with_transparency_stays_grey(key: WatermarkKey, payload: Payload, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png_of_grey_and_alpha(np.dstack([GREY[..., 0], GREY[::-1, :, 0]])))
    before = read_still(tmp_path / "a.png")
    assert before.pixels.shape[2] == 4
    marked = mark_still(before, payload, key)
    assert np.array_equal(marked.pixels[..., 0], marked.pixels[..., 1])
    assert np.array_equal(marked.pixels[..., 0], marked.pixels[..., 2])
    assert np.array_equal(marked.pixels[..., 3], before.pixels[..., 3])
    assert find_in_still(marked, key).payload == payload


def test_transparency_is_left_alone(key: WatermarkKey, payload: Payload) -> None:
    see_through = np.dstack([RGB, RGB[..., 0]])
    marked = mark_still(still(see_through), payload, key)
    assert np.array_equal(marked.pixels[..., 3], see_through[..., 3])
    assert np.array_equal(marked.pixels[..., :3], mark_still(still(RGB), payload, key).pixels)


@pytest.mark.parametrize("level", [0, 255])
def test_nothing_wraps_at_black_and_white(key: WatermarkKey, payload: Payload, level: int) -> None:
    marked = mark_still(still(np.full((256, 256, 3), level, np.uint8)), payload, key)
    assert np.abs(marked.pixels.astype(int) - level).max() < 20


def test_small_pictures_are_refused(key: WatermarkKey, payload: Payload) -> None:
    with pytest.raises(PictureTooSmallError):
        mark_still(still(RGB[:127]), payload, key)


@pytest.mark.parametrize("quality", [90, 75, 50])
def test_a_photograph_is_read_after_jpeg(tmp_path: Path, key: WatermarkKey, payload: Payload, quality: int) -> None:
    marked = mark_still(still(RGB), payload, key)
    cv2.imwrite(str(tmp_path / "a.jpg"), marked.pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert find_in_still(read_still(tmp_path / "a.jpg"), key).payload == payload


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
def test_picture_files_are_marked_in_their_own_kind(
    tmp_path: Path, key: WatermarkKey, payload: Payload, suffix: str
) -> None:
    source, marked = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    cv2.imwrite(str(source), RGB[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, 90] if suffix == ".webp" else [])
    assert mark_file(source, marked, payload, key).payload == payload
    assert find_any(marked, [key]).payload == payload
    assert read_still(marked).kind is read_still(source).kind
    with pytest.raises(AlreadyMarkedError):
        mark_file(marked, tmp_path / f"c{suffix}", payload, key)
    assert find_any(source, [key]).state is MarkState.NOTHING_FOUND


@pytest.mark.parametrize("form", [".tiff", ".avif", ".webp"])
def test_a_mark_is_found_in_a_copy_of_another_kind(
    tmp_path: Path, key: WatermarkKey, payload: Payload, form: str
) -> None:
    write_still(mark_still(still(RGB), payload, key), tmp_path / "a.png")
    pixels = cv2.imread(str(tmp_path / "a.png"))
    assert pixels is not None
    cv2.imwrite(str(tmp_path / f"a{form}"), pixels, [cv2.IMWRITE_AVIF_QUALITY, 80] if form == ".avif" else [])
    assert find_in_still(read_still(tmp_path / f"a{form}"), key).payload == payload
