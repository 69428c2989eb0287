from __future__ import annotations

import numpy as np
import pytest

from touchmark.provenance.watermark.masking import headroom, strengths


def test_texture_hides_luma_and_flat_areas_are_marked_in_chroma() -> None:
    picture = np.full((270, 540), 120, np.uint8)
    picture[:, 270:] = np.random.default_rng(0).integers(60, 180, (270, 270))
    luma, chroma = strengths(picture)
    assert luma[:, 300:].mean() > 2 * luma[:, :240].mean()
    assert chroma[:, 300:].mean() < chroma[:, :240].mean()


def test_an_edge_wears_no_halo() -> None:
    picture = np.full((270, 270), 60, np.uint8)
    picture[:, 135:] = 180
    luma, _ = strengths(picture)
    flat = luma[135, 20]
    assert luma[135, 133:137].mean() > 1.5 * flat
    assert np.allclose(luma[135, :129], flat, rtol=0.02)


@pytest.mark.parametrize("shape", [(128, 128), (129, 4001), (2160, 3840), (1, 1)])
def test_strengths_are_small_finite_and_follow_the_shape(shape: tuple[int, int]) -> None:
    luma, chroma = strengths(np.full(shape, 255, np.uint8))
    assert luma.shape == chroma.shape
    assert min(luma.shape) <= 270
    assert 0 < luma.min() <= luma.max() < 3
    assert 0 < chroma.min() <= chroma.max() < 2


def test_headroom_moves_black_and_white_inwards_and_leaves_the_rest() -> None:
    table = headroom().astype(int)
    levels = np.arange(256)[:, None]
    assert (table[0] >= 1).all()
    assert (table[255] <= 254).all()
    assert np.abs(table - levels).max() <= 4
    assert np.array_equal(table[20:236], np.repeat(levels[20:236], 3, axis=1))
    assert (np.diff(table, axis=0) >= 0).all()
