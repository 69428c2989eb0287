"""Keys for trying touchmark out: a certificate authority of one's own, a signing certificate, a watermark secret.

    ring = make_development_keys(Home.default().keys, organisation="Example Studio", now=datetime.now(UTC))

Anybody can make such a set, so nobody else has a reason to trust one: files signed with it verify only where its own
``anchors.pem`` is configured. Not for production, and the certificates say so themselves.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from touchmark.provenance.durability import flush, write_new
from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.keys.ring import (
    ANCHORS,
    DEVELOPMENT_UNIT,
    SIGNING_CHAIN,
    SIGNING_KEY,
    WATERMARK_KEY,
    KeyRing,
)
from touchmark.provenance.signing.files import private_key

AUTHORITY_KEY = "authority.key"
AUTHORITY_VALIDITY = timedelta(days=3650)
SIGNER_VALIDITY = timedelta(days=1095)

CLAIM_SIGNING = x509.ObjectIdentifier("1.3.6.1.4.1.62558.2.1")
_USAGES = (ExtendedKeyUsageOID.EMAIL_PROTECTION, CLAIM_SIGNING)
_CLOCK_SKEW = timedelta(hours=1)
_MAX_NAME = 64  # ub-organization-name of RFC 5280


class KeysExistError(TouchmarkError):
    """There are keys already; they are never overwritten."""

    code = "keys.exist"


class OrganisationError(TouchmarkError):
    """A name that cannot stand in a certificate."""

    code = "keys.organisation"
    exit_status = 64


@dataclass(frozen=True, slots=True)
class DevelopmentChain:
    """A freshly made authority and signer, all PEM: two certificates and their private keys."""

    authority: bytes
    authority_key: bytes
    signer: bytes
    signer_key: bytes


def make_development_keys(folder: Path, *, organisation: str, now: datetime) -> KeyRing:
    """Make a set of development keys in ``folder``: all of it, or nothing.

    Args:
        folder: must not exist, or be empty. Made readable by its owner alone.
        organisation: who signs; stands in the certificates, so in every manifest.
        now: beginning of the validity, with zone.

    Raises:
        KeysExistError: the folder holds something.
        OrganisationError: the name is empty, too long or not printable.
        OSError: the folder cannot be written.
    """
    chain = issue_development_chain(organisation, now)
    files = {
        AUTHORITY_KEY: chain.authority_key,
        ANCHORS: chain.authority,
        SIGNING_CHAIN: chain.signer,
        SIGNING_KEY: chain.signer_key,
        WATERMARK_KEY: new_watermark_secret(),
    }
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise _exists(folder)
    # Written beside and moved in one step, so that a kill leaves either no keys or all of them.
    staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for name, content in files.items():
            write_new(staging / name, content)
        flush(staging)
        try:
            staging.rename(folder)
        except OSError as error:
            raise _exists(folder) from error
        flush(folder.parent)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return KeyRing.load(folder)


def issue_development_chain(
    organisation: str, now: datetime, usages: Sequence[x509.ObjectIdentifier] = _USAGES
) -> DevelopmentChain:
    """A new authority and one signing certificate of it, in memory. Pure but for the randomness.

    Args: as those of :func:`issue_development_signer`.

    Raises:
        OrganisationError: the name is empty, too long or not printable.
    """
    if not organisation.strip() or len(organisation) > _MAX_NAME or not organisation.isprintable():
        raise OrganisationError(
            f"an organisation has 1 to {_MAX_NAME} printable characters",
            subject=ascii(organisation[:80]),
            remedy="Give another name with --organisation.",
        )
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority_name = _subject("touchmark development CA", organisation)
    authority = (
        _certificate(authority_name, authority_name, authority_key.public_key(), now, AUTHORITY_VALIDITY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(authority_key, hashes.SHA256())
    ).public_bytes(serialization.Encoding.PEM)
    authority_pem = _private_pem(authority_key)
    return DevelopmentChain(
        authority, authority_pem, *issue_development_signer(authority, authority_pem, organisation, now, usages)
    )


def issue_development_signer(
    authority: bytes,
    authority_key: bytes,
    organisation: str,
    now: datetime,
    usages: Sequence[x509.ObjectIdentifier] = _USAGES,
) -> tuple[bytes, bytes]:
    """A new signing certificate of a development authority, and its private key, both PEM. Pure but for the randomness.

    Args:
        authority: its certificate, PEM.
        authority_key: its private key, PEM.
        organisation: who signs.
        now: beginning of the validity, with zone.
        usages: extended ones of the signing certificate.
    """
    issuer, issuing_key = x509.load_pem_x509_certificate(authority), private_key(authority_key, None, AUTHORITY_KEY)
    signer_key = ec.generate_private_key(ec.SECP256R1())
    signer = (
        _certificate(
            _subject("touchmark signer", organisation), issuer.subject, signer_key.public_key(), now, SIGNER_VALIDITY
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuing_key.public_key()), critical=False)
        .sign(issuing_key, hashes.SHA256())
    )
    return signer.public_bytes(serialization.Encoding.PEM), _private_pem(signer_key)


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, validity: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + validity)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _subject(common_name: str, organisation: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, DEVELOPMENT_UNIT),
        ]
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def new_watermark_secret() -> bytes:
    """The content of a watermark key file: 256 random bits."""
    return secrets.token_hex(32).encode() + b"\n"


def _exists(folder: Path) -> KeysExistError:
    return KeysExistError(
        "there are keys already, and videos may depend on them",
        subject=str(folder),
        remedy="Use them, or move the folder away first.",
    )
