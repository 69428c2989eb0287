"""How likely unmarked pixels are to look like a mark: the p-values of this package.

Every test correlates measured waves with the key's phases. Let c_i be the complex amplitude of wave i in a video
that does not carry the key's mark, and w_i a weight computed without the phase of wave i. The phases are drawn from
the key, uniformly and independently of the video, so

    t = sum w_i |c_i| cos(theta_i),    theta_i independent and uniform,

and from E exp(s cos theta) = I0(s) <= exp(s**2 / 4) Chernoff's bound gives, for *any* video, whatever its content,

    P(z >= x) <= exp(-x**2 / 2)    where z = t / sqrt(sum w_i**2 |c_i|**2 / 2).

No model of pictures is assumed and nothing is fitted; the price is that these p-values are a little larger than they
need be. Many tests are paid for by the union bound.
"""

from __future__ import annotations

import math
from typing import Final

from touchmark.provenance.watermark.code import CHECK_BITS
from touchmark.provenance.watermark.protocol import PAYLOAD_BITS

PRESENCE_LEVEL: Final = 1e-6
"""A template is called present below this p-value, all tests counted."""

_LEAST = 1e-300
"""Nothing is impossible: where the formula underflows, this is reported."""


def tail(z: float, tests: float = 1.0) -> float:
    """Probability that the best of ``tests`` correlations reaches ``z`` without a mark, bounded as above."""
    return _bound(z, math.log(tests))


def verified_tail(z: float, decodings: int, alignments: float = 0.0, sights: int = 1) -> float:
    """Probability that an unmarked video yields a verified payload that correlates as well as ``z``.

    A verified payload needs CHECK_BITS bits of a MAC to agree in one of ``decodings`` trials, and one of the 2**64
    valid code words to correlate so well in one of them, or in one of the ``alignments`` from which they were chosen by
    the same waves, for each of the ``sights`` that were read together; the smaller of the two bounds holds for both.
    """
    by_check = decodings * 2.0**-CHECK_BITS
    tests = sights * math.log(decodings + alignments) + PAYLOAD_BITS * math.log(2)
    return min(by_check, _bound(z, tests))


def _bound(z: float, log_tests: float) -> float:
    if z <= 0:
        return 1.0
    return max(_LEAST, math.exp(min(0.0, log_tests - z * z / 2)))
