from __future__ import annotations

import math

import numpy as np
import pytest

from touchmark.provenance.watermark import statistics
from touchmark.provenance.watermark.lattice import Lattice, Plane
from touchmark.provenance.watermark.protocol import WatermarkKey
from touchmark.provenance.watermark.reading import Matched


def test_p_values_are_never_too_small_whatever_the_picture(key: WatermarkKey) -> None:
    """Random phases against loud, uneven content: a share of at most p may fall below p."""
    random = np.random.default_rng(0)
    sizes = {plane: waves.u.size for plane, waves in Lattice.of(key).waves.items()}
    matched = Matched({plane: random.gamma(0.5, size=size).astype(np.float32) for plane, size in sizes.items()})
    loud = {plane: random.pareto(1.5, size=size) for plane, size in sizes.items()}
    p_values = []
    for _ in range(4000):
        turned = {plane: loud[plane] * np.exp(2j * np.pi * random.uniform(size=sizes[plane])) for plane in Plane}
        p_values.append(statistics.tail(matched.z(turned)))
    for level in (0.5, 0.1, 0.01, 0.001):
        assert np.mean(np.array(p_values) <= level) <= level


def test_correlation_of_nothing_is_nothing(key: WatermarkKey) -> None:
    waves = Lattice.of(key).waves
    matched = Matched({plane: np.ones(w.u.size, np.float32) for plane, w in waves.items()})
    assert matched.z({plane: np.zeros(w.u.size, np.complex64) for plane, w in waves.items()}) == 0.0


@pytest.mark.parametrize("z", [-3.0, 0.0, 1.0, 8.0, 1e3])
def test_p_values_are_probabilities(z: float) -> None:
    for tests in (1.0, 1e9):
        assert 0 < statistics.tail(z, tests) <= 1
    assert 0 < statistics.verified_tail(z, 3) <= 3 * 2.0**-40


def test_every_test_is_paid_for() -> None:
    assert statistics.tail(8.0, 1000.0) == pytest.approx(1000 * math.exp(-32))
    assert statistics.verified_tail(0.0, 24) == 24 * 2.0**-40
    strong = 20.0
    assert statistics.verified_tail(strong, 1, 1e6) == pytest.approx((1 + 1e6) * statistics.verified_tail(strong, 1))
    together = statistics.verified_tail(strong, 1, 1e6, sights=3)
    assert together == pytest.approx((1 + 1e6) ** 3 * statistics.verified_tail(strong, 1))
