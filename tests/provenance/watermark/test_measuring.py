"""One measurement serves every key, shift and turn of hue, and is forgotten with its evidence."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from touchmark.provenance.watermark.geometry import Geometry
from touchmark.provenance.watermark.lattice import TILE, Lattice, Plane, frequencies
from touchmark.provenance.watermark.measuring import Gauge
from touchmark.provenance.watermark.protocol import WatermarkKey
from touchmark.provenance.watermark.residual import Evidence


def evidence(seed: int = 0) -> Evidence:
    rng = np.random.default_rng(seed)
    return Evidence({p: rng.normal(size=(160, 213)).astype(np.float32) for p in Plane}, 426.0, 320.0)


def waves_of(seen: Evidence, plane: Plane, scale_x: float = 1.0, scale_y: float = 1.0) -> NDArray[np.complex128]:
    """The sum of a plane against each wave, about its corner, as it is defined."""
    across, down = seen.pitch(plane)
    rows, columns = seen.planes[plane].shape
    x, y = (np.arange(columns) + 0.5) * across * scale_x, (np.arange(rows) + 0.5) * down * scale_y
    u, v = frequencies(plane)
    partial = seen.planes[plane] @ np.exp(-2j * np.pi / TILE * np.outer(x, u))
    return np.asarray(np.sum(np.exp(-2j * np.pi / TILE * np.outer(y, v)) * partial, axis=0), np.complex128)


def test_it_measures_the_waves_of_every_key() -> None:
    seen, geometry = evidence(), Geometry(scale_x=0.9, scale_y=0.8)
    held = Gauge().held(seen, geometry)
    for secret in (b"a key for tests only", b"a second operator"):
        for plane, waves in Lattice.of(WatermarkKey(secret)).waves.items():
            assert held.waves[plane].shape == waves.u.shape
            assert np.allclose(held.waves[plane], waves_of(seen, plane, 0.9, 0.8), atol=1e-2)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("degrees", [0.0, 90.0, 180.0, -90.0, -180.0, 270.0])
def test_a_flipped_or_turned_copy_is_measured_as_if_it_had_been_set_upright(mirrored: bool, degrees: float) -> None:
    seen = evidence(1)
    held = Gauge().held(seen, Geometry(mirrored=mirrored, degrees=degrees, scale_x=0.9, scale_y=1.1))
    for plane in Plane:
        expected = waves_of(seen.turned(mirrored, degrees), plane, 0.9, 1.1)
        assert np.allclose(held.waves[plane], expected, atol=1e-2)


ANGLES = st.floats(-400, 400)


@given(st.booleans(), ANGLES, st.floats(-0.3, 0.3), st.floats(0.5, 1.6), st.floats(0.5, 1.6))
def test_a_leaning_copy_too_whichever_way_round(
    mirrored: bool, degrees: float, shear: float, scale_x: float, scale_y: float
) -> None:
    # A smooth picture: where each sample lies is rounded to a thirty-second of one when it is turned.
    noise = evidence(2)
    seen = replace(noise, planes={p: cv2.GaussianBlur(v, (0, 0), 2.0) for p, v in noise.planes.items()})
    held = Gauge().held(seen, Geometry(0, mirrored, degrees, shear, scale_x, scale_y))
    for plane in Plane:
        expected = waves_of(seen.turned(mirrored, degrees, shear), plane, scale_x, scale_y)
        apart = np.abs(held.waves[plane] - expected)
        assert np.sqrt(np.mean(apart**2)) < 0.02 * np.sqrt(np.mean(np.abs(expected) ** 2))


def test_of_eight_orientations_two_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    seen, asked = evidence(), []
    upright = Geometry.upright

    def counting(geometry: Geometry, found: Evidence) -> Evidence:
        asked.append(geometry)
        return upright(geometry, found)

    monkeypatch.setattr(Geometry, "upright", counting)
    gauge = Gauge()
    for way in Geometry(degrees=12.0, shear=0.1, scale_x=0.9, scale_y=1.1).orientations():
        gauge.held(seen, way)
    assert len(asked) == 2


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
