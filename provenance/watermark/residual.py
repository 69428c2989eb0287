"""From frames to evidence: what is left of sampled frames when the picture itself is filtered out.

Residuals of frames add up, because the pattern stands still while pictures change. They are not added at once: some
frames hold more of the mark than others (a coder keeps it in key frames and loses it where the picture moves), and the
timeline needs them apart. So sums are kept for short stretches of time, and memory is bounded by merging neighbours,
again and again, where a video has more than MAX_STRETCHES of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.media.picture import Planes, Samples
from touchmark.provenance.media.video import Frame
from touchmark.provenance.watermark.lattice import SHORT_SIDE, Plane

Real = NDArray[np.float32]

MAX_STRETCHES: Final = 64
_SMALLEST = 80
"""Fewest pixels on the short side of a copy that is looked at: a smaller one has too few to carry a payload."""
_SHORTEST = 1 / 16
"""Seconds in a stretch, before any merging."""
_SPARSEST = 1 / 4
"""Seconds between sampled frames, at most, however long the stretches have become."""
_LONGEST_ASPECT = 4
"""Of a longer strip only the beginning is looked at."""


_OF_OTHERS: Final = 2 / 3
"""How loud all frames between key frames may be, over these. At 1 less is read after H.265 at CRF 40, where the others
hold nothing, at 1/2 of a second that was cut out and encoded anew."""
_HALVING: Final = 1 / 4 + 2 / 3
"""Variance, in samples, of the blur that averaging pairs and interpolating between them make."""
_KEPT: Final = 2
"""Units of the pattern per sample of what is kept: the shortest of its waves is seven units long."""


@dataclass(frozen=True, slots=True)
class _Filter:
    """Sampling and whitening of one plane; lengths in samples of that plane.

    Attributes:
        step: units of the pattern per sample.
        fine: standard deviation of the Gaussian whose blur is taken away.
        around: standard deviation of the window in which loudness is measured.
        floor: loudness, in 8-bit steps, below which nothing is amplified.
    """

    step: int
    fine: float
    around: float
    floor: float


_FILTERS = {
    Plane.LUMA: _Filter(step=1, fine=2.8, around=3.0, floor=2.6),
    Plane.BLUE: _Filter(step=2, fine=2.2, around=2.5, floor=1.05),
    Plane.RED: _Filter(step=2, fine=2.2, around=2.5, floor=1.05),
}


@dataclass(frozen=True, eq=False)
class Evidence:
    """Summed residuals of some frames.

    Attributes:
        planes: one ndarray per plane, all of one shape.
        width, height: what the planes cover, in units of 1/320 of the short side.
    """

    planes: dict[Plane, Real]
    width: float
    height: float

    @cached_property
    def spread(self) -> dict[Plane, float]:
        """Standard deviation of each plane."""
        return {plane: float(values.std()) for plane, values in self.planes.items()}

    def pitch(self, plane: Plane) -> tuple[float, float]:
        """Units from one sample to the next, across and down."""
        rows, columns = self.planes[plane].shape
        return self.width / columns, self.height / rows

    def turned(self, mirrored: bool, degrees: float, shear: float = 0.0) -> Evidence:
        """The evidence flipped left to right where asked, turned counter-clockwise, then set upright from its lean.

        Quarter turns lose nothing; what a further turn moves out of the frame is lost.
        """
        quarters = round(degrees / 90)
        rest = math.radians(degrees - 90 * quarters)
        planes = self.planes
        if mirrored:
            planes = {plane: values[:, ::-1] for plane, values in planes.items()}
        if quarters % 4:
            planes = {plane: np.rot90(values, quarters) for plane, values in planes.items()}
        planes = {plane: np.ascontiguousarray(values) for plane, values in planes.items()}
        sides = (self.height, self.width) if quarters % 2 else (self.width, self.height)
        flipped = Evidence(planes, *sides)
        if not rest and not shear:
            return flipped
        cos, sin = math.cos(rest), math.sin(rest)
        return flipped._warped(np.array([[cos, cos * shear - sin], [sin, sin * shear + cos]]))

    def _warped(self, source: NDArray[np.float64]) -> Evidence:
        """What lies at q, in units from the centre, is taken from ``source`` q."""
        planes = {}
        for plane, values in self.planes.items():
            rows, columns = values.shape
            units = np.diag(self.pitch(plane))
            samples = np.linalg.solve(units, source @ units)
            centre = np.array([(columns - 1) / 2, (rows - 1) / 2])
            planes[plane] = np.asarray(
                cv2.warpAffine(
                    values,
                    np.column_stack([samples, centre - samples @ centre]),
                    (columns, rows),
                    flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
                ),
                np.float32,
            )
        return Evidence(planes, self.width, self.height)


@dataclass(frozen=True, slots=True)
class TimedEvidence:
    """Evidence of one stretch of time, in seconds; of its key frames or of its other frames."""

    start: float
    end: float
    evidence: Evidence
    of_key_frames: bool = False

    @property
    def length(self) -> float:
        """Seconds; the same for all stretches that were gathered together."""
        return self.end - self.start


def weighted(stretches: Sequence[TimedEvidence], weights: Sequence[float] | None = None) -> Evidence:
    """The sum of evidence, each stretch times its weight."""
    first = stretches[0].evidence
    if weights is None and len(stretches) == 1:
        return first
    weights = weights or [1.0] * len(stretches)
    planes = {plane: np.zeros_like(values) for plane, values in first.planes.items()}
    for stretch, weight in zip(stretches, weights, strict=True):
        for plane, values in stretch.evidence.planes.items():
            planes[plane] += np.float32(weight) * values
    return Evidence(planes, first.width, first.height)


def balanced(stretches: Sequence[TimedEvidence]) -> Evidence | None:
    """The sum of evidence, in which all frames between key frames are no louder than two thirds of these; None where
    that is the plain sum, or one of the two kinds has nothing to say.

    Where the picture moves, a strong coder leaves hardly more of the pattern than what is in its key frames, of which a
    second has one; and the others, which show other parts of the scene, hold what they leave of it in other noise. In a
    plain sum of many frames the few key frames are not heard. It is no substitute for that: of a video to which
    somebody put a beginning of his own, the others may hold all.
    """
    keys, others = ([s for s in stretches if s.of_key_frames is is_key] for is_key in (True, False))
    if not keys or not others:
        return None
    first, second = weighted(keys), weighted(others)
    limits = {plane: _OF_OTHERS * first.spread[plane] for plane in first.planes}
    if not any(0 < limit < second.spread[plane] for plane, limit in limits.items()):
        return None
    shares = {plane: limit / max(second.spread[plane], limit) if limit > 0 else 0.0 for plane, limit in limits.items()}
    planes = {plane: first.planes[plane] + np.float32(share) * second.planes[plane] for plane, share in shares.items()}
    return Evidence(planes, first.width, first.height)


def gather(frames: Iterable[Frame]) -> list[TimedEvidence]:
    """Sample a video and sum its residuals by stretches of time, in order; empty for a video without frames."""
    sums: dict[tuple[int, bool], Evidence] = {}
    length = _SHORTEST
    last_sample: float | None = None
    shape: tuple[int, int] | None = None
    for frame in frames:
        time, is_key = float(frame.time), frame.is_key
        near = last_sample is not None and abs(time - last_sample) < 0.99 * min(length, _SPARSEST)
        if min(frame.size) >= _SMALLEST and (is_key or not near):
            last_sample = time
            shape = shape or _working_shape(frame.size)
            _add(sums, (math.floor(time / length + 1e-6), is_key), residual(frame.planes, shape))
        del frame  # of a large film that is a hundred megabytes while the next is decoded
        while len(sums) > MAX_STRETCHES:
            length *= 2
            finer, sums = sums, {}
            for (index, was_key), evidence in finer.items():
                _add(sums, (index // 2, was_key), evidence)
    return [
        TimedEvidence(index * length, (index + 1) * length, sums[index, is_key], is_key)
        for index, is_key in sorted(sums)
    ]


def gather_apart(frames: Iterable[Frame], seconds: int) -> Iterator[list[TimedEvidence]]:
    """As :func:`gather`, some seconds of a video at a time and key frames among the others: what is held does not grow
    with the video, and a minute has its stretches of a second at most. Pictures too small to be looked at are nowhere.
    """
    alike = (replace(frame, is_key=False) for frame in frames)
    for _, members in groupby(alike, key=lambda frame: frame.time // seconds):
        if stretches := gather(members):
            yield stretches


def _add(sums: dict[tuple[int, bool], Evidence], index: tuple[int, bool], evidence: Evidence) -> None:
    if index not in sums:
        sums[index] = evidence
        return
    for plane, values in evidence.planes.items():
        sums[index].planes[plane] += values


def _working_shape(size: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of the luma plane: even, about one sample a unit."""
    short = min(size)
    rows, columns = (2 * round(min(side, _LONGEST_ASPECT * short) / short * SHORT_SIDE / 2) for side in size)
    return rows, columns


