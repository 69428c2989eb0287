"""How strong the pattern may be at each place, so that nobody sees it.

The eye forgives luma changes where there is texture and in bright places, and forgives slow chroma changes almost
everywhere, blue ones most. So flat areas are marked mostly in chroma, and luma follows the local contrast. Strengths
are planned on a small copy of the picture: cheap, and smooth enough not to draw edges of its own.
"""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.media.colour import HLG, PQ
from touchmark.provenance.media.picture import Planes

Real = NDArray[np.float32]

_PLAN_SIDE = 270
"""Short side of the small copy on which strengths are planned."""

# Strength of the luma pattern, as root mean square in 8-bit steps, over the local standard deviation of the picture: it
# follows what SSIM (Wang et al. 2004) calls an equal loss, up to where the eye would follow an edge.
_TEXTURE_FOR_LUMA, _LUMA = (0.0, 1.0, 3.0, 6.0, 13.0, 25.0), (0.42, 0.5, 0.75, 1.1, 1.8, 2.6)

_BUDGET = 0.92
"""Mean square of the luma pattern over a picture of 720 lines, in steps: 46.5 dB. A smaller picture, which has fewer
samples to carry the payload, gets more, a larger one less. A picture full of texture is brought down to its budget, and
one in which little hides is led towards it, at most by _RAISED."""
_RAISED = 1.3

# Without colour of its own a picture's chroma is coded coarsely, and what is faint in it not at all. So it gets more of
# everything, and luma is spread more evenly: over the standard deviation of Cb and Cr together, factors on the budget
# of luma and on chroma, and a power on the strength of luma.
_COLOUR, _WITHOUT_COLOUR = (0.0, 2.0), ((1.25, 1.0), (1.45, 1.0), (0.7, 1.0))

# Chroma likewise, as a factor. Flat areas keep theirs; textured ones have luma enough.
_TEXTURE_FOR_CHROMA, _CHROMA = (0.1, 0.5, 4.0), (1.0, 1.0, 0.92)

# A small picture has few samples to carry the payload, and what is flat in it loses most in coding: there, and only
# there, flat areas get more. Luma, then chroma, on flat ground of a picture of _SMALL lines or fewer.
_SMALL, _LARGE = 256, 330
_FLAT_IN_SMALL = (0.6, 1.6)

# Of the mean level in PQ and HLG: one over the steps that a BT.709 screen would need for the light of one step (ITU-R
# BT.2100-2, diffuse white at 203 cd/m2). Around white a step of PQ is three of those.
_HDR = {
    PQ: ((49, 82, 127, 143), (1.3, 0.9, 0.42, 0.34)),
    HLG: ((125, 152, 180), (0.9, 0.6, 0.4)),
}

CHROMA_STRENGTH: Final = (1.18, 1.06)
"""Root mean square in Cb and Cr, before the factor. In both: a coder keeps chroma where either is loud."""


def strengths(picture: Planes) -> tuple[Real, Real]:
    """Strength maps for luma and for chroma.

    Returns:
        Two maps of one small size, to be stretched over the picture: the luma pattern's root mean square in
        8-bit steps, and a factor near 1 for CHROMA_STRENGTH.
    """
    height, width = picture.luma.shape
    shrink = max(1.0, min(height, width) / _PLAN_SIDE)
    size = (max(1, round(width / shrink)), max(1, round(height / shrink)))
    step = picture.colour.step
    small = cv2.resize(picture.luma, size, interpolation=cv2.INTER_AREA).astype(np.float32) / np.float32(step)
    mean = cv2.blur(small, (5, 5))
    texture = np.sqrt(np.maximum(cv2.blur(small * small, (5, 5)) - mean * mean, 0))
    # An edge hides a pattern on itself, not beside itself: without narrowing it would wear a halo.
    texture = cv2.blur(cv2.erode(texture, np.ones((3, 3), np.uint8)), (5, 5))
    adaptation = np.interp(mean, (16, 60, 155, 235), (0.7, 1.0, 1.0, 1.3)).astype(np.float32)
    flat_luma, flat_chroma = (
        np.interp(min(height, width), (_SMALL, _LARGE), (most, usual))
        for most, usual in zip(_FLAT_IN_SMALL, (_LUMA[0], _CHROMA[0]), strict=True)
    )
    colour = math.hypot(*(float(cv2.meanStdDev(plane)[1][0, 0]) for plane in (picture.blue, picture.red))) / step
    more_luma, more_chroma, evenness = (float(np.interp(colour, _COLOUR, factors)) for factors in _WITHOUT_COLOUR)
    for_luma = np.interp(texture, _TEXTURE_FOR_LUMA, (flat_luma, *_LUMA[1:])) ** evenness * adaptation
    budget = more_luma * _BUDGET * float(np.clip(720 / min(height, width), 0.6, 2.3)) ** 0.4
    for_luma *= min(_RAISED, math.sqrt(budget / float(np.mean(for_luma**2))))
    for_chroma = more_chroma * np.interp(texture, _TEXTURE_FOR_CHROMA, (flat_chroma, *_CHROMA[1:]))
    for_chroma = np.minimum(for_chroma, _FLAT_IN_SMALL[1])
    for_chroma *= np.interp(mean, (16, 68), (0.9, 1.0))
    if curve := _HDR.get(picture.colour.transfer):
        for_luma, for_chroma = (strength * np.interp(mean, *curve) for strength in (for_luma, for_chroma))
    return for_luma.astype(np.float32), for_chroma.astype(np.float32)
