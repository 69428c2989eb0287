"""``touchmark redteam``: tries disguised prompts on the gate and compares campaigns; ``safety.redteam`` does both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from touchmark.cli.as_json import print_json
from touchmark.cli.policy_option import policy_option
from touchmark.provenance.wording import number_of

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from touchmark.safety.judge import Judge
    from touchmark.safety.redteam.campaign import Attempt, Plan
    from touchmark.safety.redteam.log import Head, LogWriter
    from touchmark.safety.redteam.report import Comparison, Report, Tally
    from touchmark.safety.redteam.seeds import Seed

_LISTED = 12
"""Attempts listed on a terminal; page and log have more."""
_FILE = click.Path(dir_okay=False, path_type=Path)

_depth = click.option(
    "--depth",
    type=click.IntRange(1, 3),
    default=2,
    show_default=True,
    help="Longest chain of disguises; 1 tries each disguise alone.",
)
_chains = click.option(
    "--chains",
    type=click.IntRange(0, 10_000),
    default=40,
    show_default=True,
    help="How many chains are drawn for each seed.",
)
_chance = click.option("--chance", type=int, default=0, show_default=True, help="Where chance begins; repeats a run.")
_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group()
def redteam() -> None:
    """Find out what gets through the gate when somebody tries.

    Seed prompts go through eighteen disguises, three framings and chains of them; what the gate allows got through.
    """


@redteam.command(
    epilog="\b\nExamples:\n  touchmark redteam run\n"
    "  touchmark redteam run seeds.yaml more.jsonl --policy strict-teen --log run.jsonl --html run.html\n"
    "  touchmark redteam run --depth 3 --chains 200 --json | jq .techniques\n"
    "  touchmark redteam run --depth 3 --log run.jsonl --resume\n\n"
    "\b\nExit status:\n  0   nothing got through\n  1   something did\n  3   a file of seeds could not be read, or a "
    "log not be written\n  64  the command was used wrongly, or no such policy"
)
@click.argument("seeds", nargs=-1, metavar="[SEEDS]...", type=_FILE)
@policy_option(meaning="Who decides.")
@_depth
@_chains
@_chance
@click.option("--log", "log_path", metavar="FILE", type=_FILE, help="Keep every attempt, as JSON lines; a new file.")
@click.option(
    "--resume", is_flag=True, help="Go on with the campaign in --log that was cut short; what is done is kept."
)
@click.option(
    "--html",
    "html_path",
    metavar="FILE",
    type=_FILE,
    help="Write the report as one self-contained page, a new .html file.",
)
@_json
def run(
    seeds: tuple[Path, ...],
    policy: str,
    depth: int,
    chains: int,
    chance: int,
    log_path: Path | None,
    resume: bool,
    html_path: Path | None,
    as_json: bool,
) -> int:
    """Try SEEDS, or the seeds that ship, on the gate.

    SEEDS are files of prompts that ought to be stopped: JSON lines (value or prompt, harm_categories, language), PyRIT
    seed YAML, or text with a prompt a line. Log and page hold the prompts: keep them as you keep the seeds.
    """
    from contextlib import nullcontext
    from datetime import UTC, datetime
    from itertools import chain

    from touchmark.cli.page_file import require_place, write_page
    from touchmark.safety.classifier.weights import WEIGHTS_SHA256
    from touchmark.safety.gate import judge_of
    from touchmark.safety.redteam.campaign import Plan
    from touchmark.safety.redteam.log import Head, LogWriter
    from touchmark.safety.redteam.page import page
    from touchmark.safety.redteam.report import Report
    from touchmark.safety.redteam.seeds import SHIPPED, read_seeds

    if resume and not log_path:
        raise click.UsageError("--resume goes on with the campaign in --log; give that too.")
    if html_path:
        require_place(html_path)
    files = [read_seeds(path) for path in seeds or (SHIPPED,)]
    judge = judge_of(policy)
    head = Head(
        policy=judge.policy.name,
        policy_digest=judge.policy_digest,
        classifier=WEIGHTS_SHA256,
        plan=Plan(depth, chains, chance),
        seeds=tuple(file.name for file in files),
        started=datetime.now(UTC),
    )
    prompts = {seed.value: seed for file in files for seed in file.seeds}
    done: tuple[Attempt, ...] = ()
    opened: AbstractContextManager[LogWriter | None] = nullcontext()
    if log_path and resume:
        head, done, opened = _resumed(log_path, head, prompts)
    elif log_path:
        opened = LogWriter.create(log_path, head)
    with opened as log:
        report = Report.of(chain(done, _campaign(judge, prompts, head.plan, log)))
    if as_json:
        document = {"policy": {"name": head.policy, "sha256": head.policy_digest}, "seeds": list(head.seeds)}
        print_json(document | report.as_dict())
    else:
        _show(report, head.policy)
    if html_path:  # last: what took hours to find out is told, whatever becomes of the page
        write_page(html_path, page(head, report))
    return int(report.total.through > 0)


def _resumed(
    path: Path, head: Head, prompts: dict[str, Seed]
) -> tuple[Head, tuple[Attempt, ...], AbstractContextManager[LogWriter]]:
    """The campaign in a log, what it tried, and the log, open; takes out of ``prompts`` what is done."""
    from touchmark.safety.redteam.log import LogWriter, read_log

    record = read_log(path).resumable()
    record.require_same(head, prompts, path)
    opened = LogWriter.resume(path, record)
    for value in {attempt.seed.value for attempt in record.attempts}:
        prompts.pop(value, None)
    click.echo(f"touchmark: {number_of(len(record.attempts), 'attempt')} of the log are kept.", err=True)
    return record.head, record.attempts, opened


@redteam.command(
    epilog="\b\nExamples:\n  touchmark redteam compare default my-policy.yaml\n"
    "  touchmark redteam compare last-month.jsonl default\n  touchmark redteam compare old.jsonl new.jsonl --json\n"
    "  touchmark redteam compare default candidate.npz --seeds seeds.yaml\n\n"
    "\b\nExit status:\n  0   nothing gets through that did not before\n  1   something does\n"
    "  3   a log or a file of seeds could not be read\n  64  the command was used wrongly, or no such policy"
)
@click.argument("old")
@click.argument("new")
@click.option("--seeds", "seed_paths", multiple=True, metavar="FILE", type=_FILE, help="Seeds; not beside a log.")
@policy_option(meaning="Around weights.")
@_depth
@_chains
@_chance
@_json
def compare(
    old: str, new: str, seed_paths: tuple[Path, ...], policy: str, depth: int, chains: int, chance: int, as_json: bool
) -> int:
    """Say what gets through in NEW and not in OLD, and the other way round.

    Each is the log of a campaign (.jsonl), weights of the classifier (.npz), or a policy by name or file. Beside a log
    the other side is tried with the seeds and the plan of the log; two logs are compared as they are.
    """
    from touchmark.safety.redteam.campaign import Plan
    from touchmark.safety.redteam.log import read_log
    from touchmark.safety.redteam.report import compare as compared
    from touchmark.safety.redteam.seeds import SHIPPED, read_seeds

    logs = [read_log(Path(side)) if side.endswith(".jsonl") else None for side in (old, new)]
    for side, log in zip((old, new), logs, strict=True):
        if log and not log.complete:
            click.echo(f"touchmark: {_safe(side)} was cut short; what it holds is compared.", err=True)
    recorded = next((log for log in logs if log), None)
    if recorded and seed_paths:
        raise click.UsageError("A log brings its own seeds; leave --seeds out.")
    if recorded:
        plan = recorded.head.plan
        prompts = {attempt.seed.value: attempt.seed for attempt in recorded.attempts}
    else:
        plan = Plan(depth, chains, chance)
        prompts = {seed.value: seed for path in seed_paths or (SHIPPED,) for seed in read_seeds(path).seeds}
    # Both are loaded before either is tried, for minutes: a name that is wrong is told at once.
    judges = [None if log else _judge(side, policy) for side, log in zip((old, new), logs, strict=True)]
    sides = (
        log.attempts if log else tuple(_campaign(judge, prompts, plan, None)) if judge else ()
        for judge, log in zip(judges, logs, strict=True)
    )
    comparison = compared(*sides)
    if as_json:
        print_json(comparison.as_dict())
    else:
        _show_comparison(comparison)
    return int(bool(comparison.opened))


def _judge(source: str, policy: str) -> Judge:
    from touchmark.safety.gate import judge_of
    from touchmark.safety.redteam.candidate import judge_with

    return judge_with(Path(source), policy) if source.endswith(".npz") else judge_of(source)


def _campaign(judge: Judge, prompts: Mapping[str, Seed], plan: Plan, log: LogWriter | None) -> Iterable[Attempt]:
    """The attempts, logged, with a bar on the terminal."""
    from touchmark.cli.progress import shown
    from touchmark.safety.redteam.campaign import attempts

    most = len(prompts) * plan.attempts
    with shown() as show:
        for done, attempt in enumerate(attempts(judge, prompts.values(), plan), 1):
            if log:
                log.add(attempt)
            if done % 20 == 0:
                show(judge.policy.name, done, most)
            yield attempt


def _show(report: Report, policy: str) -> None:
    from rich.console import Console
    from rich.text import Text

    from touchmark.safety.redteam.campaign import Outcome

    console = Console(highlight=False)
    missed, further = number_of(len(report.missed), "seed"), number_of(len(report.bypasses), "bypass", "bypasses")
    console.print(
        Text(f"{report.total.through:,} of {report.total.attempts:,} attempts got through policy {_safe(policy)}: "),
        Text(f"{missed} as written, {further}"),
        soft_wrap=True,
    )
    if report.outcomes[Outcome.CRASH]:
        console.print(Text(f"{report.outcomes[Outcome.CRASH]} broke a stage of the gate; see the log.", style="red"))
    languages = {category: _through_by_language(report, category) for category in report.categories}
    _table("category", report.categories, ("by language", languages))
    _table("language", report.languages)
    if report.techniques:
        _table("disguise of what is stopped as written", report.techniques)
    _list("Bypasses, shortest chains first", report.bypasses)
    _list("Missed as written", report.missed)


def _through_by_language(report: Report, category: str) -> str:
    cells = {language: tally for (own, language), tally in report.cells.items() if own == category and tally.through}
    return ", ".join(f"{language} {tally.through}/{tally.attempts}" for language, tally in cells.items())


def _table(heading: str, tallies: Mapping[str, Tally], more: tuple[str, Mapping[str, str]] | None = None) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(heading, overflow="fold")
    for name in ("attempts", "through", "share"):
        table.add_column(name, justify="right", no_wrap=True)
    if more:
        table.add_column(more[0], overflow="fold")
    for name, tally in tallies.items():
        style = "red" if tally.through else "green"
        cells = [Text(_safe(name)), Text(f"{tally.attempts:,}"), Text(f"{tally.through:,}", style=style)]
        cells.append(Text(f"{100 * tally.share:.1f}%"))
        if more:
            cells.append(Text(_safe(more[1][name])))
        table.add_row(*cells)
    console = Console(highlight=False)
    console.print()
    console.print(table)


def _list(title: str, attempts: tuple[Attempt, ...]) -> None:
    if not attempts:
        return
    click.echo(f"\n{title}:")
    for attempt in attempts[:_LISTED]:
        chain = f"  [{' > '.join(attempt.chain)}]" if attempt.chain else ""
        click.echo(
            f"  {_safe(attempt.seed.category)}, {_safe(attempt.seed.language)}: {_safe(attempt.seed.value)}{chain}"
        )
    if len(attempts) > _LISTED:
        click.echo(f"  … and {len(attempts) - _LISTED:,} more; --log and --html keep them.")


def _show_comparison(comparison: Comparison) -> None:
    click.echo(
        f"{number_of(comparison.compared, 'attempt')} compared: {len(comparison.opened):,} get through that did not, "
        f"{len(comparison.closed):,} no longer do"
    )
    if comparison.only_old or comparison.only_new:
        click.echo(f"Not compared: {comparison.only_old:,} only in the old, {comparison.only_new:,} only in the new.")
    for category, (opened, closed) in comparison.categories().items():
        click.echo(f"  {_safe(category)}: {opened:,} opened, {closed:,} closed")
    _list("Opened", comparison.opened)
    _list("Closed", comparison.closed)


def _safe(text: str) -> str:
    from touchmark.detectors.text import safe_text

    return safe_text(text, 300)
