"""Ask time-stamp authorities (RFC 3161) in order, and believe none of them without looking.

    reply = stamp(query, TimeStamping(("https://tsa.example/tsr", "https://tsa2.example/tsr")), now)

An authority that is down, refuses, answers something else, signs it wrongly or has another clock is passed over, and
each of these has its own error. Whether its certificate is to be believed is asked where the signed file is read.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from asn1crypto import cms, core, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from touchmark.provenance.signing.time_stamps import (
    ClockSkewError,
    NoTimeAuthorityError,
    TimeAuthorityAnswerError,
    TimeAuthorityContentTypeError,
    TimeAuthorityExpiredError,
    TimeAuthorityUnreachableError,
    TimeStampError,
    TimeStamping,
    TimeStampRefusedError,
)
from touchmark.provenance.transport import Request, TransportError, send

QUERY_TYPE: Final = "application/timestamp-query"
REPLY_TYPE: Final = "application/timestamp-reply"
_LIMIT: Final = 1 << 16  # a reply with a chain of certificates has some 6 kB
_GRANTED: Final = ("granted", "granted_with_mods")
_HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


class _Response(core.Sequence):  # type: ignore[misc]
    """TimeStampResp of RFC 3161, section 2.4.2; asn1crypto's own does not know that a refusal has no token."""

    _fields = [("status", tsp.PKIStatusInfo), ("time_stamp_token", cms.ContentInfo, {"optional": True})]  # noqa: RUF012


def stamp(query: bytes, stamping: TimeStamping, now: datetime) -> bytes:
    """The reply (DER TimeStampResp) of the first authority that answers well.

    Args:
        query: DER TimeStampReq.
        stamping: whom to ask.
        now: our clock, with zone.

    Raises:
        TimeStampError: the failure of the only authority, or :class:`NoTimeAuthorityError` for all of several.
    """
    failures: list[TimeStampError] = []
    for authority in stamping.authorities:
        try:
            return ask(authority, query, stamping, now)
        except TimeStampError as error:
            failures.append(error)
    if len(failures) == 1:
        raise failures[0]
    raise NoTimeAuthorityError(
        "no time-stamp authority gave a stamp (" + "; ".join(str(failure) for failure in failures) + ")",
        subject="time stamp",
        remedy="See each; the time-stamp policy requires a stamp, so nothing was signed.",
    ) from ExceptionGroup("time-stamp authorities", failures)


def ask(authority: str, query: bytes, stamping: TimeStamping, now: datetime) -> bytes:
    """One authority's reply, once it is known to be the answer to ``query`` (RFC 3161, section 2.2).

    Raises:
        TimeStampError: one of its subclasses says what was wrong.
    """
    request = Request(authority, query, {"Content-Type": QUERY_TYPE, "Accept": REPLY_TYPE})
    try:
        answer = send(request, limit=_LIMIT, patience=stamping.patience)
    except TransportError as error:
        raise TimeAuthorityUnreachableError(
            f"the time-stamp authority does not answer ({error})",
            subject=authority,
            remedy="Check the network and the address, or name a second authority.",
        ) from error
    if answer.status != 200:
        raise TimeAuthorityUnreachableError(
            f"the time-stamp authority answers with HTTP {answer.status}",
            subject=authority,
            remedy="Check the address and whether it wants an account, or name a second authority.",
        )
    if answer.content_type != REPLY_TYPE:
        raise TimeAuthorityContentTypeError(
            f"the answer is {answer.content_type[:80]!a}, not {REPLY_TYPE}",
            subject=authority,
            remedy="Check the address: an RFC 3161 authority answers there with another path or none at all.",
        )
    check_reply(answer.body, query, authority, stamping.tolerance, now)
    return answer.body


