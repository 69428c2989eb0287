"""An operator's keys: one private folder, loaded once, handed to those who sign, mark and verify.

    ring = KeyRing.load(Home.default().keys)
    ring.signer()            # signs manifests
    ring.watermark_key       # marks pixels
    ring.watermark_keys      # finds marks: that one, and those of before
    ring.certificates        # signs what carries them: the one that signs now, and those that did before
    ring.trust_anchors       # whom to believe, PEM

The folder holds ``anchors.pem`` (needed), ``signing.pem`` with ``signing.key`` (to sign) and ``watermark.key`` (to
mark, and to find marks; 64 hexadecimal digits); ``retired/watermark-*.key`` find marks of before, ``retired/*.pem``
signed before. An operator puts their own certificate and anchors in place of the development ones. With ``anchors.pem``
alone a ring still verifies.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.signing import PemSigner, Signer, TimeStamping
from touchmark.provenance.signing.files import is_encrypted, leaf_certificate
from touchmark.provenance.watermark.protocol import WatermarkKey

ANCHORS = "anchors.pem"
SIGNING_CHAIN = "signing.pem"
SIGNING_KEY = "signing.key"
WATERMARK_KEY = "watermark.key"
RETIRED = "retired"
"""Folder of keys that were in use before. What they signed and marked is still out there."""

DEVELOPMENT_UNIT = "touchmark development CA - not for production"
"""Organisational unit in every certificate that touchmark makes for itself."""

_MAX_BYTES = 1 << 20


class KeyRingError(TouchmarkError):
    """The keys cannot be used."""

    code = "keys.unusable"


class KeysMissingError(KeyRingError):
    """There are no keys, or not the one asked for."""

    code = "keys.missing"


class KeyPermissionError(KeyRingError):
    """Others on this machine can read or change a key."""

    code = "keys.permission"


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys of one folder.

    Attributes:
        folder: where they lie.
        trust_anchors: root certificates of trusted signers, PEM.
        certificate_chain: the signing certificate and its issuers, PEM; None where the ring only verifies.
    """

    folder: Path
    trust_anchors: bytes
    certificate_chain: bytes | None = None
    _signing_key: bytes | None = field(default=None, repr=False)
    _watermark_key: WatermarkKey | None = field(default=None, repr=False)
    _retired_watermark_keys: tuple[WatermarkKey, ...] = field(default=(), repr=False)
    _retired_chains: tuple[bytes, ...] = field(default=(), repr=False)

    @classmethod
    def load(cls, folder: Path) -> KeyRing:
        """Read a folder of keys.

        Raises:
            KeysMissingError: the folder or its ``anchors.pem`` is not there.
            KeyPermissionError: another user could read a secret, or change an anchor.
            KeyRingError: a file is not what its name says.
        """
        if not folder.is_dir():
            raise _missing(folder, "there are no keys here")
        require_private(folder, 0o022)
        anchors = _public(folder / ANCHORS)
        if anchors is None:
            raise _missing(folder / ANCHORS, "there are no trust anchors")
        _certificates(anchors, folder / ANCHORS)
        chain = _chain(folder / SIGNING_CHAIN)
        retired = map(_watermark_key, sorted((folder / RETIRED).glob("watermark-*.key")))
        chains = map(_chain, sorted((folder / RETIRED).glob("*.pem")))
        return cls(
            folder,
            anchors,
            chain,
            _secret(folder / SIGNING_KEY),
            _watermark_key(folder / WATERMARK_KEY),
            tuple(key for key in retired if key is not None),
            tuple(old for old in chains if old is not None),
        )

    def signer(self, *, password: bytes | None = None, time_stamping: TimeStamping | None = None) -> Signer:
        """The signer of this ring; ``password`` is needed where its key is encrypted.

        Raises:
            KeysMissingError: the ring only verifies.
            WrongPasswordError, KeyUnreadableError, KeyMismatchError: see :meth:`PemSigner.from_pem`.
        """
        if self.certificate_chain is None:
            raise _missing(self.folder / SIGNING_CHAIN, "there is no signing certificate")
        if self._signing_key is None:
            raise _missing(self.folder / SIGNING_KEY, "there is no signing key")
        return PemSigner.from_pem(
            self.certificate_chain,
            self._signing_key,
            password=password,
            time_stamping=time_stamping,
            subject=str(self.folder / SIGNING_KEY),
        )

    @property
    def can_sign(self) -> bool:
        """Whether certificate and key are there."""
        return self.certificate_chain is not None and self._signing_key is not None

    @property
    def key_is_encrypted(self) -> bool:
        """Whether signing asks for a password."""
        return self._signing_key is not None and is_encrypted(self._signing_key)

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """Signing certificates by themselves, DER: the present one, if there is one, then those of before."""
        current = () if self.certificate_chain is None else (self.certificate_chain,)
        leaves = (leaf_certificate(chain, str(self.folder)) for chain in (*current, *self._retired_chains))
        return tuple(leaf.public_bytes(Encoding.DER) for leaf in leaves)

    @property
    def can_mark(self) -> bool:
        """Whether the watermark secret is there."""
        return self._watermark_key is not None

    @property
    def watermark_key(self) -> WatermarkKey:
        """The watermark secret.

        Raises:
            KeysMissingError: the ring has none.
        """
        if self._watermark_key is None:
            raise _missing(self.folder / WATERMARK_KEY, "there is no watermark key")
        return self._watermark_key

    @property
    def retired_watermark_keys(self) -> tuple[WatermarkKey, ...]:
        """Those that marked before; not one that, after a change that was cut short, still does."""
        return tuple(key for key in self._retired_watermark_keys if key != self._watermark_key)

    @property
    def watermark_keys(self) -> tuple[WatermarkKey, ...]:
        """Those to look for marks with: the one that marks now, if there is one, then those that did before."""
        current = () if self._watermark_key is None else (self._watermark_key,)
        return (*current, *self.retired_watermark_keys)

    @property
    def is_development(self) -> bool:
        """Whether the signing certificate (or, without one, an anchor) was made by ``touchmark keys init``."""
        return is_development(self.certificate_chain or self.trust_anchors)


