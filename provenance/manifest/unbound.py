"""What a hash over the parts of a file leaves out because it lies in none of them.

    unbound(file)     # ("9,600 bytes behind the end of the picture",)

``c2pa.hash.boxes`` names the parts of a file, and hashes each (C2PA 2.4, 18.7). A C2PA library asks whether all parts
that it knows of are named, and takes what follows the last for none: a second picture behind the first, in the extreme.
So is a segment that has the head of a manifest store and stands where no store stands.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from touchmark.provenance.manifest.parts import png_chunks
from touchmark.provenance.media import kinds

_CHUNK: Final = 1 << 16
_MOST_SEGMENTS: Final = 10_000
_SEGMENT: Final = re.compile(rb"\xff[\x02-\xcf\xd8-\xfe]")
"""What begins a segment behind a scan, in whose data other bytes follow 0xFF (ITU-T T.81, B.1.1.3 and B.1.1.5)."""
_SCAN, _END, _APP11 = 0xDA, 0xD9, 0xEB


def unbound(file: BinaryIO) -> tuple[str, ...]:
    """In words, what lies in no part of an open file; empty where nothing does.

    Of forms whose parts are not walked here, that this is not known.
    """
    size = file.seek(0, os.SEEK_END)
    kind = kinds.kind_of_file(file)
    if kind is kinds.PNG:
        end = next((start + 12 for name, start, _ in png_chunks(file) if name == b"IEND"), 0)
        return _behind(size - end)
    if kind is kinds.JPEG:
        end, hidden = 0, 0
        for marker, start, end in _segments(file, size):
            hidden += end - start if marker == _APP11 else 0
        among = (f"{hidden:,} bytes among the scans of the picture",) if hidden else ()
        return among + _behind(size - end)
    return ("whatever lies between its parts",)


def _behind(count: int) -> tuple[str, ...]:
    return (f"{count:,} bytes behind the end of the picture",) if count > 0 else ()


def _segments(file: BinaryIO, size: int) -> Iterator[tuple[int, int, int]]:
    """Marker, place and end of the segments of a JPEG from its first scan on, up to the end of the picture."""
    at, scanned = 2, False
    for _ in range(_MOST_SEGMENTS):
        file.seek(at)
        head = file.read(4)
        if len(head) < 2 or head[0] != 0xFF:
            return
        marker = head[1]
        if marker == _END:
            yield marker, at, at + 2
            return
        end = at + 2 + int.from_bytes(head[2:], "big")
        scanned = scanned or marker == _SCAN
        if marker == _SCAN:
            end = _end_of_scan(file, end, size)
        if scanned:
            yield marker, at, min(end, size)
        at = end


def _end_of_scan(file: BinaryIO, at: int, size: int) -> int:
    """Where the segment begins that follows a scan, whose compressed data begin at ``at``."""
    while at < size:
        file.seek(at)
        data = file.read(_CHUNK)
        if found := _SEGMENT.search(data):
            return at + found.start()
        at += max(len(data) - 1, 1)  # a byte 0xFF at the end is looked at again with what follows it
    return size
