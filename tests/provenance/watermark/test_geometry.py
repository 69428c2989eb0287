"""A geometry and the steps of its tiles say the same; of eight orientations each is found from every other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchmark.provenance.watermark.geometry import Geometry

GEOMETRIES = st.builds(
    Geometry,
    mirrored=st.booleans(),
    degrees=st.floats(-179, 179),
    shear=st.floats(-0.4, 0.4),
    scale_x=st.floats(0.4, 1.7),
    scale_y=st.floats(0.4, 1.7),
)


@given(GEOMETRIES)
def test_steps_say_all(geometry: Geometry) -> None:
    again = Geometry.of_steps(*geometry.steps)
    assert again.mirrored is geometry.mirrored
    for name in ("shear", "scale_x", "scale_y"):
        assert getattr(again, name) == pytest.approx(getattr(geometry, name), abs=1e-6)
    assert (again.degrees - geometry.degrees + 180) % 360 - 180 == pytest.approx(0, abs=1e-6)


@given(GEOMETRIES)
def test_eight_orientations_are_four_turns_of_either_side(geometry: Geometry) -> None:
    ways = geometry.orientations()
    assert len({tuple(np.round(np.ravel(way.steps), 6)) for way in ways}) == 8
    assert sum(way.mirrored for way in ways) == 4
    for way in ways:
        mine = {tuple(np.round(np.ravel(w.steps), 4)) for w in way.orientations()}
        assert mine == {tuple(np.round(np.ravel(w.steps), 4)) for w in ways}
