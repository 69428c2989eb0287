"""How strong the pattern may be at each place, so that nobody sees it.

The eye forgives luma changes where there is texture and in bright places, and forgives slow chroma changes almost
everywhere, blue ones most. So flat areas are marked mostly in chroma, and luma follows the local contrast. Strengths
are planned on a small copy of the picture: cheap, and smooth enough not to draw edges of its own.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float32]

_PLAN_SIDE = 270
"""Short side of the small copy on which strengths are planned."""

# Root mean square of the pattern in 8-bit steps. Luma: _FLAT on a flat area, _PER_TEXTURE more for each step of local
# standard deviation, never over _MOST.
_FLAT, _PER_TEXTURE, _MOST = 0.55, 0.1, 1.9
CHROMA_STRENGTH: Final = (1.6, 1.05)
"""Cb and Cr, before the attenuation in the dark. Cr is weaker because it turns skin red."""


def strengths(luma: NDArray[np.uint8]) -> tuple[Real, Real]:
    """Strength maps for luma and for chroma.

    Args:
        luma: ndarray of shape (height, width), uint8, the picture's luma.

    Returns:
        Two maps of one small size, to be stretched over the picture: the luma pattern's root mean square in
        8-bit steps, and a factor 0..1 for CHROMA_STRENGTH.
    """
    height, width = luma.shape
    shrink = max(1.0, min(height, width) / _PLAN_SIDE)
    size = (max(1, round(width / shrink)), max(1, round(height / shrink)))
    small = cv2.resize(luma, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    mean = cv2.blur(small, (5, 5))
    texture = np.sqrt(np.maximum(cv2.blur(small * small, (5, 5)) - mean * mean, 0))
    # An edge is not texture: what lies beside it is flat, and a strong pattern there shows as a halo.
    texture = cv2.blur(cv2.erode(texture, np.ones((3, 3), np.uint8)), (5, 5))
    adaptation = np.interp(mean, (0, 50, 160, 255), (0.7, 1.0, 1.0, 1.3)).astype(np.float32)
    for_luma = np.minimum(_FLAT + _PER_TEXTURE * np.minimum(texture, 16), _MOST) * adaptation
    for_chroma = np.interp(mean, (0, 60), (0.75, 1.0)).astype(np.float32)
    return for_luma.astype(np.float32), for_chroma


def headroom() -> NDArray[np.uint8]:
    """Lookup table of shape (256, 3) that lifts the blackest and lowers the whitest R, G, B by a step or two.

    A pattern cannot go below black or above white: where a channel is clipped, one half of every wave is lost. On
    a black, white or saturated area of a drawing that would be the whole mark. Steps are fewer where a channel
    carries less of the pattern (green carries little chroma), and blend into identity above.
    """
    levels = np.arange(256, dtype=np.float64)
    table = np.empty((256, 3), np.uint8)
    for channel, steps in enumerate((2.0, 1.5, 2.5)):
        lifted = steps * np.exp(-levels / (2 * steps))
        lowered = steps * np.exp(-(255 - levels) / (2 * steps))
        table[:, channel] = np.rint(levels + lifted - lowered)
    return table
