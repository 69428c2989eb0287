"""Sums of what a network reads, by stretches of time, in bounded time and memory whatever the length of the video.

Networks read single pictures (or windows of sound) and give log-odds of bits. Makers add these up over a video before
they decide (facebookresearch/videoseal, docs/torchscript.md). The sums are kept apart for up to MOST_STRETCHES
stretches of time, for a timeline; where a video has more, neighbours are merged and samples drawn half as often, so
that the work grows with the logarithm of the length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

MOST_STRETCHES: Final = 24


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was read in one stretch of time.

    Attributes:
        start, end: seconds.
        odds: ndarray of shape (bits,), float64: summed log-odds, positive where 1 is likelier.
        score: the largest detection score of a sample in it; 0 where the network has none.
        samples: how many were read.
    """

    start: float
    end: float
    odds: NDArray[np.float64]
    score: float = 0.0
    samples: int = 1

    def joined(self, after: Stretch) -> Stretch:
        """This stretch and the next as one."""
        return Stretch(
            self.start, after.end, self.odds + after.odds, max(self.score, after.score), self.samples + after.samples
        )


class Gathering:
    """Collects samples in the order of their times.

    Args:
        interval: seconds between samples, at first; a sample stands for so long a stretch.
    """

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._due = float("-inf")
        self.stretches: list[Stretch] = []

    def wants(self, time: float) -> bool:
        """Whether a sample at ``time`` seconds is due."""
        return time >= self._due

    def add(self, time: float, odds: NDArray[np.float32], score: float = 0.0) -> None:
        """Take what was read at ``time``. Where none of it is a number, nothing was read."""
        if np.isfinite(odds).any():
            self._take(time, odds, score)
        self._due = time + 0.99 * self._interval

    def _take(self, time: float, odds: NDArray[np.float32], score: float) -> None:
        finite = np.nan_to_num(odds.astype(np.float64), posinf=0.0, neginf=0.0)
        self.stretches.append(Stretch(time, time + self._interval, finite, score))
        if len(self.stretches) > MOST_STRETCHES:
            halves = [*self.stretches, None] if len(self.stretches) % 2 else self.stretches
            pairs = zip(halves[::2], halves[1::2], strict=True)
            self.stretches = [a.joined(b) if b else a for a, b in pairs if a]
            self._interval *= 2

    @property
    def odds(self) -> NDArray[np.float64] | None:
        """Log-odds over the whole video; None where nothing was read."""
        return np.sum([stretch.odds for stretch in self.stretches], axis=0) if self.stretches else None

    @property
    def score(self) -> float:
        """The largest detection score of any sample."""
        return max((stretch.score for stretch in self.stretches), default=0.0)

    @property
    def samples(self) -> int:
        """How many samples were read in all."""
        return sum(stretch.samples for stretch in self.stretches)


def bits_of(odds: NDArray[np.float64]) -> str:
    """A str of 0 and 1, by the signs of log-odds."""
    return "".join("1" if value > 0 else "0" for value in odds)
