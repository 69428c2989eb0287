"""Where in a video a mark lies, second by second. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from touchmark.provenance.watermark.protocol import Detection, Segment

MARKED = 1e-3
"""P-value of a stretch below which the mark that was read is taken to lie there; it is counted and drawn by that."""
LIKELY = 1e-2
"""P-value below which a stretch is drawn as likely marked. Nothing is concluded from it."""


def marked_segments(detection: Detection) -> list[Segment]:
    """The stretches in which the mark that was read lies."""
    return [segment for segment in detection.timeline if segment.p_value < MARKED]


def lie_together(picture: Detection, sound: Detection) -> bool:
    """Whether the shorter of two marks lies for the better part where the other lies; so too where no times are known.

    A forger gains nothing by keeping them apart: the verdict on the picture does not rest on the sound.
    """
    seen, heard = marked_segments(picture), marked_segments(sound)
    if not seen or not heard:
        return True
    shorter = min(sum(segment.end - segment.start for segment in segments) for segments in (seen, heard))
    return _overlap(seen, heard) > shorter / 2


def _overlap(first: Sequence[Segment], second: Sequence[Segment]) -> float:
    """Seconds that two lists of stretches, each in order of time, have in common."""
    total, i, j = 0.0, 0, 0
    while i < len(first) and j < len(second):
        total += max(0.0, min(first[i].end, second[j].end) - max(first[i].start, second[j].start))
        if first[i].end <= second[j].end:
            i += 1
        else:
            j += 1
    return total
