"""``touchmark keys``: make, show, check, change keys. What makes a certificate good is for ``provenance.keys``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from touchmark.cli.as_json import print_json
from touchmark.provenance.wording import printable

if TYPE_CHECKING:
    from cryptography import x509

    from touchmark.provenance.home import Home
    from touchmark.provenance.keys.profile import ProfileFault
    from touchmark.provenance.keys.ring import KeyRing
    from touchmark.provenance.keys.selection import SigningSettings

_WARNING = (
    "These are DEVELOPMENT keys. Anybody can make a set that says the same name, so nobody else has a reason to "
    "trust what you sign with them.\n\n"
    "For production, have a certificate issued (touchmark keys csr, then touchmark keys import), or name a key in an "
    "HSM or a KMS (docs/signing.md). Keep {watermark}: marks already made are found only with it."
)


@click.group()
def keys() -> None:
    """Make, show, check and change signing keys.

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
    click.echo(f"made {printable(str(ring.folder))} (watermark key {ring.watermark_key.key_id})")
    _warn(ring)


@keys.command(epilog="\b\nExamples:\n  touchmark keys show\n  touchmark keys show --json | jq .signing.expires")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(as_json: bool) -> None:
    """Show which keys there are: whom they name, until when, and what they are good for. Never a secret."""
    from touchmark.provenance.home import Home
    from touchmark.provenance.keys.ring import KeyRing

    home = Home.default()
    ring = KeyRing.load(home.keys)
    document = _describe(home, ring)
    if as_json:
        print_json(document)
        return
    click.echo(f"folder         {printable(document['folder'])}")
    signing = document["signing"]
    if signing is None:
        click.echo("signing        no key: this folder verifies, it cannot sign")
    else:
        click.echo(f"signing        {printable(signing['subject'])}")
        click.echo(f"  issued by    {printable(signing['issuer'])}")
        click.echo(f"  algorithm    {signing['algorithm']}")
        click.echo(f"  valid        {signing['valid_from']} to {signing['expires']}")
        click.echo(f"  signs with   {printable(signing['signer'])}{' (encrypted)' if signing['encrypted'] else ''}")
        for fault in signing["faults"]:
            click.echo(f"  BROKEN RULE  {printable(fault['rule'])}: {printable(fault['explanation'])}")
    for anchor in document["anchors"]:
        click.echo(f"trusts         {printable(anchor['subject'])}, until {anchor['expires']}")
    for authority in document["time_authorities"]:
        click.echo(f"time stamps    {printable(authority)}")
    click.echo(f"watermark key  {document['watermark_key_id'] or 'none: marks can be neither made nor found'}")
    if document["retired_watermark_key_ids"]:
        click.echo(f"  finds too    {', '.join(document['retired_watermark_key_ids'])}")
    if document["standalone_key_ids"]:
        click.echo(f"  marks alone  {', '.join(document['standalone_key_ids'])}, in the same order")
    for note in document["expiring"]:
        click.echo(f"ENDS SOON      {printable(note)}")
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
        print_json({"accepted": not faults, "subject": subject, "faults": _as_dicts(faults)})
    elif faults:
        for fault in faults:
            click.echo(f"{fault.rule}: {printable(fault.explanation)}. {fault.remedy}")
    else:
        click.echo(f"accepted: {printable(leaf.subject.rfc4514_string())}")
    return 1 if faults else 0


