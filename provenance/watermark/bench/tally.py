"""Results of several clips counted together, for tables and pages."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from touchmark.provenance.watermark.bench.attacks import ATTACKS, Family
from touchmark.provenance.watermark.bench.trial import Result, Row
from touchmark.provenance.wording import printable


@dataclass(frozen=True, slots=True)
class Tally:
    """One attack over all clips.

    Attributes:
        attack: its name.
        family, label: as the registry has them.
        tried, decoded: numbers of clips.
        bit_accuracy: mean over the clips.
        weakest: the largest p-value among clips that were decoded, None where there is none.
        extract_ms_per_frame: mean over the clips.
    """

    attack: str
    family: Family
    label: str
    tried: int
    decoded: int
    bit_accuracy: float
    weakest: float | None
    extract_ms_per_frame: float


def tally(results: Sequence[Result]) -> list[Tally]:
    """One for each attack that was tried on any of ``results``, in the order of the registry."""
    rows: dict[str, list[Row]] = {}
    for result in results:
        for row in result.rows:
            rows.setdefault(row.attack, []).append(row)
    return [_of(name, rows[name]) for name in ATTACKS if name in rows]


def by_mark(results: Sequence[Result]) -> Iterator[tuple[str, list[Result]]]:
    """The results of each mark, in the order in which marks first occur."""
    for mark in dict.fromkeys(result.mark for result in results):
        yield mark, [result for result in results if result.mark == mark]


def visible(text: str) -> str:
    """Names of files are other people's text: no control character of theirs reaches a terminal or a page."""
    shown = printable(text)
    return shown if len(shown) <= 60 else shown[:59] + "…"


def chance(p_value: float | None) -> str:
    """A p-value as tables show it."""
    return "" if p_value is None else f"{p_value:.0e}"


def _of(name: str, rows: Sequence[Row]) -> Tally:
    p_values = [row.p_value for row in rows if row.decoded and row.p_value is not None]
    return Tally(
        attack=name,
        family=ATTACKS[name].family,
        label=ATTACKS[name].label,
        tried=len(rows),
        decoded=sum(row.decoded for row in rows),
        bit_accuracy=statistics.mean(row.bit_accuracy for row in rows),
        weakest=max(p_values, default=None),
        extract_ms_per_frame=statistics.mean(row.extract_ms_per_frame for row in rows),
    )
