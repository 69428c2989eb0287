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


def policy_option(*, meaning: str = "A policy that ships, or YAML.") -> Callable[[_Command], _Command]:
    """The option, given to the command as ``policy``."""
    return click.option(
        "--policy", default="default", show_default=True, shell_complete=policies, metavar="NAME|FILE", help=meaning
    )
