"""The search: every figure that a prompt names, with the span that names it.

All stated forms stand in one Aho-Corasick automaton, so the time follows the length of the prompt and not of the
list. Of matches that overlap the longest wins, and phrases that mean something else ("trump card") compete as equals:
where one of them wins, nobody was named. Whatever is left of the text is then searched for slips.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import ahocorasick

from touchmark.safety.canonical import CanonicalText, View, ViewKind
from touchmark.safety.figures.data import Figure, FigureData, FigureStatus, read_figures, shipped_folder
from touchmark.safety.figures.forms import fold, folded_name, is_whole, variants
from touchmark.safety.figures.misspelling import Misspellings
from touchmark.safety.figures.offices import Country, OfficeGrammar, Title
from touchmark.safety.figures.places import Place, Taken, apart
from touchmark.safety.figures.sounds import Sounds


class MatchKind(StrEnum):
    """How a figure was named."""

    NAME = "name"
    ALIAS = "alias"
    """By another form in the list: short name, nickname, handle, native script."""
    MISSPELLING = "misspelling"
    TRANSLITERATION = "transliteration"
    """As another script spells the Latin name out, by its sound."""
    OFFICE = "office"


@dataclass(frozen=True, slots=True)
class FigureMatch:
    """A figure that a text names.

    Attributes:
        figure: who.
        span: start and end, half open, in the original text.
        matched: the form of the list that the stretch stands for.
        kind: how.
        score: 1.0 for what stands in the list, less for a misspelling.
    """

    figure: Figure
    span: tuple[int, int]
    matched: str
    kind: MatchKind
    score: float


@dataclass(frozen=True, slots=True)
class _Form:
    """A way of naming a figure."""

    figure: Figure
    stated: str
    kind: MatchKind


@dataclass(frozen=True, slots=True)
class _Veto:
    """A phrase that names nobody."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A figure at a place of a folded text."""

    place: Place
    form: _Form
    score: float = 1.0


_Meaning = _Form | _Veto | Title | Country
_GUESSED = (MatchKind.MISSPELLING, MatchKind.TRANSLITERATION)
_MISSPELT_IN = (ViewKind.PLAIN, ViewKind.UNMASKED)
"""A slip in text that was itself guessed would be a guess upon a guess."""


