"""The weights of a text, unit by unit; of another reading of the same text at the cost of what differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from touchmark.safety.classifier.concepts import concepts
from touchmark.safety.classifier.features import NEAR, unit_starts, units
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
            and that together with others: weighing takes as many steps for ten words as for a hundred.
        weights: shape (buckets(), k).
    """
    if len(readings) == 1:
        return [_weighed(readings[0], weights)]
    plans = _plans(readings)
    together: list[list[tuple[int, _Passage]]] = []
    for number, plan in enumerate(plans):
        if plan.passages and not plan.passages[0].first:
            together.append([])  # the context of what begins a text is nothing
        together[-1] += [(number, passage) for passage in plan.passages]
    new: dict[int, list[WeighedText]] = {number: [] for number in range(len(plans))}
    for batch in together:
        place = 0
        parts = [readings[number][passage.begin : passage.end] for number, passage in batch]
        weighed = _weighed("\n".join(parts), weights)
        for (number, passage), part in zip(batch, parts, strict=True):
            begin, end = np.searchsorted(weighed.starts, (place, place + passage.until - passage.begin)).tolist()
            new[number].append(weighed.part(begin + passage.head - passage.first, end, passage.begin - place))
            place += len(part) + 1
    told: list[WeighedText] = []
    for number, plan in enumerate(plans):
        if plan.known is None:
            told.append(replace(new[number][0], text=readings[number]))
        else:
            told.append(_put_together(readings[number], told[plan.known], plan.passages, new[number]))
    return told


@dataclass(frozen=True, slots=True)
class _Passage:
    """What is weighed of a text.

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
class _Plan:
    """What is weighed of a reading, and the number of the one that it is else like, if any."""

    known: int | None
    passages: Sequence[_Passage]


def _plans(readings: Sequence[str]) -> list[_Plan]:
    plans: list[_Plan] = []
    starts: dict[int, NDArray[np.intp]] = {}
    for number, text in enumerate(readings):
        if starts:
            nearest = [*starts][likest(text, [readings[known] for known in starts])]
            passages = _passages(text, readings[nearest], starts[nearest])
            if passages is not None:
                plans.append(_Plan(nearest, passages))
                continue
        starts[number] = unit_starts(text)
        plans.append(_Plan(None, [_Passage(0, 0, 0, 0, 0, len(text), len(text))]))
    return plans


def _passages(text: str, known: str, starts: NDArray[np.intp]) -> list[_Passage] | None:
    """What is to be weighed of a text that is much like another, whose units start so; None if that is most of it.

    A unit weighs what it did if nothing is new in itself, in what follows it for the length of a concept, and in the
    ``NEAR`` units before it.
    """
    changed = differences(text, known)
    reach = concepts().longest + 1  # a character further shows whether a word ends
    heads = np.searchsorted(starts, [place.other_begin - reach for place in changed], side="right") - 1
    tails = np.searchsorted(starts, [place.other_end for place in changed]) + NEAR + 1
    spans: list[tuple[int, int, int, int, int]] = []
    # The next unit after a head begins in time, and the first after what is new may be the end of a longer word.
    for place, head, tail in zip(changed, np.maximum(heads, 0).tolist(), tails.tolist(), strict=True):
        first = max(head - NEAR - 1, 0)  # the first of a part may lack a letter before it that parts no word
        begun = (head, first, place.begin - place.other_begin)
        if spans and first <= spans[-1][3]:
            begun = spans.pop()[:3]
        spans.append((*begun, min(tail, len(starts)), place.end - place.other_end))
    if 2 * sum(tail - first for _, first, _, tail, _ in spans) > len(starts):
        return None
    passages: list[_Passage] = []
    for head, first, before, tail, behind in spans:
        begin = int(starts[first]) + before if head else 0
        until = int(starts[tail]) + behind if tail < len(starts) else len(text)
        passages.append(_Passage(head, tail, first, behind, begin, until + reach, until))
    return passages


def _put_together(
    text: str, known: WeighedText, passages: Sequence[_Passage], new: Sequence[WeighedText]
) -> WeighedText:
    """A text of what was known and what is new in it."""
    parts: list[WeighedText] = []
    done = moved = 0
    for passage, part in zip(passages, new, strict=True):
        parts += (known.part(done, passage.head, moved), part)
        done, moved = passage.tail, passage.moved
    parts.append(known.part(done, len(known), moved))
    return WeighedText(
        text,
        np.concatenate([part.starts for part in parts]),
        np.concatenate([part.ends for part in parts]),
        np.concatenate([part.counts for part in parts]),
        np.concatenate([part.sums for part in parts]),
    )


def _weighed(text: str, weights: NDArray[np.float32]) -> WeighedText:
    cut = units(text)
    if not len(cut):
        return WeighedText(text, cut.starts, cut.ends, cut.first[:0], np.zeros((0, weights.shape[1]), weights.dtype))
    sums = np.add.reduceat(weights.take(cut.buckets, axis=0), cut.first[:-1], axis=0)
    return WeighedText(text, cut.starts, cut.ends, np.diff(cut.first), sums)
