"""What programs note in a file's metadata: texts of PNG, EXIF, IPTC's older records, comments of JPEG and GIF.

    for note in notes_of(file, kind, items):
        note.place, note.name, note.text

Generators leave prompts, settings and their own names there; who they are is for :mod:`.generators`. Tags of films and
sounds are read by a media library, XMP by :mod:`.xmp`. What is read is text of a stranger, unpacked and taken apart
within bounds: of a text that is compressed to a thousandth, no more than of any other.

Written for PNG (third edition), EXIF 2.32, IIM 4.2, GIF89a and WebP's container.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice, takewhile
from typing import BinaryIO, Final

from touchmark.provenance.media import kinds
from touchmark.provenance.media.chunks import (
    APP1,
    GIF_COMMENT,
    GIF_SEARCHED,
    SCAN,
    gif_blocks,
    gif_data,
    jpeg_segments,
    png_chunks,
    riff_chunks,
    segment_data,
)
from touchmark.provenance.media.items import EXIF
from touchmark.provenance.media.tiff import Entry, Read, Tiff, within, within_file

MOST_TEXT: Final = 1 << 18
"""Bytes read of one text, and unpacked of it; workflows of a megabyte say what they are in their first lines."""
_MOST_IN_ALL: Final = 1 << 21
_MOST_NOTES: Final = 256
_MOST_ENTRIES: Final = 512
_MOST_BLOCKS: Final = 16
"""Blocks of EXIF, IPTC and comments in one file; an honest one has a few."""
_APP13, _COMMENT = 0xED, 0xFE
"""Segments of JPEG: Photoshop's, in which IPTC lies, and comments (ITU-T T.81, table B.1)."""
_EXIF_HEAD: Final = b"Exif\0\0"
_EXIF_DIRECTORY: Final = 0x8769
"""Tag of the directory within the first (EXIF 2.32, 4.6.3)."""
_EXIF_TEXTS: Final = {
    0x010E: "description",
    0x010F: "make",
    0x0110: "model",
    0x0131: "software",
    0x013B: "artist",
    0x9286: "comment",
    0x9C9C: "comment",
}
_WIDE: Final = 0x9C9C
"""Windows' own comment, in UTF-16."""
_USER_COMMENT: Final = 0x9286
_IIM_TEXTS: Final = {65: "software", 110: "credit", 115: "source", 120: "description"}
_IIM: Final = re.compile(rb"8BIM\x04\x04")


class Place(StrEnum):
    """Where a note stands, for a sentence."""

    PNG = "a text in the PNG"
    EXIF = "EXIF"
    IPTC = "an IPTC record"
    COMMENT = "a comment"
    TAGS = "the container's tags"
    XMP = "XMP"


@dataclass(frozen=True, slots=True)
class Note:
    """One text that a program left. A stranger's: escape it.

    Attributes:
        place: where it stands.
        name: what it is called there, in lower case; of EXIF and IPTC what the number stands for.
        text: at most :data:`MOST_TEXT` characters.
    """

    place: Place
    name: str
    text: str


def notes_of(file: BinaryIO, kind: kinds.Kind | None, items: Iterable[tuple[bytes, bytes]] = ()) -> Iterator[Note]:
    """The notes of an open, seekable picture, in the order of the file; none of a file of another kind.

    Args:
        file: the picture.
        kind: its kind.
        items: its ``media.items.metadata``, where it is of a kind that has any.
    """
    budget = _MOST_IN_ALL
    for count, note in enumerate(_notes(file, kind, items)):
        budget -= len(note.text)
        if count >= _MOST_NOTES or budget < 0:
            return
        yield note


def _notes(file: BinaryIO, kind: kinds.Kind | None, items: Iterable[tuple[bytes, bytes]]) -> Iterator[Note]:
    if kind is kinds.PNG:
        yield from _in_png(file)
    elif kind is kinds.JPEG:
        yield from _in_jpeg(file)
    elif kind is kinds.WEBP:
        found = ((start, size) for name, start, size in riff_chunks(file) if name == b"EXIF")
        for start, size in islice(found, _MOST_BLOCKS):
            yield from _in_exif(within(_read(file, start + 8, size).removeprefix(_EXIF_HEAD)))
    elif kind in kinds.TIFFS:
        yield from _in_exif(within_file(file))
    elif kind is kinds.GIF:
        yield from _in_gif(file)
    else:
        for name, data in items:
            if name == EXIF:
                yield from _in_exif(within(data))