class FigureIndex:
    """The public-figure list, ready to be searched; immutable, and safe to share between threads.

    Args:
        data: the list, as :func:`read_figures` gives it.
    """

    def __init__(self, data: FigureData) -> None:
        self.figures = data.figures
        self._by_id = {figure.id: figure for figure in data.figures}
        self._offices = OfficeGrammar(data.offices)
        self._things = frozenset(folded_name(word) for word in data.vetoes.after)
        meanings = _meanings(data, self._by_id)
        self._names = {
            form: sense
            for form, senses in meanings.items()
            for sense in senses
            if isinstance(sense, _Form) and sense.kind is not MatchKind.OFFICE
        }
        self._misspellings = Misspellings(self._names, (folded_name(word) for word in data.vetoes.words))
        self._sounds = Sounds(self._names)
        self._automaton = ahocorasick.Automaton()
        for form, senses in meanings.items():
            self._automaton.add_word(form, (len(form), tuple(senses)))
        self._automaton.make_automaton()

    @classmethod
    def load(cls, folder: Path | None = None) -> FigureIndex:
        """Read a folder of figures; the shipped list if none is given.

        Raises:
            FigureDataError: the list is missing, malformed or contradicts itself.
        """
        return cls(read_figures(folder or shipped_folder()))

    def __getitem__(self, figure_id: str) -> Figure:
        """The figure with this id.

        Raises:
            KeyError: there is none.
        """
        return self._by_id[figure_id]

    def find(self, text: CanonicalText) -> tuple[FigureMatch, ...]:
        """Every figure that the text names, in the order of the original, each stretch once."""
        matches: list[FigureMatch] = []
        seen: set[str] = set()
        for view in text.views:
            if view.text not in seen:
                seen.add(view.text)
                matches += self._in_view(view)
        matches.sort(key=lambda match: (match.kind in _GUESSED, match.span[0] - match.span[1]))
        told = Taken(len(text.original))
        told_of: dict[str, Taken] = defaultdict(lambda: Taken(len(text.original)))
        kept: list[FigureMatch] = []
        for match in matches:
            # Views repeat one another; and a slip never stands beside what was written right.
            if match.kind in _GUESSED and not told.is_free(match.span):
                continue
            if told_of[match.figure.id].claim(match.span):
                told.cover(match.span)
                kept.append(match)
        return tuple(sorted(kept, key=lambda match: match.span))

    def _in_view(self, view: View) -> Iterator[FigureMatch]:
        folded = fold(view.text)
        for found in self._in_folded(folded.text, misspelt=view.kind in _MISSPELT_IN):
            start, end = found.place
            yield FigureMatch(
                figure=found.form.figure,
                span=view.span(folded.index[start], folded.index[end - 1] + 1),
                matched=found.form.stated,
                kind=found.form.kind,
                score=found.score,
            )

    def _in_folded(self, text: str, *, misspelt: bool) -> Iterator[_Found]:
        senses: dict[Place, tuple[_Meaning, ...]] = {}
        for last, (length, meanings) in self._automaton.iter(text):
            start, end = last + 1 - length, last + 1
            if is_whole(text, start, end):
                senses[start, end] = meanings
        forms = {place: sense for place, found in senses.items() for sense in found if isinstance(sense, _Form | _Veto)}
        holds_offices = not self._offices.in_another_time(text)
        taken = Taken(len(text))
        for place in apart(forms):
            taken.cover(place)
            form = forms[place]
            if isinstance(form, _Form) and self._names_somebody(text, place, form, holds_offices):
                yield _Found(place, form)
        if holds_offices:
            yield from self._holders(text, senses)
        if misspelt:
            yield from self._echoes(text, taken)
            yield from self._slips(text, taken)

    def _holders(self, text: str, senses: dict[Place, tuple[_Meaning, ...]]) -> Iterator[_Found]:
        titles = {place: tuple(sense for sense in found if isinstance(sense, Title)) for place, found in senses.items()}
        countries = {place: sense for place, found in senses.items() for sense in found if isinstance(sense, Country)}
        for place, holder in self._offices.holders(
            text, {place: found for place, found in titles.items() if found}, countries
        ):
            yield _Found(place, _Form(self._by_id[holder], text[slice(*place)], MatchKind.OFFICE))

    def _slips(self, text: str, taken: Taken) -> Iterator[_Found]:
        for slip in sorted(self._misspellings.find(text), key=lambda slip: -slip.score):
            form = self._names[slip.form]
            place = (slip.start, slip.end)
            if self._names_somebody(text, place, form, False) and taken.claim(place):
                yield _Found(place, _Form(form.figure, form.stated, MatchKind.MISSPELLING), round(slip.score / 100, 3))

    def _echoes(self, text: str, taken: Taken) -> Iterator[_Found]:
        for echo in sorted(self._sounds.find(text), key=lambda echo: -echo.score):
            form = self._names[echo.form]
            place = (echo.start, echo.end)
            if self._names_somebody(text, place, form, False) and taken.claim(place):
                found = _Form(form.figure, form.stated, MatchKind.TRANSLITERATION)
                yield _Found(place, found, round(echo.score / 100, 3))

    def _names_somebody(self, text: str, place: Place, form: _Form, holds_offices: bool) -> bool:
        """Whether a form is used of the person: bridges are named after the dead, and office phrases can be past."""
        if form.kind is MatchKind.OFFICE:
            return holds_offices and not self._offices.is_past(text, place[0])
        if form.figure.status is FigureStatus.LIVING:
            return True
        following = text[place[1] : place[1] + 24].split()
        return not following or following[0] not in self._things


def _meanings(data: FigureData, by_id: dict[str, Figure]) -> dict[str, list[_Meaning]]:
    """Everything to search for, folded, with what it means; a form that was worked out yields to one that is stated."""
    names = {
        folded: _Form(figure, text, MatchKind.NAME if text == figure.name else MatchKind.ALIAS)
        for folded, (figure, text) in data.forms.items()
    }
    for folded, form in tuple(names.items()):
        for variant in variants(folded, form.stated):
            names.setdefault(variant, form)
    for phrase, holder in data.offices.phrases.items():
        names.setdefault(folded_name(phrase), _Form(by_id[holder], phrase, MatchKind.OFFICE))
    meanings: dict[str, list[_Meaning]] = {folded: [form] for folded, form in names.items()}
    for folded, sense in _other_senses(data):
        meanings.setdefault(folded, []).append(sense)
    return meanings


def _other_senses(data: FigureData) -> Iterator[tuple[str, _Meaning]]:
    for phrase in data.vetoes.phrases:
        yield folded_name(phrase), _Veto()
    for title, ways in data.offices.titles.items():
        yield from ((folded_name(way), Title(title)) for way in ways)
    for code, ways in data.countries.countries.items():
        yield from ((folded_name(way), Country(code)) for way in ways)
