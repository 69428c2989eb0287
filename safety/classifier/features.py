"""Words, pieces of words and meanings of a text as numbers of buckets, so that a linear model can weigh them.

A text is cut into *units*: words, and single characters in scripts written without spaces. Each unit brings the word
itself, its character n-grams, the pairs it forms with the two units before it, the concepts that begin in it
(``concepts.py``), the pairs these form with the concepts shortly before, and what it is the object of: the pairs of a
concept just before with this very word, and with the next concept that follows. *Kill a process* and *end a process*
thus share what *kill a neighbour* has not. Every feature belongs to one unit,
so the score of any stretch of text is a difference of two running sums: scoring all sentences and windows costs no
more than scoring the whole. All features of a text are hashed in a few passes over arrays, none word by word, so a word
never met costs what a known one does. Training and inference both read texts through this module and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from touchmark.safety.classifier.concepts import concepts

_HASH_BITS = 18
HASHED = 1 << _HASH_BITS
"""Words and their pieces hash into this many buckets, by integers alone: the same on every machine and in every run."""

NEAR = 12
"""Units between two concepts that still form a pair."""

_OBJECT = 3
"""Units after a concept that count as what it is done to."""
_FOLLOWS = 6
"""Units within which the next concept still follows on one."""

WINDOW = 32
"""Units in a window. About the length of a prompt in the training sets: padding around a harm does not dilute it."""

NARROW = (8, 12, 16)
"""Units in the windows of texts too long to be scored whole: a few words among many others, no stop between them."""

LONGEST = 64
"""Longer stretches are not scored as one: much that is faintly suspect would add up to a harm that no part holds."""

_UNSPACED = (
    (0x0E00, 0x0F00), (0x1000, 0x10A0), (0x1780, 0x1800), (0x3040, 0x3100), (0x3400, 0xA000), (0xF900, 0xFB00),
    (0x20000, 0x34000),
)  # fmt: skip
"""Code points of scripts written without spaces, half open: Thai, Lao, Burmese, Khmer, kana, ideographs."""
_IN_WORD = re.compile("[\\w\u0300-\u036f\u0900-\u0dff]+")
_SENTENCE_END = re.compile(r"[.!?;\u0964\u061f\u3002\uff01\uff1f]+")
_MAX_WORD = 40
"""Longer words are cut: what is longer is not a word, and must not cost more."""

_Numbers = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Units:
    """A text cut up.

    Attributes:
        starts, ends: of each unit in the text, ints of shape (n,).
        buckets: numbers of all features, unit by unit, shape (m,).
        first: index into ``buckets`` where each unit begins, and m at the end, shape (n + 1,).
    """

    starts: NDArray[np.intp]
    ends: NDArray[np.intp]
    buckets: NDArray[np.intp]
    first: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.starts)

    def features(self, begin: int, end: int) -> NDArray[np.intp]:
        """All bucket numbers of the units from ``begin`` to ``end`` (exclusive)."""
        return self.buckets[self.first[begin] : self.first[end]]


def units(text: str) -> Units:
    """Cut a canonical text into units with their features."""
    code = _code(text)
    starts, ends = _edges(code)
    if not len(starts):
        none = np.zeros(0, dtype=np.intp)
        return Units(none, none, none, np.zeros(1, dtype=np.intp))
    words, known = _of_words(code, starts, np.minimum(ends - starts, _MAX_WORD))
    meant = _Meant.of(text, starts)
    owners, hashes = zip(*words, *_of_objects(known, meant), strict=True)
    pairs_owner, pairs = _of_concepts(meant)
    owner = np.concatenate((*owners, pairs_owner))
    order = owner.argsort(kind="stable")
    first = np.zeros(len(starts) + 1, dtype=np.intp)
    np.bincount(owner, minlength=len(starts)).cumsum(out=first[1:])
    return Units(starts, ends, np.concatenate((_bucket(np.concatenate(hashes)), pairs))[order], first)


def unit_starts(text: str) -> NDArray[np.intp]:
    """Where the units of a canonical text begin."""
    return _edges(_code(text))[0]


def _code(text: str) -> _Numbers:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint32)


@cache
def _kinds() -> NDArray[np.uint8]:
    """For each code point 1 if it is part of a word, 2 if it is a unit by itself, 0 else; the last for all above."""
    kinds = np.zeros(_UNSPACED[-1][1] + 1, dtype=np.uint8)
    for match in _IN_WORD.finditer("".join(map(chr, range(len(kinds) - 1)))):
        kinds[match.start() : match.end()] = 1
    for begin, end in _UNSPACED:
        kinds[begin:end] = 2
    return kinds


def _edges(code: _Numbers) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where units begin and end, both of shape (n,)."""
    kinds = _kinds()
    kind = np.zeros(len(code) + 2, dtype=np.uint8)
    kind[1:-1] = kinds.take(code, mode="clip")
    inside, alone = kind > 0, kind == 2
    inner = inside[1:-1]
    apart = alone[:-1] | alone[1:]  # each character and the one before
    begins, ends = inner & (apart[:-1] | ~inside[:-2]), inner & (apart[1:] | ~inside[2:])
    return begins.nonzero()[0], ends.nonzero()[0] + 1


