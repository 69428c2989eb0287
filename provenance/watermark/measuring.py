"""How much of each wave some evidence holds under a geometry: worked out once, whatever is asked and by which key.

    gauge = Gauge()
    gauge.held(evidence, geometry).waves[Plane.LUMA]      # complex amplitudes, with the key's phases still on

All keys share the frequencies of their waves (:mod:`lattice`); a key decides phases and bits alone. So a search that
asks several keys, or one key at many shifts, measures each geometry once. Measuring is most of what a search costs.

A copy upside down or mirrored holds the same waves: about its middle, a picture has at (-u, -v) the conjugate of what
it has at (u, v), and one that is flipped left to right has at (u, v) what it had at (-u, v). So of the eight
orientations under which a pattern may repeat two are measured, and six are told from those.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import cache
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np

from touchmark.provenance.watermark.geometry import Geometry
from touchmark.provenance.watermark.lattice import Complex, Folded, Plane, frequencies, harmonics, measure
from touchmark.provenance.watermark.residual import Evidence


@dataclass(frozen=True, slots=True)
class Spectrum:
    """What the waves of each plane hold.

    Attributes:
        waves: complex amplitudes, in the order of :class:`Waves`.
        spread: standard deviation of the residual of each plane, wherever it is looked at.
    """

    waves: dict[Plane, Complex]
    spread: dict[Plane, float]

    def recoloured(self, quarters: int) -> Spectrum:
        """As of the evidence with its colours turned back: what a turn of the hue by quarters of the circle made of Cb
        and Cr is put where it was."""
        waves, spread = dict(self.waves), dict(self.spread)
        for _ in range(quarters % 4):
            waves[Plane.BLUE], waves[Plane.RED] = waves[Plane.RED], -waves[Plane.BLUE]
            spread[Plane.BLUE], spread[Plane.RED] = spread[Plane.RED], spread[Plane.BLUE]
        return Spectrum(waves, spread)


@dataclass(frozen=True, slots=True)
class _Upright:
    """Evidence that was set upright, its planes folded; its sides in units."""

    planes: Folded
    width: float
    height: float

    @classmethod
    def of(cls, evidence: Evidence) -> _Upright:
        planes = np.stack([evidence.planes[plane] for plane in Plane], axis=1)
        return cls(Folded.of(planes), evidence.width, evidence.height)


@dataclass(frozen=True, slots=True)
class _Held:
    """What some evidence holds of the waves of a plane, about its middle.

    Attributes:
        own: of each wave (u, v).
        opposite: of (u, -v).
        corner: what turns either into amplitudes about the corner.
    """

    own: Complex
    opposite: Complex
    corner: Complex

    def seen(self, *, mirrored: bool, upside_down: bool) -> Complex:
        """The same picture mirrored left to right, turned by 180 degrees, or both, which is top to bottom."""
        waves = self.opposite if mirrored else self.own
        return (waves if mirrored is upside_down else waves.conj()) * self.corner


_TURNED = 4
"""How many turned copies are kept, of the evidence that was measured last: while a geometry is polished every second
step changes its size alone."""
_DECIMALS: Final = 10
"""Of geometries that are the same but for rounding."""


class Gauge:
    """Measures evidence and remembers for as long as the evidence is kept."""

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[Evidence, dict[Geometry, Spectrum]] = WeakKeyDictionary()
        self._measured: WeakKeyDictionary[Evidence, dict[Geometry, dict[Plane, _Held]]] = WeakKeyDictionary()
        self._turned: WeakKeyDictionary[Evidence, OrderedDict[Geometry, _Upright]] = WeakKeyDictionary()

    def held(self, evidence: Evidence, geometry: Geometry) -> Spectrum:
        """The waves as they lie under ``geometry``, but for its shift."""
        known = self._known.setdefault(evidence, {})
        unplaced = replace(geometry, hue=0, shift_x=0.0, shift_y=0.0)
        if unplaced not in known:
            plain, upside_down = _plain(unplaced)
            measured = self._measured.setdefault(evidence, {})
            if plain not in measured:
                measured[plain] = _measured(self._set_upright(evidence, plain), plain)
            waves = {
                plane: held.seen(mirrored=geometry.mirrored, upside_down=upside_down)
                for plane, held in measured[plain].items()
            }
            known[unplaced] = Spectrum(waves, evidence.spread)
        return known[unplaced].recoloured(geometry.hue)

    def _set_upright(self, evidence: Evidence, geometry: Geometry) -> _Upright:
        if evidence not in self._turned:
            self._turned.clear()
        copies = self._turned.setdefault(evidence, OrderedDict())
        way = replace(geometry, scale_x=1.0, scale_y=1.0)
        upright = copies.pop(way) if way in copies else _Upright.of(geometry.upright(evidence))
        copies[way] = upright
        if len(copies) > _TURNED:
            copies.popitem(last=False)
        return upright


def _plain(geometry: Geometry) -> tuple[Geometry, bool]:
    """The geometry, not mirrored and turned by no more than a quarter, after which all that is left to do is to mirror
    where ``geometry`` does and to turn by 180 degrees where the second is true."""
    hand = -1 if geometry.mirrored else 1
    degrees = (hand * geometry.degrees + 90) % 360 - 90
    upside_down = degrees >= 90
    turn, lean, scale_x, scale_y = (
        round(value, _DECIMALS)
        for value in (degrees - 180 * upside_down, hand * geometry.shear, geometry.scale_x, geometry.scale_y)
    )
    return Geometry(degrees=turn, shear=lean, scale_x=scale_x, scale_y=scale_y), upside_down


def _measured(upright: _Upright, geometry: Geometry) -> dict[Plane, _Held]:
    width, height = upright.width * geometry.scale_x, upright.height * geometry.scale_y
    reach = _reach()
    grid = measure(upright.planes, reach, width / upright.planes.width, height / upright.planes.height)
    # exp(-2 pi i (u x + v y) / TILE) at the middle.
    across = harmonics(1, width, np.arange(reach + 1)).conj()
    down = harmonics(1, height, np.arange(-reach, reach + 1)).conj()
    corner = down.T * across
    found = {}
    for number, plane in enumerate(Plane):
        u, v = frequencies(plane)
        found[plane] = _Held(grid[v + reach, number, u], grid[reach - v, number, u], corner[v + reach, u])
    return found


@cache
def _reach() -> int:
    return max(int(np.abs(frequency).max()) for plane in Plane for frequency in frequencies(plane))
