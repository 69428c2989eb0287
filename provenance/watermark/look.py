"""Looks at evidence, for several keys: what was found, and whether more pictures may show what these did not.

look = Look.at(gather(frames), keys, Effort.ALL)
look.found                     # for each key; everything that was tried is in its p-value
hinted([look])
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from touchmark.provenance.watermark.codebook import Expected
from touchmark.provenance.watermark.extraction import Again, Effort, Extraction
from touchmark.provenance.watermark.measuring import Gauge
from touchmark.provenance.watermark.protocol import Detection, MarkState, WatermarkKey
from touchmark.provenance.watermark.residual import TimedEvidence
from touchmark.provenance.watermark.view import views_of

_HINT = 5.7
"""Fit as it came, on average over looks that found nothing, above which all pictures are decoded: one unmarked video in
fifty reaches it."""
_HINT_ELSEWHERE = 9.0
"""The same under the best of many geometries."""
_SUSPICIOUS = 8.5
"""The same above which others than key frames are searched as thoroughly as these."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at some evidence found.

    Attributes:
        found: for each key.
        upright: for each key, how well it fits at best as it came or mirrored: see :attr:`Alignment.z`.
        elsewhere: the same under any other geometry that was tried.
    """

    found: tuple[Detection, ...]
    upright: tuple[float, ...]
    elsewhere: tuple[float, ...]
    _extractions: tuple[Extraction, ...] = field(default=(), repr=False)

    @classmethod
    def at(
        cls,
        stretches: Sequence[TimedEvidence],
        keys: Sequence[WatermarkKey],
        effort: Effort,
        again: Again | None = None,
        *,
        key_frames_apart: bool = False,
    ) -> Look:
        """At all of it together, then, where asked for, at its key frames alone: in the others, what moves has taken
        the pattern with it."""
        views = views_of(stretches, key_frames_apart)
        if not views:
            nothing = tuple(Detection(MarkState.NOTHING_FOUND, key.key_id) for key in keys)
            return cls(nothing, (0.0,) * len(keys), (0.0,) * len(keys))
        gauge = Gauge()
        extractions = tuple(Extraction(views, key, gauge, again) for key in keys)
        found = tuple(extraction.detection(effort) for extraction in extractions)
        best = [extraction.best for extraction in extractions]
        return cls(found, tuple(upright for upright, _ in best), tuple(elsewhere for _, elsewhere in best), extractions)

    def named(self, expected: Expected) -> tuple[Detection, ...]:
        """What was found for each key, or else which of the payloads that another source names: a mark of one is told
        where it is too faint to be read."""
        if self.verified:
            return self.found
        asked = zip(self.found, self._extractions, strict=False)  # of nothing to look at there are none
        return tuple(extraction.named(expected) or found for found, extraction in asked) or self.found

    @property
    def verified(self) -> bool:
        """Whether a payload was read with any key."""
        return is_read(self.found)

    @property
    def suspicious(self) -> bool:
        """Whether some geometry fits better than that of most unmarked videos does by chance."""
        return any(fit > _SUSPICIOUS for fit in self.elsewhere)


def is_read(found: Iterable[Detection]) -> bool:
    """Whether there is a payload in one of them."""
    return any(detection.state is MarkState.VERIFIED for detection in found)


def hinted(looks: Sequence[Look]) -> bool:
    """Whether one of them saw a mark, or all of them together so much that more pictures may show one."""
    if any(detection.state is not MarkState.NOTHING_FOUND for look in looks for detection in look.found):
        return True
    upright = zip(*(look.upright for look in looks), strict=True)
    elsewhere = looks[-1].elsewhere
    return any(sum(fits) > _HINT * len(looks) for fits in upright) or any(fit > _HINT_ELSEWHERE for fit in elsewhere)
