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
from enum import Enum, StrEnum, auto
from pathlib import Path

from touchmark.safety.automaton import Automaton
from touchmark.safety.canonical import CanonicalText, ViewKind
from touchmark.safety.figures.capitals import is_written_as_name, is_written_as_thing
from touchmark.safety.figures.data import FigureData, read_figures, shipped_folder
from touchmark.safety.figures.figure import Figure, FigureStatus
from touchmark.safety.figures.forms import (
    SURNAME_FIRST,
    fold,
    folded_name,
    is_glued,
    is_other_person,
    is_whole,
    other_order,
    plain,
    variants,
)
from touchmark.safety.figures.imported import ImportedNames
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


class _Written(Enum):
    """How a form has to be written to name its figure."""

    ANYHOW = auto()
    NO_THING = auto()
    """Not small behind an article."""
    AS_NAME = auto()
    AS_PERFORMER = auto()
    """As a name, or where the words beside it speak of somebody who performs."""
    AS_PERFORMER_OR_WORD = auto()
    """The same of a common word, of which more is asked."""


@dataclass(frozen=True, slots=True)
class _Form:
    """A way of naming a figure."""

    figure: Figure
    stated: str
    kind: MatchKind
    written: _Written = _Written.ANYHOW


@dataclass(frozen=True, slots=True)
class _Veto:
    """A phrase that names nobody."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A figure at a place of a folded text."""

    place: Place
    form: _Form
    score: float = 1.0


