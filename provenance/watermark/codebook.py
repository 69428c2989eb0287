"""The code words of payloads that may be there: to tell which of them faint bits belong to, where none can be read.

    book = Codebook(np.array([payload.value for payload in registered], np.uint64), key)
    payload, z = book.nearest(evidence)

To read 64 bits and 40 check bits takes some 12 standard deviations, as much as to choose among 2**104 messages. To
choose among a million takes 9, and to recognise one 7.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.watermark.code import CODE_BITS, encode_all
from touchmark.provenance.watermark.protocol import Payload, WatermarkKey

_AT_ONCE: Final = 1 << 14
_SIGNS: Final = 1 - 2 * np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).astype(np.float32)


class Codebook:
    """Payloads, and what each looks like under one key."""

    def __init__(self, payloads: NDArray[np.uint64], key: WatermarkKey) -> None:
        """Encode ``payloads``, of shape (n,): two seconds for a million."""
        self.payloads = payloads
        self._words = encode_all(payloads, key)

    @classmethod
    def of(cls, payloads: Sequence[Payload], key: WatermarkKey) -> Codebook:
        """Of a few."""
        return cls(np.array([payload.value for payload in payloads], np.uint64), key)

    def grown(self, payloads: NDArray[np.uint64], key: WatermarkKey) -> Codebook:
        """Of ``payloads``, under the same key; where they are these with others before them, only those are encoded."""
        begin = np.flatnonzero(payloads == self.payloads[0]) if len(self) else np.zeros(0, np.intp)
        new = int(begin[0]) if begin.size else len(payloads)
        old = len(payloads) - new
        if not old or not np.array_equal(payloads[new:], self.payloads[:old]):
            return Codebook(payloads, key)
        book = Codebook(payloads[:new], key)
        book.payloads, book._words = payloads, np.concatenate([book._words, self._words[:old]])
        return book

    def __len__(self) -> int:
        return len(self.payloads)

    def nearest(self, evidence: NDArray[np.floating]) -> tuple[Payload, float]:
        """The payload that agrees best with the evidence, and how well, in standard deviations.

        Args:
            evidence: ndarray of shape (CODE_BITS,): log-likelihood ratio of each code bit (any common scale), positive
                where 0 is likelier.

        Raises:
            ValueError: there is no payload.
        """
        by_byte = np.asarray(evidence, np.float32).reshape(-1, 8) @ _SIGNS.T  # what each byte of a word would add
        place = np.arange(CODE_BITS // 8)
        parts = (self._words[at : at + _AT_ONCE] for at in range(0, len(self), _AT_ONCE))
        agreement = np.concatenate([by_byte[place, words].sum(axis=1) for words in parts])
        best, power = int(np.argmax(agreement)), float(np.sum(np.square(evidence, dtype=np.float64)))
        return Payload(int(self.payloads[best])), float(agreement[best]) / math.sqrt(power) if power > 0 else 0.0


def _none_registered(key: WatermarkKey) -> Codebook:
    return Codebook(np.zeros(0, np.uint64), key)


@dataclass(frozen=True, slots=True)
class Expected:
    """Payloads that may be there.

    Attributes:
        named: by the file itself: by its manifest, or by a mark in its sound.
        registered: gives all that were sealed under a key; asked only where a mark of that key seems to be.
    """

    named: Sequence[Payload] = ()
    registered: Callable[[WatermarkKey], Codebook] = _none_registered


NOTHING_EXPECTED: Final = Expected()
