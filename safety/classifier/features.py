"""Words and pieces of words of a text as numbers of buckets, so that a linear model can weigh them.

A text is cut into *units*: words, and single characters in scripts written without spaces. Each unit brings the word
itself, its character n-grams, and the pairs it forms with the two units before it. Every feature belongs to one unit,
so the score of any stretch of text is a difference of two running sums: scoring all sentences and windows costs no
more than scoring the whole. Training and inference both read texts through this module and nothing else.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

BUCKETS = 1 << 18
"""Features hash into this many buckets (CRC-32, which is the same on every machine and in every run)."""

WINDOW = 24
"""Units in a window. About the length of a prompt in the training sets: padding around a harm does not dilute it."""

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_UNIT = re.compile(rf"[{_UNSPACED}]|(?:(?![{_UNSPACED}])[\w\u0300-\u036f\u0900-\u0dff])+")
_SENTENCE_END = re.compile(r"[.!?;\u0964\u061f\u3002\uff01\uff1f]+")
_MAX_WORD = 40
"""Longer words are cut: what is longer is not a word, and must not cost more."""


@dataclass(frozen=True, slots=True)
class Units:
    """A text cut up.

    Attributes:
        starts, ends: of each unit in the text, ints of shape (n,).
        features: bucket numbers of all units one after the other, shape (m,).
        first: index into ``features`` where each unit begins, and m at the end, shape (n + 1,).
    """

    starts: NDArray[np.intp]
    ends: NDArray[np.intp]
    features: NDArray[np.intp]
    first: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.starts)


def units(text: str) -> Units:
    """Cut a canonical text into units with their features."""
    starts: list[int] = []
    ends: list[int] = []
    features: list[int] = []
    first = [0]
    before = last = ""
    for match in _UNIT.finditer(text):
        word = match.group()[:_MAX_WORD]
        features += _of_word(word)
        if last:
            features.append(_bucket(f"b {last} {word}"))
        if before:
            features.append(_bucket(f"s {before} {word}"))
            if len(word) == 1 and not word.isascii():
                features.append(_bucket(f"t {before}{last}{word}"))
        before, last = last, word
        starts.append(match.start())
        ends.append(match.end())
        first.append(len(features))
    return Units(*(np.asarray(values, dtype=np.intp) for values in (starts, ends, features, first)))


def stretches(text: str, cut: Units) -> NDArray[np.intp]:
    """The stretches of units to score: the whole, each sentence, and overlapping windows.

    Returns:
        ints of shape (k, 2): from unit, to unit (exclusive), none empty, no duplicates.
    """
    found = {(0, len(cut))}
    found.update(_sentences(text, cut))
    for begin in range(0, max(len(cut) - WINDOW // 2, 0), WINDOW // 2):
        found.add((begin, min(begin + WINDOW, len(cut))))
    return np.asarray(sorted(pair for pair in found if pair[0] < pair[1]), dtype=np.intp).reshape(-1, 2)


def _sentences(text: str, cut: Units) -> Iterator[tuple[int, int]]:
    begin = 0
    for mark in _SENTENCE_END.finditer(text):
        end = int(np.searchsorted(cut.starts, mark.start()))
        yield begin, end
        begin = end
    yield begin, len(cut)


@lru_cache(maxsize=50_000)
def _of_word(word: str) -> tuple[int, ...]:
    if len(word) == 1:
        return (_bucket(f"w {word}"),)
    padded = f" {word} "
    pieces = {padded[i : i + n] for n in (3, 4, 5) for i in range(len(padded) - n + 1)}
    return (_bucket(f"w {word}"), *(_bucket(f"c{piece}") for piece in sorted(pieces)))


def _bucket(feature: str) -> int:
    return zlib.crc32(feature.encode("utf-8", "surrogatepass")) % BUCKETS
