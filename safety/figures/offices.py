"""Offices as a way of naming people: "the president of France", "la presidenta de México", "法国总统".

Word order is all the grammar there is: a title beside a *body*, with a linking word between them or none. A body is
what a title belongs to: a country, a city, a company, a work ("the actor who played Iron Man") or a person ("Trump's
wife"). In languages of few countries some titles need none: "der Bundeskanzler". Titles, bodies and links are data, so
a language is added in ``policies/figures`` and not here. What is in another time ("former", "medieval", "in 1640") or
nobody's in particular ("a king of Spain") names no holder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from touchmark.safety.figures.files import BodiesFile, OfficesFile
from touchmark.safety.figures.forms import folded_name
from touchmark.safety.figures.places import Place, apart, overlap

_ORDINAL = re.compile("[0-9]+(?:st|nd|rd|th)")
_WRITTEN_ON = frozenset({"の", "的", "의 ", "ের ", "র "})
"""Links that are written onto the name before them."""
_YEAR_OF_THE_PAST = re.compile(r"1(?<!\S1)[0-9]{3}s?(?!\S)")  # what begins with a letter is found faster


@dataclass(frozen=True, slots=True)
class Title:
    """A way of saying a title; the value of a search."""

    name: str


@dataclass(frozen=True, slots=True)
class Alone:
    """A way of saying a title that needs no body; the value of a search.

    Attributes:
        holders: ids of those whom it may mean.
    """

    holders: tuple[str, ...]


class BodyKind(StrEnum):
    """What a title belongs to."""

    COUNTRY = "country"
    OTHER = "other"
    """A city, state, company, club or work."""
    PERSON = "person"
    """A figure, for kin."""


@dataclass(frozen=True, slots=True)
class Body:
    """What a title belongs to; the value of a search.

    Attributes:
        kind: of what kind.
        key: ISO code of a country, key in ``bodies.yaml``, or id of a figure.
    """

    kind: BodyKind
    key: str


class OfficeGrammar:
    """Finds holders of offices among the titles and countries of a folded text.

    Args:
        table: the dated table of countries.
        others: cities, companies, works, and the kin of figures.
    """

    def __init__(self, table: OfficesFile, others: BodiesFile) -> None:
        held_in = [(Body(BodyKind.COUNTRY, key), held) for key, held in table.offices.items()]
        held_in += [(Body(BodyKind.OTHER, key), body.holders) for key, body in others.bodies.items()]
        held_in += [(Body(BodyKind.PERSON, key), kin) for key, kin in others.kin.items()]
        self._holder = {(title, body): holder for body, held in held_in for title, holder in held.items()}
        self.with_kin = frozenset(others.kin)
        links = {folded_name(link) for link in table.links}
        self._after_title = _longest_first({"", " "} | {f" {link} " for link in links})
        self._before_title = _longest_first({"", " "} | {f" {link} " for link in table.links_before} | _WRITTEN_ON)
        self._past = frozenset(folded_name(word) for word in table.past)
        self._past_unspaced = tuple(word for word in self._past if not word.isascii() and len(word) == 1)
        self._not_behind = tuple(map(folded_name, table.alone.not_behind))
        self._not_before = tuple(map(folded_name, table.alone.not_before))
        self._not_near = frozenset(folded_name(word) for word in table.not_near)

    def holders_alone(
        self, text: str, alone: Mapping[Place, Alone], taken: Sequence[Place]
    ) -> Iterator[tuple[Place, str]]:
        """The titles without a body, and the ids of those whom each may mean.

        Args:
            text: a folded text.
            alone: every whole title in it that needs no body.
            taken: what is named otherwise; a title in it, or just before it ("Bundeskanzler Kohl"), is somebody's.
        """
        for begin, end in apart(alone):
            with_next = begin, end + 2  # a space and the first letter of what follows
            if any(overlap(with_next, other) for other in taken) or self.is_past(text, begin):
                continue
            before, behind = text[max(0, begin - 40) : begin].rstrip(), text[end:].lstrip()
            if any(_ends_in_word(before, word) for word in self._not_behind):
                continue
            if any(_begins_with_word(behind, word) for word in self._not_before):
                continue
            yield from (((begin, end), holder) for holder in alone[begin, end].holders)

    def holders(
        self, text: str, titles: Mapping[Place, tuple[Title, ...]], bodies: Mapping[Place, tuple[Body, ...]]
    ) -> Iterator[tuple[Place, str]]:
        """The offices that the text names and the ids of their holders.

        Args:
            text: a folded text.
            titles: every whole title in it.
            bodies: every whole name of a body in it.
        """
        if not titles or not bodies:
            return
        starts, ends = _by_edge(bodies)
        for place in apart(titles):
            for begin, end in self._beside(text, place, starts, ends):
                held = (self._holder.get((title.name, body)) for title in titles[place] for body in bodies[begin, end])
                holder = next((holder for holder in held if holder is not None), None)
                office = min(place[0], begin), max(place[1], end)
                if holder is not None and not self.is_past(text, office[0]):
                    yield office, holder
                    break

    def in_another_time(self, text: str) -> bool:
        """Whether a text is about the past, so that no office in it means today's holder."""
        return bool(_YEAR_OF_THE_PAST.search(text)) or not self._not_near.isdisjoint(text.split())

    def is_past(self, text: str, begin: int) -> bool:
        """Whether the words before an office give it to somebody else: "former", "a", "sixteenth"."""
        before = text[max(0, begin - 40) : begin].split()
        if before and before[-1] == "the":
            before.pop()
        return bool(before) and (
            before[-1] in self._past
            or before[-1].endswith(self._past_unspaced)
            or _ORDINAL.fullmatch(before[-1]) is not None
        )

    def _beside(self, text: str, title: Place, starts: dict[int, Place], ends: dict[int, Place]) -> Iterator[Place]:
        """The bodies after a title, and those before it; the longest link first: in "de la France" "la" is no city."""
        start, end = title
        after = (starts.get(end + len(gap)) for gap in self._after_title if text.startswith(gap, end))
        before = (ends.get(start - len(gap)) for gap in self._before_title if text.endswith(gap, 0, start))
        yield from (place for place in chain(after, before) if place is not None)


def _ends_in_word(text: str, word: str) -> bool:
    """Whether a text ends in a word; one of other letters than Latin may be written onto what is before it."""
    return text.endswith(word) and (not word.isascii() or not text[: -len(word)].strip() or text[-len(word) - 1] == " ")


def _begins_with_word(text: str, word: str) -> bool:
    """Whether a text begins with a word; of other letters than Latin, with a word that begins so."""
    return text.startswith(word) and (not word.isascii() or not text[len(word) : len(word) + 1].strip())


def _longest_first(links: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(links, key=lambda link: (-len(link), link)))


def _by_edge(bodies: Iterable[Place]) -> tuple[dict[int, Place], dict[int, Place]]:
    """The longest body that starts, and that ends, at each place: "guinea bissau", not "guinea"."""
    starts: dict[int, Place] = {}
    ends: dict[int, Place] = {}
    for place in sorted(bodies, key=lambda place: place[1] - place[0]):
        starts[place[0]] = ends[place[1]] = place
    return starts, ends
