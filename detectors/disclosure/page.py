"""Compliance on a terminal and as JSON, and the list of profiles. Text of strangers is made safe before it is shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from touchmark.detectors.disclosure.comply import Compliance, LineResult, ProfileResult, Result
from touchmark.detectors.disclosure.facts import shown_facts
from touchmark.detectors.disclosure.profile import Profile
from touchmark.detectors.text import safe_text
from touchmark.detectors.verdict import Outcome

SCHEMA_VERSION = 1
"""Of :func:`document`."""
NO_ADVICE = "This is no legal advice: it says what was found in the file, by the means that each line names."

_TICKS = {Result.PASS: ("✓", "green"), Result.FAIL: ("✗", "bold red"), Result.NOT_EXAMINED: ("·", "dim")}


def render(compliance: Compliance) -> RenderableType:
    """The whole result of one file."""
    return Group(
        Text(safe_text(compliance.verification.path, 200), style="bold"),
        *(_profile(one) for one in compliance.profiles),
        Padding(Text(_summary(compliance), style="bold green" if compliance.passes else "bold red"), (1, 0, 0, 0)),
        *_caution(compliance),
        Text(NO_ADVICE, style="dim"),
    )


def _profile(result: ProfileResult) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for line in result.lines:
        tick, style = _TICKS[line.result]
        table.add_row(Text(tick, style=style), Text(line.line.id), _told(line))
    title = Text.assemble((result.profile.name, "bold underline"), f"  {result.profile.title}")
    return Padding(Group(title, Padding(table, (0, 0, 0, 1))), (1, 0, 0, 0))


def _told(result: LineResult) -> Text:
    line = result.line
    told = Text(line.need, style="dim" if result.result is Result.NOT_EXAMINED else "")
    if result.problem:
        told.append(f"\n{result.problem}", style="red" if result.result is Result.FAIL else "dim")
    told.append(f"\n{line.source} (confidence {line.confidence.value})", style="dim")
    if result.result is Result.FAIL:
        told.append(f"\n{line.remedy}", style="yellow")
    return told


def _summary(compliance: Compliance) -> str:
    count = sum(len(one.lines) for one in compliance.profiles)
    passed = sum(line.result is Result.PASS for one in compliance.profiles for line in one.lines)
    return f"{passed} of {count} lines pass"


def _caution(compliance: Compliance) -> Iterator[RenderableType]:
    """Of a file that carries what is asked for, and is not to be trusted for that."""
    verdict = compliance.verification.verdict
    if verdict.outcome in (Outcome.CONTRADICTORY, Outcome.TAMPERED):
        yield Text(f"`touchmark verify` calls this file {verdict.outcome.value}: {verdict.headline}", style="yellow")


def listing(profiles: Sequence[Profile]) -> RenderableType:
    """What profiles there are, and what each asks for."""
    return Group(*(part for profile in profiles for part in _listed(profile)), Text(NO_ADVICE, style="dim"))


def _listed(profile: Profile) -> Iterator[RenderableType]:
    yield Text.assemble((profile.name, "bold"), f"  {profile.title}")
    yield Padding(Text(f"{profile.summary}\nIn force: {profile.in_force}. Checked {profile.checked}.", "dim"), (0, 1))
    table = Table.grid(padding=(0, 1))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for line in profile.checks:
        table.add_row(line.id, f"{line.need} ({line.source}; confidence {line.confidence.value})")
    for duty in profile.duties:
        table.add_row(Text("not in a file", style="dim"), Text(f"{duty.need} ({duty.source})", style="dim"))
    yield Padding(table, (0, 0, 1, 1))


def document(compliance: Compliance) -> dict[str, Any]:
    """The result as JSON holds it: text as found, escaped by nobody but JSON."""
    return {
        "schema_version": SCHEMA_VERSION,
        "file": str(compliance.verification.path),
        "sha256": compliance.verification.evidence.container.sha256,
        "passes": compliance.passes,
        "outcome": compliance.verification.verdict.outcome.value,
        "headline": compliance.verification.verdict.headline,
        "profiles": [
            {
                "name": one.profile.name,
                "title": one.profile.title,
                "in_force": one.profile.in_force,
                "checked": one.profile.checked,
                "passes": one.passes,
                "lines": [_line(line) for line in one.lines],
            }
            for one in compliance.profiles
        ],
        "facts": shown_facts(compliance.facts),
        "notice": NO_ADVICE,
    }


def _line(result: LineResult) -> dict[str, str]:
    line = result.line
    return {
        "id": line.id,
        "result": result.result.value,
        "need": line.need,
        "problem": result.problem,
        "source": str(line.source),
        "confidence": line.confidence.value,
        "tested": line.tested,
        "remedy": line.remedy,
    }
