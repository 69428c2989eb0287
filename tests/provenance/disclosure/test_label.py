"""The visible label: drawn into a stream, found again in copies of it, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import islice

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.clips import moving_clip, scene
from touchmark.provenance.disclosure.burn import labelled, labelled_still
from touchmark.provenance.disclosure.glyphs import GLYPHS
from touchmark.provenance.disclosure.label import (
    LANGUAGES,
    WORDINGS,
    Kind,
    LabelError,
    Position,
    VisibleLabel,
    Wording,
    drawn,
    wording,
)
from touchmark.provenance.disclosure.sight import Sighting, find_label
from touchmark.provenance.media.colour import BT2020, PQ, Colour
from touchmark.provenance.media.picture import Orientation, Planes
from touchmark.provenance.media.still import Still, StillKind
from touchmark.provenance.media.video import Frame, RawVideo

ENGLISH = wording("en", Kind.GENERATED)
CHINESE = wording("zh", Kind.GENERATED)


def picture_with(label: VisibleLabel, width: int = 426, height: int = 240) -> NDArray[np.uint8]:
    return next(labelled(moving_clip(width, height, count=1), label).frames).pixels


def seen(pixels: NDArray[np.uint8]) -> Sighting | None:
    return find_label(iter([Frame(np.ascontiguousarray(pixels), Fraction(0))]), Fraction(1))


def said(sighting: Sighting | None) -> tuple[Wording, ...]:
    return sighting.wordings if sighting else ()


def as_jpeg(pixels: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def test_every_word_has_its_letters_and_no_letter_is_idle() -> None:
    used = {character for one in WORDINGS for character in one.acronym + one.word}
    assert used == set(GLYPHS)
    assert {one.language for one in WORDINGS} == set(LANGUAGES)


@pytest.mark.parametrize("one", WORDINGS, ids=lambda one: f"{one.language}-{one.kind}")
def test_each_wording_is_told_from_all_others(one: Wording) -> None:
    sighting = seen(picture_with(VisibleLabel((one,))))
    assert said(sighting) == (one,)
    assert sighting and sighting.share == pytest.approx(0.055, rel=0.06) and sighting.throughout


@pytest.mark.parametrize("one", WORDINGS, ids=lambda one: f"{one.language}-{one.kind}")
def test_a_height_that_falls_between_two_pixels_says_the_same(one: Wording) -> None:
    # 26 pixels of text are 19.5 where a picture of 640 x 480 is searched: "AI generated" was read as "IA generato".
    assert said(seen(as_jpeg(picture_with(VisibleLabel((one,)), 640, 480), 90))) == (one,)


@pytest.mark.parametrize("position", list(Position))
def test_it_stands_where_it_was_put(position: Position) -> None:
    sighting = seen(picture_with(VisibleLabel((CHINESE,), position)))
    assert sighting and sighting.position is position


def test_two_languages_stand_side_by_side() -> None:
    assert said(seen(picture_with(VisibleLabel((CHINESE, ENGLISH))))) == (CHINESE, ENGLISH)


@pytest.mark.parametrize(
    "change",
    [
        lambda p: as_jpeg(p, 25),
        lambda p: cv2.resize(p, (640, 360), interpolation=cv2.INTER_CUBIC),
        lambda p: as_jpeg(cv2.resize(p, (320, 180), interpolation=cv2.INTER_AREA), 50),
        lambda p: p[: p.shape[0] * 9 // 10, : p.shape[1] * 9 // 10],
        lambda p: cv2.convertScaleAbs(p, alpha=0.7, beta=30),
        lambda p: np.repeat(p.mean(2, keepdims=True), 3, 2).astype(np.uint8),
    ],
    ids=["jpeg", "larger", "smaller", "cropped", "faded", "grey"],
)
def test_copies_still_show_it(change: object) -> None:
    assert callable(change)
    assert said(seen(change(picture_with(VisibleLabel((ENGLISH,)))))) == (ENGLISH,)


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p[40:],
        lambda p: cv2.rectangle(p.copy(), (60, 0), (120, 40), (90, 90, 90), -1),
        lambda p: p[:, ::-1],
        lambda p: cv2.GaussianBlur(p, (0, 0), 5),
    ],
    ids=["cut off", "covered", "mirrored", "blurred"],
)
def test_what_a_viewer_cannot_read_is_not_seen(change: object) -> None:
    assert callable(change)
    assert seen(change(picture_with(VisibleLabel((ENGLISH,))))) is None


def test_a_faint_label_is_no_visible_label() -> None:
    """Correlation does not feel contrast: a trace of one twentieth would correlate almost as well."""
    plain = next(scene(426, 240, 1, "flat")).astype(np.float32)
    label = next(labelled(moving_clip(426, 240, count=1, style="flat"), VisibleLabel((ENGLISH,))).frames).pixels
    faint = plain + (label - plain) * 0.25
    assert seen(faint.astype(np.uint8)) is None


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("style", ["textured", "flat"])
def test_pictures_without_one_show_none(seed: int, style: str) -> None:
    assert seen(next(scene(426, 240, 1, "textured" if style == "textured" else "flat", seed))) is None


def clip(label: VisibleLabel | None, count: int = 24) -> RawVideo:
    raw = moving_clip(320, 180, count=count, rate=Fraction(12))
    return labelled(raw, label) if label else raw


def test_how_long_it_shows_is_measured() -> None:
    sighting = find_label(clip(VisibleLabel((CHINESE,), seconds=Fraction(1))).frames, Fraction(1, 12))
    assert sighting and not sighting.throughout and sighting.since == 0
    assert 0.7 < sighting.until <= 1
    whole = find_label(clip(VisibleLabel((CHINESE,))).frames, Fraction(1, 12))
    assert whole and whole.throughout and whole.until == 2


def test_one_that_comes_late_does_not_count_from_the_start() -> None:
    def late() -> Iterator[Frame]:
        yield from islice(clip(None).frames, 6)
        yield from islice(clip(VisibleLabel((CHINESE,))).frames, 6, None)

    sighting = find_label(late(), Fraction(1, 12))
    assert sighting and sighting.since > 0 and not sighting.throughout


def test_only_the_plate_changes_and_frames_are_taken_one_by_one() -> None:
    taken: list[int] = []

    def frames() -> Iterator[Frame]:
        for index, frame in enumerate(moving_clip(426, 240, count=3).frames):
            taken.append(index)
            yield frame

    raw = moving_clip(426, 240, count=3)
    label = VisibleLabel((ENGLISH,), Position.BOTTOM_RIGHT)
    art = label.art(426, 240)
    x, y = label.corner(426, 240, art)
    marked = labelled(replace(raw, frames=frames()), label).frames
    first, plain = next(marked).planes, next(raw.frames).planes
    assert taken == [0]
    changed = np.argwhere(first.luma != plain.luma)
    height, width = art.size
    assert changed.min(0).tolist() >= [y, x]
    assert (changed.max(0) < [y + height, x + width]).all()
    assert x + width <= 426 and y + height <= 240


def test_what_a_decoder_gave_is_not_written_into() -> None:
    planes = Planes.of_rgb(next(scene(426, 240, 1)))
    before = planes.luma.copy()
    raw = replace(moving_clip(426, 240, count=1), frames=iter([Frame(planes, Fraction(0))]))
    next(labelled(raw, VisibleLabel((ENGLISH,))).frames)
    assert np.array_equal(planes.luma, before)


def test_hdr_gets_a_label_as_bright_as_paper() -> None:
    colour = Colour(10, BT2020, PQ, BT2020)
    grey = Planes(np.full((360, 640), 400, np.uint16), *(np.full((180, 320), 512, np.uint16) for _ in range(2)), colour)
    raw = RawVideo(iter([Frame(grey, Fraction(0))]), 640, 360, Fraction(24), colour=colour)
    result = next(labelled(raw, VisibleLabel((ENGLISH,))).frames).planes
    assert result.colour == colour and result.luma.dtype == np.uint16
    assert int(result.luma.max()) == pytest.approx(64 + 876 * 0.58, abs=2)
    assert np.all(result.blue == 512)
    found = find_label(iter([Frame(result, Fraction(0))]), Fraction(1))
    assert said(found) == (ENGLISH,)


@pytest.mark.parametrize(("width", "height"), [(64, 64), (120, 120), (90, 1600)])
def test_a_picture_too_small_for_it_is_refused(width: int, height: int) -> None:
    with pytest.raises(LabelError):
        labelled(moving_clip(width, height, count=1), VisibleLabel((ENGLISH, CHINESE)))


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(LabelError, match="got 'xx'"):
        wording("xx", Kind.GENERATED)


@pytest.mark.parametrize("text", [9, 23, 64])
def test_art_keeps_between_nothing_and_all(text: int) -> None:
    art = drawn((ENGLISH,), text)
    assert art.keep.shape == art.light.shape and not any(side % 2 for side in art.size)
    assert art.keep.min() >= 0 and art.keep.max() <= 1 and (art.keep + art.light).max() <= 1.0001


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize(
    "turned", [Orientation(), Orientation(transpose=True, flip_x=True), Orientation(flip_x=True, flip_y=True)]
)
def test_single_pictures_of_every_kind_show_it_upright(
    dtype: type[np.uint8 | np.uint16], channels: int, turned: Orientation
) -> None:
    colours = next(scene(320, 240, 1, "flat")).astype(dtype) * (np.iinfo(dtype).max // 255)
    pixels = np.concatenate([colours, np.zeros_like(colours[..., :1])], axis=2)[..., : max(channels, 3)]
    still = Still(np.ascontiguousarray(pixels[..., :1] if channels == 1 else pixels), turned, StillKind.PNG, True)
    before = still.pixels.copy()
    shown = labelled_still(still, VisibleLabel((ENGLISH,)))
    assert shown.pixels.shape == still.pixels.shape and shown.pixels.dtype == dtype
    assert np.array_equal(still.pixels, before)
    assert said(seen(shown.upright)) == (ENGLISH,)
    if channels == 4:  # a clear picture does not make the label clear
        assert shown.pixels[..., 3].max() == np.iinfo(dtype).max