@keys.command(
    epilog="\b\nExamples:\n  touchmark keys rotate\n  touchmark keys rotate && touchmark keys show\n\n"
    "\b\nWith a certificate of a real authority:\n"
    "  touchmark keys csr --organisation ... -o request.csr, have it issued, touchmark keys import chain.pem\n\n"
    "\b\nWhere somebody may have learnt the watermark secret:\n  touchmark keys rotate --watermark"
)
@click.option("--watermark", is_flag=True, help="Mark with another secret, and leave the signing key as it is.")
def rotate(watermark: bool) -> None:
    """Sign with another development key from now on, or mark with another watermark secret.

    What the old key signed still verifies: its anchor stays, and so does the watermark secret. Marks of an old secret
    are still found. What is replaced is kept under retired/. Keys of a real authority are changed with csr and import.
    """
    from datetime import UTC, datetime

    from touchmark.provenance.home import Home
    from touchmark.provenance.keys.rotation import rotate_development, rotate_watermark

    if watermark:
        ring = rotate_watermark(Home.default().keys)
        before = ", ".join(key.key_id for key in ring.retired_watermark_keys)
        click.echo(f"marks now with key {ring.watermark_key.key_id}; still finds marks of {before}")
        return
    _tell_installed(rotate_development(Home.default().keys, datetime.now(UTC)))


@keys.command(
    epilog="\b\nExamples:\n"
    '  touchmark keys csr --organisation "Example Studio" --country DE -o request.csr\n'
    '  touchmark keys csr --organisation "Example Studio" --country DE --algorithm es384 --encrypt -o request.csr'
)
@click.option("--organisation", required=True, metavar="NAME", help="Who signs; shown to everybody who verifies.")
@click.option("--country", required=True, metavar="XX", help="Two letters, ISO 3166.")
@click.option("--common-name", metavar="NAME", help="Of the signer. Default: the organisation and “C2PA signer”.")
@click.option(
    "--algorithm",
    type=click.Choice(["es256", "es384", "es512", "ps256", "ed25519"]),
    default="es256",
    show_default=True,
    help="Of the key.",
)
@click.option("--encrypt", is_flag=True, help="Encrypt the key; the password is asked for.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File for the request. Default: standard output.")
def csr(
    organisation: str, country: str, common_name: str | None, algorithm: str, encrypt: bool, output: Path | None
) -> None:
    """Make a key and a certificate request (PKCS#10) for it, as the C2PA programme wants it.

    The key waits in $TOUCHMARK_HOME/keys/pending.key; `touchmark keys import` puts both to use. Nothing changes until
    then. A key in an HSM or a KMS is requested for with its vendor's tool.
    """
    from touchmark.provenance.home import Home
    from touchmark.provenance.keys.request import RequestedSubject, make_request
    from touchmark.provenance.signing import SigningAlgorithm

    subject = RequestedSubject(common_name or f"{organisation[:48]} C2PA signer", organisation, country)
    password = click.prompt("password", hide_input=True, confirmation_prompt=True, err=True) if encrypt else None
    request = make_request(
        Home.default().ensure().keys,
        subject,
        SigningAlgorithm(algorithm),
        password=password.encode() if password else None,
    )
    click.echo(f"the key waits in {printable(str(Home.default().keys / 'pending.key'))}", err=True)
    with click.open_file(str(output or "-"), "wb") as file:
        file.write(request)


@keys.command(
    "import",
    epilog="\b\nExamples:\n  touchmark keys import chain.pem --anchors root.pem\n"
    "  touchmark keys import chain.pem --key signing.key --password-source env:KEY_PASSWORD",
)
@click.argument("chain", type=click.Path(path_type=Path))
@click.option("--key", type=click.Path(path_type=Path), help="Its key. Default: the one that waits since keys csr.")
@click.option("--anchors", type=click.Path(path_type=Path), help="Roots to believe too, from now on.")
@click.option("--password-source", metavar="SOURCE", help="Of an encrypted key: file:PATH, env:NAME or prompt:.")
def import_(chain: Path, key: Path | None, anchors: Path | None, password_source: str | None) -> None:
    """Sign with the certificate CHAIN (PEM, signing certificate first) from now on.

    Checked before anything changes: that the key belongs to it, that C2PA accepts it, that an anchor vouches for it.
    The old certificate and key are kept under retired/, old anchors stay.
    """
    from datetime import UTC, datetime

    from touchmark.cli.signer import asking
    from touchmark.provenance.home import Home
    from touchmark.provenance.keys.rotation import install
    from touchmark.provenance.signing import leaf_certificate, read_key_file
    from touchmark.provenance.signing.secret import read_secret

    certificates = read_key_file(chain)
    leaf_certificate(certificates, str(chain))  # names the file where it is none
    ring = install(
        Home.default().keys,
        certificates,
        read_key_file(key) if key else None,
        now=datetime.now(UTC),
        password=read_secret(password_source, asking(), "password of the key") if password_source else None,
        anchors=read_key_file(anchors) if anchors else b"",
    )
    _tell_installed(ring)


