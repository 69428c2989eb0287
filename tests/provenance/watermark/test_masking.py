from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from touchmark.provenance.media.picture import Planes
from touchmark.provenance.watermark.emphasis import AS_PLANNED, Emphasis
from touchmark.provenance.watermark.masking import CHROMA_STRENGTH, is_mostly_flat, lines_in_use, strengths
from touchmark.provenance.watermark.shots import emphasis_of


def colourful(luma: NDArray[np.uint8]) -> Planes:
    """A picture of this luma with colours."""
    half = (-(-luma.shape[0] // 2), -(-luma.shape[1] // 2))
    blue = np.random.default_rng(1).integers(108, 148, half).astype(np.uint8)
    return Planes(luma, blue, np.ascontiguousarray(255 - blue))


def test_texture_hides_luma_and_flat_areas_are_marked_in_chroma() -> None:
    picture = np.full((270, 540), 120, np.uint8)
    picture[:, 270:] = np.random.default_rng(0).integers(60, 180, (270, 270))
    luma, *chroma = strengths(colourful(picture))
    assert luma[:, 300:].mean() > 2 * luma[:, :240].mean()
    for plane in chroma:
        assert plane[:, 75:].mean() < plane[:, :60].mean()


def test_a_drawing_is_mostly_flat_and_a_face_before_a_wall_is_not() -> None:
    picture = np.full((270, 540), 120, np.uint8)
    picture[100:150, 200:260] = 200
    assert is_mostly_flat(colourful(picture))
    picture[:, 360:] = np.random.default_rng(0).integers(100, 140, (270, 180))
    assert not is_mostly_flat(colourful(picture))


@pytest.mark.parametrize(("ground", "share"), [(16, 0.04), (16, 0.0), (235, 0.08), (40, 0.0), (150, 1.0)])
def test_of_lines_on_black_and_text_on_a_page_few_lines_are_in_use(ground: int, share: float) -> None:
    """And of a dark scene all."""
    picture = np.full((540, 960), ground, np.uint8)
    picture[: round(540 * share)] = 120
    used = 1.0 if 24 < ground < 165 else min(1.0, share / 0.25)
    assert lines_in_use(colourful(picture)) == pytest.approx(540 * used**0.5, rel=0.1, abs=1e-6)


def test_an_edge_wears_no_halo() -> None:
    picture = np.full((270, 270), 60, np.uint8)
    picture[:, 135:] = 180
    luma, *_ = strengths(colourful(picture))
    flat = luma[135, 20]
    assert luma[135, 133:137].mean() > 1.5 * flat
    assert np.allclose(luma[135, :129], flat, rtol=0.02)


@pytest.mark.parametrize("emphasis", [AS_PLANNED, emphasis_of(256, begins_shot=True)])
@pytest.mark.parametrize("shape", [(128, 128), (129, 4001), (2160, 3840), (1, 1)])
def test_strengths_are_small_finite_and_follow_the_shape(shape: tuple[int, int], emphasis: Emphasis) -> None:
    luma, *chroma = strengths(colourful(np.full(shape, 255, np.uint8)), emphasis)
    assert min(luma.shape) <= 270
    assert 0 < luma.min() <= luma.max() < 3 * emphasis.luma[1]
    for plane in chroma:
        assert 0 < plane.min() <= plane.max() < 2 * emphasis.chroma[1]
        # Each map is stretched over the picture by itself.
        assert all(1 <= fine / coarse <= 4 for fine, coarse in zip(luma.shape, plane.shape, strict=True))


@pytest.mark.parametrize("loudness", [0.0, 2.0, 12.0, 40.0])
def test_a_picture_is_marked_within_the_budget_whatever_it_shows(loudness: float) -> None:
    grain = np.random.default_rng(0).normal(0, max(loudness, 1e-6), (540, 960))
    luma, *_ = strengths(colourful(np.clip(110 + grain, 16, 235).astype(np.uint8)))
    # 44 dB of full-range luma is a mean square of 1.9 in steps of limited range.
    assert float(np.mean(luma**2)) < 1.9


def test_a_picture_without_colour_gets_more_but_stays_above_44_db() -> None:
    luma = np.clip(110 + np.random.default_rng(0).normal(0, 12, (360, 640)), 16, 235).astype(np.uint8)
    grey = np.full((180, 320), 128, np.uint8)
    without, with_colour = strengths(Planes(luma, grey, grey)), strengths(colourful(luma))
    assert (np.mean(with_colour[0] ** 2) < np.mean(without[0] ** 2)) and without[1].mean() > with_colour[1].mean()
    # 44 dB of full-range luma is a mean square of 1.9 in steps of limited range, rounding to whole steps included.
    assert float(np.mean(without[0] ** 2)) + 1 / 12 < 1.9


def test_black_is_marked_more_faintly_than_grey() -> None:
    picture = np.full((540, 1080), 120, np.uint8)
    picture[:, 540:] = 16
    luma, *chroma = strengths(colourful(picture))
    assert luma[:, 300:].max() < 0.7 * luma[:, :240].min()
    for plane in chroma:
        assert plane[:, 75:].max() < 0.5 * plane[:, :60].min()


def test_what_drowns_a_pattern_gets_no_more_than_what_hides_it() -> None:
    def loudness(sigma: float) -> float:
        grain = np.random.default_rng(0).normal(0, sigma, (540, 960))
        picture = np.clip(120 + grain, 16, 235).astype(np.uint8)
        picture[:, :480] = 120
        luma, *_ = strengths(colourful(picture))
        return float(luma[:, 300:].mean() / luma[:, :200].mean())

    hidden, loud, louder = loudness(4), loudness(24), loudness(48)
    # Of equal cost in structure the loudest would be eight times the flat.
    assert 1 < hidden < loud < louder < 2.4


@pytest.mark.parametrize("lines", [256, 432, 720, 1080])
def test_marking_costs_little_structure_whatever_is_flat(lines: int) -> None:
    """What SSIM loses is bounded by plan, also where all is flat; the bench measures what it is."""
    luma, *_ = strengths(colourful(np.full((lines, 2 * lines), 120, np.uint8)))
    power = float(np.mean(luma**2)) * (255 / 219) ** 2
    assert 0.05 < power < 0.0082 * (0.03 * 255) ** 2 / 0.2


RED, BLUE, GREY = (63, 102, 240), (32, 240, 118), (126, 128, 128)
"""Y', Cb and Cr in limited range."""


def plain(*colour: int) -> Planes:
    luma, blue, red = (np.full(shape, level, np.uint8) for shape, level in zip(SHAPES, colour, strict=True))
    return Planes(luma, blue, red)


SHAPES = (270, 480), (135, 240), (135, 240)


def test_the_colour_that_is_light_itself_is_held_back_in_that_colour_alone() -> None:
    luma, for_blue, for_red = (float(of.mean()) for of in strengths(plain(*RED)))
    _, blue_on_grey, red_on_grey = (float(of.mean()) for of in strengths(plain(*GREY)))
    assert for_red < 0.5 * red_on_grey and for_blue == pytest.approx(blue_on_grey, rel=0.1)
    # On red a step of Cr is more than one of luma: the pattern of Cr is no lighter than that of luma may be.
    assert for_red * CHROMA_STRENGTH[1] < luma
    assert float(strengths(plain(*BLUE))[1].mean()) < 0.6 * blue_on_grey


def test_a_stronger_first_picture_makes_saturated_colours_no_lighter_than_its_luma() -> None:
    stronger = Emphasis(luma=(1.0, 1.9), chroma=(1.7, 2.6))
    assert strengths(plain(*RED), stronger)[2].mean() == pytest.approx(strengths(plain(*RED))[2].mean(), rel=0.02)
    assert strengths(plain(*GREY), stronger)[2].mean() == pytest.approx(1.7 * strengths(plain(*GREY))[2].mean())
