"""How much of each wave some evidence holds under a geometry: worked out once, whatever is asked and by which key.

    gauge = Gauge()
    gauge.held(evidence, geometry).waves[Plane.LUMA]      # complex amplitudes, with the key's phases still on

All keys share the frequencies of their waves (:mod:`lattice`); a key decides phases and bits alone. So a search that
asks several keys, or one key at many shifts, measures each geometry once. Measuring is most of what a search costs.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

from touchmark.provenance.watermark.geometry import Geometry
from touchmark.provenance.watermark.lattice import Complex, Plane, frequencies, measure
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


_TURNED = 4
"""How many turned copies are kept, of the evidence that was measured last: while a geometry is polished every second
step changes its size alone."""


class Gauge:
    """Measures evidence and remembers for as long as the evidence is kept."""

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[Evidence, dict[Geometry, Spectrum]] = WeakKeyDictionary()
        self._turned: WeakKeyDictionary[Evidence, OrderedDict[Geometry, Evidence]] = WeakKeyDictionary()

    def held(self, evidence: Evidence, geometry: Geometry) -> Spectrum:
        """The waves as they lie under ``geometry``, but for its shift."""
        known = self._known.setdefault(evidence, {})
        unplaced = replace(geometry, hue=0, shift_x=0.0, shift_y=0.0)
        if unplaced not in known:
            known[unplaced] = _measured(self._set_upright(evidence, unplaced), unplaced, evidence.spread)
        return known[unplaced].recoloured(geometry.hue)

    def _set_upright(self, evidence: Evidence, geometry: Geometry) -> Evidence:
        if evidence not in self._turned:
            self._turned.clear()
        copies = self._turned.setdefault(evidence, OrderedDict())
        way = replace(geometry, scale_x=1.0, scale_y=1.0)
        upright = copies.pop(way) if way in copies else geometry.upright(evidence)
        copies[way] = upright
        if len(copies) > _TURNED:
            copies.popitem(last=False)
        return upright


def _measured(upright: Evidence, geometry: Geometry, spread: dict[Plane, float]) -> Spectrum:
    waves = {}
    for plane, values in upright.planes.items():
        across, down = upright.pitch(plane)
        u, v = frequencies(plane)
        waves[plane] = measure(values, u, v, across * geometry.scale_x, down * geometry.scale_y)
    return Spectrum(waves, spread)
