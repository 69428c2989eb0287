"""Where two readings of a prompt differ: they repeat one another for all but a few letters.

Whatever reads a prompt in each of its readings looks at the whole of the first, and of the others at what is new.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

_LONGEST = 2_000
"""Characters of the longest texts that are compared letter by letter, which takes time by the product of lengths."""


class Difference(NamedTuple):
    """A stretch of a text, and the stretch of another that stands in its place; half open, either may be empty."""

    begin: int
    end: int
    other_begin: int
    other_end: int


@lru_cache(maxsize=64)
def differences(text: str, other: str) -> Sequence[Difference]:
    """Where a text differs from another, in order; what lies between is the same in both.

    Of long texts the one stretch between the beginning and the end that they share. Every reader of a prompt asks anew.
    """
    if max(len(text), len(other)) > _LONGEST:
        begin, end = unshared(text, other)
        return [Difference(begin, end, begin, end - len(text) + len(other))] if text != other else []
    edits = [edit for edit in Levenshtein.opcodes(other, text) if edit.tag != "equal"]
    return [Difference(edit.dest_start, edit.dest_end, edit.src_start, edit.src_end) for edit in edits]


def likest(text: str, others: Sequence[str]) -> int:
    """Which of some texts shares most of its beginning and end with a text."""
    if len(others) == 1:
        return 0
    sizes = [end - begin for begin, end in (unshared(text, other) for other in others)]
    return sizes.index(min(sizes))


def unshared(text: str, other: str) -> tuple[int, int]:
    """What is left of a text, half open, without the beginning and the end that it shares with another."""
    most = min(len(text), len(other))
    begin = _longest(most, lambda length: text[:length] == other[:length])
    tail = _longest(most - begin, lambda length: text[len(text) - length :] == other[len(other) - length :])
    return begin, len(text) - tail


def _longest(most: int, is_shared: Callable[[int], bool]) -> int:
    """The greatest length up to ``most`` that is shared; what holds for a length holds for every shorter one."""
    least = 0
    while least < most:
        middle = (least + most + 1) // 2
        if is_shared(middle):
            least = middle
        else:
            most = middle - 1
    return least
