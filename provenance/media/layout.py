"""Whether the tables of a film say that its media lie in the file as a muxer puts them there: one after another.

    is_in_order(file, "clip.mp4")
    are_fragments_in_place(file, "clip.mp4")

A table of chunks says where in the file the pieces of each track begin (ISO/IEC 14496-12:2022, 8.7.5). Where a
signature leaves these numbers out, whoever changes them makes a player show signed pictures in another order, or one
for another; unless each track's chunks lie one behind the other, none upon another, and all media are theirs: then
nothing can be moved. Tables that are not read here, and none at all, are no order.

A fragment counts from its own beginning instead (8.8). What may be put between it and its media moves these.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import pairwise, zip_longest
from typing import BinaryIO, Final

from touchmark.provenance.media.boxes import Box, inside, top_level

_MOST: Final = 1_000_000
"""Entries of a table, and chunks in all; an hour of sound and pictures has a third of that."""
_FROM_THE_START: Final = 1
"""Flag of a track in a fragment: it says where in the file its media lie (8.8.7)."""
_HAS_START: Final = 1
"""Flag of a run of samples: it says where its media lie, and not that they follow those of the run before (8.8.8)."""
_GAPS: Final = 0.01
"""Of the media, what may belong to no chunk: less than would hold another scene."""


def is_in_order(file: BinaryIO, subject: str) -> bool:
    """Of an open, seekable file that errors call ``subject``.

    Raises:
        LimitExceededError: it has more boxes than any honest file.
    """
    boxes = tuple(top_level(file, subject))
    media = [(box.offset + box.header_size, box.offset + box.size) for box in boxes if box.type == "mdat"]
    movies = [box for box in boxes if box.type == "moov"]
    try:
        (movie,) = movies
        tracks: list[list[tuple[int, int]]] = []
        for track in _named(file, movie, subject, "trak"):
            tracks.append(list(_chunks(file, track, subject)))
            if sum(map(len, tracks)) > _MOST:
                return False
    except ValueError:
        return False
    if not media or not all(start < following for track in tracks for (start, _), (following, _) in pairwise(track)):
        return False
    chunks = sorted(chunk for track in tracks for chunk in track)
    apart = all(end <= following for (_, end), (following, _) in pairwise(chunks))
    held = all(any(first <= start and end <= last for first, last in media) for start, end in chunks)
    room = sum(last - first for first, last in media)
    return apart and held and room - sum(end - start for start, end in chunks) <= _GAPS * room


def names_chunks(file: BinaryIO, subject: str) -> bool:
    """Whether the tables of a film name any piece of its media, or may; those of one in fragments alone name none.

    Raises:
        LimitExceededError: it has more boxes than any honest file.
    """
    tracks = (
        track
        for movie in top_level(file, subject)
        if movie.type == "moov"
        for track in _named(file, movie, subject, "trak")
    )
    try:
        return any(True for track in tracks for _ in _chunks(file, track, subject))
    except ValueError:
        return True


def are_fragments_in_place(file: BinaryIO, subject: str) -> bool:
    """Whether each fragment has its media right behind it, and says that they begin there.

    Raises:
        LimitExceededError: it has more boxes than any honest file.
    """
    boxes = tuple(top_level(file, subject))
    return all(
        media is not None and media.type == "mdat" and _begins_with(file, fragment, media, subject)
        for fragment, media in zip_longest(boxes, boxes[1:])
        if fragment.type == "moof"
    )


def _begins_with(file: BinaryIO, fragment: Box, media: Box, subject: str) -> bool:
    starts = []
    for track in _named(file, fragment, subject, "traf"):
        parts = {name: _named(file, track, subject, name) for name in ("tfhd", "trun")}
        if any(_flags(file, head) & _FROM_THE_START for head in parts["tfhd"]):
            return False
        starts += [_start_of(file, run) for run in parts["trun"] if _flags(file, run) & _HAS_START]
    return min(starts, default=None) == fragment.size + media.header_size


def _flags(file: BinaryIO, box: Box) -> int:
    file.seek(box.offset + box.header_size + 1)  # behind a version
    return int.from_bytes(file.read(3), "big")


def _start_of(file: BinaryIO, run: Box) -> int:
    """Where its media begin, from the beginning of its fragment (8.8.8)."""
    file.seek(run.offset + run.header_size + 8)  # behind flags, and how many samples there are
    return int.from_bytes(file.read(4), "big", signed=True)


def _chunks(file: BinaryIO, track: Box, subject: str) -> Iterator[tuple[int, int]]:
    """Where each chunk of a track begins and ends.

    Raises:
        ValueError: its tables do not say.
    """
    (table,) = (
        table
        for media in _named(file, track, subject, "mdia")
        for information in _named(file, media, subject, "minf")
        for table in _named(file, information, subject, "stbl")
    )
    boxes = {box.type: box for box in inside(file, table, subject)}
    places = _numbers(file, boxes, "co64", "Q") if "co64" in boxes else _numbers(file, boxes, "stco", "I")
    runs = _numbers(file, boxes, "stsc", "III")
    sizes = _sizes(file, boxes)
    at = 0
    for (first, count, _), (following, *_) in pairwise([*_threes(runs), (len(places) + 1, 0, 0)]):
        for chunk in range(first - 1, following - 1):
            end = at + count
            if not 0 <= chunk < len(places) or end > len(sizes):
                raise ValueError("more chunks than places or samples")
            yield places[chunk], places[chunk] + sum(sizes[at:end])
            at = end
    if at != len(sizes):
        raise ValueError("samples in no chunk")


def _sizes(file: BinaryIO, boxes: dict[str, Box]) -> list[int]:
    """Bytes of each sample (8.7.3.2)."""
    same, count = struct.unpack(">II", _payload(file, boxes, "stsz")[4:12].ljust(8, b"\0"))
    if count > _MOST:
        raise ValueError("too many samples")
    if same:
        return [same] * count
    data = _payload(file, boxes, "stsz")[12 : 12 + 4 * count]
    if len(data) < 4 * count:
        raise ValueError("cut short")
    return list(struct.unpack(f">{count}I", data))


def _numbers(file: BinaryIO, boxes: dict[str, Box], name: str, form: str) -> list[int]:
    data = _payload(file, boxes, name)
    count = int.from_bytes(data[4:8], "big")
    size = struct.calcsize(f">{form}")
    if count > _MOST or len(data) < 8 + count * size:
        raise ValueError("cut short")
    return list(struct.unpack_from(f">{count * len(form)}{form[0]}", data, 8))


def _threes(numbers: list[int]) -> Iterator[tuple[int, int, int]]:
    yield from zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True)


def _payload(file: BinaryIO, boxes: dict[str, Box], name: str) -> bytes:
    if name not in boxes:
        raise ValueError("no such table")
    start, end = _content(boxes[name])
    file.seek(start)
    return file.read(min(end - start, 8 * _MOST))


def _named(file: BinaryIO, box: Box, subject: str, name: str) -> list[Box]:
    return [inner for inner in inside(file, box, subject) if inner.type == name]


def _content(box: Box) -> tuple[int, int]:
    return box.offset + box.header_size, box.offset + box.size