def residual(picture: Planes, shape: tuple[int, int] | None = None) -> Evidence:
    """What is left of one picture; ``shape`` as of the video's first, where later ones may be of another size."""
    shape = shape or _working_shape(picture.luma.shape)
    height, width = picture.luma.shape
    short = min(height, width)
    height, width = (min(side, _LONGEST_ASPECT * short) for side in (height, width))
    rows, columns = shape
    planes: dict[Plane, Real] = {}
    for plane, values, halving in (
        (Plane.LUMA, picture.luma, 1),
        (Plane.BLUE, picture.blue, 2),
        (Plane.RED, picture.red, 2),
    ):
        chosen = _FILTERS[plane]
        size = (columns // chosen.step, rows // chosen.step)
        shown = values[: -(-height // halving), : -(-width // halving)]
        detail = _whitened(_scaled(shown, size) / np.float32(picture.colour.step), chosen)
        kept = (columns // _KEPT, rows // _KEPT)
        planes[plane] = detail if size == kept else np.asarray(cv2.resize(detail, kept, interpolation=cv2.INTER_AREA))
    return Evidence(planes, width * SHORT_SIDE / short, height * SHORT_SIDE / short)


def _scaled(samples: Samples, size: tuple[int, int]) -> Real:
    """At another size, in columns and rows. To shrink by a fraction, a few times more samples are interpolated and
    averaged: as good as averaging fractions of samples, and a fifth of its time."""
    samples = _halved(samples, size).astype(np.float32)
    if samples.shape[0] <= size[1]:
        return np.asarray(cv2.resize(samples, size, interpolation=cv2.INTER_CUBIC), np.float32)
    times = 2
    while samples.shape[0] >= 2 * times * size[1]:  # an odd side could not be halved
        times *= 2
    between = cv2.resize(samples, (times * size[0], times * size[1]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.resize(between, size, interpolation=cv2.INTER_AREA), np.float32)


def _halved(samples: Samples, size: tuple[int, int]) -> Samples:
    """Halved as often as it can be without falling under ``size``: much faster than shrinking by any other factor, and
    in whole samples faster than in fractions. What rounding adds is little beside the floors of loudness."""
    while (
        samples.shape[0] >= 2 * size[1] and samples.shape[1] >= 2 * size[0] and not (np.array(samples.shape) % 2).any()
    ):
        half = (samples.shape[1] // 2, samples.shape[0] // 2)
        samples = np.asarray(cv2.resize(samples, half, interpolation=cv2.INTER_AREA), samples.dtype)
    return samples


def _whitened(values: Real, how: _Filter) -> Real:
    """High-pass, clipped against edges, over loudness squared: the weight of a matched filter in uneven noise."""
    detail = np.subtract(values, _blurred(values, how.fine))
    loudness = _blurred(detail * detail, how.around)
    np.sqrt(np.maximum(loudness, 0, out=loudness), out=loudness)
    loudness += np.float32(how.floor)
    detail /= loudness
    np.clip(detail, -2.5, 2.5, out=detail)
    detail /= loudness
    return detail


def _blurred(values: Real, deviation: float) -> Real:
    """With a Gaussian of some two samples or more, worked out on every other sample."""
    rows, columns = values.shape
    few = cv2.resize(values, (-(-columns // 2), -(-rows // 2)), interpolation=cv2.INTER_AREA)
    smooth = cv2.GaussianBlur(few, (0, 0), math.sqrt(deviation**2 - _HALVING) / 2)
    return np.asarray(cv2.resize(smooth, (columns, rows), interpolation=cv2.INTER_LINEAR), np.float32)
