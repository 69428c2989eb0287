"""How every command prints JSON: one document a line, in ASCII.

A line can be read by the next program as it comes, and no control or direction character of a stranger's reaches a
terminal. Who reads it himself has programs that indent.
"""

from __future__ import annotations

import json

import click


def print_json(document: object) -> None:
    """Print one document of what JSON knows."""
    click.echo(json.dumps(document, ensure_ascii=True))
