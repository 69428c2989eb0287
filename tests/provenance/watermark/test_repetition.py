"""Any turn, scale and proportion is found without the key, and nothing is found where nothing repeats."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from touchmark.provenance.media.video import Frame
from touchmark.provenance.watermark.geometry import Geometry
from touchmark.provenance.watermark.lattice import Plane
from touchmark.provenance.watermark.protocol import Payload, WatermarkKey
from touchmark.provenance.watermark.repetition import Echoes, Repetition
from touchmark.provenance.watermark.residual import Evidence, gather, weighted
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


@pytest.mark.parametrize("across", [9 / 16, 3 / 4, 4 / 3, 16 / 9])
@pytest.mark.parametrize("quarters", [0, 1])
def test_a_picture_stretched_to_fill_another_screen_is_found(
    across: float, quarters: int, marked: list[Pixels], stamped: Stamp
) -> None:
    height, width = marked[0].shape[0], round(marked[0].shape[1] * across)
    copies = [np.ascontiguousarray(np.rot90(cv2.resize(p, (width, height)), quarters)) for p in marked]
    unit = min(width, height) / height
    expected = Geometry(degrees=-90.0 * quarters, scale_x=unit / across, scale_y=unit)
    assert nearest(likeliest(copies, stamped), expected) == pytest.approx(np.array(expected.steps), abs=3.0)


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


def plainly(evidence: Evidence, plane: Plane, geometry: Geometry) -> float:
    """The peaks of an autocorrelation under a geometry, added up, as they are defined."""
    values = evidence.planes[plane].astype(np.float64)
    across, down = evidence.pitch(plane)
    rows, columns = (cv2.getOptimalDFTSize(2 * side) for side in values.shape)
    power = np.abs(np.fft.fft2(values, (rows, columns))) ** 2
    frequency = 64 * np.hypot(np.fft.fftfreq(rows, down)[:, None], np.fft.fftfreq(columns, across))
    ring = np.rint(2 * frequency).astype(int)
    half = (slice(None), slice(columns // 2 + 1))
    mean = np.bincount(ring[half].ravel(), power[half].ravel()) / np.maximum(np.bincount(ring[half].ravel()), 1)
    flat = np.minimum(power / np.maximum(mean[ring], 1e-12), 2.0) * ((frequency >= 1.2) & (frequency <= 14.0))
    shown = np.fft.fftshift(np.fft.ifft2(flat).real)
    shown = np.clip(shown / shown.std(), -8, 8)
    (right, under), total = geometry.steps, 0.0
    for i in range(-4, 5):
        for j in range(5):
            if (j == 0 and i <= 0) or np.hypot(i, j) > 4.5:
                continue
            x, y = ((i * a + j * b) / 2 for a, b in zip(right, under, strict=True))
            if np.hypot(x, y) <= 24:
                continue
            column, row = x / across + columns // 2, y / down + rows // 2
            c, r = int(np.floor(column)), int(np.floor(row))
            if not (0 <= c < columns - 1 and 0 <= r < rows - 1):
                continue
            near = shown[r : r + 2, c : c + 2]
            value = np.array([r + 1 - row, row - r]) @ near @ np.array([c + 1 - column, column - c])
            total += value * (1.0 if i % 2 == j % 2 == 0 else -0.17)
    return total


@pytest.mark.parametrize("seed", range(3))
def test_peaks_are_added_up_where_a_geometry_puts_them(seed: int) -> None:
    random = np.random.default_rng(seed)
    # What repeats every 64 units both ways, under noise, so that there are peaks at all.
    tile = cv2.GaussianBlur(random.normal(size=(32, 32)).astype(np.float32), (0, 0), 1.0)
    planes = {p: np.tile(tile, (5, 7)) + random.normal(0, 0.1, (160, 224)).astype(np.float32) for p in Plane}
    evidence = Evidence(planes, 448.0, 320.0)
    echoes = Echoes(evidence)
    ways = (
        Geometry(),
        Geometry(scale_x=0.98, scale_y=1.01, degrees=1.0),
        Geometry(scale_x=2.0, scale_y=2.0, shear=1.0),
        Geometry(scale_x=4.0, scale_y=4.0),  # with steps so short that they are left out
        Geometry(degrees=30.0, shear=-0.1, scale_x=0.6, scale_y=0.5),
    )
    for geometry in ways:
        for plane, share in echoes.shares(geometry).items():
            # Places are rounded to a thirty-second of a sample when they are looked up.
            assert share**2 == pytest.approx(max(plainly(evidence, plane, geometry), 2.0), abs=0.3)
    for geometry in (ways[0], ways[2], ways[3]):
        assert min(echoes.shares(geometry).values()) > 3
