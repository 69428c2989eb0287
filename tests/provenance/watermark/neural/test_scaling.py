"""Shrinking as the released networks are used to it, and putting a change back."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from touchmark.provenance.watermark.neural import scaling


@pytest.mark.parametrize("size", [(720, 1280), (300, 200), (64, 90), (1, 1), (257, 3)])
def test_it_shrinks_as_torch_does(size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (*size, 3), np.uint8)
    whole = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255
    theirs = torch.nn.functional.interpolate(whole, (256, 256), mode="bilinear", align_corners=False, antialias=True)
    ours = scaling.shrunk(pixels, 256)
    assert ours.shape == (1, 3, 256, 256)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, theirs.numpy(), atol=2e-5)


@pytest.mark.parametrize(
    ("size", "aspect", "expected"),
    [
        ((100, 110), 2.0, (0, 100, 0, 110)),
        ((100, 110), 1.0, (0, 100, 5, 105)),
        ((10, 101), 2.0, (0, 10, 45, 55)),
        ((100, 10), 2.0, (45, 55, 0, 10)),
        ((100, 10), float("inf"), (0, 100, 0, 10)),
    ],
)
def test_long_pictures_are_seen_in_their_centre(size, aspect, expected) -> None:
    rows, columns = scaling.region(*size, aspect)
    assert (rows.start, rows.stop, columns.start, columns.stop) == expected


def test_a_change_is_added_in_its_region_and_fades_in() -> None:
    pixels = np.full((100, 400, 3), 100, np.uint8)
    marked = scaling.added(pixels, np.full((1, 3, 8, 8), 10 / 255, np.float32), 2.0)
    assert np.all(pixels == 100)
    assert np.all(marked[:, :150] == 100)
    assert np.all(marked[:, 250:] == 100)
    assert np.all(marked[10:90, 160:240] == 110)


def test_light_does_not_turn_dark() -> None:
    pixels = np.tile(np.array([[0], [255]], np.uint8), (4, 8))[..., None].repeat(3, axis=2)
    for sign in (1, -1):
        marked = scaling.added(pixels, np.full((1, 3, 8, 8), sign * 20 / 255, np.float32), 2.0)
        assert set(np.unique(marked)) == ({20, 255} if sign > 0 else {0, 235})
