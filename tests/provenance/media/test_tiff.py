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


@pytest.mark.parametrize("data", [b"", b"II*\0\0\0\0", b"II+\0\0\0\0\0", b"MM*\0\0\0\0\0", b"IM\0*\0\0\0\0"])
def test_what_is_no_tiff_is_none(data: bytes) -> None:
    assert Tiff.of(within(data)) is None


@given(st.sampled_from([b"II*\0", b"MM\0*"]), st.binary(max_size=200), st.integers(0, 2**32 - 1))
def test_places_may_lie_anywhere(magic: bytes, data: bytes, at: int) -> None:
    read = Tiff.of(within(magic + data))
    for entry in (*read.entries(), *read.entries(at)) if read else ():
        assert isinstance(entry, Entry)
        assert len(read.content(entry, 50)) <= 50
