"""The false-positive account of a search: every key costs its own test, in the picture and in the sound.

A detection's p-value pays for all that was tried with one key in one medium. Whoever asks with several, and takes the
best answer, has had that many chances to be wrong (Bonferroni; the union bound of :mod:`statistics`). A payload that
verifies is no exception: of a thousand likeliest messages, in every passage of a long film, for every key, one does so
by chance sooner than forty check bits suggest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from touchmark.provenance.watermark.protocol import Detection, MarkState
from touchmark.provenance.watermark.statistics import PRESENCE_LEVEL


def paid(detections: Iterable[Detection], tests: int) -> tuple[Detection, ...]:
    """The same detections, each as one of ``tests``; what is then no longer beyond chance was not found."""
    return tuple(_paid(detection, tests) for detection in detections)


def _paid(detection: Detection, tests: int) -> Detection:
    p_value = min(1.0, detection.p_value * max(1, tests))
    if p_value >= PRESENCE_LEVEL:
        return Detection(MarkState.NOTHING_FOUND, detection.key_id)
    return replace(detection, p_value=p_value)
