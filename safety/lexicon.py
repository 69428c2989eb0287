"""Terms that a policy names: found in every view of a prompt, whole words only, with the contexts that excuse them.

A lexicon is a YAML file in ``policies/lexicons``: ``strong`` and ``weak`` terms, and ``unless`` phrases inside which a
term means nothing ("naked mole rat"). Matching is one pass of an Aho-Corasick automaton, whatever the number of terms.
Terms are facts about words; what a match leads to is the policy's business.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import ahocorasick
from pydantic import Field

from touchmark.safety.canonical import CanonicalText, View, canonicalise
from touchmark.safety.document import POLICIES, Terms, read_yaml, validated

_FOLDER = POLICIES / "lexicons"


class LexiconFile(Terms):
    """A lexicon as written.

    Attributes:
        name: that of the file.
        description: what its terms have in common.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    description: str


class Strength(StrEnum):
    """How much a term says by itself."""

    STRONG = "strong"
    WEAK = "weak"


@dataclass(frozen=True, slots=True)
class TermMatch:
    """A term found.

    Attributes:
        term: as the lexicon writes it.
        strength: strong or weak.
        span: in the original text, half open.
    """

    term: str
    strength: Strength
    span: tuple[int, int]


class Lexicon:
    """One lexicon, ready to search."""

    __slots__ = ("_automaton", "name")

    def __init__(self, name: str, terms: Terms) -> None:
        self.name = name
        self._automaton = ahocorasick.Automaton()
        entries: tuple[tuple[tuple[str, ...], Strength | None], ...] = (
            (terms.weak, Strength.WEAK),
            (terms.strong, Strength.STRONG),
            (terms.unless, None),
        )
        for words, strength in entries:
            for term in words:
                key = canonicalise(term).primary.text
                self._automaton.add_word(key, (key, term, strength))
        self._automaton.make_automaton()

    @classmethod
    def load(cls, name: str, also: Terms | None = None, folder: Path = _FOLDER) -> Lexicon:
        """Read ``folder/name.yaml``.

        Args:
            also: further terms, of the policy that uses the lexicon.

        Raises:
            PolicyError: the file is missing or breaks a rule.
        """
        path = folder / f"{name}.yaml"
        written = validated(path, read_yaml(path), LexiconFile)
        more = also or Terms()
        terms = Terms(
            strong=written.strong + more.strong, weak=written.weak + more.weak, unless=written.unless + more.unless
        )
        return cls(written.name, terms)

    def find(self, text: CanonicalText) -> tuple[TermMatch, ...]:
        """Every term in every view that no ``unless`` phrase around it excuses, in reading order, each span once.

        Where several terms stand for one span, as all of a passage in base64 do, the strongest and longest is told.
        """
        found: dict[tuple[int, int], TermMatch] = {}
        for match in (match for view in text.views for match in self._find(view)):
            if match.span not in found or _weight(found[match.span]) < _weight(match):
                found[match.span] = match
        return tuple(found[span] for span in sorted(found))

    def _find(self, view: View) -> Iterator[TermMatch]:
        if not len(self._automaton):
            return
        excused: list[tuple[int, int]] = []
        hits: list[tuple[int, int, str, Strength]] = []
        for last, (key, term, strength) in self._automaton.iter(view.text):
            start, end = last + 1 - len(key), last + 1
            if not _stands_alone(view.text, start, end):
                continue
            if strength is None:
                excused.append((start, end))
            else:
                hits.append((start, end, term, strength))
        for start, end, term, strength in hits:
            if not any(begin <= start and end <= stop for begin, stop in excused):
                yield TermMatch(term, strength, view.span(start, end))


def _weight(match: TermMatch) -> tuple[bool, int]:
    return match.strength is Strength.STRONG, len(match.term)


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether a match begins and ends at word boundaries, in scripts that have them."""
    before = start == 0 or not _joins(text[start - 1], text[start])
    after = end == len(text) or not _joins(text[end - 1], text[end])
    return before and after


def _joins(left: str, right: str) -> bool:
    return _in_word(left) and _in_word(right) and not (_is_unspaced(left) or _is_unspaced(right))


def _in_word(character: str) -> bool:
    return character.isalnum() or (not character.isascii() and unicodedata.category(character)[0] == "M")


def _is_unspaced(character: str) -> bool:
    """Scripts written without spaces, and Korean, where particles attach: a word there has no visible boundary."""
    return not character.isascii() and unicodedata.name(character, "").startswith(
        ("CJK", "HIRAGANA", "KATAKANA", "THAI", "HANGUL", "LAO", "KHMER", "MYANMAR")
    )


if __name__ == "__main__":  # python -m touchmark.safety.lexicon > policies/lexicons/schema.json
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **LexiconFile.model_json_schema()}
    print(json.dumps(schema, indent=2))
