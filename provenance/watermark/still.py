"""The mark in a single picture: the same pattern as in a video's, added to the pixels that its file keeps.

    marked = mark_still(read_still(Path("photo.png")), payload, key)
    write_still(marked, Path("marked.png"))
    find_in_still(read_still(Path("copy.jpg")), key).payload

A video's frames become planes with half the colour samples. A photograph must not lose its colours, nor its 16 bits or
its transparency, for a mark; so only what the mark would add is worked out in planes, and that is added to the pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.media.colour import BLUE_OF_CB, LUMINANCE, RED_OF_CR, Colour
from touchmark.provenance.media.picture import Planes, Samples
from touchmark.provenance.media.still import Still
from touchmark.provenance.media.video import Frame
from touchmark.provenance.watermark.codebook import NOTHING_EXPECTED, Expected
from touchmark.provenance.watermark.guard import Strength
from touchmark.provenance.watermark.protocol import Detection, Payload, WatermarkKey
from touchmark.provenance.watermark.video import LatticeWatermark

_FINE = Colour(depth=10)
"""Worked out in quarters of a step, so that what is added is rounded once."""
_ROWS = 512  # at a time: what is added, in full colour, takes three times four bytes a pixel

# Of one step in Cb and Cr on full-range R, G and B (ITU-R BT.709-6, items 3.2 to 3.4); luma's is the same for all.
_FROM_LUMA = 255 / 219
_LUMA = np.array(LUMINANCE, np.float32)
_FROM_BLUE = 255 / 224 * np.array([0.0, -BLUE_OF_CB * _LUMA[2] / _LUMA[1], BLUE_OF_CB], np.float32)
_FROM_RED = 255 / 224 * np.array([RED_OF_CR, -RED_OF_CR * _LUMA[0] / _LUMA[1], 0.0], np.float32)


def mark_still(still: Still, payload: Payload, key: WatermarkKey, strength: Strength = Strength.STANDARD) -> Still:
    """A marked copy of a picture. Grey pictures stay grey and carry the mark in luma alone.

    Raises:
        PictureTooSmallError: when it has too few pixels on its short side.
    """
    planes = _fine(Planes.of_rgb(still.upright))
    marked = LatticeWatermark(strength).embed_alone(planes, payload, key)
    pixels = still.pixels.copy()
    upright = still.orientation.view(pixels)
    for rows in _strips(planes.luma.shape[0]):
        added = _in_colour(planes, marked, rows) * np.float32(np.iinfo(pixels.dtype).max / 255)
        strip = upright[rows]
        if strip.shape[2] == 1:
            added = added @ _LUMA[:, None]
        elif still.is_grey:
            added = np.repeat(added @ _LUMA[:, None], 3, axis=2)
        colours = strip[..., : added.shape[2]]
        colours[:] = np.rint(np.clip(colours + added, 0, np.iinfo(pixels.dtype).max))
    return replace(still, pixels=pixels)


def find_in_still(still: Still, key: WatermarkKey, expected: Expected = NOTHING_EXPECTED) -> Detection:
    """Look for a mark of ``key`` in a picture, also for a faint one of an ``expected`` payload. Never raises for want
    of a mark."""
    return LatticeWatermark().extract([Frame(still.upright, Fraction(0), is_key=True)], key, expected)


def _fine(planes: Planes) -> Planes:
    luma, blue, red = (
        plane.astype(np.uint16) * np.uint16(_FINE.step) for plane in (planes.luma, planes.blue, planes.red)
    )
    return Planes(luma, blue, red, _FINE)


def _strips(height: int) -> Iterator[slice]:
    return (slice(top, min(top + _ROWS, height)) for top in range(0, height, _ROWS))


def _in_colour(before: Planes, after: Planes, rows: slice) -> NDArray[np.float32]:
    """What the mark adds to R, G and B in some rows, from an even one on, in steps of 8 bits: (rows, width, 3)."""
    width = before.luma.shape[1]
    luma = _difference(before.luma, after.luma, rows) * np.float32(_FROM_LUMA)
    first = max(rows.start // 2 - 1, 0)  # one more row either side, to interpolate from
    some = slice(first, (rows.stop + 1) // 2 + 1)
    added = np.repeat(luma[..., None], 3, axis=2)
    for factors, plane, marked in ((_FROM_BLUE, before.blue, after.blue), (_FROM_RED, before.red, after.red)):
        chroma = _difference(plane, marked, some)
        whole = cv2.resize(chroma, (2 * chroma.shape[1], 2 * chroma.shape[0]), interpolation=cv2.INTER_LINEAR)
        cut = np.asarray(whole)[rows.start - 2 * first : rows.stop - 2 * first, :width]
        added += cut[..., None] * factors
    return added


def _difference(before: Samples, after: Samples, rows: slice) -> NDArray[np.float32]:
    return (after[rows].astype(np.float32) - before[rows]) / np.float32(_FINE.step)
