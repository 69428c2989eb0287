"""Names a slip or two away from how they are written: "Emanuel Macorn", "Mark Sukkerberg".

What in a prompt may be a slip of which name is looked up, never searched for, so the cost follows the prompt and not
the list. Three kinds of keys propose a name: its rarest word with one letter left out (the idea of Wolf Garbe's
symmetric deletes), one of its words with the initial of another, and how it sounds (consonants in classes, in the line
of Soundex). What is proposed is then measured word by word (optimal string alignment). Keys are 32-bit checksums in
one sorted array: two that collide cost a comparison, and 200,000 names cost 20 MB.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA

_MIN_NAME = 8
"""Letters of the shortest name of two words that is compared; a name of one word needs as many."""
_MIN_NAME_TWO_SLIPS = 11
_MIN_NAME_SHORT_WORD = 12
"""Letters of the shortest name in which a word of three may be one of four: "and flowers" is nobody."""
_MIN_WORD = 4
_MIN_WORD_TWO_SLIPS = 6
_MAX_WORD = 24
_MAX_WORDS = 4
_SLIPS_OF_ONE_SOUND = 3
"""A name spelt as it sounds may stand this many letters away: "Sukkerberg"."""
_ANOTHER_WORD = 99


@dataclass(frozen=True, slots=True)
class Slip:
    """A stretch of a folded text that is almost a name.

    Attributes:
        start, end: place in the folded text.
        name: number of the name that it is almost, in the order given to :class:`Misspellings`.
        score: likeness, up to 100: the share of letters that are right.
    """

    start: int
    end: int
    name: int
    score: float


@dataclass(frozen=True, slots=True)
class SlipKeys:
    """What proposes a name: sorted keys and the number of the name behind each.

    Attributes:
        keys: uint32, sorted.
        names: uint32, as long as ``keys``.
        places: uint32, as long as ``keys``: which word of the name the key was made of.
    """

    keys: NDArray[np.uint32]
    names: NDArray[np.uint32]
    places: NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class SlipText:
    """A folded text with what its words ask of any list of names.

    Attributes:
        words: of the text.
        starts: where each begins, and where a next one would.
        keys: uint32.
        places: which word asks, for each key.
    """

    words: Sequence[str]
    starts: Sequence[int]
    keys: NDArray[np.uint32]
    places: Sequence[int]

    @classmethod
    def of(cls, text: str, ordinary: frozenset[str]) -> SlipText:
        """Read a folded text; the ordinary words in it ask for nothing."""
        words = text.split(" ")
        places, keys = _keys_in(words, ordinary)
        starts = list(accumulate((len(word) + 1 for word in words), initial=0))
        return cls(words, starts, np.array(keys, dtype=np.uint32), places)


class Misspellings:
    """The folded names to compare with.

    Args:
        names: folded names; those too short are passed over.
        words: ordinary words (folded) that are never a slip.
        keys: what :attr:`keys` gave for the same names, to save the work of making them.
    """

    def __init__(self, names: Sequence[str], words: frozenset[str], keys: SlipKeys | None = None) -> None:
        self._ordinary = words
        self._names = names
        self.keys = keys or _keys_of(names)

    def find(self, text: SlipText) -> Iterator[Slip]:
        """Stretches of a text that are almost a name; exact names are not told."""
        words, starts = text.words, text.starts
        compared: set[tuple[int, int]] = set()
        for first, number in self._proposed(text):
            name = self._names[number].split(" ")
            end = first + len(name)
            if first >= 0 and end <= len(words) and (first, number) not in compared:
                compared.add((first, number))
                score = self._likeness(words[first:end], name)
                if score:
                    yield Slip(starts[first], starts[end] - 1, number, score)

    def _proposed(self, text: SlipText) -> Iterator[tuple[int, int]]:
        """Places of words where a name may begin, and the number of the name."""
        left = np.searchsorted(self.keys.keys, text.keys, side="left")
        right = np.searchsorted(self.keys.keys, text.keys, side="right")
        for found in np.flatnonzero(right > left).tolist():
            here, entries = text.places[found], slice(left[found], right[found])
            numbers, places = self.keys.names[entries].tolist(), self.keys.places[entries].tolist()
            yield from ((here - place, number) for number, place in zip(numbers, places, strict=True))

    def _likeness(self, words: Sequence[str], name: Sequence[str]) -> float:
        """The share of letters that are right, in percent; 0 if that is not enough."""
        letters = sum(map(len, name))
        if len(name) == 1 and words[0][:1] != name[0][0]:
            return 0.0
        slips = 0
        for word, right in zip(words, name, strict=True):
            if word != right:
                slips += self._slips(word, right, letters)
        if slips <= (2 if letters >= _MIN_NAME_TWO_SLIPS and len(name) > 1 else 1):
            return 100 * (1 - slips / letters) if slips else 0.0
        one_sound = slips <= _SLIPS_OF_ONE_SOUND and letters >= _MIN_NAME_TWO_SLIPS and len(name) > 1
        return 100 * (1 - slips / letters) if one_sound and [*map(_sound, words)] == [*map(_sound, name)] else 0.0

    def _slips(self, word: str, right: str, letters: int) -> int:
        """Letters to put right in a word of a name of so many letters; a great many, if it is another word."""
        shorter = min(len(word), len(right))
        slips = OSA.distance(word, right, score_cutoff=_SLIPS_OF_ONE_SOUND)
        if word in self._ordinary:
            return _ANOTHER_WORD
        if shorter == _MIN_WORD - 1 and slips == 1:  # "Gla" is "Gal", and "Jon" may be "John"; "Tim" is not "Tom"
            swapped = sorted(word) == sorted(right)
            return 1 if swapped or (len(word) != len(right) and letters >= _MIN_NAME_SHORT_WORD) else _ANOTHER_WORD
        if shorter < _MIN_WORD or (slips > 1 and shorter < _MIN_WORD_TWO_SLIPS):
            return _ANOTHER_WORD
        return slips


def _keys_of(names: Sequence[str]) -> SlipKeys:
    parts = [
        (number, words)
        for number, name in enumerate(names)
        if len(name) >= _MIN_NAME and len(words := name.split(" ")) <= _MAX_WORDS
    ]
    frequency = Counter(word for _, words in parts for word in words)
    entries = array("I")
    for number, words in parts:
        of_name: set[tuple[int, int]] = set()
        # Every word has to be near, so one of them finds the name, and the rarest is proposed least.
        anchor = _rarest(words, frequency)
        if len(words[anchor]) >= _MIN_WORD:
            neighbour = _neighbours(words, anchor)[0]
            of_name.update((_key("-", shorter + neighbour), anchor) for shorter in _shortened(words[anchor]))
        for at, (before, after) in enumerate(pairwise(words), start=1):
            of_name.update((key, at) for key in _pair_keys(before, after, 0))
        if len(words) > 1 and all(word.isascii() for word in words):
            of_name.add((_key("=", " ".join(map(_sound, words))), 0))
        for key, at in of_name:
            entries.extend((key, number, at))
    table = np.frombuffer(entries, dtype=np.uint32).reshape(-1, 3) if entries else np.empty((0, 3), dtype=np.uint32)
    table = table[np.argsort(table[:, 0], kind="stable")]
    return SlipKeys(*(np.ascontiguousarray(column) for column in table.T))


def _rarest(words: Sequence[str], frequency: Counter[str]) -> int:
    return min(range(len(words)), key=lambda at: (len(words[at]) < _MIN_WORD, frequency[words[at]], -len(words[at])))


def _neighbours(words: Sequence[str], at: int) -> tuple[str, ...]:
    """What may stand beside a word, by its initial: the next word, or where a name ends the one before, or none."""
    beside = (f" {words[at + 1][:1]}" if at + 1 < len(words) else "", f"{words[at - 1][:1]} " if at else "")
    return tuple(initial for initial in beside if initial.strip()) or ("",)


def _keys_in(words: Sequence[str], ordinary: frozenset[str]) -> tuple[list[int], list[int]]:
    """The keys that the words of a text ask for, and the place of the word behind each."""
    places: list[int] = []
    keys: list[int] = []
    sounds = [_sound(word) if word.isascii() and len(word) <= _MAX_WORD else "" for word in words]
    for here, word in enumerate(words):
        if not word or len(word) > _MAX_WORD:
            continue
        of_word: list[int] = []
        if len(word) >= _MIN_WORD and word not in ordinary:
            neighbours = {"", *_neighbours(words, here)}
            of_word += (_key("-", shorter + beside) for shorter in _shortened(word) for beside in neighbours)
        if here and words[here - 1]:
            of_word += (key for more in (-1, 0, 1) for key in _pair_keys(words[here - 1], word, more))
        if sounds[here]:
            for count in range(2, _MAX_WORDS + 1):
                heard = sounds[here : here + count]
                if len(heard) == count and all(heard):
                    of_word.append(_key("=", " ".join(heard)))
        keys += of_word
        places += [here] * len(of_word)
    return places, keys


def _key(kind: str, text: str) -> int:
    return crc32(f"{kind}{text}".encode("utf-8", "replace"))


def _pair_keys(before: str, after: str, more: int) -> tuple[int, int]:
    """Two words that follow one another, each with the initial of the other and its letters, or so many more."""
    return _key(">", f"{before} {after[0]}{len(after) + more}"), _key("<", f"{before[0]}{len(before) + more} {after}")


def _shortened(word: str) -> Iterator[str]:
    yield word
    for place in range(len(word)):
        yield word[:place] + word[place + 1 :]


_AS_ONE_LETTER = (("ph", "f"), ("sch", "s"), ("sh", "s"), ("ck", "k"))
_HEARD_ALIKE = {**dict.fromkeys("cqg", "k"), **dict.fromkeys("zx", "s"), **dict.fromkeys("vw", "f"), "d": "t"}
_CLASSES = str.maketrans(_HEARD_ALIKE)
_SILENT = re.compile("[aeiouyh]|(.)(?=\\1)")


def _sound(word: str) -> str:
    """How a Latin word sounds: consonants that are taken for one another as one, once, without vowels."""
    for spelt, heard in _AS_ONE_LETTER:
        word = word.replace(spelt, heard)
    return _SILENT.sub("", _SILENT.sub("", word).translate(_CLASSES))