_Layer = tuple[NDArray[np.intp], _Numbers]
"""Features of one sort: the unit that owns each, and a number for it."""


def _of_words(code: _Numbers, starts: NDArray[np.intp], lengths: NDArray[np.intp]) -> tuple[list[_Layer], _Numbers]:
    """Words, their n-grams, and pairs and triples of neighbours; and the number of each word."""
    count = len(starts)
    first = np.zeros(count + 1, dtype=np.intp)
    lengths.cumsum(out=first[1:])
    every, place = np.arange(count), np.arange(first[-1])
    owner = every.repeat(lengths)
    begun = first.take(owner)
    letters = code.take(place + (starts.take(owner) - begun))
    known = np.add.reduceat(letters * _POWERS.take(place - begun), first[:-1], dtype=np.uint32)
    layers = [(every, known ^ _WORD)]
    if count > 1:
        layers.append((every[1:], (known[:-1] ^ _PAIR) * _BASE + known[1:]))
    if count > 2:
        layers.append((every[2:], (known[:-2] ^ _SKIP) * _BASE + known[2:]))
        at = ((lengths[2:] == 1) & (code.take(starts[2:]) > 127)).nonzero()[0] + 2
        if len(at):
            layers.append((at, ((known[at - 2] ^ _TRIPLE) * _BASE + known[at - 1]) * _BASE + known[at]))
    # The words one after another, with a blank before and after each.
    spaced = np.full(first[-1] + count + 1, _BLANK, dtype=np.uint32)
    spaced[place + owner + 1] = letters
    return layers + _of_pieces(spaced), known


def _of_pieces(spaced: _Numbers) -> list[_Layer]:
    """The n-grams of words with a blank before and after each, which they may begin or end with."""
    inside = spaced != _BLANK
    owner = (~inside).cumsum() - 1
    layers: list[_Layer] = []
    rolling = spaced[:-1] * _BASE + spaced[1:]
    whole = inside[1:]  # whether all letters but the first and the last are of one word
    for n in (3, 4, 5):
        if len(spaced) < n:
            break
        rolling = rolling[:-1] * _BASE + spaced[n - 1 :]
        whole = whole[:-1] & inside[n - 2 : -1] if n > 3 else whole[:-1]
        # A single character between two blanks is a word, not a piece of one.
        at = (whole & (inside[:-2] | inside[2:]) if n == 3 else whole).nonzero()[0]
        layers.append((owner.take(at), rolling.take(at) + _PIECE * np.uint32(n)))
    return layers


@dataclass(frozen=True, slots=True)
class _Meant:
    """The concepts of a text in reading order: the unit in which each begins, and its number."""

    units: list[int]
    numbers: list[int]

    @classmethod
    def of(cls, text: str, starts: NDArray[np.intp]) -> _Meant:
        found = concepts().find(text)
        places = starts.searchsorted([begin for begin, _ in found], side="right") - 1
        return cls(np.maximum(places, 0).tolist(), [number for _, number in found])