def _in_png(file: BinaryIO) -> Iterator[Note]:
    blocks = 0
    for name, start, size in takewhile(lambda chunk: chunk[0] != b"IEND", png_chunks(file)):
        if name == b"eXIf" and blocks < _MOST_BLOCKS:
            blocks += 1
            yield from _in_exif(within(_read(file, start + 8, size)))
        elif name in (b"tEXt", b"zTXt", b"iTXt"):
            keyword, _, rest = _read(file, start + 8, size).partition(b"\0")
            if name == b"zTXt":
                text = _unpacked(rest[1:]).decode("latin-1")
            elif name == b"iTXt":
                text = _international(rest)
            else:
                text = _decoded(rest)  # Latin-1 by the letter; many write UTF-8
            yield Note(Place.PNG, keyword.decode("latin-1").lower(), text)


def _international(rest: bytes) -> str:
    """Of an iTXt chunk: whether it is compressed, how, two texts about it, and the text."""
    text = rest[2:].split(b"\0", 2)[-1]
    return (_unpacked(text) if rest[:1] == b"\1" else text).decode("utf-8", "replace")


def _unpacked(data: bytes) -> bytes:
    """What zlib unpacks of it, within bounds; nothing where it cannot."""
    try:
        return zlib.decompressobj().decompress(data, MOST_TEXT)
    except zlib.error:
        return b""


def _in_jpeg(file: BinaryIO) -> Iterator[Note]:
    blocks = 0
    for segment in takewhile(lambda segment: segment.marker != SCAN, jpeg_segments(file)):
        data = segment_data(file, segment) if segment.marker in (APP1, _APP13, _COMMENT) else b""
        if segment.marker == APP1 and data.startswith(_EXIF_HEAD):
            yield from _in_exif(within(data.removeprefix(_EXIF_HEAD)))
        elif segment.marker == _APP13:
            yield from _in_iim(data)
        elif segment.marker == _COMMENT:
            yield Note(Place.COMMENT, "comment", _decoded(data))
        else:
            continue
        blocks += 1
        if blocks == _MOST_BLOCKS:
            return


def _in_iim(data: bytes) -> Iterator[Note]:
    """Data sets of record 2: a mark, numbers of record and set, a length (IIM 4.2, 1.5)."""
    found = _IIM.search(data)
    at = data.find(b"\x1c\x02", found.end()) if found else -1
    while at >= 0 and at + 5 <= len(data) and data[at] == 0x1C:
        end = at + 5 + int.from_bytes(data[at + 3 : at + 5], "big")
        if data[at + 1] == 2 and data[at + 2] in _IIM_TEXTS:
            yield Note(Place.IPTC, _IIM_TEXTS[data[at + 2]], _decoded(data[at + 5 : end]))
        at = end


def _in_gif(file: BinaryIO) -> Iterator[Note]:
    """Its comments (GIF89a, 24)."""
    for block in gif_blocks(file, GIF_SEARCHED):
        if block.label == GIF_COMMENT:
            yield Note(Place.COMMENT, "comment", _decoded(b"".join(gif_data(file, block))))


def _in_exif(read: Read) -> Iterator[Note]:
    """Texts in the first directory of a TIFF and in the one of EXIF that it names."""
    tiff = Tiff.of(read)
    if tiff is None:
        return
    further: list[int] = []
    for entry in islice(tiff.entries(), _MOST_ENTRIES):
        if entry.tag == _EXIF_DIRECTORY:
            further.append(tiff.number(entry))
        else:
            yield from _text(tiff, entry)
    for directory in further[:1]:
        for entry in islice(tiff.entries(directory), _MOST_ENTRIES):
            yield from _text(tiff, entry)


def _text(tiff: Tiff, entry: Entry) -> Iterator[Note]:
    data = tiff.content(entry, MOST_TEXT) if entry.tag in _EXIF_TEXTS else b""
    if not data:
        return
    if entry.tag == _USER_COMMENT:
        text = _commented(data, big=tiff.order == "big")
    else:
        text = data.decode("utf-16-le", "replace") if entry.tag == _WIDE else _decoded(data)
    yield Note(Place.EXIF, _EXIF_TEXTS[entry.tag], text.strip("\0 \t\r\n"))


def _commented(data: bytes, *, big: bool) -> str:
    """A user's comment: eight bytes say in what letters it is (EXIF 2.32, 4.6.5 D)."""
    said, text = data[:8], data[8:]
    if said != b"UNICODE\0":
        return _decoded(text if said in (b"ASCII\0\0\0", b"JIS\0\0\0\0\0", bytes(8)) else data)
    if len(text) > 1 and 0 in text[:2]:  # writers disagree on whose order it is: most texts begin with a Latin letter
        big = text[0] == 0
    return text.decode("utf-16-be" if big else "utf-16-le", "replace")


def _decoded(data: bytes) -> str:
    try:
        return data[:MOST_TEXT].decode()
    except UnicodeDecodeError:
        return data[:MOST_TEXT].decode("latin-1")


def _read(file: BinaryIO, at: int, size: int) -> bytes:
    file.seek(at)
    return file.read(max(min(size, MOST_TEXT), 0))
