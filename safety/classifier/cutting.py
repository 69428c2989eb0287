"""Cuts a text into units: words, and single characters in scripts that are written without spaces.

A character of Thai is a quarter of a word, one of Chinese or Japanese about half of one. Whatever is near something or
long is so in words, which ``widths`` count.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

WORD = 4
"""The width of a word: widths are counted in quarters of one."""

_IDEOGRAPHS = ((0x3040, 0x3100), (0x3400, 0xA000), (0xF900, 0xFB00), (0x20000, 0x34000))
_ALPHABETS = ((0x0E00, 0x0F00), (0x1000, 0x10A0), (0x1780, 0x1800))
"""Code points of scripts written without spaces, half open: ideographs and kana; Thai, Lao, Burmese, Khmer."""
_IN_WORD = re.compile("[\\w\u0300-\u036f\u0900-\u0dff]+")

_WORDS, _IDEOGRAPH, _LETTER = 1, 2, 3
_WIDTHS = np.array([0, WORD, WORD // 2, WORD // 4], dtype=np.uint8)
"""Of units, by their kind."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A text of n units.

    Attributes:
        starts, ends: of each unit, ints of shape (n,).
        widths: of each unit, in quarters of a word, shape (n,).
    """

    starts: NDArray[np.intp]
    ends: NDArray[np.intp]
    widths: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.starts)

    def part(self, begin: int, end: int, moved: int = 0) -> Cut:
        """Some of the units, as units of a text in which they stand ``moved`` characters later."""
        chosen = slice(begin, end)
        return Cut(self.starts[chosen] + moved, self.ends[chosen] + moved, self.widths[chosen])


def code_points(text: str) -> NDArray[np.uint32]:
    """The characters of a text as numbers."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint32)


def cut(code: NDArray[np.uint32]) -> Cut:
    """Cut a canonical text, given as code points."""
    kind = np.zeros(len(code) + 2, dtype=np.uint8)
    kind[1:-1] = _kinds().take(code, mode="clip")
    inside, alone = kind > 0, kind > _WORDS
    inner = inside[1:-1]
    apart = alone[:-1] | alone[1:]  # each character and the one before
    begins, ends = inner & (apart[:-1] | ~inside[:-2]), inner & (apart[1:] | ~inside[2:])
    starts = begins.nonzero()[0]
    return Cut(starts, ends.nonzero()[0] + 1, _WIDTHS.take(kind.take(starts + 1)))


def letters(code: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Which characters are letters, digits or signs on them; all others part words."""
    kind = _kinds().take(code, mode="clip")
    found: NDArray[np.bool_] = np.logical_and(kind, code != ord("_"))
    return found


def joined(parts: Sequence[Cut]) -> Cut:
    """Units of parts of a text, one after another."""
    return Cut(
        np.concatenate([part.starts for part in parts]),
        np.concatenate([part.ends for part in parts]),
        np.concatenate([part.widths for part in parts]),
    )


def places(widths: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Where each of n units begins and the last ends, in quarters of a word, shape (n + 1,)."""
    found = np.zeros(len(widths) + 1, dtype=np.intp)
    widths.cumsum(out=found[1:])
    return found


@cache
def _kinds() -> NDArray[np.uint8]:
    """Of each code point whether it is part of a word or a unit by itself; the last for all above."""
    kinds = np.zeros(_IDEOGRAPHS[-1][1] + 1, dtype=np.uint8)
    for match in _IN_WORD.finditer("".join(map(chr, range(len(kinds) - 1)))):
        kinds[match.start() : match.end()] = _WORDS
    for kind, scripts in ((_IDEOGRAPH, _IDEOGRAPHS), (_LETTER, _ALPHABETS)):
        for begin, end in scripts:
            kinds[begin:end] = kind
    return kinds
