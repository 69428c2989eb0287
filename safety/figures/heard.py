"""What may be heard in the words of a prompt that are in other scripts than Latin: which words of names they may be.

    memory = Memory(numbers)            # the keys of all words of names
    memory.heard(["дональд", "трамп"])  # for each word its readings, with and without what its script writes onto names

Keys are classes of consonants (``romanisation.py``). Words are read together, and those met of late remembered: reading
them is most of the work.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from touchmark.safety.figures.romanisation import GAP, all_romanised, keys_of, once

WORDS_KEPT = 1 << 15
"""Words of which a process remembers how they sound."""
_LONGEST_KEPT = 64
"""Letters of a word that is remembered: those of a prompt may be one word of thousands."""
_ENDINGS = {
    "CYRILLIC": ("ого", "ому", "его", "ему", "ами", "ом", "ем", "ым", "им", "ой", "ою", "их", "ых"),
    "HANGUL": ("에게", "에서", "으로", "은", "는", "이", "가", "을", "를", "의", "와", "과", "도", "로", "님", "씨"),
    "BENGALI": ("দের", "ের", "র", "কে", "য়"),
    "GEORGIAN": ("ისთვის", "ისა", "მა", "ის", "ს", "მ"),
    "ARMENIAN": ("ին", "ի", "ն", "ը"),
}
_BEFORE = {"ARABIC": ("وال", "بال", "ال", "و", "ب", "ل", "ك", "ف"), "HEBREW": ("ו", "ב", "ל", "ה", "מ", "ש", "כ")}
_SCRIPTS = (
    ("CYRILLIC", "[\u0400-\u052f]"), ("HANGUL", "[\uac00-\ud7a3]"), ("ARABIC", "[\u0600-\u06ff]"),
    ("HEBREW", "[\u0590-\u05ff]"), ("BENGALI", "[\u0980-\u09ff]"), ("GEORGIAN", "[\u10a0-\u10ff]"),
    ("ARMENIAN", "[\u0530-\u058f]"), ("KATAKANA", "[\u30a1-\u30fc]"), ("THAI", "[\u0e01-\u0e4e]"),
    ("OTHER", "[\u0370-\u03ff\u0900-\u097f\u0a00-\u0d7f]"),
)  # fmt: skip
_SCRIPT_OF = tuple((script, re.compile(letters)) for script, letters in _SCRIPTS)
_LOOSE_SCRIPTS = frozenset({"ARABIC", "HEBREW", "HANGUL", "KATAKANA", "THAI"})
"""Scripts that tell few vowels apart, or none: there a vowel is a vowel, and more has to agree."""
Reading = tuple[int, int, str, str, str]
"""A way of reading a word of the prompt: where it begins and ends in it, its key, and what is compared of it where
vowels tell nothing, and where they do. Plain tuples of plain values, and few, are little work for the garbage
collector, which would else walk through all that is remembered in the middle of a prompt."""


class Heard(NamedTuple):
    """A word of a prompt: whether its script tells vowels; its readings that may be of a word of a name, the likeliest
    first; and the numbers of their keys."""

    strict: bool
    readings: tuple[Reading, ...]
    numbers: tuple[int, ...]


UNHEARD = Heard(False, (), ())


class Memory(dict[str, Heard]):
    """What was heard in words met of late: prompts are made of the same few thousand. New ones are read together."""

    def __init__(self, keys: Mapping[str, int]) -> None:
        """
        Args:
            keys: of all words of names, with their numbers.
        """
        super().__init__()
        self._keys = {key: (number,) for key, number in keys.items()}  # shared by the words that have one reading

    def heard(self, words: Sequence[str]) -> list[Heard]:
        """What in each word of a prompt may be a word of a name."""
        heard = [*map(self.get, words)]
        read: dict[str, Heard] = {}
        if None in heard:
            new = [*dict.fromkeys(word for word, known in zip(words, heard, strict=True) if known is None)]
            read = dict(zip(new, self.read(new), strict=True))
            if len(self) > WORDS_KEPT:
                self.clear()
            self.update((word, heard) for word, heard in read.items() if len(word) <= _LONGEST_KEPT)
        return [known or read[word] for word, known in zip(words, heard, strict=True)]

    def read(self, words: Sequence[str]) -> list[Heard]:
        """What in each of some words may be a word of a name."""
        heard = [UNHEARD] * len(words)
        scripts = [_script_of(word[0]) if word else "" for word in words]
        cuts = [
            (number, begin, end)
            for number, (word, script) in enumerate(zip(words, scripts, strict=True))
            for begin, end in (_cuts(word, script) if script else ())
        ]
        keys = keys_of([words[number][begin:end] for number, begin, end in cuts]) if cuts else []
        known = [(*cut, key) for cut, key in zip(cuts, keys, strict=True) if key in self._keys]
        if not known:
            return heard
        compared = smooth(all_romanised([words[number][begin:end] for number, begin, end, _ in known]))
        readings: dict[int, list[Reading]] = {}
        for (number, begin, end, key), ways in zip(known, compared, strict=True):
            readings.setdefault(number, []).append((begin, end, key, *ways))
        for number, read in readings.items():
            numbers = [self._keys[key] for _, _, key, _, _ in read]
            together = numbers[0] if len(numbers) == 1 else tuple(chain.from_iterable(numbers))
            heard[number] = Heard(scripts[number] not in _LOOSE_SCRIPTS, tuple(read), together)
        return heard


@lru_cache(maxsize=1 << 14)
def _script_of(letter: str) -> str:
    """The script of a letter; none where it is not read here."""
    return next((script for script, letters in _SCRIPT_OF if letters.match(letter)), "")


def _cuts(word: str, script: str) -> Sequence[tuple[int, int]]:
    """A word, and what is left of it without what its script may write onto a name."""
    length = len(word)
    prefixes, suffixes = _BEGINNING.get((script, word[0])), _ENDING.get((script, word[-1]))
    cuts = [(0, length)]
    if prefixes:
        cuts += [(len(part), length) for part in prefixes if length > len(part) + 2 and word.startswith(part)]
    if suffixes:
        cuts += [(0, length - len(part)) for part in suffixes if length > len(part) + 1 and word.endswith(part)]
    return cuts


def _by_letter(parts: Mapping[str, Sequence[str]], place: int) -> dict[tuple[str, str], list[str]]:
    """What may be cut off in each script, by one of its letters."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for script, listed in parts.items():
        for part in listed:
            found[script, part[place]].append(part)
    return dict(found)


_BEGINNING, _ENDING = _by_letter(_BEFORE, 0), _by_letter(_ENDINGS, -1)
_SIBILANTS = re.compile("sch|tch|sh|ch|zh|cz|sz|ts|tz|ds|dz|dj|dg|j|z|x|c(?=[eiy])")
_SMOOTHED = str.maketrans("vwqcyr", "ffkkil", f"h{GAP}")
_LOOSE = str.maketrans("eioupdgvf", "aaaabtkbb")
_BETWEEN = " \n"
"""Between words that are read together: two characters that differ, so none is lost where words come to nothing."""


def smooth(words: Sequence[str]) -> list[tuple[str, str]]:
    """Words in Latin letters with those made one that scripts confuse, all vowels too; and the same but for vowels."""
    latin = _SIBILANTS.sub("s", _BETWEEN.join(words).replace(GAP, ""))
    latin = latin.replace("ph", "f").replace("ck", "k").replace("gh", "k").translate(_SMOOTHED).replace("ks", "s")
    strict = once(latin)
    loose = once(strict.translate(_LOOSE))
    return [*zip(loose.split(_BETWEEN), strict.split(_BETWEEN), strict=True)]
