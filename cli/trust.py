"""``touchmark trust``: whom to believe. Lists are judged and kept in ``provenance.trust``; here they are only shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from touchmark.cli.as_json import print_json
from touchmark.provenance.wording import number_of

if TYPE_CHECKING:
    from datetime import datetime

    from touchmark.provenance.trust.lists import TrustList
    from touchmark.provenance.trust.store import TrustStore

_PURPOSES = ("claim-signing", "time-stamping", "identity")


@click.group()
def trust() -> None:
    """Keep trust lists: whose signers, time-stamp authorities and identities you believe.

    Each list is for one purpose and is believed for no other. They lie in $TOUCHMARK_HOME/trust and are used offline:
    nothing is refreshed unless you say `touchmark trust update`. The anchors of your own keys are always believed.
    """


@trust.command(
    epilog="\b\nExamples:\n  touchmark trust add c2pa\n  touchmark trust add c2pa-tsa C2PA-TSA-TRUST-LIST.pem\n"
    "  touchmark trust add partners https://example.org/roots.pem --purpose claim-signing --sha256 75cacc98..."
)
@click.argument("name")
@click.argument("source", required=False)
@click.option("--purpose", type=click.Choice(_PURPOSES), help="What its authorities are believed for.")
@click.option("--sha256", metavar="HEX", help="The digest that the list must have, told to you by other means.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def add(name: str, source: str | None, purpose: str | None, sha256: str | None, as_json: bool) -> None:
    """Believe the authorities in the list at SOURCE (an https address or a PEM file) under NAME.

    The names c2pa (signers) and c2pa-tsa (time-stamp authorities) stand for the official lists of the C2PA conformance
    programme: their source and purpose need not be given. Take a file where there is no network.
    """
    from datetime import UTC, datetime

    from touchmark.provenance.trust.lists import Purpose
    from touchmark.provenance.trust.source import KNOWN

    known_source, known_purpose = KNOWN.get(name, (None, None))
    source = source or known_source
    if source is None:
        raise click.UsageError(f"a list of your own has a source: touchmark trust add {name!a} SOURCE --purpose ...")
    if purpose is None and known_purpose is None:
        raise click.UsageError("say what the list is for: --purpose " + "|".join(_PURPOSES))
    believed_for = Purpose(purpose) if purpose else known_purpose
    assert believed_for is not None
    now = datetime.now(UTC)
    added = _store().add(name, source, believed_for, now, sha256=sha256)
    _tell_of_ended(added, now)
    _print(added, as_json)


@trust.command(
    epilog="\b\nExamples:\n  touchmark trust update\n  touchmark trust update c2pa\n"
    "  touchmark trust update c2pa --source C2PA-TRUST-LIST.pem\n\n"
    "\b\nOnce a week, from cron:\n  0 4 * * 1  touchmark trust update"
)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--source", help="Where it comes from now and in future: an https address or a PEM file.")
@click.option("--sha256", metavar="HEX", help="The digest that the list must have.")
def update(names: tuple[str, ...], source: str | None, sha256: str | None) -> int:
    """Have lists from their sources again; all of them if none is named.

    A list that is empty, garbled, for another purpose or older than the one that is there is refused, and the old one
    kept. Exit status 70 if any was.
    """
    from datetime import UTC, datetime

    from touchmark.detectors.text import safe_text
    from touchmark.provenance.errors import TouchmarkError

    if (source or sha256) and len(names) != 1:
        raise click.UsageError("--source and --sha256 are for one list: name it")
    store, status = _store(), 0
    if not names and not store.lists():
        click.echo("none: there is no list to update (touchmark trust add c2pa)")
    for name in names or [kept.name for kept in store.lists()]:
        try:
            done = store.update(name, datetime.now(UTC), source=source, sha256=sha256)
        except TouchmarkError as error:
            click.echo(f"touchmark: {safe_text(error.diagnostics(), 1000)}", err=True)
            status = max(status, error.exit_status)
            continue
        _tell_of_ended(done.after, datetime.now(UTC))
        click.echo(
            f"{name}: {number_of(len(done.after.certificates), 'authority', 'authorities')}, sha256 {done.after.sha256}"
        )
        for sign, authorities in (("+", done.added), ("-", done.removed)):
            for authority in authorities:
                click.echo(f"  {sign} {safe_text(authority, 200)}")
    return status


@trust.command("list", epilog="\b\nExamples:\n  touchmark trust list\n  touchmark trust list --json | jq '.[].name'")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def list_(as_json: bool) -> None:
    """List the trust lists: purpose, age, size, source."""
    from datetime import UTC, datetime

    from touchmark.detectors.text import safe_text

    lists, now = _store().lists(), datetime.now(UTC)
    if as_json:
        print_json([_describe(kept) for kept in lists])
        return
    for kept in lists:
        age = f"{(now - kept.retrieved).days} days old" + (", STALE" if kept.is_stale(now) else "")
        authorities = f"{number_of(len(kept.certificates), 'authority', 'authorities')}"
        click.echo(f"{kept.name:<16} {kept.purpose:<14} {authorities:<16} {age:<20} {safe_text(kept.source, 200)}")
    if not lists:
        click.echo("none: only the anchors of your own keys are believed (touchmark trust add c2pa)", err=True)


@trust.command(epilog="\b\nExamples:\n  touchmark trust show c2pa\n  touchmark trust show c2pa --json | jq .sha256")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(name: str, as_json: bool) -> None:
    """Show a list: where it came from, when, with which digest, and whom it names."""
    _print(_store().get(name), as_json)


@trust.command(epilog="\b\nExamples:\n  touchmark trust remove partners")
@click.argument("name")
def remove(name: str) -> None:
    """Believe the authorities of a list no more."""
    gone = _store().remove(name)
    click.echo(
        f"removed {gone.name} ({number_of(len(gone.certificates), 'authority', 'authorities')}, sha256 {gone.sha256})"
    )


def _store() -> TrustStore:
    from touchmark.provenance.home import Home
    from touchmark.provenance.trust.store import TrustStore

    return TrustStore(Home.default().trust)


def _print(trust_list: TrustList, as_json: bool) -> None:
    from touchmark.detectors.text import safe_text

    document = _describe(trust_list)
    if as_json:
        print_json(document)
        return
    for field in ("name", "purpose", "source", "sha256", "added", "retrieved", "published"):
        if document[field]:
            click.echo(f"{field:<11}{safe_text(document[field], 400)}")
    for authority in document["authorities"]:
        click.echo(f"  {safe_text(authority['subject'], 200)}, until {authority['expires']}")


def _tell_of_ended(trust_list: TrustList, now: datetime) -> None:
    """On standard error, so that JSON stays JSON."""
    from touchmark.detectors.text import safe_text

    for authority in trust_list.ended(now):
        subject = safe_text(authority.subject.rfc4514_string(), 200)
        click.echo(
            f"note: the certificate of {subject} ended on {authority.not_valid_after_utc:%Y-%m-%d}. Nothing that was "
            "signed since is believed on its word.",
            err=True,
        )


def _describe(trust_list: TrustList) -> dict[str, Any]:
    return {
        "name": trust_list.name,
        "purpose": trust_list.purpose.value,
        "source": trust_list.source,
        "sha256": trust_list.sha256,
        "added": trust_list.added.isoformat(),
        "retrieved": trust_list.retrieved.isoformat(),
        "published": trust_list.published.isoformat() if trust_list.published else None,
        "authorities": [
            {
                "subject": certificate.subject.rfc4514_string(),
                "serial": f"{certificate.serial_number:x}",
                "expires": f"{certificate.not_valid_after_utc:%Y-%m-%d}",
            }
            for certificate in trust_list.certificates
        ],
        "superseded": [
            {"sha256": past.sha256, "retrieved": past.retrieved.isoformat()} for past in trust_list.superseded
        ],
    }
