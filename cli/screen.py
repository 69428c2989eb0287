"""``touchmark screen``: asks the gate and shows what it says. The decision itself is made in ``safety``."""

from __future__ import annotations

import sys
import unicodedata
from typing import TYPE_CHECKING

import click

from touchmark.cli.as_json import print_json
from touchmark.cli.policy_option import policy_option

if TYPE_CHECKING:
    from rich.text import Text

    from touchmark.safety.decision import Decision

_EXIT = {"allow": 0, "refuse": 1, "review": 2}
_STYLE = {"allow": "green", "review": "yellow", "refuse": "bold red"}
_SHOWN = 2_000
"""Characters of the prompt shown; more would push the decision off the screen."""


@click.command(
    epilog="\b\nExamples:\n"
    '  touchmark screen "a red circle moves left to right over a blue background"\n'
    "  touchmark screen --json - < prompt.txt\n"
    '  touchmark screen "a knight in the rain" --negative "blurry, deformed" --policy my-policy.yaml'
)
@click.argument("prompt")
@click.option("--negative", default="", metavar="TEXT", help="The negative prompt that goes with it.")
@policy_option()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, without the prompt.")
def screen(prompt: str, negative: str, policy: str, as_json: bool) -> None:
    """Ask the gate about PROMPT ("-" reads standard input), without making anything.

    \b
    Exit status: 0 allowed, 1 refused, 2 waits for human review, 64 not a prompt or not a policy.
    """
    from touchmark.cli.progress import waiting
    from touchmark.safety import gate

    prompt = given(prompt)
    with waiting("Asking the gate"):
        decision = gate.screen(prompt, negative_prompt=negative, policy=policy)
    if as_json:
        print_json(decision.as_dict())
    else:
        show_decision(decision, {"prompt": prompt, "negative_prompt": negative})
    click.get_current_context().exit(_EXIT[decision.action.value])


def given(prompt: str) -> str:
    """The prompt of a command line; of "-", what standard input holds."""
    from touchmark.safety.canonical import MAX_CHARACTERS

    if prompt != "-":
        return prompt
    # Bytes that are no UTF-8 become surrogates, which the gate can read; what is too long is an error there.
    return sys.stdin.buffer.read(4 * MAX_CHARACTERS + 4).decode("utf-8", "surrogateescape").strip()


def show_decision(decision: Decision, texts: dict[str, str]) -> None:
    """What was asked, with every finding underlined, what was found and what the user is told."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    action = decision.action.value
    console.print(Text(action.upper(), style=_STYLE[action]), Text(f"under policy {decision.policy_name}", style="dim"))
    for field, text in texts.items():
        spans = [finding.span for finding in decision.findings if finding.field == field]
        if text and (spans or field == "prompt"):
            console.print(_marked(text, spans), soft_wrap=True)
    if decision.findings:
        table = Table(box=None, pad_edge=False, header_style="dim")
        for heading in ("code", "category", "action", "score", "why"):
            table.add_column(heading, overflow="fold")
        for finding in decision.findings:
            cells = (finding.reason_code, finding.category.value, finding.action.value, f"{finding.score:.2f}")
            table.add_row(*(Text(cell) for cell in cells), Text(finding.explanation))
        console.print(table)
    if action != "allow":
        console.print(Text(decision.message()))


def _marked(text: str, spans: list[tuple[int, int]]) -> Text:
    """The prompt with every finding underlined and everything invisible made visible."""
    from rich.text import Text

    marked = Text("  ")
    for index, character in enumerate(text[:_SHOWN]):
        inside = any(start <= index < end for start, end in spans)
        shown = _visible(character)
        hidden = "dim " if shown != character else ""
        marked.append(shown, style=f"{hidden}underline red" if inside else hidden.strip())
    if len(text) > _SHOWN:
        marked.append(f" … {len(text) - _SHOWN:,} more characters", style="dim")
    return marked


def _visible(character: str) -> str:
    """What a terminal may be sent for one character of a stranger's text."""
    if character.isspace():
        return " "
    category = unicodedata.category(character)
    return f"<U+{ord(character):04X}>" if category[0] == "C" or category in ("Zl", "Zp") else character
