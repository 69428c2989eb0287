"""How likely unmarked pixels or sound are to look like a mark: the p-values of this package.

Every test correlates measured amplitudes with what only the key tells of them. Of waves in a picture that is a phase:
let c_i be the complex amplitude of wave i in a video that does not carry the key's mark, and w_i a weight computed
without the phase of wave i. The phases are drawn from the key, uniformly and independently of the video, so

    t = sum a_i cos(theta_i),    a_i = w_i |c_i|,    theta_i independent and uniform.

Of the cells of a sound it is a sign: t = sum a_i s_i, with independent fair signs s_i and a_i the cell's evidence.
With z = t over its standard deviation (sqrt(sum a_i**2 / 2), or sqrt(sum a_i**2) for signs), two tails are known:

- a bound that needs nothing but z. E exp(s cos theta) = I0(s) <= exp(s**2 / 4) and cosh(s) <= exp(s**2 / 2), so
  P(z >= x) <= exp(-x**2 / 2) (Chernoff). These p-values (:func:`tail`) are a little larger than they need be, and far
  from uniform.
- the tail itself, given the amplitudes (:func:`exact_tail`). The cumulant generating function of t is known, and
  Lugannani and Rice's saddlepoint formula turns it into a tail whose relative error is small however far out ("Saddle
  point approximation for the distribution of the sum of independent random variables", Adv. Appl. Prob. 12, 1980). On
  unmarked material these p-values are uniform.

In both the key is what is random: they hold for *any* video, whatever its content. No model of pictures or sounds is
assumed and nothing is fitted. Many tests are paid for by the union bound.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.watermark.code import CHECK_BITS
from touchmark.provenance.watermark.protocol import PAYLOAD_BITS

PRESENCE_LEVEL: Final = 1e-6
"""A template is called present below this p-value, all tests counted."""

_LEAST = 1e-300
"""Nothing is impossible: where the formula underflows, this is reported."""
_WITHIN = 1e4
"""How many times rarer than under a normal distribution a correlation may be that is called present or not."""


class Drawn(Enum):
    """What a key decides about each amplitude, independently and uniformly."""

    PHASES = "phases"
    SIGNS = "signs"


_FEWEST = {Drawn.PHASES: 4.0, Drawn.SIGNS: 8.0}
"""Below so many terms of equal weight the saddlepoint formula is not trusted, and the sharpest bound is taken: few
signs make few different sums. Measured: at these the formula errs by a fifth at most, from p = 0.3 to 0.0001, and by a
third where all amplitudes are nearly the same, for the sums of their signs then lie on a lattice."""
_NEAR_THE_MIDDLE = 1e-3
"""Closer to the mean, in standard deviations, the formula's correction drowns in rounding; by symmetry it is nought."""
_FAR_OUT, _TERMS = 10.0, 30
"""From where on a continued fraction of so many terms gives a normal tail to the last digit."""
_STEPS = 200
"""Newton steps after which the saddlepoint is taken as it is; any s gives a bound."""


def is_chance(z: float, tests: float) -> bool:
    """Whether the best of ``tests`` correlations is so far from what would be called present that its exact tail need
    not be worked out: under a normal distribution it would be common, and the exact tail of any but a handful of
    amplitudes is within _WITHIN of that there. It decides nothing but what is worth its time, against a mark.
    """
    return math.erfc(z / math.sqrt(2)) / 2 * tests > _WITHIN * PRESENCE_LEVEL


def tail(z: float, tests: float = 1.0) -> float:
    """Probability that the best of ``tests`` correlations reaches ``z`` without a mark, bounded as above."""
    return paid_tail(_log_bound(z), tests)


def exact_tail(amplitudes: NDArray[np.floating], z: float, drawn: Drawn = Drawn.PHASES, tests: float = 1.0) -> float:
    """Probability that the best of ``tests`` correlations reaches ``z`` without a mark, given the amplitudes.

    Uniform on unmarked material for one test; for more, the union bound of that.

    Args:
        amplitudes: ndarray of any shape: the weight of each term times its magnitude; signs do not count.
        z: the correlation over its standard deviation.
        drawn: what the key decides about each term.
        tests: how many correlations this one is the best of.
    """
    return paid_tail(log_exact_tail(amplitudes, z, drawn), tests)


def paid_tail(log_single: float, tests: float = 1.0) -> float:
    """Probability that the best of ``tests`` does what one does with the probability exp(``log_single``), at most."""
    return _probability(log_single + math.log(tests))


