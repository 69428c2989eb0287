"""What words mean, whatever their language: the beginnings of words in ``concepts.yaml``, found in one pass.

A linear model over letters learns each language by itself. Most languages have little labelled harm, or none; English
has much. Concepts are the bridge: *bomb*, *bomba* and 炸弹 are one feature, so is *how to* beside any of them.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from touchmark.safety.automaton import Automaton, Enclosures
from touchmark.safety.canonical import read_plainly
from touchmark.safety.lexicon import COMPOUNDS, compounds

_FILE = Path(__file__).with_name("concepts.yaml")
_ATTACHING = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "HANGUL")
"""Scripts in which a word may begin anywhere: no spaces, or words that are put together."""
_JOINED_IN_ARABIC = re.compile("(?<![^\\W_])[وف]?[سبكل]?(?:ال|ل)?[يتنأام]?\\Z")
"""What may stand before the beginning of an Arabic word: and, so; will, with, as, for; the article; the letters that
make a form of a verb, or of it a noun."""
_LONGEST_JOINED = 5


@dataclass(frozen=True, slots=True)
class _Found:
    """What letters in a text stand for.

    Attributes:
        words: concepts that they mean as a whole word.
        beginnings: those that they mean at the beginning of one.
        attaches: whether it may begin within another word.
        is_arabic: whether it may begin behind particles.
        is_accident: whether what else stands inside them stands there by accident.
    """

    words: tuple[int, ...] = ()
    beginnings: tuple[int, ...] = ()
    attaches: bool = False
    is_arabic: bool = False
    is_accident: bool = False


class Concepts:
    """The list, ready to search."""

    __slots__ = ("_beginnings", "digest", "longest", "names")

    def __init__(self, source: bytes) -> None:
        """
        Args:
            source: YAML, a mapping of names to lists of beginnings.
        """
        listed: dict[str, list[str]] = yaml.load(source, Loader=yaml.CSafeLoader)
        self.names = tuple(listed)
        self.digest = hashlib.sha256(source + COMPOUNDS.read_bytes()).hexdigest()
        meant: dict[str, list[tuple[int, bool]]] = {}
        for number, beginnings in enumerate(listed.values()):
            for beginning in beginnings:
                key = read_plainly(beginning.rstrip("$"))
                meant.setdefault(key, []).append((number, beginning.endswith("$")))
        self.longest = max(map(len, meant), default=0)
        accidents = frozenset(compounds())
        self._beginnings = Automaton(
            dict.fromkeys(accidents, _Found(is_accident=True))
            | {
                key: _Found(
                    words=tuple(number for number, _ in meanings),
                    beginnings=tuple(number for number, whole in meanings if not whole),
                    attaches=_script(key).startswith(_ATTACHING),
                    is_arabic=_script(key).startswith("ARABIC"),
                    is_accident=key in accidents,
                )
                for key, meanings in meant.items()
            }
        )

    def __len__(self) -> int:
        return len(self.names)

    def find(self, text: str) -> list[tuple[int, int]]:
        """Every concept in a canonical text.

        Returns:
            (index of the character where it begins, number of the concept), in reading order, each once.
        """
        standing = self._beginnings.find(text)
        accidents = Enclosures((begin, end) for begin, end, meant in standing if meant.is_accident)
        found: set[tuple[int, int]] = set()
        for begin, end, meant in standing:
            if not meant.is_accident and accidents.hold(begin, end):
                continue
            if (
                meant.attaches
                or not begin
                or not text[begin - 1].isalnum()
                or (meant.is_arabic and _is_joined(text, begin))
            ):
                is_whole = end == len(text) or not text[end].isalnum()
                found.update([(begin, number) for number in (meant.words if is_whole else meant.beginnings)])
        return sorted(found)


def _script(beginning: str) -> str:
    return unicodedata.name(beginning[0], "")


def _is_joined(text: str, begin: int) -> bool:
    return bool(_JOINED_IN_ARABIC.search(text, max(begin - _LONGEST_JOINED, 0), begin))


@cache
def concepts() -> Concepts:
    """The list that ships."""
    return Concepts(_FILE.read_bytes())
