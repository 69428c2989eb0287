from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchmark.provenance.watermark.code import CODE_BITS, encode
from touchmark.provenance.watermark.lattice import (
    SHORT_SIDE,
    TILE,
    Folded,
    Lattice,
    Plane,
    harmonics,
    measure,
    over_shifts,
)
from touchmark.provenance.watermark.protocol import Payload, WatermarkKey


@pytest.mark.parametrize("plane", list(Plane))
@pytest.mark.parametrize("size", [(320, 320), (270, 480), (361, 203)])
def test_what_is_drawn_is_measured(plane: Plane, size: tuple[int, int], key: WatermarkKey, payload: Payload) -> None:
    lattice, bits = Lattice.of(key), encode(payload, key)
    waves = lattice.waves[plane]
    height, width = size
    pitch = SHORT_SIDE / min(size)
    drawn = lattice.draw(plane, bits, height, width)
    reach = int(np.abs(waves.v).max())
    found = measure(Folded.of(drawn[:, None]), reach, pitch, pitch)[waves.v + reach, 0, waves.u]
    middle = pitch / TILE * np.pi * (waves.u * width + waves.v * height)
    found *= np.exp(-1j * (waves.phase + middle)) * waves.signs(bits)
    found *= 2 / (height * width * waves.amplitude)
    assert drawn.shape == size
    assert np.mean(drawn**2) == pytest.approx(1, abs=0.15)
    # The picture holds no whole number of tiles, so neighbouring waves leak into each other a little.
    assert np.mean(found.real) == pytest.approx(1, abs=0.05)
    assert np.mean(found.real > 0.3) > 0.97


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 3), st.integers(0, 9), st.floats(0.1, 40))
def test_folded_pictures_hold_the_waves_that_they_hold_unfolded(
    height: int, width: int, count: int, reach: int, pitch: float
) -> None:
    pictures = np.random.default_rng(height * width).normal(size=(height, count, width)).astype(np.float32)
    found = measure(Folded.of(pictures), reach, pitch, pitch / 2)
    assert found.shape == (2 * reach + 1, count, reach + 1)
    x, y = ((np.arange(side) + 0.5 - side / 2) * step for side, step in ((width, pitch), (height, pitch / 2)))
    for v in range(-reach, reach + 1):
        for u in range(reach + 1):
            wave = np.exp(-2j * np.pi / TILE * (v * y[:, None] + u * x))
            expected = np.einsum("ykx,yx->k", pictures, wave)
            assert np.allclose(found[v + reach, :, u], expected, atol=2e-3)


@given(st.integers(1, 50), st.floats(0.1, 40))
def test_harmonics_are_waves_at_the_centres_of_samples(samples: int, pitch: float) -> None:
    frequencies = np.arange(-9, 10)
    angle = 2 * np.pi / TILE * np.outer((np.arange(samples) + 0.5) * pitch, frequencies)
    assert np.allclose(harmonics(samples, pitch, frequencies), np.exp(1j * angle), atol=1e-5)


def test_the_pattern_is_the_same_at_every_size(key: WatermarkKey, payload: Payload) -> None:
    lattice, bits = Lattice.of(key), encode(payload, key)
    large, small = (lattice.draw(Plane.LUMA, bits, side, side) for side in (960, 320))
    assert np.abs(large[1::3, 1::3] - small).max() < 1e-3


def test_a_sum_over_all_shifts_is_the_real_part_of_a_whole_transform() -> None:
    grid = np.random.default_rng(2).normal(size=(2, TILE, TILE)).astype(np.float32)
    waves = grid[0] + 1j * grid[1]
    assert np.allclose(over_shifts(waves), np.fft.fft2(waves).real, atol=1e-2)


def test_no_code_bit_is_without_a_wave_or_favoured(key: WatermarkKey) -> None:
    waves = Lattice.of(key).waves.values()
    counts = sum(np.bincount(w.bit[~w.template], minlength=CODE_BITS) for w in waves)
    assert np.min(counts) >= 1
    assert np.max(counts) - np.min(counts) <= 1


def test_another_key_has_another_pattern(key: WatermarkKey) -> None:
    bits = np.zeros(CODE_BITS, np.uint8)
    other = WatermarkKey(key.secret + b"?")
    here, there = (Lattice.of(k).draw(Plane.LUMA, bits, 320, 320) for k in (key, other))
    assert abs(np.mean(here * there)) < 0.1
