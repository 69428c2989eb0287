"""Who signs: the seam between a manifest and the key that seals it.

    signer = PemSigner.load(Path("signing.pem"), Path("signing.key"))
    signer = CallbackSigner(SigningAlgorithm.ES256, chain_pem, kms_sign)     # the key never leaves its HSM or KMS

A signer holds a certificate chain and answers ``sign``. It knows nothing of manifests; whether a certificate is one
that C2PA accepts is asked in ``provenance.keys.profile``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from touchmark.provenance.errors import TouchmarkError


class SigningError(TouchmarkError):
    """Nothing was signed."""

    code = "signing.failed"


class KeyMismatchError(SigningError):
    """The private key is not the one that the certificate names, or cannot sign with the algorithm."""

    code = "signing.key_mismatch"


class KeyUnreadableError(SigningError):
    """A certificate or key file is missing, or is not what it should be."""

    code = "signing.key_unreadable"
    exit_status = 3


class SigningAlgorithm(StrEnum):
    """The signature algorithms that C2PA 2.4, section 13.2, allows."""

    ES256 = "es256"
    ES384 = "es384"
    ES512 = "es512"
    PS256 = "ps256"
    PS384 = "ps384"
    PS512 = "ps512"
    ED25519 = "ed25519"


_BY_CURVE = {
    "secp256r1": SigningAlgorithm.ES256,
    "secp384r1": SigningAlgorithm.ES384,
    "secp521r1": SigningAlgorithm.ES512,
}
_HASHES: dict[SigningAlgorithm, type[hashes.HashAlgorithm]] = {
    SigningAlgorithm.ES256: hashes.SHA256,
    SigningAlgorithm.ES384: hashes.SHA384,
    SigningAlgorithm.ES512: hashes.SHA512,
    SigningAlgorithm.PS256: hashes.SHA256,
    SigningAlgorithm.PS384: hashes.SHA384,
    SigningAlgorithm.PS512: hashes.SHA512,
}
_RSA = (SigningAlgorithm.PS256, SigningAlgorithm.PS384, SigningAlgorithm.PS512)

_MAX_BYTES = 1 << 20

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


class Signer(Protocol):
    """Something that signs in the name of a certificate."""

    @property
    def algorithm(self) -> SigningAlgorithm:
        """How it signs."""
        ...

    @property
    def certificate_chain(self) -> bytes:
        """PEM, the signing certificate first, then its issuers; the root may be left out."""
        ...

    @property
    def time_authority(self) -> str | None:
        """URL of an RFC 3161 authority, or None. Without one a file stops verifying when the certificate expires."""
        ...

    def sign(self, data: bytes) -> bytes:
        """The signature over ``data`` as COSE wants it: ``r || s`` for ECDSA, PSS with a hash-long salt for RSA."""
        ...


@dataclass(frozen=True, slots=True)
class PemSigner:
    """Signs with a private key held in memory. Made with :meth:`load` or :meth:`from_pem`."""

    algorithm: SigningAlgorithm
    certificate_chain: bytes
    time_authority: str | None = None
    _key: PrivateKey = field(kw_only=True, repr=False)

    @classmethod
    def load(
        cls, chain_path: Path, key_path: Path, *, password: bytes | None = None, time_authority: str | None = None
    ) -> PemSigner:
        """From a chain file and a key file, both PEM.

        Raises:
            KeyUnreadableError: a file is missing or is not PEM of its kind; the password is wrong.
            KeyMismatchError: the key does not belong to the first certificate of the chain.
        """
        return cls.from_pem(
            read_key_file(chain_path),
            read_key_file(key_path),
            password=password,
            time_authority=time_authority,
            subject=str(key_path),
        )

    @classmethod
    def from_pem(
        cls,
        chain: bytes,
        key: bytes,
        *,
        password: bytes | None = None,
        time_authority: str | None = None,
        subject: str = "signing key",
    ) -> PemSigner:
        """From PEM bytes; ``subject`` names the key in errors. Raises as :meth:`load` does."""
        private = _private_key(key, password, subject)
        public = leaf_certificate(chain, subject).public_key()
        algorithms = algorithms_of(public)
        if private.public_key() != public:
            raise KeyMismatchError(
                "the private key does not belong to the first certificate of the chain",
                subject=subject,
                remedy="Put the signing certificate first, and give the key that its request was made with.",
            )
        return cls(algorithms[0], chain, time_authority, _key=private)

    def sign(self, data: bytes) -> bytes:
        """See :class:`Signer`."""
        if isinstance(self._key, ed25519.Ed25519PrivateKey):
            return self._key.sign(data)
        digest = _HASHES[self.algorithm]()
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(data, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
        r, s = decode_dss_signature(self._key.sign(data, ec.ECDSA(digest)))
        width = (self._key.key_size + 7) // 8
        return r.to_bytes(width, "big") + s.to_bytes(width, "big")


@dataclass(frozen=True, slots=True)
class CallbackSigner:
    """Signs elsewhere: a KMS, an HSM, a signing service.

    Attributes:
        algorithm: how ``callback`` signs; must fit the key of the first certificate.
        certificate_chain: PEM, signing certificate first.
        callback: takes the bytes to be signed (not their hash) and returns the signature; ECDSA as ``r || s`` or DER.
            What it raises reaches the caller as the cause of a :class:`SigningError`.
        time_authority: see :class:`Signer`.
    """

    algorithm: SigningAlgorithm
    certificate_chain: bytes
    callback: Callable[[bytes], bytes] = field(repr=False)
    time_authority: str | None = None

    def __post_init__(self) -> None:
        possible = algorithms_of(leaf_certificate(self.certificate_chain, "signing certificate").public_key())
        if self.algorithm not in possible:
            raise KeyMismatchError(
                f"a key of this certificate cannot sign {self.algorithm} (it can sign {', '.join(possible)})",
                subject="signing certificate",
                remedy="Name the algorithm of the key behind the callback.",
            )

    def sign(self, data: bytes) -> bytes:
        """See :class:`Signer`; raises whatever the callback raises."""
        return self.callback(data)


def algorithms_of(public_key: object) -> tuple[SigningAlgorithm, ...]:
    """The algorithms that C2PA allows for a key, the usual one first.

    Raises:
        KeyMismatchError: C2PA has none for this kind of key.
    """
    if isinstance(public_key, rsa.RSAPublicKey):
        return _RSA
    if isinstance(public_key, ed25519.Ed25519PublicKey):
        return (SigningAlgorithm.ED25519,)
    if isinstance(public_key, ec.EllipticCurvePublicKey) and public_key.curve.name in _BY_CURVE:
        return (_BY_CURVE[public_key.curve.name],)
    kind = getattr(getattr(public_key, "curve", None), "name", type(public_key).__name__)
    raise KeyMismatchError(
        f"C2PA has no signature algorithm for this key ({kind})",
        subject="signing certificate",
        remedy="Use a key on P-256, P-384 or P-521, an RSA key of 2048 bits or more, or an Ed25519 key.",
    )


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


def _private_key(data: bytes, password: bytes | None, subject: str) -> PrivateKey:
    try:
        key = serialization.load_pem_private_key(data, password)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        reason = "needs another password" if "assword" in str(error) else "is not a PEM private key"
        raise KeyUnreadableError(
            f"the file {reason}", subject=subject, remedy="Give a PKCS#8 key in PEM, with its password if it has one."
        ) from error
    if not isinstance(key, PrivateKey):
        raise KeyMismatchError(
            f"C2PA has no signature algorithm for this key ({type(key).__name__})",
            subject=subject,
            remedy="Use an EC, RSA or Ed25519 key.",
        )
    return key


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
