"""Read a payload from a stretch of sound in which the pattern was found, and test single seconds for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from touchmark.provenance.watermark import code, statistics
from touchmark.provenance.watermark.protocol import Payload, Segment, WatermarkKey
from touchmark.provenance.watermark.sound.evidence import Stretch
from touchmark.provenance.watermark.sound.pattern import Pattern, Real
from touchmark.provenance.watermark.sound.synchronise import Alignment, Cells, correlation, log_tail


@dataclass(frozen=True, slots=True)
class Reading:
    """One attempt.

    Attributes:
        payload: what was read, None unless it verified.
        guess: the likeliest payload, verified or not, to measure bit accuracy.
        z: agreement of the cells that carry bits with the code word nearest to them.
        log_tail: natural logarithm of the probability that a given code word agrees as well by chance.
        signs: those cells' signs under that code word, 0 for the template: to test seconds with.
    """

    payload: Payload | None
    guess: Payload
    z: float
    log_tail: float
    signs: Real


def read(stretch: Stretch, alignment: Alignment, pattern: Pattern, key: WatermarkKey, candidates: int = 1) -> Reading:
    """Decode the likeliest payload; of several candidates, the likeliest that verifies."""
    cells = Cells.of(stretch, alignment).folded()
    odds = bits(cells, pattern)
    decoded = code.decode(odds, key) if candidates == 1 else code.decode_from(odds, key, candidates)
    signs = np.where(~pattern.template, pattern.carrying(decoded.code_bits), 0).astype(np.float32)
    z, log_p = correlation(cells, signs), log_tail(cells, signs)
    return Reading(decoded.payload, decoded.guess, z, log_p, signs)


def bits(cells: Real, pattern: Pattern) -> Real:
    """Evidence for each code bit, positive for 0: shape (CODE_BITS,), of cells of shape (ROWS, BANDS)."""
    carriers = ~pattern.template
    found = np.bincount(pattern.bit[carriers], (cells * pattern.signs)[carriers], minlength=code.CODE_BITS)
    return found.astype(np.float32)


def seconds(stretch: Stretch, alignment: Alignment, signs: Real, tests: float = 1.0) -> Iterator[Segment]:
    """P-values of the single seconds of a stretch, for a pattern that lies there as ``alignment`` says.

    Args:
        stretch: where to look.
        alignment: where the pattern lies.
        signs: ndarray of shape (ROWS, BANDS), 0 for cells that do not count.
        tests: how many alignments this one was chosen from by the same evidence.
    """
    cells = Cells.of(stretch, alignment)
    begin = round(stretch.first * stretch.framing.hop_seconds)
    end = (stretch.first + stretch.count) * stretch.framing.hop_seconds
    for second in range(begin, max(begin + 1, round(end))):
        inside = (cells.middle >= second) & (cells.middle < second + 1)
        p_value = statistics.paid_tail(log_tail(cells.values[inside], signs[cells.row[inside]]), tests)
        yield Segment(float(second), float(min(second + 1, max(end, second + 0.001))), p_value)
