"""Which words of a prompt may stand beside each other in a name, by the keys of how they sound: told for all at once.

Of 400 ways to take two words of a Korean prompt for words of a name 110 are in some name, but most of these names have
a third word, which stands beside the two in next to no prompt. Bit maps (``checksums.py``) of all that stands in names
leave some 40, without a look into tables that no cache of a processor holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from touchmark.safety.figures.checksums import Places, bit_map, may_hold

BEHIND: Final = 1
"""The side on which the neighbour of an anchor stands; before it is -1."""


class Stood(NamedTuple):
    """How words of a name stand: the number of a key of its anchor, on which side the neighbour is, and the number of a
    key of that; and if there is a third word, how many words behind the anchor, and the number of a key of it."""

    anchor: int
    side: int
    neighbour: int
    third: tuple[int, int] | None = None


Beside = tuple[int, int, int, int]
"""Two words of a prompt that may be of a name: the place of the anchor among the words, of the key among its keys, the
side of the neighbour, and the place of the key among the neighbour's."""


class SoundPairs:
    """What stands in names, to be asked for.

    Args:
        keys: the consonants of each, in the order of their numbers.
        stood: all ways in which words of names stand.
    """

    __slots__ = ("_consonants", "_keys", "_offsets", "_pairs", "_thirds", "_with_third")

    def __init__(self, keys: Sequence[str], stood: Iterable[Stood]) -> None:
        self._consonants = np.fromiter(map(len, keys), dtype=np.intp, count=len(keys))
        self._keys = len(keys)
        pairs: set[int] = set()
        thirds: dict[int, set[tuple[int, int]]] = {}
        for anchor, side, neighbour, third in stood:
            code = ((side == BEHIND) * self._keys + anchor) * self._keys + neighbour
            if third is None:
                pairs.add(code)
            else:
                thirds.setdefault(code, set()).add(third)
        offsets = sorted({offset for found in thirds.values() for offset, _ in found})
        self._offsets = np.array(offsets, dtype=np.intp)
        self._pairs, self._with_third = _bits(pairs), _bits(thirds)
        self._thirds = _bits(
            (code * len(offsets) + offsets.index(offset)) * self._keys + key
            for code, found in thirds.items()
            for offset, key in found
        )

    def among(self, words: Sequence[Sequence[int]], least: Sequence[int]) -> list[Beside]:
        """What may be of a name in a row of words: all that is, and little else.

        Args:
            words: the numbers of the keys of each.
            least: how many consonants a name of two words has to have if this is its anchor.

        Returns:
            in the order of the anchors' words, of their keys, of sides, behind first, and of the neighbours' keys.
        """
        counts = np.fromiter(map(len, words), dtype=np.intp, count=len(words))
        keys = np.fromiter(chain.from_iterable(words), dtype=np.intp)
        first = counts.cumsum() - counts
        word = np.arange(len(words)).repeat(counts)
        left, right = _each_with(word[: first[-1]] + 1, first, counts)
        anchor, neighbour = np.concatenate((left, right)), np.concatenate((right, left))
        codes = keys.take(anchor) * self._keys + keys.take(neighbour)
        codes[: len(left)] += self._keys * self._keys
        consonants = self._consonants.take(keys)
        enough = consonants.take(anchor) + consonants.take(neighbour) >= np.array(least).take(word.take(anchor))
        use = enough & _may_hold(self._pairs, codes)
        longer = (~use & _may_hold(self._with_third, codes)).nonzero()[0]
        if len(longer):
            there = (word.take(anchor.take(longer))[:, None] + self._offsets).ravel()
            inside = ((there >= 0) & (there < len(words))).nonzero()[0]
            asked, third = _each_with(there.take(inside), first, counts)
            row, offset = np.divmod(inside.take(asked), len(self._offsets))
            row = longer.take(row)
            with_third = (codes.take(row) * len(self._offsets) + offset) * self._keys + keys.take(third)
            use[row[_may_hold(self._thirds, with_third)]] = True
        at = use.nonzero()[0]
        anchor, neighbour, is_before = anchor.take(at), neighbour.take(at), at >= len(left)
        order = ((2 * anchor + is_before) * len(keys) + neighbour).argsort()
        anchor, neighbour = anchor.take(order), neighbour.take(order)
        here, there = word.take(anchor), word.take(neighbour)
        told = (here, anchor - first.take(here), there - here, neighbour - first.take(there))
        return [*zip(*(part.tolist() for part in told), strict=True)]


def _each_with(words: Places, first: Places, counts: Places) -> tuple[Places, Places]:
    """Each of a row of words with every key of it: its place in the row, and the key's among all."""
    many = counts.take(words)
    place = np.arange(len(words)).repeat(many)
    return place, np.arange(len(place)) + (first.take(words) - many.cumsum() + many).take(place)


def _bits(codes: Iterable[int]) -> NDArray[np.uint8]:
    return bit_map(np.fromiter(codes, dtype=np.uint64))


def _may_hold(bits: NDArray[np.uint8], codes: Places) -> NDArray[np.bool_]:
    return may_hold(bits, codes.view(np.uint64))
