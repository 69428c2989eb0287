"""The weights of a text, unit by unit; of another reading of the same text at the cost of what differs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from touchmark.safety.classifier.cutting import Cut, code_points, cut, joined, places
from touchmark.safety.classifier.features import NEAR, units
from touchmark.safety.classifier.meanings import meanings
from touchmark.safety.repeats import differences, likest


@dataclass(frozen=True, slots=True)
class WeighedText:
    """A text of n units, weighed for k categories.

    Attributes:
        text: canonical.
        cut: its units.
        counts: how many features each unit has, ints of shape (n,).
        sums: of the weights of these features, shape (n, k).
    """

    text: str
    cut: Cut
    counts: NDArray[np.intp]
    sums: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.cut)

    def part(self, begin: int, end: int, moved: int = 0) -> WeighedText:
        """Some of the units, as units of a text in which they stand ``moved`` characters later."""
        chosen = slice(begin, end)
        return WeighedText(self.text, self.cut.part(begin, end, moved), self.counts[chosen], self.sums[chosen])


def weigh(readings: Sequence[str], weights: NDArray[np.float32], latin: Collection[str]) -> list[WeighedText]:
    """Weigh the readings of a text.

    Args:
        readings: canonical, the plain one first. Of one that is much like another before it only the rest is weighed,
            and that together with others: weighing takes as many steps for ten words as for a hundred.
        weights: shape (buckets(), k).
        latin: the languages (ISO 639-1) that words in Latin letters may be of.
    """
    if len(readings) == 1:
        return [_weighed(readings[0], latin, weights)]
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
        weighed = _weighed("\n".join(parts), latin, weights)
        for (number, passage), part in zip(batch, parts, strict=True):
            begin, end = np.searchsorted(weighed.cut.starts, (place, place + passage.until - passage.begin)).tolist()
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
    cuts: dict[int, Cut] = {}
    for number, text in enumerate(readings):
        if cuts:
            nearest = [*cuts][likest(text, [readings[known] for known in cuts])]
            passages = _passages(text, readings[nearest], cuts[nearest])
            if passages is not None:
                plans.append(_Plan(nearest, passages))
                continue
        cuts[number] = cut(code_points(text))
        plans.append(_Plan(None, [_Passage(0, 0, 0, 0, 0, len(text), len(text))]))
    return plans


def _passages(text: str, known: str, parts: Cut) -> list[_Passage] | None:
    """What is to be weighed of a text that is much like another, whose units are ``parts``; None if that is most of it.

    A unit weighs what it did if nothing is new in itself, in what follows it for the length of a concept, and in the
    units that are ``NEAR`` before it.
    """
    starts, at = parts.starts, places(parts.widths)
    changed = differences(text, known)
    reach = meanings().longest + 1  # a character further shows whether a word ends
    heads = np.searchsorted(starts, [place.other_begin - reach for place in changed], side="right") - 1
    tails = at.searchsorted(at.take(starts.searchsorted([place.other_end for place in changed])) + NEAR, "right")
    spans: list[tuple[int, int, int, int, int]] = []
    # The next unit after a head begins in time, and the first after what is new may be the end of a longer word.
    for place, head, tail in zip(changed, np.maximum(heads, 0).tolist(), tails.tolist(), strict=True):
        # The first of a part may lack a letter before it that parts no word.
        first = max(int(at.searchsorted(at[head] - NEAR)) - 1, 0)
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
        joined([part.cut for part in parts]),
        np.concatenate([part.counts for part in parts]),
        np.concatenate([part.sums for part in parts]),
    )


def _weighed(text: str, latin: Collection[str], weights: NDArray[np.float32]) -> WeighedText:
    found = units(text, latin)
    if not len(found):
        return WeighedText(text, found.cut, found.first[:0], np.zeros((0, weights.shape[1]), weights.dtype))
    sums = np.add.reduceat(weights.take(found.buckets, axis=0), found.first[:-1], axis=0)
    return WeighedText(text, found.cut, np.diff(found.first), sums)
