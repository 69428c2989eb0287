"""Cuts off plain borders, such as the bars that players and re-uploads put around a picture of another shape."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

_PLAIN: Final = 20
"""Levels of 255 by which a row or column of a border may vary; compression leaves a little noise in black."""
_LEAST: Final = 0.4
"""Share of height and width that must remain: a dark scene with one light in it is no picture in a frame."""


def without_borders(pixels: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """The picture inside plain borders; None where there are none, or where too little would remain.

    Args:
        pixels: ndarray of shape (height, width, 3), uint8, RGB.
    """
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    top, bottom = _ends(grey)
    left, right = _ends(grey[top:bottom].T)
    height, width = grey.shape
    if (bottom - top, right - left) == (height, width):
        return None
    if bottom - top < _LEAST * height or right - left < _LEAST * width:
        return None
    return np.ascontiguousarray(pixels[top:bottom, left:right])


def _ends(lines: NDArray[np.uint8]) -> tuple[int, int]:
    """From and up to where lines are not plain; nothing, if all are."""
    if not lines.size:
        return 0, 0
    busy = np.flatnonzero(lines.max(axis=1).astype(np.int16) - lines.min(axis=1) > _PLAIN)
    return (int(busy[0]), int(busy[-1]) + 1) if busy.size else (0, 0)
