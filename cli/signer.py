"""Options of every command that signs: which signer, which certificate, whose time."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from touchmark.cli.option_group import option_group

if TYPE_CHECKING:
    from touchmark.provenance.keys.selection import SignerChoice
    from touchmark.provenance.signing.secret import Ask


def choice(signer: str | None, chain: Path | None, time_authorities: tuple[str, ...]) -> SignerChoice:
    """What the options say."""
    from touchmark.provenance.keys.selection import SignerChoice

    return SignerChoice(signer, chain, time_authorities)


def asking() -> Ask | None:
    """How a secret is asked for on the terminal, unseen; None where nobody sits there."""
    if not sys.stdin.isatty():
        return None

    def ask(what: str) -> str:
        answer = click.prompt(what, hide_input=True, err=True)
        return str(answer)

    return ask


signer_options = option_group(
    "signer",
    choice,
    click.option(
        "--signer",
        metavar="ADDRESS",
        help="Who signs: pem:, pkcs11:, awskms:, gcpkms:, azurekms: or https: (docs/signing.md). "
        "Default: as signing.yaml in $TOUCHMARK_HOME says, else its keys.",
    ),
    click.option(
        "--chain",
        metavar="PEM",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Certificate chain of the signer, signing certificate first.",
    ),
    click.option(
        "--tsa",
        "time_authorities",
        multiple=True,
        metavar="URL",
        help="RFC 3161 time-stamp authority; of several, the next is asked if one fails. No stamp, no file.",
    ),
)
