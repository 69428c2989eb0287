"""The protocol of a signer, the one that holds its key, and the one whose key is elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from touchmark.provenance.signing.algorithm import (
    SigningAlgorithm,
    algorithms_of,
    checked_signature,
    hash_of,
    raw_ecdsa,
)
from touchmark.provenance.signing.deadline import PATIENCE, within
from touchmark.provenance.signing.errors import KeyMismatchError
from touchmark.provenance.signing.files import PrivateKey, leaf_certificate, private_key, read_key_file
from touchmark.provenance.signing.time_stamps import TimeStamping


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
    def time_stamping(self) -> TimeStamping | None:
        """Who stamps the time on what is signed. With None a file stops verifying when the certificate expires."""
        ...

    def sign(self, data: bytes) -> bytes:
        """The signature over ``data`` as COSE wants it: ``r || s`` for ECDSA, PSS with a hash-long salt for RSA."""
        ...


@dataclass(frozen=True, slots=True)
class PemSigner:
    """Signs with a private key held in memory. Made with :meth:`load` or :meth:`from_pem`."""

    algorithm: SigningAlgorithm
    certificate_chain: bytes
    time_stamping: TimeStamping | None = None
    _key: PrivateKey = field(kw_only=True, repr=False)

    @classmethod
    def load(
        cls,
        chain_path: Path,
        key_path: Path,
        *,
        password: bytes | None = None,
        time_stamping: TimeStamping | None = None,
    ) -> PemSigner:
        """From a chain file and a key file, both PEM.

        Raises:
            KeyUnreadableError: a file is missing or is not PEM of its kind.
            WrongPasswordError: the key is encrypted, with another password or without one given.
            KeyMismatchError: the key does not belong to the first certificate of the chain.
        """
        return cls.from_pem(
            read_key_file(chain_path),
            read_key_file(key_path),
            password=password,
            time_stamping=time_stamping,
            subject=str(key_path),
        )

    @classmethod
    def from_pem(
        cls,
        chain: bytes,
        key: bytes,
        *,
        password: bytes | None = None,
        time_stamping: TimeStamping | None = None,
        subject: str = "signing key",
    ) -> PemSigner:
        """From PEM bytes; ``subject`` names the key in errors. Raises as :meth:`load` does."""
        private = private_key(key, password, subject)
        public = leaf_certificate(chain, subject).public_key()
        algorithms = algorithms_of(public)
        if private.public_key() != public:
            raise KeyMismatchError(
                "the private key does not belong to the first certificate of the chain",
                subject=subject,
                remedy="Put the signing certificate first, and give the key that its request was made with.",
            )
        return cls(algorithms[0], chain, time_stamping, _key=private)

    def sign(self, data: bytes) -> bytes:
        """See :class:`Signer`."""
        if isinstance(self._key, ed25519.Ed25519PrivateKey):
            return self._key.sign(data)
        digest = hash_of(self.algorithm)
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(data, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
        return raw_ecdsa(self._key.sign(data, ec.ECDSA(digest)), self._key.key_size)


@dataclass(frozen=True, slots=True)
class CallbackSigner:
    """Signs elsewhere: a KMS, an HSM, a signing service.

    Attributes:
        algorithm: how ``callback`` signs; must fit the key of the first certificate.
        certificate_chain: PEM, signing certificate first.
        callback: takes the bytes to be signed (not their hash) and returns the signature; ECDSA as ``r || s`` or DER.
            A :class:`SigningError` that it raises reaches the caller; anything else does as the cause of one.
        time_stamping: see :class:`Signer`.
        patience: seconds that ``callback`` has.
    """

    algorithm: SigningAlgorithm
    certificate_chain: bytes
    callback: Callable[[bytes], bytes] = field(repr=False)
    time_stamping: TimeStamping | None = None
    patience: float = PATIENCE

    def __post_init__(self) -> None:
        possible = algorithms_of(leaf_certificate(self.certificate_chain, "signing certificate").public_key())
        if self.algorithm not in possible:
            raise KeyMismatchError(
                f"a key of this certificate cannot sign {self.algorithm} (it can sign {', '.join(possible)})",
                subject="signing certificate",
                remedy="Name the algorithm of the key behind the callback.",
            )

    def sign(self, data: bytes) -> bytes:
        """See :class:`Signer`. What comes back is believed only if it verifies under the certificate.

        Raises:
            SignerAnswerError: what came back has not the form of a signature.
            SignerUnreachableError: nothing came back in time.
            KeyMismatchError: it is a signature, by another key than the certificate's.
            Exception: whatever the callback raises.
        """
        public_key = leaf_certificate(self.certificate_chain, "signing certificate").public_key()
        signature = within(self.patience, lambda: self.callback(data), "signer")
        return checked_signature(public_key, self.algorithm, signature, data)
