"""Find where the pattern lies in a stretch of sound, also in one that was cut, played faster or moved in pitch.

The template is slid along the stretch, for every pair of tempo and pitch in a grid: a copy played faster moves both,
a changed tempo or a shifted pitch one of them. The slides of all pairs are worked out together by Fourier transforms.
The best few are then climbed in smaller steps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.watermark import statistics
from touchmark.provenance.watermark.sound import transform
from touchmark.provenance.watermark.sound.evidence import Stretch, nearest
from touchmark.provenance.watermark.sound.pattern import BANDS, CELL, FRAMES_PER_CELL, ROWS, Real

_COARSE = 0.005
_REACH = 11
"""Tempo and pitch are searched _REACH steps of _COARSE up and down: 5.5%."""
_FINE = (_COARSE / 2, _COARSE / 4)
_ROW_STEP = 1 / (2 * FRAMES_PER_CELL)
_PER_PITCH = 3
_REFINED = 6
_EXACTLY = 2
"""How many of them are followed to the end with evidence worked out for their very pitch."""

_SEARCHED_ANYHOW = 2
"""Stretches from the beginning in which a mark of any tempo and pitch is looked for in each."""

_GRID = tuple(1 + _COARSE * step for step in range(-_REACH, _REACH + 1))

_SIDES = 2 * (round(_REACH * _COARSE / _FINE[-1]) + sum(round(step / _FINE[-1]) for step in _FINE)) + 1
PLACES: Final = ROWS / _ROW_STEP
"""All alignments in a copy of unchanged tempo and pitch."""
TESTS: Final = _SIDES**2 * PLACES
"""All alignments that a search can end in, whether or not it looked at them: what a p-value must pay for."""


def is_searched_anyhow(number: int) -> bool:
    """Whether the tempo and pitch of a changed copy are looked for in a stretch, counted from 1.

    A copy is played faster as a whole: where its first forty seconds show no mark, the rest is asked less and less
    often. Looked for in each, that would be most of what a long sound without a mark costs.
    """
    return number <= _SEARCHED_ANYHOW or number.bit_count() == 1


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where the pattern lies in a stretch.

    Attributes:
        z: how well the template fits, in standard deviations of what chance gives.
        row: of the pattern, at the stretch's first spectrum.
        tempo: duration of the copy over that of the original.
        pitch: frequencies of the copy over those of the original.
    """

    z: float
    row: float
    tempo: float = 1.0
    pitch: float = 1.0

    def spectra_per_row(self, stretch: Stretch) -> float:
        """How far the pattern's rows lie apart in the copy."""
        return CELL * self.tempo / stretch.framing.hop_seconds

    def row_at(self, spectrum: float, stretch: Stretch) -> float:
        """The row of the pattern at another spectrum, counted on beyond ROWS."""
        return self.row + spectrum / self.spectra_per_row(stretch)

    def gone_on(self, stretch: Stretch, later: Stretch) -> Alignment:
        """Where it lies in a later stretch, if nothing was cut out between."""
        return replace(self, row=self.row_at(later.first - stretch.first, stretch) % ROWS)


@dataclass(frozen=True, slots=True)
class Cells:
    """The evidence for the cells of a pattern that lies in a stretch in a certain way.

    Attributes:
        row: ndarray of shape (n,): which row of the pattern each is, in the order of time.
        middle: ndarray of shape (n,): seconds from the start of the sound to its middle.
        values: ndarray of shape (n, BANDS).
    """

    row: NDArray[np.intp]
    middle: NDArray[np.float64]
    values: Real

    @classmethod
    def of(cls, stretch: Stretch, alignment: Alignment, *, nearly: bool = False) -> Cells:
        """Read between the spectra where the cells lie there; ``nearly`` as :func:`nearest` has it."""
        pace = alignment.spectra_per_row(stretch)
        last = stretch.count - FRAMES_PER_CELL
        rows = np.arange(math.ceil(alignment.row), math.floor(alignment.row_at(max(last, 0), stretch)) + 1)
        place = (rows - alignment.row) * pace
        below = np.minimum(place.astype(np.intp), max(stretch.count - 2, 0))
        part = (place - below).astype(np.float32)[:, None]
        above = np.minimum(below + 1, stretch.count - 1)
        if nearly:
            bands = nearest(alignment.pitch)
            earlier, later = (stretch.finely[spectra[:, None], bands] for spectra in (below, above))
        else:
            earlier, later = (stretch.evidence(alignment.pitch)[spectra] for spectra in (below, above))
        values = earlier * (1 - part) + later * part
        middle = (stretch.first + place + pace / 2 - 1) * stretch.framing.hop_seconds
        return cls(rows % ROWS, np.asarray(middle, np.float64), values)

    def folded(self) -> Real:
        """The evidence of all repetitions added up: shape (ROWS, BANDS)."""
        total = np.zeros((ROWS, BANDS), np.float32)
        begins = [0, *(np.flatnonzero(self.row == 0)), len(self.row)]
        for begin, end in pairwise(begins):
            if begin < end:
                at = self.row[begin]
                total[at : at + end - begin] += self.values[begin:end]
        return total


