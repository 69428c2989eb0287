"""The option of commands that look at a film in segments: which files are its pieces."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click


def fragments_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --fragments; :func:`segments_of` says which files it names."""
    return click.option(
        "--fragments",
        multiple=True,
        metavar="PATTERN",
        help="Segments of the film that begins in FILE (DASH, HLS, CMAF), in the order of the numbers in their names: "
        "'segment*.m4s'. May be given more than once.",
    )(command)


def segments_of(beginning: Path, patterns: tuple[str, ...]) -> list[Path]:
    """The files that patterns name, those of each in the order of their numbers, without the beginning of the film.

    Raises:
        click.UsageError: a pattern names no file, or the beginning alone.
    """
    if not patterns:
        return []
    from touchmark.provenance.media.film import in_order

    found: list[Path] = []
    for pattern in patterns:
        named = Path(pattern)
        paths = [named] if named.is_file() else in_order(named.parent.glob(named.name) if named.name else ())
        if paths == [beginning]:
            raise click.UsageError(
                f"--fragments: {pattern!r} names {str(beginning)!r} alone, which is the beginning of the film. "
                "Name the files that come after it."
            )
        paths = [path for path in paths if path != beginning]
        if not paths:
            raise click.UsageError(f"--fragments: no file is called {pattern!r}.")
        found += paths
    return found
