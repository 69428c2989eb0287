"""The weights of a text, unit by unit; of another reading of the same text at the cost of what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from touchmark.safety.classifier.concepts import concepts
from touchmark.safety.classifier.features import NEAR, units
from touchmark.safety.repeats import differences, likest


@dataclass(frozen=True, slots=True)
class WeighedText:
    """A text of n units, weighed for k categories.

    Attributes:
        text: canonical.
        starts, ends: of each unit in the text, ints of shape (n,).
        counts: how many features each unit has, ints of shape (n,).
        sums: of the weights of these features, shape (n, k).
    """

    text: str
    starts: NDArray[np.intp]
    ends: NDArray[np.intp]
    counts: NDArray[np.intp]
    sums: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.starts)

    def part(self, begin: int, end: int, moved: int = 0) -> WeighedText:
        """Some of the units, as units of a text in which they stand ``moved`` characters later."""
        chosen = slice(begin, end)
        starts, ends = self.starts[chosen] + moved, self.ends[chosen] + moved
        return WeighedText(self.text, starts, ends, self.counts[chosen], self.sums[chosen])


def weigh(readings: Sequence[str], weights: NDArray[np.float32]) -> list[WeighedText]:
    """Weigh the readings of a text.

    Args:
        readings: canonical, the plain one first. Of one that is much like another before it only the rest is weighed,
            and that together with the rest of others: weighing takes as many steps for ten words as for a hundred.
        weights: shape (buckets(), k).
    """
    weighed: dict[int, WeighedText] = {}
    likened: list[list[_Likened]] = [[]]
    for number, text in enumerate(readings):
        nearest = _nearest(text, weighed)
        passages = _passages(weighed[nearest], text) if nearest is not None else None
        if nearest is None or passages is None:
            weighed[number] = _weighed(text, weights)
            continue
        if passages and not passages[0].head:
            likened.append([])  # what begins a text has nothing before it
        likened[-1].append(_Likened(number, text, weighed[nearest], passages))
    for together in filter(None, likened):
        weighed |= _weighed_together(together, weights)
    return [weighed[number] for number in range(len(readings))]


def _weighed(text: str, weights: NDArray[np.float32]) -> WeighedText:
    cut = units(text)
    if not len(cut):
        return WeighedText(text, cut.starts, cut.ends, cut.first[:0], np.zeros((0, weights.shape[1]), weights.dtype))
    sums = np.add.reduceat(weights.take(cut.buckets, axis=0), cut.first[:-1], axis=0)
    return WeighedText(text, cut.starts, cut.ends, np.diff(cut.first), sums)


@dataclass(frozen=True, slots=True)
class _Passage:
    """What is weighed again.

    Attributes:
        head, tail: units of the known text, half open, whose place it takes.
        first: unit where the context begins that it takes to weigh them.
        moved: characters by which what stands behind it has moved.
        begin, end: of it and its context, in the text.
        until: where the units end that take the place.
    """

    head: int
    tail: int
    first: int
    moved: int
    begin: int
    end: int
    until: int


@dataclass(frozen=True, slots=True)
class _Likened:
    """A reading that is another one but for some passages."""

    number: int
    text: str
    known: WeighedText
    passages: Sequence[_Passage]


def _nearest(text: str, weighed: Mapping[int, WeighedText]) -> int | None:
    if not weighed:
        return None
    return [*weighed][likest(text, [known.text for known in weighed.values()])] if len(weighed) > 1 else 0


def _passages(known: WeighedText, text: str) -> list[_Passage] | None:
    """The units that do not weigh what they did, with their context; None if they are most of a text.

    A unit weighs what it did if nothing is new in itself, in what follows it for the length of a concept, and in the
    ``NEAR`` units before it.
    """
    changed = differences(text, known.text)
    reach = concepts().longest + 1  # a character further shows whether a word ends
    heads = np.searchsorted(known.starts, [place.other_begin - reach for place in changed], side="right") - 1
    tails = np.searchsorted(known.starts, [place.other_end for place in changed]) + NEAR + 1
    spans: list[tuple[int, int, int, int, int]] = []
    # The next unit after a head begins in time, and the first after what is new may be the end of a longer word.
    for place, head, tail in zip(changed, np.maximum(heads, 0).tolist(), tails.tolist(), strict=True):
        first = max(head - NEAR - 1, 0)  # the first of a part may lack a letter before it that parts no word
        begun = (head, first, place.begin - place.other_begin)
        if spans and first <= spans[-1][3]:
            begun = spans.pop()[:3]
        spans.append((*begun, min(tail, len(known)), place.end - place.other_end))
    if 2 * sum(tail - first for _, first, _, tail, _ in spans) > len(known):
        return None
    passages: list[_Passage] = []
    for head, first, before, tail, behind in spans:
        begin = int(known.starts[first]) + before if head else 0
        until = int(known.starts[tail]) + behind if tail < len(known) else len(text)
        passages.append(_Passage(head, tail, first, behind, begin, until + reach, until))
    return passages


def _weighed_together(readings: Sequence[_Likened], weights: NDArray[np.float32]) -> dict[int, WeighedText]:
    """Weigh the passages of some readings as one text, and put each reading together from what was known and these."""
    passages = [reading.text[passage.begin : passage.end] for reading in readings for passage in reading.passages]
    new = _weighed("\n".join(passages), weights)
    weighed: dict[int, WeighedText] = {}
    place = 0
    for reading in readings:
        parts: list[WeighedText] = []
        done = moved = 0
        for passage in reading.passages:
            length = passage.until - passage.begin
            begin, end = np.searchsorted(new.starts, (place, place + length)).tolist()
            parts.append(reading.known.part(done, passage.head, moved))
            parts.append(new.part(begin + passage.head - passage.first, end, passage.begin - place))
            done, moved = passage.tail, passage.moved
            place += len(reading.text[passage.begin : passage.end]) + 1
        parts.append(reading.known.part(done, len(reading.known), moved))
        weighed[reading.number] = WeighedText(
            reading.text,
            np.concatenate([part.starts for part in parts]),
            np.concatenate([part.ends for part in parts]),
            np.concatenate([part.counts for part in parts]),
            np.concatenate([part.sums for part in parts]),
        )
    return weighed
