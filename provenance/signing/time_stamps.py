"""Time stamps of RFC 3161: whom to ask for the time, and what can go wrong. Asking is ``signing.authority``.

stamping = TimeStamping(("https://tsa.example/tsr", "https://tsa2.example/tsr"))
signer = PemSigner.load(chain, key, time_stamping=stamping)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from touchmark.provenance.signing.errors import SigningError


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


class TimeAuthorityExpiredError(TimeStampError):
    """The certificate of the time-stamp authority did not hold when it stamped: it had ended, or not begun."""

    code = "signing.time_stamp_expired"


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
