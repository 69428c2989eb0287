"""Read a payload from evidence whose geometry is known, and test single seconds for it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.watermark import code
from touchmark.provenance.watermark.codebook import Codebook
from touchmark.provenance.watermark.geometry import Geometry
from touchmark.provenance.watermark.lattice import TILE, Complex, Lattice, Plane, Real, Waves, over_shifts
from touchmark.provenance.watermark.measuring import Gauge
from touchmark.provenance.watermark.protocol import Payload, WatermarkKey
from touchmark.provenance.watermark.residual import Evidence
from touchmark.provenance.watermark.statistics import Drawn, log_exact_tail

_SOFT_LIMIT = 2.5
"""Largest log-likelihood ratio that one wave may contribute. Pictures have heavy tails: a loud edge must not outvote
everything. Measured: 2 to 3 is best, 8 loses 0.8 standard deviations."""

_ROUNDS = 2
"""How often the waves that carry bits are asked what is left of the pattern, after the template. More adds nothing."""
_SHARE = 0.25
"""How much such a wave counts in that over one of the template, whose sign is known."""
_FEW = 0.25
"""Weight of what a plane as a whole tells of a ring, over that of the waves of one."""
_FAINTEST = 0.03
"""Least gain of a ring, over that of its plane."""

_LEAN = 0.4
"""How much of what a picture happens to hold of a wave is made up for in its amplitude. At 1 more is spent on it than
the coder leaves of it."""
_LEANS_TO = 6
"""The highest ring that leans: at H.265 CRF 40 nothing is left of what is added to finer ones."""
_MOST = 3.0
"""Largest amplitude of a wave that leans, over its own."""


Held = dict[Plane, Complex]
"""Complex amplitudes of the waves of each plane, without the key's phases."""


@dataclass(frozen=True, slots=True)
class Sight:
    """Evidence, and the geometry under which it is looked at."""

    evidence: Evidence
    geometry: Geometry


@dataclass(frozen=True, slots=True)
class Fit:
    """A correlation.

    Attributes:
        z: in standard deviations.
        amplitudes: what each wave could have contributed: all that is not decided by its phase.
    """

    z: float
    amplitudes: Real

    @property
    def log_p(self) -> float:
        """Natural logarithm of the probability that a key without a mark reaches ``z``."""
        return log_exact_tail(self.amplitudes, self.z)


@dataclass(frozen=True, slots=True)
class Matched:
    """A pattern to correlate evidence with: a weight for each wave, signed as the pattern expects it."""

    weights: dict[Plane, Real]

    def fit(self, held: Held) -> Fit:
        """The correlation, as :mod:`touchmark.provenance.watermark.statistics` defines it."""
        return _fit([(self, held)])


@dataclass(frozen=True, slots=True)
class Reading:
    """One attempt.

    Attributes:
        payload: what was read, None unless it verified.
        guess: the likeliest payload, verified or not, to measure bit accuracy.
        fit: of the waves that carry bits with the code word nearest to them, over all sights.
        sights: how many were read together.
        geometry: of the first.
        matched: that code word as the first sight holds it, to test seconds with.
    """

    payload: Payload | None
    guess: Payload
    fit: Fit
    sights: int
    geometry: Geometry
    matched: Matched


@dataclass(frozen=True, slots=True)
class Named:
    """What speaks for a payload that was named beforehand.

    Attributes:
        payload: which.
        log_p: natural logarithm of the probability that the bits of one that is not there agree so well.
    """

    payload: Payload
    log_p: float


