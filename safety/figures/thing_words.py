"""Words that make a name a thing: a street, an airport, a foundation that is named after somebody."""

from __future__ import annotations

from collections.abc import Iterable

from touchmark.safety.figures.forms import folded_name, is_glued
from touchmark.safety.figures.places import Place

_LONGEST = 24
"""Characters beside a name that are looked at."""


class ThingWords:
    """What, right beside the name of somebody, means what is named after them.

    Args:
        after: words behind a name ("bridge"); in Korean and in scripts without spaces nothing need part them from it.
        before: words before it ("улица").
    """

    def __init__(self, after: Iterable[str], before: Iterable[str]) -> None:
        self._behind = frozenset(map(folded_name, after))
        self._joined = tuple(word for word in self._behind if is_glued(word))
        self._before = frozenset(map(folded_name, before))

    def beside(self, text: str, place: Place) -> bool:
        """Whether one of them stands beside this place of a folded text."""
        start, end = place
        following, preceding = text[end : end + _LONGEST], text[max(0, start - _LONGEST) : start].split()
        if following.lstrip().startswith(self._joined):
            return True
        # What is glued to a name, as an ending is, belongs to its own word.
        behind = following.split()[following[:1] != " " :]
        return bool(behind and behind[0] in self._behind) or bool(preceding and preceding[-1] in self._before)
