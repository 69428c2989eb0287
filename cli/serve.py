"""``touchmark serve``: services that run until they are stopped. What they answer is decided in the rooms."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def serve() -> None:
    """Run a service."""


@serve.command(
    epilog="\b\nExamples:\n"
    "  touchmark serve signer --listen 0.0.0.0:8443 --tls-cert host.pem --tls-key host.key --clients workers.pem\n"
    "  touchmark serve signer ... --signer 'pkcs11:token=studio;object=c2pa?module-path=...&pin-source=...'\n\n"
    "\b\nOn a worker:\n"
    "  touchmark generate ... --signer 'https://signer:8443?client-cert=me.pem&client-key=me.key&ca=host-ca.pem'"
)
@click.option("--listen", default="127.0.0.1:8443", show_default=True, metavar="HOST:PORT", help="Where to listen.")
@click.option("--tls-cert", type=click.Path(path_type=Path), required=True, help="Certificate of this host, PEM.")
@click.option("--tls-key", type=click.Path(path_type=Path), required=True, help="Its key, PEM, not encrypted.")
@click.option(
    "--clients",
    type=click.Path(path_type=Path),
    required=True,
    help="The certificates that may ask, PEM. Exactly these: no authority can add one.",
)
@click.option("--signer", metavar="ADDRESS", help="Who signs. Default: as for touchmark seal.")
@click.option("--chain", type=click.Path(path_type=Path), help="Certificate chain of the signer, PEM.")
def signer(listen: str, tls_cert: Path, tls_key: Path, clients: Path, signer: str | None, chain: Path | None) -> None:
    """Sign C2PA claims for workers, so that none of them holds a key. Mutual TLS.

    Only the bytes of a C2PA claim under this service's own certificate are signed, at most 256 KiB of them, and only
    for the clients in the list. Every signing request of at most 256 KiB is written to the ledger before its signature
    is handed out (`touchmark ledger`). Workers have the time stamped themselves.
    """
    from datetime import UTC, datetime

    from touchmark.cli.signer import asking, choice
    from touchmark.provenance.database import open_database
    from touchmark.provenance.home import Home
    from touchmark.provenance.keys.expiry import expiring
    from touchmark.provenance.keys.ring import KeyRing
    from touchmark.provenance.keys.selection import select_signer
    from touchmark.provenance.ledger import Ledger
    from touchmark.provenance.signing import read_key_file
    from touchmark.provenance.signing.service import SigningService
    from touchmark.provenance.wording import number_of, printable

    host, colon, port = listen.rpartition(":")
    if not (colon and host and port.isdecimal() and int(port) < 1 << 16):
        raise click.BadParameter("it is not of the form HOST:PORT", param_hint="--listen")
    home = Home.default().ensure()
    key = select_signer(home, KeyRing.load(home.keys), choice(signer, chain, ()), asking())
    service = SigningService(key, Ledger(open_database(home.database)), read_key_file(clients))
    with service.listen((host.strip("[]"), int(port)), certificate=tls_cert, key=tls_key) as server:
        for note in expiring(key.certificate_chain, datetime.now(UTC)):
            click.echo(f"touchmark: {printable(note)}", err=True)
        clients_known = number_of(service.client_count, "client")
        click.echo(f"signing for {clients_known} at {host}:{server.server_address[1]}", err=True)
        server.serve_forever()
