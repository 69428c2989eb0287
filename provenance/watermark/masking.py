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

# Strength of the luma pattern, as root mean square in 8-bit steps, over the local standard deviation of the picture.
# Where there is grain the eye forgives a pattern, and the coder crushes one, so it climbs fast over the first step.
_TEXTURE_FOR_LUMA, _LUMA = (0.0, 1.0, 3.0, 13.0), (0.5, 0.8, 0.9, 1.8)

# Chroma likewise, as a factor. Flat areas keep theirs; textured ones have luma enough.
_TEXTURE_FOR_CHROMA, _CHROMA = (0.1, 0.5, 4.0), (1.0, 1.0, 0.92)

# A small picture has few samples to carry the payload, and what is flat in it loses most in coding: there, and only
# there, flat areas get more. Luma, then chroma, on flat ground of a picture of _SMALL lines or fewer.
_SMALL, _LARGE = 256, 480
_FLAT_IN_SMALL = (0.65, 1.6)

CHROMA_STRENGTH: Final = (1.5, 1.05)
"""Root mean square of the pattern in Cb and Cr, before the factor. Cr is weaker because it turns skin red."""


def strengths(luma: NDArray[np.uint8]) -> tuple[Real, Real]:
    """Strength maps for luma and for chroma.

    Args:
        luma: ndarray of shape (height, width), uint8, the picture's luma.

    Returns:
        Two maps of one small size, to be stretched over the picture: the luma pattern's root mean square in
        8-bit steps, and a factor near 1 for CHROMA_STRENGTH.
    """
    height, width = luma.shape
    shrink = max(1.0, min(height, width) / _PLAN_SIDE)
    size = (max(1, round(width / shrink)), max(1, round(height / shrink)))
    small = cv2.resize(luma, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    mean = cv2.blur(small, (5, 5))
    texture = np.sqrt(np.maximum(cv2.blur(small * small, (5, 5)) - mean * mean, 0))
    # An edge hides a pattern on itself, not beside itself: without narrowing it would wear a halo.
    texture = cv2.blur(cv2.erode(texture, np.ones((3, 3), np.uint8)), (5, 5))
    adaptation = np.interp(mean, (0, 50, 160, 255), (0.7, 1.0, 1.0, 1.3)).astype(np.float32)
    flat_luma, flat_chroma = (
        np.interp(min(height, width), (_SMALL, _LARGE), (most, usual))
        for most, usual in zip(_FLAT_IN_SMALL, (_LUMA[0], _CHROMA[0]), strict=True)
    )
    for_luma = np.interp(texture, _TEXTURE_FOR_LUMA, (flat_luma, *_LUMA[1:])) * adaptation
    for_chroma = np.interp(texture, _TEXTURE_FOR_CHROMA, (flat_chroma, *_CHROMA[1:]))
    for_chroma *= np.interp(mean, (0, 60), (0.9, 1.0))
    return for_luma.astype(np.float32), for_chroma.astype(np.float32)


def headroom() -> NDArray[np.uint8]:
    """Lookup table of shape (256, 3) that lifts the blackest and lowers the whitest R, G, B by a few steps.

    A pattern cannot go below black or above white: where a channel is clipped, one half of every wave is lost. On
    a black, white or saturated area of a drawing that would be the whole mark. A channel gets one standard deviation
    of the pattern that a flat area adds to it (most in blue), blending into identity further in.
    """
    levels = np.arange(256, dtype=np.float64)
    table = np.empty((256, 3), np.uint8)
    for channel, steps in enumerate((2.0, 1.5, 3.5)):
        lifted = steps * np.exp(-levels / (2 * steps))
        lowered = steps * np.exp(-(255 - levels) / (2 * steps))
        table[:, channel] = np.rint(levels + lifted - lowered)
    return table
