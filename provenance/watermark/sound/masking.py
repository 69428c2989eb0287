"""By how many decibels each cell may be turned up or down so that nobody hears it.

Three things hide a change of level (Zwicker and Fastl, "Psychoacoustics", chapters 4 and 10):

- the sound's own irregularity: where levels change by themselves from cell to cell, as in noise, voices and percussion,
  one more change is lost among them; on a held tone it is heard as a tremolo, so a held tone gets little;
- louder sound in bands beside it (simultaneous masking), for a cell that lies in a valley;
- nothing hides what comes before a loud onset for more than some 10 ms, and a spectrum smears over 48 ms: cells in
  which a sound sets in are left alone.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.watermark.sound.pattern import CENTRES

Real = NDArray[np.float32]

_SHARE = (0.62, 1.15)
"""Change of level over the sound's own irregularity, up to and from the frequencies of _SHARE_AT. The ear adds up what
falls into a critical band: one cell at 500 Hz, nine at 6 kHz, whose independent changes all but cancel. Chosen between
two that were measured on a few voices and pieces of music: 0.55 and 1.0, with 0.3 dB more noise over mask than an even
0.7, and 0.65 and 1.2, with 0.5 dB more than that and a ninth more statistic under white noise."""
_SHARE_AT = (500.0, 6000.0)
"""Hz."""
_COMPENSATION = 0.6
"""How much of the sound's own leaning is made up for."""
LEAST: Final = 0.6
"""dB. Half of it would be lost in a coder's noise."""
USUALLY_MOST: Final = 3.5
"""dB, where the sound does not lean against its mark."""
MOST: Final = 5.0
"""dB."""
_BEFORE_ONSET = 0.7
"""Largest change of a cell, as a share of its amplitude, over the amplitude that there was just before."""
_NO_EXCITATION = 1e-20
"""Share of a band's power that excites nothing elsewhere; smaller numbers would slow a processor down tenfold."""
_LOOK_BACK = 2
"""Spectra: 24 ms, half of what a spectrum looks at."""


def _bark(frequency: NDArray[np.float64]) -> NDArray[np.float64]:
    """Critical-band rate (Traunmueller, J. Acoust. Soc. Am. 88, 1990)."""
    return np.asarray(26.81 * frequency / (1960 + frequency) - 0.53, np.float64)


def _spreading() -> Real:
    """How much of the power of a band (row) is excitation in another (column): 27 dB a Bark down, 12 up."""
    bark = _bark(CENTRES)
    apart = bark[None, :] - bark[:, None]
    spread = 10 ** (-np.where(apart > 0, 12 * apart, -27 * apart) / 10)
    spread[spread < _NO_EXCITATION] = 0
    return np.asarray(spread / spread.sum(axis=0), np.float32)


_SPREADING = _spreading()
_SHARES = np.interp(np.log(CENTRES), np.log(_SHARE_AT), _SHARE).astype(np.float32)


def excitation(bands: Real) -> Real:
    """Power that each band's place on the basilar membrane gets from all bands; shape (spectra, BANDS)."""
    return np.asarray(bands @ _SPREADING, np.float32)


def usual_change(irregularity: Real) -> Real:
    """The change that irregularity alone would hide, in dB: what extraction expects of a cell."""
    return np.asarray(np.clip(_SHARES * irregularity, LEAST, USUALLY_MOST), np.float32)


def wanted_change(agreement: Real, irregularity: Real) -> Real:
    """How far to push each cell in the direction of its sign, in dB.

    Where the sound already leans that way, less; where it leans against it, more: so the sound itself stands less in
    the way of its mark than it would if the mark knew nothing of it (improved spread spectrum: Malvar and Florencio,
    IEEE Trans. Signal Processing 51, 2003).

    Args:
        agreement: ndarray of shape (spectra, BANDS), dB: surprise of each cell, times its sign.
        irregularity: how large surprises usually are nearby, dB.
    """
    lean = np.clip(agreement, -2 * irregularity, 2 * irregularity)
    return np.asarray(np.clip(usual_change(irregularity) - _COMPENSATION * lean, 0, MOST), np.float32)


def permitted_change(bands: Real) -> Real:
    """The largest change of each cell that masking allows, in dB, up or down.

    Args:
        bands: ndarray of shape (spectra, BANDS): mean squares.
    """
    own = np.maximum(bands, np.float32(1e-20))
    masker = np.maximum(bands, excitation(bands))
    earlier = np.concatenate([np.repeat(masker[:1], _LOOK_BACK, axis=0), masker[:-_LOOK_BACK]])[: len(masker)]
    return np.asarray(20 * np.log10(1 + _BEFORE_ONSET * np.sqrt(earlier / own)), np.float32)
