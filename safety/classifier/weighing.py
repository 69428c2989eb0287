"""The weights of a text, unit by unit; of another reading of the same text at the cost of what differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from touchmark.safety.classifier.concepts import concepts
from touchmark.safety.classifier.features import NEAR, units
from touchmark.safety.repeats import unshared


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


def weigh(text: str, weights: NDArray[np.float32], known: Sequence[WeighedText] = ()) -> WeighedText:
    """Weigh a text.

    Args:
        text: canonical.
        weights: shape (buckets(), k).
        known: other texts, weighed with the same weights; what the likest of them shares is not weighed again.
    """
    if not known:
        return _weighed(text, weights)
    differing = [unshared(text, other.text) for other in known]
    likest = min(range(len(known)), key=lambda i: differing[i][1] - differing[i][0])
    return _weighed_again(text, weights, known[likest], *differing[likest])


def _weighed(text: str, weights: NDArray[np.float32]) -> WeighedText:
    cut = units(text)
    if not len(cut):
        return WeighedText(text, cut.starts, cut.ends, cut.first[:0], np.zeros((0, weights.shape[1]), weights.dtype))
    sums = np.add.reduceat(weights.take(cut.buckets, axis=0), cut.first[:-1], axis=0)
    return WeighedText(text, cut.starts, cut.ends, np.diff(cut.first), sums)


def _weighed_again(text: str, weights: NDArray[np.float32], known: WeighedText, begin: int, end: int) -> WeighedText:
    """Weigh a text of which ``begin:end`` is new.

    A unit weighs what it did if nothing is new in itself, in what follows it for the length of a concept, and in the
    ``NEAR`` units before it.
    """
    moved = len(text) - len(known.text)
    reach = concepts().longest + 1  # a character further shows whether a word ends
    head = int(np.searchsorted(known.starts, begin - reach, side="right")) - 1  # the next unit begins in time
    tail = int(np.searchsorted(known.starts, end - moved)) + NEAR + 1  # the first may be the end of a longer word
    first = max(head - NEAR - 1, 0)  # the first of a part may lack a letter before it that parts no word
    if head <= NEAR + 1 and tail >= len(known):
        return _weighed(text, weights)
    head = max(head, 0)
    until = known.starts[tail] + moved if tail < len(known) else len(text)
    origin = int(known.starts[first]) if head else 0
    middle = _weighed(text[origin : until + reach], weights)
    middle = middle.part(head - first if head else 0, int(np.searchsorted(middle.starts, until - origin)), origin)
    parts = (known.part(0, head), middle, known.part(min(tail, len(known)), len(known), moved))
    return WeighedText(
        text,
        np.concatenate([part.starts for part in parts]),
        np.concatenate([part.ends for part in parts]),
        np.concatenate([part.counts for part in parts]),
        np.concatenate([part.sums for part in parts]),
    )
