"""What a preset allows is measured once a second and after cuts, and what exceeds it is marked more faintly."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from touchmark.provenance.media.picture import Planes
from touchmark.provenance.media.video import Frame
from touchmark.provenance.watermark.guard import ALLOWANCES, Guard, Strength
from touchmark.provenance.watermark.protocol import Payload, WatermarkKey
from touchmark.provenance.watermark.shots import Shots
from touchmark.provenance.watermark.video import LatticeWatermark
from touchmark.provenance.watermark.visibility import PERFECT, Visibility, colour_error, compare, decibels

KEY = WatermarkKey(b"a key for tests only")
RNG = np.random.default_rng(3)
TEXTURE = np.clip(RNG.normal(128, 20, (144, 192)), 16, 235).astype(np.uint8)
GREY = np.full((72, 96), 128, np.uint8)
PICTURE = Planes(TEXTURE, GREY, GREY)


def added(loudness: float) -> Callable[[float], Planes]:
    """A painter whose pattern at amplitude 1 is noise of this loudness."""
    noise = np.random.default_rng(4).normal(0, loudness, TEXTURE.shape)
    return lambda amplitude: Planes(np.clip(TEXTURE + amplitude * noise, 0, 255).astype(np.uint8), GREY, GREY)


@pytest.mark.parametrize("strength", Strength)
@pytest.mark.parametrize("loudness", [0.5, 3.0, 9.0, 30.0])
@pytest.mark.parametrize(("is_instant", "eased"), [(False, 0), (True, 4)])
def test_what_comes_out_is_within_the_allowance_whatever_goes_in(
    strength: Strength, loudness: float, is_instant: bool, eased: float
) -> None:
    allowance, paint = ALLOWANCES[strength], added(loudness)
    marked = Guard(allowance).marked(PICTURE, 0.0, paint, is_instant=is_instant)
    assert not np.array_equal(marked.luma, PICTURE.luma)
    seen = compare(PICTURE.luma, marked.luma)
    assert seen.psnr > allowance.least.psnr - eased - 0.5
    assert seen.psnr_hvs_m > allowance.least.psnr_hvs_m - eased - 0.5
    assert 1 - seen.ssim < (1 - allowance.least.ssim) * 10 ** (eased / 10) + 0.002


def test_a_second_that_exceeds_nothing_is_left_as_planned_and_the_next_is_measured_anew() -> None:
    guard = Guard(ALLOWANCES[Strength.STANDARD])
    quiet, loud = added(0.5), added(20.0)
    same = partial(np.array_equal, loud(1).luma)
    assert np.array_equal(guard.marked(PICTURE, 0.0, quiet).luma, quiet(1).luma)
    assert same(guard.marked(PICTURE, 0.9, loud).luma)  # measured once a second
    assert not same(guard.marked(PICTURE, 1.0, loud).luma)
    assert np.array_equal(guard.marked(PICTURE, 2.5, quiet).luma, quiet(1).luma)
    assert not same(guard.marked(PICTURE, 2.6, loud, is_cut=True).luma)  # or after a cut


def psnr_by_picture(pictures: list[Planes], rate: int) -> tuple[list[float], list[float]]:
    """Of luma, and the mean squared error of RGB, as a converter shows it."""
    frames = [Frame(picture, Fraction(index, rate)) for index, picture in enumerate(pictures)]
    marked = [frame.planes for frame in LatticeWatermark().embed(frames, Payload(9), KEY)]
    luma = [compare(a.luma, b.luma).psnr for a, b in zip(pictures, marked, strict=True)]
    rgb = [float(np.mean((a.rgb().astype(float) - b.rgb()) ** 2)) for a, b in zip(pictures, marked, strict=True)]
    return luma, rgb


def letters() -> Planes:
    """Black on white: detail everywhere, where the first picture of a shot carries most."""
    page = np.full((240, 320, 3), 255, np.uint8)
    for line in range(14, 240, 12):
        cv2.putText(page, "The quick brown fox jumps over the lazy dog", (2, line), 0, 0.4, (0, 0, 0), 1, cv2.LINE_AA)
    return Planes.of_rgb(page)


def test_the_first_picture_of_a_shot_has_a_limit() -> None:
    luma, _ = psnr_by_picture([letters()] * 3, 10)
    assert luma[0] > 41 - 0.2
    assert min(luma[1:]) > 45 - 0.2


def test_a_cut_within_a_second_is_measured() -> None:
    """Grey allows all that is planned; of what comes after, a flash that begins no shot, that would be seen."""
    guard = Guard(ALLOWANCES[Strength.STANDARD])
    shots, seen = Shots(), []
    flat = Planes(np.full_like(TEXTURE, 90), GREY, GREY)
    for number, (picture, loudness) in enumerate([(PICTURE, 0.5), (PICTURE, 0.5), (flat, 9.0), (flat, 9.0)]):
        time = Fraction(number, 10)
        shots.begins(picture, time)
        noise = np.random.default_rng(number).normal(0, loudness, TEXTURE.shape)
        marked = guard.marked(picture, float(time), partial(_noisy, picture, noise), is_cut=shots.cut)
        seen.append(compare(picture.luma, marked.luma).psnr)
    assert min(seen) > 45 - 0.5


def _noisy(picture: Planes, noise: NDArray[np.float64], amplitude: float) -> Planes:
    luma = np.clip(np.rint(picture.luma + amplitude * noise), 0, 255).astype(np.uint8)
    return Planes(luma, picture.blue, picture.red)


@pytest.mark.parametrize("size", [(128, 128), (240, 320), (360, 640)])
@pytest.mark.parametrize("level", [90, 128, 200])
def test_colours_keep_to_their_limit_on_average_over_a_second(size: tuple[int, int], level: int) -> None:
    grey = Planes.of_rgb(np.full((*size, 3), level, np.uint8))
    _, rgb = psnr_by_picture([grey] * 20, 10)
    for second in (rgb[:10], rgb[10:]):
        assert 40.2 < decibels(float(np.mean(second))) < 44.5


def test_colours_are_measured_as_a_converter_shows_them() -> None:
    noise = np.random.default_rng(2).normal(0, 2, (2, 180, 320))
    smooth = [cv2.GaussianBlur(plane, (0, 0), 3) * 8 for plane in noise]
    grey = Planes.of_rgb(np.full((360, 640, 3), 120, np.uint8))
    blue, red = (np.rint(128 + plane).astype(np.uint8) for plane in smooth)
    changed = Planes(grey.luma, blue, red)
    shown = float(np.mean((grey.rgb().astype(float) - changed.rgb()) ** 2))
    assert colour_error(grey, changed) == pytest.approx(shown, rel=0.06)
    assert colour_error(grey, grey) == 0


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
