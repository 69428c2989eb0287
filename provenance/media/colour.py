"""What the samples of a picture mean: how many bits, which colours, how bright; and how that is shown in 8-bit RGB.

Video of 10 bits, of high dynamic range or of a wide gamut is read, marked and written in the colour in which it came:
code points are carried, never converted. Only what looks at pictures (detectors, fingerprints, neural marks) gets them
as 8-bit RGB in BT.709, and for those :func:`shown` turns PQ and HLG into a plausible SDR picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

# Code points of ITU-T H.273 (07/2021): tables 2 (primaries), 3 (transfer) and 4 (matrix) give these the same numbers.
BT709_CODE: Final = 1
BT2020: Final = 9
PQ: Final = 16
HLG: Final = 18

_WIDE = frozenset({BT2020, 11, 12})
"""Primaries beyond BT.709: BT.2020, and P3 with either white."""
_WHITE = 203.0
"""Luminance of diffuse white in HDR, in cd/m2 (ITU-R BT.2408-7, table 1)."""
_HLG_GAMMA = 1.2  # BT.2100-2, table 5, for a screen of 1000 cd/m2
_HLG_WHITE = 0.75  # signal of diffuse white, BT.2408-7, table 1
GAMMA: Final = 2.4
"""Of a screen (ITU-R BT.1886)."""
LUMINANCE: Final = (0.2126, 0.7152, 0.0722)
"""What red, green and blue light add to luminance, and R', G' and B' to luma (ITU-R BT.709-6, item 3.2)."""
RED_OF_CR, BLUE_OF_CB = 1.5748, 1.8556
"""What Cr adds to R', and Cb to B' (item 3.3)."""
_KNEE = 0.6
"""Light relative to diffuse white above which highlights are bent towards 1."""
_BT2020_TO_BT709 = np.array(
    # ITU-R BT.2087-0, annex 2, inverted: linear light.
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]],
    np.float32,
)


@dataclass(frozen=True, slots=True)
class Mastering:
    """The screen on which a picture was graded (SMPTE ST 2086), as in ITU-T H.265 (08/2021), D.2.28.

    Attributes:
        red, green, blue, white: x and y in units of 0.00002.
        brightest, darkest: luminance in units of 0.0001 cd/m2.
    """

    red: tuple[int, int]
    green: tuple[int, int]
    blue: tuple[int, int]
    white: tuple[int, int]
    brightest: int
    darkest: int


@dataclass(frozen=True, slots=True)
class ContentLight:
    """The brightest sample and the brightest picture's mean, in cd/m2 (CTA-861.3; H.265, D.2.35)."""

    brightest: int
    brightest_mean: int


@dataclass(frozen=True, slots=True)
class Colour:
    """What samples in limited range mean. The default is what every player reads: 8 bit, BT.709.

    Attributes:
        depth: bits of a sample, 8 or 10.
        primaries, transfer, matrix: code points of ITU-T H.273; 2 is "unspecified".
        mastering, light: static HDR metadata, where the source has them.
    """

    depth: int = 8
    primaries: int = BT709_CODE
    transfer: int = BT709_CODE
    matrix: int = BT709_CODE
    mastering: Mastering | None = None
    light: ContentLight | None = None

    @property
    def step(self) -> int:
        """Sample values in one step of 8 bits, the measure in which marks are planned and read."""
        return 1 << (self.depth - 8)

    @property
    def is_kept(self) -> bool:
        """Whether a source of this colour stays as it is; what else has 8 bits becomes BT.709."""
        return self.depth > 8 or self.transfer in (PQ, HLG) or self.primaries in _WIDE


BT709: Final = Colour()


def shown(pixels: NDArray[np.uint8], colour: Colour) -> NDArray[np.uint8]:
    """What a BT.709 screen would show of R'G'B' values in ``colour``.

    Diffuse white of PQ and HLG becomes white at about 90% and what is brighter is bent below 100%, each channel for
    itself; BT.2020 colours outside BT.709 are clipped. It is for looking at; nothing is written from it.

    Args:
        pixels: ndarray of shape (height, width, 3), uint8, full range, in the primaries and transfer of ``colour``.
    """
    hdr = colour.transfer in (PQ, HLG)
    if not hdr and colour.primaries != BT2020:
        return pixels
    light = cv2.LUT(pixels, _light(colour.transfer if hdr else BT709_CODE))
    if colour.primaries == BT2020:
        light = cv2.transform(light, _BT2020_TO_BT709)
    return np.take(_signals(), np.clip(np.asarray(light) * 65535, 0, 65535).astype(np.uint16))


@cache
def _light(transfer: int) -> NDArray[np.float32]:
    """Light on the screen for each 8-bit signal, relative to diffuse white, bent towards 1."""
    signal = np.arange(256) / 255
    if transfer == PQ:
        light = pq_luminance(signal) / _WHITE
    elif transfer == HLG:
        light = (_hlg_scene(signal) / _hlg_scene(np.array([_HLG_WHITE]))) ** _HLG_GAMMA
    else:
        return (signal**GAMMA).astype(np.float32)
    over = np.maximum(light - _KNEE, 0) / (1 - _KNEE)
    return np.where(light < _KNEE, light, _KNEE + (1 - _KNEE) * (1 - np.exp(-over))).astype(np.float32)


@cache
def _signals() -> NDArray[np.uint8]:
    """The 8-bit signal for each of 65536 amounts of light."""
    return np.rint(255 * (np.arange(65536) / 65535) ** (1 / GAMMA)).astype(np.uint8)


def pq_luminance(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Luminance in cd/m2 for PQ signals in 0..1 (ITU-R BT.2100-2, table 4)."""
    root = signal ** (1 / 78.84375)
    return np.asarray(
        10_000 * (np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (1 / 0.1593017578125)
    )


def _hlg_scene(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Light of the scene for HLG signals in 0..1 (ITU-R BT.2100-2, table 5)."""
    return np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - 0.55991073) / 0.17883277) + 0.28466892) / 12)
