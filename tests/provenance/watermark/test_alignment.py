from __future__ import annotations

import numpy as np
import pytest

from touchmark.provenance.watermark.alignment import Aligner
from touchmark.provenance.watermark.geometry import Geometry
from touchmark.provenance.watermark.lattice import TILE, Lattice, Plane
from touchmark.provenance.watermark.protocol import WatermarkKey
from touchmark.provenance.watermark.residual import Evidence


@pytest.mark.parametrize("seed", range(8))
def test_the_place_that_a_key_may_use_is_tried_wherever_noise_moves_the_peak(seed: int, key: WatermarkKey) -> None:
    noise = np.random.default_rng(seed)
    planes = {plane: noise.normal(size=(160, 240)).astype(np.float32) for plane in Plane}
    lattice = Lattice.of(key)
    found = Aligner(lattice).shifted(Evidence(planes, 480.0, 320.0), Geometry())
    apart = np.array([found.geometry.shift_x, found.geometry.shift_y]) - lattice.places
    apart = np.abs((apart + TILE / 2) % TILE - TILE / 2).max(axis=1)
    assert apart.min() <= 1
    tried = {(place.shift_x, place.shift_y) for place in (found.geometry, *found.rivals)}
    assert tried & {tuple(place) for place in lattice.places[apart <= 1].tolist()}


def test_elsewhere_any_shift_may_be_right(key: WatermarkKey) -> None:
    planes = {plane: np.random.default_rng(0).normal(size=(160, 240)).astype(np.float32) for plane in Plane}
    evidence, aligner = Evidence(planes, 480.0, 320.0), Aligner(Lattice.of(key))
    upright, moved = aligner.shifted(evidence, Geometry()), aligner.shifted(evidence, Geometry(scale_x=0.9))
    assert upright.compared < moved.compared == TILE**2
    assert len(upright.rivals) >= 2
    assert not moved.rivals
