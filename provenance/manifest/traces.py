"""Is there, or was there, a manifest store in these bytes, whether or not a library can read it?

A damaged store reads as "no manifest" in a C2PA library. So the places where the forms of file keep one are looked at
here by themselves, and the bytes that open every store are searched for. Nothing is interpreted.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import takewhile
from typing import BinaryIO, Final

from touchmark.provenance.media import kinds
from touchmark.provenance.media.boxes import C2PA_UUID, top_level
from touchmark.provenance.media.chunks import APP11, SCAN, Segment, jpeg_segments, png_chunks, riff_chunks, segment_data
from touchmark.provenance.media.errors import LimitExceededError
from touchmark.provenance.media.id3 import id3_frames
from touchmark.provenance.media.tiff import Tiff, within_file

STORE_TYPE: Final = bytes.fromhex("6332706100110010800000aa00389b71")
"""JUMBF type of a manifest store (C2PA 2.4, 11.1.4.2 "Manifest Store"): stands at the start of every store."""
_NEEDLES: Final = (
    STORE_TYPE,
    C2PA_UUID,
    b"c2pa.assertions\0",  # JUMBF labels that every manifest has
    b"c2pa.signature\0",
    b"application/x-c2pa-manifest-store\0",  # the type of the ID3 frame that holds one (C2PA 2.4, A.3.5)
    b"C2PA_GIF",
)
MOST_OF_STORE: Final = 32 << 20
"""Bytes; of a larger one so many and one more are read."""
BOX_NUMBER: Final = slice(0, 4)
PIECE_NUMBER: Final = slice(4, 8)
BOX_HEAD: Final = slice(8, 16)
"""Places in a piece of a box in a JPEG (ISO/IEC 19566-5, D): that it is one (``JP``) and the number of the box; its own
number among the pieces of that, which counts up; length and type of the box, which each piece repeats."""
_GIF_EXTENSION: Final = b"\x21\xff\x0bC2PA_GIF\x01\0\0"
_SVG_STORE: Final = re.compile(rb"<(?:\w+:)?manifest[^<>]*>([^<>]*)<")
_SVG_PLACE: Final = re.compile(rb"<(?:\w+:)?manifest(?:\s[^<>]*)?(?<!/)>\s*+(?!</)")
"""Such an element that is not empty, whatever stands in it."""
_PDF_LENGTH: Final = re.compile(rb"/Length\s+(\d{1,9}+)(?!\s+\d+\s+R)")
_ARCHIVED: Final = b"META-INF/content_credential.c2pa"
_MOST_OF_DIRECTORY: Final = 4 << 20
_MOST_BEFORE_STREAM: Final = 1024
_CHUNK: Final = 1 << 20
STORE_TAG: Final = 0xCD41
"""Of the entry in a TIFF's directory that says where the store is, and how long (C2PA 2.4, A.3.4)."""


def has_store_place(file: BinaryIO, kind: kinds.Kind | None) -> bool:
    """Whether a file of this kind has the box, chunk, segment or tag in which its form keeps a manifest store."""
    try:
        if kind is kinds.PNG:
            return any(name == b"caBX" for name, _, _ in png_chunks(file))
        if kind in (kinds.WAV, kinds.AVI, kinds.WEBP):
            return any(name == b"C2PA" for name, _, _ in riff_chunks(file))
        if kind is kinds.JPEG:
            return any(b"c2pa" in data for _, data in app11_segments(file))
        if kind in kinds.TIFFS:
            return any(True for _ in _tiff(file))
        if kind is kinds.SVG:
            return _SVG_PLACE.search(_at(file, 0, MOST_OF_STORE)) is not None
        return any(box.uuid == C2PA_UUID for box in top_level(file, ""))
    except (struct.error, LimitExceededError):
        return False


def has_store_remains(file: BinaryIO) -> bool:
    """Whether bytes that only a manifest store has occur anywhere in the file."""
    longest = max(len(needle) for needle in _NEEDLES)
    tail = b""
    file.seek(0)
    while chunk := file.read(_CHUNK):
        window = tail + chunk
        if any(needle in window for needle in _NEEDLES):
            return True
        tail = window[1 - longest :]
    return False


def names_archived_store(file: BinaryIO) -> bool:
    """Whether a ZIP names, in the directory at its end, a file in which archives keep their store (C2PA 2.4, A.5)."""
    size = file.seek(0, os.SEEK_END)
    return _ARCHIVED in _at(file, max(size - _MOST_OF_DIRECTORY, 0), _MOST_OF_DIRECTORY)


