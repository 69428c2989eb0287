"""Offices as a way of naming people: "the president of France", "la presidenta de México", "法国总统".

Word order is all the grammar there is: a title beside a country, with a linking word between them or none. Titles,
countries and links are data, so a language is added in ``policies/figures`` and not here. What is in another time
("former", "medieval", "in 1640") or nobody's in particular ("a king of Spain") names no holder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from touchmark.safety.figures.data import OfficesFile
from touchmark.safety.figures.forms import folded_name

_YEAR_OF_THE_PAST = re.compile(r"(?<!\S)1[0-9]{3}s?(?!\S)")


@dataclass(frozen=True, slots=True)
class Title:
    """A way of saying a title; the value of a search."""

    name: str


@dataclass(frozen=True, slots=True)
class Country:
    """A way of saying a country; the value of a search."""

    code: str


Place = tuple[int, int]
"""Start and end in a folded text."""


class OfficeGrammar:
    """Finds holders of offices among the titles and countries of a folded text.

    Args:
        table: the dated table.
    """

    def __init__(self, table: OfficesFile) -> None:
        self._holder = {
            (title, country): holder for country, held in table.offices.items() for title, holder in held.items()
        }
        links = {folded_name(link) for link in table.links}
        self._after_title = frozenset({"", " "} | {f" {link} " for link in links})
        self._before_title = frozenset({"", " ", " s ", "の", "的"})
        self._past = frozenset(folded_name(word) for word in table.past)
        self._past_unspaced = tuple(word for word in self._past if not word.isascii() and len(word) == 1)
        self._not_near = frozenset(folded_name(word) for word in table.not_near)

    def holders(
        self, text: str, titles: Mapping[Place, tuple[Title, ...]], countries: Mapping[Place, Country]
    ) -> Iterator[tuple[Place, str]]:
        """The offices that the text names and the ids of their holders.

        Args:
            text: a folded text.
            titles: every whole title in it.
            countries: every whole name of a country in it.
        """
        if not titles or not countries or self.in_another_time(text):
            return
        for place in apart(titles):
            for (begin, end), code in self._beside(text, place, countries):
                held = (self._holder.get((title.name, code)) for title in titles[place])
                holder = next((holder for holder in held if holder is not None), None)
                if holder is not None and not self.is_past(text, begin):
                    yield (begin, end), holder
                    break

    def in_another_time(self, text: str) -> bool:
        """Whether a text is about the past, so that no office in it means today's holder."""
        return bool(_YEAR_OF_THE_PAST.search(text)) or not self._not_near.isdisjoint(text.split())

    def is_past(self, text: str, begin: int) -> bool:
        """Whether the words before an office give it to somebody else: "former", "a", "sixteenth"."""
        before = text[max(0, begin - 40) : begin].split()
        if before and before[-1] == "the":
            before.pop()
        return bool(before) and (before[-1] in self._past or before[-1].endswith(self._past_unspaced))

    def _beside(self, text: str, title: Place, countries: Mapping[Place, Country]) -> Iterator[tuple[Place, str]]:
        """The country after a title and the one before it, each by its longest name: "guinea bissau", not "guinea"."""
        start, end = title
        by_length = sorted(countries, key=lambda place: place[0] - place[1])
        after = (place for place in by_length if place[0] >= end and text[end : place[0]] in self._after_title)
        before = (place for place in by_length if place[1] <= start and text[place[1] : start] in self._before_title)
        for country in (next(after, None), next(before, None)):
            if country is not None:
                yield (min(start, country[0]), max(end, country[1])), countries[country].code


def apart(places: Iterable[Place]) -> list[Place]:
    """Of places that overlap the longest: in "vice president" the title is not "president"."""
    kept: list[Place] = []
    for start, end in sorted(places, key=lambda place: place[0] - place[1]):
        if not any(begin < end and start < stop for begin, stop in kept):
            kept.append((start, end))
    return sorted(kept)
