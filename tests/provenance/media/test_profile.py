"""Profiles of cameras and screens are told from those that draw another picture out of the samples."""

from __future__ import annotations

import struct
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchmark.provenance.media.profile import of_jpeg, of_png, shows_otherwise

GAMMA = b"curv" + struct.pack(">IIH", 0, 1, 0x0233)
SRGB = b"para" + struct.pack(">IHH5i", 0, 3, 0, *(round(65536 * n) for n in (2.4, 0.948, 0.052, 0.0774, 0.0404)))
RISING = b"curv" + struct.pack(">II256H", 0, 256, *(level * 257 for level in range(256)))
LATER = b"para" + struct.pack(">IHH4i", 0, 2, 0, *(round(65536 * n) for n in (2.0, 1.5, -0.5, 0.25)))
LOWEST_BITS = b"curv" + struct.pack(">II256H", 0, 256, *(level % 32 * 2114 for level in range(256)))


def colourant(brightness: float) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", 30000, round(65536 * brightness), 10000)


def icc(**changed: bytes) -> bytes:
    """As a screen has it, but for some tags."""
    tags = {"rXYZ": colourant(0.22), "gXYZ": colourant(0.72), "bXYZ": colourant(0.06)}
    tags |= dict.fromkeys(("rTRC", "gTRC", "bTRC"), SRGB) | changed
    table, content, start = b"", b"", 132 + 12 * len(tags)
    for name, data in tags.items():
        table += struct.pack(">4sII", name.encode(), start + len(content), len(data))
        content += data
    return bytes(128) + struct.pack(">I", len(tags)) + table + content


@pytest.mark.parametrize("curve", [GAMMA, SRGB, RISING, LATER, b"curv" + bytes(8)])
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
        {"gXYZ": colourant(0.0)},
        {"bXYZ": colourant(0.99)},
        *({name: b"mft2" + bytes(100)} for name in ("A2B0", "A2B1", "A2B2", "D2B0", "D2B1", "D2B2")),
    ],
)
def test_what_draws_another_picture_is_told(changed: dict[str, bytes]) -> None:
    assert shows_otherwise(icc(**changed))


def test_what_cannot_be_read_is_no_profile() -> None:
    assert not shows_otherwise(b"nonsense") and not shows_otherwise(icc(gTRC=LOWEST_BITS)[:200])


def test_a_profile_whose_every_tag_is_all_of_it_takes_little_room() -> None:
    """Of zeros it is a few kilobytes of a PNG."""
    size = 1 << 22
    names = [b"rTRC", b"gTRC", b"bTRC", b"rXYZ", b"gXYZ", b"bXYZ", *(b"x%03d" % number for number in range(94))]
    table = b"".join(struct.pack(">4sII", name, 1, size) for name in names)
    profile = (bytes(128) + struct.pack(">I", 100) + table).ljust(size, b"\0")
    tracemalloc.start()
    shows_otherwise(profile)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 64 << 20


def test_profiles_are_put_together() -> None:
    profile = icc(gTRC=LOWEST_BITS)
    pieces = [b"ICC_PROFILE\0" + bytes([number + 1, 2]) + profile[300 * number :][:300] for number in range(2)]
    assert of_jpeg(reversed(pieces)) == profile[:600]
    assert of_png(b"a name\0\0" + zlib.compress(profile)) == profile
    assert len(of_png(b"bomb\0\0" + zlib.compress(bytes(1 << 25)))) <= 1 << 22
    assert of_png(b"nonsense") == of_png(b"a name\0\0nonsense") == b""


@given(st.binary(max_size=300), st.integers(0, 500), st.binary(max_size=8))
def test_any_bytes_are_a_profile_or_none(data: bytes, at: int, change: bytes) -> None:
    profile = icc()
    assert shows_otherwise(profile[:at] + change + profile[at:]) in (True, False)
    assert shows_otherwise(bytes(128) + data) in (True, False)
