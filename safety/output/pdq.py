"""PDQ: 256 bits that stay nearly the same when a picture is scaled, compressed or lightly edited.

    hashed = pdq(frame.pixels)
    hashed.hex, hashed.quality, hashed.mirrored.hex

The algorithm is Meta's (D. Davis and F. Rosen, "PDQ & TMK + PDQF", 2019): luma, a tent filter down to 64 x 64, the 16 x
16 lowest frequencies of its cosine transform but the mean's, one bit for each above their median. All of it is linear
up to the last step, so here filter and transform are two small matrices for each size of picture. It is written
anew because the binding that others use (pdqhash) has no wheel for Linux; the tests hold hashes that it computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float32]

BYTES: Final = 32
"""Bytes of a hash."""

_SIDE: Final = 64
_KEPT: Final = 16
_SMALLEST: Final = 5
"""Pictures under this many pixels high or wide have no hash worth the name."""
_LUMA: Final = np.array([[0.299, 0.587, 0.114]], np.float32)
_ENOUGH: Final = 90  # of gradients, for a quality of 1; as published, tuned by hand


@dataclass(frozen=True, slots=True)
class Hash:
    """The hash of one picture.

    Attributes:
        bits: 32 bytes, most significant first, as written in hexadecimal.
        quality: 0..100; how much there is to tell pictures apart by. Flat pictures have little.
        mirrored_bits: of the same picture seen in a mirror.
    """

    bits: bytes
    quality: int
    mirrored_bits: bytes

    @property
    def hex(self) -> str:
        """64 hexadecimal digits."""
        return self.bits.hex()


def pdq(pixels: NDArray[np.uint8]) -> Hash:
    """Hash a picture.

    Args:
        pixels: ndarray of shape (height, width, 3), uint8, RGB.
    """
    height, width = pixels.shape[:2]
    if min(height, width) < _SMALLEST:
        return Hash(bytes(BYTES), 0, bytes(BYTES))
    luma = np.asarray(cv2.transform(np.ascontiguousarray(pixels).astype(np.float32), _LUMA), np.float32)
    low: Real = _reducer(height) @ luma.reshape(height, width)
    small: Real = low @ _reducer(width).T
    # Samples and boxes do not lie symmetrically, so turning the small picture round would not do.
    mirrored: Real = low[:, ::-1] @ _reducer(width).T
    return Hash(_bits(small), _quality(small), _bits(mirrored))


def _bits(small: Real) -> bytes:
    flat = (_cosines() @ small @ _cosines().T).ravel()
    middle = flat.size // 2 - 1  # the lower of the two values in the middle
    return np.packbits((flat > np.partition(flat, middle)[middle])[::-1]).tobytes()


def _quality(small: Real) -> int:
    """The sum of the gradients that are at least a hundredth of the range."""
    steps = (np.trunc(np.diff(small, axis=axis) * 100 / 255) for axis in (0, 1))
    return min(int(sum(np.abs(step).sum() for step in steps)) // _ENOUGH, 100)


@lru_cache(maxsize=8)
def _reducer(length: int) -> Real:
    """Matrix of shape (64, length): a box filter over 1/128 of the length, twice, of which 64 samples are taken.

    At the ends a box averages what there is of it.
    """
    window = (length + 2 * _SIDE - 1) // (2 * _SIDE)
    after = (window + 2) // 2 - 1
    places = np.arange(length)
    first, last = np.maximum(places - (window - 1 - after), 0), np.minimum(places + after, length - 1)
    samples = ((np.arange(_SIDE) + 0.5) * length / _SIDE).astype(int)
    reducer = np.zeros((_SIDE, length))
    for row, sample in enumerate(samples):
        for middle in range(first[sample], last[sample] + 1):
            share = 1 / (last[sample] - first[sample] + 1) / (last[middle] - first[middle] + 1)
            reducer[row, first[middle] : last[middle] + 1] += share
    return reducer.astype(np.float32)


@lru_cache(maxsize=1)
def _cosines() -> Real:
    """Matrix of shape (16, 64): rows 1 to 16 of the cosine transform (DCT-II) of 64 samples."""
    wave, place = np.arange(1, _KEPT + 1)[:, None], np.arange(_SIDE)[None]
    cosines = np.sqrt(2 / _SIDE) * np.cos(np.pi / 2 / _SIDE * wave * (2 * place + 1))
    return np.asarray(cosines, np.float32)