class Reader:
    """Reads with one key. ``gauge`` is given where several readers look at the same evidence."""

    def __init__(self, lattice: Lattice, key: WatermarkKey, gauge: Gauge | None = None) -> None:
        self._gauge = gauge or Gauge()
        self._waves = lattice.waves
        self._key = key

    def held(self, sight: Sight) -> Held:
        """The waves that evidence holds, with the key's phases taken off: real and positive where the pattern is."""
        spectrum = self._gauge.held(sight.evidence, sight.geometry)
        return {plane: spectrum.waves[plane] * _origin(waves, sight.geometry) for plane, waves in self._waves.items()}

    def template(self, sight: Sight) -> tuple[Fit, Matched]:
        """How well the template fits at this very geometry."""
        held = self.held(sight)
        weights = {
            plane: np.where(waves.template, waves.amplitude / _by_ring(waves, np.abs(held[plane]) ** 2), 0)
            for plane, waves in self._waves.items()
        }
        matched = Matched(weights)
        return matched.fit(held), matched

    def read(self, sights: Sequence[Sight], candidates: int = 1, *, template: bool = True) -> Reading:
        """Decode the likeliest payload of all sights together, or one that verifies among some ``candidates``.

        Without ``template`` it has no say in what is left of the pattern: see :meth:`Aligner.shifted`.
        """
        helds = [self.held(sight) for sight in sights]
        evidence = self._evidence(helds, template=template).astype(np.float32)
        decoded = (
            code.decode(evidence, self._key) if candidates == 1 else code.decode_from(evidence, self._key, candidates)
        )
        matched = [self._matched(held, decoded.code_bits, template=template) for held in helds]
        fit = _fit(zip(matched, helds, strict=True))
        return Reading(decoded.payload, decoded.guess, fit, len(sights), sights[0].geometry, matched[0])

    def named(self, sight: Sight, book: Codebook) -> Named:
        """Which of the payloads of ``book``, which is not empty, agrees best with the bits, and how well.

        The test is on the signs of the bits, given how clearly each is heard. To turn all
        waves of a bit about changes neither that, nor where the pattern was found to lie; so on unmarked material, and
        under the mark of another payload, whose check bits are a MAC's, each sign is right by a fair toss.
        """
        evidence = self._evidence([self.held(sight)], template=True)
        payload, z = book.nearest(evidence)
        return Named(payload, log_exact_tail(evidence, z, Drawn.SIGNS))

    def matched(self, sight: Sight, payload: Payload) -> Matched:
        """The code word of a payload as a sight holds it, to test seconds with."""
        return self._matched(self.held(sight), code.encode(payload, self._key), template=True)

    def _evidence(self, helds: Iterable[Held], *, template: bool) -> NDArray[np.float64]:
        """Log-likelihood ratio of each code bit, of shape (CODE_BITS,), positive for 0."""
        bits = np.zeros(code.CODE_BITS)
        for held in helds:
            for plane, waves in self._waves.items():
                carriers = ~waves.template
                ratio = self._soft(waves, held[plane], template=template)[carriers]
                bits += np.bincount(waves.bit[carriers], ratio, minlength=code.CODE_BITS)
        return bits

    def replaced(self, sight: Sight, matched: Matched) -> Sight:
        """The same sight at the shift where a known code word fits best."""
        at = int(np.argmax(self._over_shifts(self.held(sight), matched)))
        place = sight.geometry
        moved = replace(place, shift_x=(place.shift_x + at % TILE) % TILE, shift_y=(place.shift_y + at // TILE) % TILE)
        return Sight(sight.evidence, moved)

    def fits(self, sight: Sight, code_bits: NDArray[np.uint8]) -> Real:
        """How well the whole pattern of ``code_bits`` fits at every further shift: shape (TILE, TILE), down and across,
        in any common unit. For evidence that holds no mark yet."""
        held = self.held(sight)
        weights = {
            plane: waves.signs(code_bits) * waves.amplitude / _by_ring(waves, np.abs(held[plane]) ** 2)
            for plane, waves in self._waves.items()
        }
        return self._over_shifts(held, Matched(weights))

    def leaning(self, before: Sight, after: Sight, code_bits: NDArray[np.uint8]) -> Real:
        """Factors on the amplitudes of the waves of luma, of the same mean square, with which a picture is marked that
        is ``before``, and ``after`` it has been marked evenly: a wave that the picture itself holds with the right sign
        is drawn more faintly, one that it holds with the wrong sign more strongly (Malvar and Florencio, "Improved
        spread spectrum", IEEE Trans. Signal Processing 51, 2003)."""
        waves = self._waves[Plane.LUMA]
        signs = waves.signs(code_bits)
        own, marked = (signs * self.held(sight)[Plane.LUMA].real for sight in (before, after))
        sent = _in_rings(waves, waves.amplitude**2)
        drawn = _in_rings(waves, waves.amplitude * (marked - own)) / np.maximum(sent, 1e-9)
        drawn = np.maximum(drawn[_ring(waves)], 1e-9) * waves.amplitude
        factors = np.where(_ring(waves) <= _LEANS_TO, np.clip(1 - _LEAN * own / drawn, 0, _MOST), 1.0)
        power = np.sum(waves.amplitude**2) / np.sum((factors * waves.amplitude) ** 2)
        return np.asarray(factors * math.sqrt(power), np.float32)

    def _over_shifts(self, held: Held, matched: Matched) -> Real:
        grid = np.zeros((TILE, TILE), np.complex64)
        for plane, amplitudes in held.items():
            waves = self._waves[plane]
            np.add.at(grid, (waves.v % TILE, waves.u), matched.weights[plane] * amplitudes)
        return over_shifts(grid)

    def _matched(self, held: Held, code_bits: NDArray[np.uint8], *, template: bool) -> Matched:
        weights = {}
        for plane, waves in self._waves.items():
            gain = _gain(waves, held[plane], template=template)
            weight = gain * waves.amplitude / _by_ring(waves, np.abs(held[plane]) ** 2)
            weights[plane] = np.where(waves.template, 0, weight) * waves.signs(code_bits)
        return Matched(weights)

    @staticmethod
    def _soft(waves: Waves, held: Complex, *, template: bool) -> Real:
        """Log-likelihood ratio of each wave's sign."""
        # Across the phases that the pattern has, a wave holds noise only.
        noise = _by_ring(waves, held.imag**2)
        ratio = 2 * _left(waves, held, noise, template=template) * waves.amplitude * held.real / noise
        return np.asarray(np.clip(ratio, -_SOFT_LIMIT, _SOFT_LIMIT), np.float32)


def _left(waves: Waves, held: Complex, noise: Real, *, template: bool) -> Real:
    """How much of the pattern is left at each frequency, judged by all waves.

    A wave that carries a bit has a say as far as what the others tell of the gain tells its sign (expectation
    maximisation). To turn it about changes nothing of that, so a test on the signs of bits remains one.
    """
    gain = _gain(waves, held, template=template)
    if not template:
        return gain
    heard = waves.amplitude * held.real
    share = np.where(waves.template, 1, _SHARE).astype(np.float32)
    for _ in range(_ROUNDS):
        sign = np.where(waves.template, 1, np.tanh(gain * heard / noise))
        gain = _falling(waves, share * sign * heard, share * waves.amplitude**2)
    return gain


def _gain(waves: Waves, held: Complex, *, template: bool) -> Real:
    """The same, judged by the template alone; without it taken as even.

    The waves that carry bits have no say, so that the weights of their test do not depend on their phases.
    """
    if not template:
        return np.ones(waves.amplitude.size, np.float32)
    expected = np.where(waves.template, waves.amplitude, 0)
    return _falling(waves, expected * held.real, expected**2)


def _falling(waves: Waves, left: Real, sent: Real) -> Real:
    """What is left over what was sent, for each wave by its ring. A ring has few waves, so its own is drawn towards the
    exponential that fits those of the plane: coders and filters take fine waves before coarse ones."""
    left_in, sent_in = _in_rings(waves, left), _in_rings(waves, sent)
    least = max(_FAINTEST * float(left_in.sum() / sent_in.sum()), 1e-9)
    rings, weight = np.arange(sent_in.size), _FEW * float(sent_in.mean())
    own = np.log(np.maximum(left_in / np.maximum(sent_in, 1e-9), least))
    slope, start = np.polyfit(rings, own, 1, w=np.sqrt(sent_in))
    trend = np.exp(start + min(slope, 0.0) * rings)
    gain = np.maximum((left_in + trend * weight) / (sent_in + weight), least)
    return np.asarray(gain[_ring(waves)], np.float32)


def _fit(terms: Iterable[tuple[Matched, Held]]) -> Fit:
    """All terms together. What several sights hold of one wave has one phase of the key: it is added up before its
    power is taken."""
    sums: dict[Plane, Complex] = {}
    for matched, held in terms:
        for plane, weights in matched.weights.items():
            sums[plane] = sums.get(plane, np.complex64(0)) + weights * held[plane]
    waves = np.concatenate(list(sums.values()))
    amplitudes = np.abs(waves)
    power = float(np.sum(amplitudes**2))
    return Fit(float(np.sum(waves.real)) / math.sqrt(power / 2) if power > 0 else 0.0, amplitudes)


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
