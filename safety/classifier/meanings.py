"""What words mean, whatever their language: concepts and glosses, found in one pass.

A linear model over letters learns each language by itself. Most languages have little labelled harm, or none; English
has much. Two sorts of lists are the bridge. A *concept* (``concepts.yaml``, and ``concepts/`` by language)
gathers what counts alike: *bomb*, *bomba* and 炸弹 are one feature, so is *how to* beside any of them. A *gloss*
(``glosses/``, by language) says what a single word is in English: *landlord*, *casero* and 房东 are one feature, so
what the classifier learns of *poison the landlord* it knows of the others. A gloss is a meaning: *kill*, *murder* and
*asesinar* share one.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from touchmark.safety.automaton import Automaton, Enclosures
from touchmark.safety.canonical import read_plainly
from touchmark.safety.classifier.cutting import code_points, letters
from touchmark.safety.classifier.likeness import LIKENESSES
from touchmark.safety.language import LATIN
from touchmark.safety.lexicon import COMPOUNDS, compounds

_CONCEPTS = Path(__file__).with_name("concepts.yaml")
_BY_LANGUAGE = Path(__file__).with_name("concepts")
_GLOSSES = Path(__file__).with_name("glosses")
_ATTACHING = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "HANGUL")
"""Scripts in which a word may begin anywhere: no spaces, or words that are put together."""
_JOINED_IN_ARABIC = re.compile("(?<![^\\W_])[وف]?[سبكل]?(?:ال|ل)?[يتنأام]?\\Z")
"""What may stand before the beginning of an Arabic word: and, so; will, with, as, for; the article; the letters that
make a form of a verb, or of it a noun."""
_LONGEST_JOINED = 5
_LANGUAGES = tuple(sorted(LATIN))
_ANY = len(_LANGUAGES)


@dataclass(frozen=True, slots=True)
class Meant:
    """Concepts or glosses of a text, n of them in reading order.

    Attributes:
        begins: the characters where they begin, ints of shape (n,).
        numbers: which they are, shape (n,).
    """

    begins: NDArray[np.intp]
    numbers: NDArray[np.intp]


class Meanings:
    """The lists, ready to search.

    Args:
        concepts, glosses: beginnings of words by what they mean, canonical; "$" behind one asks for the whole word, and
            "@de" for a text that may be German, because the same letters are a word of another language. A match must
            begin a word, but for scripts without spaces, Korean and Arabic, where particles attach.

    Attributes:
        concepts, glosses: their names, in the order of their numbers.
        longest: characters of the longest beginning.
    """

    __slots__ = (
        "_attaches", "_first", "_is_accident", "_is_arabic", "_is_whole", "_language", "_number", "_phrases",
        "concepts", "glosses", "longest",
    )  # fmt: skip

    def __init__(self, concepts: Mapping[str, Sequence[str]], glosses: Mapping[str, Sequence[str]]) -> None:
        self.concepts, self.glosses = tuple(concepts), tuple(glosses)
        meant: dict[str, list[tuple[int, bool, int]]] = {phrase: [] for phrase in compounds()}
        accidents = frozenset(meant)
        numbers = {language: number for number, language in enumerate(_LANGUAGES)}
        for number, beginnings in enumerate([*concepts.values(), *glosses.values()]):
            for entry in beginnings:
                beginning, _, language = entry.partition("@")
                spoken = numbers[language] if language else _ANY
                meant.setdefault(beginning.rstrip("$"), []).append((number, beginning.endswith("$"), spoken))
        meant = {phrase: meant[phrase] for phrase in sorted(meant)}
        self.longest = max((len(key) for key, meanings in meant.items() if meanings), default=0)
        # Tables by phrase, and from place ``_first`` of a phrase on, tables by meaning; glosses come after concepts.
        first = [phrase[0] for phrase in meant]
        scripts = {letter: unicodedata.name(letter, "") for letter in set(first)}
        attaching = {letter for letter, script in scripts.items() if script.startswith(_ATTACHING)}
        arabic = {letter for letter, script in scripts.items() if script.startswith("ARABIC")}
        self._phrases = Automaton(dict(zip(meant, range(len(meant)), strict=True)))
        self._attaches = np.array([letter in attaching for letter in first])
        self._is_arabic = np.array([letter in arabic for letter in first])
        self._is_accident = np.array([phrase in accidents for phrase in meant])
        self._first = np.cumsum([0, *map(len, meant.values())])
        rows = np.fromiter(chain.from_iterable(chain.from_iterable(meant.values())), dtype=np.intp).reshape(-1, 3)
        self._number, self._is_whole, self._language = rows[:, 0].copy(), rows[:, 1].astype(np.bool_), rows[:, 2].copy()

    def find(self, text: str, latin: Collection[str] = LATIN) -> tuple[Meant, Meant]:
        """Concepts and glosses in a canonical text.

        Args:
            latin: the languages (ISO 639-1) that its words in Latin letters may be of.

        Returns:
            every concept, each once in a place; and one gloss a word, of several that begin in one place or lie in one
            another the longest.
        """
        phrase, begin, end = self._phrases.found(text).T
        lettered = np.zeros(len(text) + 2, dtype=np.bool_)  # a place before the text, and one behind it
        lettered[1:-1] = letters(code_points(text))
        begun = self._attaches.take(phrase) | ~lettered.take(begin)
        for at in (self._is_arabic.take(phrase) & ~begun).nonzero()[0].tolist():
            begun[at] = _is_joined(text, int(begin[at]))
        accident = self._is_accident.take(phrase)
        if accident.any():
            spans = list(zip(begin.tolist(), end.tolist(), strict=True))
            accidents = Enclosures(spans[at] for at in accident.nonzero()[0].tolist())
            begun &= accident | ~np.array([accidents.hold(*span) for span in spans])
        begin, end, phrase = begin[begun], end[begun], phrase[begun]
        first, until = self._first.take(phrase), self._first.take(phrase + 1)
        row = np.arange(len(phrase)).repeat(until - first)
        meaning = np.arange(len(row)) + (until - (until - first).cumsum()).take(row)
        spoken = np.array([*(language in latin for language in _LANGUAGES), True])
        use = spoken.take(self._language.take(meaning))
        use &= ~self._is_whole.take(meaning) | ~lettered.take(end + 1).take(row)
        row, meaning = row[use], meaning[use]
        begin, end, number = begin.take(row), end.take(row), self._number.take(meaning)
        concept = number < len(self.concepts)
        gloss = ~concept
        return (
            self._each_once(begin[concept], number[concept]),
            _longest(begin[gloss], end[gloss], number[gloss] - len(self.concepts)),
        )

    def _each_once(self, begin: NDArray[np.intp], number: NDArray[np.intp]) -> Meant:
        count = max(len(self.concepts), 1)
        placed = begin * count + number
        placed.sort()
        once = np.ones(len(placed), dtype=np.bool_)
        np.not_equal(placed[1:], placed[:-1], out=once[1:])
        return Meant(*np.divmod(placed[once], count))


def _longest(begin: NDArray[np.intp], end: NDArray[np.intp], number: NDArray[np.intp]) -> Meant:
    order = ((begin << 32) - end).argsort(kind="stable")
    begin, end, number = begin[order], end[order], number[order]
    reached = np.maximum.accumulate(np.concatenate(([0], end)))[:-1]
    return Meant(begin[end > reached], number[end > reached])


def _is_joined(text: str, begin: int) -> bool:
    return bool(_JOINED_IN_ARABIC.search(text, max(begin - _LONGEST_JOINED, 0), begin))


@cache
def meanings() -> Meanings:
    """The lists that ship."""
    listed: dict[str, list[str]] = yaml.load(_CONCEPTS.read_bytes(), Loader=yaml.CSafeLoader)
    concepts = {
        concept: [read_plainly(beginning) for beginning in beginnings] for concept, beginnings in listed.items()
    }
    return Meanings(_by_language(_BY_LANGUAGE, concepts), _by_language(_GLOSSES, {}))


def _by_language(folder: Path, listed: dict[str, list[str]]) -> dict[str, list[str]]:
    """What is listed, and what the files of a folder, each named for a language, list besides: canonical, since they
    are long and reading them would take seconds."""
    for path in _files(folder):
        only = f"@{path.stem}" if path.stem in LATIN else ""
        for meaning, beginnings in json.loads(path.read_bytes()).items():
            listed.setdefault(meaning, []).extend(f"{beginning}{only}" for beginning in beginnings)
    return listed


@cache
def digest() -> str:
    """The SHA-256 of the lists: weights learnt with others do not fit."""
    paths = (_CONCEPTS, *_files(_BY_LANGUAGE), *_files(_GLOSSES), COMPOUNDS, LIKENESSES)
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"))