def stores(file: BinaryIO, kind: kinds.Kind | None) -> Iterator[bytes]:
    """The manifest stores that a file of this kind keeps in the place of its form, each with what follows it there."""
    try:
        if kind is kinds.PNG:
            yield from (_at(file, start + 8, size) for name, start, size in png_chunks(file) if name == b"caBX")
        elif kind in (kinds.WAV, kinds.AVI, kinds.WEBP):
            yield from (_at(file, start + 8, size) for name, start, size in riff_chunks(file) if name == b"C2PA")
        elif kind is kinds.JPEG:
            yield from _joined(data for _, data in app11_segments(file) if data.startswith(b"JP"))
        elif kind is kinds.GIF:
            yield from filter(None, (b"".join(_gif(file)),))
        elif kind is kinds.SVG:
            yield from _svg(file)
        elif kind in kinds.TIFFS:
            yield from _tiff(file)
        elif kind in (kinds.MP3, kinds.FLAC):
            yield from _id3(file)
        elif kind is kinds.PDF:
            yield from _pdf(file)
        elif boxes := tuple(top_level(file, "")):
            for box in (box for box in boxes if box.uuid == C2PA_UUID):
                yield from _found(_at(file, box.offset + box.header_size, box.size - box.header_size))
        else:
            yield from _found(_at(file, 0, MOST_OF_STORE))
    except (struct.error, LimitExceededError):
        return


def app11_segments(file: BinaryIO) -> Iterator[tuple[Segment, bytes]]:
    """Of a JPEG, the segments before its first scan in which stores are kept (C2PA 2.4, A.3.1), with what they hold."""
    for segment in takewhile(lambda segment: segment.marker != SCAN, jpeg_segments(file)):
        if segment.marker == APP11:
            yield segment, segment_data(file, segment)


def _at(file: BinaryIO, start: int, size: int) -> bytes:
    file.seek(start)
    return file.read(max(0, min(size, MOST_OF_STORE + 1)))


def _found(data: bytes) -> Iterator[bytes]:
    """Stores somewhere in bytes, by what stands at the start of each: a box, and in it its description."""
    start = 0
    while (found := data.find(STORE_TYPE, start)) >= 16:
        size = int.from_bytes(data[found - 16 : found - 12], "big")
        yield data[found - 16 : found - 16 + size]
        start = max(found - 16 + size, found + len(STORE_TYPE))


def _pdf(file: BinaryIO) -> Iterator[bytes]:
    """All of each stream that a store begins, where the length stands in front of it (ISO 32000-2, 7.3.8)."""
    data, start = _at(file, 0, MOST_OF_STORE), 0
    while (found := data.find(STORE_TYPE, start) - 16) >= 0:
        size = int.from_bytes(data[found : found + 4], "big")
        before = data[max(found - _MOST_BEFORE_STREAM, 0) : found].rpartition(b" obj")[2]
        lengths = _PDF_LENGTH.findall(before)
        if len(lengths) == 1 and before.endswith((b"stream\n", b"stream\r\n")):
            yield data[found : found + max(int(lengths[0]), size)]
        start = max(found + size, found + 16 + len(STORE_TYPE))


def _joined(segments: Iterable[bytes]) -> Iterator[bytes]:
    """Stores in APP11 segments: pieces of one box share a number, and each repeats its head (ISO/IEC 19566-5, D)."""
    boxes: dict[bytes, list[bytes]] = {}
    for data in segments:
        pieces = boxes.setdefault(data[BOX_NUMBER], [])
        box = data[BOX_HEAD.start :]
        head = 16 if int.from_bytes(box[:4], "big") == 1 else 8
        pieces.append(box[head:] if pieces else box)
    yield from (b"".join(pieces) for pieces in boxes.values() if pieces[0][16:32] == STORE_TYPE)


def _gif(file: BinaryIO) -> Iterator[bytes]:
    """Pieces of the application extension that holds a store (C2PA 2.4, A.3.6; GIF89a, 26), each after its length."""
    head = _at(file, 0, MOST_OF_STORE)
    at = head.find(_GIF_EXTENSION)
    if at < 0:
        return
    at += len(_GIF_EXTENSION)
    while at < len(head) and head[at]:
        yield head[at + 1 : at + 1 + head[at]]
        at += 1 + head[at]


def _svg(file: BinaryIO) -> Iterator[bytes]:
    """What stands as base64 in the elements that may hold a store (C2PA 2.4, A.3.3), where it can be decoded."""
    for found in _SVG_STORE.finditer(_at(file, 0, MOST_OF_STORE)):
        with suppress(binascii.Error):
            yield base64.b64decode(found[1])


def _tiff(file: BinaryIO) -> Iterator[bytes]:
    """All that a directory says is the store, which is at the end of the file; of several entries in it the last. Of a
    file of several pages a library writes a directory for it behind theirs."""
    tiff = Tiff.of(within_file(file))
    for directory in tiff.directories() if tiff else ():
        entries = [entry for entry in tiff.entries(directory) if entry.tag == STORE_TAG] if tiff else []
        if tiff and entries:
            yield _at(file, tiff.number(entries[-1]), entries[-1].count)


def _id3(file: BinaryIO) -> Iterator[bytes]:
    """From where a store begins in a frame of the tag, all that is in the frame (C2PA 2.4, A.3.5; ID3v2.4, 3 and 4)."""
    for name, content in id3_frames(file):
        if name == b"GEOB" and (found := content.find(STORE_TYPE)) >= 16:
            yield content[found - 16 :]
