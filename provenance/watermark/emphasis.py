"""How much more of the pattern a picture may carry that is seen for an instant.

Whoever stops at such a picture must still not see the pattern, and there it shows most on plain ground: in luma as
grain, in chroma as clouds of colour. Detail of the size of the pattern hides either; the gradient of something out of
focus does not, though luma varies there. And the eye tells colours apart the worse the more saturated they are
(CIEDE2000, ISO/CIE 11664-6, weighs a step on blue sky or grass a third of one on grey). Half as much is made of that,
and on plain ground of a large picture nothing: on a sky and on a blue title clouds were seen as soon as on grey.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float32]

PLAIN: Final = 0.4
"""Standard deviation of :func:`detail`, in steps of luma, from which on a place is no longer plain."""
# And that of full texture.
_LUMA_DETAIL, _CHROMA_DETAIL = (PLAIN, 1.2), (0.5, 5.0)
_COARSEST = 1.5
"""Samples, as a standard deviation: what is smoother is no detail."""
_SATURATED = 40.0
"""Steps from grey at which a step of colour may be 1.4 times what it may on grey."""
_TANGLED = (0.5, 1.5)
"""Steps of luma from one sample to the next, across the way in which they change least, from which on a place counts as
tangled, and from which on wholly."""
_COLOURED = (4.0, 16.0)
"""Steps from grey from which on a place counts as coloured, and from which on wholly: colour shows on grey film."""
_HIDES = 1 / 3
"""The share of full texture from which on that counts whole."""
# In white half of a pattern of colour is clipped.
_WHITE, _CLIPPED = (225.0, 235.0), (1.0, 1.4)


@dataclass(frozen=True, slots=True)
class Emphasis:
    """Factors on what is planned for a picture.

    Attributes:
        luma: on plain ground, and where there is texture.
        chroma: of Cb and Cr on plain grey ground, and the most that texture and saturation make of it.
        plain_saturation: how far saturation counts on plain ground, from 0 to 1; where there is detail it does.
        tangled: what chroma is multiplied by besides, where detail runs all ways and has a colour of its own.
    """

    luma: tuple[float, float]
    chroma: tuple[float, float]
    plain_saturation: float = 1.0
    tangled: float = 1.0

    @property
    def is_even(self) -> bool:
        """Whether the factors are the same at every place: spares most pictures a look at each."""
        return self.luma[0] == self.luma[1] and self.chroma[0] == self.chroma[1]

    def of_luma(self, detail: Real) -> Real:
        """Factors at each place, by its :func:`detail`."""
        return np.interp(detail, _LUMA_DETAIL, self.luma).astype(np.float32)

    def of_chroma(self, detail: Real, tangle: Real, luma: Real, blue: Real, red: Real) -> Real:
        """Factors at each place; all arrays of one shape, levels in limited range and steps of 8 bits."""
        plain, textured = self.chroma
        texture = np.interp(detail, _CHROMA_DETAIL, (0.0, 1.0))
        steps = np.hypot(blue - 128, red - 128)
        saturation = np.sqrt(1 + steps / _SATURATED) - 1
        factors = plain + (textured - plain) * texture
        counted = np.interp(texture, (0.0, _HIDES), (self.plain_saturation, 1.0))
        factors *= np.interp(luma, _WHITE, _CLIPPED) * (1 + saturation * counted)
        hidden = np.interp(tangle, _TANGLED, (0.0, 1.0)) * np.interp(steps, _COLOURED, (0.0, 1.0))
        factors = np.minimum(factors, self.chroma[1]) * (1 + (self.tangled - 1) * hidden)
        return factors.astype(np.float32)


AS_PLANNED: Final = Emphasis(luma=(1.0, 1.0), chroma=(1.0, 1.0))


def detail(luma: Real) -> Real:
    """Local standard deviation of what is fine in a picture of some 270 lines, narrowed so that an edge hides nothing
    beside itself."""
    fine = luma - cv2.GaussianBlur(luma, (0, 0), _COARSEST)
    power = narrowed(np.asarray(cv2.blur(fine * fine, (5, 5)), np.float32))
    return np.asarray(np.sqrt(np.maximum(power, 0)), np.float32)


def tangle(luma: Real) -> Real:
    """How much luma changes from one sample to the next in the way in which it changes least, root mean square: next to
    nothing along an edge, which changes across itself only (the smaller eigenvalue of what Shi and Tomasi, "Good
    features to track", CVPR 1994, ask of a corner)."""
    # OpenCV gives twice its square.
    least = cv2.erode(cv2.cornerMinEigenVal(luma, 5, ksize=3), np.ones((5, 5), np.uint8))
    return np.asarray(np.sqrt(np.maximum(cv2.blur(least, (5, 5)), 0) / 2), np.float32)


def narrowed(texture: Real) -> Real:
    """Texture as far as it hides a pattern: an edge does so on itself, not beside itself, and would wear a halo."""
    return np.asarray(cv2.blur(cv2.erode(texture, np.ones((3, 3), np.uint8)), (5, 5)), np.float32)
