"""How much lighter each place of a picture is than its surroundings: what a fingerprint is made of. Pure.

    signs_of(relief_of(frame, Transform()))       # one of -1, 0 and 1 for each cell

Of a copy the relief is taken as the original lay: turned back, unmirrored, in the original's size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.media.video import Frame
from touchmark.provenance.watermark.lattice import SHORT_SIDE
from touchmark.provenance.watermark.protocol import Transform

Real = NDArray[np.float32]
Signs = NDArray[np.int8]
CELL: Final = 16
"""Units of the mark's pattern from one cell to the next."""
_PITCH: Final = 8
"""Units from one shift to the next, and from one sample of a copy to the next."""
STEP: Final = CELL // _PITCH
_NEAR, _WIDE = 1.0, 2.5
"""Standard deviations of the two blurs whose difference is looked at, in samples of a copy."""
_LOUD: Final = 4.0
"""No cell has more say than this many times the median in what is usual in a picture."""
FLAT: Final = 0.4
"""A cell that stands out by less than this share of what is usual is neither light nor dark."""
_FAINTEST: Final = 0.7
"""What is usual, in 8-bit steps, at least."""
_CLIPPED: Final = 2.0
"""No cell counts for more than this many times what is usual."""
_LONGEST_ASPECT: Final = 4
"""Of a longer strip only the beginning is looked at."""
_MOST_ACROSS: Final = 640
"""Samples of a copy on a side, at most, however large its mark says that the original was."""


@dataclass(frozen=True, slots=True)
class Relief:
    """How much lighter a picture is than its surroundings, at samples _PITCH units of the original apart.

    Attributes:
        values: over what is usual in it, clipped; 0 where ``seen`` is 0.
        seen: 1 where the picture is, 0 where a turn has left a corner empty.
    """

    values: Real
    seen: Real


def relief_of(frame: Frame, transform: Transform) -> Relief:
    """The relief of a picture that was done to what ``transform`` says."""
    luma = frame.planes.luma
    short = min(luma.shape)
    luma = luma[: _LONGEST_ASPECT * short, : _LONGEST_ASPECT * short]
    height, width = luma.shape
    size = math.sqrt(transform.scale_x * transform.scale_y)
    pitch = _PITCH * short / SHORT_SIDE * size
    columns, rows = (_bounded(side / pitch) for side in (width, height))
    shown = cv2.resize(luma, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.float32)
    shown /= np.float32(frame.planes.colour.step)
    seen = np.ones_like(shown)
    if transform.mirrored:
        shown = np.ascontiguousarray(shown[:, ::-1])
    if transform.rotation:
        shown, seen = (_turned(plane, -transform.rotation) for plane in (shown, seen))
    rows, columns = shown.shape
    sizes = (_bounded(columns * size / transform.scale_x), _bounded(rows * size / transform.scale_y))
    if sizes != (columns, rows):
        shown, seen = (np.asarray(cv2.resize(plane, sizes), np.float32) for plane in (shown, seen))
    near, wide = (_blurred(shown, seen, sigma) for sigma in (_NEAR, _WIDE))
    inside = seen > 0.99
    values = np.where(inside, near - wide, 0)
    # The edge of a black bar or corner must not make all the rest flat beside it.
    loudness = np.abs(values[inside]) if inside.any() else np.zeros(1)
    usual = max(float(np.minimum(loudness, _LOUD * np.median(loudness)).mean()), _FAINTEST)
    return Relief(np.clip(values / usual, -_CLIPPED, _CLIPPED).astype(np.float32), inside.astype(np.float32))


def _bounded(samples: float) -> int:
    return min(max(round(samples), 1), _MOST_ACROSS)


def _blurred(values: Real, seen: Real, sigma: float) -> Real:
    """The blur of what is seen, by what is seen."""
    blurred, share = (cv2.GaussianBlur(plane, (0, 0), sigma) for plane in (values * seen, seen))
    return np.asarray(blurred / np.maximum(share, 1e-3), np.float32)


def _turned(plane: Real, degrees: float) -> Real:
    """Counter-clockwise, about its middle, in a frame that holds all of it."""
    rows, columns = plane.shape
    matrix = cv2.getRotationMatrix2D(((columns - 1) / 2, (rows - 1) / 2), degrees, 1.0)
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    width, height = int(np.ceil(columns * cos + rows * sin)), int(np.ceil(columns * sin + rows * cos))
    matrix[:, 2] += (width - columns) / 2, (height - rows) / 2
    return np.asarray(cv2.warpAffine(plane, matrix, (width, height)), np.float32)


def signs_of(relief: Relief) -> Signs:
    """ndarray of shape (rows, columns), int8: 1 where a cell is lighter than around it, -1 where it is darker."""
    values = relief.values[::STEP, ::STEP]
    return np.asarray(np.where(np.abs(values) < FLAT, 0, np.sign(values)), np.int8)
