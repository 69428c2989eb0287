"""Find how a copy was scaled, turned and squeezed by the pattern's repetition, without its key.

Whatever the key and the payload, the pattern repeats every TILE units down and across, so the autocorrelation of a
copy's residual has peaks at two steps and their sums, and those two steps are the copy's geometry (Kutter 1998,
"Watermarking resistant to translation, rotation, and scaling"). One Fourier transform of the residual shows every
geometry at once, so that all turns, scales and proportions are compared by looking up a few points of one map.

Because no key has a say, what is found here costs nothing in the account of any key's false positives, and serves all
keys. It says nothing about where a tile begins, nor which way up it is: that is for :mod:`alignment`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.watermark.geometry import Geometry
from touchmark.provenance.watermark.lattice import TILE, Plane, Real
from touchmark.provenance.watermark.residual import Evidence

Floats = NDArray[np.float32 | np.float64]

_SCALES: Final = np.exp(np.arange(math.log(0.45), math.log(1.6), 0.012))
"""Units of the pattern for each unit of the copy."""
_ASPECTS: Final = np.exp(np.arange(-5, 6) * 0.025)
_TURNS: Final = np.arange(-45.0, 45.0, 0.75)
_STRETCHES: Final = np.exp(np.concatenate([way * np.arange(6, 29) * 0.025 for way in (-1, 1)]))
"""Proportions further from those of the original, up to twice: what players and editors make of a picture that shall
fill a screen of another shape. Such a copy stands upright; all turns of all of them would be three times the work."""
_WAVES: Final = (1.2, 14.0)
"""Frequencies that are looked at, in periods per 64 units of the copy."""
_LOUDEST = 2.0
"""A spectral line louder than this many times its surroundings is cut down: it belongs to the picture."""

_TALLEST = 8.0
"""Standard deviations above which a peak counts no more: one that is taller belongs to the picture."""

_STEPS: Final = np.array(
    [(i, j) for i in range(-4, 5) for j in range(5) if (j > 0 or i > 0) and math.hypot(i, j) <= 4.5], np.float32
)
"""In halves of a tile."""
_FAINTEST = 2.0
"""Peaks that sum up to less, in standard deviations of an autocorrelation, are taken as this."""
_NEAREST, _FARTHEST = 24.0, 280.0
"""Shorter steps, in units of the copy, are not looked at: there every picture resembles itself. Nor are longer ones
when tiles of different sizes are compared."""

_STARTS = 8
"""From how many geometries of the grid the search climbs."""
_SAME = 4.0
"""Lattices whose steps differ by less, in units of the copy, are one."""
_AT_ONCE = 4096
_STEP_SIZES: Final = (0.012, 0.006, 0.003, 0.0015)
_NEIGHBOURS: Final = np.array(list(product((-1, 0, 1), repeat=4)), np.float64)


@dataclass(frozen=True, slots=True)
class Repetition:
    """A geometry under which the residual repeats.

    Attributes:
        strength: how well the residual's autocorrelation has its peaks where they should be, in standard deviations.
        geometry: but for its shift, one of eight orientations.
        shares: how much of a wave each plane holds, relative to its noise, on a common scale.
    """

    strength: float
    geometry: Geometry
    shares: dict[Plane, float]


class Echoes:
    """Where evidence repeats: the autocorrelation of each plane, which every question below looks up."""

    def __init__(self, evidence: Evidence) -> None:
        pitch = evidence.pitch(Plane.LUMA)
        rings = _Rings.of(evidence.planes[Plane.LUMA].shape, pitch)
        # Of one shape and pitch, all of them.
        self._maps = {plane: _Map(_autocorrelation(evidence.planes[plane], rings), *pitch) for plane in Plane}

    def likeliest(self, count: int) -> list[Repetition]:
        """The ``count`` likeliest geometries, likeliest first."""
        total = _sum(self._maps.values())
        grid = _grid()
        turns, aspects, scales = grid.turns, grid.aspects, grid.scales
        scores = _scores(total, grid.basis)
        first = np.argpartition(-scores, 100 * _STARTS)[: 100 * _STARTS]
        found: list[tuple[float, Geometry]] = []
        starts: list[int] = []
        for index in first[np.argsort(-scores[first])]:
            if len(starts) == _STARTS:
                break
            if any(
                abs(math.log(scales[index] / scales[other])) < 0.03
                and abs(math.log(aspects[index] / aspects[other])) < 0.06
                and abs((turns[index] - turns[other] + 45) % 90 - 45) < 2.5
                for other in starts
            ):
                continue
            starts.append(int(index))
            for member in _family(_geometry(grid.points[:, index])):
                at = _climbed(total, _point(member))
                found.append((_fit(total, at), _geometry(at)))
        found.sort(key=lambda f: -f[0])
        chosen: list[Repetition] = []
        for fit, geometry in found:
            if not any(_alike(geometry, other.geometry) for other in chosen):
                chosen.append(Repetition(fit, geometry, self.shares(geometry)))
                if len(chosen) == count:
                    break
        return chosen

    def shares(self, geometry: Geometry) -> dict[Plane, float]:
        """How much each plane repeats at a geometry, see :class:`Repetition`: peaks grow with the square of what waves
        hold."""
        basis = _basis(_point(geometry)[:, None])
        return {plane: math.sqrt(max(float(_scores(m, basis)[0]), _FAINTEST)) for plane, m in self._maps.items()}


@dataclass(frozen=True, slots=True)
class _Grid:
    """The geometries that are looked at first, as parallel arrays of n, as points (see :func:`_point`) and bases."""

    turns: Floats
    aspects: Floats
    scales: Floats
    points: Floats
    basis: Real


@cache
def _grid() -> _Grid:
    parts = [(_TURNS, _ASPECTS, _SCALES), (np.zeros(1), _STRETCHES, _SCALES)]
    grids = [np.meshgrid(*part, indexing="ij") for part in parts]
    turns, aspects, scales = (np.concatenate([grid[axis].ravel() for grid in grids]) for axis in range(3))
    sizes = np.log(np.sqrt(aspects) * scales), np.log(scales / np.sqrt(aspects))
    points = np.stack([*sizes, np.radians(turns), np.zeros(turns.size)])
    return _Grid(turns, aspects, scales, points, _basis(points))


def _alike(geometry: Geometry, other: Geometry) -> bool:
    """Whether tiles of one lie on those of the other, one way or another."""
    steps = np.array(geometry.steps)
    return any(np.abs(np.array(way.steps) - steps).max() < _SAME for way in other.orientations())


def _family(geometry: Geometry) -> list[Geometry]:
    """What repeats as ``geometry`` does also repeats, for the most part, along the diagonals of its tiles."""
    (a, b), (c, d) = geometry.steps
    ways = [geometry]
    for part in (1.0, 0.5):
        diagonal = Geometry.of_steps((part * (a - c), part * (b - d)), (part * (a + c), part * (b + d)))
        if _SCALES[0] <= math.sqrt(diagonal.scale_x * diagonal.scale_y) <= _SCALES[-1]:
            ways.append(diagonal)
    return ways


def _fit(total: _Map, at: Floats) -> float:
    """Correlation of the summed maps with what a geometry predicts for all steps of a certain length, in standard
    deviations: comparable between tiles of different sizes."""
    reach = 2 * math.ceil(_FARTHEST / TILE * math.exp(max(at[0], at[1])))
    steps = np.array([(i, j) for i in range(-reach, reach + 1) for j in range(reach + 1) if j > 0 or i > 0], np.float32)
    basis = _basis(at[:, None])
    x, y = (steps @ axis for axis in basis)
    length = np.hypot(x, y)
    weight = _agreement(steps) * (length > _NEAREST) * (length < _FARTHEST)
    return float(np.sum(weight * total.at_steps(basis, steps))) / math.sqrt(float(np.sum(weight**2)) + 1e-12)


def _climbed(total: _Map, at: Floats) -> Floats:
    """The same geometry, to a fraction of a percent: steps that get smaller, as long as the peaks get higher."""
    best = float(_scores(total, _basis(at[:, None]))[0])
    for step in _STEP_SIZES:
        for _ in range(8):
            near = at + step * _NEIGHBOURS
            scores = _scores(total, _basis(near.T))
            if scores.max() <= best:
                break
            best, at = float(scores.max()), near[int(np.argmax(scores))]
    return at


def _basis(points: Floats) -> Real:
    """Where a step of half a tile to the right and one downwards lead to in the copy (y runs downwards).

    Args:
        points: ndarray of shape (4, n), as :func:`_point`.

    Returns:
        ndarray of shape (2, 2, n): ``found[axis, way]``, axes x and y, ways right and down.
    """
    log_x, log_y, turn, shear = points
    right, under = np.exp(-log_x) * (TILE // 2), np.exp(-log_y) * (TILE // 2)
    cos, sin = np.cos(turn), np.sin(turn)
    ways = [[cos * right, (cos * shear - sin) * under], [sin * right, (sin * shear + cos) * under]]
    return np.array(ways, np.float32)


def _agreement(steps: Floats) -> Floats:
    """The pattern's autocorrelation at steps in halves of a tile, shape (m, 1).

    At whole tiles every wave agrees; at half tiles the template agrees, and of the other waves most disagree.
    """
    return np.where(np.all(steps % 2 == 0, axis=1), 1.0, -0.17)[:, None]


def _point(geometry: Geometry) -> Floats:
    sizes = math.log(geometry.scale_x), math.log(geometry.scale_y)
    return np.array([*sizes, math.radians(geometry.degrees), geometry.shear])


def _geometry(at: Floats) -> Geometry:
    return Geometry(
        degrees=math.degrees(at[2]),
        shear=float(at[3]),
        scale_x=math.exp(at[0]),
        scale_y=math.exp(at[1]),
    )


@dataclass(frozen=True, slots=True)
class _Map:
    """An autocorrelation; ``values[y, x]`` belongs to a step of (x - centre_x) * pitch_x units across, and so on."""

    values: Real
    pitch_x: float
    pitch_y: float

    def at_steps(self, basis: Real, steps: Real = _STEPS) -> Real:
        """Values at ``steps``, shape (m, 2), along each basis (see :func:`_basis`), interpolated; 0 outside: (m, n)."""
        rows, columns = self.values.shape
        found = cv2.remap(
            self.values,
            steps @ (basis[0] / np.float32(self.pitch_x)) + np.float32(columns // 2),
            steps @ (basis[1] / np.float32(self.pitch_y)) + np.float32(rows // 2),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=0,
        )
        return np.asarray(found, np.float32)


def _sum(maps: Iterable[_Map]) -> _Map:
    first, *others = maps
    return _Map(np.sum([first.values, *(m.values for m in others)], axis=0), first.pitch_x, first.pitch_y)


@dataclass(frozen=True, slots=True)
class _Rings:
    """Lines of a spectrum by how high their frequency is.

    Attributes:
        shape: of what is transformed: room for a plane, and for its copy to slide out of sight.
        ring: ndarray of shape (rows, columns / 2 + 1): the ring that each line is in.
        count: how many are in each.
        looked_at: ndarray of that shape: which of them count.
    """

    shape: tuple[int, int]
    ring: NDArray[np.intp]
    count: NDArray[np.intp]
    looked_at: NDArray[np.bool_]

    @classmethod
    def of(cls, shape: tuple[int, ...], pitch: tuple[float, float]) -> _Rings:
        rows, columns = (cv2.getOptimalDFTSize(2 * side) for side in shape)
        across, down = pitch
        frequency = 64 * np.hypot(np.fft.fftfreq(rows, down)[:, None], np.fft.rfftfreq(columns, across)[None, :])
        ring = np.rint(2 * frequency).astype(np.intp)
        looked_at = (frequency >= _WAVES[0]) & (frequency <= _WAVES[1])
        return cls((rows, columns), ring, np.maximum(np.bincount(ring.ravel()), 1), looked_at)


def _autocorrelation(values: Real, rings: _Rings) -> Real:
    """Of one plane, with the spectrum flattened first, so that no structure of the picture speaks alone."""
    spectrum = np.fft.rfft2(values, rings.shape)
    power = spectrum.real**2 + spectrum.imag**2
    mean = np.bincount(rings.ring.ravel(), power.ravel()) / rings.count
    flat = np.minimum(power / np.maximum(mean, 1e-12).astype(np.float32)[rings.ring], np.float32(_LOUDEST))
    correlation = np.fft.fftshift(np.fft.irfft2(flat * rings.looked_at, rings.shape))
    correlation /= correlation.std() + np.float32(1e-12)
    return np.asarray(np.clip(correlation, -_TALLEST, _TALLEST), np.float32)


def _scores(shown: _Map, bases: Real) -> Real:
    """How strongly a map shows peaks where geometries put them; ``bases`` as :func:`_basis`, shape (2, 2, n)."""
    weight = _agreement(_STEPS).astype(np.float32)[:, 0]
    # No step of a lattice is shorter than what a basis makes of a step of one.
    all_far = bool(np.all(_shortest(bases) > _NEAREST))
    parts = []
    for start in range(0, bases.shape[2], _AT_ONCE):
        some = bases[..., start : start + _AT_ONCE]
        peaks = shown.at_steps(some)
        if not all_far:
            x, y = (_STEPS @ axis for axis in some)
            peaks[x * x + y * y <= _NEAREST**2] = 0
        parts.append(weight @ peaks)
    return np.concatenate(parts)


def _shortest(basis: Real) -> Real:
    """The least that a basis makes of a step of length one: its smaller singular value."""
    (a, b), (c, d) = basis
    whole, part = a * a + b * b + c * c + d * d, a * d - b * c
    least = whole - np.sqrt(np.maximum(whole * whole - 4 * part * part, 0))
    return np.asarray(np.sqrt(np.maximum(least, 0) / 2), np.float32)
