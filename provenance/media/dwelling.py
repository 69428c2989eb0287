"""Whether a few of a film's pictures are shown for most of its time, as no camera takes them. Pure.

dwelling(stamps, end)       # True of a hundred pictures of a millisecond and one of a minute
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

_FEW: Final = 20
"""One in so many; a mark in more of them is found among the rest."""
_LONG: Final = 0.5
"""Share of the time."""


def dwelling(stamps: Sequence[int], end: float) -> bool:
    """Whether the longest that are shown, one in twenty or one, take more than half of the time.

    Args:
        stamps: when each picture begins, in any order and any unit.
        end: of the last.
    """
    if len(stamps) < _FEW // 2:  # too few to hide among
        return False
    times = np.unique(np.asarray(stamps, np.float64))
    shown = np.sort(np.diff(times, append=max(float(end), times[-1])))
    few = max(len(shown) // _FEW, 1)
    return bool(shown[-few:].sum() > _LONG * shown.sum())
