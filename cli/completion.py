"""``touchmark completion``: the script that makes a shell complete commands, options, policies and file names."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem, get_completion_class


def policies(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """What a shell may offer where a policy is asked for: those that ship, and files."""
    from touchmark.safety.policy import shipped

    names = [CompletionItem(name) for name in shipped() if name.startswith(incomplete)]
    return [*names, CompletionItem(incomplete, type="file")]


@click.command(epilog='Example: eval "$(touchmark completion bash)"')
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script for SHELL. Put the line of the example into your shell's start-up file."""
    script = get_completion_class(shell)
    assert script is not None  # click ships these three
    click.echo(script(ctx.find_root().command, {}, "touchmark", "_TOUCHMARK_COMPLETE").source())
