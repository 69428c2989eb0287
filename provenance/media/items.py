"""What HEIF pictures (HEIC, AVIF) and JPEG XL hold beside the picture: their EXIF, and texts of a type that is named.

    for name, data in metadata(file, kind_of_file(file), "photo.heic"):
        name                      # b"Exif", b"application/rdf+xml"

In HEIF these are items: one box tells what each is, another where in the file it lies in pieces (ISO/IEC 14496-12:2022,
8.11; ISO/IEC 23008-12, annex A). In JPEG XL they are boxes (ISO/IEC 18181-2, 9); compressed ones are left alone. Files
are hostile: no more is read than ``MOST`` bytes of an item, of a few items.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from io import BytesIO
from itertools import islice
from typing import BinaryIO, Final

from touchmark.provenance.media import kinds
from touchmark.provenance.media.boxes import Box, inside, top_level, walk

EXIF: Final = b"Exif"
XMP: Final = b"application/rdf+xml"
MOST: Final = 1 << 20
"""Bytes of one, and of the table that says where they lie."""
_MOST_ITEMS: Final = 4096
"""A picture in tiles has hundreds."""
_MOST_INSIDE: Final = 64
"""Boxes beside one another in the one that describes the items; an honest file has eight."""
_MOST_FOUND: Final = 16
_MOST_PIECES: Final = 64
_TONE_MAP: Final = b"tmap"
_IN_FILE, _IN_IDAT = 0, 1
"""Ways in which an item may lie in a file; the third, in another item, is left alone."""

_Pieces = tuple[int, list[tuple[int, int]]]
"""How an item lies in the file, and where each of its pieces begins and how long it is; 0 is all there is."""


def metadata(file: BinaryIO, kind: kinds.Kind | None, subject: str) -> Iterator[tuple[bytes, bytes]]:
    """What each is, and its content, in a file of this kind: of EXIF from its TIFF header on, of others by their media
    type. In files of any other kind there are none.

    Raises:
        LimitExceededError: there are more boxes than in any honest file.
    """
    if kind in (kinds.HEIC, kinds.AVIF):
        found = _of_heif(file, subject)
    elif kind is kinds.JXL:
        found = _of_jxl(file, subject)
    else:
        return
    for name, data in islice((one for one in found if one[0] != _TONE_MAP), _MOST_FOUND):
        yield name, data[4 + int.from_bytes(data[:4], "big") :] if name == EXIF else data


def primary_item(file: BinaryIO, subject: str) -> int:
    """The number of the picture in a HEIF file that is shown (ISO/IEC 14496-12:2022, 8.11.4); 0 where none is named.

    Raises:
        LimitExceededError: there are more boxes than in any honest file.
    """
    meta = next((box for box in top_level(file, subject) if box.type == "meta"), None)
    inner = inside(file, meta, subject, 4) if meta else iter(())
    box = next((box for box in islice(inner, _MOST_INSIDE) if box.type == "pitm"), None)
    content = _content(file, box) if box else b""
    return int.from_bytes(content[4 : 6 if content[:1] == b"\0" else 8], "big")


def tone_maps(file: BinaryIO, subject: str) -> tuple[bytes, ...]:
    """What a HEIF file says of how its gain maps are meant (ISO/IEC 23008-12, "tmap"): a few at most.

    Raises:
        LimitExceededError: there are more boxes than in any honest file.
    """
    return tuple(islice((data for name, data in _of_heif(file, subject) if name == _TONE_MAP), _MOST_FOUND))


def _of_heif(file: BinaryIO, subject: str) -> Iterator[tuple[bytes, bytes]]:
    meta = next((box for box in top_level(file, subject) if box.type == "meta"), None)
    if meta is None:
        return
    boxes = {box.type: box for box in islice(inside(file, meta, subject, 4), _MOST_INSIDE)}
    if "iinf" not in boxes or "iloc" not in boxes:
        return
    names = dict(_names(file, boxes["iinf"], subject))
    places = _places(_content(file, boxes["iloc"]), names)
    for number, name in names.items():
        way, pieces = places.get(number, (_IN_FILE, []))
        if way == _IN_IDAT and "idat" in boxes:
            start = boxes["idat"].offset + boxes["idat"].header_size
        elif way == _IN_FILE:
            start = 0
        else:
            continue
        data = b""
        for at, size in pieces:
            data += _at(file, start + at, min(size or MOST, MOST - len(data)))
        yield name, data


def _of_jxl(file: BinaryIO, subject: str) -> Iterator[tuple[bytes, bytes]]:
    names = {"Exif": EXIF, "xml ": XMP}
    file.seek(0)
    if file.read(2) == b"\xff\x0a":  # a bare codestream
        return
    for box in islice(walk(file, 0, file.seek(0, os.SEEK_END), subject), _MOST_ITEMS):
        if box.type in names:
            yield names[box.type], _content(file, box)


def _names(file: BinaryIO, iinf: Box, subject: str) -> Iterator[tuple[int, bytes]]:
    """Numbers and kinds of those items that are EXIF, tell of a gain map, or have a media type (8.11.6)."""
    start = iinf.offset + iinf.header_size
    wide = _at(file, start, 1) not in (b"", b"\0")
    entries = walk(file, start + (8 if wide else 6), iinf.offset + iinf.size, subject)
    for box in islice(entries, _MOST_ITEMS):
        head = _at(file, box.offset + box.header_size, min(box.size - box.header_size, 1024))
        if box.type != "infe" or head[:1] not in (b"\2", b"\3"):
            continue
        size = 2 if head[0] == 2 else 4
        number, kind, rest = int.from_bytes(head[4 : 4 + size], "big"), head[6 + size : 10 + size], head[10 + size :]
        if kind in (EXIF, _TONE_MAP):
            yield number, kind
        elif kind == b"mime":
            yield number, rest.split(b"\0")[1] if rest.count(b"\0") else b""


def _places(data: bytes, wanted: Collection[int]) -> dict[int, _Pieces]:
    """Where the wanted items lie (8.11.3), as far as the table goes."""
    found: dict[int, _Pieces] = {}
    table = BytesIO(data)

    def number(size: int) -> int:
        read = table.read(size)
        if len(read) < size:
            raise ValueError("the table ends")
        return int.from_bytes(read, "big")

    with suppress(ValueError):
        version, _ = number(1), number(3)
        (of_offset, of_length), (of_base, of_index) = divmod(number(1), 16), divmod(number(1), 16)
        wide = 4 if version == 2 else 2
        for _ in range(min(number(wide), _MOST_ITEMS)):
            item = number(wide)
            way = number(2) & 15 if version else _IN_FILE
            number(2)  # in which file
            base, count = number(of_base), number(2)
            if count > _MOST_PIECES:
                break
            pieces = [(number(of_index if version else 0), number(of_offset), number(of_length)) for _ in range(count)]
            if item in wanted:
                found[item] = way, [(base + offset, length) for _, offset, length in pieces]
    return found


def _content(file: BinaryIO, box: Box) -> bytes:
    return _at(file, box.offset + box.header_size, box.size - box.header_size)


def _at(file: BinaryIO, start: int, size: int) -> bytes:
    if start >= file.seek(0, os.SEEK_END):  # further than any file reaches, perhaps
        return b""
    file.seek(start)
    return file.read(max(min(size, MOST), 0))
