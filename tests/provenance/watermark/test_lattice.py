from __future__ import annotations

import numpy as np
import pytest

from touchmark.provenance.watermark.code import CODE_BITS, encode
from touchmark.provenance.watermark.lattice import SHORT_SIDE, TILE, Lattice, Plane, measure, over_shifts
from touchmark.provenance.watermark.protocol import Payload, WatermarkKey


@pytest.mark.parametrize("plane", list(Plane))
@pytest.mark.parametrize("size", [(320, 320), (270, 480), (361, 203)])
def test_what_is_drawn_is_measured(plane: Plane, size: tuple[int, int], key: WatermarkKey, payload: Payload) -> None:
    lattice, bits = Lattice.of(key), encode(payload, key)
    waves = lattice.waves[plane]
    height, width = size
    pitch = SHORT_SIDE / min(size)
    drawn = lattice.draw(plane, bits, height, width)
    found = measure(drawn, waves.u, waves.v, pitch, pitch) * np.exp(-1j * waves.phase) * waves.signs(bits)
    found *= 2 / (height * width * waves.amplitude)
    assert drawn.shape == size
    assert np.mean(drawn**2) == pytest.approx(1, abs=0.15)
    # The picture holds no whole number of tiles, so neighbouring waves leak into each other a little.
    assert np.mean(found.real) == pytest.approx(1, abs=0.05)
    assert np.mean(found.real > 0.3) > 0.97


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