_Meaning = _Form | _Veto | Title | Body | Alone
_NOT_HEARD_IN_KOREAN = frozenset({"KR", "KP", "CN"})
"""Koreans spell their own names in one way, which the list has; the syllables of Chinese names are Korean words too."""
_HANGUL = re.compile("[\uac00-\ud7a3]")
_LATIN_LETTER = re.compile("[a-z]")
_MIN_SYLLABLES_BACKWARDS = 3
_MIN_LETTERS_BACKWARDS = 5
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
        self._names = _spellings(data)
        folded = {stated: form for form, (_, stated) in data.forms.items()}
        self._spelt = tuple(form for form, name in self._names.items() if _may_slip(form, name, folded))
        self._ordinary = frozenset(map(folded_name, data.vetoes.words))
        self._misspellings = Misspellings(
            self._spelt, self._ordinary, borne=frozenset(map(folded_name, data.vetoes.borne))
        )
        self._sounds = Sounds(form for form, name in self._names.items() if _may_be_heard(name))
        meanings = _meanings(data, self._names, self._by_id, folded)
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

        def is_written_right(place: Place, form: _Form) -> bool:
            match form.written:
                case _Written.AS_NAME:
                    return view.kind in MISSPELT_IN and is_written_as_name(original, span(place))
                case _Written.AS_PERFORMER | _Written.AS_PERFORMER_OR_WORD as written:
                    is_word = written is _Written.AS_PERFORMER_OR_WORD
                    return view.kind in MISSPELT_IN and (
                        is_written_as_name(original, span(place))
                        or self._performers.are_told(original, span(place), is_word=is_word)
                    )
                case _Written.NO_THING:
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
        self, reading: Reading, guesses: Sequence[_Found], is_written_right: Callable[[Place, _Form], bool]
    ) -> Iterator[_Found]:
        text = reading.searched
        senses: dict[Place, tuple[_Meaning, ...]] = {}
        for start, end, meanings in self._phrases.find(text):
            if is_whole(text, start, end):
                senses[start, end] = meanings
        for place, form in self._in_imported(text):
            if not any(isinstance(sense, _Form | _Veto) for sense in senses.get(place, ())):
                senses[place] = (*senses.get(place, ()), form)
        forms = {place: sense for place, found in senses.items() for sense in found if isinstance(sense, _Form | _Veto)}
        holds_offices = bool(senses) and not self._offices.in_another_time(reading.folded.text)
        taken = Taken(len(text))
        named: dict[Place, Figure] = {}
        words: list[Place] = []
        for place in apart(forms):
            sense = forms[place]
            names_nobody = not isinstance(sense, _Form) or not is_written_right(place, sense)
            written = text[slice(*place)]
            if names_nobody and written.isascii() and " " not in written:
                words.append(place)  # by itself a word; with others it may be part of a name
                continue
            taken.cover(place)
            if names_nobody or not isinstance(sense, _Form):
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

    def _in_imported(self, text: str) -> Iterator[tuple[Place, _Form]]:
        if self._imported:
            for start, end, number in self._imported.find(text):
                if is_whole(text, start, end):
                    yield (start, end), self._imported_form(self._imported, number)

    @staticmethod
    def _imported_form(imported: ImportedNames, number: int) -> _Form:
        figure, stated = imported.figure(number), imported.names[number]
        kind = MatchKind.NAME if folded_name(figure.name) == stated else MatchKind.ALIAS
        return _Form(figure, figure.name if kind is MatchKind.NAME else stated, kind)

    def _holders(
        self, text: str, senses: dict[Place, tuple[_Meaning, ...]], named: dict[Place, Figure]
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
            yield _Found(place, _Form(self._by_id[holder], text[slice(*place)], MatchKind.OFFICE))

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
            found = _Form(form.figure, form.stated, MatchKind.TRANSLITERATION)
            yield _Found(place, found, round(echo.score / 100, 3))

    def _names_somebody(self, text: str, place: Place, form: _Form, holds_offices: bool) -> bool:
        """Whether a form is used of the person: bridges are named after the dead, foundations after the living too, and
        office phrases can be past."""
        if form.kind is MatchKind.OFFICE:
            return holds_offices and not self._offices.is_past(text, place[0])
        if self._namesakes.bear(text, place):
            return False
        if form.figure.status is FigureStatus.LIVING:
            return " " in text[slice(*place)] or not self._institutions.beside(text, place)
        return not self._things.beside(text, place)


def _may_slip(form: str, name: _Form, folded: Mapping[str, str]) -> bool:
    """A name in one word that the list does not state, "binladen", is a hashtag: "einladen" is no slip of it."""
    return (" " in form or " " not in folded[name.stated]) and "(" not in name.stated


def _may_be_heard(form: _Form) -> bool:
    """Neither a phrase nor a name with a word of ours behind it, "(actor)", is what another script spells out, nor is
    anybody of a list that says so."""
    return form.figure.heard and not form.stated[0].islower() and "(" not in form.stated


def _is_too_short(name: str, least: int) -> bool:
    return len(name) < least and name.isascii()


def _spellings(data: FigureData) -> dict[str, _Form]:
    """The names, folded, in every form they take; a form that was worked out yields to one that is stated."""
    names = {
        folded: _Form(figure, text, MatchKind.NAME if text == figure.name else MatchKind.ALIAS)
        for folded, (figure, text) in data.forms.items()
    }
    for folded, form in tuple(names.items()):
        turned = other_order(folded, form.figure.countries) if form.kind is MatchKind.NAME else None
        for variant in (*variants(folded, form.stated), *((turned,) if turned else ())):
            names.setdefault(variant, form)
    for folded in map(folded_name, data.vetoes.common):
        if folded in names:
            names[folded] = replace(names[folded], written=_Written.NO_THING)
    written = _written(data)
    for name, holder in data.vetoes.capitalised.items():
        folded = folded_name(name)
        if folded in names and names[folded].figure.id == holder:
            names[folded] = replace(names[folded], written=written[folded])
    return names


def _written(data: FigureData) -> dict[str, _Written]:
    """How each name that capitals tell has to be written, folded."""
    performers, words = (frozenset(map(folded_name, names)) for names in (data.vetoes.performers, data.vetoes.common))
    written = {}
    for folded in map(folded_name, data.vetoes.capitalised):
        performs = _Written.AS_PERFORMER_OR_WORD if folded in words else _Written.AS_PERFORMER
        written[folded] = performs if folded in performers else _Written.AS_NAME
    return written


def _meanings(
    data: FigureData, names: Mapping[str, _Form], by_id: Mapping[str, Figure], folded_forms: Mapping[str, str]
) -> dict[str, tuple[_Meaning, ...]]:
    """Everything to search for, folded, with what it means; ``folded_forms`` are those that the lists state."""
    forms = dict(names)
    written = _written(data)
    for titled, form in _styled(data, folded_forms):
        forms.setdefault(titled, form)
    for phrase, holder in data.offices.phrases.items():
        forms.setdefault(folded_name(phrase), _Form(by_id[holder], phrase, MatchKind.OFFICE))
    for name, holder in data.vetoes.capitalised.items():
        folded = folded_name(name)
        forms.setdefault(folded, _Form(by_id[holder], name, MatchKind.ALIAS, written[folded]))
    turned: set[str] = set()
    for folded, form in names.items():
        if _is_told_backwards(folded):
            forms.setdefault(folded[::-1], form)
            if form.stated not in turned:
                turned.add(form.stated)
                # Hindi folds nasals by what follows.
                forms.setdefault(fold(plain(form.stated)[::-1]).text.strip(), form)
    meanings: dict[str, tuple[_Meaning, ...]] = {folded: (form,) for folded, form in forms.items()}
    for folded, sense in _other_senses(data):
        meanings[folded] = (*meanings.get(folded, ()), sense)
    return meanings


def _is_told_backwards(folded: str) -> bool:
    """Whether a name is looked for backwards in any sentence: names of other letters than Latin hold too few pairs that
    tell which way they read (``backwards.py``), and by chance no word holds one that is as long as this."""
    if _LATIN_LETTER.search(folded):
        return False
    return len(folded) >= (_MIN_SYLLABLES_BACKWARDS if is_glued(folded) else _MIN_LETTERS_BACKWARDS)


def _styled(data: FigureData, folded: Mapping[str, str]) -> Iterator[tuple[str, _Form]]:
    """Surnames behind the styles of a role, "senator sanders", folded; the living come first."""
    for figure in sorted(data.figures, key=lambda figure: figure.status is not FigureStatus.LIVING):
        words = (folded.get(figure.name) or folded_name(figure.name)).split()
        surname = words[0 if SURNAME_FIRST.intersection(figure.countries) else -1]
        if len(words) > 1 and len(surname) > 1 and surname.isalpha() and "of" not in words and "(" not in figure.name:
            for role in figure.roles:
                for style in data.offices.styles.get(role, ()):
                    stated = f"{style} {surname}"
                    yield folded_name(stated), _Form(figure, stated, MatchKind.ALIAS)


def _other_senses(data: FigureData) -> Iterator[tuple[str, _Meaning]]:
    for phrase in data.vetoes.phrases:
        yield folded_name(phrase), _Veto()
    for title, ways in data.offices.titles.items():
        yield from ((folded_name(way), Title(title)) for way in ways)
    for entry in data.offices.alone.titles:
        holders = Alone(tuple(data.offices.offices[country][entry.title] for country in entry.countries))
        yield from ((folded_name(way), holders) for way in entry.ways)
    for code, ways in data.countries.countries.items():
        yield from ((folded_name(way), Body(BodyKind.COUNTRY, code)) for way in ways)
    for key, body in data.bodies.bodies.items():
        yield from ((folded_name(way), Body(BodyKind.OTHER, key)) for way in body.names)
