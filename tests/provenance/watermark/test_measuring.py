"""One measurement serves every key, shift and turn of hue, and is forgotten with its evidence."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchmark.provenance.watermark.geometry import Geometry
from touchmark.provenance.watermark.lattice import Lattice, Plane, measure
from touchmark.provenance.watermark.measuring import Gauge
from touchmark.provenance.watermark.protocol import WatermarkKey
from touchmark.provenance.watermark.residual import Evidence


def evidence(seed: int = 0) -> Evidence:
    rng = np.random.default_rng(seed)
    shapes = {Plane.LUMA: (320, 426), Plane.BLUE: (160, 213), Plane.RED: (160, 213)}
    return Evidence({p: rng.normal(size=s).astype(np.float32) for p, s in shapes.items()}, 426.0, 320.0)


def test_it_measures_the_waves_of_every_key() -> None:
    seen, geometry = evidence(), Geometry(scale_x=0.9, scale_y=0.8)
    held = Gauge().held(seen, geometry)
    for secret in (b"a key for tests only", b"a second operator"):
        for plane, waves in Lattice.of(WatermarkKey(secret)).waves.items():
            across, down = seen.pitch(plane)
            alone = measure(seen.planes[plane], waves.u, waves.v, 0.9 * across, 0.8 * down)
            assert np.allclose(held.waves[plane], alone)


@given(st.integers(0, 127), st.integers(0, 127), st.integers(0, 3))
def test_shift_and_hue_ask_for_no_new_measurement(across: int, down: int, hue: int) -> None:
    gauge, seen = Gauge(), evidence()
    plain = gauge.held(seen, Geometry())
    asked = gauge.held(seen, Geometry(hue=hue, shift_x=float(across), shift_y=float(down)))
    assert asked.waves[Plane.LUMA] is plain.waves[Plane.LUMA]


def test_a_turn_of_hue_is_that_of_the_planes() -> None:
    seen, geometry = evidence(), Geometry(degrees=3.0)
    turned = replace(
        seen, planes={**seen.planes, Plane.BLUE: seen.planes[Plane.RED], Plane.RED: -seen.planes[Plane.BLUE]}
    )
    recoloured = Gauge().held(seen, replace(geometry, hue=1))
    expected = Gauge().held(turned, geometry)
    for plane in Plane:
        assert np.allclose(recoloured.waves[plane], expected.waves[plane])
        assert recoloured.spread[plane] == pytest.approx(expected.spread[plane])


def test_it_does_not_keep_evidence() -> None:
    gauge, seen = Gauge(), evidence()
    gauge.held(seen, Geometry())
    kept = weakref.ref(seen)
    del seen
    gc.collect()
    assert kept() is None
