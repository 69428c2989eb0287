"""A verification on a terminal, in one screen: the verdict first, then what it rests on.

    Console().print(render(verification))

Everything is built from rich ``Text``, never from markup, and all text of strangers goes through ``safe_text``: what a
file says of itself cannot repaint the screen.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from touchmark.detectors.origin import Origin, describe
from touchmark.detectors.statement import Statement, Tone
from touchmark.detectors.text import safe_text
from touchmark.detectors.timeline import LIKELY, MARKED
from touchmark.detectors.verdict import Outcome, Verdict
from touchmark.detectors.verify import Verification
from touchmark.provenance.watermark.neural.claim import ClaimState
from touchmark.provenance.watermark.protocol import Detection, MarkState

_STYLES = {
    Outcome.GENERATED: "cyan",
    Outcome.CAPTURED: "green",
    Outcome.TAMPERED: "red",
    Outcome.CONTRADICTORY: "red",
    Outcome.UNKNOWN: "yellow",
}
_TICKS = {
    Tone.SUPPORTS: ("✓", "green"),
    Tone.AGAINST: ("✗", "red"),
    Tone.CAUTION: ("!", "yellow"),
    Tone.SILENT: ("·", "dim"),
}
_QUIET_CLAIMS = {ClaimState.UNDECIDED, ClaimState.NOTHING_FOUND}
_CELLS = 40


def render(verification: Verification) -> RenderableType:
    """The whole report of one file."""
    verdict = verification.verdict
    return Group(
        Text(safe_text(verification.path, 200), style="bold"),
        _banner(verdict),
        *_development(verdict),
        *_contradictions(verdict),
        *_origin(verdict),
        _evidence(verdict),
        *_other_marks(verification),
        *_timelines(verification),
        *_notes(verification),
        _footer(verification),
    )


def _banner(verdict: Verdict) -> RenderableType:
    style = _STYLES[verdict.outcome]
    title = Text(f" {verdict.outcome.value.upper()} ", style=f"bold reverse {style}")
    return Panel(Text(safe_text(verdict.headline, 400)), title=title, title_align="left", border_style=style)


def _development(verdict: Verdict) -> Iterator[RenderableType]:
    if verdict.development_keys:
        text = Text.assemble(
            ("DEVELOPMENT KEYS", "bold reverse yellow"),
            (
                " The signer is trusted only through keys made by `touchmark keys init`. Anybody can make such keys: "
                "this convinces nobody else.",
                "yellow",
            ),
        )
        yield Padding(text, (0, 1))


def _notes(verification: Verification) -> Iterator[RenderableType]:
    for note in verification.notes:
        yield Padding(Text(safe_text(note, 400), style="yellow"), (0, 1))


def _contradictions(verdict: Verdict) -> Iterator[RenderableType]:
    for found in verdict.contradictions:
        title = (f"✗ {found.title}. ", "bold red")
        yield Padding(Text.assemble(title, safe_text(found.explanation, 600)), (0, 1))


def _origin(verdict: Verdict) -> Iterator[RenderableType]:
    if verdict.origin is not None:
        title = "Origin" if verdict.believes_origin else "Claimed origin (not to be relied upon)"
        yield _section(title, _facts(verdict.origin))
    if verdict.sound_origin is not None:
        yield _section("Origin of the sound (says nothing of the picture)", _facts(verdict.sound_origin))


def _facts(origin: Origin) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in describe(origin):
        table.add_row(Text(name), Text(safe_text(value)))
    return table


def _evidence(verdict: Verdict) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for statement in verdict.statements:
        table.add_row(*_row(statement))
    return _section("Evidence", table)


def _row(statement: Statement) -> tuple[Text, Text, Text]:
    tick, style = _TICKS[statement.tone]
    quiet = "dim" if statement.tone is Tone.SILENT else ""
    return Text(tick, style=style), Text(statement.source.value), Text(safe_text(statement.text, 600), style=quiet)


def _other_marks(verification: Verification) -> Iterator[RenderableType]:
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for claim in verification.evidence.claims:
        tick, style = _TICKS[Tone.SILENT if claim.state in _QUIET_CLAIMS else Tone.CAUTION]
        quiet = "dim" if claim.state in _QUIET_CLAIMS else ""
        table.add_row(
            Text(tick, style=style), Text(safe_text(claim.mark)), Text(safe_text(claim.in_words, 600), style=quiet)
        )
    if table.row_count:
        yield _section("Marks of other makers (the verdict does not rest on them)", table)


def _timelines(verification: Verification) -> Iterator[RenderableType]:
    evidence = verification.evidence
    for place, detections in (("", evidence.detections), (" in the sound", evidence.sound.detections)):
        for detection in detections:
            if detection.state is not MarkState.NOTHING_FOUND and detection.timeline:
                yield _section(f"Watermark{place} over time (key {detection.key_id})", _timeline(detection))


def _timeline(detection: Detection) -> RenderableType:
    """Cells for each stretch of time; where there are more stretches than cells, a cell shows its weakest."""
    segments = detection.timeline
    count = min(len(segments), _CELLS)
    repeat = _CELLS // count
    bar = Text()
    for cell in range(count):
        stretch = segments[cell * len(segments) // count : (cell + 1) * len(segments) // count]
        weakest = max(segment.p_value for segment in stretch)
        if weakest < MARKED:
            bar.append("█" * repeat, style="green")
        else:
            cell_of, style = ("▒", "yellow") if weakest < LIKELY else ("░", "dim")
            bar.append(cell_of * repeat, style=style)
    bar.append(f"  {segments[0].start:.0f} to {segments[-1].end:.1f} s", style="dim")
    bar.append("   █ marked  ▒ likely  ░ no mark found", style="dim")
    return bar


def _footer(verification: Verification) -> RenderableType:
    container = verification.evidence.container
    info = container.info
    length = f", {float(info.duration):.1f} s" if info.duration else ""
    size = f"{info.width}x{info.height} " if info.width else ""
    digest = f", sha256 {container.sha256[:16]}…" if container.sha256 else ""
    form = f"{size}{info.codec or info.container}{length}"
    text = f"{form}, {container.size:,} bytes{digest}"
    return Padding(Text(f"{safe_text(text)}; examined in {verification.seconds:.1f} s", style="dim"), (1, 1, 0, 1))


def _section(title: str, body: RenderableType) -> RenderableType:
    return Padding(Group(Text(title, style="underline"), Padding(body, (0, 0, 0, 1))), (1, 1, 0, 1))
