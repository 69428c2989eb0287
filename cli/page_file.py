"""Write a page that a person asked for: whole, or not at all."""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path

import click


def write_page(output: Path, document: str) -> None:
    """Put ``document`` at ``output``, in place of what is there; half a page looks like one, and may lack what matters.

    Raises:
        click.FileError: it cannot be written; what was there is still there.
    """
    try:
        if output.exists() and not output.is_file():  # a pipe, say
            output.write_text(document, encoding="utf-8")
        else:
            _replace(output.resolve(), document)  # through a link, as any program writes
    except OSError as error:
        raise click.FileError(str(output), hint=str(error.strerror)) from error


def _replace(output: Path, document: str) -> None:
    part = output.with_name(f".{output.name[:200]}.{secrets.token_hex(8)}.part")
    try:
        part.write_text(document, encoding="utf-8")
        part.replace(output)
    finally:
        with suppress(OSError):
            part.unlink()
