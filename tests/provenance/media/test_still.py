"""Single pictures: what is read is written back as it was, and what is hostile is refused by name."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.clips import scene
from tests.provenance.media.test_profile import LOWEST_BITS, RISING, icc
from touchmark.provenance.media import segments
from touchmark.provenance.media.errors import (
    DecodeError,
    EncodeError,
    LimitExceededError,
    MediaError,
    NotAPictureError,
    TruncatedError,
    UnreadableFileError,
)
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.media.still import Still, StillKind, read_still, still_kind, write_still
from touchmark.provenance.media.view import view_still

AnyPixels = NDArray[np.uint8 | np.uint16]
RGB = next(scene(97, 65, 1))
GREY = np.ascontiguousarray(RGB[..., 1])
SEE_THROUGH = np.dstack([RGB, np.maximum(GREY, 1)])  # WebP drops the colour of what nobody sees
DEEP = RGB.astype(np.uint16) * 251 + 3
LOSSLESS_WEBP = (cv2.IMWRITE_WEBP_QUALITY, 101)
PROFILE = struct.pack(">I", 600) + b"none" + bytes(28) + b"acsp" + bytes(560)


def coded(suffix: str, pixels: AnyPixels, *how: int) -> bytes:
    if pixels.ndim == 3:
        pixels = pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]
    return cv2.imencode(suffix, pixels, how)[1].tobytes()


def saved(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def notes(orientation: int, order: str = ">") -> bytes:
    head = {">": b"MM\0*", "<": b"II*\0"}[order]
    return head + struct.pack(order + "IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_with(data: bytes, *chunks: bytes) -> bytes:
    return data[:33] + b"".join(chunks) + data[33:]


def jpeg_with(data: bytes, *parts: tuple[int, bytes]) -> bytes:
    return data[:2] + b"".join(struct.pack(">BBH", 255, m, len(d) + 2) + d for m, d in parts) + data[2:]


def webp_with(data: bytes, size: tuple[int, int], flags: int, *chunks: tuple[bytes, bytes]) -> bytes:
    sides = b"".join(struct.pack("<I", side - 1)[:3] for side in size)
    body = b"VP8X" + struct.pack("<I", 10) + bytes([flags, 0, 0, 0]) + sides
    rest = b"".join(n + struct.pack("<I", len(d)) + d + bytes(len(d) % 2) for n, d in chunks)
    body += data[12:] + rest
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


@pytest.mark.parametrize(
    ("suffix", "pixels", "how"),
    [
        (".png", RGB, ()),
        (".png", GREY, ()),
        (".png", SEE_THROUGH, ()),
        (".png", DEEP, ()),
        (".png", np.dstack([DEEP, DEEP[..., 0]]), ()),
        (".png", GREY.astype(np.uint16) * 255, ()),
        (".webp", RGB, LOSSLESS_WEBP),
        (".webp", SEE_THROUGH, LOSSLESS_WEBP),
    ],
)
def test_what_was_kept_exactly_is_written_exactly(
    tmp_path: Path, suffix: str, pixels: AnyPixels, how: tuple[int, ...]
) -> None:
    still = read_still(saved(tmp_path / f"a{suffix}", coded(suffix, pixels, *how)))
    assert still.lossless
    assert still.pixels.dtype == pixels.dtype
    assert np.array_equal(still.pixels.squeeze(), pixels)
    write_still(still, tmp_path / f"b{suffix}")
    again = read_still(tmp_path / f"b{suffix}")
    assert again.lossless
    assert np.array_equal(again.pixels, still.pixels)
    by_others = cv2.imread(str(tmp_path / f"b{suffix}"), cv2.IMREAD_UNCHANGED)
    assert by_others is not None
    assert by_others.dtype == pixels.dtype
    assert by_others.shape == pixels.shape


@pytest.mark.parametrize(
    ("suffix", "pixels", "how"),
    [(".jpg", RGB, ()), (".jpg", GREY, ()), (".webp", RGB, (cv2.IMWRITE_WEBP_QUALITY, 85))],
)
def test_what_was_kept_roughly_is_written_well(
    tmp_path: Path, suffix: str, pixels: AnyPixels, how: tuple[int, ...]
) -> None:
    still = read_still(saved(tmp_path / f"a{suffix}", coded(suffix, pixels, *how)))
    assert not still.lossless
    write_still(still, tmp_path / f"b{suffix}")
    again = read_still(tmp_path / f"b{suffix}")
    assert again.pixels.shape == still.pixels.shape
    assert np.abs(again.pixels.astype(int) - still.pixels).mean() < 1.5


@pytest.mark.parametrize(
    ("suffix", "kind", "how"),
    [(".tiff", StillKind.TIFF, ()), (".avif", StillKind.AVIF, (cv2.IMWRITE_AVIF_QUALITY, 98))],
)
def test_other_kinds_are_read_and_not_written(
    tmp_path: Path, suffix: str, kind: StillKind, how: tuple[int, ...]
) -> None:
    still = read_still(saved(tmp_path / f"a{suffix}", coded(suffix, RGB, *how)))
    assert still.kind is kind
    assert np.abs(still.upright.astype(int) - RGB).mean() < 6
    with pytest.raises(EncodeError, match=f"{kind} is not written"):
        write_still(still, tmp_path / f"b{suffix}")


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("order", "<>")
def test_pictures_stand_as_other_viewers_show_them(tmp_path: Path, orientation: int, order: str) -> None:
    exif = notes(orientation, order)
    files = {
        "a.png": png_with(coded(".png", RGB), chunk(b"eXIf", exif)),
        "a.jpg": jpeg_with(coded(".jpg", RGB), (0xE1, b"Exif\0\0" + exif)),
        "a.webp": webp_with(coded(".webp", RGB, *LOSSLESS_WEBP), (97, 65), 0x08, (b"EXIF", exif)),
    }
    for name, data in files.items():
        path = saved(tmp_path / name, data)
        upright = read_still(path).upright
        shown = cv2.imread(str(path), cv2.IMREAD_COLOR)
        assert shown is not None
        assert upright.shape == shown.shape, name
        assert np.abs(upright.astype(int) - shown[..., ::-1]).mean() < 3, name
        write_still(read_still(path), tmp_path / f"copy of {name}")
        copy = read_still(tmp_path / f"copy of {name}")
        assert copy.orientation == read_still(path).orientation
        assert copy.upright.shape == upright.shape


def test_profile_exif_and_density_are_carried_and_nothing_else(tmp_path: Path) -> None:
    exif = notes(6)
    secret = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>"
    icc = b"ICC_PROFILE\0\1\1" + PROFILE
    files = {
        "a.png": png_with(
            coded(".png", RGB),
            chunk(b"iCCP", b"p\0\0" + zlib.compress(PROFILE)),
            chunk(b"gAMA", struct.pack(">I", 45455)),
            chunk(b"pHYs", struct.pack(">IIB", 3780, 3780, 1)),
            chunk(b"eXIf", exif),
            chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + secret),
            chunk(b"caBX", b"jumb" + secret),
        ),
        "a.jpg": jpeg_with(
            coded(".jpg", RGB)[:2] + coded(".jpg", RGB)[20:],  # without the JFIF header
            (0xE1, b"Exif\0\0" + exif),
            (0xE1, secret),
            (0xE2, icc),
            (0xEB, b"JP" + secret),
        ),
        "a.webp": webp_with(
            coded(".webp", RGB, *LOSSLESS_WEBP), (97, 65), 0x2C, (b"ICCP", PROFILE), (b"EXIF", exif), (b"XMP ", secret)
        ),
    }
    for name, data in files.items():
        still = read_still(saved(tmp_path / name, data))
        write_still(still, tmp_path / f"b {name}")
        written = (tmp_path / f"b {name}").read_bytes()
        assert read_still(tmp_path / f"b {name}").carried == still.carried
        assert exif in written
        assert secret in data
        assert secret not in written
        decoded = cv2.imread(str(tmp_path / f"b {name}"))
        assert decoded is not None
        assert decoded.shape == (97, 65, 3)  # turned clockwise
    png, jpeg, webp = ((tmp_path / f"b {name}").read_bytes() for name in files)
    assert all(part in png for part in (b"iCCP", b"gAMA", b"pHYs"))
    assert icc in jpeg
    assert PROFILE in webp


def test_a_header_of_density_stays_the_only_one(tmp_path: Path) -> None:
    data = bytearray(coded(".jpg", RGB))
    data[13:18] = struct.pack(">BHH", 1, 300, 300)  # dots an inch
    write_still(read_still(saved(tmp_path / "a.jpg", bytes(data))), tmp_path / "b.jpg")
    written = (tmp_path / "b.jpg").read_bytes()
    assert written[:20] == data[:20]
    assert written.count(b"JFIF\0") == 1


def test_grey_with_transparency_becomes_colour_and_loses_the_profile_for_grey(tmp_path: Path) -> None:
    rows = b"".join(b"\0" + bytes([90, 128]) * 8 for _ in range(8))
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 4, 0, 0, 0))
    data += (
        chunk(b"iCCP", b"p\0\0" + zlib.compress(PROFILE)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )
    still = read_still(saved(tmp_path / "a.png", data))
    assert still.pixels[0, 0].tolist() == [90, 90, 90, 128]
    assert still.carried == ()


def test_kinds_are_told_by_content_not_by_name(tmp_path: Path) -> None:
    assert still_kind(saved(tmp_path / "a.mp4", coded(".png", RGB))) is StillKind.PNG
    assert still_kind(saved(tmp_path / "a.png", b"hello")) is None
    assert still_kind(tmp_path / "missing.png") is None
    assert still_kind(tmp_path) is None


# -- hostile files


def png_header(width: int, height: int) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(100_000), 9)) + chunk(b"IEND", b"")


def test_a_jpeg_with_zeros_between_its_segments_is_read(tmp_path: Path) -> None:
    """As some telephones write them, and every viewer shows them."""
    data = coded(".jpg", RGB)
    loose = saved(tmp_path / "loose.jpg", data[:20] + bytes(8) + data[20:])
    assert np.array_equal(read_still(loose).pixels, read_still(saved(tmp_path / "a.jpg", data)).pixels)


def jpeg_of_size(width: int, height: int) -> bytes:
    data = bytearray(coded(".jpg", RGB))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def webp_of_size(width: int, height: int) -> bytes:
    data = bytearray(coded(".webp", RGB, *LOSSLESS_WEBP))
    bits = struct.unpack_from("<I", data, 21)[0] & ~0xFFFFFFF
    struct.pack_into("<I", data, 21, bits | (width - 1) | (height - 1) << 14)
    return bytes(data)


def tiff_of_size(width: int, height: int) -> bytes:
    tags = ((256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, height), (279, 100))
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(1000)


@pytest.mark.parametrize("size", [(16_383, 16_383), (16_384, 8)])
@pytest.mark.parametrize("bomb", [png_header, jpeg_of_size, webp_of_size])
def test_a_picture_that_declares_too_much_is_refused_before_it_is_decoded(
    tmp_path: Path, bomb: object, size: tuple[int, int]
) -> None:
    assert callable(bomb)
    small = Limits(max_dimension=8000)
    with pytest.raises(LimitExceededError, match=f"{size[0]} x {size[1]}"):
        read_still(saved(tmp_path / "bomb", bomb(*size)), small)


def test_a_tiff_that_declares_too_much_is_refused(tmp_path: Path) -> None:
    with pytest.raises((LimitExceededError, DecodeError)):
        read_still(saved(tmp_path / "bomb", tiff_of_size(50_000, 50_000)))


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tiff", ".avif"])
def test_every_kind_is_held_to_the_limits(tmp_path: Path, suffix: str) -> None:
    path = saved(tmp_path / f"a{suffix}", GOOD[suffix])
    assert read_still(path, Limits(max_dimension=49)).upright.shape  # a still may be twice as large as a video
    with pytest.raises(LimitExceededError, match="97 x 65"):
        read_still(path, Limits(max_dimension=48))


def test_a_large_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LimitExceededError, match="bytes"):
        read_still(saved(tmp_path / "a.png", coded(".png", RGB)), Limits(max_bytes=100))


def test_a_profile_that_unpacks_to_gigabytes_costs_nothing(tmp_path: Path) -> None:
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1 << 24)) for _ in range(8)) + packer.flush()
    path = saved(tmp_path / "a.png", png_with(coded(".png", RGB), chunk(b"iCCP", b"p\0\0" + packed)))
    program = (
        "import resource, sys; from pathlib import Path; from touchmark.provenance.media.still import read_still;"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;"
        "read_still(Path(sys.argv[1]));"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)"
    )
    finished = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    assert int(finished.stdout) < 50  # MiB; unpacked it has 128


def test_colour_profiles_are_read_many_times_over(tmp_path: Path) -> None:
    """PyAV (18.1) frees twice what a PNG says of its profile, where one asks for it."""
    path = saved(tmp_path / "a.png", png_with(coded(".png", RGB), chunk(b"iCCP", b"p\0\0" + zlib.compress(PROFILE))))
    assert len({read_still(path).pixels.tobytes() for _ in range(50)}) == 1


GOOD = {
    ".png": png_with(coded(".png", RGB), chunk(b"eXIf", notes(3))),
    ".jpg": jpeg_with(coded(".jpg", RGB), (0xE1, b"Exif\0\0" + notes(3))),
    ".webp": webp_with(coded(".webp", RGB, *LOSSLESS_WEBP), (97, 65), 0x08, (b"EXIF", notes(3))),
    ".tiff": coded(".tiff", RGB),
    ".avif": coded(".avif", RGB),
}


@pytest.mark.parametrize("what", ["frame", "scan"])
@pytest.mark.parametrize("marker", [0xC4, 0x02])
def test_a_jpeg_is_not_gone_through_over_and_over(tmp_path: Path, what: str, marker: int) -> None:
    """Each head of a frame costs a picture, and each scan a way through it: 80 kB took minutes. A decoder looks for
    markers in segments whose own marker it does not know."""
    good = coded(".jpg", RGB, cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    head = good.index(b"\xff\xc2") if what == "frame" else good.index(b"\xff\xda")
    again = good[head : head + 2 + int.from_bytes(good[head + 2 : head + 4], "big")] * 300
    if marker == 0x02:
        again = struct.pack(">BBH", 0xFF, marker, 2 + len(again)) + again
    for at in (2, len(good) - 2):
        with pytest.raises(LimitExceededError, match="over and over"):
            read_still(saved(tmp_path / "p.jpg", good[:at] + again + good[at:]))


@pytest.mark.parametrize("name", [b"IHDR", b"PLTE", b"tRNS", b"iCCP"])
def test_a_png_says_once_how_it_is_to_be_shown(tmp_path: Path, name: bytes) -> None:
    once = chunk(name, bytes(12) if name != b"PLTE" else bytes(range(12)))
    path = saved(tmp_path / "p.png", png_with(coded(".png", RGB), once, once))
    with pytest.raises(DecodeError, match="several headers"):
        read_still(path)


def test_a_raw_picture_is_not_taken_for_its_preview(tmp_path: Path) -> None:
    data = bytearray(coded(".tiff", RGB))
    table = int.from_bytes(data[4:8], "little")
    entry = table + 2 + 12 * (int.from_bytes(data[table : table + 2], "little") - 1)
    data[entry : entry + 12] = struct.pack("<HHI4s", 0xC612, 1, 4, b"\1\4\0\0")
    with pytest.raises(NotAPictureError, match="DNG"):
        read_still(saved(tmp_path / "p.dng", bytes(data)))


@pytest.mark.parametrize("curve", [LOWEST_BITS, RISING])
@pytest.mark.parametrize("suffix", [".tiff", ".avif", ".jpg", ".webp"])
def test_a_profile_that_draws_another_picture_is_told(tmp_path: Path, suffix: str, curve: bytes) -> None:
    profile, data = icc(rTRC=curve, gTRC=curve, bTRC=curve), coded(suffix, RGB)
    if suffix == ".jpg":
        data = jpeg_with(data, (0xE2, b"ICC_PROFILE\0\1\1" + profile))
    elif suffix == ".webp":
        data = webp_with(data, (97, 65), 0x20, (b"ICCP", profile))
    elif suffix == ".avif":
        data += struct.pack(">I8s", 12 + len(profile), b"colrprof") + profile
    else:
        table = int.from_bytes(data[4:8], "little")
        entry = table + 2 + 12 * (int.from_bytes(data[table : table + 2], "little") - 1)
        data = data[:entry] + struct.pack("<HHII", 0x8773, 7, len(profile), len(data)) + data[entry + 12 :] + profile
    unshown = view_still(saved(tmp_path / f"p{suffix}", data)).unshown
    assert ("colour profile" in unshown) is (curve == LOWEST_BITS)


def test_of_two_jpegs_the_first_is_shown(tmp_path: Path) -> None:
    """Other viewers show the first too where the second has no beginning of its own; FFmpeg shows the last."""
    first, second = coded(".jpg", RGB), coded(".jpg", RGB[::-1].copy())
    alone = read_still(saved(tmp_path / "p.jpg", first)).upright
    for behind in (second, b"\0\0\0\x18ftypmp42" + second, b"\xff\xd9"):
        assert (read_still(saved(tmp_path / "p.jpg", first + behind)).upright == alone).all()
    with pytest.raises(DecodeError, match="several pictures in one"):
        read_still(saved(tmp_path / "p.jpg", first[:-2] + second[2:]))
    with pytest.raises(MediaError):
        read_still(saved(tmp_path / "p.jpg", first[:-2] + second))
    with pytest.raises(DecodeError, match="several pictures in one"):  # drawn over it
        read_still(saved(tmp_path / "p.jpg", first[:-2] + second[second.index(b"\xff\xda") :]))
    for way in (cv2.IMWRITE_JPEG_PROGRESSIVE, cv2.IMWRITE_JPEG_RST_INTERVAL):
        assert read_still(saved(tmp_path / "p.jpg", coded(".jpg", RGB, way, 1))).pixels.shape == RGB.shape


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
@given(share=st.floats(0.02, 0.97))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_is_cut_short_is_called_that(tmp_path: Path, suffix: str, share: float) -> None:
    data = GOOD[suffix]
    path = saved(tmp_path / f"cut{suffix}", data[: max(16, int(len(data) * share))])
    with pytest.raises(TruncatedError):
        read_still(path)


@pytest.mark.parametrize("suffix", GOOD)
@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_flipped_and_missing_bytes_give_a_picture_or_one_error(
    tmp_path: Path, suffix: str, data: st.DataObject
) -> None:
    content = bytearray(GOOD[suffix])
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    start = data.draw(st.integers(0, len(content)))
    del content[start : start + data.draw(st.sampled_from([0, 0, 1, 50]))]
    path = saved(tmp_path / f"bent{suffix}", bytes(content))
    try:
        still = read_still(path)
    except MediaError as error:
        assert error.exit_status == 3
        assert path.name in error.diagnostics()
        return
    assert still.upright.ndim == 3
    if still.kind in (StillKind.PNG, StillKind.JPEG, StillKind.WEBP):
        write_still(still, tmp_path / "again")
        assert read_still(tmp_path / "again").upright.shape == still.upright.shape


def test_what_moves_is_refused(tmp_path: Path) -> None:
    apng = png_with(coded(".png", RGB), chunk(b"acTL", struct.pack(">II", 2, 0)))
    webp = webp_with(b"", (97, 65), 0x02, (b"ANIM", bytes(6)))
    for name, data in (("a.png", apng), ("a.webp", webp)):
        with pytest.raises(NotAPictureError, match="animated"):
            read_still(saved(tmp_path / name, data))


def test_a_moving_avif_is_not_taken_for_its_first_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.avif"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libsvtav1", rate=8, options={"preset": "12"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for shade in (40, 200, 90):
            picture = np.full((64, 64, 3), shade, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    film = path.read_bytes()
    for brand in (b"avif", b"avis"):  # as a still, and as what it is
        with pytest.raises(NotAPictureError):
            read_still(saved(path, film[:8] + brand + film[12:]))


def test_print_colours_are_refused(tmp_path: Path) -> None:
    data = bytearray(coded(".jpg", RGB))
    at = data.index(b"\xff\xc0")
    data[at + 9] = 4
    with pytest.raises(DecodeError, match="CMYK") as refused:
        read_still(saved(tmp_path / "a.jpg", bytes(data)))
    assert "as JPEG, PNG or WebP" in str(refused.value.remedy)


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotAPictureError, match="not a picture"):
        read_still(saved(tmp_path / "a.png", b"hello, world"))
    with pytest.raises(UnreadableFileError):
        read_still(tmp_path / "missing.png")
    with pytest.raises(UnreadableFileError):
        read_still(tmp_path)


def test_a_full_disk_is_an_error_of_ours(tmp_path: Path) -> None:
    still = read_still(saved(tmp_path / "a.png", coded(".png", RGB)))
    with pytest.raises(EncodeError, match="cannot be written"):
        write_still(replace(still), tmp_path / "no such folder" / "b.png")


def test_the_pixels_of_a_still_in_eight_bits(tmp_path: Path) -> None:
    still = read_still(saved(tmp_path / "a.png", coded(".png", RGB.astype(np.uint16) * 257)))
    assert isinstance(still, Still)
    assert np.array_equal(still.upright, RGB)


def png(width: int, height: int, depth: int, colours: int, channels: int) -> bytes:
    """All black: a few kilobytes, whatever it declares."""
    rows = zlib.compress(bytes(1 + width * channels * depth // 8) * height, 1)
    header = struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("depth", "colours", "channels"), [(16, 6, 4), (16, 2, 3), (8, 6, 4), (8, 2, 3)])
def test_a_picture_too_large_for_the_room_given_is_not_decoded_to_be_looked_at(
    tmp_path: Path, depth: int, colours: int, channels: int
) -> None:
    side = 1 << 13
    path = saved(tmp_path / "a.png", png(side, (200 << 20) // (side * channels * depth // 8), depth, colours, channels))
    with pytest.raises(LimitExceededError, match="memory"):
        view_still(path)


@pytest.mark.parametrize(("options", "samples"), [((), 2), ((cv2.IMWRITE_JPEG_PROGRESSIVE, 1), 6)])
def test_the_room_for_a_jpeg_counts_its_samples_and_their_coefficients(options: tuple[int, ...], samples: int) -> None:
    data = coded(".jpg", RGB, *options)
    assert segments.jpeg_parts(data, "a.jpg").depth == samples


@pytest.mark.parametrize("turned", [False, True])
def test_a_large_picture_is_looked_at_in_small(tmp_path: Path, turned: bool) -> None:
    rows, columns = np.mgrid[:3000, :4000]
    pixels = np.dstack([rows // 12, columns // 16, rows * 0 + 99]).astype(np.uint8)
    path = saved(tmp_path / "a.png", coded(".png", pixels[..., ::-1]))
    if turned:
        path.write_bytes(png_with(path.read_bytes(), chunk(b"eXIf", notes(6))))
    view, whole = view_still(path), read_still(path).upright
    assert (view.height, view.width) == whole.shape[:2]
    seen = view.still.upright
    assert 0.99 * 3840 * 2160 < seen.shape[0] * seen.shape[1] < 1.01 * 3840 * 2160
    small = cv2.resize(whole, (seen.shape[1], seen.shape[0]), interpolation=cv2.INTER_AREA)
    assert np.abs(seen.astype(int) - small).max() <= 3


def test_a_small_picture_is_looked_at_as_it_is(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", coded(".png", RGB))
    assert (view_still(path).still.upright == read_still(path).upright).all()
