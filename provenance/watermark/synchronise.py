"""Find how a copy of a weak mark was scaled, cropped, turned or mirrored, by the template alone.

    finder = TemplateFinder(lattice)
    for alignment in finder.search(evidence):     # best first
        ...

Half the search is free: the template of one key is known, so a geometry is right when all its waves line up, and one
Fourier transform tries every shift of a geometry at once. What is tried is a fixed, limited set (the p-values count
it); other turns and proportions are found by :mod:`repetition`, where the mark is strong enough to be seen repeating.
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
_PROMISING = 5.0
"""A coarse fit (see Alignment.z) below this is left alone; without a mark the best of a search comes close to it."""
_REFINED = 3
_STEPS = (0.006, 0.003, 0.0015)
_ROUNDS = 2
_REACHABLE = (2 * _ROUNDS * 7 + 1) ** 3

TESTS: Final = float((len(_SCALES) + (len(_TURNS) - 1) * len(_TURNED_SCALES)) * _REACHABLE * 2 * _PERIOD**2)
"""Upper bound on the geometries, shifts and orientations that a search can compare: every point that refinement
could reach counts, visited or not."""


Scales = NDArray[np.float64]


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
        ring = np.rint(np.hypot(*np.meshgrid(self._right, self._down))).astype(np.intp)
        used = np.abs(self._pattern) > 0
        self._rings = (used[..., None] * np.eye(int(ring.max()) + 1, dtype=np.float32)[ring]).astype(np.float32)
        self._ring_sizes = np.maximum(self._rings.sum(axis=(1, 2)), 1)

    def search(self, evidence: Evidence) -> list[Alignment]:
        """The best few geometries in the search set that are worth a closer look, refined, best first."""
        found: list[Alignment] = []
        for degrees in _TURNS:
            scales = _SCALES if degrees == 0 else _TURNED_SCALES
            stack = _Stack.of(evidence.transformed(degrees=degrees))
            waves = self._measured(stack, scales, scales)
            found += self._best_shifts(waves, [Geometry(scale, scale, degrees) for scale in scales.tolist()])
            # A mirrored copy holds the conjugate of what its mirror image holds at the opposite v.
            across = np.exp(-2j * np.pi / _PERIOD * stack.width * np.outer(scales, self._right))
            mirrored = waves.conj()[:, :, ::-1] * across.astype(np.complex64)[:, None]
            found += self._best_shifts(mirrored, [Geometry(scale, scale, -degrees, True) for scale in scales.tolist()])
        found = sorted((fit for fit in found if fit.z > _PROMISING), key=lambda fit: -fit.z)
        refined = [self._refined(evidence, fit) for fit in _distinct(found, _REFINED)]
        return sorted(refined, key=lambda fit: -fit.z)

    def _refined(self, evidence: Evidence, start: Alignment) -> Alignment:
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
                        stack = _Stack.of(near.upright(evidence))
                        waves = self._measured(stack, np.array([near.scale_x]), np.array([near.scale_y]))
                        best = max(best, *self._best_shifts(waves, [near]), key=lambda fit: fit.z)
                if best.geometry == at:
                    break
        return best

    def _measured(self, stack: _Stack, scales_x: Scales, scales_y: Scales) -> Complex:
        """All template waves at several scales; shape (planes, scales, v, u)."""
        rows, columns = stack.planes.shape[1:]
        right = harmonics(columns, stack.width / columns, np.outer(scales_x, 2 * self._right).ravel())
        down = harmonics(rows, stack.height / rows, np.outer(scales_y, 2 * self._down).ravel())
        # One large product for all scales: many small ones lose their time in the threads of the BLAS.
        partial = stack.planes @ np.concatenate([right.real, -right.imag], axis=1)
        complex_ = partial[..., : right.shape[1]] + 1j * partial[..., right.shape[1] :]
        by_scale = complex_.reshape(len(Plane), rows, scales_x.size, -1).transpose(0, 2, 1, 3)
        conjugate = down.conj().reshape(rows, scales_y.size, -1).transpose(1, 2, 0)
        return np.asarray(conjugate @ by_scale, np.complex64)

    def _best_shifts(self, waves: Complex, geometries: Sequence[Geometry]) -> list[Alignment]:
        """The best shift for each geometry whose waves were measured."""
        power = waves.real**2 + waves.imag**2
        mean = np.einsum("psvu,pvur->psr", power, self._rings) / self._ring_sizes[:, None]
        terms = waves * (self._pattern[:, None] / (np.einsum("psr,pvur->psvu", mean, self._rings) + 1e-12))
        spread = np.sqrt(np.sum(terms.real**2 + terms.imag**2, axis=(0, 2, 3)) / 2)
        grid = np.zeros((len(geometries), _PERIOD, _PERIOD), np.complex64)
        grid[:, (self._down % _PERIOD)[:, None], self._right] = terms.sum(axis=0)
        scores = np.fft.fft2(grid).real.reshape(len(geometries), -1)
        best = np.argmax(scores, axis=1)
        z = scores[np.arange(len(geometries)), best] / np.maximum(spread, 1e-12)
        return [
            Alignment(float(fit), replace(geometry, shift_x=float(at % _PERIOD), shift_y=float(at // _PERIOD)))
            for fit, at, geometry in zip(z, best, geometries, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class _Stack:
    """All planes at half the resolution of luma: what the search looks at.

    Attributes:
        planes: ndarray of shape (planes, rows, columns).
        width, height: what they cover, in units.
    """

    planes: Real
    width: float
    height: float

    @classmethod
    def of(cls, evidence: Evidence) -> _Stack:
        rows, columns = evidence.planes[Plane.BLUE].shape
        luma = cv2.resize(evidence.planes[Plane.LUMA], (columns, rows), interpolation=cv2.INTER_AREA)
        layers = [luma if plane is Plane.LUMA else evidence.planes[plane] for plane in Plane]
        return cls(np.stack(layers), evidence.width, evidence.height)


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
