"""What the sound mark works out in a fast way is what the plain way gives, but for rounding."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from touchmark.provenance.watermark.protocol import WatermarkKey
from touchmark.provenance.watermark.sound import transform
from touchmark.provenance.watermark.sound.evidence import Stretch
from touchmark.provenance.watermark.sound.framing import Framing
from touchmark.provenance.watermark.sound.loudness import band_power, levels
from touchmark.provenance.watermark.sound.pattern import BANDS, EDGES, FRAMES_PER_CELL, HOP, ROWS, Pattern
from touchmark.provenance.watermark.sound.synchronise import Alignment, Cells, Finder

SEEDS = st.integers(0, 2**32 - 1)


def rows(seed: int, count: int, length: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(count, length)).astype(np.float32)


@given(SEEDS, st.integers(0, 5), st.integers(2, 700), st.integers(0, 300))
def test_forward_is_that_of_numpy(seed: int, count: int, half: int, silence: int) -> None:
    length = 2 * half
    given = rows(seed, count, max(0, length - silence))
    expected = np.fft.rfft(given.astype(np.float64), length, axis=1) if given.size else np.zeros((count, half + 1))
    found = transform.forward(given, length)
    assert (found.shape, found.dtype) == ((count, half + 1), np.complex64)
    assert np.allclose(found, expected, atol=1e-5 * length**0.5)


@given(SEEDS, st.integers(1, 5), st.integers(2, 700))
def test_inverse_is_that_of_numpy(seed: int, count: int, half: int) -> None:
    spectra = (rows(seed, count, half + 1) + 1j * rows(seed + 1, count, half + 1)).astype(np.complex64)
    found = transform.inverse(spectra)
    assert found.shape == (count, 2 * half)
    assert np.allclose(found, np.fft.irfft(spectra.astype(np.complex128), axis=1), atol=1e-5)


@given(SEEDS, st.integers(1, 5), st.integers(2, 700))
def test_there_and_back_again_nothing_is_lost(seed: int, count: int, half: int) -> None:
    given = rows(seed, count, 2 * half)
    assert np.allclose(transform.inverse(transform.forward(given, 2 * half)), given, atol=1e-5)


@given(SEEDS, st.integers(1, 5), st.integers(2, 700))
def test_power_is_that_of_the_spectrum_and_leaves_the_rows_alone(seed: int, count: int, half: int) -> None:
    given = rows(seed, count, 2 * half)
    kept = given.copy()
    expected = np.abs(np.fft.rfft(given.astype(np.float64), axis=1)) ** 2
    assert np.allclose(transform.power(given), expected, rtol=1e-4, atol=1e-5 * half)
    assert np.array_equal(given, kept)


@given(SEEDS, st.integers(1, 40), st.integers(1, 40))
def test_crosswise_puts_rows_for_columns(seed: int, height: int, width: int) -> None:
    table = (rows(seed, height, width) + 1j * rows(seed + 1, height, width)).astype(np.complex64)
    assert np.array_equal(transform.crosswise(table), table.T)
    assert np.array_equal(transform.crosswise(table[:, ::2]), table[:, ::2].T)


@pytest.mark.parametrize("rate", [4000, 11025, 16000, 44100])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_power_adds_up_the_channels_of_spectra(rate: int, channels: int) -> None:
    framing = Framing(rate)
    samples = rows(rate, channels, framing.length + 9 * framing.hop)
    spectra = framing.spectra(samples, framing.window)
    power = framing.power(samples, framing.window)
    assert power.shape == (10, framing.length // 2 + 1)
    assert np.allclose(power, np.sum(np.abs(spectra) ** 2, axis=0), rtol=1e-4, atol=1e-3)


def test_a_band_has_the_lines_between_its_edges_and_parts_of_those_at_them() -> None:
    framing = Framing(16000)
    power = np.square(rows(3, 6, framing.length // 2 + 1))
    edges = EDGES / framing.bin_width + 0.5
    lines = np.arange(power.shape[1])
    for band, found in enumerate(band_power(power, framing).T):
        share = np.clip(np.minimum(lines + 1, edges[band + 1]) - np.maximum(lines, edges[band]), 0, 1)
        expected = power.astype(np.float64) @ share * 2 / (framing.length * framing.length / 2)
        assert np.allclose(found, expected, rtol=1e-5)


def test_levels_are_decibels_averaged_over_a_cell() -> None:
    bands = 0.1 + np.square(rows(4, 30, BANDS))
    decibels = 10 * np.log10(bands.astype(np.float64))
    found = levels(bands)
    for at in range(30 - FRAMES_PER_CELL):
        assert np.allclose(found[at], decibels[at : at + FRAMES_PER_CELL].mean(axis=0), atol=1e-3)


@given(SEEDS, st.floats(0, ROWS - 0.01), st.floats(0.945, 1.055), st.integers(12, 2600))
def test_repetitions_are_folded_row_by_row(seed: int, row: float, tempo: float, count: int) -> None:
    framing = Framing(round(1 / HOP) * 192)
    stretch = Stretch(np.square(rows(seed, count, framing.length // 2 + 1)[:, :40]), 0, framing)
    cells = Cells.of(stretch, Alignment(0.0, row, tempo))
    expected = np.zeros((ROWS, BANDS), np.float32)
    np.add.at(expected, cells.row, cells.values)
    assert np.array_equal(cells.folded(), expected)


def test_a_template_drawn_for_a_longer_stretch_serves_a_shorter_one() -> None:
    framing = Framing(16000)
    long, short = (Stretch(np.square(rows(6, count, 400)), 0, framing) for count in (2400, 700))
    pattern = Pattern.of(WatermarkKey(b"a key for tests only"))
    used, fresh = Finder(pattern.known), Finder(pattern.known)
    used.anyhow(long)
    for again, alone in zip(used.anyhow(short), fresh.anyhow(short), strict=True):
        assert (again.row, again.tempo, again.pitch) == (alone.row, alone.tempo, alone.pitch)
        assert again.z == pytest.approx(alone.z, rel=1e-4)
