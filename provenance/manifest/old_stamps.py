"""Time stamps on claims of before version 2, whose authority a C2PA library does not look at.

    unproven_times(kept.stores, anchors, now)      # {label: a fault, or None where its certificate is still good}

It takes any authority's word for when such a claim was signed ("legacy timestamp cert trusted"), also one that the
attacker is himself: who has a key whose certificate expired years ago signs today, says that it was then, and is
trusted. Here a stamp on one counts where all certificates that come with it lead to an anchor, and is otherwise none.
That it holds, and is of this signature, is the library's to tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final

import cbor2
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from touchmark.provenance.certificates import anchors_in, is_authority, issued
from touchmark.provenance.manifest import cbor
from touchmark.provenance.manifest.cose import chains_of, sign1_of, unprotected_header
from touchmark.provenance.manifest.jumbf import CLAIM, SIGNATURE, Box
from touchmark.provenance.manifest.kept import KeptStore
from touchmark.provenance.manifest.status import StatusCode

_EXPIRED: Final = "signingCredential.expired"
_OLDER, _NEWER = b"assertions", b"created_assertions"
"""What claims of before version 2 have, and what others have in its place."""
_STAMPS: Final = (b"sigTst", b"sigTst2")
_SEQUENCE, _CERTIFICATES = b"\x30", b"\xa0"
_SIGNED_DATA: Final = bytes.fromhex("06092a864886f70d010702")
"""Its name, as DER has it (RFC 5652, 5.1)."""
_MOST_CERTIFICATES: Final = 16


def unproven_times(kept: Sequence[KeptStore], anchors: bytes, now: datetime) -> dict[str, StatusCode | None]:
    """By label, old claims without a time stamp that an anchor (PEM) vouches for.

    With the fault that this makes, where the signer's certificate is not good at ``now`` and only a stamp would show
    that it was.
    """
    found: dict[str, StatusCode | None] = {}
    for manifest in (box for one in kept for box in one.manifests):
        claims = [part for part in manifest.inner if part.type == CLAIM]
        signature = next((part for part in manifest.inner if part.type == SIGNATURE), None)
        if signature is None or all(map(_is_judged, claims)):
            continue
        tokens = _tokens(signature)
        if not tokens or not all(is_vouched_for(token, anchors) for token in tokens):
            found[manifest.label.decode(errors="replace")] = _fault(signature, now)
    return found


def _is_judged(claim: Box) -> bool:
    """Whether it is one of which a library asks who stamped it: it goes by what is in it, since labels are unsigned."""
    return bool(claim.inner) and is_new(claim.inner[0].data)


def is_new(claim: bytes) -> bool:
    """Whether a claim is of version 2 or later, whoever reads it; of one that readers may differ over, False."""
    plain = _plainly(claim)
    if plain is not None:
        return _NEWER.decode() in plain and _OLDER.decode() not in plain
    try:
        return (
            cbor.end(claim, 0) == len(claim) and bool(_values(claim, 0, (_NEWER,))) and not _values(claim, 0, (_OLDER,))
        )
    except ValueError:
        return False


def _plainly(claim: bytes) -> Mapping[object, object] | None:
    """A claim that is written in the one way in which all read it alike, as honest ones are; walking takes longer."""
    try:
        value = cbor2.loads(claim)
        return value if isinstance(value, dict) and cbor2.dumps(value) == claim else None
    except Exception:  # whatever a stranger's bytes make the decoder raise
        return None


def _fault(signature: Box, now: datetime) -> StatusCode | None:
    fault = StatusCode(_EXPIRED, "it is out of its time, and no authority that is known says when it was used")
    try:
        (signer,) = {chain[0] for chain in chains_of(signature)}
        certificate = x509.load_der_x509_certificate(signer)
    except ValueError:
        return fault
    return None if certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc else fault


def _tokens(signature: Box) -> list[bytes]:
    """Time stamps beside a signature (C2PA 1.4, 14.4); an empty one among them where they cannot be read."""
    sign1 = sign1_of(signature)
    try:
        return [
            cbor.string(sign1, value, cbor.BYTES)
            for stamps in _values(sign1, unprotected_header(sign1), _STAMPS)
            for tokens in _values(sign1, stamps, (b"tstTokens",))
            for token in _of_array(sign1, tokens)
            for value in _values(sign1, token, (b"val",))
        ]
    except ValueError:
        return [b""]


def _values(data: bytes, at: int, names: Sequence[bytes]) -> list[int]:
    """Where the values of these names are, in the map at ``at``.

    Raises:
        ValueError: it is none, or a name in it is written so that readers may differ over it.
    """
    found = []
    for name, value in cbor.entries(data, at):
        numbered = cbor.head(data, name)[0] in (cbor.UNSIGNED, cbor.NEGATIVE)
        if not numbered and cbor.string(data, name, cbor.TEXT) in names:
            found.append(value)
    return found


def _of_array(data: bytes, at: int) -> list[int]:
    if cbor.head(data, at)[0] != cbor.ARRAY:
        raise ValueError("no array")
    return cbor.members(data, at)[:-1]


@lru_cache(maxsize=64)
def is_vouched_for(token: bytes, anchors: bytes) -> bool:
    """Whether all certificates in a token lead to an anchor, and those that are no authority's are for time stamps.

    All, so that it is not to be told which of them a library takes for that of the key that signed.
    """
    try:
        given = [x509.load_der_x509_certificate(one) for one in _certificates(token)]
        believed = list(anchors_in(anchors))
        keys = {_key(one) for one in believed}  # an anchor may come along as another has certified it
        ahead = [one for one in given if _key(one) not in keys]
        while ahead:
            led_to = [one for one in ahead if any(issued(issuer, one) for issuer in believed)]
            if not led_to:
                return False
            believed += led_to
            ahead = [one for one in ahead if one not in led_to]
        return bool(given) and all(is_authority(one) or _is_for_stamps(one) for one in given)
    except (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return False


def _certificates(token: bytes) -> list[bytes]:
    """Those in signed data (RFC 5652, 3 and 5.1), alone or in an authority's answer (RFC 3161, 2.4.2).

    Raises:
        ValueError: it is neither, or not written as everybody reads it.
    """
    parts = _members(token)
    if parts and parts[0][:1] == _SEQUENCE:  # the status of an answer stands before it
        parts = _members(parts[1]) if len(parts) == 2 else []
    if len(parts) != 2 or parts[0] != _SIGNED_DATA:
        raise ValueError("no signed data")
    (signed,) = _members(parts[1])
    held = _members(signed)[3:]  # behind a version, digests and what is signed
    if not held or held[0][:1] != _CERTIFICATES:
        return []
    found = _members(held[0])
    if len(found) > _MOST_CERTIFICATES or any(one[:1] != _SEQUENCE for one in found):
        raise ValueError("no certificates")
    return found


def _members(data: bytes) -> list[bytes]:
    """Of a DER item that is all of ``data``, the items in it (ITU-T X.690)."""
    start, end = _content(data, 0)
    if end != len(data):
        raise ValueError("more than one item")
    found: list[bytes] = []
    while start < end:
        _, after = _content(data, start)
        found.append(data[start:after])
        start = after
    return found


def _content(data: bytes, at: int) -> tuple[int, int]:
    """Where the content of a DER item begins and ends."""
    if at + 2 > len(data) or data[at] & 31 == 31:
        raise ValueError("no DER")
    length, start = data[at + 1], at + 2
    if length > 127:
        size = length & 127
        length, start = int.from_bytes(data[start : start + size], "big"), start + size
        if not 0 < size <= 4:
            raise ValueError("no DER")
    if start + length > len(data):
        raise ValueError("cut short")
    return start, start + length


def _key(certificate: x509.Certificate) -> tuple[bytes, bytes]:
    """Whose it is, and the key."""
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return certificate.subject.public_bytes(), key


def _is_for_stamps(certificate: x509.Certificate) -> bool:
    try:
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return ExtendedKeyUsageOID.TIME_STAMPING in usages
