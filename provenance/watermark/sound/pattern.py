"""The keyed pattern of the sound mark: a sign for each cell of time and frequency.

Sound is divided into cells of CELL seconds by one of BANDS bands. A cell whose sign is +1 is made a little louder than
it was, one of -1 a little softer. The pattern has ROWS rows of time and then begins anew, so that every stretch of
ROWS * CELL seconds (just under ten) holds it whole, wherever it was cut.

Some of the cells, chosen by the key, are the *template*: always there, so that extraction finds where the pattern lies.
Each of the others carries one code bit of the payload and changes its sign where the bit is 1.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.watermark.code import CODE_BITS
from touchmark.provenance.watermark.keyring import generator, subkey
from touchmark.provenance.watermark.protocol import Payload, WatermarkKey

Real = NDArray[np.float32]

HOP: Final = 0.012
"""Seconds from one short spectrum to the next."""
FRAMES_PER_CELL: Final = 5
CELL: Final = HOP * FRAMES_PER_CELL
"""Seconds a cell lasts. Measured against 64 ms by 62 Hz and 64 ms by 125 Hz: best on voices, piano and band alike."""
ROWS: Final = 166
"""Cells of time until the pattern repeats: 9.96 s."""

_LOWEST, _HIGHEST = 250.0, 7000.0
"""Hz. Below, rooms and voices are loudest and a tone fills a cell; above, sound at 16,000 samples a second ends."""
_NARROWEST, _RELATIVE = 83.0, 0.02
"""Width of a band in Hz, and from where that is more, as a share of its frequency: a copy whose pitch is known to a
quarter of a percent still meets its bands."""

_TEMPLATE_SHARE = 0.16
"""Share of the cells that belong to the template. Finding takes far less than reading 104 bits does."""


def _band_edges() -> NDArray[np.float64]:
    edges = [_LOWEST]
    while edges[-1] < _HIGHEST:
        edges.append(edges[-1] + max(_NARROWEST, _RELATIVE * edges[-1]))
    return np.array(edges)


EDGES: Final = _band_edges()
"""Hz, of shape (BANDS + 1,)."""
BANDS: Final = EDGES.size - 1
CENTRES: Final = (EDGES[:-1] + EDGES[1:]) / 2
"""Hz, of shape (BANDS,)."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """The pattern of one key.

    Attributes:
        signs: ndarray of shape (ROWS, BANDS), +1 or -1, before the payload is written in.
        bit: ndarray of shape (ROWS, BANDS): which code bit a cell carries; -1 for a cell of the template.
    """

    signs: Real
    bit: NDArray[np.intp]

    @classmethod
    def of(cls, key: WatermarkKey) -> Pattern:
        """Draw signs and bit positions from the key.

        Code bits are dealt out like packs of cards, each shuffled anew, from the lowest band to the highest: every bit
        has a cell in every few bands, so that none is lost with the treble.
        """
        count = ROWS * BANDS
        signs = 1 - 2 * generator(key, "sound signs").integers(0, 2, (ROWS, BANDS))
        random = generator(key, "sound bits")
        template = np.zeros(count, np.bool_)
        template[random.permutation(count)[: round(_TEMPLATE_SHARE * count)]] = True
        carriers = np.flatnonzero(~template.reshape(BANDS, ROWS).ravel())
        packs = -(-carriers.size // CODE_BITS)
        bit = np.full(count, -1, np.intp)
        bit[carriers] = np.concatenate([random.permutation(CODE_BITS) for _ in range(packs)])[: carriers.size]
        return cls(signs.astype(np.float32), np.ascontiguousarray(bit.reshape(BANDS, ROWS).T))

    @property
    def template(self) -> NDArray[np.bool_]:
        """True where a cell is part of the template; shape (ROWS, BANDS)."""
        return self.bit < 0

    @property
    def known(self) -> Real:
        """The signs of the template, 0 elsewhere: what is known whatever the payload; shape (ROWS, BANDS)."""
        return np.where(self.template, self.signs, 0).astype(np.float32)

    def carrying(self, code_bits: NDArray[np.uint8]) -> Real:
        """The signs with a payload written in; shape (ROWS, BANDS)."""
        return np.where(self.template, self.signs, self.signs * (1.0 - 2.0 * code_bits[self.bit])).astype(np.float32)


def first_row(payload: Payload, key: WatermarkKey) -> int:
    """The row with which a sound that carries ``payload`` begins.

    It differs from payload to payload, so that whoever averages many marked sounds from their starts averages the
    pattern away instead of the sounds. Extraction searches all starts anyway.
    """
    mac = hashlib.blake2b(payload.to_bytes(), digest_size=4, key=subkey(key, "sound start")).digest()
    return int.from_bytes(mac, "big") % ROWS
