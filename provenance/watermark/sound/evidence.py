"""What a stretch of sound says about the cells of a pattern, wherever in it they may lie."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.watermark.sound.framing import CHUNK, Framing, chunks
from touchmark.provenance.watermark.sound.loudness import between, cumulated, levels, surprise
from touchmark.provenance.watermark.sound.masking import excitation, usual_change
from touchmark.provenance.watermark.sound.pattern import BANDS, CENTRES, EDGES, FRAMES_PER_CELL, ROWS, Real

STRETCH: Final = 2 * ROWS * FRAMES_PER_CELL
"""Spectra in a stretch: two periods, 20 s. The last one is up to half as long again."""
SHORTEST: Final = 2 * FRAMES_PER_CELL
"""Spectra below which there is no pattern to speak of."""
MOST_PITCH: Final = 1.06
"""Highest pitch that a stretch can be looked at, over the original's."""

_PARTS = 4
"""Of a band, by which the sets of bands lie apart that are read from without being worked out anew."""

_SOFT_LIMIT = 1.2
"""Surprises beyond this many times the usual are events in the sound, and must not outvote everything."""
_FLOOR = 5.0
"""Percentile of a band's levels that is taken for noise that was added."""
_NOISE_OVER_FLOOR = 2.0
"""Mean power of a steady noise over that percentile of it: the levels of its cells scatter by 2 dB."""
_LEAST_SHARE = 0.2
"""What hardly rises above the floor keeps some weight: a held chord is as steady as a noise."""
_CODED_AWAY = 0.01
"""Power of a cell over that of its surroundings at which half of it may be a coder's noise."""


class Stretch:
    """Some seconds of a sound.

    Attributes:
        first: number of its first spectrum, counted from the start of the sound.
        count: how many spectra it has.
        framing: how they were taken.
    """

    def __init__(self, power: Real, first: int, framing: Framing) -> None:
        self._below = cumulated(power)
        self._seen: dict[float, Real] = {}
        self.first = first
        self.count = len(power)
        self.framing = framing

    def evidence(self, pitch: float) -> Real:
        """How far the cell that begins at each spectrum is louder than expected, weighted by what that is worth.

        The weights are worked out from loudness alone and know nothing of a key.

        Args:
            pitch: by how much the sound is taken to be higher than the original.

        Returns:
            ndarray of shape (spectra, BANDS): log-likelihood ratios on some common scale, positive for louder; 0
            where nothing can be told.
        """
        if pitch not in self._seen:
            self._seen[pitch] = self._between(EDGES * pitch)
        return self._seen[pitch]

    @cached_property
    def finely(self) -> Real:
        """Evidence of bands that begin at every part of one, which serve all pitches: see :func:`nearest`.

        Returns:
            ndarray of shape (spectra, BANDS * _PARTS + 1); the last is nought.
        """
        width = np.append(np.diff(EDGES), EDGES[-1] - EDGES[-2])
        found = np.zeros((self.count, BANDS * _PARTS + 1), np.float32)
        for part in range(_PARTS):
            found[:, part:-1:_PARTS] = self._between(EDGES + width * (part / _PARTS))
        return found

    def _between(self, edges: NDArray[np.float64]) -> Real:
        bands = between(self._below, edges, self.framing)
        level = levels(bands)
        rest, irregularity = surprise(level)
        weight = _own_share(bands, level) * usual_change(irregularity) / irregularity
        found = np.clip(rest / irregularity, -_SOFT_LIMIT, _SOFT_LIMIT) * weight
        found[:, ~np.any(bands > 0, axis=0)] = 0
        return np.asarray(found, np.float32)


@lru_cache(maxsize=256)
def nearest(pitch: float) -> NDArray[np.intp]:
    """Which columns of :attr:`Stretch.finely` are :meth:`Stretch.evidence` at a pitch to an eighth of a band: (BANDS,).

    Bands that then lie beyond the highest and the lowest are left out.
    """
    place = np.interp(CENTRES * pitch, CENTRES, np.arange(BANDS, dtype=np.float64), left=-1, right=-1)
    return np.where(place < 0, BANDS * _PARTS, np.rint(place * _PARTS)).astype(np.intp)


def _own_share(bands: Real, level: Real) -> Real:
    """Which share of each cell's power is the sound that was marked: what came later holds no mark."""
    loud = bands.sum(axis=1)
    sounding = loud > 1e-9 * float(loud.mean())
    if not sounding.any():
        return np.zeros_like(bands)
    # Rows are partitioned several times faster than columns.
    floor = np.percentile(np.ascontiguousarray(level[sounding].T), _FLOOR, axis=1).astype(np.float32)
    noise = np.exp((floor - level) * np.float32(math.log(10) / 10))
    over_noise = np.clip(1 - _NOISE_OVER_FLOOR * noise, _LEAST_SHARE, 1)
    return np.asarray(over_noise * bands / (bands + _CODED_AWAY * excitation(bands) + np.float32(1e-20)), np.float32)


def stretches(blocks: Iterable[Real], channels: int, framing: Framing) -> Iterator[Stretch]:
    """A sound in stretches of STRETCH spectra, the last one up to half as long again."""
    window = framing.window**2
    lines = int(EDGES[-1] * MOST_PITCH / framing.bin_width) + 2
    held: list[Real] = []
    first = total = 0

    def counted() -> Iterator[Real]:
        nonlocal total
        for block in blocks:
            total += block.shape[1]
            yield block

    for samples in chunks(counted(), channels, framing):
        held.append(framing.power(samples, window)[:, :lines])
        if sum(map(len, held)) >= STRETCH * 3 // 2 + CHUNK:
            power = np.concatenate(held)
            yield Stretch(power[:STRETCH], first, framing)
            first += STRETCH
            held = [power[STRETCH:]]
    # Beyond the last sample lies only the silence that fills the last chunk.
    rest = -(-total // framing.hop) + 1 - first
    if total and rest >= SHORTEST:
        yield Stretch(np.concatenate(held)[:rest], first, framing)
