"""Words, pieces of words and meanings of a text as numbers of buckets, so that a linear model can weigh them.

A text is cut into *units*: words, and single characters in scripts written without spaces. Each unit brings the word
itself, its character n-grams, the pairs it forms with the two units before it, the concepts that begin in it
(``meanings.py``), the pairs these form with the concepts shortly before, and what it is the object of: the pairs of a
concept just before with this very word, and with the next concept that follows. *Kill a process* and *end a process*
thus share what *kill a neighbour* has not. Then come the gloss of its word and the pairs of glosses and concepts that
stand beside each other, whatever their order, which differs from language to language; and last, of English, what a
word is used like (``likeness.py``), alone and in pairs with the very words beside it. Every feature belongs to one
unit, so the score of any stretch of text is a difference of two running sums: scoring all sentences and windows costs
no more than scoring the whole. All features of a text are hashed in a few passes over arrays, none word by word, so a
word never met costs what a known one does. Training and inference both read texts through this module and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from touchmark.safety.classifier.cutting import WORD, Cut, code_points, cut, places
from touchmark.safety.classifier.likeness import likeness
from touchmark.safety.classifier.meanings import Meant, meanings

_HASH_BITS = 18
HASHED = 1 << _HASH_BITS
"""Words and their pieces hash into this many buckets, by integers alone: the same on every machine and in every run."""

_GLOSS_BITS = 17
_GLOSS_PAIRS = 1 << _GLOSS_BITS
"""Pairs of glosses hash into this many buckets."""

_LIKE_BITS = 17
_LIKE_PAIRS = 1 << _LIKE_BITS
"""Pairs of a word and what another is used like hash into this many buckets."""
_LIKE_BESIDE = 2
"""Words so many places apart form such pairs."""

NEAR = 12 * WORD
"""How near two concepts are that form a pair; like all widths here in quarters of a word."""
_BESIDE = 3
"""Glosses, or concepts and glosses, so many places apart still form a pair, in whichever order they stand: languages
differ in that."""

_OBJECT = 3
"""Units after a concept that count as what it is done to."""
_APART, _DISTANCES = np.arange(1, _BESIDE + 1), np.arange(1, _OBJECT + 1)
_FOLLOWS = 6 * WORD
"""Within how much the next concept still follows on one."""

_MAX_WORD = 40
"""Longer words are cut: what is longer is not a word, and must not cost more."""

_Numbers = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Units:
    """A text cut up.

    Attributes:
        cut: where its n units stand.
        buckets: numbers of all features, unit by unit, shape (m,).
        first: index into ``buckets`` where each unit begins, and m at the end, shape (n + 1,).
    """

    cut: Cut
    buckets: NDArray[np.intp]
    first: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.cut)

    def features(self, begin: int, end: int) -> NDArray[np.intp]:
        """All bucket numbers of the units from ``begin`` to ``end`` (exclusive)."""
        return self.buckets[self.first[begin] : self.first[end]]


def units(text: str, latin: Collection[str]) -> Units:
    """Cut a canonical text into units with their features.

    Args:
        latin: the languages (ISO 639-1) that its words in Latin letters may be of.
    """
    code = code_points(text)
    parts = cut(code)
    if not len(parts):
        none = np.zeros(0, dtype=np.intp)
        return Units(parts, none, np.zeros(1, dtype=np.intp))
    words, known = _of_words(code, parts.starts, np.minimum(parts.ends - parts.starts, _MAX_WORD))
    at = places(parts.widths)
    concepts, glosses = (_Placed.of(meant, parts, at) for meant in meanings().find(text, latin))
    owners, hashes = zip(*words, *_of_objects(known, concepts), strict=True)
    pairs_owner, pairs = _of_concepts(concepts)
    gloss_owner, gloss = _of_glosses(concepts, glosses)
    alike_owner, alike = _of_likeness(known) if "en" in latin else (gloss_owner[:0], gloss[:0])
    owner = np.concatenate((*owners, pairs_owner, gloss_owner, alike_owner))
    order = owner.argsort(kind="stable")
    first = np.zeros(len(parts) + 1, dtype=np.intp)
    np.bincount(owner, minlength=len(parts)).cumsum(out=first[1:])
    return Units(parts, np.concatenate((_bucket(np.concatenate(hashes)), pairs, gloss, alike))[order], first)


def word_numbers(code: _Numbers, parts: Cut) -> _Numbers:
    """The number that each unit of a text, given as code points, has as a word, shape (n,)."""
    lengths = np.minimum(parts.ends - parts.starts, _MAX_WORD)
    first = np.zeros(len(parts) + 1, dtype=np.intp)
    lengths.cumsum(out=first[1:])
    within = np.arange(first[-1]) - first[:-1].repeat(lengths)
    return _summed(code.take(within + parts.starts.repeat(lengths)), within, first)


def _summed(letters: _Numbers, within: NDArray[np.intp], first: NDArray[np.intp]) -> _Numbers:
    """Words as sums over their letters, each by its place in the word; the words begin at ``first`` of the letters."""
    return np.add.reduceat(letters * _POWERS.take(within), first[:-1], dtype=np.uint32)


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
    known = _summed(letters, place - begun, first)
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
class _Placed:
    """What is meant in a text in reading order: units in which a meaning begins, their places, and its number."""

    units: NDArray[np.intp]
    places: NDArray[np.intp]
    numbers: NDArray[np.intp]

    @classmethod
    def of(cls, meant: Meant, parts: Cut, at: NDArray[np.intp]) -> _Placed:
        unit = np.maximum(parts.starts.searchsorted(meant.begins, side="right") - 1, 0)
        return cls(unit, at.take(unit), meant.numbers)


def _of_concepts(concepts: _Placed) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Concepts, pairs of concepts near each other, and of those that follow on: units that own them, and buckets."""
    count, every = _concepts(), np.arange(len(concepts.numbers))
    # Each with all before it that are near, unless the same concept comes again in between.
    first = concepts.places.searchsorted(concepts.places - NEAR)
    later = every.repeat(every - first)
    earlier = np.arange(len(later)) + (every - (every - first).cumsum()).take(later)
    last = _next_of_same(concepts.numbers).take(earlier) > later
    earlier, later = earlier[last], later[last]
    gap = concepts.places.take(later) - concepts.places.take(earlier)
    nearest = np.full(len(every), _FOLLOWS)
    np.minimum.at(nearest, later[gap > 0], gap[gap > 0])
    follows = gap == nearest.take(later)
    pair = HASHED + count * (1 + concepts.numbers.take(earlier)) + concepts.numbers.take(later)
    owner = np.concatenate((concepts.units, concepts.units.take(later), concepts.units.take(later[follows])))
    return owner, np.concatenate((HASHED + concepts.numbers, pair, pair[follows] + count * count))


