"""What a reading of a text says that those before it do not (see ``safety/repeats.py``), and what decides its meaning.

Whoever is named in what two readings share was found in the first, so only the rest is searched, with as much around it
as decides what it means.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from touchmark.safety.figures.places import Place
from touchmark.safety.repeats import unshared

_AROUND = 160
"""Characters on either side: longer than any name or office with what stands beside it."""


@dataclass(frozen=True, slots=True)
class NewPart:
    """A stretch of a text.

    Attributes:
        begin, end: what to search, half open.
        new: what no text before has there, in places of the whole text; empty where letters are gone.
    """

    begin: int
    end: int
    new: Place

    def concerns(self, place: Place) -> bool:
        """Whether a place of the whole text holds or borders on something new."""
        return place[0] <= self.new[1] and place[1] >= self.new[0]


def new_part(text: str, before: Sequence[str]) -> NewPart:
    """The part of a text that none of the texts before it has; all of it if there are none.

    Args:
        text: folded.
        before: folded texts that were searched.
    """
    new = min((unshared(text, other) for other in before), key=lambda place: place[1] - place[0], default=None)
    if new is None:
        return NewPart(0, len(text), (0, len(text)))
    begin = text.rfind(" ", 0, max(0, new[0] - _AROUND)) + 1
    end = text.find(" ", new[1] + _AROUND)
    return NewPart(begin, len(text) if end < 0 else end, new)
