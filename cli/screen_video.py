"""``touchmark screen-video``: looks at a video under a policy. The decision itself is made in ``safety.output``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from touchmark.cli.as_json import print_json
from touchmark.cli.policy_option import policy_option
from touchmark.provenance.wording import printable

if TYPE_CHECKING:
    from touchmark.safety.output.screening import OutputScreening

_EXIT = {"allow": 0, "refuse": 1, "review": 2}
_STYLE = {"allow": "green", "review": "yellow", "refuse": "bold red"}


@click.command(
    "screen-video",
    epilog="\b\nExamples:\n"
    "  touchmark screen-video upload.mp4\n"
    "  touchmark screen-video upload.mp4 --policy strict-teen --json\n"
    "  touchmark screen-video upload.mp4 --policy my-policy.yaml --bank takedowns",
)
@click.argument("file", type=click.Path(path_type=Path))
@policy_option()
@click.option("--bank", "names", multiple=True, metavar="NAME", help="Search this hash bank; all, if none is named.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def screen_video(file: Path, policy: str, names: tuple[str, ...], as_json: bool) -> int:
    """Look at FILE, whoever made it: is it in a hash bank, do the detectors of the policy find anything?

    \b
    Exit status: 0 allowed, 1 refused, 2 a person has to look, 3 the file could not be read, 64 not a policy or a bank,
    70 a bank or a detector cannot be used. Allowed means that nothing was found, not that nothing is there.
    """
    from touchmark.cli.progress import shown
    from touchmark.provenance.home import Home
    from touchmark.safety.output.bank import banks_folder, load_banks
    from touchmark.safety.output.screening import screen_video as screen
    from touchmark.safety.policy import Policy

    rules = Policy.load(policy)
    banks = load_banks(banks_folder(Home.default()), names or None)
    with shown() as progress:
        screening = screen(file, rules, banks, tell=lambda done, of_all: progress("looking", done, of_all))
    if as_json:
        print_json(screening.as_dict())
    else:
        _show(screening)
    return _EXIT[screening.action.value]


def _show(screening: OutputScreening) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    action = screening.action.value
    console.print(
        Text(action.upper(), style=_STYLE[action]), Text(f"under policy {screening.policy_name}", style="dim")
    )
    console.print(
        Text(f"looked: {', '.join(screening.checks)}; banks: {', '.join(screening.banks) or 'none'}", style="dim")
    )
    if not screening.findings:
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("code", "category", "action", "seconds", "why"):
        table.add_column(heading, overflow="fold")
    for finding in screening.findings:
        category = finding.category.value if finding.category else "-"
        span = f"{float(finding.start):.2f}-{float(finding.end):.2f}"
        cells = (finding.reason_code, category, finding.action.value, span, printable(finding.explanation))
        table.add_row(*(Text(cell) for cell in cells))
    console.print(table)
    if action != "allow":
        console.print(Text(screening.appeal))
