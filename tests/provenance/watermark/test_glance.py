"""How much of a video is looked at: never less than there may be to see, and of an unmarked one not all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction

import cv2
import numpy as np
import pytest

from touchmark.provenance.media.picture import Planes, Samples
from touchmark.provenance.media.video import Frame
from touchmark.provenance.watermark.glance import Glance
from touchmark.provenance.watermark.protocol import MarkState, Payload, WatermarkKey
from touchmark.provenance.watermark.video import LatticeWatermark

ENOUGH = 32


def textured(seed: int = 1, side: int = 160) -> Planes:
    """A still scene as a coder leaves it: something everywhere, and grain."""
    random = np.random.default_rng(seed)
    luma = np.clip(random.normal(120, 12, (side, side)), 0, 255).astype(np.uint8)
    return Planes(luma, *(np.full((side // 2, side // 2), 128, np.uint8) for _ in range(2)))


def plain(side: int = 160) -> Planes:
    return Planes(np.full((side, side), 16, np.uint8), *(np.full((side // 2, side // 2), 128, np.uint8),) * 2)


def frames(planes: Planes, count: int, first: int = 0, key: bool = False, rate: int = 25) -> list[Frame]:
    return [Frame(planes, Fraction(number, rate), key) for number in range(first, first + count)]


def drawn(glance: Glance, given: list[Frame]) -> int:
    return len(list(glance.until_enough(given)))


def test_pictures_in_which_nothing_can_be_seen_do_not_count() -> None:
    black, seen = frames(plain(), 100), frames(textured(), 200, 100)
    with_black, without = Glance(), Glance()
    assert drawn(with_black, black + seen) == 100 + drawn(without, seen) < 300
    assert with_black.enough and not with_black.whole


def test_a_glance_begins_with_the_first_picture_that_shows_something() -> None:
    glance = Glance()
    drawn(glance, frames(plain(), 5))
    assert not glance.begun
    drawn(glance, frames(textured(), 1, 5))
    assert glance.begun


def test_a_short_video_is_seen_whole() -> None:
    glance = Glance()
    assert drawn(glance, frames(textured(), ENOUGH - 1)) == ENOUGH - 1
    assert glance.whole and not glance.enough


def test_few_large_pictures_are_enough() -> None:
    large = Planes(np.tile(textured(side=256).luma, (9, 16)), *(np.zeros((1152, 2048), np.uint8),) * 2)
    assert drawn(Glance(), frames(large, 4 * ENOUGH)) < 2 * ENOUGH


def test_key_frames_are_all_looked_at_and_what_stands_in_for_them_is_not() -> None:
    many = 3 * ENOUGH
    assert len(list(Glance().key_frames(frames(textured(), many, key=True)))) == many
    assert len(list(Glance().key_frames(frames(textured(), many)))) < many


@dataclass
class Film:
    """A video in memory, whose first picture is its only key frame; counts what is drawn."""

    pictures: list[Frame]
    drawn: list[int] = field(default_factory=list)

    def frames(self, key_frames_only: bool = False) -> Iterator[Frame]:
        self.drawn.append(0)
        for frame in self.pictures[:1] if key_frames_only else self.pictures:
            self.drawn[-1] += 1
            yield frame


def film_of(planes: Planes, count: int) -> list[Frame]:
    return [Frame(planes, Fraction(number, 25), number == 0) for number in range(count)]


def test_an_unmarked_video_is_not_decoded_to_its_end(key: WatermarkKey) -> None:
    film = Film(film_of(textured(), 300))
    (detection,) = LatticeWatermark().search(film, [key])
    assert detection.state is MarkState.NOTHING_FOUND
    assert [film.drawn[0], len(film.drawn)] == [1, 2]
    assert film.drawn[1] < 150


def test_a_mark_behind_a_black_beginning_is_found(payload: Payload, key: WatermarkKey) -> None:
    black = film_of(plain(), 120)
    marked = list(LatticeWatermark().embed(frames(textured(side=320), 60, 120), payload, key))
    larger = [Frame(plain(320), frame.time, frame.is_key) for frame in black]
    (detection,) = LatticeWatermark().search(Film(larger + marked), [key])
    assert detection.payload == payload


def test_every_look_is_paid_for(key: WatermarkKey, payload: Payload) -> None:
    """A mark that the key frame does not hold is found in the second look or the third, and its p-value says so."""
    marked = list(LatticeWatermark().embed(frames(textured(side=320), 40, 1), payload, key))
    film = Film([Frame(plain(320), Fraction(0), True), *marked])
    (detection,) = LatticeWatermark().search(film, [key])
    alone = LatticeWatermark().extract(film.pictures, key)
    assert detection.payload == alone.payload == payload
    assert detection.p_value > alone.p_value or detection.p_value <= 1e-299


def enlarged(frame: Frame, share: float) -> Frame:
    """A part of a picture, from its corner on, at the size of the whole."""

    def part(plane: Samples, side: int) -> Samples:
        return np.asarray(cv2.resize(plane[:side, :side], plane.shape[::-1], interpolation=cv2.INTER_CUBIC), np.uint8)

    planes, half = frame.planes, int(share * frame.size[0]) // 2
    return replace(frame, picture=Planes(part(planes.luma, 2 * half), part(planes.blue, half), part(planes.red, half)))


def noisy(frame: Frame, deviation: float) -> Frame:
    random, planes = np.random.default_rng(5), frame.planes
    grain = (
        np.clip(plane + random.normal(0, deviation, plane.shape), 0, 255).astype(np.uint8)
        for plane in (planes.luma, planes.blue, planes.red)
    )
    return replace(frame, picture=Planes(*grain))


@pytest.mark.parametrize("thorough", [False, True])
def test_a_part_that_only_a_key_frame_shows_faintly_is_found(
    thorough: bool, payload: Payload, key: WatermarkKey
) -> None:
    """As after strong compression: too faint to be seen repeating, and gone between key frames."""
    (first,) = LatticeWatermark().embed(frames(textured(side=320), 1), payload, key)
    faint = replace(noisy(enlarged(first, 0.7), 36), is_key=True)
    film = Film([faint, *frames(textured(2, 320), 40, 1)])
    (found,) = LatticeWatermark().search(film, [key], thorough=thorough)
    assert found.payload == payload
    assert found.transform is not None and abs(found.transform.scale_x * 0.7 - 1) < 0.01


def test_what_opens_behind_black_counts_as_a_key_frame(payload: Payload, key: WatermarkKey) -> None:
    """A coder puts the key frame at the start, into the black, and then keeps a mark in the first picture alone."""
    (first,) = LatticeWatermark().embed(frames(textured(side=320), 1, 1), payload, key)
    opening = [Frame(plain(320), Fraction(0), is_key=True), noisy(first, 36)]
    film = Film([*opening, *frames(textured(2, 320), 40, 2)])
    glance = Glance()
    assert [frame.is_key for frame in glance.until_enough(film.frames())][:4] == [True, True, False, False]
    assert glance.opened
    (found,) = LatticeWatermark().search(film, [key])
    assert found.payload == payload


def test_a_few_enlarged_seconds_in_a_long_video_are_found_by_a_thorough_search(
    payload: Payload, key: WatermarkKey
) -> None:
    """Of minutes, an unknown geometry is looked for in three; of a thorough search, in every few seconds."""
    times = [60 * minute + 10 + second for minute in range(4) for second in range(4)]
    pictures = [Frame(textured(time, 256), Fraction(time), time == times[0]) for time in times]
    marked = LatticeWatermark().embed(pictures[4:8], payload, key)
    pictures[4:8] = [enlarged(frame, 0.8) for frame in marked]
    (found,) = LatticeWatermark().search(Film(pictures), [key], thorough=True)
    assert found.payload == payload
    assert found.p_value < 1e-9
    assert all(70 <= segment.start < segment.end <= 75 for segment in found.timeline), "all together did not show it"


def test_a_thorough_search_without_keys_looks_at_nothing_in_vain() -> None:
    assert LatticeWatermark().search(Film(film_of(textured(), 3)), [], thorough=True) == ()