def check_reply(reply: bytes, query: bytes, authority: str, tolerance: timedelta, now: datetime) -> None:
    """That ``reply`` is signed, and stamps what ``query`` asks for, at about ``now``. Pure.

    Raises:
        TimeAuthorityAnswerError, TimeAuthorityExpiredError, TimeStampRefusedError, ClockSkewError: it does not.
    """
    asked = tsp.TimeStampReq.load(query)
    try:
        response = _Response.load(reply, strict=True)
        if response["status"]["status"].native not in _GRANTED:
            raise _refused(response, authority)
        token = response["time_stamp_token"]["content"]
        content = token["encap_content_info"]["content"]
        info = content.parsed
        same = info["message_imprint"].dump() == asked["message_imprint"].dump()
        same = same and info["nonce"].native == asked["nonce"].native
        generated = info["gen_time"].native.astimezone(UTC)
        certificate = _signed_by(token, bytes(content))
    except TimeStampError:
        raise
    except Exception as error:  # the parser is lazy, and raises whatever the bytes make it do
        raise TimeAuthorityAnswerError(
            f"the answer is no time stamp ({type(error).__name__})",
            subject=authority,
            remedy="Report it to the authority, or name another.",
        ) from error
    if not same or certificate is None:
        raise TimeAuthorityAnswerError(
            "the time stamp is not for what was asked"
            if certificate
            else "the signature of the time stamp does not hold",
            subject=authority,
            remedy="Do not use this authority until it is known why.",
        )
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not begins <= generated <= ends:
        raise TimeAuthorityExpiredError(
            f"its certificate is valid from {begins:%Y-%m-%d} to {ends:%Y-%m-%d}, and it stamps {generated:%Y-%m-%d}",
            subject=authority,
            remedy="Tell the authority, and name another: nobody would believe its stamps.",
        )
    if abs(generated - now) > tolerance:
        raise ClockSkewError(
            f"its clock says {generated:%Y-%m-%d %H:%M:%S} UTC, ours {now.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
            subject=authority,
            remedy="Set this machine's clock (NTP); if it is right, name another authority.",
        )


def _signed_by(token: Any, content: bytes) -> x509.Certificate | None:
    """Whose the one signature of a CMS token is (RFC 5652, section 5.4), if it is over ``content`` and by a time
    stamper."""
    if len(token["signer_infos"]) != 1:
        return None
    signer = token["signer_infos"][0]
    digest_name = signer["digest_algorithm"]["algorithm"].native
    attributes = {attribute["type"].native: attribute["values"] for attribute in signer["signed_attrs"]}
    if digest_name not in _HASHES or attributes["content_type"][0].native != "tst_info":
        return None
    if attributes["message_digest"][0].native != hashlib.new(digest_name, content).digest():
        return None
    certificate = _signer_certificate(token, signer["sid"].chosen)
    usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    if ExtendedKeyUsageOID.TIME_STAMPING not in usages:
        return None
    return certificate if _holds(certificate, signer, _HASHES[digest_name]) else None


def _holds(certificate: x509.Certificate, signer: Any, digest: hashes.HashAlgorithm) -> bool:
    signature, attributes = signer["signature"].native, signer["signed_attrs"].untag().dump()
    key = certificate.public_key()
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, attributes, ec.ECDSA(digest))
        elif isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, attributes)
        elif isinstance(key, rsa.RSAPublicKey):
            is_pss = signer["signature_algorithm"]["algorithm"].native == "rsassa_pss"
            scheme = padding.PSS(padding.MGF1(digest), padding.PSS.AUTO) if is_pss else padding.PKCS1v15()
            key.verify(signature, attributes, scheme, digest)
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _signer_certificate(token: Any, identifier: Any) -> x509.Certificate:
    for choice in token["certificates"]:
        certificate = choice.chosen
        if isinstance(identifier, cms.IssuerAndSerialNumber):
            named = (certificate.issuer, certificate.serial_number) == (
                identifier["issuer"],
                identifier["serial_number"].native,
            )
        else:
            named = certificate.key_identifier == identifier.native
        if named:
            return x509.load_der_x509_certificate(certificate.dump())
    raise ValueError("the token does not bring its signer's certificate")


def _refused(response: Any, authority: str) -> TimeStampRefusedError:
    reason = response["status"]["fail_info"].native or response["status"]["status"].native
    named = ", ".join(sorted(reason)) if isinstance(reason, (set, frozenset)) else str(reason)
    return TimeStampRefusedError(
        f"the time-stamp authority refused ({named})",
        subject=authority,
        remedy="Check whether it accepts the hash that C2PA uses (SHA-256), or name another.",
    )
