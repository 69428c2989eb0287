"""The option of commands that verify: whom to believe for this one call, besides the lists that are kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click


def trust_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --trust; :func:`touchmark.cli.verify.verifier_of` believes the roots that it names."""
    return click.option(
        "--trust",
        "trusted",
        multiple=True,
        metavar="PEM",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Root certificates to believe, besides your own. May be given more than once.",
    )(command)
