from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from touchmark.provenance.media.video import Frame
from touchmark.provenance.watermark.lattice import Plane
from touchmark.provenance.watermark.residual import MAX_STRETCHES, Evidence, TimedEvidence, balanced, gather, weighted

PICTURE = np.random.default_rng(0).integers(0, 256, (96, 144, 3), dtype=np.uint8)


def stills(count: int, step: Fraction) -> Iterator[Frame]:
    return (Frame(PICTURE, index * step) for index in range(count))


def test_no_frames_no_evidence() -> None:
    assert gather([]) == []
    assert gather([Frame(np.zeros((0, 5, 3), np.uint8), Fraction(0))]) == []


def test_pictures_are_kept_apart_while_there_are_few() -> None:
    stretches = gather(stills(30, Fraction(1, 16)))
    assert [s.start for s in stretches] == pytest.approx([index / 16 for index in range(30)])
    assert stretches[-1].end == pytest.approx(30 / 16)


def test_stretches_of_a_minute_are_whole_parts_of_a_second() -> None:
    """So that its timeline is of seconds."""
    assert {s.end - s.start for s in gather(stills(240, Fraction(1, 4)))} == {1.0}


def test_a_long_video_takes_no_more_memory_than_a_short_one() -> None:
    stretches = gather(stills(3 * MAX_STRETCHES, Fraction(1)))
    assert MAX_STRETCHES // 2 < len(stretches) <= MAX_STRETCHES
    assert stretches[0].start == 0
    assert all(here.end == there.start for here, there in pairwise(stretches))


def test_evidence_adds_up() -> None:
    stretches = gather(stills(4, Fraction(1, 12)))
    once, twice = weighted(stretches), weighted(stretches, [2.0, 2.0, 2.0, 2.0])
    alone = stretches[0].evidence.planes[Plane.BLUE]
    assert np.allclose(once.planes[Plane.BLUE], 4 * alone, atol=1e-4)
    assert np.allclose(twice.planes[Plane.BLUE], 8 * alone, atol=1e-4)


def test_strange_times_do_no_harm() -> None:
    times = [Fraction(0), Fraction(10**12), Fraction(-5), Fraction(3, 7), Fraction(10**12 + 1)]
    stretches = gather(Frame(PICTURE, time) for time in times)
    assert 1 <= len(stretches) <= len(times)
    assert all(np.isfinite(s.start) and s.start <= s.end for s in stretches)


@pytest.mark.parametrize("size", [(80, 80), (96, 96), (80, 2900), (500, 83)])
@pytest.mark.parametrize("level", [0, 255])
def test_any_size_gives_finite_evidence(size: tuple[int, int], level: int) -> None:
    (second,) = gather([Frame(np.full((*size, 3), level, np.uint8), Fraction(0))])
    for plane in Plane:
        assert np.isfinite(second.evidence.planes[plane]).all()
        assert max(second.evidence.planes[plane].shape) <= 4 * 320


@pytest.mark.parametrize("size", [(1, 1), (79, 500), (2, 900), (500, 3)])
def test_too_few_pixels_give_none(size: tuple[int, int]) -> None:
    assert gather([Frame(np.full((*size, 3), 90, np.uint8), Fraction(0))]) == []


def test_frames_that_change_size_are_summed_all_the_same() -> None:
    odd = np.zeros((99, 231, 3), np.uint8)
    first, second = gather([Frame(PICTURE, Fraction(0)), Frame(odd, Fraction(1, 2))])
    assert weighted([first, second]).planes[Plane.LUMA].shape == second.evidence.planes[Plane.LUMA].shape == (160, 240)


def noise(seed: int, loudness: float = 1.0) -> Evidence:
    random = np.random.default_rng(seed)
    planes = {plane: loudness * random.normal(0, 1, (40, 60)).astype(np.float32) for plane in Plane}
    return Evidence(planes, 480.0, 320.0)


def stretch(at: int, evidence: Evidence, *, is_key: bool = False) -> TimedEvidence:
    return TimedEvidence(float(at), at + 1.0, evidence, is_key)


def likeness(evidence: Evidence, to: Evidence, plane: Plane = Plane.LUMA) -> float:
    return float(np.corrcoef(evidence.planes[plane].ravel(), to.planes[plane].ravel())[0, 1])


def louder(stretches: list[TimedEvidence]) -> Evidence:
    found = balanced(stretches)
    assert found is not None
    return found


def test_a_key_frame_is_heard_among_a_thousand_others() -> None:
    key, other = noise(1), noise(2)
    stretches = [stretch(0, key, is_key=True), *(stretch(at, other) for at in range(1, 1001))]
    assert likeness(weighted(stretches), key) < 0.01
    for plane in Plane:
        assert likeness(louder(stretches), key, plane) == pytest.approx(3 / np.sqrt(13), abs=0.05)
        assert likeness(louder(stretches), other, plane) == pytest.approx(2 / np.sqrt(13), abs=0.05)


@pytest.mark.parametrize("is_key", [True, False])
def test_frames_of_one_kind_are_not_balanced(is_key: bool) -> None:
    assert balanced([stretch(at, noise(at), is_key=is_key) for at in range(5)]) is None


def test_what_is_faint_is_not_made_louder() -> None:
    """Rounding errors in black pictures would be as loud as a key frame."""
    key, black = noise(1), noise(2, 1e-7)
    assert balanced([stretch(0, key, is_key=True), stretch(1, black)]) is None
    assert balanced([stretch(0, noise(1, 0.0), is_key=True), stretch(1, noise(2, 0.0))]) is None


def test_planes_are_balanced_one_by_one() -> None:
    """As little as the colours of a grey copy hold, they are told by it."""
    key, other = noise(1), noise(2, 100.0)
    for evidence in (key, other):
        evidence.planes[Plane.RED] *= np.float32(1e-8)
        evidence.planes[Plane.BLUE] *= np.float32(0)
    found = louder([stretch(0, key, is_key=True), stretch(1, other)])
    assert found.spread[Plane.RED] < 1e-7
    assert found.spread[Plane.BLUE] == 0
    assert found.spread[Plane.LUMA] == pytest.approx(np.sqrt(13) / 3, abs=0.05)


def test_black_key_frames_leave_nothing_to_balance() -> None:
    assert balanced([stretch(0, noise(1, 0.0), is_key=True), stretch(1, noise(2))]) is None
