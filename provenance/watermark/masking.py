"""How strong the pattern may be at each place, so that nobody sees it.

The eye forgives luma changes where there is texture and in bright places, and forgives slow chroma changes almost
everywhere, blue ones most. So luma follows the local contrast, by what it costs in structural similarity, but stops
where texture would swallow the pattern as well as hide it; and chroma is even, but where a colour is so saturated that
it makes light of its own (:mod:`lightness`). Strengths are planned on a small copy of the picture: cheap, and smooth
enough not to draw edges of its own.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.media.colour import HLG, PQ
from touchmark.provenance.media.picture import Planes, Samples
from touchmark.provenance.watermark import lightness
from touchmark.provenance.watermark.emphasis import AS_PLANNED, PLAIN, Emphasis, detail, narrowed, tangle
from touchmark.provenance.watermark.lattice import SHORT_SIDE, Plane, spectrum

Real = NDArray[np.float32]

_PLAN_SIDE = 270
"""Short side of the small copy on which strengths are planned."""

# What the luma pattern may cost a picture, as SSIM counts it (Wang et al. 2004): with the constants of its terms for
# structure and for luminance, in full-range steps, and the Gaussian of its window, in pixels.
_STRUCTURE, _LUMINANCE = (0.03 * 255) ** 2, (0.01 * 255) ** 2
_WINDOW = 1.5
_FULL_RANGE = 255 / 219

# The mean square of the luma pattern, in steps: at most _BUDGET over a picture of 720 lines (46.5 dB), a smaller
# picture, which has fewer samples to carry the payload, more, a larger one less; at most _FLAT squared on flat grey;
# and at most what costs _LOSS of SSIM. By lines of the short side.
_BUDGET = 0.92
_LINES, _FLAT, _LOSS = (256, 330), (0.8, 0.7), (0.009, 0.0065)
_TOO_LOUD = 200.0
"""Twice the local variance at which more texture hides hardly more. What is louder drowns the pattern in the coder's
choices and in the reader's noise: at H.265 CRF 40 a squared step on flat ground is worth ten of those in foliage."""
_DEAREST = (1.2, 2.0)
"""How many times dearer than on flat grey a squared step may be, at most: in black SSIM would forbid all. By lines."""

# Without colour of its own a picture's chroma is coded coarsely, and what is faint in it not at all: over the standard
# deviation of Cb and Cr together, factors on what luma may cost and on chroma.
_COLOUR, _DEARER, _LOUDER = (0.0, 2.0), (1.7, 1.0), (1.35, 1.0)

# Chroma, as a factor: flat areas keep theirs; textured ones have luma enough; in black half of it is clipped, and what
# is left brightens it.
_TEXTURE_FOR_CHROMA, _CHROMA = (0.1, 0.5, 4.0), (1.0, 1.0, 0.92)
_LEVEL_FOR_CHROMA, _DIM = (16, 24, 40, 68), (0.65, 0.95, 1.0)

# A small picture has few samples to carry the payload, and what is flat in it loses most in coding: there, and only
# there, flat areas get more chroma, and black keeps it. By lines of the short side.
_FLAT_CHROMA, _BLACK_CHROMA = (1.6, 1.0), (1.15, 0.3)

# Of the mean level in PQ and HLG: one over the steps that a BT.709 screen would need for the light of one step (ITU-R
# BT.2100-2, diffuse white at 203 cd/m2). Around white a step of PQ is three of those.
_HDR = {
    PQ: ((49, 82, 127, 143), (1.3, 0.9, 0.42, 0.34)),
    HLG: ((125, 152, 180), (0.9, 0.6, 0.4)),
}

_LIGHTER = 0.7
"""How much lighter and darker a plane of chroma may make a place, over what luma may there."""
_MOSTLY = 0.8
"""Drawings have nine tenths and more, what was filmed before a plain wall half."""
_BETWEEN = (24.0, 165.0)
"""Levels that are still told apart after half as much brightness, contrast or gamma again: what is darker turns black,
what is lighter white."""
_FEW = 0.25
"""The share of a picture between these below which the rest counts as empty: six of 79 clips have less, and two
of these less than a tenth."""
_COARSER = 4
"""Samples of the plan in one of that for chroma: colours fill areas."""

CHROMA_STRENGTH: Final = (1.18, 1.06)
"""Root mean square in Cb and Cr, before the factor. In both: a coder keeps chroma where either is loud."""