def correlation(cells: Real, signs: Real) -> float:
    """Agreement with signs, in standard deviations, as :mod:`touchmark.provenance.watermark.statistics` has it.

    Sign 0 leaves a cell out.
    """
    counted = cells[signs != 0]
    power = float(np.sum(counted.astype(np.float64) ** 2))
    return float(np.sum(cells * signs, dtype=np.float64)) / math.sqrt(power) if power > 0 else 0.0


def log_tail(cells: Real, signs: Real) -> float:
    """Natural logarithm of the probability that signs drawn by another key agree as well with these cells."""
    return statistics.log_exact_tail(cells[signs != 0], correlation(cells, signs), statistics.Drawn.SIGNS)


class Finder:
    """Searches for what is known of a pattern: the template of one key, or all of it where a payload is named.

    Args:
        signs: ndarray of shape (ROWS, BANDS): +1 or -1, 0 for cells that are not known.
    """

    def __init__(self, signs: Real) -> None:
        self._signs = signs
        self._slides: dict[tuple[float, tuple[float, ...]], NDArray[np.complex64]] = {}

    def as_it_was(self, stretch: Stretch) -> list[Alignment]:
        """The best place for the pattern in a copy of unchanged tempo and pitch, and those beside it, best first.

        The template is a sixth of the pattern: in a noisy copy the rest may lie a spectrum beside where it fits best.
        """
        (coarse,) = self._coarse(stretch, stretch.evidence(1.0), [np.arange(BANDS)], (1.0,), (1.0,))
        best = self.fit(stretch, replace(coarse, row=_on_grid(coarse.row)))
        best = self._moved(stretch, best)
        return [best, *sorted(self._beside(stretch, best), key=lambda a: -a.z)]

    def anyhow(self, stretch: Stretch) -> list[Alignment]:
        """The best places over all tempos and pitches, best first."""
        coarse = self._coarse(stretch, stretch.finely, [nearest(pitch) for pitch in _GRID], _GRID, _GRID)
        found = self._refined(stretch, coarse, (), nearly=True)
        return self._refined(stretch, found[:_EXACTLY], _FINE)

    def fit(self, stretch: Stretch, alignment: Alignment, *, nearly: bool = False) -> Alignment:
        """The same alignment, its ``z`` worked out."""
        cells = Cells.of(stretch, alignment, nearly=nearly).folded()
        return replace(alignment, z=correlation(cells, self._signs))

    def log_tail(self, stretch: Stretch, alignment: Alignment) -> float:
        """How unlikely the template's fit is there by chance: :func:`log_tail`, of one alignment."""
        return log_tail(Cells.of(stretch, alignment).folded(), self._signs)

    def _coarse(
        self,
        stretch: Stretch,
        shown: Real,
        columns: Sequence[NDArray[np.intp]],
        tempos: Sequence[float],
        pitches: Sequence[float],
    ) -> list[Alignment]:
        """The best places on a grid; the evidence at each pitch are some ``columns`` of ``shown``."""
        slides = self._slides_of(stretch, tuple(tempos))
        length = 2 * len(slides) - 2
        evidence = shown[: stretch.count - FRAMES_PER_CELL + 1]
        transformed = transform.crosswise(transform.forward(evidence.T, length))
        spectra = transformed[:, np.stack(columns, axis=1)]  # (frequency, band, pitch)
        products = np.matmul(slides, spectra).reshape(len(slides), -1)
        scores = transform.inverse(transform.crosswise(products)).reshape(len(tempos), len(pitches), length)
        power = np.square(evidence, dtype=np.float64).sum(axis=0)
        found = []
        for number, pitch in enumerate(pitches):
            noise = math.sqrt(float(power[columns[number]].sum()) * np.mean(self._signs**2) / FRAMES_PER_CELL) + 1e-9
            best = []
            for tempo, slide in zip(tempos, scores[:, number], strict=True):
                pace = CELL * tempo / stretch.framing.hop_seconds
                period = math.ceil(ROWS * pace)
                # Slides count backwards from the end of the transform; see _slides_of.
                at = int(np.argmax(slide[-period:]))
                best.append(Alignment(float(slide[at - period]) / noise, -at / pace % ROWS, tempo, pitch))
            found += sorted(best, key=lambda a: -a.z)[:_PER_PITCH]
        return sorted(found, key=lambda a: -a.z)[:_REFINED]

    def _slides_of(self, stretch: Stretch, tempos: tuple[float, ...]) -> NDArray[np.complex64]:
        """Transforms of the template stretched to each tempo: shape (frequencies, tempos, BANDS), conjugated.

        They are as long as the stretch needs, or longer where they were drawn for one that needed more.
        """
        length, key = _transform_length(stretch), (stretch.framing.hop_seconds, tempos)
        if key not in self._slides or length > 2 * len(self._slides[key]) - 2:
            self._slides[key] = self._drawn(length, stretch.framing.hop_seconds, tempos)
        return self._slides[key]

    def _drawn(self, length: int, hop_seconds: float, tempos: tuple[float, ...]) -> NDArray[np.complex64]:
        slides = np.empty((length // 2 + 1, len(tempos), BANDS), np.complex64)
        for number, tempo in enumerate(tempos):
            pace = CELL * tempo / hop_seconds
            period = math.ceil(ROWS * pace)
            # The template begins one period before the stretch does, so that a slide only ever goes back.
            begin = period - ROWS * pace
            rows = np.arange(math.ceil((length - 2 - begin) / pace))
            place = rows * pace + begin
            below = place.astype(np.intp)
            part = (place - below).astype(np.float32)[:, None]
            signs = self._signs[rows % ROWS]
            one = np.zeros((length, BANDS), np.float32)
            one[below] += signs * (1 - part)
            one[below + 1] += signs * part
            np.conj(transform.crosswise(transform.forward(one.T, length)), out=slides[:, number])
        return slides

    def _refined(
        self, stretch: Stretch, coarse: Sequence[Alignment], steps: Sequence[float], *, nearly: bool = False
    ) -> list[Alignment]:
        found: list[Alignment] = []
        for start in coarse:
            best = self.fit(stretch, replace(start, row=_on_grid(start.row)), nearly=nearly)
            for step in steps:
                best = self._climbed(stretch, best, step, nearly=nearly)
            if all(abs(best.row - a.row) > 1 or best.tempo != a.tempo or best.pitch != a.pitch for a in found):
                found.append(best)
        return sorted(found, key=lambda a: -a.z)

    def _climbed(self, stretch: Stretch, best: Alignment, step: float, *, nearly: bool) -> Alignment:
        """One round over the neighbours; tempo turns about the middle of the stretch."""
        middle = stretch.count / 2
        for way in (-step, step):
            other = replace(best, tempo=best.tempo + way)
            moved = best.row_at(middle, stretch) - middle / other.spectra_per_row(stretch)
            best = max(best, self.fit(stretch, replace(other, row=_on_grid(moved)), nearly=nearly), key=_z)
        for way in (-step, step):
            best = max(best, self.fit(stretch, replace(best, pitch=best.pitch + way), nearly=nearly), key=_z)
        return self._moved(stretch, best, nearly=nearly)

    def _moved(self, stretch: Stretch, best: Alignment, *, nearly: bool = False) -> Alignment:
        """The best of an alignment and its two neighbours in time."""
        return max(best, *self._beside(stretch, best, nearly=nearly), key=_z)

    def _beside(self, stretch: Stretch, fit: Alignment, *, nearly: bool = False) -> list[Alignment]:
        ways = (-_ROW_STEP, _ROW_STEP)
        return [self.fit(stretch, replace(fit, row=_on_grid(fit.row + way)), nearly=nearly) for way in ways]


def _z(alignment: Alignment) -> float:
    return alignment.z


def _on_grid(row: float) -> float:
    return round(row / _ROW_STEP) * _ROW_STEP % ROWS


def _transform_length(stretch: Stretch) -> int:
    """Room for the stretch and a period, in whole multiples that are quick to transform."""
    longest = ROWS * CELL * _GRID[-1] / stretch.framing.hop_seconds
    return -(-math.ceil(stretch.count + longest + 2) // 640) * 640