def log_exact_tail(amplitudes: NDArray[np.floating], z: float, drawn: Drawn = Drawn.PHASES) -> float:
    """Natural logarithm of :func:`exact_tail` for one test; -inf where nothing that a key draws could reach ``z``."""
    size = np.abs(np.asarray(amplitudes, np.float64).ravel())
    size = size[size > 0]
    if size.size:
        size /= size.max()  # no unit is assumed, and squares of the smallest numbers are nought
    power = float(np.sum(size**2)) * (0.5 if drawn is Drawn.PHASES else 1.0)
    if not size.size or not math.isfinite(power) or power <= 0:
        return 0.0
    size /= math.sqrt(power)
    if float(np.sum(size**2)) ** 2 / float(np.sum(size**4)) < _FEWEST[drawn]:
        return _saddlepoint(size, z, drawn)[0] if z > 0 else 0.0
    if z < 0:  # The distribution is symmetric.
        return math.log1p(-math.exp(_log_upper_tail(size, -z, drawn)))
    return _log_upper_tail(size, z, drawn)


def verified_tail(z: float, decodings: int, alignments: float = 0.0, sights: int = 1) -> float:
    """Probability that an unmarked video yields a verified payload that correlates as well as ``z``.

    A verified payload needs CHECK_BITS bits of a MAC to agree in one of ``decodings`` trials, and one of the 2**64
    valid code words to correlate so well in one of them, or in one of the ``alignments`` from which they were chosen by
    the same waves, for each of the ``sights`` that were read together; the smaller of the two bounds holds for both.
    """
    return exact_verified_tail(_log_bound(z), decodings, alignments, sights)


def exact_verified_tail(log_single: float, decodings: int, alignments: float = 0.0, sights: int = 1) -> float:
    """:func:`verified_tail` of a correlation that one test reaches with the probability exp(``log_single``)."""
    by_check = decodings * 2.0**-CHECK_BITS
    tests = sights * math.log(decodings + alignments) + PAYLOAD_BITS * math.log(2)
    return min(by_check, _probability(log_single + tests))


def _probability(log_p: float) -> float:
    return max(_LEAST, math.exp(min(0.0, log_p)))


def _log_bound(z: float) -> float:
    return -z * z / 2 if z > 0 else 0.0


def _log_upper_tail(size: NDArray[np.float64], z: float, drawn: Drawn) -> float:
    """Lugannani and Rice's formula for z >= 0; ``size`` such that the variance is 1."""
    log_chernoff, s, curvature = _saddlepoint(size, z, drawn)
    if not math.isfinite(s):
        return log_chernoff
    root = math.sqrt(-2 * log_chernoff)
    # The formula is 1 - Phi(r) + phi(r) (1 / u - 1 / r); phi(r) is taken out, so that nothing underflows.
    correction = 1 / (s * math.sqrt(curvature)) - 1 / root if root > _NEAR_THE_MIDDLE else 0.0
    return min(log_chernoff, -root * root / 2 - math.log(2 * math.pi) / 2 + math.log(_mills(root) + correction))


def _mills(x: float) -> float:
    """The upper tail of a normal distribution over its density, for x >= 0: Laplace's continued fraction where the tail
    itself would soon underflow."""
    if x < _FAR_OUT:
        return math.sqrt(math.pi / 2) * math.exp(x * x / 2) * math.erfc(x / math.sqrt(2))
    fraction = x
    for k in range(_TERMS, 0, -1):
        fraction = x + k / fraction
    return 1 / fraction


def _saddlepoint(size: NDArray[np.float64], z: float, drawn: Drawn) -> tuple[float, float, float]:
    """The logarithm of Chernoff's sharpest bound on P(t >= z), the s at which it is taken, and K'' there.

    K' is concave for s > 0, so Newton's steps from 0 never pass the solution of K'(s) = z.
    """
    most = float(size.sum())
    if z >= most * (1 - 1e-9):
        return (
            (-math.inf if drawn is Drawn.PHASES or z > most * (1 + 1e-9) else -size.size * math.log(2)),
            math.inf,
            0.0,
        )
    cumulants = _of_phases if drawn is Drawn.PHASES else _of_signs
    s = 0.0
    value, slope, curvature = 0.0, 0.0, 1.0
    for _ in range(_STEPS):
        if z - slope <= 1e-10 * max(z, 1.0):
            break
        s += (z - slope) / curvature
        value, slope, curvature = cumulants(size, s)
    return min(0.0, value - s * z), s, curvature


def _of_signs(size: NDArray[np.float64], s: float) -> tuple[float, float, float]:
    """K(s) = sum log cosh(a s) and its first two derivatives."""
    x = size * s
    slope = np.tanh(x)
    value = float(np.sum(x + np.log1p(np.exp(-2 * x)) - math.log(2)))
    return value, float(size @ slope), float(size**2 @ (1 - slope**2))


def _of_phases(size: NDArray[np.float64], s: float) -> tuple[float, float, float]:
    """K(s) = sum log I0(a s) and its first two derivatives."""
    from scipy.special import i0e, i1e

    x = size * s
    i0 = i0e(x)
    slope = i1e(x) / i0
    # I0'' = I0 - I1 / x, and I1 / (x I0) goes to 1/2.
    rest = np.where(x > 1e-6, slope / np.maximum(x, 1e-6), 0.5)
    return float(np.sum(np.log(i0) + x)), float(size @ slope), float(size**2 @ (1 - rest - slope**2))
