"""Find how a copy was scaled, turned and squeezed by the pattern's repetition, without its key.

Whatever the key and the payload, the pattern repeats every TILE units down and across, so the autocorrelation of a
copy's residual has peaks at two steps and their sums, and those two steps are the copy's geometry (Kutter 1998,
"Watermarking resistant to translation, rotation, and scaling"). One Fourier transform of the residual shows every
geometry at once, so that all turns, scales and proportions are compared by looking up a few points of one map.

Because no key has a say, what is found here costs nothing in the account of any key's false positives, and serves all
keys. It says nothing about where a tile begins, nor which way up it is: that is for :mod:`synchronise`.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.watermark.lattice import TILE, Plane, Real
from touchmark.provenance.watermark.residual import Evidence

Floats = NDArray[np.float64]

_SCALES: Final = np.exp(np.arange(math.log(0.45), math.log(1.6), 0.012))
"""Units of the pattern for each unit of the copy."""
_ASPECTS: Final = np.exp(np.arange(-5, 6) * 0.025)
_TURNS: Final = np.arange(-45.0, 45.0, 0.75)
_WAVES: Final = (1.2, 14.0)
"""Frequencies that are looked at, in periods per 64 units of the copy."""
_LOUDEST = 6.0
"""A spectral line louder than this many times its surroundings is cut down: it belongs to the picture."""

# Steps in halves of a tile, and what the pattern's autocorrelation is there. At whole tiles every wave agrees; at half
# tiles the template agrees, and of the other waves more disagree than agree.
_STEPS = tuple(
    ((float(i), float(j)), 1.0 if i % 2 == j % 2 == 0 else -0.17)
    for i in range(-4, 5)
    for j in range(5)
    if (j > 0 or i > 0) and math.hypot(i, j) <= 4.5
)
_FAINTEST = 2.0
"""Peaks that sum up to less, in standard deviations of an autocorrelation, are taken as this."""
_NEAREST = 24.0
"""Steps shorter than this, in units of the copy, are not looked at: there every picture resembles itself."""


@dataclass(frozen=True, slots=True)
class Repetition:
    """A geometry under which the residual repeats.

    Attributes:
        strength: standard deviations above what other geometries show.
        scale_x, scale_y, degrees: as in :class:`touchmark.provenance.watermark.synchronise.Geometry`, up to quarter
            turns and mirroring.
        shares: how much of a wave each plane holds, relative to its noise, on a common scale.
    """

    strength: float
    scale_x: float
    scale_y: float
    degrees: float
    shares: dict[Plane, float]


def repetitions(evidence: Evidence, count: int) -> list[Repetition]:
    """The ``count`` likeliest geometries that are not neighbours of each other, strongest first."""
    maps = {plane: _autocorrelation(evidence, plane) for plane in Plane}
    turns, aspects, scales = (a.ravel() for a in np.meshgrid(_TURNS, _ASPECTS, _SCALES, indexing="ij"))
    scores = _scores(maps.values(), np.sqrt(aspects) * scales, scales / np.sqrt(aspects), turns)
    centre, spread = float(np.median(scores)), 1.4826 * float(np.median(np.abs(scores - np.median(scores)))) + 1e-12
    found: list[tuple[float, float, float, float]] = []
    for index in np.argsort(-scores)[: 40 * count]:
        aspect, scale, turn = float(aspects[index]), float(scales[index]), float(turns[index])
        if all(
            abs(math.log(scale / other_scale)) > 0.03
            or abs(math.log(aspect / other_aspect)) > 0.06
            or _apart(turn, other_turn) > 2.5
            for _, other_scale, other_aspect, other_turn in found
        ):
            found.append(((float(scores[index]) - centre) / spread, scale, aspect, turn))
            if len(found) == count:
                break
    return [_climbed(maps, *start) for start in found]


def _apart(turn: float, other: float) -> float:
    return abs((turn - other + 45) % 90 - 45)


def _climbed(maps: dict[Plane, _Map], strength: float, scale: float, aspect: float, turn: float) -> Repetition:
    """The same geometry, to a fraction of a percent: steps that get smaller, as long as the peaks get higher."""
    at = np.array([math.log(scale * math.sqrt(aspect)), math.log(scale / math.sqrt(aspect)), math.radians(turn)])
    best = float(_at(maps.values(), at[None])[0])
    for step in (0.006, 0.003, 0.0015):
        for _ in range(8):
            near = at + step * np.array([[a, b, c] for a in (-1, 0, 1) for b in (-1, 0, 1) for c in (-1, 0, 1)])
            scores = _at(maps.values(), near)
            if scores.max() <= best:
                break
            best, at = float(scores.max()), near[int(np.argmax(scores))]
    # A plane's peaks grow with the square of what its waves hold.
    shares = {plane: math.sqrt(max(float(_at([m], at[None])[0]), _FAINTEST)) for plane, m in maps.items()}
    return Repetition(strength, math.exp(at[0]), math.exp(at[1]), math.degrees(at[2]), shares)


def _at(maps: Collection[_Map], points: Floats) -> Floats:
    return _scores(maps, np.exp(points[:, 0]), np.exp(points[:, 1]), np.degrees(points[:, 2]))


@dataclass(frozen=True, slots=True)
class _Map:
    """An autocorrelation; ``values[y, x]`` belongs to a step of (x - centre_x) * pitch_x units across, and so on."""

    values: Real
    pitch_x: float
    pitch_y: float

    def looked_up(self, x: Floats, y: Floats) -> Floats:
        """Values at steps in units, interpolated; 0 outside."""
        rows, columns = self.values.shape
        found = cv2.remap(
            self.values,
            (x / self.pitch_x + columns // 2).astype(np.float32).reshape(-1, 64),
            (y / self.pitch_y + rows // 2).astype(np.float32).reshape(-1, 64),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=0,
        )
        return np.asarray(found, np.float64).ravel()


def _autocorrelation(evidence: Evidence, plane: Plane) -> _Map:
    """Of one plane, with the spectrum flattened first, so that no structure of the picture speaks alone."""
    values = evidence.planes[plane]
    across, down = evidence.pitch(plane)
    rows, columns = (cv2.getOptimalDFTSize(2 * side) for side in values.shape)
    power = np.abs(np.fft.rfft2(values, (rows, columns))) ** 2
    frequency = 64 * np.hypot(np.fft.fftfreq(rows, down)[:, None], np.fft.rfftfreq(columns, across)[None, :])
    ring = np.rint(2 * frequency).astype(np.intp)
    mean = np.bincount(ring.ravel(), power.ravel()) / np.maximum(np.bincount(ring.ravel()), 1)
    flat = np.minimum(power / np.maximum(mean[ring], 1e-12), _LOUDEST)
    flat = np.where((frequency >= _WAVES[0]) & (frequency <= _WAVES[1]), flat, 0)
    correlation = np.fft.fftshift(np.fft.irfft2(flat, (rows, columns)))
    correlation /= correlation.std() + 1e-12
    return _Map(correlation.astype(np.float32), across, down)


def _scores(maps: Collection[_Map], scale_x: Floats, scale_y: Floats, degrees: Floats) -> Floats:
    """How strongly the maps show peaks where a geometry puts them."""
    count = len(degrees)
    padded = -(-count // 64) * 64
    scale_x, scale_y, degrees = (np.resize(v, padded) for v in (scale_x, scale_y, degrees))
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    total = np.zeros(padded)
    for (i, j), weight in _STEPS:
        # A step of the upright, unscaled pattern, seen in the copy: unscaled, then turned back (y runs downwards).
        right, under = i * TILE / 2 / scale_x, j * TILE / 2 / scale_y
        x, y = cos * right - sin * under, sin * right + cos * under
        far = np.hypot(x, y) > _NEAREST
        for correlation in maps:
            total += weight * far * np.clip(correlation.looked_up(x, y), -8, 8)
    return total[:count]
