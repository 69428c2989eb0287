"""What lies between the pieces of the manifest store in a JPEG.

    between_pieces(file)     # bytes

A store may lie in several APP11 segments, one behind the other (C2PA 2.4, A.3.1). A C2PA library leaves out of the hash
all from where the first begins to where the last ends, and asks for nothing there: whoever takes padding from beside
the signature has as much room for other segments, which change how the picture is shown, or what is said of it.
"""

from __future__ import annotations

from itertools import pairwise, takewhile
from typing import BinaryIO

from touchmark.provenance.manifest.traces import STORE_TYPE
from touchmark.provenance.media.chunks import APP11, SCAN, Segment, jpeg_segments, segment_data

_NUMBER = slice(0, 4)
"""In a piece: what says that it is one of a box (``JP``), and the number of the box (ISO/IEC 19566-5, D)."""


def between_pieces(file: BinaryIO) -> int:
    """Of an open JPEG; 0 where its store is in one piece, or there is none. Pieces behind its first scan are none."""
    ahead = takewhile(lambda segment: segment.marker != SCAN, jpeg_segments(file))
    found = [(segment, segment_data(file, segment)) for segment in ahead if segment.marker == APP11]
    number = next((data[_NUMBER] for _, data in found if data[24:40] == STORE_TYPE), None)
    pieces: list[Segment] = [segment for segment, data in found if data[_NUMBER] == number]
    return sum(after.start - before.end for before, after in pairwise(pieces))
