"""What the rules of a policy look at: one text of a request, read once, and what speaks against it. Types only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from touchmark.safety.asking import asks_about
from touchmark.safety.canonical import CanonicalText
from touchmark.safety.decision import Category, Rule, Severity
from touchmark.safety.language import LanguageGroup
from touchmark.safety.lexicon import TermMatch

if TYPE_CHECKING:
    from touchmark.safety.figures import Figure, FigureMatch

NEGATIVE_PROMPT = "negative_prompt"
"""The field whose text says what to keep out."""


@dataclass(frozen=True, slots=True)
class Score:
    """The classifier's opinion on one category.

    Attributes:
        value: calibrated, 0..1.
        span: in the original, the sentence or window that scored highest.
    """

    value: float
    span: tuple[int, int]


class Scorer(Protocol):
    """What the judge asks of a classifier."""

    @property
    def categories(self) -> frozenset[Category]:
        """The categories it scores."""

    def scores(self, text: CanonicalText) -> Mapping[Category, Score]:
        """One score for each of ``categories``; the highest over views, sentences and windows."""


class FigureFinder(Protocol):
    """What the judge asks of a list of public figures."""

    def find(self, text: CanonicalText) -> tuple[FigureMatch, ...]:
        """Every figure named in a text."""


@dataclass(frozen=True)
class Reading:
    """One text that says what to show.

    Attributes:
        field: which text of the request.
        text: its views.
        groups: the groups of languages it is written in.
        scores: of each category that the classifier knows.
        figures: the public figures it names.
        terms: what the lexicons of the policy find in it, by category.
    """

    field: str
    text: CanonicalText
    groups: frozenset[LanguageGroup]
    scores: Mapping[Category, Score]
    figures: tuple[FigureMatch, ...]
    terms: Mapping[Category, tuple[TermMatch, ...]]

    @cached_property
    def asks(self) -> bool:
        """Whether it only asks about a thing; found out once, for the first term that depends on it."""
        return asks_about(self.text)


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that speaks against a request, before the policy says what follows.

    Attributes:
        category, field, span, score, rule: as in :class:`touchmark.safety.decision.Finding`.
        severity: how grave; None for what every policy refuses.
        why: for the reviewer.
        figure: the public figure concerned.
    """

    category: Category
    severity: Severity | None
    field: str
    span: tuple[int, int]
    score: float
    rule: Rule
    why: str
    figure: Figure | None = None


def standing(figure: Figure) -> str:
    """The mode of a policy that a figure comes under: ``opted_out``, or whether they live."""
    return "opted_out" if figure.opted_out else str(figure.status)
