"""What is wrong with the segments of a film: changed, repeated, turned round, taken out, or of another film. Pure.

    stream = stream_of(signed, names, timed)
    stream.faults              # (SegmentFault(kind=SegmentFaultKind.MISSING, explanation="...", signed=True),)

Where the manifest has a tree of hashes over the segments, each of them says which leaf of it it is, and cannot lie
about that: the tree then tells order and gaps, whatever the segments say of when they play. Where nobody signed
anything, what they say of that is all there is; it shows that a part is missing, and proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby, pairwise
from typing import Final

from touchmark.detectors.text import safe_text
from touchmark.provenance.manifest.segments import SignedFilm, SignedSegment
from touchmark.provenance.media.timing import Fragment

_TOLD: Final = 8
"""Segments that are named for one kind of fault; of more, how many."""
_SHARE: Final = 10
"""A hole of less than the tenth part of the segment before it is rounding."""


class SegmentFaultKind(StrEnum):
    """The ways in which segments are not the film that they are said to be."""

    CHANGED = "segment_changed"
    """Its bytes are not those that were signed."""
    OF_ANOTHER_FILM = "segment_of_another_film"
    """It names a tree of hashes, or a place in one, that this film's manifest does not have."""
    UNBOUND = "segment_unbound"
    """It does not say, or says several times, which piece of the film it is."""
    REPEATED = "segment_repeated"
    """It was there before."""
    OUT_OF_ORDER = "segment_out_of_order"
    """It belongs before one that was given before it."""
    MISSING = "segment_missing"
    """Something that lies between two segments was left out."""

    @property
    def in_words(self) -> str:
        """In plain words."""
        return _TITLES[self]


_TITLES = {
    SegmentFaultKind.CHANGED: "A segment was changed after it was signed",
    SegmentFaultKind.OF_ANOTHER_FILM: "A segment is of another film",
    SegmentFaultKind.UNBOUND: "A segment does not say which piece of the film it is",
    SegmentFaultKind.REPEATED: "A segment comes more than once",
    SegmentFaultKind.OUT_OF_ORDER: "Segments are not in their order",
    SegmentFaultKind.MISSING: "Segments are missing between others",
}


@dataclass(frozen=True, slots=True)
class SegmentFault:
    """One thing that is wrong.

    Attributes:
        kind: which.
        explanation: where, for a person; already safe to show.
        signed: whether the manifest shows it. Otherwise the segments themselves do, whose word nobody signed.
    """

    kind: SegmentFaultKind
    explanation: str
    signed: bool


@dataclass(frozen=True, slots=True)
class Stream:
    """The segments that a film was put together from.

    Attributes:
        given: how many.
        of_all: how many the manifest says there are; None where it does not.
        first: number of the first among all, from 1 on, and None where that is not known.
        faults: what is wrong.
    """

    given: int
    of_all: int | None = None
    first: int | None = None
    faults: tuple[SegmentFault, ...] = ()

    @property
    def signs_of_tampering(self) -> tuple[str, ...]:
        """Faults that the manifest shows, a sentence each."""
        return tuple(f"{fault.kind.in_words}: {fault.explanation}." for fault in self.faults if fault.signed)

    @property
    def hints(self) -> tuple[str, ...]:
        """Faults that nobody's signature shows, a sentence each."""
        return tuple(f"{fault.kind.in_words}: {fault.explanation}." for fault in self.faults if not fault.signed)

    @property
    def is_part(self) -> bool:
        """Whether there is more of the film, before or after."""
        return self.of_all is not None and self.given < self.of_all


def stream_of(signed: SignedFilm, names: Sequence[str], timed: Sequence[Sequence[Fragment]]) -> Stream:
    """What its segments say of a film.

    Args:
        signed: what the manifest says of them.
        names: of their files, in the order in which they were given.
        timed: fragments of each.
    """
    segments = signed.segments
    if not segments:
        return Stream(len(names), faults=tuple(_gathered(_by_time(names, timed), signed=False)))
    faults = _gathered(_by_leaf(segments, signed.leaves), signed=True)
    placed = [segment for segment in segments if segment.tree is not None]
    first = min((segment.leaf for segment in placed), default=None)
    return Stream(
        given=len(segments),
        of_all=max((signed.leaves[tree] for tree in {s.tree for s in placed} if tree is not None), default=None),
        first=None if first is None else first + 1,
        faults=tuple(faults),
    )


_Found = Iterable[tuple[SegmentFaultKind, str]]


def _gathered(found: _Found, *, signed: bool) -> Iterator[SegmentFault]:
    """Faults of a kind together, in the order of the kinds."""
    order = list(SegmentFaultKind)
    for kind, some in groupby(sorted(found, key=lambda fault: order.index(fault[0])), key=lambda fault: fault[0]):
        told = [text for _, text in some]
        more = [f"and {len(told) - _TOLD:,} more"] if len(told) > _TOLD else []
        yield SegmentFault(kind, "; ".join([*told[:_TOLD], *more]), signed)


def _by_leaf(segments: Sequence[SignedSegment], leaves: Sequence[int]) -> _Found:
    for segment in segments:
        name = _name(segment.name)
        if segment.branches == 1 and segment.tree is None and leaves:
            yield SegmentFaultKind.OF_ANOTHER_FILM, name
        elif segment.branches != 1 and leaves:
            yield SegmentFaultKind.UNBOUND, name
        elif segment.matches is not True:
            yield SegmentFaultKind.CHANGED, name
    for tree in range(len(leaves)):
        yield from _order([segment for segment in segments if segment.tree == tree])


def _order(segments: Sequence[SignedSegment]) -> _Found:
    seen: set[int] = set()
    for segment in segments:
        if segment.leaf in seen:
            yield SegmentFaultKind.REPEATED, f"{_name(segment.name)} is number {segment.leaf + 1:,} again"
        elif seen and segment.leaf < max(seen):
            after = f"after number {max(seen) + 1:,}"
            yield SegmentFaultKind.OUT_OF_ORDER, f"{_name(segment.name)} is number {segment.leaf + 1:,}, {after}"
        seen.add(segment.leaf)
    for one, next_one in pairwise(sorted(seen)):
        if next_one - one > 1:
            yield SegmentFaultKind.MISSING, _between(one + 2, next_one)


def _between(first: int, last: int) -> str:
    return f"number {first:,}" if first == last else f"numbers {first:,} to {last:,}"


def _by_time(names: Sequence[str], timed: Sequence[Sequence[Fragment]]) -> _Found:
    """By when they say that they play; of each track by itself."""
    until: dict[int, int] = {}
    begun: dict[int, set[int]] = {}
    for name, fragments in zip(map(_name, names), timed, strict=True):
        told: set[SegmentFaultKind] = set()
        for span in (span for fragment in fragments for span in fragment.spans):
            if span.start is None:
                continue
            end = until.get(span.track)
            beginnings = begun.setdefault(span.track, set())
            if span.start in beginnings:
                told.add(SegmentFaultKind.REPEATED)
            elif end is not None and span.start < end - span.ticks // _SHARE:
                told.add(SegmentFaultKind.OUT_OF_ORDER)
            elif end is not None and span.start > end + span.ticks // _SHARE:
                told.add(SegmentFaultKind.MISSING)
            beginnings.add(span.start)
            until[span.track] = max(span.start + span.ticks, end or 0)
        for kind in told:
            yield kind, f"before {name}" if kind is SegmentFaultKind.MISSING else name


def _name(name: str) -> str:
    return f"“{safe_text(name.rpartition('/')[2], 60)}”"
