"""Which English words are used alike, so that what is learnt of one holds for the others.

A word that no prompt in training held weighs nothing by itself, whatever it means. Here each of the commonest English
words belongs to a *likeness*: those that stand in like company in a large body of text (``clusters.py`` says how they
were made). *Turnip* is then known by the carrot. Some likenesses together make a *realm*, of which there are few.
The file holds no words, only their numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

LIKENESSES = Path(__file__).with_name("likeness.npz")
"""The table that ships."""
NONE = -1
"""The likeness of a word that is not in the table."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """The table.

    Attributes:
        words: numbers of n words, as :func:`touchmark.safety.classifier.features.word_numbers` counts them, rising.
        of_word: the likeness of each, shape (n,).
        realms: of each of k likenesses, shape (k,).
    """

    words: NDArray[np.uint32]
    of_word: NDArray[np.intp]
    realms: NDArray[np.intp]

    def of(self, numbers: NDArray[np.uint32]) -> NDArray[np.intp]:
        """The likenesses of words given by their numbers; ``NONE`` of those that are not known."""
        at = np.minimum(self.words.searchsorted(numbers), len(self.words) - 1)
        return np.where(self.words.take(at) == numbers, self.of_word.take(at), NONE)

    @property
    def features(self) -> int:
        """How many likenesses and realms there are."""
        return len(self.realms) + int(self.realms.max()) + 1


@cache
def likeness() -> Likeness:
    """The table that ships."""
    with np.load(LIKENESSES, allow_pickle=False) as table:
        return Likeness(table["words"], table["of_word"].astype(np.intp), table["realms"].astype(np.intp))
