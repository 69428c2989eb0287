"""How much of a change a viewer may notice: PSNR, SSIM and PSNR-HVS-M of one plane, in blocks of it, and of colours.

None of them is an eye. They are cheap enough to be asked once a second while a video is marked (:mod:`guard`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.media.colour import HLG, PQ
from touchmark.provenance.media.picture import Planes, Samples

Real = NDArray[np.float32]

PERFECT: Final = 100.0
"""Decibels reported for pictures that are the same."""
_BLOCK: Final = 8
_MOST_BLOCKS: Final = 4096

_MOST_PLACES: Final = 16384

# ITU-R BT.709-6, 3.2 to 3.5: from Y', Cb and Cr in limited range, about their zeros, to R', G' and B' of 255 steps.
_TO_RGB: Final = np.array(
    [[255 / 219] * 3, [0, -0.1873 * 255 / 224, 1.8556 * 255 / 224], [1.5748 * 255 / 224, -0.4681 * 255 / 224, 0]],
    np.float32,
)

# Quantisation of luminance that ITU-T T.81 (09/1992) gives as an example, table K.1: the reciprocal of what is seen.
_QUANTISATION: Final = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ],
    np.float32,
)
_SEEN: Final = 25.735 / _QUANTISATION
_MASKS: Final = (10 / _QUANTISATION) ** 2
_MASKS[0, 0] = 0  # the mean of a block hides nothing


@dataclass(frozen=True, slots=True)
class Visibility:
    """How a changed plane compares with what it was.

    Attributes:
        psnr: decibels, peak 255.
        ssim: mean structural similarity over blocks of 8 by 8 (Wang et al. 2004, with a uniform window).
        psnr_hvs_m: decibels weighted by what the eye sees and by what hides it (Ponomarenko et al., "On
            between-coefficient contrast masking of DCT basis functions", VPQM 2007).
    """

    psnr: float
    ssim: float
    psnr_hvs_m: float


def compare(before: Samples, after: Samples, step: int = 1) -> Visibility:
    """Compare blocks of two planes of one shape, at least 8 by 8, ``step`` of whose levels are one of 8 bits."""
    x, y = (_blocks(plane) / np.float32(step) for plane in (before, after))
    return Visibility(decibels(float(np.mean((x - y) ** 2))), _ssim(x, y), decibels(_seen_error(x, y)))


def colour_error(before: Planes, after: Planes) -> float:
    """Mean squared error of red, green and blue in steps of 8 bits, at some thousand places; of HDR 0, where a step is
    nothing that one sees."""
    if before.colour.transfer in (PQ, HLG):
        return 0.0
    stride = max(1, math.ceil(math.sqrt(before.blue.size / _MOST_PLACES)))
    # Between the samples of a small picture's chroma a converter makes much less of the pattern than is in them.
    x, y = (_rgb(p, stride) if stride > 1 else p.rgb().astype(np.float32) for p in (before, after))
    return float(np.mean((x - y) ** 2))


def _rgb(planes: Planes, stride: int) -> Real:
    """Red, green and blue of BT.709, full range, shape (n, 3)."""
    luma, blue, red = (
        plane[::every, ::every].ravel() / np.float32(planes.colour.step)
        for plane, every in ((planes.luma, 2 * stride), (planes.blue, stride), (planes.red, stride))
    )
    return np.clip(np.stack([luma - 16, blue - 128, red - 128], axis=1) @ _TO_RGB, 0, 255)


def decibels(error: float) -> float:
    """Of a mean squared error in 8-bit steps."""
    return min(PERFECT, 10 * math.log10(255**2 / error)) if error > 0 else PERFECT


def _blocks(plane: Samples) -> Real:
    """Up to some thousand blocks from all over a plane: ndarray of shape (n, 8, 8)."""
    rows, columns = (side // _BLOCK for side in plane.shape)
    whole = plane[: rows * _BLOCK, : columns * _BLOCK].reshape(rows, _BLOCK, columns, _BLOCK)
    stride = max(1, math.ceil(math.sqrt(rows * columns / _MOST_BLOCKS)))
    chosen = whole[::stride, :, ::stride].transpose(0, 2, 1, 3)
    return np.ascontiguousarray(chosen, np.float32).reshape(-1, _BLOCK, _BLOCK)


def _ssim(x: Real, y: Real) -> float:
    mean_x, mean_y = x.mean(axis=(1, 2)), y.mean(axis=(1, 2))
    covariance = (x * y).mean(axis=(1, 2)) - mean_x * mean_y
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    likeness = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    return float(np.mean(likeness / ((mean_x**2 + mean_y**2 + c1) * (x.var(axis=(1, 2)) + y.var(axis=(1, 2)) + c2))))


def _seen_error(x: Real, y: Real) -> float:
    basis = np.asarray(cv2.dct(np.eye(_BLOCK, dtype=np.float32), flags=cv2.DCT_ROWS), np.float32)
    spectra = [np.asarray(basis.T @ block @ basis, np.float32) for block in (x, y)]
    hidden = np.maximum(*(_masking(block, spectrum) for block, spectrum in zip((x, y), spectra, strict=True)))
    threshold = hidden[:, None, None] / np.where(_MASKS > 0, _MASKS, np.inf)
    seen = np.maximum(np.abs(spectra[0] - spectra[1]) - threshold, 0) * _SEEN
    return float(np.mean(seen**2))


def _masking(block: Real, spectrum: Real) -> Real:
    """How much a block hides: by its energy, and less where that lies in a part of it, as along an edge."""
    energy = np.sum(spectrum**2 * _MASKS, axis=(1, 2))
    half = _BLOCK // 2
    quarters = block.reshape(-1, 2, half, 2, half).var(axis=(2, 4), ddof=1).sum(axis=(1, 2)) * half**2
    whole = block.var(axis=(1, 2), ddof=1) * _BLOCK**2
    return np.asarray(np.sqrt(energy * quarters / np.maximum(whole, 1e-9)) / 32, np.float32)
