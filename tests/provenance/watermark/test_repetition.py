"""Any turn, scale and proportion is found without the key, and nothing is found where nothing repeats."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from touchmark.provenance.media.video import Frame
from touchmark.provenance.watermark.protocol import Payload, WatermarkKey
from touchmark.provenance.watermark.repetition import Repetition, repetitions
from touchmark.provenance.watermark.residual import gather, weighted
from touchmark.provenance.watermark.video import LatticeWatermark

Pixels = NDArray[np.uint8]
Stamp = Callable[[Sequence[Pixels]], list[Frame]]


@pytest.fixture(scope="module")
def marked(natural: list[Pixels], payload: Payload, key: WatermarkKey) -> list[Pixels]:
    frames = [Frame(pixels, index) for index, pixels in enumerate(natural[:6])]  # type: ignore[arg-type]
    return [frame.pixels for frame in LatticeWatermark().embed(frames, payload, key)]


def likeliest(pictures: Sequence[Pixels], stamped: Stamp) -> Repetition:
    return repetitions(weighted(gather(stamped(pictures))), 1)[0]


@pytest.mark.parametrize("degrees", [-44.0, -10.0, 3.0, 30.0])
@pytest.mark.parametrize("aspect", [0.9, 1.0, 1.1])
def test_turn_and_proportion_are_found(degrees: float, aspect: float, marked: list[Pixels], stamped: Stamp) -> None:
    height, width = marked[0].shape[0], round(marked[0].shape[1] * aspect)
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    copies = [
        np.asarray(cv2.warpAffine(cv2.resize(p, (width, height)), turn, (width, height)), np.uint8) for p in marked
    ]
    found = likeliest(copies, stamped)
    assert found.strength > 15
    assert found.degrees == pytest.approx(-degrees, abs=0.6)
    assert found.scale_x == pytest.approx(1 / aspect, rel=0.015)
    assert found.scale_y == pytest.approx(1.0, rel=0.015)


@pytest.mark.parametrize("share", [0.55, 0.8, 1.0])
def test_a_crop_is_found_by_its_scale(share: float, marked: list[Pixels], stamped: Stamp) -> None:
    height, width = marked[0].shape[:2]
    rows, columns = round(height * share), round(width * share)
    found = likeliest([p[7 : 7 + rows, 11 : 11 + columns] for p in marked] if share < 1 else marked, stamped)
    assert found.scale_x == pytest.approx(rows / height, rel=0.015)
    assert found.scale_y == pytest.approx(rows / height, rel=0.015)
    assert found.degrees == pytest.approx(0.0, abs=0.6)


def test_nothing_repeats_in_an_unmarked_picture(natural: list[Pixels], stamped: Stamp) -> None:
    assert likeliest(natural[:6], stamped).strength < 12


@pytest.mark.parametrize("shape", [(1, 1), (16, 16), (3, 900)])
def test_any_shape_is_looked_at_without_a_word(shape: tuple[int, int], stamped: Stamp) -> None:
    found = repetitions(weighted(gather(stamped([np.full((*shape, 3), 90, np.uint8)]))), 3)
    assert all(np.isfinite([r.strength, r.scale_x, r.scale_y, r.degrees]).all() for r in found)
