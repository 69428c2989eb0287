"""Where two readings of a prompt differ: they repeat one another for all but a few letters.

Whatever reads a prompt in each of its readings looks at the whole of the first, and of the others at what is new.
"""

from __future__ import annotations

from collections.abc import Callable


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
