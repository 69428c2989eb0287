"""Pictures become uint8 one at a time, whatever a pipeline returns them as, and only if they are pictures."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touchmark.generation.rendering import BadOutputError, raw_sound, raw_video

torch = pytest.importorskip("torch")
LEVELS = np.arange(2 * 4 * 6 * 3, dtype=np.uint8).reshape(2, 4, 6, 3)


def as_pil(levels: Any) -> Any:
    image = pytest.importorskip("PIL.Image")
    return [image.fromarray(picture) for picture in levels]


@pytest.mark.parametrize(
    "form",
    [
        lambda levels: levels,
        lambda levels: levels.astype(np.float32) / 255,
        lambda levels: list(levels.astype(np.float64) / 255),
        lambda levels: torch.tensor(levels / 255.0, dtype=torch.float32).permute(0, 3, 1, 2),
        lambda levels: torch.tensor(levels).permute(0, 3, 1, 2),
        as_pil,
    ],
    ids=["uint8", "float32", "list", "tensor", "uint8 tensor", "PIL"],
)
def test_every_form_gives_the_same_frames(form: Any) -> None:
    raw = raw_video(form(LEVELS), Fraction(24))
    frames = list(raw.frames)
    assert (raw.width, raw.height, raw.frame_rate, raw.duration) == (6, 4, Fraction(24), Fraction(2, 24))
    assert [frame.time for frame in frames] == [0, Fraction(1, 24)]
    for frame, level in zip(frames, LEVELS, strict=True):
        assert frame.pixels.dtype == np.uint8
        assert frame.pixels.flags.c_contiguous
        np.testing.assert_array_equal(frame.pixels, level)


def test_half_precision_is_read() -> None:
    grey = torch.full((1, 3, 4, 4), 0.5, dtype=torch.bfloat16)
    assert next(raw_video(grey, Fraction(8)).frames).pixels.tolist() == np.full((4, 4, 3), 128).tolist()


@settings(max_examples=40, derandomize=True, deadline=None)
@given(st.floats(-3, 3, width=32))
def test_values_outside_the_range_do_not_wrap(value: float) -> None:
    pixel = next(raw_video(np.full((1, 2, 2, 3), value, np.float32), Fraction(8)).frames).pixels[0, 0, 0]
    assert abs(int(pixel) - 255 * min(max(value, 0.0), 1.0)) <= 0.5001


def test_pictures_are_converted_as_they_are_drawn() -> None:
    pictures = LEVELS.astype(np.float32) / 255
    raw = raw_video(pictures, Fraction(24))
    next(raw.frames)
    pictures[1] = 1.0  # seen only if the second picture was not converted before it was asked for
    assert next(raw.frames).pixels.min() == 255


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_no_number_is_found_before_the_first_frame(bad: float) -> None:
    pictures = np.zeros((3, 4, 4, 3), np.float32)
    pictures[2, 1, 1, 1] = bad
    with pytest.raises(BadOutputError, match="picture 2"):
        raw_video(pictures, Fraction(8))


@pytest.mark.parametrize(
    "pictures",
    [
        np.zeros((0, 4, 4, 3), np.uint8),
        np.zeros((2, 4, 4, 1), np.uint8),
        np.zeros((2, 4, 4), np.uint8),
        [np.zeros((4, 4, 3), np.uint8), np.zeros((4, 6, 3), np.uint8)],
        torch.zeros(2, 4, 8, 8),
    ],
    ids=["none", "grey", "flat", "two sizes", "latents"],
)
def test_what_is_no_video_is_refused(pictures: Any) -> None:
    with pytest.raises(BadOutputError):
        raw_video(pictures, Fraction(8))


def test_sound_comes_in_short_blocks_that_add_up() -> None:
    wave = np.sin(np.arange(2 * 1000, dtype=np.float32)).reshape(2, 1000)
    sound = raw_sound(torch.tensor(wave), 1600)
    blocks = list(sound.blocks)
    assert (sound.rate, sound.channels) == (1600, 2)
    assert max(block.shape[1] for block in blocks) == 400
    assert all(block.dtype == np.float32 for block in blocks)
    np.testing.assert_array_equal(np.concatenate(blocks, axis=1), wave)


def test_mono_sound_and_overdrive() -> None:
    sound = raw_sound(np.array([0.5, 2.0, -2.0], np.float32), 8000)
    assert sound.channels == 1
    assert next(sound.blocks).tolist() == [[0.5, 1.0, -1.0]]


@pytest.mark.parametrize(
    "samples",
    [np.full((2, 10), np.nan, np.float32), np.zeros((1, 2, 10), np.float32), np.zeros((100, 2), np.float32)],
    ids=["not numbers", "batch", "channels last"],
)
def test_bad_sound_is_refused(samples: Any) -> None:
    with pytest.raises(BadOutputError):
        raw_sound(samples, 16000)
