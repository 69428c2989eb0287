"""A trust list: certificates of authorities, believed for one purpose. Reading one means looking for a reason not to.

certificates = parse_list(pem, Purpose.CLAIM_SIGNING, subject="roots.pem")
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID as Eku

from touchmark.provenance.certificates import is_authority
from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.keys.profile import SIGNER_EKUS

STALE_AFTER: Final = timedelta(days=30)
"""A list that was not refreshed for so long may lack an authority that was added, or keep one that was removed."""

MAX_CERTIFICATES: Final = 2000


class TrustError(TouchmarkError):
    """Trust lists cannot be used as they are."""

    code = "trust.unusable"


class TrustListError(TrustError):
    """A list is empty, garbled, or not one of authorities for its purpose; what was there before is kept."""

    code = "trust.list"


class TrustRollbackError(TrustError):
    """A list is one that was superseded before, or older than the one that is there; that one is kept."""

    code = "trust.rolled_back"


class TrustDigestError(TrustError):
    """A list is not the one whose digest was given."""

    code = "trust.digest"


class TrustSourceError(TrustError):
    """A list cannot be had from its source; what was there before is kept."""

    code = "trust.source"


class TrustNameError(TrustError):
    """There is no list of this name, or there is one already, or it cannot be a name."""

    code = "trust.name"
    exit_status = 64


class Purpose(StrEnum):
    """What the authorities of a list are believed for. Never for another."""

    CLAIM_SIGNING = "claim-signing"
    """They issue certificates that sign C2PA claims."""
    TIME_STAMPING = "time-stamping"
    """They issue certificates of RFC 3161 time-stamp authorities."""
    IDENTITY = "identity"
    """They issue certificates of people and organisations who sign CAWG identity assertions."""


_USAGES: Final = {
    Purpose.CLAIM_SIGNING: {*SIGNER_EKUS, Eku.ANY_EXTENDED_KEY_USAGE.dotted_string},
    Purpose.TIME_STAMPING: {Eku.TIME_STAMPING.dotted_string, Eku.ANY_EXTENDED_KEY_USAGE.dotted_string},
}


@dataclass(frozen=True, slots=True)
class Superseded:
    """What a list was before.

    Attributes:
        sha256: of the source, hexadecimal.
        retrieved: when it was had, with zone.
    """

    sha256: str
    retrieved: datetime


@dataclass(frozen=True, slots=True)
class TrustList:
    """A named set of authorities.

    Attributes:
        name: what its operator calls it.
        purpose: what its authorities are believed for.
        source: the https address or the path that it came from.
        added: when it was first added, with zone.
        retrieved: when it was last had from its source, with zone, whether it had changed or not.
        sha256: of the bytes at the source, hexadecimal.
        published: when the source says that it was last changed, with zone; None where it does not say.
        anchors: PEM of the certificates.
        superseded: what it was before, the oldest first.
    """

    name: str
    purpose: Purpose
    source: str
    added: datetime
    retrieved: datetime
    sha256: str
    published: datetime | None
    anchors: bytes
    superseded: tuple[Superseded, ...] = ()

    @property
    def certificates(self) -> tuple[x509.Certificate, ...]:
        """Decoded."""
        return tuple(x509.load_pem_x509_certificates(self.anchors))

    def ended(self, now: datetime) -> tuple[x509.Certificate, ...]:
        """Authorities whose time is over. They still vouch for what was signed, and stamped with the time, before."""
        return tuple(one for one in self.certificates if one.not_valid_after_utc < now)

    def is_stale(self, now: datetime) -> bool:
        """Whether it was not refreshed for too long."""
        return now - self.retrieved > STALE_AFTER


def staleness(lists: Iterable[TrustList], now: datetime) -> tuple[str, ...]:
    """What a reader of a verdict should know of the lists behind it: a sentence for each that is stale."""
    return tuple(
        f"Trust list “{trust_list.name}” ({trust_list.purpose}) was last refreshed "
        f"{(now - trust_list.retrieved).days} days ago, on {trust_list.retrieved:%Y-%m-%d}."
        for trust_list in lists
        if trust_list.is_stale(now)
    )


def believed(lists: Iterable[TrustList], purpose: Purpose) -> bytes:
    """PEM of all authorities that are believed for ``purpose``, and of no others."""
    return b"".join(trust_list.anchors for trust_list in lists if trust_list.purpose is purpose)


def parse_list(content: bytes, purpose: Purpose, subject: str) -> bytes:
    """The certificates of a list, as clean PEM, each once, in order.

    Args:
        content: PEM; text between the certificates is allowed, as in the official lists.
        purpose: what they shall be believed for.
        subject: names the list in errors.

    Raises:
        TrustListError: there is none, one does not decode, one is no authority, or is one for another purpose.
    """
    promised = content.count(b"-----BEGIN CERTIFICATE-----")
    if not promised:
        raise _refused("it holds no certificate", subject)
    if promised > MAX_CERTIFICATES:
        raise _refused(f"it holds more than {MAX_CERTIFICATES} certificates", subject)
    try:
        certificates = x509.load_pem_x509_certificates(content)
        faults = [fault for certificate in certificates for fault in _faults(certificate, purpose)]
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _refused(f"a certificate in it does not decode ({str(error)[:120]})", subject) from error
    if len(certificates) != promised:
        raise _refused(f"{promised - len(certificates)} of its {promised} certificates are cut short", subject)
    if faults:
        raise _refused(faults[0], subject)
    return b"".join(dict.fromkeys(certificate.public_bytes(Encoding.PEM) for certificate in certificates))


def _faults(certificate: x509.Certificate, purpose: Purpose) -> Iterator[str]:
    name = ascii(certificate.subject.rfc4514_string()[:80])
    if not is_authority(certificate):
        yield f"{name} is no certificate authority"
    try:
        usages = {u.dotted_string for u in certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value}
    except x509.ExtensionNotFound:
        return
    allowed = _USAGES.get(purpose)
    # An authority that says what it issues is not believed for anything else.
    if allowed is not None and not usages & allowed:
        yield f"{name} issues no certificates for {purpose}"


def require_newer(old: TrustList, sha256: str, published: datetime | None) -> None:
    """That a list from the source of ``old`` is the same or a newer one.

    Raises:
        TrustRollbackError: it was superseded before, or the source says it is older.
    """
    if sha256 == old.sha256:
        return
    again = next((before for before in old.superseded if before.sha256 == sha256), None)
    if again or (published and old.published and published < old.published):
        when = f"superseded what was there on {again.retrieved:%Y-%m-%d}" if again else f"is of {published:%Y-%m-%d}"
        raise TrustRollbackError(
            f"the list {when}, and is older than the one that is there",
            subject=old.name,
            remedy="Ask the source what happened. If it is right, remove the list and add it again.",
        )


def _refused(problem: str, subject: str) -> TrustListError:
    return TrustListError(
        f"the list is not accepted: {problem}",
        subject=subject,
        remedy="Give a list of root or intermediate authorities in PEM, for one purpose.",
    )