def _next_of_same(numbers: NDArray[np.intp]) -> NDArray[np.intp]:
    """For each of n numbers where the same comes next, or n."""
    order = numbers.argsort(kind="stable")
    following = np.full(len(numbers), len(numbers))
    same = numbers[order[1:]] == numbers[order[:-1]]
    following[order[:-1][same]] = order[1:][same]
    return following


def _of_objects(known: _Numbers, concepts: _Placed) -> list[_Layer]:
    """Concepts with the very words after them: a verb of any language and wording, and what it is done to."""
    concept = (concepts.numbers.astype(np.uint32) + np.uint32(1)) * _OBJECT_OF
    objects = (concepts.units + _DISTANCES[:, None]).ravel()
    inside = (objects < len(known)).nonzero()[0]
    objects = objects[inside]
    of_concept = concept.take(inside % max(len(concept), 1))
    return [(objects, (known.take(objects) ^ _OBJECT_OF) * _BASE + of_concept)]


def _of_glosses(concepts: _Placed, glosses: _Placed) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Glosses, and the pairs of them and of concepts that stand beside each other: units that own them, and buckets."""
    owners, found = [glosses.units], [glosses.numbers + _first_gloss()]
    unit, place = np.concatenate((concepts.units, glosses.units)), np.concatenate((concepts.places, glosses.places))
    order = place.argsort(kind="stable")
    unit, place = unit[order], place[order]
    name = np.concatenate((concepts.numbers, glosses.numbers + _concepts()))[order].astype(np.uint32)
    count = len(name)
    earlier = (np.arange(count) - _APART[:, None]).ravel()
    later = np.arange(len(earlier)) % max(count, 1)
    gap = place.take(later) - place.take(earlier, mode="wrap")
    before, after = name.take(earlier, mode="wrap"), name.take(later)
    upper = np.maximum(before, after)
    at = ((earlier >= 0) & (gap > 0) & (gap <= NEAR) & (upper >= _concepts())).nonzero()[0]
    pair = (np.minimum(before[at], after[at]) ^ _PAIR) * _BASE + upper[at]
    owners.append(unit.take(later[at]))
    found.append((_bucket(pair) >> (_HASH_BITS - _GLOSS_BITS)) + _first_gloss() + _glosses())
    return np.concatenate(owners), np.concatenate(found)


def _of_likeness(known: _Numbers) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """What words are used like, and the pairs of that with words beside: units that own them, and buckets."""
    table = likeness()
    like = table.of(known)
    alike = (like >= 0).nonzero()[0]
    count = len(table.realms)
    owners, found = [alike, alike], [like[alike], count + table.realms.take(like[alike])]
    pairs: list[_Numbers] = []
    named = like.astype(np.uint32)
    for apart in range(1, _LIKE_BESIDE + 1):
        later = alike[alike >= apart]
        after = alike[alike < len(known) - apart] + apart
        owners += (later, after)
        pairs.append((known.take(later - apart) ^ _LIKE_LATER) * _BASE + named.take(later))
        pairs.append((known.take(after) ^ _LIKE_EARLIER) * _BASE + named.take(after - apart))
    found.append((_bucket(np.concatenate(pairs)) >> (_HASH_BITS - _LIKE_BITS)) + table.features)
    return np.concatenate(owners), np.concatenate(found) + _first_likeness()


_BLANK = 32
_BASE = np.uint32(0x01000193)
"""Multiplier of the sums over letters and words (the prime of FNV-1)."""
_POWERS = np.cumprod(np.full(_MAX_WORD, _BASE, dtype=np.uint32), dtype=np.uint32)
_WORD, _PAIR, _SKIP, _TRIPLE = (np.uint32(n) for n in (0x9E3779B1, 0x85EBCA6B, 0xC2B2AE35, 0x27D4EB2F))
_PIECE, _OBJECT_OF = np.uint32(0x165667B1), np.uint32(0x51ED270B)
_LIKE_LATER, _LIKE_EARLIER = np.uint32(0x2545F491), np.uint32(0x7FEB352D)
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
    """How many different features there are: hashed ones; concepts, pairs of them, and pairs that follow on; glosses,
    and pairs of these; what words are used like, and pairs of that."""
    return _first_likeness() + likeness().features + _LIKE_PAIRS


def _first_likeness() -> int:
    return _first_gloss() + _glosses() + _GLOSS_PAIRS


def _first_gloss() -> int:
    return HASHED + _concepts() * (1 + 2 * _concepts())


def _concepts() -> int:
    return len(meanings().concepts)


def _glosses() -> int:
    return len(meanings().glosses)
