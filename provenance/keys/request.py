"""Ask an authority for a certificate: a key, and a request (PKCS#10) that says what C2PA wants in a signer's.

    subject = RequestedSubject("Studio C2PA signer", "Example Studio", "DE")
    request = make_request(home.keys, subject, SigningAlgorithm.ES256)

The key stays in the keys folder as ``pending.key`` until ``touchmark keys import`` brings the certificate for it. What
is asked for is the leaf profile of C2PA 2.4, section 14.5, and of the C2PA certificate policy: key usage
digitalSignature, and the extended key usages claimSigning and emailProtection. The authority decides what it issues.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from touchmark.provenance.durability import write_new
from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.keys.development import KeysExistError
from touchmark.provenance.signing import SigningAlgorithm
from touchmark.provenance.signing.files import PrivateKey

PENDING_KEY: Final = "pending.key"
CLAIM_SIGNING: Final = x509.ObjectIdentifier("1.3.6.1.4.1.62558.2.1")
_MAX_NAME: Final = 64  # ub-common-name and ub-organization-name of RFC 5280


class SubjectError(TouchmarkError):
    """A name that cannot stand in a certificate request."""

    code = "keys.subject"
    exit_status = 64


@dataclass(frozen=True, slots=True)
class RequestedSubject:
    """Whom the certificate shall name.

    Attributes:
        common_name: of the signer.
        organisation: who signs; shown to everybody who verifies.
        country: two letters (ISO 3166).
    """

    common_name: str
    organisation: str
    country: str

    def __post_init__(self) -> None:
        for name in (self.common_name, self.organisation):
            if not name.strip() or len(name) > _MAX_NAME or not name.isprintable():
                raise SubjectError(
                    f"a name has 1 to {_MAX_NAME} printable characters", subject=ascii(name[:80]), remedy="Change it."
                )
        if len(self.country) != 2 or not (self.country.isascii() and self.country.isalpha()):
            raise SubjectError(
                "a country has two letters", subject=ascii(self.country[:80]), remedy="Use ISO 3166, such as DE."
            )


def make_request(
    folder: Path, subject: RequestedSubject, algorithm: SigningAlgorithm, *, password: bytes | None = None
) -> bytes:
    """Make a key in ``folder`` and the request for its certificate, PEM.

    Args:
        folder: of keys; made if it is not there.
        subject: whom the certificate shall name.
        algorithm: of the key.
        password: to encrypt the key with.

    Raises:
        KeysExistError: a key waits for its certificate already.
        OSError: the folder cannot be written.
    """
    path = folder / PENDING_KEY
    key = _generate(algorithm)
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        write_new(path, pem)
    except FileExistsError as error:
        raise KeysExistError(
            "a key waits here for its certificate already",
            subject=str(path),
            remedy="Bring its certificate with: touchmark keys import. Or move the key away first.",
        ) from error
    return certificate_request(key, subject)


def certificate_request(key: PrivateKey, subject: RequestedSubject) -> bytes:
    """The request for a key, PEM."""
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, subject.country.upper()),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, subject.organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, subject.common_name),
        ]
    )
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    request = (
        x509.CertificateSigningRequestBuilder(name)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([CLAIM_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    )
    return request.public_bytes(serialization.Encoding.PEM)


def _generate(algorithm: SigningAlgorithm) -> PrivateKey:
    curves = {
        SigningAlgorithm.ES256: ec.SECP256R1(),
        SigningAlgorithm.ES384: ec.SECP384R1(),
        SigningAlgorithm.ES512: ec.SECP521R1(),
    }
    if algorithm in curves:
        return ec.generate_private_key(curves[algorithm])
    if algorithm is SigningAlgorithm.ED25519:
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(public_exponent=65537, key_size=3072)
