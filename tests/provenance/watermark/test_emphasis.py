from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from touchmark.provenance.watermark.emphasis import AS_PLANNED, Emphasis, detail, tangle

FIRST = Emphasis(luma=(1.0, 1.9), chroma=(1.0, 2.6))
SHAPE = (60, 90)
LEVELS = arrays(np.float32, (5, 7), elements=st.floats(0, 255, width=32))


def flat(level: float) -> NDArray[np.float32]:
    return np.full(SHAPE, level, np.float32)


def grain(deviation: float) -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(120, deviation, SHAPE).astype(np.float32)


def out_of_focus() -> NDArray[np.float32]:
    """A black and white edge, blurred over a sixth of the picture."""
    edge = flat(40)
    edge[:, SHAPE[1] // 2 :] = 200
    return np.asarray(cv2.GaussianBlur(edge, (0, 0), 10), np.float32)


def colour_factor(luma: NDArray[np.float32], blue: float = 128, red: float = 128) -> float:
    return float(FIRST.of_chroma(detail(luma), flat(0), luma, flat(blue), flat(red)).mean())


def test_plain_grey_is_not_emphasised_in_any_plane() -> None:
    assert FIRST.of_luma(detail(flat(120))) == pytest.approx(1.0)
    assert colour_factor(flat(120)) == pytest.approx(1.0)


def test_texture_is_emphasised_in_all_planes() -> None:
    assert FIRST.of_luma(detail(grain(12))).mean() == pytest.approx(1.9)
    assert colour_factor(grain(12)) == pytest.approx(2.6)
    assert 1.0 < colour_factor(grain(3)) < 2.6


def test_what_is_out_of_focus_hides_nothing() -> None:
    assert out_of_focus().std() > 50
    assert FIRST.of_luma(detail(out_of_focus())).max() < 1.1
    assert colour_factor(out_of_focus()) < 1.05


def test_an_edge_hides_nothing_beside_itself() -> None:
    edge = flat(60)
    edge[:, 45:] = 180
    found = detail(edge)
    assert found[30, 44:46].min() > 5
    assert found[30, :36].max() < 0.1 and found[30, 54:].max() < 0.1


def test_a_saturated_colour_takes_more_than_grey_and_no_more_than_the_most() -> None:
    sky, red = colour_factor(flat(156), 157, 104), colour_factor(flat(73), 111, 203)
    assert 1.2 < sky < 1.6 and sky < red < 2.6
    assert Emphasis(luma=(1.0, 1.0), chroma=(1.0, 1.1)).of_chroma(
        detail(flat(73)), flat(0), flat(73), flat(111), flat(203)
    ) == pytest.approx(1.1)


def test_where_saturation_counts_on_detail_alone_a_plain_sky_is_like_a_grey_wall() -> None:
    large = replace(FIRST, plain_saturation=0.0)
    for luma, factor in ((flat(156), 1.0), (grain(12), 2.6)):
        assert large.of_chroma(detail(luma), flat(0), luma, flat(157), flat(104)).mean() == pytest.approx(
            factor, abs=1e-3
        )
    fine = grain(3)
    grey, sky = (
        large.of_chroma(detail(fine), flat(0), fine, flat(blue), flat(red)) for blue, red in ((128, 128), (157, 104))
    )
    assert 1.2 * grey.mean() < sky.mean() <= FIRST.of_chroma(detail(fine), flat(0), fine, flat(157), flat(104)).mean()


def test_white_clips_half_of_a_colour_and_takes_more() -> None:
    assert colour_factor(flat(235)) == pytest.approx(1.4)


def test_a_speck_is_hardly_texture() -> None:
    road = flat(100)
    road[10::20, 10::20] = 220
    assert tangle(road).max() < detail(road).max() / 5


def test_coloured_detail_that_runs_all_ways_takes_more_and_an_edge_or_grey_film_does_not() -> None:
    stripes = flat(60)
    stripes[:, ::6] = 180
    foliage, edges = tangle(grain(12)), tangle(stripes)
    assert foliage.min() > 1.5 and edges.max() < 0.5 < detail(stripes).mean()
    hiding, sky, grey = replace(FIRST, tangled=1.5), (157, 104), (128, 128)
    for fine, tangled, colour, chroma in (
        (grain(12), foliage, sky, 2.6 * 1.5),
        (grain(12), foliage, grey, 2.6),
        (stripes, edges, sky, 2.6),
    ):
        factors = hiding.of_chroma(detail(fine), tangled, flat(120), *map(flat, colour))
        assert factors.mean() == pytest.approx(chroma, rel=1e-3)


@given(LEVELS, LEVELS, LEVELS, LEVELS)
def test_factors_stay_between_those_of_plain_ground_and_the_most(
    fine: NDArray[np.float32], luma: NDArray[np.float32], blue: NDArray[np.float32], red: NDArray[np.float32]
) -> None:
    for factors, (least, most) in (
        (FIRST.of_luma(fine), FIRST.luma),
        (FIRST.of_chroma(fine, luma, luma, blue, red), FIRST.chroma),
    ):
        assert factors.shape == luma.shape
        assert np.float32(least) <= factors.min() and factors.max() <= np.float32(most)


def test_what_is_even_asks_no_place() -> None:
    assert AS_PLANNED.is_even and not FIRST.is_even
    assert Emphasis(luma=(0.9, 0.9), chroma=(0.9, 0.9)).is_even
    assert not Emphasis(luma=(1.0, 1.0), chroma=(1.0, 1.2)).is_even
