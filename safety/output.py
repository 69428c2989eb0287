"""Looks at frames while they stream from the model to the sealer. What it holds back is never published.

    frames = checked(raw.frames, default_checks())        # use these frames instead of the model's own

A check that finds something, or that crashes, holds the video: :class:`OutputHeldError`, in the middle of the stream,
so that the release fails and leaves no file. Memory is that of one frame. The checks that ship find what a broken
model puts out; what a picture *shows* is for detectors behind the same two protocols.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import ClassVar, Protocol

import numpy as np

from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.media.video import Frame


class OutputHeldError(TouchmarkError):
    """A check held the video, or could not tell; it is not published."""

    code: ClassVar[str] = "safety.output_held"
    exit_status: ClassVar[int] = 1


class Inspection(Protocol):
    """One video under one check."""

    def look(self, frame: Frame) -> None:
        """Look at the next sampled frame. Raises :class:`OutputHeldError` to hold the video."""

    def finish(self) -> None:
        """Judge the whole, after the last frame. Raises :class:`OutputHeldError` to hold the video."""


class OutputCheck(Protocol):
    """A kind of inspection. Holds no state of a video, so that one check serves many."""

    @property
    def name(self) -> str:
        """What the check is called in errors and in the ledger."""

    @property
    def interval(self) -> Fraction:
        """Seconds between the frames it looks at; zero for every frame. The first is always among them."""

    def inspect(self) -> Inspection:
        """Begin with a new video."""


class WellFormed:
    """Every frame is a picture: uint8 RGB, not empty, all of one size, each later than the one before."""

    name = "well-formed"
    interval = Fraction(0)

    def inspect(self) -> Inspection:
        return _WellFormedInspection()


class _WellFormedInspection:
    def __init__(self) -> None:
        self._before: Frame | None = None

    def look(self, frame: Frame) -> None:
        picture = frame.picture
        if isinstance(picture, np.ndarray) and (
            picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or 0 in picture.shape
        ):
            raise _held(f"a frame is not a picture (got {picture.dtype} of shape {picture.shape}, expected uint8 RGB)")
        if self._before is not None:
            if frame.size != self._before.size:
                raise _held(f"frames change size (from {self._before.size} to {frame.size})")
            if frame.time <= self._before.time:
                raise _held(f"frames go back in time (from {self._before.time} to {frame.time} s)")
        self._before = frame

    def finish(self) -> None:
        if self._before is None:
            raise _held("there is not one frame")


class NotBlack:
    """Something is to be seen: what a model that computed NaN puts out is black from end to end."""

    name = "not-black"
    interval = Fraction(1, 4)

    darkest = 8
    """Levels of 255. Compression noise on black stays below."""

    def inspect(self) -> Inspection:
        return _NotBlackInspection(self.darkest)


class _NotBlackInspection:
    def __init__(self, darkest: int) -> None:
        self._darkest = darkest
        self._brightest = 0

    def look(self, frame: Frame) -> None:
        self._brightest = max(self._brightest, int(frame.pixels.max()))

    def finish(self) -> None:
        if self._brightest <= self._darkest:
            raise _held("every frame is black, which is what a model puts out when its numbers overflow")


def default_checks() -> tuple[OutputCheck, ...]:
    """The checks that every release runs."""
    return (WellFormed(), NotBlack())


def checked(frames: Iterator[Frame], checks: Sequence[OutputCheck]) -> Iterator[Frame]:
    """The same frames, each passed on only after the checks that sample it have looked at it.

    The consumer must exhaust the iterator: checks of the whole speak after the last frame.

    Raises:
        OutputHeldError: from the iterator, when a check holds the video or fails itself.
    """
    inspections: list[Inspection] = []
    for check in checks:
        with _holding(check):
            inspections.append(check.inspect())
    due: list[Fraction | None] = [None] * len(checks)
    for frame in frames:
        for index, check in enumerate(checks):
            moment = due[index]
            if moment is None or frame.time >= moment:
                with _holding(check):
                    inspections[index].look(frame)
                    due[index] = frame.time + check.interval
        yield frame
    for check, inspection in zip(checks, inspections, strict=True):
        with _holding(check):
            inspection.finish()


@contextmanager
def _holding(check: OutputCheck) -> Iterator[None]:
    """A check that crashes has not passed the video, so it holds it."""
    try:
        yield
    except OutputHeldError as held:
        held.subject = held.subject or check.name
        raise
    except Exception as error:
        raise OutputHeldError(
            f"the check failed ({error.__class__.__name__}: {error}), so the video is held",
            subject=check.name,
            remedy="Repair or remove the check; what was not checked is not published.",
        ) from error


def _held(problem: str) -> OutputHeldError:
    return OutputHeldError(problem, remedy="Render again with another seed; if it persists, check the model's numbers.")
