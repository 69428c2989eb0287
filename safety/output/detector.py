"""What looks at what a picture shows, and what keeps it honest.

A detector is somebody else's model. So it gets a picture that it cannot change, a time within which to answer, and no
trust in the answer: labels that it did not announce, scores that are no numbers from 0 to 1, anything that is no list
of detections is a failure, and a failure holds the video.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.media.video import Frame
from touchmark.safety.bounded import within
from touchmark.safety.output.findings import OutputFinding, Ruling
from touchmark.safety.stages import DetectorRule


class DetectorError(TouchmarkError):
    """A detector that the policy names cannot be used; nothing is published until it can."""

    code: ClassVar[str] = "safety.detector"


@dataclass(frozen=True, slots=True)
class Detection:
    """Something a detector saw in one picture.

    Attributes:
        label: one of the detector's.
        score: 0..1.
    """

    label: str
    score: float


class Detector(Protocol):
    """A model that looks at one picture at a time. Usable for many videos, one call at a time."""

    @property
    def name(self) -> str:
        """What it is called in findings."""

    @property
    def labels(self) -> frozenset[str]:
        """Everything that it can say."""

    def detect(self, pixels: NDArray[np.uint8]) -> Sequence[Detection]:
        """What it sees.

        Args:
            pixels: ndarray of shape (height, width, 3), uint8, RGB; read-only.
        """


class DetectorCheck:
    """A detector with what the policy makes of its labels."""

    def __init__(self, detector: Detector, rule: DetectorRule, ruling: Ruling) -> None:
        """
        Raises:
            DetectorError: the policy counts a label that the detector does not have.
        """
        unknown = sorted(rule.labels.keys() - detector.labels)
        if unknown:
            raise DetectorError(
                f"the detector {detector.name} has no label {unknown[0]!a}",
                subject=ruling.policy.name,
                remedy=f"It has: {', '.join(sorted(detector.labels))[:500]}.",
            )
        self.name = detector.name
        self.interval = Fraction(rule.interval)
        self._detector = detector
        self._rule = rule
        self._ruling = ruling
        self._turn = threading.Lock()

    def inspect(self) -> DetectorCheck:
        """Begin with a new video; nothing is kept from frame to frame."""
        return self

    def look(self, frame: Frame) -> Iterable[OutputFinding]:
        """See :class:`~touchmark.safety.output.checks.Inspection`."""
        pixels = frozen(frame.pixels)
        said = require_detections(within(self._rule.patience, lambda: self._detect(pixels)), self._detector.labels)
        for label, rule in self._rule.labels.items():
            score = max((detection.score for detection in said if detection.label == label), default=0.0)
            severity = rule.thresholds.severity(score)
            if severity is not None:
                yield self._ruling.finding(
                    rule.category,
                    severity,
                    check=self.name,
                    score=score,
                    explanation=f"The detector {self.name} scores {label} at {score:.2f}: {severity.value}.",
                    what=label,
                    at=(frame.time, frame.time),
                )

    def finish(self) -> Iterable[OutputFinding]:
        """See :class:`~touchmark.safety.output.checks.Inspection`."""
        return []

    def _detect(self, pixels: NDArray[np.uint8]) -> object:
        with self._turn:  # where an earlier call hangs, this one waits until its own time is up
            return self._detector.detect(pixels)


def frozen(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The same pixels, read-only: what a detector draws into a picture would be published."""
    view = pixels.view()
    view.flags.writeable = False
    return view


def require_detections(said: object, labels: frozenset[str]) -> tuple[Detection, ...]:
    """What a detector said, if it is what a detector can say. Raises TypeError or ValueError if not."""
    if not isinstance(said, list | tuple):
        raise TypeError(f"the detector answered with {type(said).__name__}, not with detections")
    for detection in said:
        if not isinstance(detection, Detection) or not isinstance(detection.score, float | int):
            raise TypeError(f"the detector answered with {type(detection).__name__}, not with a detection")
        if detection.label not in labels:
            raise ValueError(f"the detector answered with a label that it does not have: {detection.label!r}")
        if not (math.isfinite(detection.score) and 0 <= detection.score <= 1):
            raise ValueError(f"the detector scored {detection.label!r} at {detection.score}, which is not from 0 to 1")
    return tuple(said)
