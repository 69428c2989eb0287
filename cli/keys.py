"""``touchmark keys``: make, show and check keys. What makes a certificate good is decided in ``provenance.keys``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from cryptography import x509

    from touchmark.provenance.keys.profile import ProfileFault
    from touchmark.provenance.keys.ring import KeyRing

_WARNING = (
    "These are DEVELOPMENT keys. Anybody can make a set that says the same name, so nobody else has a reason to "
    "trust what you sign with them.\n\n"
    "For production, put a signing certificate of a real authority at {chain} with its key at {key}, and its root "
    "at {anchors}. Keep {watermark}: marks already made are found only with it."
)


@click.group()
def keys() -> None:
    """Make, show and check signing keys.

    Keys lie in $TOUCHMARK_HOME/keys (~/.touchmark/keys), readable by their owner alone.
    """


@keys.command(epilog='\b\nExamples:\n  touchmark keys init\n  touchmark keys init --organisation "Example Studio"')
@click.option(
    "--organisation",
    default="touchmark development",
    show_default=True,
    metavar="NAME",
    help="Who signs; stands in the certificate, so in every manifest.",
)
def init(organisation: str) -> None:
    """Make a development authority, a signing certificate and a watermark secret.

    Never overwrites keys. Not for production.
    """
    from datetime import UTC, datetime

    from touchmark.provenance.home import Home
    from touchmark.provenance.keys.development import make_development_keys

    ring = make_development_keys(Home.default().ensure().keys, organisation=organisation, now=datetime.now(UTC))
    click.echo(f"made {_visible(str(ring.folder))} (watermark key {ring.watermark_key.key_id})")
    _warn(ring)


@keys.command(epilog="\b\nExamples:\n  touchmark keys show\n  touchmark keys show --json | jq .signing.expires")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(as_json: bool) -> None:
    """Show which keys there are: whom they name, until when, and what they are good for. Never a secret."""
    from touchmark.provenance.home import Home
    from touchmark.provenance.keys.ring import KeyRing

    ring = KeyRing.load(Home.default().keys)
    document = _describe(ring)
    if as_json:
        click.echo(json.dumps(document, indent=2))
        return
    click.echo(f"folder         {_visible(document['folder'])}")
    signing = document["signing"]
    if signing is None:
        click.echo("signing        no key: this folder verifies, it cannot sign")
    else:
        click.echo(f"signing        {_visible(signing['subject'])}")
        click.echo(f"  issued by    {_visible(signing['issuer'])}")
        click.echo(f"  algorithm    {signing['algorithm']}")
        click.echo(f"  valid        {signing['valid_from']} to {signing['expires']}")
        for fault in signing["faults"]:
            click.echo(f"  BROKEN RULE  {_visible(fault['rule'])}: {_visible(fault['explanation'])}")
    for anchor in document["anchors"]:
        click.echo(f"trusts         {_visible(anchor['subject'])}, until {anchor['expires']}")
    click.echo(f"watermark key  {document['watermark_key_id'] or 'none: marks can be neither made nor found'}")
    if ring.is_development:
        _warn(ring)


@keys.command(
    epilog="\b\nExamples:\n  touchmark keys check signing.pem\n  touchmark keys check --json signing.pem\n\n"
    "\b\nExit status:\n  0  C2PA signs with it\n  1  a rule is broken\n  3  the file could not be read"
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(file: Path, as_json: bool) -> int:
    """Name every rule of the C2PA certificate profile that the chain in FILE breaks (PEM, signing certificate first).

    C2PA libraries refuse such a certificate with no more than "the certificate is invalid".
    """
    from datetime import UTC, datetime

    from touchmark.provenance.keys.profile import check_certificate
    from touchmark.provenance.signing import leaf_certificate, read_key_file

    chain = read_key_file(file)
    leaf = leaf_certificate(chain, str(file))
    faults = check_certificate(chain, datetime.now(UTC))
    if as_json:
        subject = leaf.subject.rfc4514_string()
        click.echo(json.dumps({"accepted": not faults, "subject": subject, "faults": _as_dicts(faults)}, indent=2))
    elif faults:
        for fault in faults:
            click.echo(f"{fault.rule}: {_visible(fault.explanation)}. {fault.remedy}")
    else:
        click.echo(f"accepted: {_visible(leaf.subject.rfc4514_string())}")
    return 1 if faults else 0


def _describe(ring: KeyRing) -> dict[str, Any]:
    from cryptography import x509

    return {
        "folder": str(ring.folder),
        "development": ring.is_development,
        "signing": _describe_signing(ring),
        "anchors": [_describe_certificate(anchor) for anchor in x509.load_pem_x509_certificates(ring.trust_anchors)],
        "watermark_key_id": ring.watermark_key.key_id if ring.can_mark else None,
    }


def _describe_signing(ring: KeyRing) -> dict[str, Any] | None:
    from datetime import UTC, datetime

    from touchmark.provenance.keys.profile import check_certificate
    from touchmark.provenance.signing import leaf_certificate

    if not ring.can_sign or ring.certificate_chain is None:
        return None
    signer = ring.signer()
    return {
        **_describe_certificate(leaf_certificate(ring.certificate_chain, str(ring.folder))),
        "algorithm": signer.algorithm.value,
        "faults": _as_dicts(check_certificate(ring.certificate_chain, datetime.now(UTC))),
    }


def _describe_certificate(certificate: x509.Certificate) -> dict[str, str]:
    return {
        "subject": certificate.subject.rfc4514_string(),
        "issuer": certificate.issuer.rfc4514_string(),
        "serial": str(certificate.serial_number),
        "valid_from": f"{certificate.not_valid_before_utc:%Y-%m-%d}",
        "expires": f"{certificate.not_valid_after_utc:%Y-%m-%d}",
    }


def _as_dicts(faults: tuple[ProfileFault, ...]) -> list[dict[str, str]]:
    return [{"rule": fault.rule, "explanation": fault.explanation, "remedy": fault.remedy} for fault in faults]


def _warn(ring: KeyRing) -> None:
    from rich.console import Console
    from rich.panel import Panel
    from rich.text import Text

    from touchmark.provenance.keys.ring import ANCHORS, SIGNING_CHAIN, SIGNING_KEY, WATERMARK_KEY

    text = _WARNING.format(chain=SIGNING_CHAIN, key=SIGNING_KEY, anchors=ANCHORS, watermark=WATERMARK_KEY)
    panel = Panel(Text(text), title="NOT FOR PRODUCTION", border_style="bold red", width=100)
    Console(stderr=True).print(panel)


def _visible(text: str) -> str:
    """Names in certificates are other people's text: no control character of theirs reaches the terminal."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
