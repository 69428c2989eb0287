"""Words, pieces of words and meanings of a text as numbers of buckets, so that a linear model can weigh them.

A text is cut into *units*: words, and single characters in scripts written without spaces. Each unit brings the word
itself, its character n-grams, the pairs it forms with the two units before it, the concepts that begin in it
(``concepts.py``) and the pairs these form with the concepts shortly before. Every feature belongs to one unit,
so the score of any stretch of text is a difference of two running sums: scoring all sentences and windows costs no
more than scoring the whole. Training and inference both read texts through this module and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from touchmark.safety.classifier.concepts import concepts

HASHED = 1 << 18
"""Words and their pieces hash into this many buckets (CRC-32, which is the same on every machine and in every run)."""

NEAR = 12
"""Units between two concepts that still form a pair."""

WINDOW = 32
"""Units in a window. About the length of a prompt in the training sets: padding around a harm does not dilute it."""

LONGEST = 64
"""Longer stretches are not scored as one: much that is faintly suspect would add up to a harm that no part holds."""

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_UNIT = re.compile(rf"[{_UNSPACED}]|(?:(?![{_UNSPACED}])[\w\u0300-\u036f\u0900-\u0dff])+")
_SENTENCE_END = re.compile(r"[.!?;\u0964\u061f\u3002\uff01\uff1f]+")
_MAX_WORD = 40
"""Longer words are cut: what is longer is not a word, and must not cost more."""


@dataclass(frozen=True, slots=True)
class Units:
    """A text cut up.

    Attributes:
        words: one a unit, which bring the features that :func:`of_word` gives.
        starts, ends: of each unit in the text, ints of shape (n,).
        context: bucket numbers of the features that units owe to those before them, unit by unit, shape (m,).
        context_first: index into ``context`` where each unit begins, and m at the end, shape (n + 1,).
        before: how many features of both kinds all units before each one bring, and of all at the end, shape (n + 1,).
    """

    words: tuple[str, ...]
    starts: NDArray[np.intp]
    ends: NDArray[np.intp]
    context: NDArray[np.intp]
    context_first: NDArray[np.intp]
    before: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.words)

    def features(self, begin: int, end: int) -> NDArray[np.intp]:
        """All bucket numbers of the units from ``begin`` to ``end`` (exclusive)."""
        own = [np.asarray(of_word(word), dtype=np.intp) for word in self.words[begin:end]]
        return np.concatenate([*own, self.context[self.context_first[begin] : self.context_first[end]]])


def units(text: str) -> Units:
    """Cut a canonical text into units with their features."""
    meanings = concepts()
    found = meanings.find(text)[::-1]
    recent: list[tuple[int, int]] = []
    words: list[str] = []
    edges: list[tuple[int, int]] = []
    context: list[int] = []
    context_first = [0]
    before = [0]
    second = last = None
    for match in _UNIT.finditer(text):
        word = match.group()
        if len(word) > _MAX_WORD:
            word = word[:_MAX_WORD]
        known = _known(word)
        if last is not None:
            context.append(crc32(known.encoded, last.as_last) % HASHED)
        if second is not None:
            context.append(crc32(known.encoded, second.as_second) % HASHED)
            if last is not None and len(word) == 1 and not word.isascii():
                context.append(crc32(known.encoded, crc32(last.encoded, second.as_first)) % HASHED)
        edge = match.span()
        while found and found[-1][0] < edge[1]:
            concept = found.pop()[1]
            context.append(HASHED + concept)
            recent = [(unit, other) for unit, other in recent if len(words) - unit <= NEAR and other != concept]
            context += [HASHED + len(meanings) * (1 + other) + concept for _, other in recent]
            recent.append((len(words), concept))
        second, last = last, known
        words.append(word)
        edges.append(edge)
        before.append(before[-1] + len(known.own) + len(context) - context_first[-1])
        context_first.append(len(context))
    starts, ends = np.asarray(edges, dtype=np.intp).reshape(-1, 2).T
    return Units(tuple(words), starts, ends, *(np.asarray(v, dtype=np.intp) for v in (context, context_first, before)))


def buckets() -> int:
    """How many different features there are: hashed ones, then concepts, then pairs of concepts."""
    return HASHED + len(concepts()) * (1 + len(concepts()))


def stretches(text: str, cut: Units) -> NDArray[np.intp]:
    """The stretches of units to score: the whole if it is short, each sentence, and overlapping windows.

    Returns:
        ints of shape (k, 2): from unit, to unit (exclusive), none empty, none longer than ``LONGEST``, no duplicates.
    """
    found = {(0, len(cut)), *_sentences(text, cut)}
    found = {(begin, end) for begin, end in found if begin < end <= begin + LONGEST}
    if len(cut) > WINDOW:
        for begin in range(0, len(cut) - WINDOW // 2, WINDOW // 2):
            found.add((begin, min(begin + WINDOW, len(cut))))
    return np.asarray(sorted(found), dtype=np.intp).reshape(-1, 2)


def passages(cut: Units) -> NDArray[np.intp]:
    """A text as it is learnt: whole if it is short, or else in windows side by side.

    Returns:
        ints of shape (k, 2), as of :func:`stretches`; at least one, which is empty if the text is.
    """
    step = len(cut) if len(cut) <= LONGEST else WINDOW
    edges = [*range(0, len(cut), step), len(cut)] if len(cut) else [0, 0]
    return np.asarray(list(pairwise(edges)), dtype=np.intp)


def _sentences(text: str, cut: Units) -> Iterator[tuple[int, int]]:
    begin = 0
    for mark in _SENTENCE_END.finditer(text):
        end = int(np.searchsorted(cut.starts, mark.start()))
        yield begin, end
        begin = end
    yield begin, len(cut)


class _Known(NamedTuple):
    """A word met before: its own features, and the running check sums that a later word ends."""

    own: tuple[int, ...]
    encoded: bytes
    as_last: int
    as_second: int
    as_first: int


def of_word(word: str) -> tuple[int, ...]:
    """The bucket numbers of a word and its character n-grams."""
    return _known(word).own


@lru_cache(maxsize=50_000)
def _known(word: str) -> _Known:
    own = [f"w {word}"]
    if len(word) > 1:
        padded = f" {word} "
        own += (
            f"c{piece}" for piece in sorted({padded[i : i + n] for n in (3, 4, 5) for i in range(len(padded) - n + 1)})
        )
    encoded = _encoded(word)
    return _Known(
        tuple(crc32(_encoded(feature)) % HASHED for feature in own),
        encoded,
        as_last=crc32(b"b " + encoded + b" "),
        as_second=crc32(b"s " + encoded + b" "),
        as_first=crc32(b"t " + encoded),
    )


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
