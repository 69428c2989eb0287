"""What a preset allows is measured once a second, and where it is exceeded that second is marked more faintly."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchmark.provenance.media.picture import Planes
from touchmark.provenance.media.video import Frame
from touchmark.provenance.watermark.guard import ALLOWANCES, Guard, Strength
from touchmark.provenance.watermark.protocol import Payload, WatermarkKey
from touchmark.provenance.watermark.video import LatticeWatermark
from touchmark.provenance.watermark.visibility import PERFECT, Visibility, compare

KEY = WatermarkKey(b"a key for tests only")
RNG = np.random.default_rng(3)
TEXTURE = np.clip(RNG.normal(128, 20, (144, 192)), 16, 235).astype(np.uint8)
GREY = np.full((72, 96), 128, np.uint8)
PICTURE = Planes(TEXTURE, GREY, GREY)


def added(loudness: float) -> Callable[[float], Planes]:
    """A painter whose pattern at amplitude 1 is noise of this loudness."""
    noise = RNG.normal(0, loudness, TEXTURE.shape)
    return lambda amplitude: Planes(np.clip(TEXTURE + amplitude * noise, 0, 255).astype(np.uint8), GREY, GREY)


@pytest.mark.parametrize("strength", Strength)
@pytest.mark.parametrize("loudness", [0.5, 3.0, 9.0, 30.0])
def test_what_comes_out_is_within_the_allowance_whatever_goes_in(strength: Strength, loudness: float) -> None:
    allowance, paint = ALLOWANCES[strength], added(loudness)
    amplitude = Guard(allowance).amplitude(PICTURE, 0.0, paint)
    assert 0 < amplitude <= allowance.amplitude
    seen = compare(PICTURE.luma, paint(amplitude).luma)
    assert seen.psnr > allowance.least.psnr - 0.5
    assert seen.psnr_hvs_m > allowance.least.psnr_hvs_m - 0.5
    assert seen.ssim > allowance.least.ssim - 0.002


def test_a_second_that_exceeds_nothing_is_left_as_planned_and_the_next_is_measured_anew() -> None:
    guard = Guard(ALLOWANCES[Strength.STANDARD])
    quiet, loud = added(0.5), added(20.0)
    assert guard.amplitude(PICTURE, 0.0, quiet) == 1
    assert guard.amplitude(PICTURE, 0.9, loud) == 1  # measured once a second
    assert guard.amplitude(PICTURE, 1.0, loud) < 0.5
    assert guard.amplitude(PICTURE, 2.5, quiet) == 1


def test_presets_differ_by_what_they_leave_of_the_picture() -> None:
    frames = [Frame(PICTURE, Fraction(0))]
    psnr = [
        compare(TEXTURE, next(LatticeWatermark(strength).embed(frames, Payload(9), KEY)).planes.luma).psnr
        for strength in (Strength.STRONG, Strength.STANDARD, Strength.FAINT)
    ]
    assert psnr == sorted(psnr) and psnr[2] - psnr[0] > 3


def test_planes_that_are_the_same_are_perfect() -> None:
    assert compare(TEXTURE, TEXTURE) == Visibility(PERFECT, pytest.approx(1.0), PERFECT)


@given(st.floats(1.0, 12.0))
def test_psnr_is_the_mean_squared_error_and_more_is_always_worse(loudness: float) -> None:
    noise = np.random.default_rng(1).normal(0, 1, TEXTURE.shape)
    less, more = (TEXTURE.astype(np.float64) + factor * noise for factor in (loudness, 1.5 * loudness))
    seen, worse = compare(TEXTURE, less), compare(TEXTURE, more)
    error = float(np.mean((less - TEXTURE) ** 2))
    assert seen.psnr == pytest.approx(10 * np.log10(255**2 / error), abs=0.1)
    assert seen.psnr > worse.psnr and seen.ssim > worse.ssim and seen.psnr_hvs_m > worse.psnr_hvs_m


def test_psnr_hvs_m_forgives_what_texture_hides() -> None:
    flat = np.full_like(TEXTURE, 128)
    noise = np.rint(np.random.default_rng(2).normal(0, 3, TEXTURE.shape))
    on_flat, on_texture = (compare(plane, plane + noise) for plane in (flat.astype(float), TEXTURE.astype(float)))
    assert on_texture.psnr == pytest.approx(on_flat.psnr, abs=0.01)
    assert on_texture.psnr_hvs_m > on_flat.psnr_hvs_m + 3


def test_ten_bits_are_measured_in_steps_of_eight() -> None:
    noisy = TEXTURE + np.rint(np.random.default_rng(2).normal(0, 2, TEXTURE.shape)).astype(np.int16)
    eight = compare(TEXTURE, noisy)
    ten = compare(4 * TEXTURE.astype(np.uint16), 4 * noisy.astype(np.int32), step=4)
    assert (ten.psnr, ten.ssim, ten.psnr_hvs_m) == pytest.approx((eight.psnr, eight.ssim, eight.psnr_hvs_m))
