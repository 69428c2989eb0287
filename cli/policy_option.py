"""``--policy`` of whichever command asks who decides, and what a shell offers where a policy is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click
from click.shell_completion import CompletionItem

_Command = TypeVar("_Command", bound=Callable[..., object])


def policies(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Those that ship, and files."""
    from touchmark.safety.policy import shipped

    names = [CompletionItem(name) for name in shipped() if name.startswith(incomplete)]
    return [*names, CompletionItem(incomplete, type="file")]


def given_or_in_force(ctx: click.Context, param: click.Parameter, value: str | None) -> str:
    """What was given; where nothing was, the policy that decides about prompts here."""
    if value is not None:
        return value
    from touchmark.provenance.home import Home
    from touchmark.safety.policy import in_force

    return in_force(Home.default())


def policy_option(*, meaning: str = "A policy that ships, or YAML.") -> Callable[[_Command], _Command]:
    """The option, given to the command as ``policy``."""
    return click.option(
        "--policy",
        callback=given_or_in_force,
        show_default="policy.yaml in $TOUCHMARK_HOME, else default",
        shell_complete=policies,
        metavar="NAME|FILE",
        help=meaning,
    )
