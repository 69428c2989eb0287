"""Is a file all there, by what its own parts say of their lengths?

    check_is_whole(file, kind, "photo.avif")

What was fetched in part does not match its signature, and nobody changed it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import BinaryIO, Final

from touchmark.provenance.media.boxes import Box, top_level
from touchmark.provenance.media.chunks import END, jpeg_segments, png_chunks
from touchmark.provenance.media.errors import TruncatedError
from touchmark.provenance.media.kinds import JPEG, PNG, Kind

_OF_CONTENT: Final = frozenset({"moov", "moof", "mdat", "meta"})
"""Boxes that hold content, or say where it lies; another's length is easily changed without anything being missing."""
_FETCH_AGAIN: Final = "Fetch the file again; part of it is missing."
_UNKNOWN_LENGTH: Final = 0xFFFF_FFFF
"""What programs write that cannot go back to the beginning of a RIFF file when they know how long it became."""


def check_is_whole(file: BinaryIO, kind: Kind | None, subject: str) -> None:
    """Refuse a file that ends before it says that it does. GIF, TIFF, MP3 and FLAC do not say it in one place.

    Args:
        file: open, seekable.
        kind: its kind.
        subject: what an error calls it.

    Raises:
        TruncatedError: it does.
        LimitExceededError: it has more boxes than any honest file.
    """
    size = file.seek(0, os.SEEK_END)
    if kind == JPEG:
        is_cut = all(segment.marker != END for segment in jpeg_segments(file))
    elif kind == PNG:
        is_cut = not any(name == b"IEND" and at + 12 + length <= size for name, at, length in png_chunks(file))
    elif (length := _riff_length(file)) is not None:
        is_cut = length > size
    else:
        check_boxes_are_whole(top_level(file, subject), subject)
        return
    if is_cut:
        raise TruncatedError("ends before what it holds does", subject=subject, remedy=_FETCH_AGAIN)


def check_boxes_are_whole(found: Iterable[Box], subject: str) -> None:
    """Refuse a file one of whose boxes of content reaches beyond its end.

    Args:
        found: the boxes at the top level.
        subject: what an error calls the file.

    Raises:
        TruncatedError: one does.
    """
    for box in found:
        if box.type in _OF_CONTENT and not box.whole:
            raise TruncatedError(
                f"ends inside its '{box.type}' box, which should have {box.size:,} bytes",
                subject=subject,
                remedy=_FETCH_AGAIN,
            )


def _riff_length(file: BinaryIO) -> int | None:
    """How long a RIFF file says that it is, 0 where its writer never knew; None of another file."""
    file.seek(0)
    head = file.read(8)
    if head[:4] != b"RIFF":
        return None
    length = int.from_bytes(head[4:], "little")
    return 0 if length == _UNKNOWN_LENGTH else length + 8
