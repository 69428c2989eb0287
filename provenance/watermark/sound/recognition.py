"""Tell whether a sound carries a payload that another source names, where its mark is too faint to be read.

    recognition = Recognition(payload, key)
    for stretch in stretches(...):
        recognition.examine(stretch)
    recognition.detection()

To read a payload and its check bits is to choose one of 2**104 messages; to tell one that the picture or a manifest
names takes two thirds of the strength. Its whole pattern is known, of which the template is a sixth, so all of it shows
where it lies.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from touchmark.provenance.watermark import code, statistics
from touchmark.provenance.watermark.codebook import Codebook
from touchmark.provenance.watermark.protocol import Detection, MarkState, NamedBy, Payload, Segment, WatermarkKey
from touchmark.provenance.watermark.sound.evidence import Stretch
from touchmark.provenance.watermark.sound.pattern import Pattern
from touchmark.provenance.watermark.sound.reading import bits
from touchmark.provenance.watermark.sound.synchronise import PLACES, TESTS, Alignment, Cells, Finder

_LEVEL: Final = 1e-9
"""Below this p-value, everything counted, a sound carries a payload that was named beforehand."""
_SEARCHES: Final = 3
"""Ways to look at a stretch. Each has an equal share of the account, whether or not it was gone."""


def log_chance(stretch: Stretch, place: Alignment, pattern: Pattern, book: Codebook) -> float:
    """Natural logarithm of the probability that the one payload of ``book``, if it is not there, fits as well.

    By the signs of the bits, given how clearly each is heard, as the picture's
    :meth:`touchmark.provenance.watermark.reading.Reader.named` has it. The template helps to find the place and has no
    say in whose it is: it is there whatever the payload.
    """
    soft = bits(Cells.of(stretch, place).folded(), pattern)
    _, z = book.nearest(soft)
    return statistics.log_exact_tail(soft, z, statistics.Drawn.SIGNS)


class Recognition:
    """One search for one payload under one key, with the account of everything that was tried."""

    def __init__(self, payload: Payload, key: WatermarkKey) -> None:
        self._payload = payload
        self._key = key
        self._pattern = Pattern.of(key)
        self._book = Codebook.of([payload], key)
        self._signs = self._pattern.carrying(code.encode(payload, key))
        self._finder = Finder(self._signs)
        self._likeliest: _Trial | None = None
        self._timeline: list[Segment] = []

    def examine(self, stretch: Stretch, *, anyhow: bool) -> None:
        """Look through one stretch, ``anyhow`` at any tempo and pitch as well."""
        best = min(self._trials(stretch, anyhow), key=lambda trial: trial.log_p)
        if self._likeliest is None or best.log_p < self._likeliest.log_p:
            self._likeliest = best
        hop = stretch.framing.hop_seconds
        begin, end = stretch.first * hop, (stretch.first + stretch.count) * hop
        self._timeline.append(Segment(begin, end, statistics.paid_tail(best.log_p)))

    def _trials(self, stretch: Stretch, anyhow: bool) -> Iterator[_Trial]:
        yield self._trial(stretch, self._finder.as_it_was(stretch)[0], PLACES)
        if self._likeliest is not None:
            yield self._trial(stretch, self._likeliest.place.gone_on(self._likeliest.stretch, stretch), 1)
        if anyhow:
            once = Finder(self._signs)  # what it draws for this takes 14 MB, and is not kept
            yield self._trial(stretch, once.anyhow(stretch)[0], TESTS)

    def _trial(self, stretch: Stretch, place: Alignment, places: float) -> _Trial:
        """At the best of so many places."""
        log_p = log_chance(stretch, place, self._pattern, self._book)
        return _Trial(log_p + math.log(_SEARCHES * places), place, stretch)

    def detection(self, payloads: int) -> Detection | None:
        """What all stretches together say, where so many ``payloads`` were named; None where this one is not there."""
        if self._likeliest is None:
            return None
        p_value = statistics.paid_tail(self._likeliest.log_p, payloads * len(self._timeline))
        if p_value > _LEVEL:
            return None
        timeline = tuple(self._timeline)
        return Detection(MarkState.VERIFIED, self._key.key_id, self._payload, p_value, timeline, named_by=NamedBy.FILE)


@dataclass(frozen=True, slots=True)
class _Trial:
    """How well the payload fits at a place in a stretch.

    Attributes:
        log_p: natural logarithm of the probability that one that is not there fits as well, all places paid for.
    """

    log_p: float
    place: Alignment
    stretch: Stretch
