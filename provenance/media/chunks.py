"""Where the parts of a file lie, by their heads alone: chunks of PNG and RIFF, segments of JPEG, blocks of GIF.

    for segment in jpeg_segments(file):
        if segment.marker == APP1:
            segment_data(file, segment)

One walk for all who ask, so that what one of them finds no other misses. Files are hostile: a walk ends after so many
parts, goes forward with each, and reads no more than their heads. What is in the parts, and whether the file is whole,
is for those who ask. They may read elsewhere in the file meanwhile.
"""

from __future__ import annotations

import re
import struct
import sys
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final, NamedTuple

MOST_PARTS: Final = 100_000
"""No walk goes on beyond so many."""
SCAN, END, APP1, APP11 = 0xDA, 0xD9, 0xE1, 0xEB
"""Markers of JPEG (ITU-T T.81, table B.1)."""
_BEGINNING: Final = re.compile(rb"\xff[\x02-\xcf\xd9-\xfe]")
"""What begins a segment, in the data of a scan as well: other markers stand alone (ITU-T T.81, B.1.1.3 and B.1.1.5)."""
_BLOCK: Final = 1 << 16


class Segment(NamedTuple):
    """One segment of a JPEG: its marker, where it begins and where it ends by its own length.

    The data of a scan lie between the end of its segment and the beginning of the next.
    """

    marker: int
    start: int
    end: int


class LongFillError(ValueError):
    """Between two segments lies more than a walk may skip."""


def jpeg_segments(file: BinaryIO, start: int = 0, most_skipped: int = sys.maxsize) -> Iterator[Segment]:
    """Segments of a JPEG up to the end of the picture, or of the file; the last may reach beyond it.

    As decoders do, it skips what lies between two of them: fill (T.81, B.1.1.2), the zeros that some cameras write,
    markers that stand alone. What follows a scan is looked for only when the next segment is asked for.

    Args:
        start: where the JPEG begins.
        most_skipped: bytes at one place, or a few more: for who walks from many. A decoder skips any number.

    Raises:
        LongFillError: there are more.
    """
    at = start + 2
    for _ in range(MOST_PARTS):
        file.seek(at)
        head = file.read(4)
        if len(head) < 2:
            return
        if not _BEGINNING.match(head):
            at = _found(file, at + 1, most_skipped)
            continue
        marker = head[1]
        if marker == END:
            yield Segment(marker, at, at + 2)
            return
        if len(head) < 4:
            return
        end = at + 2 + int.from_bytes(head[2:], "big")
        yield Segment(marker, at, end)
        at = _found(file, end, sys.maxsize) if marker == SCAN else end


def _found(file: BinaryIO, at: int, most: int) -> int:
    """Where the next segment begins, from ``at`` on; the end of the file where none does."""
    beyond = at + most
    while True:
        file.seek(at)
        data = file.read(_BLOCK)
        if not data:
            return at
        if at > beyond:
            raise LongFillError(f"more than {most:,} bytes between two segments")
        if found := _BEGINNING.search(data):
            return at + found.start()
        at += max(len(data) - 1, 1)  # a byte 0xFF at the end is looked at again with what follows it


def segment_data(file: BinaryIO, segment: Segment) -> bytes:
    """What a segment holds after its length, as far as the file goes; 65,533 bytes at most."""
    file.seek(segment.start + 4)
    return file.read(max(segment.end - segment.start - 4, 0))


class GifBlock(NamedTuple):
    """An extension or a picture of a GIF.

    Attributes:
        label: of the extension; :data:`GIF_PICTURE` of a picture.
        start: where its data begin: pieces, each after a byte that says how long it is, up to one of no length.
        pieces: how many there are, the last among them.
    """

    label: int
    start: int
    pieces: int


GIF_PICTURE, GIF_COMMENT, GIF_APPLICATION = 0x2C, 0xFE, 0xFF
"""What blocks of a GIF are (GIF89a, 20, 24 and 26)."""
GIF_SEARCHED: Final = 1 << 13
"""Pieces among which texts are looked for: two megabytes of full ones."""


def gif_blocks(file: BinaryIO, most: int) -> Iterator[GifBlock]:
    """Blocks of a GIF up to its trailer, or until there are more than ``most`` pieces (GIF89a, 17 to 27)."""
    file.seek(0)
    head = file.read(13)
    if len(head) < 13:
        return
    at, left = 13 + _gif_colours(head[10]), most
    while left >= 0:
        file.seek(at)
        head = file.read(10)
        if head[:1] == b"!" and len(head) > 1:
            label, start = head[1], at + 2
        elif head[:1] == b"," and len(head) == 10:
            label, start = GIF_PICTURE, at + 11 + _gif_colours(head[9])  # place and size, colours, a code size
        else:
            return
        at, pieces, size = start, 0, b"\1"
        while size not in (b"", b"\0") and pieces <= left:
            file.seek(at)
            size = file.read(1)
            at += 1 + int.from_bytes(size, "big")
            pieces += 1
        left -= pieces
        yield GifBlock(label, start, pieces)


def gif_data(file: BinaryIO, block: GifBlock) -> Iterator[bytes]:
    """The pieces of its data."""
    at = block.start
    for _ in range(block.pieces):
        file.seek(at)
        size = int.from_bytes(file.read(1), "big")
        yield file.read(size)
        at += 1 + size


def _gif_colours(flags: int) -> int:
    """Bytes of the table of colours in a GIF that follows a head with these flags (GIF89a, 18 and 20); often none."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def png_chunks(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Name, place and size of each chunk of a PNG; its content is that much and begins eight bytes after its place."""
    yield from _parts(file, 8, lambda head: (head[4:8], struct.unpack(">I", head[:4])[0], 12))


def riff_chunks(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """The same of the chunks of WAV, AVI and WebP that stand side by side."""

    def read(head: bytes) -> tuple[bytes, int, int]:
        (size,) = struct.unpack("<I", head[4:8])
        return head[:4], size, 8 + size % 2

    yield from _parts(file, 12, read)


def _parts(
    file: BinaryIO, start: int, read: Callable[[bytes], tuple[bytes, int, int]]
) -> Iterator[tuple[bytes, int, int]]:
    """Name, place and size of each part; ``read`` takes its head apart: name, size, bytes around that."""
    for _ in range(MOST_PARTS):
        file.seek(start)
        head = file.read(8)
        if len(head) < 8:
            return
        name, size, around = read(head)
        yield name, start, size
        start += size + around
