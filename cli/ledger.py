"""``touchmark ledger``: read and verify the append-only record of decisions and releases."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from touchmark.cli.as_json import print_json
from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.wording import number_of

if TYPE_CHECKING:
    from touchmark.provenance.ledger import Ledger


class NoLedgerError(TouchmarkError):
    """There is no ledger in this home folder yet."""

    code = "provenance.no_ledger"


@click.group()
def ledger() -> None:
    """Read and verify the record of decisions and releases."""


@ledger.command(
    epilog="\b\nExamples:\n  touchmark ledger verify\n  touchmark ledger verify --head 7a81182...\n\n"
    "Keep the head that a run prints somewhere else (a ticket, a mail, another machine) and give it to --head "
    "later: a ledger that was cut short or rewritten no longer holds it."
)
@click.option("--head", metavar="DIGEST", help="A head printed earlier; it must still be part of the chain.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def verify(head: str | None, as_json: bool) -> int:
    """Recompute the hash chain. Exit status 0 if it holds, 1 if it does not."""
    if head is not None and not re.fullmatch("[0-9a-f]{64}", head):
        raise click.BadParameter("a head has 64 hexadecimal digits, as this command prints them", param_hint="--head")
    opened = _open()
    faults = opened.verify(head)
    newest = opened.head()
    if as_json:
        document = {
            "intact": not faults,
            "entries": newest.sequence if newest else 0,
            "head": newest.digest if newest else None,
            "faults": [asdict(fault) for fault in faults],
        }
        print_json(document)
    elif faults:
        for fault in faults:
            click.echo(f"entry {fault.sequence}: {fault.problem}")
    else:
        entries = number_of(newest.sequence if newest else 0, "entry", "entries")
        click.echo(f"intact: {entries}, head {newest.digest if newest else 'none'}")
    return 1 if faults else 0


@ledger.command(epilog="Example: touchmark ledger show | tail -3")
def show() -> None:
    """Print every entry as one line of JSON, oldest first; a body that is none, as the text that it is."""
    for entry in _open().entries():
        print_json({**asdict(entry), "body": _content(entry.body)})


def _content(body: str) -> object:
    """What an entry holds; of one that somebody edited the text."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body


def _open() -> Ledger:
    from touchmark.provenance.database import open_database
    from touchmark.provenance.home import Home
    from touchmark.provenance.ledger import Ledger

    database = Home.default().database
    if not database.exists():
        raise NoLedgerError(
            "nothing was recorded here yet", subject=str(database), remedy="Generate or seal a video first."
        )
    return Ledger(open_database(database))
