"""Pictures as networks take them: cut, shrunk and scaled; and their changes, put back on the full picture.

Networks of this kind work at one small size (TrustMark, arXiv 2311.18297, section 3.1, "resolution scaling"): the
picture is shrunk to it, the change that the network makes is blown up again and added to the full picture. Shrinking
is the triangle filter of Pillow's BILINEAR and of torch's antialiased ``bilinear``, with which the released networks
were trained and are run; cv2 has no such filter.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float32]
Pixels = NDArray[np.uint8]

_ROWS: Final = 64
"""Rows converted to floating point at a time, so that a picture of 4,320 lines costs no more memory than it has to."""
_FEATHER: Final = 0.01
"""Share of a cut-out's side over which its change fades in."""


def region(height: int, width: int, longest_aspect: float) -> tuple[slice, slice]:
    """Rows and columns that a network sees: all of them, or the centre square of a picture that is longer than that."""
    short = min(height, width)
    if max(height, width) <= longest_aspect * short:
        return slice(0, height), slice(0, width)
    top, left = (height - short) // 2, (width - short) // 2
    return slice(top, top + short), slice(left, left + short)


def shrunk(pixels: Pixels, side: int) -> Real:
    """A picture at the size of a network.

    Args:
        pixels: ndarray of shape (height, width, 3), uint8.
        side: height and width of the result.

    Returns:
        ndarray of shape (1, 3, side, side), float32, in 0..1.
    """
    height, width = pixels.shape[:2]
    across, down = _triangle(width, side), _triangle(height, side)
    narrow = np.empty((height, 3, side), np.float32)
    for top in range(0, height, _ROWS):
        rows = pixels[top : top + _ROWS].transpose(0, 2, 1).astype(np.float32, order="C")
        narrow[top : top + _ROWS] = (rows.reshape(-1, width) @ across.T).reshape(-1, 3, side)
    small = (down @ narrow.reshape(height, -1)).reshape(side, 3, side)
    return np.asarray(np.ascontiguousarray(small.transpose(1, 0, 2)[None]) / 255, np.float32)


def added(pixels: Pixels, change: Real, longest_aspect: float) -> Pixels:
    """A copy of a picture with the change of its region added.

    Args:
        pixels: ndarray of shape (height, width, 3), uint8.
        change: ndarray of shape (1, 3, side, side): what to add, in units of full scale.
        longest_aspect: see :func:`region`.
    """
    full_height, full_width = pixels.shape[:2]
    rows, columns = region(full_height, full_width, longest_aspect)
    height, width = rows.stop - rows.start, columns.stop - columns.start
    small = np.ascontiguousarray(change[0].transpose(1, 2, 0)) * 255
    large = np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    if (height, width) != (full_height, full_width):
        large *= _fade(height)[:, None, None] * _fade(width)[None, :, None]
    large += pixels[rows, columns]  # in place from here on: a picture of 4,320 lines is large enough once
    marked = pixels.copy()
    marked[rows, columns] = np.clip(np.rint(large, out=large), 0, 255, out=large)
    return marked


def _triangle(source: int, target: int) -> Real:
    """Weights of shape (target, source): each row averages with a triangle, 2 samples wide of the coarser side."""
    scale = source / target
    centres = (np.arange(target) + 0.5) * scale
    distance = np.abs(np.arange(source) + 0.5 - centres[:, None]) / max(scale, 1.0)
    weights = np.maximum(1 - distance, 0)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


def _fade(length: int) -> Real:
    """Rises from almost 0 to 1 and falls again, near the two ends."""
    from_end = np.minimum(np.arange(length), np.arange(length)[::-1]) + 1
    return np.asarray(np.minimum(from_end / max(round(_FEATHER * length), 1), 1), np.float32)
