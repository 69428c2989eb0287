"""Clips of less than a second, and pictures of any shape that can be marked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.clips import moving_clip, scene, write_clip
from touchmark.provenance.media.video import Frame
from touchmark.provenance.watermark.protocol import Payload, WatermarkKey
from touchmark.provenance.watermark.standalone import mark_file
from touchmark.provenance.watermark.video import LatticeWatermark

Pixels = NDArray[np.uint8]
KEY, PAYLOAD = WatermarkKey(b"a key for tests only"), Payload(0x0123_4567_89AB_CDEF)


@pytest.mark.parametrize("count", [1, 5, 12])
def test_a_clip_of_a_few_frames_is_marked_and_read_back(tmp_path: Path, count: int) -> None:
    write_clip(tmp_path / "source.mp4", moving_clip(320, 240, count))
    assert mark_file(tmp_path / "source.mp4", tmp_path / "marked.mp4", PAYLOAD, KEY).payload == PAYLOAD


@pytest.mark.parametrize("count", [1, 5, 12])
def test_a_clip_of_a_few_frames_survives_another_encoder(
    recoded: Callable[..., list[Frame]], stamped: Callable[..., list[Frame]], count: int
) -> None:
    marked = list(LatticeWatermark().embed(stamped(list(scene(640, 480, count))), PAYLOAD, KEY))
    assert LatticeWatermark().extract(recoded(marked, 26), KEY).payload == PAYLOAD


@pytest.mark.parametrize(
    ("width", "height"),
    [(256, 256), (1280, 320), (320, 1280), (401, 301), (255, 259), (1001, 251)],
)
def test_any_shape_is_marked_and_read(stamped: Callable[..., list[Frame]], width: int, height: int) -> None:
    frames = stamped(list(scene(width, height, 3)))
    marked = list(LatticeWatermark().embed(frames, PAYLOAD, KEY))
    assert [frame.size for frame in marked] == [(height, width)] * 3
    assert LatticeWatermark().extract(marked, KEY).payload == PAYLOAD


@pytest.mark.parametrize(("width", "height"), [(128, 128), (512, 128), (128, 512), (129, 131)])
def test_the_smallest_pictures_are_read_in_half_a_second(
    stamped: Callable[..., list[Frame]], width: int, height: int
) -> None:
    marked = LatticeWatermark().embed(stamped(list(scene(width, height, 6))), PAYLOAD, KEY)
    assert LatticeWatermark().extract(marked, KEY).payload == PAYLOAD


@given(short=st.integers(128, 400), aspect=st.floats(1, 4), upright=st.booleans())
@settings(max_examples=15, deadline=None)
def test_one_drawn_frame_of_any_size_keeps_its_size_and_its_look(short: int, aspect: float, upright: bool) -> None:
    width, height = round(short * aspect), short
    if upright:
        width, height = height, width
    random = np.random.default_rng(short)
    pixels = random.normal(120, 8, (height, width, 3)).clip(0, 255).astype(np.uint8)
    frame = Frame(pixels, time=moving_clip(8, 8, 1).frame_rate * 0)
    marked = next(LatticeWatermark().embed([frame], PAYLOAD, KEY))
    assert marked.size == (height, width)
    error = marked.planes.luma.astype(float) - frame.planes.luma
    assert 10 * np.log10(255**2 / np.mean(error**2)) > 42, "of the first picture, the most strongly marked"
