"""What a hash over the parts of a file leaves out because it lies in none of them.

    unbound(file)     # ("9,600 bytes behind the end of the picture",)

``c2pa.hash.boxes`` names the parts of a file, and hashes each (C2PA 2.4, 18.7). A C2PA library asks whether all parts
that it knows of are named, and takes what follows the last for none: a second picture behind the first, in the extreme.
So is a segment that has the head of a manifest store and stands where no store stands.
"""

from __future__ import annotations

import os
from typing import BinaryIO

from touchmark.provenance.media import kinds
from touchmark.provenance.media.chunks import APP11, END, SCAN, jpeg_segments, png_chunks
from touchmark.provenance.wording import number_of


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
        hidden, end = _in_jpeg(file, size)
        among = (f"{number_of(hidden, 'byte')} among the parts of the picture",) if hidden else ()
        return among + _behind(size - end)
    return ("whatever lies between its parts",)


def _behind(count: int) -> tuple[str, ...]:
    return (f"{number_of(count, 'byte')} behind the end of the picture",) if count > 0 else ()


def _in_jpeg(file: BinaryIO, size: int) -> tuple[int, int]:
    """Bytes between segments or in such as pass for pieces of the store, and where the picture ends: 0, if nowhere."""
    hidden, end, scanned, behind_scan = 0, 2, False, False
    for segment in jpeg_segments(file):
        if not behind_scan:
            file.seek(end)
            between = file.read(max(segment.start - end, 0))
            hidden += len(between) - between.count(0) - between.count(0xFF)  # what cameras put there
        if scanned and segment.marker == APP11:
            hidden += min(segment.end, size) - segment.start
        if segment.marker == END:
            return hidden, segment.end
        behind_scan = segment.marker == SCAN
        scanned = scanned or behind_scan
        end = segment.end
    return hidden, 0
