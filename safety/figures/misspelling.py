"""Names a slip or two away from how they are written: "Emanuel Macorn", "Mark Sukkerberg".

What in a prompt may be a slip of which name is looked up, never searched for, so the cost follows the prompt and not
the list. Three kinds of keys propose a name: its rarest word with one letter left out (the idea of Wolf Garbe's
symmetric deletes) beside the initial of another, one of its words as it is beside the initial and the length of
another, and how it sounds (consonants in classes, in the line of Soundex). What is proposed is then measured word by
word (optimal string alignment). Keys are 32-bit checksums of a word, together with what stands beside it, in one sorted
array: two that collide cost a comparison, and 200,000 names cost 30 MB. Next to no word of a prompt has a key of any
name, which a bit map tells at once.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA

_MIN_NAME = 8
"""Letters of the shortest name of two words that is compared; a name of one word needs as many."""
_MIN_NAME_SLIP_EACH = 10
"""Letters of the shortest name in which two words may each hold a slip."""
_MIN_NAME_TWO_SLIPS = 11
"""The same for two in one word."""
_MIN_NAME_WRONG_INITIAL = 13
"""The same where one of two slips is in an initial: "Bruce Banner" is no Bruce Jenner."""
_MIN_NAME_SHORT_WORD = 8
"""Letters of the shortest name in which a word of three may be one of four."""
_MIN_NAME_SHORTEST_WORD = 11
"""Letters of the shortest name in which a word of two may be one of three."""
_MIN_WORD = 4
_MIN_WORD_TWO_SLIPS = 6
_MAX_WORD = 24
_MAX_WORDS = 4
_SLIPS_OF_ONE_SOUND = 3
"""A name spelt as it sounds may stand this many letters away: "Sukkerberg"."""
_ANOTHER_WORD = 99
_WORDS_KEPT = 1 << 15
"""Words of which a process remembers what they propose."""


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
    """What proposes a name: sorted keys, and for each as many entries as there are names with it.

    Attributes:
        keys: uint64, sorted: the checksum of a word above, what has to stand beside it below.
        names: uint32, as long as ``keys``: the number of the name.
        places: uint8, as long as ``keys``: which word of the name it is.
        begun: uint8, a bit map of the checksums and of how those by sound begin (Bloom's filter with one hash).
    """

    keys: NDArray[np.uint64]
    names: NDArray[np.uint32]
    places: NDArray[np.uint8]
    begun: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class SlipText:
    """A folded text in words.

    Attributes:
        words: of the text.
        starts: where each begins, and where a next one would.
        sounds: how each sounds; empty where nothing is to be compared.
    """

    words: Sequence[str]
    starts: Sequence[int]
    sounds: Sequence[bytes]

    @classmethod
    def of(cls, text: str) -> SlipText:
        """Read a folded text."""
        words = text.split(" ")
        starts = list(accumulate((len(word) + 1 for word in words), initial=0))
        return cls(words, starts, [*map(_heard, words)])


_Proposals = Mapping[int, Sequence[int]]
"""By what stands beside a word: the entries of the names that it then proposes."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a word of a text proposes.

    Attributes:
        near: as the rarest word of a name, or that with a letter left out.
        first: as it is, before another.
        last: as it is, behind another.
    """

    near: _Proposals
    first: _Proposals
    last: _Proposals


class Misspellings:
    """The folded names to compare with; safe to share between threads.

    Args:
        names: folded names; those too short are passed over.
        words: ordinary words (folded) that are never a slip.
        keys: what :attr:`keys` gave for the same names, to save the work of making them.
    """

    def __init__(self, names: Sequence[str], words: frozenset[str], keys: SlipKeys | None = None) -> None:
        self._ordinary = words
        self._names = names
        self.keys = keys or _keys_of(names)
        self._begun = self.keys.begun.tobytes()
        # Items of these views are read one by one faster than those of arrays.
        self._keys, self._numbers, self._places = self.keys.keys.data, self.keys.names.data, self.keys.places.data
        # Prompts are made of the same few thousand words, and most of them propose nothing.
        self._asked = lru_cache(maxsize=_WORDS_KEPT)(self._asked_by)
        self._heard_as = lru_cache(maxsize=_WORDS_KEPT)(self._named_by)

    def find(self, text: SlipText) -> Iterator[Slip]:
        """Stretches of a text that are almost a name; exact names are not told."""
        words, starts = text.words, text.starts
        for first, number in dict.fromkeys(self._proposed(text)):
            name = self._names[number]
            end = first + name.count(" ") + 1
            if first >= 0 and end <= len(words):
                if abs(starts[end] - starts[first] - len(name) - 1) > _SLIPS_OF_ONE_SOUND:
                    continue  # so many letters more or fewer are as many slips
                score = self._likeness(words[first:end], name.split(" "))
                if score:
                    yield Slip(starts[first], starts[end] - 1, number, score)

    def _proposed(self, text: SlipText) -> Iterator[tuple[int, int]]:
        """Places of words where a name may begin, and the number of the name."""
        words = text.words
        for here, word in enumerate(map(self._asked, words)):
            if word is _NOTHING:
                continue
            before, after = (words[here - 1] if here else ""), (words[here + 1] if here + 1 < len(words) else "")
            proposals = [*map(word.near.get, (_ALONE, *_initials(before, after)))] if word.near else []
            if word.first:
                proposals += map(word.first.get, _of_any_length(after))
            if word.last:
                proposals += map(word.last.get, _of_any_length(before))
            for entries in filter(None, proposals):
                yield from [(here - self._places[entry], self._numbers[entry]) for entry in entries]
        yield from self._proposed_by_sound(text.sounds)

    def _proposed_by_sound(self, sounds: Sequence[bytes]) -> Iterator[tuple[int, int]]:
        begun, last = self._begun, len(self._begun) - 1
        for here, sound in enumerate(sounds):
            if sound:
                key = crc32(sound, _BY_SOUND)
                for following in sounds[here + 1 : here + _MAX_WORDS]:
                    key = crc32(following, crc32(b" ", key))
                    if not following or not begun[key >> 3 & last] >> (key & 7) & 1:
                        break
                    for number in self._heard_as(key):
                        yield here, number

    def _named_by(self, key: int) -> tuple[int, ...]:
        return tuple(self._numbers[entry] for entry in self._entries([key]).get(_ALONE, ()))

    def _asked_by(self, word: str) -> _Asked:
        if not 0 < len(word) <= _MAX_WORD:
            return _NOTHING
        is_open = len(word) >= _MIN_WORD and word not in self._ordinary
        near = self._entries(dict.fromkeys(_of_shortened(word))) if is_open else {}
        asked = _Asked(near, self._entries([_key(">", word)]), self._entries([_key("<", word)]))
        return asked if asked.near or asked.first or asked.last else _NOTHING

    def _entries(self, checksums: Iterable[int]) -> _Proposals:
        """The entries that have one of these checksums, by what stands beside the word."""
        keys, found = self._keys, defaultdict[int, list[int]](list)
        begun, last = self._begun, len(self._begun) - 1
        for checksum in [c for c in checksums if begun[c >> 3 & last] >> (c & 7) & 1]:
            entry = bisect_left(keys, checksum << 32)
            while entry < len(keys) and keys[entry] >> 32 == checksum:
                found[keys[entry] & 0xFFFFFFFF].append(entry)
                entry += 1
        return dict(found)

    def _likeness(self, words: Sequence[str], name: Sequence[str]) -> float:
        """The share of letters that are right, in percent; 0 if that is not enough."""
        letters = sum(map(len, name))
        if len(name) == 1 and words[0][:1] != name[0][0]:
            return 0.0
        slips = most = 0
        initials_right = True
        for word, right in zip(words, name, strict=True):
            if word != right:
                here = self._slips(word, right, letters)
                slips, most = slips + here, max(most, here)
                if slips > _SLIPS_OF_ONE_SOUND:
                    return 0.0
                initials_right = initials_right and word[0] == right[0]
        if slips <= 1:
            return 100 * (1 - slips / letters) if slips else 0.0
        if len(name) == 1 or letters < (_MIN_NAME_TWO_SLIPS if most > 1 else _MIN_NAME_SLIP_EACH):
            return 0.0
        is_near = slips == 2 and (initials_right or letters >= _MIN_NAME_WRONG_INITIAL)
        return 100 * (1 - slips / letters) if is_near or [*map(_sound, words)] == [*map(_sound, name)] else 0.0

    def _slips(self, word: str, right: str, letters: int) -> int:
        """Letters to put right in a word of a name of so many letters; a great many, if it is another word."""
        if word in self._ordinary:
            return _ANOTHER_WORD
        shorter = min(len(word), len(right))
        slips = OSA.distance(word, right, score_cutoff=_SLIPS_OF_ONE_SOUND)
        if shorter < _MIN_WORD and slips == 1:  # "Gla" is "Gal", and "Jon" may be "John"; "Tim" is not "Tom"
            swapped = sorted(word) == sorted(right)
            least = _MIN_NAME_SHORT_WORD if shorter == _MIN_WORD - 1 else _MIN_NAME_SHORTEST_WORD
            return 1 if swapped or (len(word) != len(right) and letters >= least) else _ANOTHER_WORD
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
    begun: set[int] = set()
    for number, words in parts:
        of_name: set[tuple[int, int, int]] = set()  # key, what is beside the word, which word it is
        # Every word has to be near, so one of them finds the name, and the rarest is proposed least.
        anchor = _rarest(words, frequency)
        if len(words[anchor]) >= _MIN_WORD:
            beside = _beside(words, anchor)
            of_name.update((checksum, beside, anchor) for checksum in _of_shortened(words[anchor]))
        for at, (before, after) in enumerate(pairwise(words)):
            # A word as short as "the" and "of" stands everywhere: beside it the initial at least has to be right.
            of_name.update((_key(">", before), beside, at) for beside in _ends(after)[: 1 + (len(before) >= _MIN_WORD)])
            of_name.update(
                (_key("<", after), beside, at + 1) for beside in _ends(before)[: 1 + (len(after) >= _MIN_WORD)]
            )
        if len(words) > 1 and all(word.isascii() for word in words):
            sounds = [*accumulate(map(_sound, words), "{} {}".format)]
            of_name.add((_key("=", sounds[-1]), _ALONE, 0))
            begun.update(_key("=", sound) for sound in sounds[1:])
        for key, beside, at in of_name:
            entries.extend((beside, key, number, at))
        begun.update(key for key, _, _ in of_name)
    table = np.frombuffer(entries, dtype=np.uint32).reshape(-1, 4)
    keys = table[:, 1].astype(np.uint64) << np.uint64(32) | table[:, 0]
    order = np.argsort(keys, kind="stable")
    return SlipKeys(keys[order], table[order, 2], table[order, 3].astype(np.uint8), _bit_map(begun))


def _bit_map(keys: set[int]) -> NDArray[np.uint8]:
    """A bit for each key among 16 to 32 times as many, so that one stranger in 20 passes."""
    bits = np.zeros(1 << max(3, (16 * len(keys)).bit_length()), dtype=np.uint8)
    bits[np.fromiter(keys, dtype=np.uint32, count=len(keys)) & len(bits) - 1] = 1
    return np.packbits(bits, bitorder="little")


def _rarest(words: Sequence[str], frequency: Counter[str]) -> int:
    return min(range(len(words)), key=lambda at: (len(words[at]) < _MIN_WORD, frequency[words[at]], -len(words[at])))


_ALONE = 0
"""Beside a word: whatever there is."""


def _beside(words: Sequence[str], at: int) -> int:
    """What stands beside a word of a name: the initial of the next word, or where the name ends of the one before."""
    after = words[at + 1] if at + 1 < len(words) else ""
    return (*_initials("" if after or not at else words[at - 1], after), _ALONE)[0]


def _initials(before: str, after: str) -> tuple[int, ...]:
    """The initials beside a word as numbers: even for the word after it, odd for the one before."""
    following = (ord(after[0]) << 1,) if after else ()
    return (*following, ord(before[0]) << 1 | 1) if before else following


def _ends(word: str) -> tuple[int, int]:
    """A word beside another as two numbers, by its first and by its last letter: a slip spares one of them."""
    length = min(len(word), 0x7E)
    return ord(word[0]) << 8 | length, ord(word[-1]) << 8 | 0x80 | length


@lru_cache(maxsize=_WORDS_KEPT)
def _of_any_length(word: str) -> tuple[int, ...]:
    """The numbers of a word of a text, and those of the same with a letter fewer or more; none if it is no word."""
    if not 0 < len(word) <= _MAX_WORD:
        return ()
    first, last = _ends(word)
    return first, last, first - 1, last - 1, first + 1, last + 1


def _key(kind: str, text: str) -> int:
    return crc32(f"{kind}{text}".encode("utf-8", "replace"))


def _of_shortened(word: str) -> list[int]:
    """The checksums of a word and of all that are left of it without one letter."""
    if word.isascii():
        letters = word.encode()
        return [crc32(letters, _NEAR), *(crc32(letters[:at] + letters[at + 1 :], _NEAR) for at in range(len(letters)))]
    return [_key("-", word), *(_key("-", word[:at] + word[at + 1 :]) for at in range(len(word)))]


_AS_ONE_LETTER = (("ph", "f"), ("sch", "s"), ("sh", "s"), ("ck", "k"))
_HEARD_ALIKE = {**dict.fromkeys("cqg", "k"), **dict.fromkeys("zx", "s"), **dict.fromkeys("vw", "f"), "d": "t"}
_CLASSES = str.maketrans(_HEARD_ALIKE)
_SILENT = re.compile("[aeiouyh]|(.)(?=\\1)")


def _sound(word: str) -> str:
    """How a Latin word sounds: consonants that are taken for one another as one, once, without vowels."""
    for spelt, heard in _AS_ONE_LETTER:
        word = word.replace(spelt, heard)
    return _SILENT.sub("", _SILENT.sub("", word).translate(_CLASSES))


@lru_cache(maxsize=_WORDS_KEPT)
def _heard(word: str) -> bytes:
    """How a word of a text sounds; nothing if it is not to be compared by its sound."""
    return _sound(word).encode() if word.isascii() and len(word) <= _MAX_WORD else b""


_NOTHING = _Asked({}, {}, {})
_NEAR, _BY_SOUND = crc32(b"-"), crc32(b"=")
