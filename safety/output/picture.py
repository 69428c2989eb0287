"""Checks that every release runs: that what came out of the model is a video at all."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import numpy as np

from touchmark.provenance.media.video import Frame
from touchmark.safety.decision import Action
from touchmark.safety.output.checks import OutputCheck
from touchmark.safety.output.findings import NOT_CHECKED, OutputFinding


class WellFormed:
    """Every frame is a picture: uint8 RGB, not empty, all of one size, each later than the one before."""

    name = "well-formed"
    interval = Fraction(0)

    def inspect(self) -> _WellFormedInspection:
        """Begin with a new video."""
        return _WellFormedInspection()


class _WellFormedInspection:
    def __init__(self) -> None:
        self._before: Frame | None = None

    def look(self, frame: Frame) -> Iterable[OutputFinding]:
        problem = self._problem(frame)
        self._before = frame
        return [_broken(WellFormed.name, problem, frame.time)] if problem else []

    def _problem(self, frame: Frame) -> str | None:
        picture = frame.picture
        if isinstance(picture, np.ndarray) and (
            picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or 0 in picture.shape
        ):
            return f"A frame is not a picture (got {picture.dtype} of shape {picture.shape}, expected uint8 RGB)."
        if self._before is not None:
            if frame.size != self._before.size:
                return f"Frames change size (from {self._before.size} to {frame.size})."
            if frame.time <= self._before.time:
                return f"Frames go back in time (from {self._before.time} to {frame.time} s)."
        return None

    def finish(self) -> Iterable[OutputFinding]:
        return [] if self._before else [_broken(WellFormed.name, "There is not one frame.", Fraction(0))]


class NotBlack:
    """Something is to be seen: what a model that computed NaN puts out is black from end to end."""

    name = "not-black"
    interval = Fraction(1, 4)

    darkest = 8
    """Levels of 255. Compression noise on black stays below."""

    def inspect(self) -> _NotBlackInspection:
        """Begin with a new video."""
        return _NotBlackInspection(self.darkest)


class _NotBlackInspection:
    def __init__(self, darkest: int) -> None:
        self._darkest = darkest
        self._brightest = 0

    def look(self, frame: Frame) -> Iterable[OutputFinding]:
        self._brightest = max(self._brightest, int(frame.pixels.max()))
        return []

    def finish(self) -> Iterable[OutputFinding]:
        if self._brightest > self._darkest:
            return []
        why = "Every frame is black, which is what a model puts out when its numbers overflow."
        return [_broken(NotBlack.name, why, Fraction(0))]


def default_checks() -> tuple[OutputCheck, ...]:
    """The checks that every release runs, whatever its policy says."""
    return (WellFormed(), NotBlack())


def _broken(check: str, why: str, time: Fraction) -> OutputFinding:
    return OutputFinding(check, Action.REFUSE, None, NOT_CHECKED, 1.0, why, time, time, 1)
