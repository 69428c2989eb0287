"""Change the signing key: the new one signs, and what the old one signed still verifies.

    ring = install(folder, chain_pem, key_pem, now=now)             # a certificate that an authority issued
    ring = rotate_development(folder, now)                          # a development key, by its own authority
    ring = rotate_watermark(folder)                                 # another secret marks; marks of the old are found

Anchors are added and never taken away here, and a watermark secret that was in use is kept: marks are found with it.
The old certificate and key are kept under ``retired/`` before anything is replaced, so a crash between two files leaves
a key that does not belong to its certificate (which every command says) and the old pair to put back by hand.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from touchmark.provenance.durability import flush, replacing, write_new
from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.keys.development import (
    AUTHORITY_KEY,
    SIGNER_VALIDITY,
    issue_development_chain,
    issue_development_signer,
    new_watermark_secret,
)
from touchmark.provenance.keys.profile import CertificateRefusedError, check_certificate
from touchmark.provenance.keys.request import PENDING_KEY
from touchmark.provenance.keys.ring import (
    ANCHORS,
    RETIRED,
    SIGNING_CHAIN,
    SIGNING_KEY,
    WATERMARK_KEY,
    KeyRing,
    KeysMissingError,
)
from touchmark.provenance.signing import PemSigner, leaf_certificate
from touchmark.provenance.signing.files import private_key, read_key_file


class NotDevelopmentError(TouchmarkError):
    """The keys were issued by a real authority, which alone can issue others."""

    code = "keys.not_development"


class ChainUntrustedError(TouchmarkError):
    """A certificate leads to none of the anchors, so nothing signed with it would be trusted even here."""

    code = "keys.chain_untrusted"


class RotationBusyError(TouchmarkError):
    """Another process is changing the keys."""

    code = "keys.busy"


def install(
    folder: Path,
    chain: bytes,
    key: bytes | None,
    *,
    now: datetime,
    password: bytes | None = None,
    anchors: bytes = b"",
) -> KeyRing:
    """Sign with another certificate from now on. A watermark secret is made where there is none yet.

    Args:
        folder: of keys.
        chain: PEM, signing certificate first.
        key: PEM of its private key; the one that waits in ``pending.key`` if None.
        now: with zone.
        password: of the key, if it is encrypted. It stays encrypted.
        anchors: PEM of roots to believe from now on, besides those that are there.

    Raises:
        KeysMissingError: no key is given and none waits.
        KeyUnreadableError, WrongPasswordError, KeyMismatchError: see :meth:`PemSigner.from_pem`.
        CertificateRefusedError: the certificate breaks the C2PA profile.
        ChainUntrustedError: it leads to no anchor.
        RotationBusyError: another process is changing the keys.
    """
    pending = folder / PENDING_KEY
    with _alone(folder):
        if key is None:
            if not pending.exists():
                raise KeysMissingError(
                    "no key waits here for a certificate",
                    subject=str(pending),
                    remedy="Run: touchmark keys csr. Or give the key with --key.",
                )
            key = read_key_file(pending)
        PemSigner.from_pem(chain, key, password=password, subject="signing key")
        faults = check_certificate(chain, now)
        if faults:
            raise CertificateRefusedError(faults, subject="signing certificate")
        believed = _together(_read(folder / ANCHORS), anchors)
        _require_anchored(chain, believed)
        _retire(folder)
        _replace(folder / ANCHORS, believed)
        _replace(folder / SIGNING_KEY, key)
        _replace(folder / SIGNING_CHAIN, chain)
        with suppress(FileExistsError):
            write_new(folder / WATERMARK_KEY, new_watermark_secret())
        with suppress(FileNotFoundError):
            if read_key_file(folder / SIGNING_KEY) == pending.read_bytes():
                pending.unlink()
        flush(folder)
    return KeyRing.load(folder)


def rotate_development(folder: Path, now: datetime) -> KeyRing:
    """Have the development authority issue another key; a new authority where the old one ends too soon.

    Raises:
        KeysMissingError: there are no keys.
        NotDevelopmentError: they are not development keys.
        RotationBusyError: another process is changing the keys.
    """
    ring = KeyRing.load(folder)
    if not ring.is_development or ring.certificate_chain is None:
        raise NotDevelopmentError(
            "these keys were not made by touchmark",
            subject=str(folder),
            remedy="Run: touchmark keys csr; have the certificate issued; then: touchmark keys import.",
        )
    leaf = leaf_certificate(ring.certificate_chain, str(folder / SIGNING_CHAIN))
    organisation = str(leaf.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value)
    with _alone(folder):
        authority = _lasting_authority(folder, ring, now)
        authority_key = _read(folder / AUTHORITY_KEY)
        if authority is None:
            made = issue_development_chain(organisation, now)
            anchor, chain, key, authority_key = made.authority, made.signer, made.signer_key, made.authority_key
        else:
            anchor = authority
            chain, key = issue_development_signer(authority, authority_key, organisation, now)
        _retire(folder)
        _replace(folder / ANCHORS, _together(ring.trust_anchors, anchor))
        _replace(folder / AUTHORITY_KEY, authority_key)
        _replace(folder / SIGNING_KEY, key)
        _replace(folder / SIGNING_CHAIN, chain)
        flush(folder)
    return KeyRing.load(folder)


def rotate_watermark(folder: Path) -> KeyRing:
    """Mark with another secret from now on. The old one is kept in ``retired/`` and still finds its marks.

    Every secret that is kept costs each search its own test, in time and in what counts as chance.

    Raises:
        KeysMissingError: there are no keys, or no watermark secret.
        RotationBusyError: another process is changing the keys.
    """
    with _alone(folder):
        old = KeyRing.load(folder).watermark_key
        _keep(folder, {f"watermark-{old.key_id}.key": _read(folder / WATERMARK_KEY)})
        _replace(folder / WATERMARK_KEY, new_watermark_secret())
        flush(folder)
    return KeyRing.load(folder)


def _lasting_authority(folder: Path, ring: KeyRing, now: datetime) -> bytes | None:
    """The certificate of the authority whose key is here, if it outlives what it would issue now."""
    content = _read(folder / AUTHORITY_KEY)
    if not content:
        return None
    public = private_key(content, None, str(folder / AUTHORITY_KEY)).public_key()
    for anchor in x509.load_pem_x509_certificates(ring.trust_anchors):
        if anchor.public_key() == public and anchor.not_valid_after_utc >= now + SIGNER_VALIDITY:
            return anchor.public_bytes(Encoding.PEM)
    return None


def _require_anchored(chain: bytes, anchors: bytes) -> None:
    """An anchor may be the issuer of any certificate on the way up: official lists hold intermediates too.

    The signing certificate itself is none: what it signs is believed nowhere.
    """
    certificates = x509.load_pem_x509_certificates(chain)
    believed = x509.load_pem_x509_certificates(anchors) if anchors.strip() else []
    if not any(_issued(one, anchor) for one in certificates for anchor in believed):
        raise ChainUntrustedError(
            f"{certificates[-1].issuer.rfc4514_string()[:120]!a} issued it, and is no anchor here",
            subject="signing certificate",
            remedy="Give the chain up to the root, and the root with --anchors.",
        )


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def _together(anchors: bytes, more: bytes) -> bytes:
    """Both, each certificate once."""
    pems = (c.public_bytes(Encoding.PEM) for pem in (anchors, more) if pem.strip() for c in _certificates(pem))
    return b"".join(dict.fromkeys(pems))


def _certificates(pem: bytes) -> list[x509.Certificate]:
    leaf_certificate(pem, "trust anchors")  # which raises where it is not PEM
    return x509.load_pem_x509_certificates(pem)


def _retire(folder: Path) -> None:
    """Keep certificate and key under the certificate's serial number, before they are replaced."""
    chain = _read(folder / SIGNING_CHAIN)
    if not chain:
        return
    serial = f"{leaf_certificate(chain, str(folder / SIGNING_CHAIN)).serial_number:x}"
    _keep(folder, {f"{serial}.pem": chain, f"{serial}.key": _read(folder / SIGNING_KEY)})


def _keep(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Put what is about to be replaced where it can be put back from; what is kept already stays as it is."""
    retired = folder / RETIRED
    retired.mkdir(mode=0o700, exist_ok=True)
    for name, content in contents.items():
        with suppress(FileExistsError):
            if content:
                write_new(retired / name, content)
    flush(retired)


def _replace(path: Path, content: bytes) -> None:
    with replacing(path) as file:
        file.write(content)


def _read(path: Path) -> bytes:
    return read_key_file(path) if path.exists() else b""


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    if not folder.is_dir():
        raise KeysMissingError("there are no keys here", subject=str(folder), remedy="Run: touchmark keys init")
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise RotationBusyError(
                "another process is changing the keys", subject=str(folder), remedy="Wait for it, then look again."
            ) from error
        for place in (folder, folder / RETIRED):
            for left in place.glob(".*.part"):  # of one that was killed; there may be a key in it
                left.unlink()
        yield
    finally:
        os.close(descriptor)
