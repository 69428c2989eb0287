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
from touchmark.provenance.media.chunks import APP11, SCAN, jpeg_segments, segment_data

_WHOSE, _PLACE, _BOX = slice(0, 4), slice(4, 8), slice(8, 16)
"""In a piece (ISO/IEC 19566-5, D): that it is one of a box (``JP``), and the number of the box; its own number among
the pieces of that, which counts up; and length and type of the box, which each piece repeats."""


def between_pieces(file: BinaryIO) -> int:
    """Of an open JPEG; 0 where its store is in one piece, or there is none. Pieces behind its first scan are none.

    With that, what a piece says of its place, and repeats of the box that it is of, where it is not as it must be.
    """
    ahead = takewhile(lambda segment: segment.marker != SCAN, jpeg_segments(file))
    found = [(segment, segment_data(file, segment)) for segment in ahead if segment.marker == APP11]
    whose = next((data[_WHOSE] for _, data in found if data[24:40] == STORE_TYPE), None)
    pieces = [(segment, data) for segment, data in found if data[_WHOSE] == whose]
    count = 0
    for (before, first), (after, data) in pairwise(pieces):
        count += after.start - before.end
        count += 4 * (int.from_bytes(data[_PLACE]) != int.from_bytes(first[_PLACE]) + 1)
        count += 8 * (data[_BOX] != first[_BOX])
    return count
