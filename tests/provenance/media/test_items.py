"""What HEIF and JPEG XL hold beside the picture: found wherever it may lie, and survived whatever the tables say."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.heif import box, heif
from touchmark.provenance.media.items import EXIF, MOST, XMP, metadata
from touchmark.provenance.media.kinds import kind_of_file

ITEMS = ((EXIF, b"\0\0\0\2..II*\0what follows"), (XMP, b"<x/>"), (b"text/plain", b"a note"))
READ = [(EXIF, b"II*\0what follows"), (XMP, b"<x/>"), (b"text/plain", b"a note")]


def read(data: bytes) -> list[tuple[bytes, bytes]]:
    return list(metadata(io.BytesIO(data), kind_of_file(io.BytesIO(data)), "a picture"))


@pytest.mark.parametrize("brand", [b"heic", b"avif", b"mif1"])
@pytest.mark.parametrize(("version", "in_idat"), [(0, False), (1, False), (1, True), (2, False), (2, True)])
def test_items_are_read_wherever_they_lie(brand: bytes, version: int, in_idat: bool) -> None:
    assert read(heif(*ITEMS, brand=brand, version=version, in_idat=in_idat)) == READ


def test_boxes_of_jpeg_xl_are_read() -> None:
    head = b"\0\0\0\x0cJXL \r\n\x87\n" + box(b"ftyp", b"jxl \0\0\0\0jxl ")
    data = head + box(b"Exif", ITEMS[0][1]) + box(b"jxlc", bytes(9)) + box(b"xml ", b"<x/>") + box(b"brob", b"xml ....")
    assert read(data) == READ[:2]
    assert read(b"\xff\x0a" + data[12:]) == []


@pytest.mark.parametrize("version", [0, 1, 2])
def test_a_file_that_ends_anywhere_or_has_another_byte_is_read_without_an_error(version: int) -> None:
    data = heif(*ITEMS, version=version, in_idat=version > 0)
    for end in range(len(data)):
        read(data[:end])
    for at in range(len(data)):
        read(data[:at] + b"\xff" + data[at + 1 :])


@given(st.binary(max_size=300), st.integers(0, 2))
def test_tables_of_anything_are_survived(table: bytes, version: int) -> None:
    whole = heif(*ITEMS, version=version)
    at = whole.index(b"iloc")
    room = whole.index(b"mdat") - 8 - at
    read(whole[: at + 4] + bytes([version]) + table[:room].ljust(room - 1, b"\0") + whole[at + 4 + room :])


def test_an_item_that_is_everywhere_is_read_as_far_as_there_is_room() -> None:
    whole = bytearray(heif((XMP, b"<x/>")))
    at = whole.index(b"iloc") + 20  # behind what comes before the pieces
    assert whole[at : at + 2] == b"\0\2"
    whole[at + 2 + 4 : at + 2 + 8] = whole[at + 2 + 12 : at + 2 + 16] = b"\x7f\xff\xff\xff"
    ((_, data),) = read(bytes(whole) + bytes(2 * MOST))
    assert len(data) == MOST


def test_tables_by_the_million_take_no_time() -> None:
    """65,535 items of 65,535 pieces that take no room."""
    table = b"\0\0\0\0" + b"\0\0" + b"\xff\xff" + b"\0\1\0\0\xff\xff" * 60_000
    data = heif(*ITEMS)
    at = data.index(b"iloc") - 4
    end = at + int.from_bytes(data[at : at + 4], "big")
    data = data[:at] + box(b"iloc", table) + data[end:]
    meta = data.index(b"meta") - 4
    size = int.from_bytes(data[meta : meta + 4], "big") + len(table) + 8 - (end - at)
    data = data[:meta] + size.to_bytes(4, "big") + data[meta + 4 :]
    assert [content for _, content in read(data)] == [b"", b"", b""]
