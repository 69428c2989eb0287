"""How many parts a file has: chunks of PNG and RIFF, blocks of GIF, segments of JPEG, boxes.

A C2PA library takes some 20 microseconds for each of these, however small: a megabyte of empty ones costs it minutes.
So they are counted first, which takes a tenth of that. Segments of JPEG cost it memory. Compressed frames of ID3 it
unpacks, all of them and whatever they are: a megabyte takes it seconds and gigabytes, and no tagger writes them.
"""

from __future__ import annotations

import os
from itertools import takewhile
from typing import BinaryIO, Final

from touchmark.provenance.media import kinds
from touchmark.provenance.media.boxes import check_boxes
from touchmark.provenance.media.chunks import SCAN, gif_blocks, jpeg_segments, png_chunks, riff_chunks
from touchmark.provenance.media.errors import LimitExceededError
from touchmark.provenance.media.id3 import MOST_FRAMES, burden

_MOST_READ: Final = 30_000
"""Parts that are left to a library: of an animation three a picture."""
FEWEST_BYTES: Final = 60_000
"""A smaller file is read in a moment: it has room neither for so many parts of two bytes, nor for the most boxes of
eight."""
_MOST_PACKED: Final = 1 << 16
"""Bytes in compressed frames: zlib makes a thousand of one, and the library holds them twice."""
_FULL: Final = 200
"""Bytes of a block of GIF (GIF89a, 15: 255 at most) that count as a part less: a large film has full ones."""


def check_parts(file: BinaryIO, subject: str) -> int:
    """How many there are; a file is refused that has more than a C2PA library reads in a moment.

    Raises:
        LimitExceededError: there are more than in any file that was not made for that.
    """
    full = 0
    size = file.seek(0, os.SEEK_END)
    if size < FEWEST_BYTES:
        return 0
    kind = kinds.kind_of_file(file)
    if kind is kinds.GIF:
        full = size // _FULL
        count = sum(1 + block.pieces for block in gif_blocks(file, _MOST_READ + full))
    elif kind is kinds.PNG:
        count = sum(1 for _ in png_chunks(file))
    elif kind in (kinds.WAV, kinds.AVI, kinds.WEBP):
        count = sum(1 for _ in riff_chunks(file))
    elif kind is kinds.JPEG:
        count = sum(1 for _ in takewhile(lambda segment: segment.marker != SCAN, jpeg_segments(file)))
    else:
        if kind in (kinds.MP3, kinds.FLAC):
            _check_id3(file, subject)
        return check_boxes(file, subject)
    if count > _MOST_READ + full:
        raise LimitExceededError(
            f"it has more than {_MOST_READ:,} parts",
            subject=subject,
            remedy="Convert it to a video, or to its first picture.",
        )
    return count


def _check_id3(file: BinaryIO, subject: str) -> None:
    frames, packed = burden(file)
    too_much = f"more than {MOST_FRAMES:,} ID3 frames" if frames > MOST_FRAMES else ""
    if packed > _MOST_PACKED:
        too_much = f"more than {_MOST_PACKED:,} bytes in compressed ID3 frames"
    if too_much:
        raise LimitExceededError(f"it has {too_much}", subject=subject, remedy="Write its tag anew, uncompressed.")
