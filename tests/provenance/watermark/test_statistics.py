from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import kstest

from touchmark.provenance.media.picture import Planes
from touchmark.provenance.watermark import statistics
from touchmark.provenance.watermark.geometry import Geometry
from touchmark.provenance.watermark.lattice import Lattice, Plane
from touchmark.provenance.watermark.measuring import Gauge
from touchmark.provenance.watermark.protocol import WatermarkKey
from touchmark.provenance.watermark.reading import Matched, Reader, Sight
from touchmark.provenance.watermark.residual import residual
from touchmark.provenance.watermark.statistics import Drawn, exact_tail, log_exact_tail


def exactly(p_value: float) -> object:
    """But for rounding. Without ``abs`` any two p-values below 1e-12 would be called alike."""
    return pytest.approx(p_value, rel=1e-6, abs=1e-290)


def test_p_values_are_never_too_small_whatever_the_picture(key: WatermarkKey) -> None:
    """Random phases against loud, uneven content: a share of at most p may fall below p."""
    random = np.random.default_rng(0)
    sizes = {plane: waves.u.size for plane, waves in Lattice.of(key).waves.items()}
    matched = Matched({plane: random.gamma(0.5, size=size).astype(np.float32) for plane, size in sizes.items()})
    loud = {plane: random.pareto(1.5, size=size) for plane, size in sizes.items()}
    p_values = []
    for _ in range(4000):
        turned = {plane: loud[plane] * np.exp(2j * np.pi * random.uniform(size=sizes[plane])) for plane in Plane}
        p_values.append(statistics.tail(matched.fit(turned).z))
    for level in (0.5, 0.1, 0.01, 0.001):
        assert np.mean(np.array(p_values) <= level) <= level


def test_correlation_of_nothing_is_nothing(key: WatermarkKey) -> None:
    waves = Lattice.of(key).waves
    matched = Matched({plane: np.ones(w.u.size, np.float32) for plane, w in waves.items()})
    assert matched.fit({plane: np.zeros(w.u.size, np.complex64) for plane, w in waves.items()}).z == 0.0


@pytest.mark.parametrize("z", [-3.0, 0.0, 1.0, 8.0, 1e3])
def test_p_values_are_probabilities(z: float) -> None:
    for tests in (1.0, 1e9):
        assert 0 < statistics.tail(z, tests) <= 1
    assert 0 < statistics.verified_tail(z, 3) <= 3 * 2.0**-40


def test_every_test_is_paid_for() -> None:
    assert statistics.tail(8.0, 1000.0) == exactly(1000 * math.exp(-32))
    assert statistics.verified_tail(0.0, 24) == 24 * 2.0**-40
    strong = 20.0
    assert statistics.verified_tail(strong, 1, 1e6) == exactly((1 + 1e6) * statistics.verified_tail(strong, 1))
    together = statistics.verified_tail(strong, 1, 1e6, sights=3)
    assert together == exactly(math.exp(-200 + 3 * math.log(1 + 1e6) + 64 * math.log(2)))


SHARE_OF_POWER = {Drawn.PHASES: 0.5, Drawn.SIGNS: 1.0}


def drawn_z(
    amplitudes: NDArray[np.float64], drawn: Drawn, count: int, random: np.random.Generator
) -> NDArray[np.float64]:
    """What ``count`` keys make of the same amplitudes."""
    size = (count, amplitudes.size)
    terms = np.cos(random.uniform(0, 2 * np.pi, size)) if drawn is Drawn.PHASES else random.choice([-1.0, 1.0], size)
    return np.asarray(terms @ amplitudes / math.sqrt(SHARE_OF_POWER[drawn] * np.sum(amplitudes**2)))


@pytest.mark.parametrize("drawn", Drawn)
@pytest.mark.parametrize(("shape", "count"), [(1.0, 60), (2.0, 40), (0.3, 300)])
def test_exact_p_values_are_uniform(drawn: Drawn, shape: float, count: int) -> None:
    random = np.random.default_rng(7)
    amplitudes = random.gamma(shape, size=count)
    p_values = [exact_tail(amplitudes, z, drawn) for z in drawn_z(amplitudes, drawn, 2000, random)]
    assert kstest(p_values, "uniform").pvalue > 1e-3


@pytest.mark.parametrize("drawn", Drawn)
def test_exact_tails_agree_with_chance_far_out(drawn: Drawn) -> None:
    random = np.random.default_rng(8)
    amplitudes = random.gamma(1.0, size=40)
    z = np.sort(np.concatenate([drawn_z(amplitudes, drawn, 50_000, random) for _ in range(4)]))[::-1]
    for expected in (1e-2, 3e-3, 1e-3):
        reached = float(z[round(expected * z.size)])
        assert exact_tail(amplitudes, reached, drawn) == pytest.approx(expected, rel=0.25)


