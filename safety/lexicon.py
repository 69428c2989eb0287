"""Terms that a policy names: found in every view of a prompt, whole words only, with the contexts that excuse them.

A lexicon is a YAML file in ``policies/lexicons``: ``strong`` and ``weak`` terms, and ``unless`` phrases inside which a
term means nothing ("naked mole rat"), or words after which it speaks of something else ("Batman" in "a Batman cake").
``sayings`` are terms too, written once for all of whom they are said ("drive out all …").
In scripts without spaces a word may stand in another by accident (性交 in 女性交谈, "women talk"): what any lexicon
finds inside one of ``compounds.yaml`` is not there. Nor is a Vietnamese term where the marks are those of another word.
Matching is one pass of an Aho-Corasick automaton, whatever the number of terms.
Terms are facts about words; what a match leads to is the policy's business.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from touchmark.safety.automaton import Automaton, Enclosures
from touchmark.safety.canonical import CanonicalText, View, read_plainly
from touchmark.safety.decision import Category
from touchmark.safety.document import POLICIES, Strict, Term, Terms, read_yaml, validated
from touchmark.safety.marks import is_another_word

_FOLDER = POLICIES / "lexicons"
COMPOUNDS = _FOLDER / "compounds.yaml"

_WHOM = "…"
_MOST_SAYINGS = 20_000


def _of_somebody(saying: str) -> str:
    if saying.count(_WHOM) != 1:
        raise ValueError(f"a saying holds one {_WHOM}, where the people are named of whom it is said")
    return saying


class Sayings(Strict):
    """What is said of several peoples alike.

    Attributes:
        of: their names, in the form that these sayings take.
        strong: strong terms, with an ellipsis where each name is put.
    """

    of: Annotated[tuple[Term, ...], Field(min_length=1)]
    strong: Annotated[tuple[Annotated[Term, AfterValidator(_of_somebody)], ...], Field(min_length=1)]

    def spelt_out(self) -> Iterator[str]:
        """Each saying of each of them."""
        return (saying.replace(_WHOM, name) for name in self.of for saying in self.strong)


class LexiconFile(Terms):
    """A lexicon as written.

    Attributes:
        name: that of the file.
        description: what its terms have in common.
        sayings: further strong terms.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    description: str
    sayings: tuple[Sayings, ...] = ()

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if sum(len(of.of) * len(of.strong) for of in self.sayings) > _MOST_SAYINGS:
            raise ValueError(f"its sayings make more than {_MOST_SAYINGS:,} terms")
        _ = self.terms  # so that one that becomes too long is told with the file's other faults
        return self

    @cached_property
    def terms(self) -> Terms:
        """All of them, sayings spelt out."""
        own = {name: getattr(self, name) for name in Terms.model_fields}
        said = tuple(term for of in self.sayings for term in of.spelt_out())
        return Terms(**{**own, "strong": self.strong + said})


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
    """One lexicon, searched by itself or with others (:class:`Lexicons`)."""

    def __init__(self, name: str, terms: Terms) -> None:
        self.name = name
        self.terms = terms

    @cached_property
    def _search(self) -> _Search:  # which takes longer to make than to read the file, and most are searched with others
        return _Search((self.terms,))

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
        return cls(written.name, written.terms.joined(also) if also else written.terms)

    def find(self, text: CanonicalText) -> tuple[TermMatch, ...]:
        """Every term in every view that no ``unless`` phrase around it excuses, in reading order, each span once.

        Where several terms stand for one span, as all of a passage in base64 do, the strongest and longest is told.
        """
        return self._search.find(text)[0]


class Lexicons:
    """The lexicons of a policy, searched in one pass."""

    __slots__ = ("_keys", "_search")

    def __init__(self, lexicons: Mapping[Category, Lexicon]) -> None:
        self._keys = tuple(lexicons)
        self._search = _Search([lexicon.terms for lexicon in lexicons.values()])

    def find(self, text: CanonicalText) -> Mapping[Category, tuple[TermMatch, ...]]:
        """For each lexicon what :meth:`Lexicon.find` says."""
        return dict(zip(self._keys, self._search.find(text), strict=True))


@cache
def compounds() -> tuple[str, ...]:
    """Words that hold others by accident of spelling, as canonical text writes them."""
    return tuple(read_plainly(word) for word in validated(COMPOUNDS, read_yaml(COMPOUNDS), LexiconFile).unless)


_Meaning = tuple[int, str, Strength | None]
"""Number of the lexicon, the term as written, and its strength; None for a phrase that excuses."""
_EVERY = -1
"""Stands for all lexicons."""


class _Search:
    """One automaton over the terms of some lexicons."""

    __slots__ = ("_count", "_followed", "_phrases")

    def __init__(self, lexicons: Sequence[Terms]) -> None:
        self._count = len(lexicons)
        self._followed = tuple(_openings(terms.unless_followed_by) for terms in lexicons)
        meanings: dict[str, dict[int, _Meaning]] = {}
        for number, terms in enumerate(lexicons):
            entries: tuple[tuple[tuple[str, ...], Strength | None], ...] = (
                (terms.weak, Strength.WEAK),
                (terms.strong, Strength.STRONG),
                (terms.unless, None),
            )
            for words, strength in entries:
                for term in words:
                    meanings.setdefault(read_plainly(term), {})[number] = (number, term, strength)
        for word in compounds():
            meanings.setdefault(word, {})[_EVERY] = (_EVERY, word, None)
        self._phrases = Automaton({key: tuple(meant.values()) for key, meant in meanings.items()})

    def find(self, text: CanonicalText) -> list[tuple[TermMatch, ...]]:
        found: list[dict[tuple[int, int], TermMatch]] = [{} for _ in range(self._count)]
        for number, match in (hit for view in text.views for hit in self._find(view)):
            if is_another_word(match.term, text.original[slice(*match.span)]):
                continue
            known = found[number].get(match.span)
            if known is None or _weight(known) < _weight(match):
                found[number][match.span] = match
        return [tuple(matches[span] for span in sorted(matches)) for matches in found]

    def _find(self, view: View) -> Iterator[tuple[int, TermMatch]]:
        excused: dict[int, list[tuple[int, int]]] = {}
        hits: list[tuple[int, int, _Meaning]] = []
        for start, end, meanings in self._phrases.find(view.text):
            if not _stands_alone(view.text, start, end):
                continue
            for meaning in meanings:
                if meaning[2] is None:
                    excused.setdefault(meaning[0], []).append((start, end))
                else:
                    hits.append((start, end, meaning))
        excuses = {number: Enclosures(spans) for number, spans in excused.items()} if hits else {}
        for start, end, (number, term, strength) in hits:
            if strength is None or any(n in excuses and excuses[n].hold(start, end) for n in (number, _EVERY)):
                continue
            aside = self._followed[number]
            if aside is None or not aside.match(view.text, end):
                yield number, TermMatch(term, strength, view.span(start, end))


def _openings(words: Sequence[str]) -> re.Pattern[str] | None:
    """What finds one of these words next to the end of a term."""
    if not words:
        return None
    keys = "|".join(re.escape(read_plainly(word)) for word in words)
    return re.compile(rf"[ \"”)]*(?:{keys})(?!\w)")


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
