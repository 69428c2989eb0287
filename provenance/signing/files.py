"""Certificate and key files: read under a limit, and refused with the reason."""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from touchmark.provenance.signing.errors import KeyMismatchError, KeyUnreadableError, WrongPasswordError

_MAX_BYTES = 1 << 20

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


def leaf_certificate(chain: bytes, subject: str) -> x509.Certificate:
    """The first certificate of a PEM chain; ``subject`` names it in errors.

    Raises:
        KeyUnreadableError: there is none.
    """
    try:
        return x509.load_pem_x509_certificates(chain)[0]
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyUnreadableError(
            "the certificate chain is not PEM (-----BEGIN CERTIFICATE-----)",
            subject=subject,
            remedy="Give the chain as PEM, signing certificate first.",
        ) from error


def private_key(data: bytes, password: bytes | None, subject: str) -> PrivateKey:
    """A private key from PEM, encrypted or not; ``subject`` names it in errors.

    Raises:
        WrongPasswordError: it is encrypted with another password, or none was given.
        KeyUnreadableError: it is not a PEM private key.
        KeyMismatchError: C2PA does not sign with this kind of key.
    """
    encrypted = is_encrypted(data)
    try:
        key = serialization.load_pem_private_key(data, password if encrypted else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        if encrypted and (password is None or "assword" in str(error)):
            missing = password is None
            raise WrongPasswordError(
                f"the key is encrypted, and {'no password was given' if missing else 'the password is another'}",
                subject=subject,
                remedy="Say where the password is: ?password-source=file:PATH, env:NAME or prompt: in the address.",
            ) from error
        raise KeyUnreadableError(
            "the file is not a PEM private key", subject=subject, remedy="Give a PKCS#8 key in PEM."
        ) from error
    if not isinstance(key, PrivateKey):
        raise KeyMismatchError(
            f"C2PA has no signature algorithm for this key ({type(key).__name__})",
            subject=subject,
            remedy="Use an EC, RSA or Ed25519 key.",
        )
    return key


def is_encrypted(key: bytes) -> bool:
    """Whether a PEM private key says that it is encrypted (PKCS#8, or the older header of OpenSSL)."""
    return b"-----BEGIN ENCRYPTED PRIVATE KEY-----" in key or b"Proc-Type: 4,ENCRYPTED" in key


def read_key_file(path: Path) -> bytes:
    """The bytes of a certificate or key file.

    Raises:
        KeyUnreadableError: it cannot be read, or is larger than any key (1 MiB).
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise KeyUnreadableError(
            f"the file cannot be read ({error.strerror})",
            subject=str(path),
            remedy="Check the path and its permissions.",
        ) from error
    if len(content) > _MAX_BYTES:
        raise KeyUnreadableError("a key file has at most 1 MiB", subject=str(path), remedy="Give a PEM file.")
    return content
