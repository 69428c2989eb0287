"""What the phrases of the public-figure list mean: whom a name is of, how it must be written, and what names nobody.

    names = spellings(data)                             # every form of every name, folded
    meanings_of(data, names, by_id, folded)             # these, and offices, countries, and phrases that name nobody

Made once, from the list alone; the search in ``index.py`` looks for all of it at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum, StrEnum, auto

from touchmark.safety.figures.data import FigureData
from touchmark.safety.figures.figure import Figure, FigureStatus
from touchmark.safety.figures.forms import (
    SURNAME_FIRST,
    fold,
    folded_name,
    is_glued,
    other_order,
    plain,
    variants,
)
from touchmark.safety.figures.offices import Alone, Body, BodyKind, Title


class MatchKind(StrEnum):
    """How a figure was named."""

    NAME = "name"
    ALIAS = "alias"
    """By another form in the list: short name, nickname, handle, native script."""
    MISSPELLING = "misspelling"
    TRANSLITERATION = "transliteration"
    """As another script spells the Latin name out, by its sound."""
    OFFICE = "office"


class Written(Enum):
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
class Form:
    """A way of naming a figure."""

    figure: Figure
    stated: str
    kind: MatchKind
    written: Written = Written.ANYHOW


@dataclass(frozen=True, slots=True)
class Veto:
    """A phrase that names nobody."""


Meaning = Form | Veto | Title | Body | Alone
_LATIN_LETTER = re.compile("[a-z]")
_MIN_SYLLABLES_BACKWARDS = 3
_MIN_LETTERS_BACKWARDS = 5


def spellings(data: FigureData) -> dict[str, Form]:
    """The names, folded, in every form they take; a form that was worked out yields to one that is stated."""
    names = {
        folded: Form(figure, text, MatchKind.NAME if text == figure.name else MatchKind.ALIAS)
        for folded, (figure, text) in data.forms.items()
    }
    for folded, form in tuple(names.items()):
        turned = other_order(folded, form.figure.countries) if form.kind is MatchKind.NAME else None
        for variant in (*variants(folded, form.stated), *((turned,) if turned else ())):
            names.setdefault(variant, form)
    for folded in map(folded_name, data.vetoes.common):
        if folded in names:
            names[folded] = replace(names[folded], written=Written.NO_THING)
    written = _written(data)
    for name, holder in data.vetoes.capitalised.items():
        folded = folded_name(name)
        if folded in names and names[folded].figure.id == holder:
            names[folded] = replace(names[folded], written=written[folded])
    return names


def _written(data: FigureData) -> dict[str, Written]:
    """How each name that capitals tell has to be written, folded."""
    performers, words = (frozenset(map(folded_name, names)) for names in (data.vetoes.performers, data.vetoes.common))
    written = {}
    for folded in map(folded_name, data.vetoes.capitalised):
        performs = Written.AS_PERFORMER_OR_WORD if folded in words else Written.AS_PERFORMER
        written[folded] = performs if folded in performers else Written.AS_NAME
    return written


def meanings_of(
    data: FigureData, names: Mapping[str, Form], by_id: Mapping[str, Figure], folded_forms: Mapping[str, str]
) -> dict[str, tuple[Meaning, ...]]:
    """Everything to search for, folded, with what it means; ``folded_forms`` are those that the lists state."""
    forms = dict(names)
    written = _written(data)
    for titled, form in _styled(data, folded_forms):
        forms.setdefault(titled, form)
    for phrase, holder in data.offices.phrases.items():
        forms.setdefault(folded_name(phrase), Form(by_id[holder], phrase, MatchKind.OFFICE))
    for name, holder in data.vetoes.capitalised.items():
        folded = folded_name(name)
        forms.setdefault(folded, Form(by_id[holder], name, MatchKind.ALIAS, written[folded]))
    turned: set[str] = set()
    for folded, form in names.items():
        if _is_told_backwards(folded):
            forms.setdefault(folded[::-1], form)
            if form.stated not in turned:
                turned.add(form.stated)
                # Hindi folds nasals by what follows.
                forms.setdefault(fold(plain(form.stated)[::-1]).text.strip(), form)
    meanings: dict[str, tuple[Meaning, ...]] = {folded: (form,) for folded, form in forms.items()}
    for folded, sense in _other_senses(data):
        meanings[folded] = (*meanings.get(folded, ()), sense)
    return meanings


def _is_told_backwards(folded: str) -> bool:
    """Whether a name is looked for backwards in any sentence: names of other letters than Latin hold too few pairs that
    tell which way they read (``backwards.py``), and by chance no word holds one that is as long as this."""
    if _LATIN_LETTER.search(folded):
        return False
    return len(folded) >= (_MIN_SYLLABLES_BACKWARDS if is_glued(folded) else _MIN_LETTERS_BACKWARDS)


def _styled(data: FigureData, folded: Mapping[str, str]) -> Iterator[tuple[str, Form]]:
    """Surnames behind the styles of a role, "senator sanders", folded; the living come first."""
    for figure in sorted(data.figures, key=lambda figure: figure.status is not FigureStatus.LIVING):
        words = (folded.get(figure.name) or folded_name(figure.name)).split()
        surname = words[0 if SURNAME_FIRST.intersection(figure.countries) else -1]
        if len(words) > 1 and len(surname) > 1 and surname.isalpha() and "of" not in words and "(" not in figure.name:
            for role in figure.roles:
                for style in data.offices.styles.get(role, ()):
                    stated = f"{style} {surname}"
                    yield folded_name(stated), Form(figure, stated, MatchKind.ALIAS)


def _other_senses(data: FigureData) -> Iterator[tuple[str, Meaning]]:
    for phrase in data.vetoes.phrases:
        yield folded_name(phrase), Veto()
    for title, ways in data.offices.titles.items():
        yield from ((folded_name(way), Title(title)) for way in ways)
    for entry in data.offices.alone.titles:
        holders = Alone(tuple(data.offices.offices[country][entry.title] for country in entry.countries))
        yield from ((folded_name(way), holders) for way in entry.ways)
    for code, ways in data.countries.countries.items():
        yield from ((folded_name(way), Body(BodyKind.COUNTRY, code)) for way in ways)
    for key, body in data.bodies.bodies.items():
        yield from ((folded_name(way), Body(BodyKind.OTHER, key)) for way in body.names)
