"""Which frames of a stream are looked at: the first, and then one every so many seconds."""

from __future__ import annotations

from fractions import Fraction


class Sampler:
    """Picks frames by their times.

    Args:
        interval: seconds from one to the next; zero takes every frame.
    """

    __slots__ = ("_due", "_interval")

    def __init__(self, interval: Fraction) -> None:
        self._interval = interval
        self._due: Fraction | None = None

    def takes(self, time: Fraction) -> bool:
        """Whether a frame at this time is looked at; ask once for each, in order."""
        if self._due is not None and time < self._due:
            return False
        self._due = time + self._interval
        return True