def _tell_installed(ring: KeyRing) -> None:
    from touchmark.provenance.home import Home
    from touchmark.provenance.keys.selection import SigningSettings
    from touchmark.provenance.signing import leaf_certificate

    leaf = leaf_certificate(ring.certificate_chain or b"", str(ring.folder))
    click.echo(f"signs now with {printable(leaf.subject.rfc4514_string())}, until {leaf.not_valid_after_utc:%Y-%m-%d}")
    if (ring.folder / "retired").exists():
        click.echo(f"the old certificate and key are kept in {printable(str(ring.folder / 'retired'))}")
    if SigningSettings.load(Home.default().signing).signer:
        click.echo("signing.yaml names another signer, which goes on signing", err=True)


def _describe(home: Home, ring: KeyRing) -> dict[str, Any]:
    from datetime import UTC, datetime

    from cryptography import x509

    from touchmark.provenance.keys.expiry import expiring
    from touchmark.provenance.keys.selection import SigningSettings
    from touchmark.provenance.signing import read_key_file
    from touchmark.provenance.watermark.keyring import standalone_key

    settings = SigningSettings.load(home.signing)
    chain = read_key_file(home.root / settings.chain) if settings.chain else ring.certificate_chain
    return {
        "folder": str(ring.folder),
        "development": ring.is_development,
        "signing": _describe_signing(ring, settings, chain),
        "anchors": [_describe_certificate(anchor) for anchor in x509.load_pem_x509_certificates(ring.trust_anchors)],
        "time_authorities": list(settings.time_stamps.authorities) if settings.time_stamps else [],
        "watermark_key_id": ring.watermark_key.key_id if ring.can_mark else None,
        "retired_watermark_key_ids": [key.key_id for key in ring.retired_watermark_keys],
        "standalone_key_ids": [standalone_key(key).key_id for key in ring.watermark_keys],
        "expiring": list(expiring((chain or b"") + b"\n" + ring.trust_anchors, datetime.now(UTC))),
    }


def _describe_signing(ring: KeyRing, settings: SigningSettings, chain: bytes | None) -> dict[str, Any] | None:
    from datetime import UTC, datetime

    from touchmark.provenance.keys.profile import check_certificate
    from touchmark.provenance.signing import algorithms_of, leaf_certificate
    from touchmark.provenance.signing.address import Address

    if chain is None or not (ring.can_sign or settings.signer):
        return None
    if not settings.signer and not settings.chain and not ring.key_is_encrypted:
        ring.signer()  # which says so where key and certificate do not belong together
    leaf = leaf_certificate(chain, str(ring.folder))
    return {
        **_describe_certificate(leaf),
        "algorithm": algorithms_of(leaf.public_key())[0].value,
        "signer": str(Address.parse(settings.signer)) if settings.signer else str(ring.folder / "signing.key"),
        "encrypted": not settings.signer and ring.key_is_encrypted,
        "faults": _as_dicts(check_certificate(chain, datetime.now(UTC))),
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

    from touchmark.provenance.keys.ring import WATERMARK_KEY

    text = _WARNING.format(watermark=WATERMARK_KEY)
    panel = Panel(Text(text), title="NOT FOR PRODUCTION", border_style="bold red", width=100)
    Console(stderr=True).print(panel)