def test_sums_of_few_signs_agree_with_all_that_there_are() -> None:
    amplitudes = np.random.default_rng(9).gamma(3.0, size=18)
    sums = np.zeros(1)
    for amplitude in amplitudes:
        sums = np.concatenate([sums - amplitude, sums + amplitude])
    sums = np.sort(sums)[::-1] / math.sqrt(np.sum(amplitudes**2))
    for rank in (30, 300, 3000, 30000):
        assert exact_tail(amplitudes, float(sums[rank]), Drawn.SIGNS) == pytest.approx(rank / sums.size, rel=0.2)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.floats(-1e6, 1e6), max_size=40).map(np.array),
    st.floats(-50, 50),
    st.floats(0, 5),
    st.sampled_from(Drawn),
)
def test_exact_p_values_are_ordered_and_never_above_the_bound(
    amplitudes: NDArray[np.float64], z: float, further: float, drawn: Drawn
) -> None:
    one, other = exact_tail(amplitudes, z, drawn), exact_tail(amplitudes, z + further, drawn)
    assert 0 < other <= one * (1 + 1e-6) <= 1 + 1e-6
    assert one <= (statistics.tail(z) if np.any(amplitudes) else 1.0) * (1 + 1e-6)
    assert exact_tail(amplitudes, z, drawn, tests=1000.0) == exactly(min(1.0, 1000 * one))


@pytest.mark.parametrize("count", range(1, 8))
def test_of_a_handful_of_signs_no_p_value_is_too_small(count: int) -> None:
    """Where the formula errs: each is at least the share of sums that reach so far."""
    for more in range(count // 2 + 1, count + 1):
        share = sum(math.comb(count, up) for up in range(more, count + 1)) / 2**count
        z = (2 * more - count) / math.sqrt(count)
        for below in (1e-6, 0.01, 0.05):
            assert exact_tail(np.ones(count), z * (1 - below), Drawn.SIGNS) >= share * (1 - 1e-6)


def test_only_what_is_far_from_being_called_present_is_chance_at_a_glance() -> None:
    assert statistics.is_chance(2.0, 1.0) and statistics.is_chance(3.0, 1e3)
    assert not statistics.is_chance(3.0, 1.0)  # under a normal distribution one in 741


def test_exact_tails_know_what_cannot_be() -> None:
    amplitudes = np.ones(50)
    assert log_exact_tail(amplitudes, 10.1) == -math.inf
    assert log_exact_tail(amplitudes, math.sqrt(50), Drawn.SIGNS) == pytest.approx(-50 * math.log(2))
    assert exact_tail(np.zeros(50), 3.0) == exact_tail(np.zeros(0), 3.0) == 1.0
    assert exact_tail(np.full(50, np.nan), 3.0) == 1.0


@pytest.mark.parametrize("z", [-1e-12, 0.0, 1e-12, 1e-5])
def test_in_the_middle_one_half_lies_above(z: float) -> None:
    assert exact_tail(np.ones(50), z) == pytest.approx(0.5, rel=1e-3)


def test_a_verified_payload_pays_for_every_code_word() -> None:
    single = log_exact_tail(np.random.default_rng(1).gamma(1.0, size=4000), 20.0)
    paid = statistics.exact_verified_tail(single, 1, 1e6)
    assert paid == exactly(math.exp(single + math.log(1 + 1e6) + 64 * math.log(2)))
    assert statistics.exact_verified_tail(0.0, 24) == 24 * 2.0**-40


def test_p_values_of_an_unmarked_picture_are_uniform_over_keys() -> None:
    """The test of the mark itself, on one textured picture without a mark, by four hundred keys."""
    picture = Planes.of_rgb(np.random.default_rng(5).integers(0, 256, (144, 200, 3)).astype(np.uint8))
    sight, gauge = Sight(residual(smoothed(picture)), Geometry()), Gauge()
    p_values = []
    for number in range(400):
        key = WatermarkKey(number.to_bytes(16, "big"))
        fit, _ = Reader(Lattice.of(key), key, gauge).template(sight)
        p_values.append(exact_tail(fit.amplitudes, fit.z))
    assert kstest(p_values, "uniform").pvalue > 0.001
    assert min(p_values) > 1e-6


def smoothed(picture: Planes) -> Planes:
    return replace(picture, luma=np.asarray(cv2.GaussianBlur(picture.luma, (0, 0), 2), np.uint8))
