"""What lies between the pieces of the manifest store in a JPEG.

    between_pieces(file)     # bytes

A store may lie in several APP11 segments, one behind the other (C2PA 2.4, A.3.1). A C2PA library leaves out of the hash
all from where the first begins to where the last ends, and asks for nothing there: whoever takes padding from beside
the signature has as much room for other segments, which change how the picture is shown, or what is said of it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import BinaryIO

from touchmark.provenance.manifest.traces import BOX_HEAD, BOX_NUMBER, PIECE_NUMBER, STORE_TYPE, app11_segments


def between_pieces(file: BinaryIO) -> int:
    """Of an open JPEG; 0 where its store is in one piece, or there is none. Pieces behind its first scan are none.

    With that, what a piece says of its place, and repeats of the box that it is of, where it is not as it must be.
    """
    found = list(app11_segments(file))
    whose = next((data[BOX_NUMBER] for _, data in found if data[24:40] == STORE_TYPE), None)
    pieces = [(segment, data) for segment, data in found if data[BOX_NUMBER] == whose]
    count = 0
    for (before, first), (after, data) in pairwise(pieces):
        count += after.start - before.end
        count += 4 * (int.from_bytes(data[PIECE_NUMBER]) != int.from_bytes(first[PIECE_NUMBER]) + 1)
        count += 8 * (data[BOX_HEAD] != first[BOX_HEAD])
    return count
