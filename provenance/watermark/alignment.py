"""Which way up a copy is, and where its tiles begin: decided by all waves of a key, for every shift at once.

    aligner = Aligner(lattice)
    aligner.aligned(evidence, repetitions(evidence, 3))      # best first

:mod:`repetition` leaves eight orientations and all shifts of each open. Two things tell them apart. The waves of the
template line up, all at once, where the shift is right. And waves that carry the same bit of the payload agree with
each other there, whatever the bit: for two such waves with phases a and b, relative to the key's, the product

    cos(a - k s) cos(b - l s) = (cos(a - b - (k - l) s) + cos(a + b - (k + l) s)) / 2

is a sum of two waves in the shift s, so one Fourier transform adds up all pairs at all shifts. With a few bits to a
wave and hundreds of pairs this sees a mark that its template, a tenth of the energy, does not show.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.watermark.lattice import TILE, Complex, Lattice, Plane, measure
from touchmark.provenance.watermark.repetition import Repetition
from touchmark.provenance.watermark.residual import Evidence
from touchmark.provenance.watermark.synchronise import Alignment, Geometry

ORIENTATIONS: Final = 8

_LOUDEST = 2.5
"""A wave counts for at most this many times the mean of its ring: what is louder belongs to the picture."""


def alignment_tests(candidates: int) -> float:
    """Upper bound on the geometries, shifts and orientations that :meth:`Aligner.aligned` compares."""
    return float(candidates * ORIENTATIONS * TILE**2)


class Aligner:
    """Aligns evidence with the pattern of one key."""

    def __init__(self, lattice: Lattice) -> None:
        waves = list(lattice.waves.values())
        self._planes = tuple(lattice.waves)
        self._ends = np.cumsum([w.u.size for w in waves])
        self._u, self._v, self._bit = (np.concatenate([getattr(w, name) for w in waves]) for name in ("u", "v", "bit"))
        self._phase = np.concatenate([w.phase for w in waves])
        ring = [np.rint(w.radius).astype(np.intp) for w in waves]
        offsets = np.cumsum([0, *(int(r.max()) + 1 for r in ring)])
        self._ring = np.concatenate([r + offset for r, offset in zip(ring, offsets, strict=False)])
        self._template = np.flatnonzero(self._bit < 0)
        self._first, self._second = _pairs(self._bit)

    def aligned(self, evidence: Evidence, candidates: Sequence[Repetition]) -> list[Alignment]:
        """The best shift under each orientation of each proposed geometry, best first."""
        found = [self._shifted(evidence, way, c.shares) for c in candidates for way in _orientations(c)]
        return sorted(found, key=lambda fit: -fit.z)

    def _shifted(self, evidence: Evidence, geometry: Geometry, shares: Mapping[Plane, float]) -> Alignment:
        waves = self._measured(evidence, geometry, shares)
        first, second = waves[self._first], waves[self._second]
        grid = np.zeros((TILE, TILE), np.complex128)
        # The template: its fit in standard deviations.
        own = waves[self._template]
        self._add(
            grid,
            own / (np.sqrt(np.sum(np.abs(own) ** 2) / 2) + 1e-12),
            self._u[self._template],
            self._v[self._template],
        )
        # The agreement of bits: likewise, and independent of it.
        spread = np.sqrt(np.sum(np.abs(first) ** 2 * np.abs(second) ** 2)) + 1e-12
        for product, sign in ((first * second.conj(), -1), (first * second, 1)):
            u, v = (axis[self._first] + sign * axis[self._second] for axis in (self._u, self._v))
            self._add(grid, product / spread, u, v)
        scores = np.fft.fft2(grid).real
        at = int(np.argmax(scores))
        place = replace(geometry, shift_x=float(at % TILE), shift_y=float(at // TILE))
        return Alignment(float(scores.flat[at]), place)

    @staticmethod
    def _add(grid: NDArray[np.complex128], values: Complex, u: NDArray[np.intp], v: NDArray[np.intp]) -> None:
        np.add.at(grid, (v % TILE, u % TILE), values)

    def _measured(self, evidence: Evidence, geometry: Geometry, shares: Mapping[Plane, float]) -> Complex:
        """Each wave with the key's phase taken off, over what its ring holds, weighted by what is left of the mark."""
        upright = geometry.upright(evidence)
        held, weights = [], []
        for plane, start, end in zip(self._planes, (0, *self._ends), self._ends, strict=False):
            across, down = upright.pitch(plane)
            pitches = (across * geometry.scale_x, down * geometry.scale_y)
            plane_waves = measure(upright.planes[plane], self._u[start:end], self._v[start:end], *pitches)
            held.append(plane_waves)
            weights.append(np.full(plane_waves.size, shares[plane]))
        waves = np.concatenate(held)
        loud = np.abs(waves)
        mean = np.bincount(self._ring, loud) / np.maximum(np.bincount(self._ring), 1)
        mean = np.maximum(mean[self._ring], 1e-12)
        waves = waves / mean * np.minimum(1, _LOUDEST * mean / np.maximum(loud, 1e-12))
        return np.asarray(waves * np.concatenate(weights) * np.exp(-1j * self._phase), np.complex64)


def _pairs(bit: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """All pairs of waves that carry the same bit."""
    order = np.argsort(bit, kind="stable")
    order = order[bit[order] >= 0]
    firsts, seconds = [], []
    for apart in range(1, int(np.bincount(bit[order]).max())):
        same = bit[order[:-apart]] == bit[order[apart:]]
        firsts.append(order[:-apart][same])
        seconds.append(order[apart:][same])
    return np.concatenate(firsts), np.concatenate(seconds)


def _orientations(found: Repetition) -> list[Geometry]:
    """The eight ways in which one repetition may be the right way up."""
    ways = []
    for quarters in range(4):
        scales = (found.scale_x, found.scale_y) if quarters % 2 == 0 else (found.scale_y, found.scale_x)
        ways += [
            Geometry(*scales, _within_half_turn(sign * found.degrees + 90 * quarters), sign < 0) for sign in (1, -1)
        ]
    return ways


def _within_half_turn(degrees: float) -> float:
    return (degrees + 180) % 360 - 180
