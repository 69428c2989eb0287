"""Directories of TIFF: read in both orders, and survived wherever their places point."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchmark.provenance.media.tiff import SHORT, Entry, Tiff, within


def tiff(order: str, *entries: tuple[int, int, int, bytes]) -> bytes:
    head = struct.pack(order + "2sHI", b"II" if order == "<" else b"MM", 42, 8)
    table = b"".join(struct.pack(order + "HHI4s", *entry) for entry in entries)
    return head + struct.pack(order + "H", len(entries)) + table


@pytest.mark.parametrize("order", ["<", ">"])
def test_entries_and_what_they_hold_are_read(order: str) -> None:
    far = struct.pack(order + "I", 8 + 2 + 3 * 12)
    entries = (
        (1, SHORT, 1, struct.pack(order + "H", 7)),
        (2, 2, 3, b"abc\0"),
        (3, 7, 6, far),
    )
    read = Tiff.of(within(tiff(order, *entries) + b"abcdef"))
    assert read is not None
    first, second, third = read.entries()
    assert (first.tag, read.number(first), read.content(first, 9)) == (1, 7, b"")
    assert read.content(second, 9) == b"abc"
    assert (read.content(third, 9), read.content(third, 2)) == (b"abcdef", b"ab")


@pytest.mark.parametrize("order", ["<", ">"])
def test_wide_numbers_are_read(order: str) -> None:
    """BigTIFF: eight bytes where a TIFF has four."""
    entries = (
        (1, SHORT, 1, struct.pack(order + "H", 7)),
        (2, 4, 1, struct.pack(order + "I", 8)),
        (3, 7, 6, b"abcdef"),
        (4, 7, 9, struct.pack(order + "Q", 16 + 8 + 4 * 20 + 8)),
    )
    table = b"".join(struct.pack(order + "HHQ8s", *entry) for entry in entries)
    head = struct.pack(order + "2sHHHQ", b"II" if order == "<" else b"MM", 43, 8, 0, 16)
    data = head + struct.pack(order + "Q", len(entries)) + table + bytes(8) + b"123456789"
    read = Tiff.of(within(data))
    assert read is not None
    short, long, near, far = read.entries()
    assert (read.number(short), read.number(long)) == (7, 8)
    assert (read.content(near, 9), read.content(far, 9)) == (b"abcdef", b"123456789")
    assert list(read.directories()) == [16]


def test_directories_follow_one_another_and_end() -> None:
    first = tiff("<", (1, SHORT, 1, b"\7\0")) + struct.pack("<I", 40)
    second = struct.pack("<HHHI4sI", 1, 2, SHORT, 1, b"\7\0\0\0", 8)  # and the first again behind it
    read = Tiff.of(within(first.ljust(40, b"\0") + second))
    assert read is not None
    assert list(read.directories()) == [8, 40]
    assert [entry.tag for at in read.directories() for entry in read.entries(at)] == [1, 2]


@pytest.mark.parametrize("data", [b"", b"II*\0\0\0\0", b"II+\0\0\0\0\0", b"MM*\0\0\0\0\0", b"IM\0*\0\0\0\0"])
def test_what_is_no_tiff_is_none(data: bytes) -> None:
    assert Tiff.of(within(data)) is None


@given(st.sampled_from([b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"]), st.binary(max_size=200), st.integers(0, 2**32 - 1))
def test_places_may_lie_anywhere(magic: bytes, data: bytes, at: int) -> None:
    read = Tiff.of(within(magic + data))
    for entry in (*read.entries(), *read.entries(at)) if read else ():
        assert isinstance(entry, Entry)
        assert len(list(read.directories())) <= 1024 if read else True
        assert len(read.content(entry, 50)) <= 50
