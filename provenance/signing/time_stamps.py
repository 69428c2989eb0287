"""Time stamps of RFC 3161: ask authorities in order, and believe none of them without looking.

    stamping = TimeStamping(("https://tsa.example/tsr", "https://tsa2.example/tsr"))
    with relayed(stamping) as relay:        # of ``signing.relay``; how the C2PA library is made to ask through us

An authority that is down, refuses, answers something else or has another clock is passed over, and each of these has
its own error. Whether its certificate is to be believed is asked where the signed file is read back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from asn1crypto import cms, core, tsp

from touchmark.provenance.signing.errors import SigningError
from touchmark.provenance.transport import Request, TransportError, send

QUERY_TYPE: Final = "application/timestamp-query"
REPLY_TYPE: Final = "application/timestamp-reply"
_LIMIT: Final = 1 << 16  # a reply with a chain of certificates has some 6 kB
_GRANTED: Final = ("granted", "granted_with_mods")


class _Response(core.Sequence):  # type: ignore[misc]
    """TimeStampResp of RFC 3161, section 2.4.2; asn1crypto's own does not know that a refusal has no token."""

    _fields = [("status", tsp.PKIStatusInfo), ("time_stamp_token", cms.ContentInfo, {"optional": True})]  # noqa: RUF012


class TimeStampError(SigningError):
    """No time stamp was had, and one is required."""

    code = "signing.time_stamp"


class TimeAuthorityUnreachableError(TimeStampError):
    """The time-stamp authority did not answer."""

    code = "signing.time_stamp_unreachable"


class TimeAuthorityContentTypeError(TimeStampError):
    """What answered is no time-stamp authority: its answer says that it is something else."""

    code = "signing.time_stamp_content_type"


class TimeAuthorityAnswerError(TimeStampError):
    """The time-stamp authority answered nonsense, or stamped something else than it was asked to."""

    code = "signing.time_stamp_nonsense"


class TimeStampRefusedError(TimeStampError):
    """The time-stamp authority answered that it will not stamp this."""

    code = "signing.time_stamp_refused"


class ClockSkewError(TimeStampError):
    """The clock of the time-stamp authority and ours are too far apart; one of them is wrong."""

    code = "signing.clock_skew"


class NoTimeAuthorityError(TimeStampError):
    """Every time-stamp authority in the list failed; the message names each failure."""

    code = "signing.time_stamp_none"


@dataclass(frozen=True, slots=True)
class TimeStamping:
    """Whom to ask for the time.

    Attributes:
        authorities: URLs of RFC 3161 authorities, asked in order until one answers well. At least one.
        required: whether nothing is signed without a stamp (fail closed); otherwise a file without one is signed.
        tolerance: how far an authority's clock may be from ours.
        patience: seconds that each authority has.
    """

    authorities: tuple[str, ...]
    required: bool = True
    tolerance: timedelta = timedelta(minutes=5)
    patience: float = 10.0

    def __post_init__(self) -> None:
        if not self.authorities:
            raise ValueError("time stamping needs an authority")


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
    """That ``reply`` stamps what ``query`` asks for, at about ``now``. Pure; its signature is left to the C2PA library.

    Raises:
        TimeAuthorityAnswerError, TimeStampRefusedError, ClockSkewError: it does not.
    """
    asked = tsp.TimeStampReq.load(query)
    try:
        response = _Response.load(reply, strict=True)
        status = response["status"]["status"].native
        if status not in _GRANTED:
            raise _refused(response, authority)
        token = response["time_stamp_token"]["content"]
        info = token["encap_content_info"]["content"].parsed
        imprint, nonce, generated = info["message_imprint"], info["nonce"].native, info["gen_time"].native
        same = imprint.dump() == asked["message_imprint"].dump() and nonce == asked["nonce"].native
        signed = len(token["signer_infos"]) == 1
        assert isinstance(generated, datetime)
        generated = generated.astimezone(UTC)
    except TimeStampError:
        raise
    except Exception as error:  # the parser is lazy, and raises whatever the bytes make it do
        raise TimeAuthorityAnswerError(
            f"the answer is no time stamp ({type(error).__name__})",
            subject=authority,
            remedy="Report it to the authority, or name another.",
        ) from error
    if not (same and signed):
        raise TimeAuthorityAnswerError(
            "the time stamp is not for what was asked" if signed else "the time stamp has not one signature",
            subject=authority,
            remedy="Do not use this authority until it is known why.",
        )
    if abs(generated - now) > tolerance:
        raise ClockSkewError(
            f"its clock says {generated:%Y-%m-%d %H:%M:%S} UTC, ours {now.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
            subject=authority,
            remedy="Set this machine's clock (NTP); if it is right, name another authority.",
        )


def _refused(response: Any, authority: str) -> TimeStampRefusedError:
    reason = response["status"]["fail_info"].native or response["status"]["status"].native
    named = ", ".join(sorted(reason)) if isinstance(reason, (set, frozenset)) else str(reason)
    return TimeStampRefusedError(
        f"the time-stamp authority refused ({named})",
        subject=authority,
        remedy="Check whether it accepts the hash that C2PA uses (SHA-256), or name another.",
    )
