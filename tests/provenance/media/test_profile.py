"""Profiles of cameras and screens are told from those that draw another picture out of the samples."""

from __future__ import annotations

import struct
import tracemalloc
import zlib
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchmark.provenance.media.profile import jpeg_shows_otherwise, of_png, png_shows_otherwise, shows_otherwise

GAMMA = b"curv" + struct.pack(">IIH", 0, 1, 0x0233)
SRGB = b"para" + struct.pack(">IHH5i", 0, 3, 0, *(round(65536 * n) for n in (2.4, 0.948, 0.052, 0.0774, 0.0404)))
RISING = b"curv" + struct.pack(">II256H", 0, 256, *(level * 257 for level in range(256)))
LATER = b"para" + struct.pack(">IHH4i", 0, 2, 0, *(round(65536 * n) for n in (2.0, 1.5, -0.5, 0.25)))
LOWEST_BITS = b"curv" + struct.pack(">II256H", 0, 256, *(level % 32 * 2114 for level in range(256)))


LOGARITHMIC = b"curv" + struct.pack(">II256H", 0, 256, *(round(65535 * 2 ** ((n - 255) / 20)) for n in range(256)))
STEEP = b"curv" + struct.pack(">II256H", 0, 256, *(65535 * min(max(n - 124, 0), 8) // 8 for n in range(256)))
SRGB_IN_PNG = struct.pack(">8i", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)


def colourant(brightness: float, red: float = 0.45, blue: float = 0.15) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(65536 * part) for part in (red, brightness, blue)))


def icc(*more: tuple[str, bytes], **changed: bytes) -> bytes:
    """As a screen has it, but for some tags; with ``more`` in front."""
    tags = {"rXYZ": colourant(0.22), "gXYZ": colourant(0.72), "bXYZ": colourant(0.06)}
    tags |= dict.fromkeys(("rTRC", "gTRC", "bTRC"), SRGB) | changed
    listed = [*more, *tags.items()]
    table, content, start = b"", b"", 132 + 12 * len(listed)
    for name, data in listed:
        table += struct.pack(">4sII", name.encode(), start + len(content), len(data))
        content += data
    return bytes(128) + struct.pack(">I", len(listed)) + table + content


@pytest.mark.parametrize("curve", [GAMMA, SRGB, RISING, LATER, LOGARITHMIC, b"curv" + bytes(8)])
def test_what_cameras_write_shows_what_is_there(curve: bytes) -> None:
    assert not shows_otherwise(icc(rTRC=curve, gTRC=curve, bTRC=curve))


@pytest.mark.parametrize(
    "changed",
    [
        {"gTRC": LOWEST_BITS},
        {"kTRC": LOWEST_BITS},
        {"gTRC": b"para" + struct.pack(">IHHi", 0, 0, 0, -65536)},
        {"gTRC": b"para" + struct.pack(">IHH4i", 0, 2, 0, 65536, -65536, 65536, 0)},
        {"gTRC": b"para" + struct.pack(">IHH3i", 0, 1, 0, 0x7FFFFFFF, 0x7FFFFFFF, 0)},
        {"gTRC": b"curv" + struct.pack(">IIHH", 0, 2, 9, 9)},
        {"gTRC": b"curv" + struct.pack(">IIH", 0, 1, 0xFF00)},
        {"gTRC": b"para" + struct.pack(">IHHi", 0, 0, 0, 255 << 16)},
        {"gTRC": STEEP},
        {"gXYZ": colourant(0.0), "bXYZ": colourant(0.99)},
        {"rXYZ": colourant(0.22, red=50.0), "gXYZ": colourant(0.72, red=-49.0)},
        {"bXYZ": colourant(0.06, blue=-9.0)},
        *({name: b"mft2" + bytes(100)} for name in ("A2B0", "A2B1", "A2B2", "D2B0", "D2B1", "D2B2")),
    ],
)
def test_what_draws_another_picture_is_told(changed: dict[str, bytes]) -> None:
    assert shows_otherwise(icc(**changed))


def test_what_cannot_be_read_is_no_profile() -> None:
    assert not shows_otherwise(b"nonsense") and not shows_otherwise(icc(gTRC=LOWEST_BITS)[:200])


