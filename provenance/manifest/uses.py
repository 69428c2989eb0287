"""What a manifest says of its content's use for training models and for mining data. Pure, and believes nothing.

    uses_of(assertions)     # of ``cawg.training-mining``, or of ``c2pa.training-mining`` as it was before

A permission is what is written so in all places and by the words of the standard
(https://cawg.io/training-and-data-mining/1.1/); whatever else stands there is unknown, and permits nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from touchmark.provenance.manifest.inputs import PURPOSES, Use

LABELS: Final = ("cawg.training-mining", "c2pa.training-mining")
_PREFIXES: Final = ("cawg.", "c2pa.")
_MOST: Final = 16
_MOST_TEXT: Final = 200


@dataclass(frozen=True, slots=True)
class ReportedUse:
    """What is said of one purpose.

    Attributes:
        purpose: such as ``ai_training``, or as it is written where it is none of the standard's; empty where the whole
            cannot be read. Signer's text.
        use: what of it; None where that is not known: it is no word of the standard, or there are several.
        constraint: under what condition, where it is constrained. Signer's text.
    """

    purpose: str
    use: Use | None
    constraint: str = ""


def uses_of(assertions: Iterable[object]) -> tuple[ReportedUse, ...]:
    """Of the data of these assertions, each purpose once, in the order of the standard and then as they are written."""
    found: dict[str, ReportedUse] = {}
    for told in (one for data in assertions for one in _told(data)):
        before = found.setdefault(told.purpose, told)
        if before != told:
            found[told.purpose] = ReportedUse(told.purpose, None)
    known = [found.pop(purpose) for purpose in PURPOSES if purpose in found]
    return (*known, *found.values())[:_MOST]


def _told(data: object) -> Iterator[ReportedUse]:
    entries = data.get("entries", data) if isinstance(data, Mapping) else None
    if not isinstance(entries, Mapping) or not entries or len(entries) > _MOST:
        yield ReportedUse("", None)
        return
    for name, entry in entries.items():
        prefix, purpose = str(name)[:5], str(name)[5:]
        if prefix in _PREFIXES and purpose in PURPOSES:
            use = _use(purpose, entry)
            # Some leave out the map around them: what they forbid is heard, what they permit is not.
            yield ReportedUse(purpose, None) if entries is data and use.use is Use.ALLOWED else use
        else:
            yield ReportedUse(str(name)[:_MOST_TEXT], None)


def _use(purpose: str, entry: Any) -> ReportedUse:
    use = entry.get("use") if isinstance(entry, Mapping) else None
    if not isinstance(use, str) or use not in tuple(Use):
        return ReportedUse(purpose, None)
    constraint = entry.get("constraint_info")
    if use != Use.CONSTRAINED:
        return ReportedUse(purpose, Use(use) if constraint in (None, "") else None)
    if not isinstance(constraint, str) or not constraint.strip():
        return ReportedUse(purpose, None)
    return ReportedUse(purpose, Use.CONSTRAINED, constraint[:_MOST_TEXT])