def strengths(picture: Planes, emphasis: Emphasis = AS_PLANNED) -> tuple[Real, Real, Real]:
    """Strength maps for luma, Cb and Cr.

    Returns:
        Maps of small sizes, to be stretched over the picture: the luma pattern's root mean square in 8-bit
        steps, and for either plane of chroma a factor near 1 for CHROMA_STRENGTH.
    """
    short, step = min(picture.luma.shape), picture.colour.step
    small = _luma(picture)
    size = small.shape[1], small.shape[0]
    mean = np.asarray(cv2.blur(small, (5, 5)), np.float32)
    texture = narrowed(np.sqrt(np.maximum(cv2.blur(small * small, (5, 5)) - mean * mean, 0)))
    colour = math.hypot(*(float(cv2.meanStdDev(plane)[1][0, 0]) for plane in (picture.blue, picture.red))) / step
    dearer, louder = (float(np.interp(colour, _COLOUR, factors)) for factors in (_DEARER, _LOUDER))
    for_luma = np.sqrt(_luma_power(mean, texture, short, dearer))
    flat = np.interp(short, _LINES, _FLAT_CHROMA)
    for_chroma = np.interp(texture, _TEXTURE_FOR_CHROMA, (flat, *_CHROMA[1:]))
    dim = (np.interp(short, _LINES, _BLACK_CHROMA), *_DIM)
    for_chroma = np.minimum(louder * for_chroma, _FLAT_CHROMA[0]) * np.interp(mean, _LEVEL_FOR_CHROMA, dim)
    if curve := _HDR.get(picture.colour.transfer):
        for_luma, for_chroma = (strength * np.interp(mean, *curve) for strength in (for_luma, for_chroma))
    for_luma, for_chroma = for_luma.astype(np.float32), for_chroma.astype(np.float32)
    coarse = (-(-size[0] // _COARSER), -(-size[1] // _COARSER))
    colours = _averaged(small, coarse), *_colours(picture, coarse)
    for_chroma = _averaged(for_chroma, coarse)
    if emphasis.is_even:
        for_luma, for_chroma = for_luma * np.float32(emphasis.luma[0]), for_chroma * np.float32(emphasis.chroma[0])
    else:
        fine, tangled = detail(small), tangle(small)
        for_luma = for_luma * emphasis.of_luma(fine)
        of_chroma = emphasis.of_chroma(_averaged(fine, coarse), _averaged(tangled, coarse), *colours)
        for_chroma = for_chroma * of_chroma
    lightest = _LIGHTER * _averaged(for_luma, coarse)
    for_blue, for_red = (
        np.minimum(for_chroma, lightest / np.maximum(rms * lighter, 1e-6))
        for lighter, rms in zip(lightness.of_chroma(*colours), CHROMA_STRENGTH, strict=True)
    )
    return for_luma, for_blue, for_red


def is_mostly_flat(picture: Planes) -> bool:
    """Whether little of a picture has any detail, as of one that was drawn: what it holds of the pattern's coarse waves
    is then a few edges, which a filter or a coder may well take away."""
    return float(np.mean(detail(_luma(picture)) < PLAIN)) > _MOSTLY


def lines_in_use(picture: Planes) -> float:
    """Lines of the short side of a picture of which as much is neither near black nor near white as of this one. Of
    lines on black and of text on a page most is lost to whoever makes them brighter, and what is left has no more
    samples to carry a payload than a small picture."""
    darkest, lightest = _BETWEEN
    small = _luma(picture)
    share = float(np.mean((small > darkest) & (small < lightest)))
    lines: int = min(picture.luma.shape)
    return lines * math.sqrt(min(1.0, share / _FEW))


def _luma(picture: Planes) -> Real:
    """Luma in steps of 8 bits, on the plan."""
    height, width = picture.luma.shape
    shrink = max(1.0, min(height, width) / _PLAN_SIDE)
    size = (max(1, round(width / shrink)), max(1, round(height / shrink)))
    small = cv2.resize(picture.luma, size, interpolation=cv2.INTER_AREA)
    return small.astype(np.float32) / np.float32(picture.colour.step)


def _colours(picture: Planes, size: tuple[int, int]) -> tuple[Real, Real]:
    """Cb and Cr in steps of 8 bits, on a plan of ``size`` columns and rows."""
    every = max(1, picture.blue.shape[0] // (2 * size[1]))  # of colours that fill areas a few samples tell enough
    step = np.float32(picture.colour.step)
    blue, red = (_averaged(plane[::every, ::every], size) / step for plane in (picture.blue, picture.red))
    return blue, red


def _averaged(values: Real | Samples, size: tuple[int, int]) -> Real:
    """A smaller copy, of ``size`` columns and rows."""
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)


def _luma_power(mean: Real, texture: Real, short: int, dearer: float) -> Real:
    """Mean square of the luma pattern at each place of the plan, for a picture of ``short`` lines."""
    fine = _seen_by_ssim(short)
    on_flat = fine / _STRUCTURE
    full = np.maximum(mean - 16, 0) * _FULL_RANGE
    dearest = float(np.interp(short, _LINES, _DEAREST))
    cost = fine / (2 * (texture * _FULL_RANGE) ** 2 + _STRUCTURE)
    cost += np.minimum((1 - fine) / (2 * full**2 + _LUMINANCE), (dearest - 1) * on_flat)
    even = fine / (_TOO_LOUD * _FULL_RANGE**2)
    power = (on_flat + even) / (cost + even) * np.interp(mean, (16, 60, 155, 235), (0.5, 1.0, 1.0, 1.7))
    budget = dearer * _BUDGET * float(np.clip(720 / short, 0.6, 2.3)) ** 0.4
    loss = float(np.mean(power * cost)) * _FULL_RANGE**2
    flat, most = (dearer * float(np.interp(short, _LINES, limits)) for limits in (np.square(_FLAT), _LOSS))
    return np.asarray(power * min(flat, budget / float(np.mean(power)), most / loss), np.float32)


@lru_cache(maxsize=64)
def _seen_by_ssim(short: int) -> float:
    """How much of the luma pattern's mean square varies within a window of SSIM, in a picture of ``short`` lines."""
    radius, power = spectrum(Plane.LUMA)
    periods = radius / 64 * SHORT_SIDE / short
    return float(np.sum(power * (1 - np.exp(-((2 * np.pi * _WINDOW * periods) ** 2)))) / np.sum(power))
