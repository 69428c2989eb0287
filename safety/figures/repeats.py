"""What a reading of a text says that those before it do not (see ``safety/repeats.py``), and what decides its meaning.

Whoever is named in what two readings share was found in the first, so only the rest is searched, with as much around it
as decides what it means. For slips that is little, and what there is of it in all readings is searched as one text.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from touchmark.safety.figures.places import Place

_AROUND = 160
"""Characters on either side: longer than any name or office with what stands beside it."""
_WORDS_AROUND = 8
"""Words on either side in which a slip is looked for: twice as many as the longest name has."""
_BARRIER = f" {chr(0) * 32} "
"""A word that is in no name, and too long to be beside one."""


@dataclass(frozen=True, slots=True)
class NewPart:
    """A stretch of a text.

    Attributes:
        begin, end: what to search, half open.
        new: what no text before has there, in places of the whole text; empty places where letters are gone.
    """

    begin: int
    end: int
    new: tuple[Place, ...]

    def concerns(self, place: Place) -> bool:
        """Whether a place of the whole text holds or borders on something new."""
        return any(place[0] <= new[1] and place[1] >= new[0] for new in self.new)

    def windows(self, text: str) -> list[Place]:
        """The new places with the words around them, where names may be written wrong; none overlap."""
        windows: list[Place] = []
        for begin, end in self.new:
            window = _before(text, begin), _behind(text, end)
            if windows and window[0] <= windows[-1][1]:
                window = windows.pop()[0], window[1]
            windows.append(window)
        return windows


def whole(text: str) -> NewPart:
    """All of a text, as none was before it."""
    return NewPart(0, len(text), ((0, len(text)),))


def new_part(text: str, new: Sequence[Place]) -> NewPart:
    """The part of a text that is new to whoever knows all but some places of it.

    Args:
        text: folded.
        new: at least one place, in order.
    """
    begin = text.rfind(" ", 0, max(0, new[0][0] - _AROUND)) + 1
    end = text.find(" ", new[-1][1] + _AROUND)
    return NewPart(begin, len(text) if end < 0 else end, tuple(new))


class Excerpts:
    """Stretches of several texts as one text, in which nothing that is found stands in two of them.

    Args:
        stretches: number and words of each text, and the places of its stretches, which begin and end with words.
    """

    __slots__ = ("_begins", "_sources", "text")

    def __init__(self, stretches: Iterable[tuple[int, str, Iterable[Place]]]) -> None:
        self._begins: list[int] = []
        self._sources: list[tuple[int, int]] = []
        parts: list[str] = []
        length = 0
        for number, text, places in stretches:
            for begin, end in places:
                self._begins.append(length)
                self._sources.append((number, begin - length))
                parts.append(text[begin:end])
                length += end - begin + len(_BARRIER)
        self.text = _BARRIER.join(parts)

    def source(self, place: Place) -> tuple[int, Place]:
        """The number of the text that a place of this one comes from, and the place in it."""
        number, moved = self._sources[bisect_right(self._begins, place[0]) - 1]
        return number, (place[0] + moved, place[1] + moved)


def _before(text: str, place: int) -> int:
    """Where the words before a place begin."""
    for _ in range(_WORDS_AROUND + 1):
        place = text.rfind(" ", 0, max(place, 0))
    return place + 1


def _behind(text: str, place: int) -> int:
    """Where the words behind a place end."""
    for _ in range(_WORDS_AROUND + 1):
        place = text.find(" ", place) + 1
        if not place:
            return len(text)
    return place - 1
