"""The evidence that extraction looks at: cut into minutes, key frames apart, and where it repeats. No key has a say in
any of it, so one view serves all.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import groupby

import numpy as np

from touchmark.provenance.watermark.placement import EPOCH
from touchmark.provenance.watermark.repetition import Echoes, Repetition
from touchmark.provenance.watermark.residual import TimedEvidence, weighted

_CANDIDATES = 4
"""How many geometries are proposed without the key, after a first look in vain."""
_WINDOWS = 3
"""In how many minutes of a long video, spread over it, an unknown geometry is looked for."""
_PARTS = 12
"""Of what is not key frames, into which a minute is divided to trust some more than others."""


class View:
    """Some of the evidence: in minutes, because the pattern may move from one to the next, and as a whole."""

    def __init__(self, stretches: Sequence[TimedEvidence]) -> None:
        self.minutes = [list(members) for _, members in groupby(stretches, key=lambda s: s.start // EPOCH)]
        self.length = stretches[0].length
        self.evidence = [weighted(minute) for minute in self.minutes]
        self.parts = [_parts(minute) for minute in self.minutes]
        self._stretches = stretches
        self._echoes: dict[int, Echoes] = {}

    @cached_property
    def repetitions(self) -> list[Repetition]:
        """How the copy may have been turned and scaled. No key has a say, so one search serves all."""
        whole = self.echoes(0) if len(self.evidence) == 1 else Echoes(weighted(self._stretches))
        return whole.likeliest(_CANDIDATES)

    def echoes(self, minute: int) -> Echoes:
        """Where the evidence of a minute repeats; likewise."""
        if minute not in self._echoes:
            self._echoes[minute] = Echoes(self.evidence[minute])
        return self._echoes[minute]

    @property
    def spread(self) -> list[int]:
        """A few of the minutes, from beginning to end."""
        return sorted({round(at) for at in np.linspace(0, len(self.minutes) - 1, _WINDOWS)})


def _parts(minute: Sequence[TimedEvidence]) -> list[TimedEvidence]:
    """The same evidence in few enough parts to weigh one by one: key frames apart, of the others some at a time."""
    keys, others = ([s for s in minute if s.of_key_frames is is_key] for is_key in (True, False))
    size = -(-len(others) // _PARTS) or 1
    groups = (others[at : at + size] for at in range(0, len(others), size))
    return [*keys, *(TimedEvidence(g[0].start, g[-1].end, weighted(g)) for g in groups)]


def views_of(stretches: Sequence[TimedEvidence], key_frames_apart: bool) -> list[View]:
    """None where there is nothing to look at."""
    keys = [stretch for stretch in stretches if stretch.of_key_frames]
    apart = key_frames_apart and len(keys) < len(stretches)
    return [View(some) for some in (stretches, keys if apart else []) if some]
