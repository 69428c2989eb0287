"""Find how a copy was scaled, cropped, turned or mirrored, by the template.

    finder = TemplateFinder(lattice)
    for alignment in finder.search(evidence):     # best first
        ...

Half the search is free: the template of one key is known, so a geometry is right when all its waves line up, and one
Fourier transform tries every shift of a geometry at once. What is tried is a fixed, limited set (the p-values count
it); perspective, strong rotation and unequal scaling are not in it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.watermark.lattice import TILE, Complex, Lattice, Plane, Real, harmonics
from touchmark.provenance.watermark.residual import Evidence

_PERIOD = TILE // 2
_SCALES = np.exp(np.arange(math.log(0.5), math.log(1.3), 0.011))
"""Size of the original's short side over the copy's, in content: below 1 after cropping, above 1 after padding."""
_TURNS = (0.0, *(sign * step * 0.8 for step in range(1, 6) for sign in (1, -1)))
_TURNED_SCALES = _SCALES[_SCALES < 1.05]
_REFINED = 3
_STEPS = (0.006, 0.003, 0.0015)
_ROUNDS = 2
_REACHABLE = (2 * _ROUNDS * 7 + 1) ** 3

TESTS: Final = float((len(_SCALES) + (len(_TURNS) - 1) * len(_TURNED_SCALES)) * _REACHABLE * 2 * _PERIOD**2)
"""Upper bound on the geometries, shifts and orientations that a search can compare: every point that refinement
could reach counts, visited or not."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """How the copy lies on the original's pattern.

    Attributes:
        scale_x, scale_y: units of the pattern for each unit (1/320 of the short side) of the copy.
        degrees: turn the copy counter-clockwise by this to set it upright, after mirroring.
        mirrored: whether the copy has to be mirrored first.
        shift_x, shift_y: pattern coordinates of the upright copy's corner.
    """

    scale_x: float = 1.0
    scale_y: float = 1.0
    degrees: float = 0.0
    mirrored: bool = False
    shift_x: float = 0.0
    shift_y: float = 0.0

    def upright(self, evidence: Evidence) -> Evidence:
        """The evidence turned the way the pattern lies."""
        return evidence.transformed(mirrored=self.mirrored, degrees=self.degrees)

    def half_tile_shifts(self) -> list[Geometry]:
        """The four places the tile may have: the template repeats twice as often as the pattern."""
        return [
            replace(self, shift_x=self.shift_x + x, shift_y=self.shift_y + y)
            for y in (0, _PERIOD)
            for x in (0, _PERIOD)
        ]


@dataclass(frozen=True, slots=True)
class Alignment:
    """A geometry and how well the template fits: ``z`` as in :mod:`touchmark.provenance.watermark.statistics`."""

    z: float
    geometry: Geometry


class TemplateFinder:
    """Fits the template of one key to evidence."""

    def __init__(self, lattice: Lattice) -> None:
        reach = max(int(np.abs(waves.v).max()) for waves in lattice.waves.values()) // 2
        self._down = np.arange(-reach, reach + 1)
        self._right = np.arange(reach + 1)
        shape = (len(Plane), len(self._down), len(self._right))
        self._pattern = np.zeros(shape, np.complex64)
        for layer, waves in zip(self._pattern, lattice.waves.values(), strict=True):
            chosen = waves.template
            place = (waves.v[chosen] // 2 + reach, waves.u[chosen] // 2)
            layer[place] = waves.amplitude[chosen] * np.exp(-1j * waves.phase[chosen])
        rings = np.rint(np.hypot(*np.meshgrid(self._right, self._down))).astype(np.intp)
        self._rings = rings + (np.arange(len(Plane)) * (rings.max() + 1))[:, None, None]
        self._used = np.abs(self._pattern) > 0

    def search(self, evidence: Evidence) -> list[Alignment]:
        """The best few geometries in the search set, refined, best first."""
        found: list[Alignment] = []
        for degrees in _TURNS:
            stack = _Stack.of(evidence.transformed(degrees=degrees))
            for scale in _SCALES if degrees == 0 else _TURNED_SCALES:
                geometry = Geometry(scale, scale, degrees)
                waves, weighted = self._weighted(stack, geometry)
                found.append(self._best_shift(weighted, waves, geometry))
                # A mirrored copy holds the conjugate of what its mirror image holds at the opposite v.
                across = np.exp(-2j * np.pi / _PERIOD * self._right * stack.width * scale)
                mirrored = waves.conj()[:, ::-1] * across.astype(np.complex64)
                geometry = replace(geometry, mirrored=True, degrees=-degrees)
                found.append(self._best_shift(weighted, mirrored, geometry))
        found.sort(key=lambda a: -a.z)
        refined = [self._refine(evidence, alignment) for alignment in _distinct(found, _REFINED)]
        return sorted(refined, key=lambda a: -a.z)

    def _refine(self, evidence: Evidence, start: Alignment) -> Alignment:
        """Climb from a coarse geometry: size, proportions and turn, in ever smaller steps."""
        best = start
        for step in _STEPS:
            for _ in range(_ROUNDS):
                at = best.geometry
                for way in (step, -step):
                    grow, turn = math.exp(way), math.degrees(way)
                    for near in (
                        replace(at, scale_x=at.scale_x * grow, scale_y=at.scale_y * grow),
                        replace(at, scale_x=at.scale_x * grow, scale_y=at.scale_y / grow),
                        replace(at, degrees=at.degrees + turn),
                    ):
                        waves, weighted = self._weighted(_Stack.of(near.upright(evidence)), near)
                        best = max(best, self._best_shift(weighted, waves, near), key=lambda a: a.z)
                if best.geometry == at:
                    break
        return best

    def _weighted(self, stack: _Stack, geometry: Geometry) -> tuple[Complex, Complex]:
        """The waves that a stack holds, and the template divided by their power, ring by ring."""
        waves = stack.measure(2 * self._right, 2 * self._down, geometry.scale_x, geometry.scale_y)
        power = np.where(self._used, waves.real**2 + waves.imag**2, 0)
        count = np.bincount(self._rings.ravel(), self._used.ravel())
        mean = np.bincount(self._rings.ravel(), power.ravel()) / np.maximum(count, 1)
        return waves, np.asarray(self._pattern / (mean[self._rings] + 1e-12), np.complex64)

    def _best_shift(self, weighted: Complex, waves: Complex, geometry: Geometry) -> Alignment:
        terms = weighted * waves
        spread = math.sqrt(float(np.sum(terms.real**2 + terms.imag**2)) / 2)
        grid = np.zeros((_PERIOD, _PERIOD), np.complex64)
        grid[np.ix_(self._down % _PERIOD, self._right)] = terms.sum(axis=0)
        scores = np.fft.fft2(grid).real
        row, column = divmod(int(np.argmax(scores)), _PERIOD)
        z = float(scores[row, column]) / spread if spread > 0 else 0.0
        return Alignment(z, replace(geometry, shift_x=float(column), shift_y=float(row)))


@dataclass(frozen=True, slots=True)
class _Stack:
    """All planes at half the resolution of luma: what the search looks at."""

    planes: Real
    width: float
    height: float

    @classmethod
    def of(cls, evidence: Evidence) -> _Stack:
        rows, columns = evidence.planes[Plane.BLUE].shape
        luma = cv2.resize(evidence.planes[Plane.LUMA], (columns, rows), interpolation=cv2.INTER_AREA)
        layers = [luma if plane is Plane.LUMA else evidence.planes[plane] for plane in Plane]
        return cls(np.stack(layers), evidence.width, evidence.height)

    def measure(self, u: NDArray[np.intp], v: NDArray[np.intp], scale_x: float, scale_y: float) -> Complex:
        """Amplitudes of all waves (v, u) of a grid in each plane; shape (planes, len(v), len(u))."""
        rows, columns = self.planes.shape[1:]
        right = harmonics(columns, scale_x * self.width / columns, u)
        down = harmonics(rows, scale_y * self.height / rows, v)
        partial = self.planes @ np.concatenate([right.real, -right.imag], axis=1)
        partial = partial[..., : u.size] + 1j * partial[..., u.size :]
        return np.asarray(down.conj().T @ partial, np.complex64)


def _distinct(alignments: Sequence[Alignment], count: int) -> list[Alignment]:
    """The first ``count`` that are not neighbours of one already chosen."""
    chosen: list[Alignment] = []
    for candidate in alignments:
        at = candidate.geometry
        if all(
            at.mirrored != other.geometry.mirrored
            or abs(math.log(at.scale_x / other.geometry.scale_x)) > 0.03
            or abs(at.degrees - other.geometry.degrees) > 1.5
            for other in chosen
        ):
            chosen.append(candidate)
            if len(chosen) == count:
                break
    return chosen
