"""Write the pattern into a sound while it streams past."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.watermark.sound.framing import CHUNK, OVERLAP, Complex, Framing, chunks
from touchmark.provenance.watermark.sound.loudness import band_power, levels, surprise
from touchmark.provenance.watermark.sound.masking import permitted_change, wanted_change
from touchmark.provenance.watermark.sound.pattern import CELL, EDGES, ROWS, Real

_CONTEXT = 32
"""Spectra before and after a chunk that its masking depends on."""


@dataclass(frozen=True, slots=True)
class _Chunk:
    """A piece of sound on its way: samples of shape (channels, n), their spectra, and the bands' mean squares."""

    samples: Real
    spectra: Complex
    bands: Real


class Writer:
    """Marks one sound.

    Args:
        signs: ndarray of shape (ROWS, BANDS): the pattern, payload and all.
        first_row: the row at the first sample.
        rate: samples a second.
        channels: how many.
    """

    def __init__(self, signs: Real, first_row: int, rate: int, channels: int) -> None:
        self._signs = signs
        self._first_row = first_row
        self._framing = Framing(rate)
        self._channels = channels
        self._band_of_line, self._lines = _bands_of_lines(self._framing)

    def mark(self, blocks: Iterable[Real]) -> Iterator[Real]:
        """The marked sound: as many samples, in blocks of CHUNK hops. Silence stays silent."""
        framing = self._framing
        step = CHUNK * framing.hop
        lead = framing.length - framing.hop
        total = 0

        def counted() -> Iterator[Real]:
            nonlocal total
            for block in blocks:
                total += block.shape[1]
                yield block

        tail = np.zeros((self._channels, lead), np.float32)
        given = 0
        measured = map(self._measured, chunks(counted(), self._channels, framing))
        for index, (chunk, change) in enumerate(self._planned(measured)):
            skip = 0 if index else lead
            added = framing.overlapped(self._change(chunk.spectra, change), framing.window)
            added[:, :lead] += tail
            tail = added[:, step:]
            before = chunk.samples[:, skip:step]
            # The source is read a chunk ahead, so the total is known before the last chunk is given out.
            marked = _within_range(before, before + added[:, skip:step])[:, : total - given]
            given += marked.shape[1]
            if marked.shape[1]:
                yield marked

    def _measured(self, samples: Real) -> _Chunk:
        spectra = self._framing.spectra(samples, self._framing.window)
        power = np.sum(spectra.real**2 + spectra.imag**2, axis=0)
        return _Chunk(samples, spectra, band_power(power, self._framing))

    def _planned(self, measured: Iterable[_Chunk]) -> Iterator[tuple[_Chunk, Real]]:
        """Each chunk with the change of each band at each of its spectra, in dB; one chunk is read ahead."""
        near: deque[_Chunk] = deque(maxlen=3)
        number = 0
        for chunk in measured:
            near.append(chunk)
            if len(near) > 1:
                yield self._plan(near[-3] if len(near) == 3 else None, near[-2], near[-1], number)
                number += 1
        if near:
            yield self._plan(near[-2] if len(near) > 1 else None, near[-1], None, number)

    def _plan(self, before: _Chunk | None, chunk: _Chunk, after: _Chunk | None, number: int) -> tuple[_Chunk, Real]:
        parts = [
            *([before.bands[-_CONTEXT:]] if before else []),
            chunk.bands,
            *([after.bands[:_CONTEXT]] if after else []),
        ]
        bands = np.concatenate(parts)
        start = _CONTEXT if before else 0
        spectra = number * CHUNK - start + np.arange(len(bands))
        row = np.floor((spectra - 1) * self._framing.hop_seconds / CELL + 1e-6).astype(np.intp)
        signs = self._signs[(row + self._first_row) % ROWS]
        begins = np.searchsorted(row, row)
        rest, irregularity = surprise(levels(bands))
        change = wanted_change(signs * rest[begins], irregularity[begins])
        change = np.minimum(change, permitted_change(bands))
        return chunk, (signs * change)[start : start + CHUNK]

    def _change(self, spectra: Complex, decibels: Real) -> Complex:
        """What is added to each spectrum, the same share of every channel, so that no voice moves in space."""
        factor = np.zeros((len(decibels), self._lines.stop - self._lines.start), np.float32)
        factor[:] = np.expm1(decibels * np.float32(np.log(10) / 20))[:, self._band_of_line]
        # Softer edges between bands ring less.
        factor[:, 1:-1] = (factor[:, :-2] + 2 * factor[:, 1:-1] + factor[:, 2:]) / 4
        added = np.zeros_like(spectra)
        added[:, :, self._lines] = spectra[:, :, self._lines] * factor * np.float32(2 / OVERLAP)
        return added


def _bands_of_lines(framing: Framing) -> tuple[NDArray[np.intp], slice]:
    """The band of each line of a spectrum that lies in one, and which lines those are."""
    frequency = np.arange(framing.length // 2 + 1) * framing.bin_width
    inside = np.flatnonzero((frequency >= EDGES[0]) & (frequency < min(EDGES[-1], 0.47 * framing.rate)))
    lines = slice(int(inside[0]), int(inside[-1]) + 1) if inside.size else slice(0, 0)
    return np.searchsorted(EDGES, frequency[lines], side="right") - 1, lines


def _within_range(before: Real, after: Real) -> Real:
    """Nowhere beyond full scale, but where the sound was so already."""
    return np.clip(after, np.minimum(before, -1), np.maximum(before, 1))
