"""The search: every figure that a prompt names, with the span that names it.

All stated forms stand in one Aho-Corasick automaton, so the time follows the length of the prompt and not of the
list. Of matches that overlap the longest wins, and phrases that mean something else ("trump card") compete as equals:
where one of them wins, nobody was named. Whatever is left of the text is then searched for slips.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from touchmark.safety.automaton import Automaton
from touchmark.safety.canonical import CanonicalText, ViewKind
from touchmark.safety.figures.capitals import is_written_as_name, is_written_as_thing
from touchmark.safety.figures.data import FigureData, read_figures, shipped_folder
from touchmark.safety.figures.figure import Figure, FigureStatus
from touchmark.safety.figures.forms import (
    folded_name,
    is_other_person,
    is_whole,
)
from touchmark.safety.figures.imported import ImportedNames
from touchmark.safety.figures.meanings import Form, MatchKind, Meaning, Veto, Written, meanings_of, spellings
from touchmark.safety.figures.misspelling import Misspellings
from touchmark.safety.figures.namesakes import Namesakes
from touchmark.safety.figures.offices import Alone, Body, BodyKind, OfficeGrammar, Title
from touchmark.safety.figures.performers import Performers
from touchmark.safety.figures.places import Place, Taken, apart, is_inside, overlap
from touchmark.safety.figures.readings import MISSPELT_IN, Reading, readings_of
from touchmark.safety.figures.repeats import Excerpts
from touchmark.safety.figures.slip_text import SlipText
from touchmark.safety.figures.sounds import Sounds
from touchmark.safety.figures.thing_words import ThingWords
from touchmark.safety.uncollected import uncollected


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
class _Found:
    """A figure at a place of a folded text."""

    place: Place
    form: Form
    score: float = 1.0


_NOT_HEARD_IN_KOREAN = frozenset({"KR", "KP", "CN"})
"""Koreans spell their own names in one way, which the list has; the syllables of Chinese names are Korean words too."""
_HANGUL = re.compile("[\uac00-\ud7a3]")
_GUESSED = (MatchKind.MISSPELLING, MatchKind.TRANSLITERATION)
_SENTENCE_ENDS = re.compile(r"[!?;:؟؛।。！？]|(?<=\w{4})[.,،、] ")
"""What a name that is written wrong does not hold: "sana! Mari" is no Sanna Marin."""
_AS_WRITTEN = (ViewKind.PLAIN, ViewKind.UNMASKED, ViewKind.BIDI)
_MIN_GUESSED = 6
"""Letters of the shortest name that is read in decoded or reversed text: "olma" is no AMLO. Names in other letters than
Latin are as short as they are: no word of them comes about by chance."""


class FigureIndex:
    """The public-figure list, ready to be searched; immutable, and safe to share between threads.

    Args:
        data: the list, as :func:`read_figures` gives it.
        imported: lists that an operator brought, if any; where both have a form, ``data`` says whom it means.
    """

    @uncollected()
    def __init__(self, data: FigureData, imported: ImportedNames | None = None) -> None:
        self.figures = data.figures
        self._imported = imported
        self._by_id = {figure.id: figure for figure in data.figures}
        self._offices = OfficeGrammar(data.offices, data.bodies)
        self._things = ThingWords(data.vetoes.after, data.vetoes.before)
        self._institutions = ThingWords(data.vetoes.institutions_after, data.vetoes.institutions_before)
        self._performers = Performers(data.vetoes.performing, data.vetoes.announcing, data.vetoes.stage)
        self._namesakes = Namesakes(data.vetoes.animals, data.vetoes.named_before, data.vetoes.named_after)
        self._names = spellings(data)
        folded = {stated: form for form, (_, stated) in data.forms.items()}
        self._spelt = tuple(form for form, name in self._names.items() if _may_slip(form, name, folded))
        self._ordinary = frozenset(map(folded_name, data.vetoes.words))
        self._misspellings = Misspellings(
            self._spelt, self._ordinary, borne=frozenset(map(folded_name, data.vetoes.borne))
        )
        self._sounds = Sounds(form for form, name in self._names.items() if _may_be_heard(name))
        meanings = meanings_of(data, self._names, self._by_id, folded)
        self._phrases = Automaton(meanings)

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

    def __len__(self) -> int:
        """How many people the lists hold, imported ones too."""
        return len(self.figures) + (len(self._imported) if self._imported else 0)

    def named(self, name: str) -> Figure | None:
        """The figure with this id, or whom exactly this name, alias or native form means; imported ones aside."""
        form = self._names.get(folded_name(name))
        return self._by_id.get(name) or (form.figure if form else None)

    def find(self, text: CanonicalText) -> tuple[FigureMatch, ...]:
        """Every figure that the text names, in the order of the original, each stretch once."""
        readings = readings_of(text)
        guesses = self._guesses(readings)
        matches: list[FigureMatch] = []
        literally = Taken(len(text.original))
        for number, reading in enumerate(readings):
            # Who is named as typed is not somebody else in another reading: "Napoleon III" hides no "Napoleon l".
            found = self._in_reading(reading, guesses.get(number, ()), text.original)
            matches += (match for match in found if not literally.holds(match.span))
            if reading.view.kind is ViewKind.PLAIN:
                for match in matches:
                    if match.kind not in _GUESSED:
                        literally.cover(match.span)
        matches.sort(key=lambda match: (match.kind in _GUESSED, match.span[0] - match.span[1]))
        told = Taken(len(text.original))
        told_of: dict[str, Taken] = defaultdict(lambda: Taken(len(text.original)))
        kept: list[FigureMatch] = []
        for match in matches:
            # Views repeat one another; and a slip never stands beside what was written right.
            if match.kind in _GUESSED and (
                not told.is_free(match.span) or _SENTENCE_ENDS.search(text.original, *match.span)
            ):
                continue
            if told_of[match.figure.id].claim(match.span):
                told.cover(match.span)
                kept.append(match)
        return tuple(sorted(kept, key=lambda match: match.span))

    def _in_reading(self, reading: Reading, guesses: Sequence[_Found], original: str) -> Iterator[FigureMatch]:
        view, folded, part = reading.view, reading.folded, reading.part
        least = 1 if view.kind in _AS_WRITTEN else _MIN_GUESSED

        def span(place: Place) -> tuple[int, int]:
            return view.span(folded.origin(place[0] + part.begin), folded.origin(place[1] + part.begin - 1) + 1)

        def is_written_right(place: Place, form: Form) -> bool:
            match form.written:
                case Written.AS_NAME:
                    return view.kind in MISSPELT_IN and is_written_as_name(original, span(place))
                case Written.AS_PERFORMER | Written.AS_PERFORMER_OR_WORD as written:
                    is_word = written is Written.AS_PERFORMER_OR_WORD
                    return view.kind in MISSPELT_IN and (
                        is_written_as_name(original, span(place))
                        or self._performers.are_told(original, span(place), is_word=is_word)
                    )
                case Written.NO_THING:
                    return not is_written_as_thing(original, span(place))
                case _:
                    return True

        for found in self._in_folded(reading, guesses, is_written_right):
            start, end = found.place
            if _is_too_short(reading.searched[start:end], least) or not part.concerns(
                (start + part.begin, end + part.begin)
            ):
                continue
            yield FigureMatch(
                figure=found.form.figure,
                span=span(found.place),
                matched=found.form.stated,
                kind=found.form.kind,
                score=found.score,
            )

    def _in_folded(
        self, reading: Reading, guesses: Sequence[_Found], is_written_right: Callable[[Place, Form], bool]
    ) -> Iterator[_Found]:
        text = reading.searched
        senses: dict[Place, tuple[Meaning, ...]] = {}
        for start, end, meanings in self._phrases.find(text):
            if is_whole(text, start, end):
                senses[start, end] = meanings
        for place, form in self._in_imported(text):
            if not any(isinstance(sense, Form | Veto) for sense in senses.get(place, ())):
                senses[place] = (*senses.get(place, ()), form)
        forms = {place: sense for place, found in senses.items() for sense in found if isinstance(sense, Form | Veto)}
        holds_offices = bool(senses) and not self._offices.in_another_time(reading.folded.text)
        taken = Taken(len(text))
        named: dict[Place, Figure] = {}
        words: list[Place] = []
        for place in apart(forms):
            sense = forms[place]
            names_nobody = not isinstance(sense, Form) or not is_written_right(place, sense)
            written = text[slice(*place)]
            if names_nobody and written.isascii() and " " not in written:
                words.append(place)  # by itself a word; with others it may be part of a name
                continue
            taken.cover(place)
            if names_nobody or not isinstance(sense, Form):
                continue
            if self._names_somebody(text, place, sense, holds_offices):
                named[place] = sense.figure
                yield _Found(place, sense)
        if holds_offices:
            yield from self._holders(text, senses, named)
        for found in guesses:
            if any(overlap(word, found.place) and not is_inside(word, found.place) for word in words):
                continue
            if is_written_right(found.place, found.form) and taken.claim(found.place):
                yield found

    def _in_imported(self, text: str) -> Iterator[tuple[Place, Form]]:
        if self._imported:
            for start, end, number in self._imported.find(text):
                if is_whole(text, start, end):
                    yield (start, end), self._imported_form(self._imported, number)

    @staticmethod
    def _imported_form(imported: ImportedNames, number: int) -> Form:
        figure, stated = imported.figure(number), imported.names[number]
        kind = MatchKind.NAME if folded_name(figure.name) == stated else MatchKind.ALIAS
        return Form(figure, figure.name if kind is MatchKind.NAME else stated, kind)

    def _holders(
        self, text: str, senses: dict[Place, tuple[Meaning, ...]], named: dict[Place, Figure]
    ) -> Iterator[_Found]:
        titles = {place: tuple(sense for sense in found if isinstance(sense, Title)) for place, found in senses.items()}
        bodies = {place: tuple(sense for sense in found if isinstance(sense, Body)) for place, found in senses.items()}
        for place, figure in named.items():
            if figure.id in self._offices.with_kin:
                bodies[place] = (*bodies.get(place, ()), Body(BodyKind.PERSON, figure.id))
        held = self._offices.holders(
            text,
            {place: found for place, found in titles.items() if found},
            {place: found for place, found in bodies.items() if found},
        )
        offices = list(held)
        alone = {place: sense for place, found in senses.items() for sense in found if isinstance(sense, Alone)}
        if alone:
            offices += self._offices.holders_alone(text, alone, [*named, *(place for place, _ in offices)])
        for place, holder in offices:
            yield _Found(place, Form(self._by_id[holder], text[slice(*place)], MatchKind.OFFICE))

    def _guesses(self, readings: Sequence[Reading]) -> Mapping[int, Sequence[_Found]]:
        """Whom readings may name by number, in places of what is searched: what sounds like somebody comes before what
        is almost written so, and what is liker before what is less."""
        excerpts = Excerpts(
            (number, reading.folded.text, reading.part.windows(reading.folded.text))
            for number, reading in enumerate(readings)
            if reading.view.kind in MISSPELT_IN
        )
        guesses: dict[int, list[_Found]] = defaultdict(list)
        for found in (*self._echoes(excerpts.text), *self._slips(excerpts.text)):
            number, (start, end) = excerpts.source(found.place)
            begin = readings[number].part.begin
            guesses[number].append(_Found((start - begin, end - begin), found.form, found.score))
        return {
            number: [found for found in told if self._is_told(readings[number].searched, found)]
            for number, told in guesses.items()
        }

    def _is_told(self, text: str, guess: _Found) -> bool:
        return self._names_somebody(text, guess.place, guess.form, False)

    def _slips(self, text: str) -> Iterator[_Found]:
        words = SlipText.of(text)
        slips = [(slip, self._names[self._spelt[slip.name]]) for slip in self._misspellings.find(words)]
        if self._imported:
            slips += [(slip, self._imported_form(self._imported, slip.name)) for slip in self._imported.slips(words)]
        for slip, form in sorted(slips, key=lambda found: -found[0].score):
            place = (slip.start, slip.end)
            if not is_other_person(text[slice(*place)], folded_name(form.stated), form.figure.countries):
                found = replace(form, kind=MatchKind.MISSPELLING)
                yield _Found(place, found, round(slip.score / 100, 3))

    def _echoes(self, text: str) -> Iterator[_Found]:
        for echo in sorted(self._sounds.find(text), key=lambda echo: -echo.score):
            form = self._names[echo.form]
            place = (echo.start, echo.end)
            if _HANGUL.match(text, echo.start) and not _NOT_HEARD_IN_KOREAN.isdisjoint(form.figure.countries):
                continue
            found = Form(form.figure, form.stated, MatchKind.TRANSLITERATION)
            yield _Found(place, found, round(echo.score / 100, 3))

    def _names_somebody(self, text: str, place: Place, form: Form, holds_offices: bool) -> bool:
        """Whether a form is used of the person: bridges are named after the dead, foundations after the living too, and
        office phrases can be past."""
        if form.kind is MatchKind.OFFICE:
            return holds_offices and not self._offices.is_past(text, place[0])
        if self._namesakes.bear(text, place):
            return False
        if form.figure.status is FigureStatus.LIVING:
            return " " in text[slice(*place)] or not self._institutions.beside(text, place)
        return not self._things.beside(text, place)


def _may_slip(form: str, name: Form, folded: Mapping[str, str]) -> bool:
    """A name in one word that the list does not state, "binladen", is a hashtag: "einladen" is no slip of it."""
    return (" " in form or " " not in folded[name.stated]) and "(" not in name.stated


def _may_be_heard(form: Form) -> bool:
    """Neither a phrase nor a name with a word of ours behind it, "(actor)", is what another script spells out, nor is
    anybody of a list that says so."""
    return form.figure.heard and not form.stated[0].islower() and "(" not in form.stated


def _is_too_short(name: str, least: int) -> bool:
    return len(name) < least and name.isascii()
