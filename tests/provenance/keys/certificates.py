"""An authority for tests that issues whatever it is told to, right or wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime.now(UTC)
EMAIL = ExtendedKeyUsageOID.EMAIL_PROTECTION
USAGE_FLAGS = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def usage(*flags: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{flag: flag in flags for flag in USAGE_FLAGS})


def p256() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass
class Authority:
    """A root that issues whatever it is told to."""

    name: str = "test root"
    key: Any = field(default_factory=p256)

    @property
    def subject(self) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)])

    @property
    def pem(self) -> bytes:
        return self.issue(
            key=self.key,
            subject=self.subject,
            ca=True,
            key_usage=usage("key_cert_sign", "crl_sign"),
            ekus=None,
            aki=False,
            ski=True,
        )

    def issue(
        self,
        *,
        key: Any,
        subject: x509.Name | None = None,
        ca: bool | None = False,
        key_usage: x509.KeyUsage | None = usage("digital_signature"),  # noqa: B008
        ekus: Sequence[x509.ObjectIdentifier] | None = (EMAIL,),
        aki: bool = True,
        ski: bool = False,
        begins: datetime = NOW - timedelta(days=1),
        ends: datetime = NOW + timedelta(days=30),
        digest: hashes.HashAlgorithm | None = None,
        pss: padding.PSS | None = None,
        extra: x509.UnrecognizedExtension | None = None,
        signed_with: Any = None,
    ) -> bytes:
        subject = subject or x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "signer")])
        signing_key = signed_with or self.key
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(ends)
        )
        if ca is not None:
            builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        if key_usage is not None:
            builder = builder.add_extension(key_usage, critical=True)
        if ekus is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage(list(ekus)), critical=False)
        if aki:
            identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
            builder = builder.add_extension(identifier, critical=False)
        if ski:
            builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        if extra:
            builder = builder.add_extension(extra, critical=True)
        kind = type(signing_key).__name__
        digest = None if "Ed25519" in kind else digest or hashes.SHA256()
        certificate = builder.sign(signing_key, digest, rsa_padding=pss)
        return certificate.public_bytes(serialization.Encoding.PEM)


def private_pem(key: Any) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
