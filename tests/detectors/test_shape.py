"""What a reviewer is told of a copy's shape, from the transform to the sentence."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.clips import scene
from touchmark.detectors.shape import shape_in_words
from touchmark.provenance.media.video import Frame
from touchmark.provenance.watermark.bench.pictures import cropped, mirrored, rotated
from touchmark.provenance.watermark.protocol import Payload, Transform, WatermarkKey
from touchmark.provenance.watermark.video import LatticeWatermark

Pixels = NDArray[np.uint8]
KEY = WatermarkKey(b"a key for tests only")


@pytest.mark.parametrize(
    ("transform", "words"),
    [
        (None, ""),
        (Transform(), ""),
        (Transform(1.004, 0.997, 0.2), ""),
        (Transform(mirrored=True), "mirrored"),
        (Transform(rotation=5.2), "turned by 5 degrees counter-clockwise"),
        (Transform(rotation=-90.0), "turned by 90 degrees clockwise"),
        (Transform(rotation=355.0), "turned by 5 degrees clockwise"),
        (Transform(1.41, 1.41), "cropped to 71% of its sides"),
        (Transform(0.8, 0.8), "set in a frame of 125% of its sides"),
        (Transform(0.95, 1.05), "squeezed to 90% of its proportions"),
        (
            Transform(1.41, 1.41, 3.0, True),
            "mirrored, turned by 3 degrees counter-clockwise, cropped to 71% of its sides",
        ),
    ],
)
def test_a_transform_in_words(transform: Transform | None, words: str) -> None:
    assert shape_in_words(transform) == words


@pytest.fixture(scope="module")
def marked() -> Sequence[Pixels]:
    frames = [Frame(pixels, Fraction(index, 12)) for index, pixels in enumerate(scene(480, 360, 8))]
    return [frame.pixels for frame in LatticeWatermark().embed(frames, Payload(77), KEY)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda picture: picture, ""),
        (mirrored, "mirrored"),
        (cropped(0.5), "cropped to 71% of its sides"),
        (rotated(5), "turned by 5 degrees"),
    ],
)
def test_what_was_done_to_a_marked_picture_is_what_is_said(marked: Sequence[Pixels], change, words: str) -> None:
    copy = [Frame(np.ascontiguousarray(change(pixels)), Fraction(i, 12)) for i, pixels in enumerate(marked)]
    detection = LatticeWatermark().extract(copy, KEY)
    assert detection.payload == Payload(77)
    assert shape_in_words(detection.transform).startswith(words)
    assert bool(shape_in_words(detection.transform)) is bool(words)
