"""What a reading of a text says that those before it do not: readings repeat one another for all but a few letters.

Whoever is named in what two readings share was found in the first, so only the rest is searched, with as much around it
as decides what it means.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from touchmark.safety.figures.places import Place

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
    new = min((_unshared(text, other) for other in before), key=lambda place: place[1] - place[0], default=None)
    if new is None:
        return NewPart(0, len(text), (0, len(text)))
    begin = text.rfind(" ", 0, max(0, new[0] - _AROUND)) + 1
    end = text.find(" ", new[1] + _AROUND)
    return NewPart(begin, len(text) if end < 0 else end, new)


def _unshared(text: str, other: str) -> Place:
    """What is left of a text without the beginning and the end that it shares with another."""
    most = min(len(text), len(other))
    begin = _longest(most, lambda length: text[:length] == other[:length])
    tail = _longest(most - begin, lambda length: text[len(text) - length :] == other[len(other) - length :])
    return begin, len(text) - tail


def _longest(most: int, is_shared: Callable[[int], bool]) -> int:
    """The greatest length up to ``most`` that is shared; what holds for a length holds for every shorter one."""
    least = 0
    while least < most:
        middle = (least + most + 1) // 2
        if is_shared(middle):
            least = middle
        else:
            most = middle - 1
    return least
