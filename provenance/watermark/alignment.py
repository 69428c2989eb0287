"""Which way up a copy is, and where its tiles begin: decided by all waves of a key, for every shift at once.

    aligner = Aligner(lattice)
    aligner.shifted(evidence, Geometry())                      # at the geometry of the original
    aligner.aligned(evidence, Echoes(evidence).likeliest(3))   # under all that may be, best first

:mod:`repetition` leaves eight orientations and all shifts of each open. Two things tell them apart. The waves of the
template line up, all at once, where the shift is right. And waves that carry the same bit of the payload agree with
each other there, whatever the bit: for two such waves with phases a and b, relative to the key's, the product

    cos(a - k s) cos(b - l s) = (cos(a - b - (k - l) s) + cos(a + b - (k + l) s)) / 2

is a sum of two waves in the shift s, so one Fourier transform adds up all pairs at all shifts. With a few bits to a
wave and hundreds of pairs this sees a mark that its template, a tenth of the energy, does not show.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.watermark.geometry import Geometry
from touchmark.provenance.watermark.lattice import TILE, Complex, Lattice, Plane, Real, over_shifts
from touchmark.provenance.watermark.measuring import Gauge
from touchmark.provenance.watermark.repetition import Repetition
from touchmark.provenance.watermark.residual import Evidence

_LOUDEST = 2.5
"""A wave counts for at most this many times the mean of its ring: what is louder belongs to the picture."""

_SILENT = 1e-3
"""A plane whose residual spreads less holds rounding errors, as the colours of a grey copy do."""

SHIFTS: Final = TILE**2
"""What :meth:`Aligner.shifted` compares, at most."""

_RIVALS = 2
_BESIDE: Final = np.arange(-2, 3)
_NEAR: Final = [(down, across) for down in (-1, 0, 1) for across in (-1, 0, 1) if (down, across) != (0, 0)] + [(0, 0)]
"""A coder or a scaler moves a picture by a fraction of a unit. Last the place itself, which no other may hide."""

_POLISH: Final = (0.004, 0.002, 0.001)
_ROUNDS: Final = 3
POLISHING: Final = (2 * len(_POLISH) * _ROUNDS + 1) ** 4 * SHIFTS
"""What :meth:`Aligner.polished` could come to compare."""

_EQUAL: Final[Mapping[Plane, float]] = dict.fromkeys(Plane, 1.0)


@dataclass(frozen=True, slots=True)
class Alignment:
    """A geometry, and how well template and bits agree under it: ``z`` is a sum of two fits in standard deviations.

    Where a mark is weak other shifts, ``rivals``, are worth a try: the key's own place right beside it, and the next
    best, since the template repeats every half tile, and so do half of the pairs of waves. A copy that was moved has
    none: where it shows a mark, the best shift is the one. ``compared`` is of how many shifts this one is the best,
    ``beside`` whether the first rival is the key's own place beside it, which then is likelier than the peak.
    """

    z: float
    geometry: Geometry
    rivals: tuple[Geometry, ...] = ()
    compared: int = SHIFTS
    beside: bool = False


class Aligner:
    """Aligns evidence with the pattern of one key. ``gauge`` is given where others look at the same evidence.

    Attributes:
        places: how many shifts are looked at in a whole and upright copy.
    """

    def __init__(self, lattice: Lattice, gauge: Gauge | None = None) -> None:
        self._gauge = gauge or Gauge()
        waves = list(lattice.waves.values())
        self._planes = tuple(lattice.waves)
        u, v, bit = (np.concatenate([getattr(w, name) for w in waves]) for name in ("u", "v", "bit"))
        self._unturned = np.exp(-1j * np.concatenate([w.phase for w in waves]))
        ring = [np.rint(w.radius).astype(np.intp) for w in waves]
        offsets = np.cumsum([0, *(int(r.max()) + 1 for r in ring)])
        self._ring = np.concatenate([r + offset for r, offset in zip(ring, offsets, strict=False)])
        self._in_ring = np.maximum(np.bincount(self._ring), 1)
        self._template = np.flatnonzero(bit < 0)
        self._first, self._second = first, second = _pairs(bit)
        self._at_template = _place(u[self._template], v[self._template])
        self._at_differences = _place(u[first] - u[second], v[first] - v[second])
        self._at_sums = _place(u[first] + u[second], v[first] + v[second])
        self._place_near = np.full((TILE, TILE), -1, np.intp)
        self._places = lattice.places
        for down, across in _NEAR:
            at = (lattice.places[:, 1] + down) % TILE, (lattice.places[:, 0] + across) % TILE
            self._place_near[at] = np.arange(len(lattice.places))
        self._near = self._place_near >= 0
        self.places = int(self._near.sum())

    def aligned(self, evidence: Evidence, candidates: Sequence[Repetition]) -> list[Alignment]:
        """The best shift under each orientation of each proposed geometry, best first."""
        found = [self.shifted(evidence, way, c.shares) for c in candidates for way in c.geometry.orientations()]
        return sorted(found, key=lambda fit: -fit.z)

    def shifted(
        self, evidence: Evidence, geometry: Geometry, shares: Mapping[Plane, float] = _EQUAL, *, template: bool = True
    ) -> Alignment:
        """The best shift under one geometry; ``shares`` as in :class:`Repetition`.

        Without ``template`` the bits alone have a say: what all videos of a key have in common can be learned from many
        of them, and taken away or turned round. Where the copy may be whole and upright, only the key's places are
        looked at, and what is next to them.
        """
        waves = self._measured(evidence, geometry, shares)
        first, second = waves[self._first], waves[self._second]
        grid = np.zeros(TILE * TILE, np.complex64)
        # The template: its fit in standard deviations.
        own = waves[self._template]
        if template:
            np.add.at(grid, self._at_template, own / (np.sqrt(np.sum(np.abs(own) ** 2) / 2) + 1e-12))
        # The agreement of bits: likewise, and independent of it.
        spread = np.sqrt(np.sum(np.abs(first) ** 2 * np.abs(second) ** 2)) + 1e-12
        np.add.at(grid, self._at_differences, first * second.conj() / spread)
        np.add.at(grid, self._at_sums, first * second / spread)
        scores = over_shifts(grid.reshape(TILE, TILE))
        compared = SHIFTS
        if not geometry.moves:
            scores, compared = np.where(self._near, scores, -np.inf), self.places
        best = _peaks(scores, geometry, 1 if geometry.moves else 1 + _RIVALS)
        rivals = [place for _, place in best[1:]]
        beside = not geometry.moves and (exact := self._exact(best[0][1])) != best[0][1]
        return Alignment(*best[0], (exact, *rivals) if beside else tuple(rivals), compared, beside)

    def placed(self, scores: Real, geometry: Geometry) -> list[Geometry]:
        """Of a whole and upright copy the best of the key's places and what is next to them, by other ``scores`` of all
        shifts, of shape (TILE, TILE); ``places`` are so many."""
        return [place for _, place in _peaks(np.where(self._near, scores, -np.inf), geometry, _RIVALS)]

    def _exact(self, found: Geometry) -> Geometry:
        """The key's own place beside which a copy was found that is whole and upright: noise moves a faint peak."""
        across, down = self._places[self._place_near[int(found.shift_y), int(found.shift_x)]]
        return replace(found, shift_x=float(across), shift_y=float(down))

    def polished(self, evidence: Evidence, found: Alignment) -> Alignment:
        """The same alignment, with size, turn and lean as exact as all waves together can tell.

        The pattern's repetition is known to half a percent, which over a whole picture is more than a fine wave.
        """
        best = found
        for step in _POLISH:
            for _ in range(_ROUNDS):
                at = best.geometry
                for way in (step, -step):
                    grow, turn = math.exp(way), math.degrees(way)
                    for near in (
                        replace(at, scale_x=at.scale_x * grow),
                        replace(at, scale_y=at.scale_y * grow),
                        replace(at, degrees=at.degrees + turn),
                        replace(at, shear=at.shear + way),
                    ):
                        best = max(best, self.shifted(evidence, near), key=lambda fit: fit.z)
                if best.geometry == at:
                    break
        return best

    def _measured(self, evidence: Evidence, geometry: Geometry, shares: Mapping[Plane, float]) -> Complex:
        """Each wave with the key's phase taken off, over what its ring holds, weighted by what is left of the mark."""
        spectrum = self._gauge.held(evidence, geometry)
        held = [spectrum.waves[plane] for plane in self._planes]
        weights = [
            np.full(waves.size, shares[plane] * (spectrum.spread[plane] > _SILENT))
            for plane, waves in zip(self._planes, held, strict=True)
        ]
        waves = np.concatenate(held)
        loud = np.abs(waves)
        mean = np.bincount(self._ring, loud) / self._in_ring
        mean = np.maximum(mean[self._ring], 1e-12)
        waves = waves / mean * np.minimum(1, _LOUDEST * mean / np.maximum(loud, 1e-12))
        return np.asarray(waves * np.concatenate(weights) * self._unturned, np.complex64)


def _peaks(scores: Real, geometry: Geometry, count: int) -> list[tuple[float, Geometry]]:
    """The best shifts with their scores, none next to another. Overwrites ``scores``."""
    best = []
    for _ in range(count):
        down, across = divmod(int(np.argmax(scores)), TILE)
        best.append((float(scores[down, across]), replace(geometry, shift_x=float(across), shift_y=float(down))))
        scores[np.ix_((down + _BESIDE) % TILE, (across + _BESIDE) % TILE)] = -np.inf
    return best


def _place(u: NDArray[np.intp], v: NDArray[np.intp]) -> NDArray[np.intp]:
    """Where waves lie in a grid of shape (TILE, TILE), by v and u modulo TILE, row after row."""
    return v % TILE * TILE + u % TILE


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
