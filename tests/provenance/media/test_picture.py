from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from tests.clips import scene
from touchmark.provenance.media.picture import Orientation, Planes
from touchmark.provenance.media.video import Frame


@pytest.mark.parametrize("size", [(64, 96), (65, 97), (1, 1), (2, 300)])
def test_planes_have_half_the_colour_samples_each_way_rounded_up(size: tuple[int, int]) -> None:
    planes = Planes.of_rgb(np.full((*size, 3), 128, np.uint8))
    assert planes.luma.shape == size
    assert planes.blue.shape == planes.red.shape == (-(-size[0] // 2), -(-size[1] // 2))
    assert planes.rgb().shape == (*size, 3)


@pytest.mark.parametrize(
    ("rgb", "limited"),
    [
        # ITU-R BT.709-6, items 3.2 to 3.4, quantised by 4.6 to 8 bits.
        ((0, 0, 0), (16, 128, 128)),
        ((255, 255, 255), (235, 128, 128)),
        ((255, 0, 0), (63, 102, 240)),
        ((0, 255, 0), (173, 42, 26)),
        ((0, 0, 255), (32, 240, 118)),
    ],
)
def test_colours_are_those_of_bt709(rgb: tuple[int, int, int], limited: tuple[int, int, int]) -> None:
    planes = Planes.of_rgb(np.full((16, 16, 3), rgb, np.uint8))
    found = [int(plane[8 // 2, 8 // 2]) for plane in (planes.luma, planes.blue, planes.red)]
    assert found == pytest.approx(limited, abs=1)
    assert np.abs(planes.rgb().astype(int) - rgb).max() <= 3


def test_a_picture_survives_the_way_there_and_back() -> None:
    pixels = next(scene(96, 64, 1))
    smooth = np.repeat(np.repeat(pixels[::8, ::8], 8, 0), 8, 1)  # colour that half resolution can hold
    inner = (slice(2, 6), slice(2, 6))
    back = Planes.of_rgb(smooth).rgb().astype(int)
    for top in range(0, 64, 8):
        for left in range(0, 96, 8):
            block = (slice(top, top + 8), slice(left, left + 8))
            assert np.abs(back[block][inner] - smooth[block][inner]).max() <= 6


def test_planes_become_the_same_picture_again() -> None:
    planes = Planes.of_rgb(next(scene(97, 65, 1)))
    picture = planes.picture()
    for plane, values in zip(picture.planes, (planes.luma, planes.blue, planes.red), strict=True):
        rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
        assert np.array_equal(rows[: values.shape[0], : values.shape[1]], values)


@pytest.mark.parametrize("broken", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)])
def test_what_is_no_picture_is_refused(broken: np.ndarray) -> None:  # type: ignore[type-arg]
    with pytest.raises(ValueError, match="expected uint8"):
        Planes.of_rgb(broken)


@pytest.mark.parametrize("transpose", [False, True])
@pytest.mark.parametrize("flip_x", [False, True])
@pytest.mark.parametrize("flip_y", [False, True])
def test_planes_turn_as_their_picture_does(transpose: bool, flip_x: bool, flip_y: bool) -> None:
    pixels = next(scene(96, 64, 1))
    turned = pixels.swapaxes(0, 1) if transpose else pixels
    turned = turned[::-1] if flip_y else turned
    turned = turned[:, ::-1] if flip_x else turned
    planes = Orientation(transpose, flip_x, flip_y).apply(Planes.of_rgb(pixels))
    assert np.array_equal(planes.luma, Planes.of_rgb(np.ascontiguousarray(turned)).luma)
    assert planes.blue.shape == (planes.luma.shape[0] // 2, planes.luma.shape[1] // 2)


def test_a_frame_gives_what_it_holds_and_converts_the_rest() -> None:
    pixels = next(scene(96, 64, 1))
    drawn = Frame(pixels, Fraction(0))
    decoded = Frame(drawn.planes, Fraction(0))
    assert drawn.pixels is pixels
    assert decoded.planes is decoded.picture
    assert drawn.size == decoded.size == (64, 96)
    assert np.array_equal(decoded.pixels, drawn.planes.rgb())
