"""Write a page that a person asked for: where nothing else is lost, and whole, or not at all."""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path

import click

_ENDINGS = (".html", ".htm")


def require_place(output: Path, *, overwrite: bool | None = None) -> None:
    """What can be known to be wrong with the name of a page before the work, which may take hours.

    Whatever is replaced was a page: no slip of the hand puts one in place of the video or the seeds that it is about.

    Args:
        output: where the page shall stand. A pipe or a device may have any name.
        overwrite: whether a page there may be replaced; None where the command has no option for it.

    Raises:
        click.UsageError: the name is no page's, its folder is not there, or something has it.
    """
    shown = click.format_filename(output)
    if output.exists() and not output.is_file():
        return
    if output.suffix.lower() not in _ENDINGS:
        raise click.UsageError(f"{shown} is no name of a page; let it end in .html.")
    if not output.parent.is_dir():
        raise click.UsageError(f"there is no folder {click.format_filename(output.parent)}; make it first.")
    if output.exists() and not overwrite:
        way_out = "give another name" if overwrite is None else "give another name, or --force"
        raise click.UsageError(f"{shown} exists already; {way_out}.")


def write_page(output: Path, document: str) -> None:
    """Put ``document`` at ``output``, in place of what is there; half a page looks like one, and may lack what matters.

    Raises:
        OutputError: it cannot be written; what was there is still there.
    """
    try:
        if output.exists() and not output.is_file():  # a pipe, say
            output.write_text(document, encoding="utf-8")
        else:
            _replace(output.resolve(), document)  # through a link, as any program writes
    except OSError as error:
        from touchmark.generation.staging import OutputError

        raise OutputError(
            f"the page cannot be written ({error.strerror})",
            subject=str(output),
            remedy="Choose a folder that exists, is writable and has space.",
        ) from error


def _replace(output: Path, document: str) -> None:
    part = output.with_name(f".{output.name[:200]}.{secrets.token_hex(8)}.part")
    try:
        part.write_text(document, encoding="utf-8")
        part.replace(output)
    finally:
        with suppress(OSError):
            part.unlink()
