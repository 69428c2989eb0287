from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from touchmark.provenance.media.picture import Planes
from touchmark.provenance.watermark.masking import strengths


def colourful(luma: NDArray[np.uint8]) -> Planes:
    """A picture of this luma with colours."""
    half = (-(-luma.shape[0] // 2), -(-luma.shape[1] // 2))
    blue = np.random.default_rng(1).integers(108, 148, half).astype(np.uint8)
    return Planes(luma, blue, np.ascontiguousarray(255 - blue))


def test_texture_hides_luma_and_flat_areas_are_marked_in_chroma() -> None:
    picture = np.full((270, 540), 120, np.uint8)
    picture[:, 270:] = np.random.default_rng(0).integers(60, 180, (270, 270))
    luma, chroma = strengths(colourful(picture))
    assert luma[:, 300:].mean() > 2 * luma[:, :240].mean()
    assert chroma[:, 300:].mean() < chroma[:, :240].mean()


def test_an_edge_wears_no_halo() -> None:
    picture = np.full((270, 270), 60, np.uint8)
    picture[:, 135:] = 180
    luma, _ = strengths(colourful(picture))
    flat = luma[135, 20]
    assert luma[135, 133:137].mean() > 1.5 * flat
    assert np.allclose(luma[135, :129], flat, rtol=0.02)


@pytest.mark.parametrize("shape", [(128, 128), (129, 4001), (2160, 3840), (1, 1)])
def test_strengths_are_small_finite_and_follow_the_shape(shape: tuple[int, int]) -> None:
    luma, chroma = strengths(colourful(np.full(shape, 255, np.uint8)))
    assert luma.shape == chroma.shape
    assert min(luma.shape) <= 270
    assert 0 < luma.min() <= luma.max() < 3
    assert 0 < chroma.min() <= chroma.max() < 2


@pytest.mark.parametrize("loudness", [0.0, 2.0, 12.0, 40.0])
def test_a_picture_is_marked_within_the_budget_whatever_it_shows(loudness: float) -> None:
    grain = np.random.default_rng(0).normal(0, max(loudness, 1e-6), (540, 960))
    luma, _ = strengths(colourful(np.clip(110 + grain, 16, 235).astype(np.uint8)))
    # 44 dB of full-range luma is a mean square of 1.9 in steps of limited range.
    assert float(np.mean(luma**2)) < 1.9


def test_a_picture_without_colour_gets_more_but_stays_above_44_db() -> None:
    luma = np.clip(110 + np.random.default_rng(0).normal(0, 12, (360, 640)), 16, 235).astype(np.uint8)
    grey = np.full((180, 320), 128, np.uint8)
    without, with_colour = strengths(Planes(luma, grey, grey)), strengths(colourful(luma))
    assert (np.mean(with_colour[0] ** 2) < np.mean(without[0] ** 2)) and without[1].mean() > with_colour[1].mean()
    # 44 dB of full-range luma is a mean square of 1.9 in steps of limited range, rounding to whole steps included.
    assert float(np.mean(without[0] ** 2)) + 1 / 12 < 1.9