def _of_concepts(meant: _Meant) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Concepts, pairs of concepts near each other, and of those that follow on: units that own them, and buckets."""
    count = len(concepts())
    owner: list[int] = []
    bucket: list[int] = []
    recent: dict[int, int] = {}  # concepts and the last units they began in, the oldest first
    for unit, concept in zip(meant.units, meant.numbers, strict=True):
        recent.pop(concept, None)
        while recent and unit - recent[oldest := next(iter(recent))] > NEAR:
            del recent[oldest]
        last = next((at for at in reversed(recent.values()) if at < unit), unit)
        bare = HASHED + count + concept
        bucket.append(HASHED + concept)
        bucket += [bare + count * other for other in recent]
        follows = [other for other, at in recent.items() if at == last] if last < unit <= last + _FOLLOWS else []
        bucket += [bare + count * (count + other) for other in follows]
        owner += [unit] * (1 + len(recent) + len(follows))
        recent[concept] = unit
    return np.array(owner, dtype=np.intp), np.array(bucket, dtype=np.intp)


def _of_objects(known: _Numbers, meant: _Meant) -> list[_Layer]:
    """Concepts with the very words after them: a verb of any language and wording, and what it is done to."""
    at = np.array(meant.units, dtype=np.intp)
    concept = (np.array(meant.numbers, dtype=np.uint32) + np.uint32(1)) * _OBJECT_OF
    layers: list[_Layer] = []
    for distance in range(1, _OBJECT + 1):
        object_ = at + distance
        inside = object_ < len(known)
        object_ = object_[inside]
        layers.append((object_, (known.take(object_) ^ _OBJECT_OF) * _BASE + concept[inside]))
    return layers


_BLANK = 32
_BASE = np.uint32(0x01000193)
"""Multiplier of the sums over letters and words (the prime of FNV-1)."""
_POWERS = np.cumprod(np.full(_MAX_WORD, _BASE, dtype=np.uint32), dtype=np.uint32)
_WORD, _PAIR, _SKIP, _TRIPLE = (np.uint32(n) for n in (0x9E3779B1, 0x85EBCA6B, 0xC2B2AE35, 0x27D4EB2F))
_PIECE, _OBJECT_OF = np.uint32(0x165667B1), np.uint32(0x51ED270B)
"""Tell features of different sorts apart."""


def _bucket(numbers: _Numbers) -> NDArray[np.intp]:
    """Spread 32-bit sums over the buckets (the finaliser of MurmurHash3; Appleby, 2011)."""
    numbers = numbers ^ (numbers >> np.uint32(16))
    numbers *= np.uint32(0x85EBCA6B)
    numbers ^= numbers >> np.uint32(13)
    numbers *= np.uint32(0xC2B2AE35)
    numbers >>= np.uint32(32 - _HASH_BITS)
    return numbers.astype(np.intp)


def buckets() -> int:
    """How many different features there are: hashed ones, concepts, pairs of them, and pairs that follow on."""
    return HASHED + len(concepts()) * (1 + 2 * len(concepts()))


def stretches(text: str, starts: NDArray[np.intp]) -> NDArray[np.intp]:
    """The stretches of units to score: the whole if it is short, each sentence, and overlapping windows.

    Args:
        text: canonical.
        starts: where its units begin.

    Returns:
        ints of shape (k, 2): from unit, to unit (exclusive), none empty, none longer than ``LONGEST``, no duplicates.
    """
    count = len(starts)
    marks = [mark.start() for mark in _SENTENCE_END.finditer(text)]
    edges = np.zeros(len(marks) + 2, dtype=np.intp)
    edges[1:-1] = starts.searchsorted(marks)
    edges[-1] = count
    begin, end = edges[:-1], edges[1:]
    use = (begin < end) & (end <= begin + LONGEST)
    pairs = np.concatenate((_windows(count), begin[use] * (count + 1) + end[use]))
    pairs.sort()
    once = np.ones(len(pairs), dtype=np.bool_)
    np.not_equal(pairs[1:], pairs[:-1], out=once[1:])
    pairs = pairs[once]
    found = np.empty((len(pairs), 2), dtype=np.intp)
    np.divmod(pairs, count + 1, out=(found[:, 0], found[:, 1]))
    return found


@lru_cache(maxsize=1 << 9)
def _windows(count: int) -> NDArray[np.intp]:
    """The windows of a text of so many units, and the whole if it is short, each as one number."""
    sizes = [(WINDOW, WINDOW // 2)] * (count > WINDOW) + [(size, size // 4) for size in NARROW] * (count > LONGEST)
    windows = [(begin, begin + size) for size, step in sizes for begin in range(0, count - size // 2, step)]
    whole = [(0, count)] * (0 < count <= LONGEST)
    return np.array([begin * (count + 1) + min(end, count) for begin, end in (*whole, *windows)], dtype=np.intp)


def passages(text: str, starts: NDArray[np.intp], *, harmless: bool) -> NDArray[np.intp]:
    """A text as it is learnt: whole if it is short, or else in windows side by side.

    No part of a harmless text may score high, so each sentence is learnt too, and windows of every size that a long
    text is scored in. Which part of a harmful text makes it so is not known.

    Returns:
        ints of shape (k, 2), as of :func:`stretches`; at least one, which is empty if the text is.
    """
    count = len(starts)
    sizes = (count,) if count <= LONGEST else (WINDOW, *NARROW) if harmless else (WINDOW,)
    found = {pair for size in sizes for pair in pairwise([*range(0, count, size or 1), count])}
    if harmless:
        found |= {(begin, end) for begin, end in _sentences(text, starts) if begin < end <= begin + LONGEST}
    return np.asarray(sorted(found or {(0, 0)}), dtype=np.intp)


def _sentences(text: str, starts: NDArray[np.intp]) -> Iterator[tuple[int, int]]:
    marks = [mark.start() for mark in _SENTENCE_END.finditer(text)]
    return pairwise([0, *np.searchsorted(starts, marks).tolist(), len(starts)])