def is_development(certificates: bytes) -> bool:
    """Whether any of some PEM certificates, or an issuer of one, says it is a touchmark development certificate."""
    return any(
        attribute.value == DEVELOPMENT_UNIT
        for certificate in x509.load_pem_x509_certificates(certificates)
        for name in (certificate.subject, certificate.issuer)
        for attribute in name.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    )


def _public(path: Path) -> bytes | None:
    return _read(path, others_may_not=0o022)


def _chain(path: Path) -> bytes | None:
    chain = _public(path)
    if chain is not None:
        _certificates(chain, path)
    return chain


def _secret(path: Path) -> bytes | None:
    return _read(path, others_may_not=0o077)


def _read(path: Path, *, others_may_not: int) -> bytes | None:
    try:
        with path.open("rb") as file:
            require_private(path, others_may_not)
            content = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise KeyRingError(
            f"the file cannot be read ({error.strerror})", subject=str(path), remedy="Check who owns it."
        ) from error
    if len(content) > _MAX_BYTES:
        raise KeyRingError("a key file has at most 1 MiB", subject=str(path), remedy="Check what was put there.")
    return content


def require_private(path: Path, others_may_not: int) -> None:
    """That other users of this machine have none of some rights (mode bits) to a file or folder.

    Raises:
        KeyPermissionError: they have.
    """
    if stat.S_IMODE(path.stat().st_mode) & others_may_not:
        verb, mode = ("read", "600") if others_may_not & 0o044 else ("change", "go-w")
        raise KeyPermissionError(
            f"other users of this machine can {verb} it", subject=str(path), remedy=f"Run: chmod {mode} {path}"
        )


def _certificates(content: bytes, path: Path) -> None:
    try:
        x509.load_pem_x509_certificates(content)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyRingError(
            "the file holds no readable PEM certificate", subject=str(path), remedy="Put certificates there, in PEM."
        ) from error


def _watermark_key(path: Path) -> WatermarkKey | None:
    content = _secret(path)
    if content is None:
        return None
    try:
        return WatermarkKey(bytes.fromhex(content.decode("ascii").strip()))
    except ValueError:
        # The cause would quote the secret, so it is not passed on.
        raise KeyRingError(
            "a watermark key is at least 32 hexadecimal digits", subject=str(path), remedy="Restore it from a backup."
        ) from None


def _missing(path: Path, problem: str) -> KeysMissingError:
    return KeysMissingError(problem, subject=str(path), remedy="Run: touchmark keys init")
