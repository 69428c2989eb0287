"""The first picture of a shot, and only that, carries more; a flashing video is not marked more strongly throughout."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchmark.provenance.media.colour import Colour
from touchmark.provenance.media.picture import Planes
from touchmark.provenance.media.video import Frame
from touchmark.provenance.watermark.guard import ALLOWANCES, Allowance, Strength
from touchmark.provenance.watermark.protocol import Payload, WatermarkKey
from touchmark.provenance.watermark.shots import SELDOM, Shots, emphasis_of
from touchmark.provenance.watermark.video import LatticeWatermark
from touchmark.provenance.watermark.visibility import Visibility

KEY = WatermarkKey(b"a key for tests only")


def scene(seed: int, *, pan: int = 0, noise: float = 0.0, light: float = 1.0) -> Planes:
    """A soft random landscape, seen through a window that can pan over it."""
    random = np.random.default_rng(seed)
    coarse = random.uniform(30, 220, (14, 22))
    land = np.kron(coarse, np.ones((16, 16)))[:192, pan : pan + 256] * light
    land = land + np.random.default_rng(seed + pan).normal(0, noise, land.shape)
    return Planes.of_rgb(np.repeat(np.clip(land, 0, 255)[..., None], 3, axis=2).astype(np.uint8))


def begun(pictures: list[Planes], rate: int = 24) -> list[int]:
    shots = Shots()
    return [i for i, picture in enumerate(pictures) if shots.begins(picture, Fraction(i, rate))]


def test_a_cut_begins_a_shot_and_a_pan_or_grain_or_fading_light_does_not() -> None:
    pan = [scene(1, pan=2 * i, noise=8) for i in range(30)]
    fade = [scene(2, light=1 - i / 40) for i in range(30)]
    assert begun(pan + fade) == [0, 30]


@pytest.mark.parametrize("light", [0.15, 1.0])
def test_a_cut_is_told_in_the_dark_too(light: float) -> None:
    assert begun([scene(3, light=light)] * 24 + [scene(4, light=light)] * 24) == [0, 24]


def test_noise_in_black_is_no_cut() -> None:
    random = np.random.default_rng(5)
    assert begun([Planes.of_rgb(random.integers(0, 6, (144, 192, 3)).astype(np.uint8)) for _ in range(40)]) == [0]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60), st.sampled_from([5, 24, 60]))
def test_shots_begin_seldom_whatever_flashes(seeds: list[int], rate: int) -> None:
    scenes = [scene(seed) for seed in range(4)]
    first = begun([scenes[seed] for seed in seeds], rate)
    assert first[0] == 0
    assert all(Fraction(later - sooner, rate) >= SELDOM for sooner, later in pairwise(first))
    assert all(seeds[i] != seeds[i - 1] for i in first[1:])


BLACK = Planes.of_rgb(np.zeros((192, 256, 3), np.uint8))


@pytest.mark.parametrize("dark", [1, 5, 60])
def test_a_film_that_opens_in_black_begins_where_something_is_shown(dark: int) -> None:
    assert begun([BLACK] * dark + [scene(1)] * 30 + [scene(2)] * 5) == [0, dark, dark + 30]


def test_a_light_that_flickers_is_not_marked_more_strongly_each_time() -> None:
    shown = [i for i in begun([BLACK, scene(1), BLACK, scene(2)] * 30) if i % 2]
    assert shown[0] == 1
    assert all(Fraction(later - sooner, 24) >= SELDOM for sooner, later in pairwise(shown))


def test_ten_bits_are_seen_as_eight() -> None:
    wide = Colour(depth=10)
    deep = [
        Planes(*(plane.astype(np.uint16) * 4 for plane in (p.luma, p.blue, p.red)), wide)
        for p in [scene(1)] * 30 + [scene(2)] * 3
    ]
    assert begun(deep) == [0, 30]


def test_a_picture_of_another_size_begins_a_shot() -> None:
    smaller = Planes.of_rgb(np.full((144, 144, 3), 90, np.uint8))
    assert begun([scene(1)] * 24 + [smaller]) == [0, 24]


@pytest.mark.parametrize(("noise", "place"), [(9.0, 1), (0.0, 0)])
def test_the_first_picture_of_a_shot_is_marked_more_strongly_where_that_is_not_seen(
    noise: float, place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As planned, where the guard has nothing to say."""
    everything = Allowance(1.0, Visibility(psnr=0.0, ssim=-1.0, psnr_hvs_m=0.0), 0.0)
    monkeypatch.setitem(ALLOWANCES, Strength.STANDARD, everything)
    sky = Planes.of_rgb(np.full((192, 256, 3), 130, np.uint8))
    pictures = [scene(1, noise=noise) if noise else sky] * 26 + [scene(2, noise=noise)] * 2
    frames = [Frame(picture, Fraction(i, 24)) for i, picture in enumerate(pictures)]
    marked = list(LatticeWatermark().embed(frames, Payload(11), KEY))
    luma, blue = (
        [added(before.planes, after.planes, plane) for before, after in zip(frames, marked, strict=True)]
        for plane in ("luma", "blue")
    )
    first, other = (emphasis_of(192, begins_shot=begins) for begins in (True, False))
    assert luma[0] / luma[1] == pytest.approx(first.luma[place] / other.luma[place], rel=0.1)
    assert blue[0] / blue[1] == pytest.approx(first.chroma[place] / other.chroma[place], rel=0.1)
    alone = LatticeWatermark().embed_alone(pictures[0], Payload(11), KEY)
    assert luma[1] < added(pictures[0], alone, "luma") <= luma[0]


@given(st.integers(128, 4320), st.integers(128, 4320))
def test_a_larger_picture_carries_no_more_and_a_first_picture_no_less(lines: int, other: int) -> None:
    for begins_shot in (True, False):
        larger, smaller = (emphasis_of(of(lines, other), begins_shot=begins_shot) for of in (max, min))
        assert larger.luma <= smaller.luma and larger.chroma <= smaller.chroma
    first, rest = (emphasis_of(lines, begins_shot=begins) for begins in (True, False))
    assert first.luma > rest.luma and first.chroma >= rest.chroma
    assert rest.is_even


@given(st.integers(128, 4320), st.floats(0, 1))
def test_where_few_lines_are_in_use_a_first_picture_carries_more_where_it_has_detail(lines: int, share: float) -> None:
    whole, part = (emphasis_of(lines, begins_shot=True, in_use=used) for used in (None, share**0.5 * lines))
    assert part.luma >= whole.luma and part.chroma >= whole.chroma
    assert (part.plain_saturation, part.tangled) == (whole.plain_saturation, whole.tangled)
    assert emphasis_of(lines, begins_shot=True, in_use=lines) == whole


def added(before: Planes, after: Planes, plane: str) -> float:
    return float(np.std(getattr(after, plane).astype(np.float64) - getattr(before, plane)))
