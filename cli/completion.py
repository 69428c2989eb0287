"""``touchmark completion``: the script that makes a shell complete commands, options and file names."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command(epilog='Example: eval "$(touchmark completion bash)"')
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script for SHELL. Put the line of the example into your shell's start-up file."""
    script = get_completion_class(shell)
    assert script is not None  # click ships these three
    click.echo(script(ctx.find_root().command, {}, "touchmark", "_TOUCHMARK_COMPLETE").source())
