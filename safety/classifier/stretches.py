"""Which stretches of a text are scored, and which are learnt. All widths are in quarters of a word."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from touchmark.safety.classifier.cutting import WORD, Cut, places

WINDOW = 32 * WORD
"""The width of a window, about that of a prompt in the training sets: padding around a harm does not dilute it."""

NARROW = (8 * WORD, 12 * WORD, 16 * WORD)
"""Widths of windows of texts too long to be scored whole: a few words among many others, no stop between them."""

LONGEST = 64 * WORD
"""Longer stretches are not scored as one: much that is faintly suspect would add up to a harm that no part holds."""

_SENTENCE_END = re.compile(r"[.!?;\u0964\u061f\u3002\uff01\uff1f]+")


def stretches(text: str, parts: Cut) -> NDArray[np.intp]:
    """The stretches of units to score: the whole if it is short, each sentence, and overlapping windows.

    Args:
        text: canonical.
        parts: its units.

    Returns:
        ints of shape (k, 2): from unit, to unit (exclusive), none empty, none wider than ``LONGEST``, no duplicates.
    """
    count, at = len(parts), places(parts.widths)
    begin, end = _sentences(text, parts)
    use = at.take(end) - at.take(begin) <= LONGEST
    windows = at.searchsorted(_windows(int(at[-1])))
    begin, end = np.concatenate((windows[0], begin[use])), np.concatenate((windows[1], end[use]))
    pairs = (begin * (count + 1) + end)[begin < end]
    pairs.sort()
    once = np.ones(len(pairs), dtype=np.bool_)
    np.not_equal(pairs[1:], pairs[:-1], out=once[1:])
    pairs = pairs[once]
    found = np.empty((len(pairs), 2), dtype=np.intp)
    np.divmod(pairs, count + 1, out=(found[:, 0], found[:, 1]))
    return found


@lru_cache(maxsize=1 << 9)
def _windows(width: int) -> NDArray[np.intp]:
    """The windows of a text of such a width, and the whole if it is short, ints of shape (2, k): from, to."""
    whole = [(width, width)] * (0 < width <= LONGEST)
    sizes = [(WINDOW, WINDOW // 2)] * (width > WINDOW) + [(size, size // 4) for size in NARROW] * (width > LONGEST)
    begins = [np.arange(0, width - size // 2, step) for size, step in (*whole, *sizes)]
    lengths = np.array([size for size, _ in (*whole, *sizes)], dtype=np.intp)
    begin = np.concatenate((np.zeros(0, dtype=np.intp), *begins))
    return np.stack((begin, np.minimum(begin + lengths.repeat([*map(len, begins)]), width)))


def passages(text: str, parts: Cut, *, harmless: bool) -> NDArray[np.intp]:
    """A text as it is learnt: whole if it is short, or else in windows side by side.

    No part of a harmless text may score high, so each sentence is learnt too, and windows of every size that a long
    text is scored in. Which part of a harmful text makes it so is not known.

    Returns:
        ints of shape (k, 2), as of :func:`stretches`; at least one, which is empty if the text is.
    """
    at = places(parts.widths)
    width = int(at[-1])
    sizes = (width,) if width <= LONGEST else (WINDOW, *NARROW) if harmless else (WINDOW,)
    found = {
        pair for size in sizes for pair in pairwise(at.searchsorted([*range(0, width, size or 1), width]).tolist())
    }
    if harmless:
        begin, end = _sentences(text, parts)
        use = (begin < end) & (at.take(end) - at.take(begin) <= LONGEST)
        found |= set(zip(begin[use].tolist(), end[use].tolist(), strict=True))
    return np.asarray(sorted(found or {(0, 0)}), dtype=np.intp)


def _sentences(text: str, parts: Cut) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """From and to which unit (exclusive) each sentence goes; some are empty."""
    marks = [mark.start() for mark in _SENTENCE_END.finditer(text)]
    edges = np.zeros(len(marks) + 2, dtype=np.intp)
    edges[1:-1] = parts.starts.searchsorted(marks)
    edges[-1] = len(parts)
    return edges[:-1], edges[1:]
