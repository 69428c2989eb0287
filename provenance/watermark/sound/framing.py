"""Cut a stream of samples into short overlapping spectra, most of a second at a time, at any sampling rate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.watermark.sound import transform
from touchmark.provenance.watermark.sound.pattern import HOP

Real = NDArray[np.float32]
Complex = NDArray[np.complex64]

OVERLAP: Final = 4
"""How many spectra look at each sample."""
CHUNK: Final = 64
"""Spectra that are worked on at once: 0.77 s."""
LOUDEST: Final = 1e3
"""Largest sample that is believed: 60 dB beyond full scale."""


@dataclass(frozen=True)
class Framing:
    """Where the spectra of a sound lie. Spectrum k is centred on sample (k - 1) * hop.

    Attributes:
        rate: samples a second.
    """

    rate: int

    @property
    def hop(self) -> int:
        """Samples from one spectrum to the next: HOP seconds, to the nearest sample."""
        return max(1, round(HOP * self.rate))

    @property
    def length(self) -> int:
        """Samples that a spectrum looks at."""
        return OVERLAP * self.hop

    @property
    def hop_seconds(self) -> float:
        """Seconds from one spectrum to the next."""
        return self.hop / self.rate

    @property
    def bin_width(self) -> float:
        """Hz from one line of a spectrum to the next."""
        return self.rate / self.length

    @cached_property
    def window(self) -> Real:
        """Root of a Hann window: applied before and after, the overlapping windows add up to OVERLAP / 2."""
        return np.sin(np.pi * (np.arange(self.length) + 0.5) / self.length).astype(np.float32)

    def spectra(self, samples: Real, window: Real) -> Complex:
        """Spectra of the windows in ``samples`` of shape (channels, n): shape (channels, spectra, lines)."""
        return np.asarray(np.fft.rfft(self._windowed(samples, window), axis=2), np.complex64)

    def power(self, samples: Real, window: Real) -> Real:
        """Their squared magnitudes, those of all channels added up: shape (spectra, lines)."""
        windowed = self._windowed(samples, window)
        found = transform.power(windowed.reshape(-1, self.length))
        return np.asarray(found.reshape(*windowed.shape[:2], -1).sum(axis=0), np.float32)

    def _windowed(self, samples: Real, window: Real) -> Real:
        views = np.lib.stride_tricks.sliding_window_view(samples, self.length, axis=1)[:, :: self.hop]
        return np.asarray(views * window, np.float32)

    def overlapped(self, spectra: Complex, window: Real) -> Real:
        """Windowed samples of each spectrum, added where they lie: shape (channels, n)."""
        parts = (np.fft.irfft(spectra, self.length, axis=2) * window).astype(np.float32)
        channels, count, _ = parts.shape
        added = np.zeros((channels, count + OVERLAP - 1, self.hop), np.float32)
        quarters = parts.reshape(channels, count, OVERLAP, self.hop)
        for quarter in range(OVERLAP):
            added[:, quarter : quarter + count] += quarters[:, :, quarter]
        return added.reshape(channels, -1)


def chunks(blocks: Iterable[Real], channels: int, framing: Framing) -> Iterator[Real]:
    """The samples under CHUNK spectra after another, to the end of the sound.

    Silence stands before the first sample and after the last, so that OVERLAP spectra look at every sample.

    Args:
        blocks: consecutive ndarrays of shape (channels, n). Samples that are no number count as silence, and those
            beyond LOUDEST as that loud: their squares would be no number.
        channels: how many.
        framing: where the spectra lie.

    Yields:
        ndarrays of shape (channels, (CHUNK - 1) * hop + length), each CHUNK * hop samples after the one before.
    """
    lead = framing.length - framing.hop
    step = CHUNK * framing.hop
    size = step + lead
    held = [np.zeros((channels, lead), np.float32)]
    have = lead
    begun = False
    for block in blocks:
        held.append(block)
        have += block.shape[1]
        if have < size:
            continue
        samples = _believed(held)
        start = 0
        for start in range(0, have - size + 1, step):
            yield samples[:, start : start + size]
        held = [samples[:, start + step :]]
        have = held[0].shape[1]
        begun = True
    if have == lead and not begun:
        return
    count = -(-have // step)
    samples = np.pad(_believed(held), ((0, 0), (0, (count - 1) * step + size - have)))
    for start in range(0, count * step, step):
        yield samples[:, start : start + size]


def _believed(blocks: Sequence[Real]) -> Real:
    """All of them in a row, without what is no number or too loud."""
    samples = np.concatenate(blocks, axis=1, dtype=np.float32, casting="same_kind")
    np.nan_to_num(samples, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    return np.clip(samples, -LOUDEST, LOUDEST, out=samples)
