"""Ten bits and HDR: samples and their meaning are carried, never converted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from av.video.frame import VideoFrame
from hypothesis import given
from hypothesis import strategies as st

from tests.clips import moving_clip, scene, write_clip
from touchmark.provenance.media.colour import (
    BT709,
    BT2020,
    HLG,
    PQ,
    Colour,
    ContentLight,
    Mastering,
    pq_luminance,
    shown,
)
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.encode import EncodeSettings, encode
from touchmark.provenance.media.errors import EncodeError
from touchmark.provenance.media.picture import Orientation, PictureConverter, Planes, colour_of
from touchmark.provenance.media.video import Frame, RawVideo

SCREEN = Mastering((34_000, 16_000), (13_250, 34_500), (7_500, 3_000), (15_635, 16_450), 10_000_000, 50)
HDR10 = Colour(10, BT2020, PQ, BT2020, SCREEN, ContentLight(1000, 400))
BROADCAST = Colour(10, BT2020, HLG, BT2020)
FINE = EncodeSettings(crf=4, preset="ultrafast")
RATE = Fraction(12)


def ramps(colour: Colour, count: int = 6, width: int = 512, height: int = 128) -> RawVideo:
    """A slope through every level of luma between black and white, that moves by one level a picture."""

    def frames() -> Iterator[Frame]:
        grey = np.full((height // 2, width // 2), 128 * colour.step, np.uint16)
        for index in range(count):
            slope = np.linspace(16 * colour.step, 234 * colour.step, width).astype(np.uint16) + index
            planes = Planes(np.tile(slope, (height, 1)), grey, grey, colour)
            yield Frame(planes, index / RATE)

    return RawVideo(frames(), width, height, RATE, colour=colour)


@pytest.mark.parametrize(
    "colour",
    [
        HDR10,
        BROADCAST,
        Colour(10, BT2020, 14, BT2020),
        Colour(10),
        Colour(10, 12, PQ, 1),
        Colour(10, 2, 2, 2),
        replace(HDR10, light=None),
        replace(HDR10, mastering=None),
    ],
)
def test_ten_bits_and_their_meaning_survive_encoder_and_decoder(tmp_path: Path, colour: Colour) -> None:
    encode(ramps(colour), tmp_path / "a.mp4", FINE)
    with open_video(tmp_path / "a.mp4") as first:
        assert first.info.colour == colour
        assert first.info.codec == "hevc"
        encode(first.raw(), tmp_path / "b.mp4", FINE)
    with open_video(tmp_path / "b.mp4") as second:
        assert second.info.colour == colour
        frames = list(second.frames())
    errors = []
    for before, after in zip(ramps(colour).frames, frames, strict=True):
        assert after.planes.luma.dtype == np.uint16
        errors.append(np.abs(before.planes.luma.astype(int) - after.planes.luma).mean())
        assert np.unique(after.planes.luma).size > 440  # of 512; with 8 bits there would be 219
    assert np.mean(errors) < 0.5  # with 8 bits it would be 1


def test_the_same_ten_bits_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        encode(ramps(HDR10), tmp_path / name)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_players_of_apple_find_the_parameters_where_they_look(tmp_path: Path) -> None:
    encode(ramps(HDR10), tmp_path / "a.mp4")
    assert b"hvc1" in (tmp_path / "a.mp4").read_bytes()


@pytest.mark.parametrize(
    "pixel_format", ["yuv420p10le", "yuv422p10le", "yuv444p10le", "p010le", "p016le", "yuv422p12le"]
)
def test_every_form_of_more_bits_becomes_420_of_ten_bits(pixel_format: str) -> None:
    planes = next(ramps(HDR10).frames).planes
    stored = planes.picture().reformat(format=pixel_format)
    stored.colorspace, stored.color_primaries, stored.color_trc = BT2020, BT2020, PQ
    colour = colour_of(stored)
    assert (colour.depth, colour.primaries, colour.transfer, colour.matrix) == (10, BT2020, PQ, BT2020)
    back = PictureConverter(512, 128, Orientation(), colour).planes(stored)
    assert back.colour == colour
    assert np.abs(back.luma.astype(int) - planes.luma).max() <= 1
    assert np.abs(back.blue.astype(int) - 512).max() <= 1
    assert back.blue.shape == back.red.shape == (64, 256)


def test_studio_footage_is_read_in_ten_bits(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mov", ramps(Colour(10)), codec="prores_ks", pixel_format="yuv422p10le")
    with open_video(path) as video:
        assert video.info.colour.depth == 10
        assert np.unique(next(video.frames()).planes.luma).size > 440


def test_full_range_in_ten_bits_becomes_limited_and_nothing_else() -> None:
    full = VideoFrame(64, 64, "yuv420p10le")
    for plane, level in zip(full.planes, (1023, 512, 512), strict=True):
        np.frombuffer(memoryview(plane), np.uint16)[:] = level
    full.colorspace, full.color_primaries, full.color_trc, full.color_range = BT2020, BT2020, HLG, 2
    colour = colour_of(full)
    planes = PictureConverter(64, 64, Orientation(), colour).planes(full)
    assert colour == BROADCAST
    assert abs(int(planes.luma[32, 32]) - 940) <= 1
    assert abs(int(planes.blue[16, 16]) - 512) <= 1


def test_pictures_are_turned_in_ten_bits() -> None:
    planes = next(ramps(HDR10).frames).planes
    turned = Orientation(transpose=True).apply(planes)
    assert turned.colour == HDR10
    assert np.array_equal(turned.luma, planes.luma.T)


def test_hlg_in_eight_bits_keeps_its_transfer(tmp_path: Path) -> None:
    colour = Colour(8, BT2020, HLG, BT2020)
    frames = (Frame(replace(frame.planes, colour=colour), frame.time) for frame in moving_clip(64, 64, 4).frames)
    encode(RawVideo(frames, 64, 64, RATE, colour=colour), tmp_path / "a.mp4")
    with open_video(tmp_path / "a.mp4") as video:
        assert video.info.colour == colour
        assert video.info.codec == "h264"


def test_what_is_plain_stays_as_it_was(tmp_path: Path) -> None:
    with open_video(write_clip(tmp_path / "a.mp4", moving_clip(64, 64, 2))) as video:
        assert video.info.colour == video.raw().colour == next(video.frames()).planes.colour == BT709


def test_pictures_of_another_colour_than_promised_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(EncodeError, match="expected Colour"):
        encode(replace(ramps(HDR10), colour=BROADCAST), tmp_path / "a.mp4")
    with pytest.raises(EncodeError, match="expected Colour"):
        encode(replace(moving_clip(64, 64, 2), colour=HDR10), tmp_path / "b.mp4")


@pytest.mark.parametrize("light", ["L(50,10000000)", "L(4294967295,1)"])
def test_a_screen_that_cannot_be_is_not_passed_on(tmp_path: Path, light: str) -> None:
    screen = f"master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450){light}"
    path = write_clip(
        tmp_path / "a.mp4",
        ramps(HDR10),
        codec="libx265",
        pixel_format="yuv420p10le",
        options={"x265-params": f"log-level=none:{screen}:colorprim=9:transfer=16:colormatrix=9"},
    )
    with open_video(path) as video:
        assert video.info.colour == Colour(10, BT2020, PQ, BT2020)


def test_plain_pictures_are_shown_as_they_are() -> None:
    pixels = next(scene(64, 48, 1))
    assert shown(pixels, BT709) is pixels
    assert shown(pixels, Colour(10)) is pixels


@pytest.mark.parametrize(("transfer", "white"), [(PQ, 0.5807), (HLG, 0.75)])
def test_hdr_is_shown_with_its_white_near_white(transfer: int, white: float) -> None:
    """Levels of diffuse white: ITU-R BT.2408-7, table 1."""
    slope = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    found = shown(slope, replace(HDR10, transfer=transfer))
    assert np.ptp(found, axis=2).max() <= 1  # grey stays grey
    levels = found[0, :, 1].astype(int)
    assert (np.diff(levels) >= 0).all()
    assert levels[0] == 0
    assert 225 <= levels[round(255 * white)] <= 245
    assert levels[255] == 255


def test_colours_of_bt2020_are_shown_in_bt709() -> None:
    red = np.full((4, 4, 3), (255, 0, 0), np.uint8)
    assert shown(red, Colour(10, BT2020, 14, BT2020))[0, 0].tolist() == [255, 0, 0]  # clipped, not wrapped
    red_of_bt709 = np.full((4, 4, 3), [round(255 * v ** (1 / 2.4)) for v in (0.6274, 0.0691, 0.0164)], np.uint8)
    assert shown(red_of_bt709, Colour(10, BT2020, 14, BT2020))[0, 0].tolist() == pytest.approx([255, 0, 0], abs=25)


def test_pq_is_that_of_the_recommendation() -> None:
    """ITU-R BT.2408-7, table 1: 58% is 203 cd/m2; BT.2100: 100% is 10,000."""
    assert pq_luminance(np.array([0.0, 0.58, 1.0])).tolist() == pytest.approx([0, 203, 10_000], rel=0.01)


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([BT709, HDR10]))
def test_planes_of_any_size_and_depth_become_a_picture_and_come_back(height: int, width: int, colour: Colour) -> None:
    kind = np.uint16 if colour.depth > 8 else np.uint8
    random = np.random.default_rng(height * 41 + width)
    half = (-(-height // 2), -(-width // 2))
    luma, blue, red = (random.integers(0, 1 << colour.depth, shape, kind) for shape in ((height, width), half, half))
    planes = Planes(luma, blue, red, colour)
    converter = PictureConverter(width, height, Orientation(), colour)
    back = converter.planes(planes.picture())
    for plane, expected in zip((back.luma, back.blue, back.red), (luma, blue, red), strict=True):
        assert np.array_equal(plane, expected)
    assert planes.rgb().shape == (height, width, 3)
