"""What words mean, whatever their language: the beginnings of words in ``concepts.yaml``, found in one pass.

A linear model over letters learns each language by itself. Most languages have little labelled harm, or none; English
has much. Concepts are the bridge: *bomb*, *bomba* and 炸弹 are one feature, so is *how to* beside any of them.
"""

from __future__ import annotations

import hashlib
import unicodedata
from functools import cache
from pathlib import Path

import yaml

from touchmark.safety.automaton import Automaton
from touchmark.safety.canonical import read_plainly

_FILE = Path(__file__).with_name("concepts.yaml")
_ATTACHING = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "HANGUL", "ARABIC")
"""Scripts in which a word may begin anywhere: no spaces, or particles that join on."""


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
        self.digest = hashlib.sha256(source).hexdigest()
        meant: dict[str, list[tuple[int, bool]]] = {}
        for number, beginnings in enumerate(listed.values()):
            for beginning in beginnings:
                key = read_plainly(beginning.rstrip("$"))
                meant.setdefault(key, []).append((number, beginning.endswith("$")))
        self.longest = max(map(len, meant), default=0)
        self._beginnings = Automaton(
            {
                key: (
                    _attaches(key),
                    tuple(number for number, _ in meanings),
                    tuple(number for number, whole in meanings if not whole),
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
        found: set[tuple[int, int]] = set()
        for begin, end, (attaches, of_words, of_beginnings) in self._beginnings.find(text):
            if attaches or not begin or not text[begin - 1].isalnum():
                meant = of_words if end == len(text) or not text[end].isalnum() else of_beginnings
                found.update([(begin, number) for number in meant])
        return sorted(found)


def _attaches(beginning: str) -> bool:
    return unicodedata.name(beginning[0], "").startswith(_ATTACHING)


@cache
def concepts() -> Concepts:
    """The list that ships."""
    return Concepts(_FILE.read_bytes())
