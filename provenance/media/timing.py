"""When the fragments of a segment play, as they say themselves: for pieces of a film whose order nobody signed.

    ticks = ticks_of(beginning, "init.mp4")
    fragments_of(segment, ticks, "seg1.m4s")
    # (Fragment(spans=(Span(track=1, start=0, ticks=192),)),)

Headers alone are read (ISO/IEC 14496-12:2022, 8.8.3 "trex", 8.8.7 "tfhd", 8.8.8 "trun", 8.8.12 "tfdt").
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final

from touchmark.provenance.media.boxes import Box, inside, top_level
from touchmark.provenance.media.errors import DecodeError, LimitExceededError
from touchmark.provenance.media.film import Film

_MOST_BYTES: Final = 16 << 20
"""Of the head of a fragment: of a minute of sound it is a hundredth of that."""
_BASE, _DESCRIPTION, _DEFAULT_TICKS = 0x01, 0x02, 0x08
_DATA_OFFSET, _FIRST_FLAGS = 0x001, 0x004
"""Flags of "tfhd" and of "trun" (ISO/IEC 14496-12, 8.8.7 and 8.8.8): what stands there."""
_OF_SAMPLE = (0x100, 0x200, 0x400, 0x800)
"""Fields of four bytes that a "trun" may have for each sample: its ticks, its size, its flags, its offset."""


@dataclass(frozen=True, slots=True)
class Span:
    """What a fragment plays of one track.

    Attributes:
        track: its number in the film.
        start: ticks from the beginning of the film; None where it is not told.
        ticks: how long.
    """

    track: int
    start: int | None
    ticks: int


@dataclass(frozen=True, slots=True)
class Fragment:
    """One fragment.

    Attributes:
        spans: of each of its tracks.
    """

    spans: tuple[Span, ...]


def ticks_of(beginning: BinaryIO, subject: str) -> dict[int, int]:
    """How long a sample of each track plays where its fragment does not say, by the number of the track.

    Raises:
        DecodeError, LimitExceededError: as :func:`fragments_of`.
    """
    return {
        track: ticks
        for moov in top_level(beginning, subject)
        if moov.type == "moov"
        for mvex in inside(beginning, moov, subject)
        if mvex.type == "mvex"
        for trex in inside(beginning, mvex, subject)
        if trex.type == "trex"
        for _, track, _, ticks in [_numbers(">IIII", _payload(beginning, trex, subject), subject)]
    }


def fragments_of(segment: BinaryIO, ticks: Mapping[int, int], subject: str) -> tuple[Fragment, ...]:
    """Fragments of a segment, in their order.

    Args:
        segment: an open file.
        ticks: what :func:`ticks_of` says of its film.
        subject: what an error calls it.

    Raises:
        DecodeError: a header is cut short.
        LimitExceededError: a header is larger than any honest one.
    """
    return tuple(_fragment(segment, box, ticks, subject) for box in top_level(segment, subject) if box.type == "moof")


def fragments_of_film(film: Film) -> list[tuple[Fragment, ...]]:
    """Fragments of each segment of a film.

    Raises:
        DecodeError, LimitExceededError: as :func:`fragments_of`.
    """
    with film.opened(film.beginning) as beginning:
        ticks = ticks_of(beginning, film.beginning.name)
    found = []
    for piece in film.segments:
        with film.opened(piece) as segment:
            found.append(fragments_of(segment, ticks, piece.name))
    return found


def _fragment(file: BinaryIO, moof: Box, ticks: Mapping[int, int], subject: str) -> Fragment:
    boxes = inside(file, moof, subject)
    return Fragment(tuple(_span(file, box, ticks, subject) for box in boxes if box.type == "traf"))


def _span(file: BinaryIO, traf: Box, ticks: Mapping[int, int], subject: str) -> Span:
    track, start, each, total = 0, None, 0, 0
    for box in inside(file, traf, subject):
        if box.type == "tfhd":
            payload = _payload(file, box, subject)
            flags, track = _numbers(">II", payload, subject)
            at = 8 + 8 * bool(flags & _BASE) + 4 * bool(flags & _DESCRIPTION)
            each = _numbers(">I", payload[at:], subject)[0] if flags & _DEFAULT_TICKS else ticks.get(track, 0)
        elif box.type == "tfdt":
            payload = _payload(file, box, subject)
            (start,) = _numbers(">Q" if payload[:1] == b"\1" else ">I", payload[4:], subject)
        elif box.type == "trun":
            total += sum(_ticks_of_samples(_payload(file, box, subject), each, subject))
    return Span(track, start, total)


def _ticks_of_samples(payload: bytes, each: int, subject: str) -> Iterator[int]:
    flags, count = _numbers(">II", payload, subject)
    flags &= 0xFFFFFF
    if not flags & _OF_SAMPLE[0]:
        yield count * each
        return
    width = 4 * sum(bool(flags & field) for field in _OF_SAMPLE)
    first = 8 + 4 * bool(flags & _DATA_OFFSET) + 4 * bool(flags & _FIRST_FLAGS)
    if first + count * width > len(payload):
        raise _cut_short(subject)
    for at in range(first, first + count * width, width):
        yield int.from_bytes(payload[at : at + 4], "big")


def _payload(file: BinaryIO, box: Box, subject: str) -> bytes:
    if box.size > _MOST_BYTES:
        raise LimitExceededError(f"its '{box.type}' box has {box.size:,} bytes", subject=subject)
    file.seek(box.offset + box.header_size)
    return file.read(box.size - box.header_size)


def _numbers(form: str, data: bytes, subject: str) -> tuple[int, ...]:
    try:
        return struct.unpack_from(form, data)
    except struct.error as error:
        raise _cut_short(subject) from error


def _cut_short(subject: str) -> DecodeError:
    return DecodeError("the head of a fragment is cut short", subject=subject, remedy="Fetch the segment again.")
