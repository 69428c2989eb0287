"""Any turn, scale and proportion is found without the key, and nothing is found where nothing repeats."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from touchmark.provenance.media.video import Frame
from touchmark.provenance.watermark.geometry import Geometry
from touchmark.provenance.watermark.protocol import Payload, WatermarkKey
from touchmark.provenance.watermark.repetition import Echoes, Repetition
from touchmark.provenance.watermark.residual import gather, weighted
from touchmark.provenance.watermark.video import LatticeWatermark

Pixels = NDArray[np.uint8]
Stamp = Callable[[Sequence[Pixels]], list[Frame]]


@pytest.fixture(scope="module")
def marked(natural: list[Pixels], payload: Payload, key: WatermarkKey) -> list[Pixels]:
    frames = [Frame(pixels, index) for index, pixels in enumerate(natural[:6])]  # type: ignore[arg-type]
    return [frame.pixels for frame in LatticeWatermark().embed(frames, payload, key)]


def likeliest(pictures: Sequence[Pixels], stamped: Stamp) -> Repetition:
    return Echoes(weighted(gather(stamped(pictures)))).likeliest(1)[0]


def nearest(found: Repetition, expected: Geometry) -> NDArray[np.float64]:
    """The tile's steps, right and under, in that of the eight orientations which is meant."""
    ways = [np.array(way.steps) for way in found.geometry.orientations()]
    return min(ways, key=lambda steps: float(np.abs(steps - np.array(expected.steps)).max()))


@pytest.mark.parametrize("lean", [-0.06, 0.05])
def test_a_leaning_copy_is_found(lean: float, marked: list[Pixels], stamped: Stamp) -> None:
    height, width = marked[0].shape[:2]
    shear = np.array([[1, lean, -lean * height / 2], [0, 1, 0]])
    copies = [np.asarray(cv2.warpAffine(p, shear, (width, height)), np.uint8) for p in marked]
    expected = Geometry(shear=lean)
    assert nearest(likeliest(copies, stamped), expected) == pytest.approx(np.array(expected.steps), abs=3.0)


@pytest.mark.parametrize("degrees", [-44.0, -10.0, 3.0, 30.0])
@pytest.mark.parametrize("aspect", [0.9, 1.0, 1.1])
def test_turn_and_proportion_are_found(degrees: float, aspect: float, marked: list[Pixels], stamped: Stamp) -> None:
    height, width = marked[0].shape[0], round(marked[0].shape[1] * aspect)
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    copies = [
        np.asarray(cv2.warpAffine(cv2.resize(p, (width, height)), turn, (width, height)), np.uint8) for p in marked
    ]
    found = likeliest(copies, stamped)
    assert found.strength > 12
    expected = Geometry(degrees=-degrees, scale_x=1 / aspect)
    assert nearest(found, expected) == pytest.approx(np.array(expected.steps), abs=3.0)


@pytest.mark.parametrize("share", [0.55, 0.8, 1.0])
def test_a_crop_is_found_by_its_scale(share: float, marked: list[Pixels], stamped: Stamp) -> None:
    height, width = marked[0].shape[:2]
    rows, columns = round(height * share), round(width * share)
    found = likeliest([p[7 : 7 + rows, 11 : 11 + columns] for p in marked] if share < 1 else marked, stamped)
    expected = Geometry(scale_x=rows / height, scale_y=rows / height)
    assert nearest(found, expected) == pytest.approx(np.array(expected.steps), abs=3.0)


def test_nothing_repeats_in_an_unmarked_picture(natural: list[Pixels], stamped: Stamp) -> None:
    assert likeliest(natural[:6], stamped).strength < 10


@pytest.mark.parametrize("shape", [(80, 80), (97, 81), (80, 900)])
def test_any_shape_is_looked_at_without_a_word(shape: tuple[int, int], stamped: Stamp) -> None:
    found = Echoes(weighted(gather(stamped([np.full((*shape, 3), 90, np.uint8)])))).likeliest(3)
    assert all(np.isfinite([r.strength, *np.ravel(r.geometry.steps)]).all() for r in found)
