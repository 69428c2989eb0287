"""Read a payload from evidence whose geometry is known, and test single seconds for it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.watermark import code
from touchmark.provenance.watermark.lattice import TILE, Complex, Lattice, Plane, Real, Waves, measure
from touchmark.provenance.watermark.protocol import Payload, WatermarkKey
from touchmark.provenance.watermark.residual import Evidence
from touchmark.provenance.watermark.synchronise import Geometry

_SOFT_LIMIT = 2.5
"""Largest log-likelihood ratio that one wave may contribute. Pictures have heavy tails: a loud edge must not outvote
everything. Measured: 2 to 3 is best, 8 loses 0.8 standard deviations."""


@dataclass(frozen=True, slots=True)
class Matched:
    """A pattern to correlate evidence with: a weight for each wave, signed as the pattern expects it."""

    geometry: Geometry
    weights: dict[Plane, Real]

    def z(self, amplitudes: dict[Plane, Complex]) -> float:
        """Correlation in standard deviations, as :mod:`touchmark.provenance.watermark.statistics` defines it."""
        total = sum(float(np.sum(w * amplitudes[plane].real)) for plane, w in self.weights.items())
        power = sum(float(np.sum((w * np.abs(amplitudes[plane])) ** 2)) for plane, w in self.weights.items())
        return total / math.sqrt(power / 2) if power > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Reading:
    """One attempt at one geometry.

    Attributes:
        payload: what was read, None unless it verified.
        guess: the likeliest payload, verified or not, to measure bit accuracy.
        z: correlation of the waves that carry bits with the code word nearest to them.
        matched: that code word, to test seconds with.
    """

    payload: Payload | None
    guess: Payload
    z: float
    matched: Matched


class Reader:
    """Reads with one key."""

    def __init__(self, lattice: Lattice, key: WatermarkKey) -> None:
        self._waves = lattice.waves
        self._key = key

    def amplitudes(self, evidence: Evidence, geometry: Geometry) -> dict[Plane, Complex]:
        """The waves that evidence holds, with the key's phases taken off: real and positive where the pattern is."""
        upright = geometry.upright(evidence)
        found = {}
        for plane, waves in self._waves.items():
            across, down = upright.pitch(plane)
            raw = measure(upright.planes[plane], waves.u, waves.v, across * geometry.scale_x, down * geometry.scale_y)
            found[plane] = raw * _origin(waves, geometry)
        return found

    def template(self, evidence: Evidence, geometry: Geometry) -> tuple[float, Matched]:
        """How well the template fits at this very geometry."""
        amplitudes = self.amplitudes(evidence, geometry)
        weights = {
            plane: np.where(waves.template, waves.amplitude / _by_ring(waves, np.abs(amplitudes[plane]) ** 2), 0)
            for plane, waves in self._waves.items()
        }
        matched = Matched(geometry, weights)
        return matched.z(amplitudes), matched

    def agreement(self, evidence: Evidence, geometry: Geometry) -> float:
        """How well waves that carry the same bit agree, whatever the bit, in standard deviations of random signs.

        Cheap beside decoding, and nothing but chance where the geometry is wrong, so it tells what is worth decoding.
        """
        amplitudes = self.amplitudes(evidence, geometry)
        bits = np.concatenate([waves.bit[~waves.template] for waves in self._waves.values()])
        soft = np.concatenate(
            [self._soft(waves, amplitudes[plane])[~waves.template] for plane, waves in self._waves.items()]
        )
        sums, powers, fourth = (np.bincount(bits, soft**n, minlength=code.CODE_BITS) for n in (1, 2, 4))
        spread = math.sqrt(2 * max(float(np.sum(powers**2 - fourth)), 0.0))
        return float(np.sum(sums**2 - powers)) / spread if spread > 0 else 0.0

    def read(self, evidence: Evidence, geometry: Geometry) -> Reading:
        """Decode the likeliest payload."""
        amplitudes = self.amplitudes(evidence, geometry)
        soft = np.zeros(code.CODE_BITS)
        weights: dict[Plane, Real] = {}
        for plane, waves in self._waves.items():
            held = amplitudes[plane]
            carriers = ~waves.template
            ratio = self._soft(waves, held)[carriers]
            soft += np.bincount(waves.bit[carriers], ratio, minlength=code.CODE_BITS)
            gain = self._gain(waves, held)
            weights[plane] = np.where(carriers, gain * waves.amplitude / _by_ring(waves, np.abs(held) ** 2), 0)
        decoded = code.decode(soft.astype(np.float32), self._key)
        signed = {plane: weights[plane] * waves.signs(decoded.code_bits) for plane, waves in self._waves.items()}
        matched = Matched(geometry, signed)
        return Reading(decoded.payload, decoded.guess, matched.z(amplitudes), matched)

    def _soft(self, waves: Waves, held: Complex) -> Real:
        """Log-likelihood ratio of each wave's sign."""
        # Across the phases that the pattern has, a wave holds noise only.
        noise = _by_ring(waves, held.imag**2)
        ratio = 2 * self._gain(waves, held) * waves.amplitude * held.real / noise
        return np.asarray(np.clip(ratio, -_SOFT_LIMIT, _SOFT_LIMIT), np.float32)

    @staticmethod
    def _gain(waves: Waves, held: Complex) -> Real:
        """How much of the pattern is left at each frequency, judged by the template alone.

        The waves that carry bits have no say, so that the weights of their test do not depend on their phases. A
        ring has few template waves, so its own gain is drawn towards the plane's.
        """
        expected = np.where(waves.template, waves.amplitude, 0)
        left, sent = _in_rings(waves, expected * held.real), _in_rings(waves, expected**2)
        overall = max(float(left.sum() / sent.sum()), 1e-9)
        prior = 0.5 * float(sent.mean())
        gain = (left + overall * prior) / (sent + prior)
        return np.maximum(gain, 0.1 * overall)[_ring(waves)].astype(np.float32)


def _origin(waves: Waves, geometry: Geometry) -> Complex:
    angle = 2 * np.pi / TILE * (waves.u * geometry.shift_x + waves.v * geometry.shift_y) + waves.phase
    return np.asarray(np.exp(-1j * angle), np.complex64)


def _ring(waves: Waves) -> NDArray[np.intp]:
    return np.rint(waves.radius).astype(np.intp)


def _in_rings(waves: Waves, values: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Sums over rings of about the same frequency, each with half of its two neighbours."""
    return np.convolve(np.bincount(_ring(waves), values), (0.5, 1.0, 0.5), "same")


def _by_ring(waves: Waves, values: NDArray[np.floating[Any]]) -> Real:
    """The mean of positive values over waves of about the same frequency, for each wave."""
    mean = _in_rings(waves, values) / np.maximum(_in_rings(waves, np.ones_like(values)), 1e-9)
    return np.maximum(mean, 1e-12)[_ring(waves)].astype(np.float32)
