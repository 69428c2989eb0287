"""Searches a text for many phrases in one pass, whatever their number (Aho and Corasick, CACM 18(6), 1975).

    phrases = Automaton({"new york": 1, "york": 2})
    list(phrases.find("in new york"))                          # [(3, 11, 1), (7, 11, 2)]

The automaton is that of the Rust crate ``aho-corasick``. Its time does not follow the size of the alphabet: one that
looks through the letters after a state takes ten times as long for Chinese as for English.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from itertools import accumulate, chain
from typing import Generic, TypeVar

import numpy as np
from ahocorasick_rs import AhoCorasick, MatchKind
from numpy.typing import NDArray

T = TypeVar("T")

_SURROGATE = re.compile("[\ud800-\udfff]")


class Automaton(Generic[T]):
    """Phrases with what they mean, ready to be searched for; safe to share between threads.

    Args:
        meanings: by phrase; an empty one is never found.
    """

    __slots__ = ("_automaton", "_meanings")

    def __init__(self, meanings: Mapping[str, T]) -> None:
        phrases = sorted(filter(None, meanings))  # in order they are put together in two thirds of the time
        self._meanings = [meanings[phrase] for phrase in phrases]
        together = "".join(phrases)
        sound = phrases if _sound(together) is together else map(_sound, phrases)
        self._automaton = AhoCorasick(sound, MatchKind.Standard, store_patterns=False)

    def found(self, text: str) -> NDArray[np.intp]:
        """Number among the sorted phrases, start and end (exclusive) of each that :meth:`find` tells; shape (n, 3)."""
        found = self._automaton.find_matches_as_indexes(_sound(text), overlapping=True)
        return np.fromiter(chain.from_iterable(found), dtype=np.intp, count=3 * len(found)).reshape(-1, 3)

    def find(self, text: str) -> list[tuple[int, int, T]]:
        """Start, end (exclusive) and meaning of every phrase in a text, overlapping ones too, in the order of ends."""
        meanings = self._meanings
        found = self._automaton.find_matches_as_indexes(_sound(text), overlapping=True)
        return [(start, end, meanings[number]) for number, start, end in found]


class Enclosures:
    """Stretches of a text, to be asked whether one of them holds another; in a step or two, however many they are."""

    __slots__ = ("_begins", "_reach")

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        ordered = sorted(spans)
        self._begins = [begin for begin, _ in ordered]
        self._reach = list(accumulate((end for _, end in ordered), max))

    def hold(self, begin: int, end: int) -> bool:
        """Whether all from ``begin`` to ``end`` (exclusive) lies in one of them."""
        before = bisect_right(self._begins, begin)
        return before > 0 and self._reach[before - 1] >= end


def _sound(text: str) -> str:
    """A text without halves of surrogate pairs, which are no characters and stand in no phrase."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", text)
    return text
