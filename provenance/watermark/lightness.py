"""How much lighter or darker a change of Cb or Cr alone makes a picture look.

Luma is a sum of gamma-coded signals and not luminance. On grey a step of Cb or Cr changes the hue and leaves lightness
as it is; in a saturated colour nearly all light comes from one signal, and there chroma is half luma (Poynton, Digital
Video and HD, calls it non-constant luminance): a step of Cr makes a red wall as much lighter as 1.2 steps of luma. The
eye sees fine patterns of lightness several times better than patterns of hue. Colour differences for patches, such as
CIEDE2000, do not say so.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.media.colour import BLUE_OF_CB, GAMMA, LUMINANCE, RED_OF_CR

Real = NDArray[np.float32]

# What Cb and Cr add to G' (ITU-R BT.709-6, item 3.3). BT.601 and BT.2020 differ by less than matters here.
_GREEN_OF_CB, _GREEN_OF_CR = -0.1873, -0.4681
_LUMA_RANGE, _CHROMA_RANGE = 219, 224
_DARKEST = 0.02
"""Least signal: below it screens and rooms decide what is seen."""


def of_chroma(luma: Real, blue: Real, red: Real) -> tuple[Real, Real]:
    """How many steps of luma look as light as one step of Cb and as one of Cr, where nothing else changes.

    Args:
        luma, blue, red: levels in limited range and steps of 8 bits, ndarrays of one shape.

    Returns:
        Two arrays of that shape; never negative, 0 on grey, about 1 in pure red and blue.
    """
    signal, b, r = (luma - 16) / _LUMA_RANGE, (blue - 128) / _CHROMA_RANGE, (red - 128) / _CHROMA_RANGE
    signals = (signal + RED_OF_CR * r, signal + _GREEN_OF_CB * b + _GREEN_OF_CR * r, signal + BLUE_OF_CB * b)
    # What a step of each signal adds to luminance: the slope of its power law.
    of_red, of_green, of_blue = (
        share * np.clip(signal, _DARKEST, 1) ** (GAMMA - 1) for share, signal in zip(LUMINANCE, signals, strict=True)
    )
    of_luma = (of_red + of_green + of_blue) * (_CHROMA_RANGE / _LUMA_RANGE)
    of_cb = BLUE_OF_CB * of_blue + _GREEN_OF_CB * of_green
    of_cr = RED_OF_CR * of_red + _GREEN_OF_CR * of_green
    return np.abs(of_cb / of_luma).astype(np.float32), np.abs(of_cr / of_luma).astype(np.float32)
