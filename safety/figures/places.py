"""Stretches of a text that compete for its characters. Not about what stands in them."""

from __future__ import annotations

from collections.abc import Iterable

Place = tuple[int, int]
"""Start and end, half open."""


class Taken:
    """Which characters of a text are spoken for; asking and claiming take time that follows the stretch only.

    Args:
        length: characters in the text.
    """

    __slots__ = ("_characters",)

    def __init__(self, length: int) -> None:
        self._characters = bytearray(length)

    def claim(self, place: Place) -> bool:
        """Take a stretch, if all of it is free; whether it was."""
        free = self.is_free(place)
        if free:
            self.cover(place)
        return free

    def is_free(self, place: Place) -> bool:
        """Whether nobody holds any of a stretch."""
        return self._characters.find(1, *place) < 0

    def holds(self, place: Place) -> bool:
        """Whether all of a stretch is spoken for."""
        return self._characters.find(0, *place) < 0

    def cover(self, place: Place) -> None:
        """Take a stretch, whoever holds it."""
        start, end = place
        self._characters[start:end] = b"\1" * (end - start)


def overlap(place: Place, other: Place) -> bool:
    """Whether two stretches have a character in common."""
    return place[0] < other[1] and other[0] < place[1]


def is_inside(place: Place, other: Place) -> bool:
    """Whether a stretch lies in a longer one."""
    return other[0] <= place[0] and place[1] <= other[1] and place != other


def apart(places: Iterable[Place]) -> list[Place]:
    """Of places that overlap the longest, in text order: in "vice president" the title is not "president"."""
    longest_first = sorted(places, key=lambda place: (place[0] - place[1], place))
    taken = Taken(max((end for _, end in longest_first), default=0))
    return sorted(place for place in longest_first if taken.claim(place))
