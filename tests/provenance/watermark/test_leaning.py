"""The first picture of a shot spends more on the waves that it speaks against, and no more in all."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from touchmark.provenance.media.picture import Planes
from touchmark.provenance.watermark import code
from touchmark.provenance.watermark.geometry import Geometry
from touchmark.provenance.watermark.lattice import Lattice, Plane
from touchmark.provenance.watermark.painter import Painter
from touchmark.provenance.watermark.protocol import Payload, WatermarkKey
from touchmark.provenance.watermark.reading import Reader, Sight
from touchmark.provenance.watermark.residual import residual

KEY = WatermarkKey(b"a key for tests only")
LATTICE = Lattice.of(KEY)
BITS = code.encode(Payload(11), KEY)
READER = Reader(LATTICE, KEY)
LUMA = LATTICE.waves[Plane.LUMA]


def landscape() -> Planes:
    land = np.random.default_rng(7).normal(0, 1, (240, 320)).astype(np.float32)
    land = 120 + 60 * cv2.GaussianBlur(land, (0, 0), 2) + 6 * land
    return Planes.of_rgb(np.repeat(np.clip(land, 0, 255)[..., None], 3, axis=2).astype(np.uint8))


def seen(picture: Planes) -> Sight:
    return Sight(residual(picture), Geometry())


def held(picture: Planes) -> NDArray[np.float32]:
    """What a picture holds of the waves of luma that lean, with the sign that it should have."""
    return (LUMA.signs(BITS) * READER.held(seen(picture))[Plane.LUMA].real)[np.rint(LUMA.radius) <= 6]


def test_a_wave_that_the_picture_speaks_against_is_drawn_more_strongly_at_no_more_power() -> None:
    picture = landscape()
    painter = Painter(LATTICE, BITS, *picture.luma.shape)
    even = painter.paint(picture)
    factors = READER.leaning(seen(picture), seen(even), BITS)
    assert np.sum((factors * LUMA.amplitude) ** 2) == pytest.approx(np.sum(LUMA.amplitude**2), rel=1e-4)
    assert factors.min() >= 0
    assert np.corrcoef(factors[np.rint(LUMA.radius) <= 6], held(picture))[0, 1] < -0.8
    leant = painter.leant(factors).paint(picture)
    assert held(leant).std() < 0.8 * held(even).std()
    assert held(leant).mean() > 0.9 * held(even).mean()
    changes = [np.std(marked.luma.astype(float) - picture.luma) for marked in (leant, even)]
    assert changes[0] == pytest.approx(changes[1], rel=0.05)
    assert np.array_equal(leant.blue, even.blue) and np.array_equal(painter.paint(picture).luma, even.luma)


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_picture_that_says_nothing_is_marked_evenly(level: int) -> None:
    picture = Planes.of_rgb(np.full((240, 320, 3), level, np.uint8))
    factors = READER.leaning(seen(picture), seen(Painter(LATTICE, BITS, 240, 320).paint(picture)), BITS)
    assert factors == pytest.approx(1.0, abs=0.05)


def test_nothing_drawn_is_nothing_to_lean_on_and_harms_nothing() -> None:
    picture = landscape()
    assert np.isfinite(READER.leaning(seen(picture), seen(picture), BITS)).all()