def test_a_profile_whose_every_tag_is_all_of_it_takes_little_room() -> None:
    """Of zeros it is a few kilobytes of a PNG."""
    size = (1 << 22) - 1
    names = [b"rTRC", b"gTRC", b"bTRC", b"rXYZ", b"gXYZ", b"bXYZ", *(b"x%03d" % number for number in range(94))]
    table = b"".join(struct.pack(">4sII", name, 1, size) for name in names)
    profile = (bytes(128) + struct.pack(">I", 100) + table).ljust(size, b"\0")
    tracemalloc.start()
    shows_otherwise(profile)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 64 << 20


def test_no_tag_is_overlooked() -> None:
    """Of two of one name a viewer takes the first; and it reads as many as there are, and as far as they go."""
    assert shows_otherwise(icc(("rTRC", LOWEST_BITS)))
    assert shows_otherwise(icc(*((f"t{number:03}", b"text") for number in range(100)), rTRC=LOWEST_BITS))
    assert shows_otherwise(icc(("much", bytes(5 << 20)), rTRC=LOWEST_BITS))
    assert not shows_otherwise(icc(*((f"t{number:03}", b"text") for number in range(90))))


@pytest.mark.parametrize(
    "gamma, colours, told",
    [
        (45_455, SRGB_IN_PNG, False),
        (100_000, b"", False),
        (400, b"", True),
        (9_000_000, b"", True),
        (-1, b"", True),
        (45_455, SRGB_IN_PNG[:8] + SRGB_IN_PNG[:7:-1], True),
        (45_455, SRGB_IN_PNG[:20], False),  # is none
    ],
)
def test_what_a_png_says_of_its_colours_is_held_against_the_same(gamma: int, colours: bytes, told: bool) -> None:
    assert png_shows_otherwise(struct.pack(">i", gamma), colours) is told
    assert not png_shows_otherwise(b"", b"")


def pieces(profile: bytes, numbers: Iterable[int], count: int) -> list[bytes]:
    """Of a JPEG: the profile in as many segments as there are numbers."""
    named = list(enumerate(numbers))
    size = -(-len(profile) // len(named))
    return [b"ICC_PROFILE\0" + bytes([number, count]) + profile[size * at :][:size] for at, number in named]


def test_pieces_of_a_jpeg_are_put_together_in_any_order() -> None:
    assert not jpeg_shows_otherwise([])
    assert not jpeg_shows_otherwise([b"ICC_PROFILE\0"])
    for curve, odd in ((LOWEST_BITS, True), (RISING, False)):
        whole = pieces(icc(gTRC=curve), range(1, 5), 4)
        for found in (whole, whole[::-1], [*whole, whole[1]], pieces(icc(gTRC=curve), [1], 1)):
            assert jpeg_shows_otherwise(found) is odd


ODD = icc(gTRC=LOWEST_BITS)
ONE = pieces(icc(), [1], 1)


@pytest.mark.parametrize(
    "found",
    [
        ONE + pieces(ODD, [1], 1),  # a viewer that takes the last of a number
        ONE + pieces(ODD, [2], 2),
        pieces(icc(), [0], 1) + pieces(ODD, [1], 1),
        pieces(icc(), [1], 2) + pieces(ODD, [1], 1),
        ONE + pieces(ODD, [1, 2], 2),
        ONE + pieces(ODD, [2, 3], 3),
        pieces(icc() + ODD, [1, 2], 3),
        pieces(ODD, [0], 0),
        pieces(ODD, [1], 2),
        pieces(ODD, [255], 1),
    ],
)
def test_pieces_of_more_profiles_than_one_are_any_of_them(found: list[bytes]) -> None:
    assert jpeg_shows_otherwise(found)
    assert jpeg_shows_otherwise(found[::-1])


def test_profiles_of_a_png_are_unpacked() -> None:
    profile = icc(gTRC=LOWEST_BITS)
    assert of_png(b"a name\0\0" + zlib.compress(profile)) == profile
    assert len(of_png(b"bomb\0\0" + zlib.compress(bytes(1 << 25)))) <= 1 << 22
    assert of_png(b"nonsense") == b""


@given(st.binary(max_size=300), st.integers(0, 500), st.binary(max_size=8))
def test_any_bytes_are_a_profile_or_none(data: bytes, at: int, change: bytes) -> None:
    profile = icc()
    assert shows_otherwise(profile[:at] + change + profile[at:]) in (True, False)
    assert shows_otherwise(bytes(128) + data) in (True, False)
