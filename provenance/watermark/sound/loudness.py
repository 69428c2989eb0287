"""Measure how loud the cells of a sound are, and what is unusual about each of them.

A mark is a small error in a guess: what a cell's loudness is, compared with what its neighbours let expect. The better
the guess, the less of the sound itself is left in the way of the mark. A held tone is best guessed from the cells
before and after it, a drum from those above and below, a voice now so and now so: each guess counts as far as it has
been right nearby. Measured against one set of weights fitted to the whole sound: a piano's statistic grows by half.

Everything here is worked out at every spectrum, as if a cell began there: where the cells of the pattern lie in a copy
is not known yet.
"""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.watermark.sound.framing import Framing
from touchmark.provenance.watermark.sound.pattern import EDGES, FRAMES_PER_CELL

Real = NDArray[np.float32]

SILENCE: Final = 1e-20
"""Mean square of a band (of 1 for full scale) that stands for none, whose logarithm nobody can take."""
_QUIETEST = 1e-7
"""Mean square of a band, over that of a usual one, below which there is nothing to measure."""

_NEAR = (3, 15)
"""Bands and spectra (0.18 s) over which irregularity is averaged. Wider, a note spoils those beside it."""
_REGULAR = 0.2
"""dB: less irregular than this is nothing after a coder."""


def band_power(power: NDArray[np.float32], framing: Framing, pitch: float = 1.0) -> Real:
    """Mean square in each band.

    Args:
        power: ndarray of shape (spectra, lines): squared magnitudes of windowed spectra.
        framing: how they were taken.
        pitch: by how much the sound is higher than the original: all band edges are moved by this factor.

    Returns:
        ndarray of shape (spectra, BANDS); 0 in bands that lie above what was recorded.
    """
    return between(cumulated(power), EDGES * pitch, framing)


def cumulated(power: NDArray[np.float32]) -> NDArray[np.float64]:
    """What lies below each line of each spectrum, for :func:`between`: shape (lines + 1, spectra)."""
    below = np.zeros((power.shape[0], power.shape[1] + 1))
    np.cumsum(power, axis=1, out=below[:, 1:], dtype=np.float64)
    return np.asarray(cv2.transpose(below), np.float64)  # lines are picked from it, again and again


def between(below: NDArray[np.float64], edges: NDArray[np.float64], framing: Framing) -> Real:
    """Mean square between each of some frequencies and the next, of what :func:`cumulated` gave; 0 where that ends."""
    # The window is a root of Hann, whose squares sum up to length / 2; the factor 2 is for negative frequencies.
    scale = 2.0 / (framing.length * framing.length / 2)
    place = edges / framing.bin_width + 0.5
    known = np.flatnonzero(place < below.shape[0] - 1)
    whole = place[known].astype(np.intp)
    part = (place[known] - whole)[:, None]
    at_edges = below[whole] * (1 - part) + below[whole + 1] * part
    bands = np.zeros((edges.size - 1, below.shape[1]), np.float32)
    bands[: max(0, known.size - 1)] = np.diff(at_edges, axis=0) * scale
    return np.ascontiguousarray(bands.T)


def levels(bands: Real) -> Real:
    """Decibels of each band, averaged over the cell that begins at each spectrum: shape (spectra, BANDS)."""
    quiet = SILENCE + _QUIETEST * float(bands.mean())
    decibels = np.log(bands + np.float32(quiet)) * np.float32(10 / math.log(10))
    padded = np.pad(decibels, ((0, FRAMES_PER_CELL - 1), (0, 0)), "edge")
    count = decibels.shape[0]
    cell = sum((padded[i : i + count] for i in range(1, FRAMES_PER_CELL)), padded[:count].copy())
    return np.asarray(cell / FRAMES_PER_CELL, np.float32)


def surprise(level: Real) -> tuple[Real, Real]:
    """What each cell's level differs by from the best guess that its neighbours allow.

    Args:
        level: ndarray of shape (spectra, BANDS), dB, as :func:`levels` gives it.

    Returns:
        Two ndarrays of that shape, dB: the differences, and how large they usually are nearby (the standard deviation
        of a normal distribution with the same mean size: single large ones raise it less than a mean square).
    """
    one, two = FRAMES_PER_CELL, 2 * FRAMES_PER_CELL
    p = np.pad(level, ((two, two), (2, 2)), "edge")
    height, width = level.shape

    def at(frames: int, bands: int) -> Real:
        return p[two + frames : two + frames + height, 2 + bands : 2 + bands + width]

    guesses = (
        (at(-one, 0) + at(one, 0)) / 2,
        (at(-two, 0) + at(two, 0)) / 2,
        (at(0, -1) + at(0, 1)) / 2,
        (at(0, -2) + at(0, 2)) / 2,
    )
    misses = [np.asarray(level - guess, np.float32) for guess in guesses]
    trust = [_strictly(_usual(miss)) for miss in misses]
    weighted = sum((m * t for m, t in zip(misses, trust, strict=True)), np.zeros_like(level))
    rest = np.asarray(weighted / sum(trust, np.zeros_like(level)), np.float32)
    return rest, _usual(rest)


def _strictly(errs: Real) -> Real:
    """The weight of a guess: halved four times for one that errs twice as much nearby."""
    squared = errs * errs
    return np.asarray(1 / (squared * squared), np.float32)


def _usual(rest: Real) -> Real:
    size = cv2.blur(np.abs(rest), _NEAR, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(size, np.float32) * np.float32(math.sqrt(math.pi / 2)) + np.float32(_REGULAR)
