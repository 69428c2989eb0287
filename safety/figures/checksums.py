"""Checksums of all words of a text in a few passes over arrays, so that a word never met costs what a known one does.

The checksum of a stretch is a polynomial of its letters (Karp and Rabin, 1987) modulo 2**64. Running sums over the text
give it for any stretch, whole or with a letter left out, and the same letters have the same checksum wherever they
stand. What collides is for the reader of the checksums to tell apart. Whether a checksum may be one of many is told at
once by a bit map of these (Bloom's filter with one hash), which never says no to one that is.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Checksums = NDArray[np.uint64]
Places = NDArray[np.intp]

BLANK: Final = 32
_BASE: Final = 0x9E3779B97F4A7C15
_INVERSE: Final = pow(_BASE, -1, 1 << 64)
_SPREAD: Final = np.uint64(0xD6E8FEB86659FD93)
UPPER_HALF: Final = np.uint64(0xFFFFFFFF00000000)


class Words:
    """The n words of a text, apart by single blanks; a word may be empty.

    Checksums have 32 bits and stand in the upper half of 64; the lower half is for what their readers put beside them.

    Args:
        letters: code points, from :func:`letters_of`.

    Attributes:
        letters: of the text, with a blank behind it.
        begins, ends, lengths: of each word, shape (n,).
    """

    __slots__ = ("_back", "_sums", "begins", "ends", "lengths", "letters")

    def __init__(self, letters: Checksums) -> None:
        self.letters = letters
        self.ends: Places = (letters == BLANK).nonzero()[0]
        self.begins: Places = np.empty_like(self.ends)
        self.begins[0], self.begins[1:] = 0, self.ends[:-1] + 1
        self.lengths: Places = self.ends - self.begins
        forth, self._back = _powers((len(letters) + 1).bit_length())
        self._sums = np.empty(len(letters) + 1, dtype=np.uint64)
        self._sums[0] = 0
        (letters * forth[: len(letters)]).cumsum(out=self._sums[1:])

    def __len__(self) -> int:
        return len(self.ends)

    def in_a_row(self, first: Places, count: Places | int = 1) -> Checksums:
        """Of so many words one after another, with the blanks between them."""
        begin, end = self.begins[first], self.ends[first + count - 1]
        return _mixed((self._sums[end] - self._sums[begin]) * self._back[begin]) & UPPER_HALF

    def shortened(self, chosen: NDArray[np.bool_]) -> tuple[Checksums, Places]:
        """Of some of the words with one letter left out, one after another; and of which word each is."""
        place = (chosen.repeat(self.lengths + 1) & (self.letters != BLANK)).nonzero()[0]
        word = self.ends.searchsorted(place)
        begin, end = self.begins[word], self.ends[word]
        sums, at_place = self._sums, self._sums[place]
        before, after = at_place - sums[begin], sums[end] - sums[place + 1]
        checksums = before * self._back[begin] + after * self._back[begin + 1]
        return _mixed(checksums) & UPPER_HALF, word


def letters_of(text: str) -> Checksums:
    """The code points of a text, with a blank behind it."""
    return np.frombuffer(f"{text} ".encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)


def bit_map(checksums: Checksums) -> NDArray[np.uint8]:
    """A bit for each among 16 to 32 times as many, so that one stranger in 20 passes."""
    bits = np.zeros(1 << max(3, (16 * len(checksums)).bit_length()), dtype=np.uint8)
    bits[_mixed(checksums) >> _but(len(bits))] = 1
    return np.packbits(bits, bitorder="little")


def may_hold(bits: NDArray[np.uint8], checksums: Checksums) -> NDArray[np.bool_]:
    """For each checksum whether it may be one of those that the bit map was made of."""
    place = _mixed(checksums) >> _but(8 * len(bits))
    marked: NDArray[np.bool_] = (bits[place >> np.uint64(3)] >> (place & np.uint64(7)).astype(np.uint8) & 1) > 0
    return marked


def _mixed(checksums: Checksums) -> Checksums:
    """The upper bits depend on all."""
    return checksums * _SPREAD


def _but(size: int) -> np.uint64:
    """How many bits to leave out for a number below a power of two."""
    return np.uint64(65 - size.bit_length())


@lru_cache(maxsize=32)
def _powers(bits: int) -> tuple[Checksums, Checksums]:
    """The powers of the base and of its inverse, as many as numbers of so many bits."""
    forth, back = (np.full(1 << bits, base, dtype=np.uint64) for base in (_BASE, _INVERSE))
    forth[0] = back[0] = 1
    return np.multiply.accumulate(forth), np.multiply.accumulate(back)
