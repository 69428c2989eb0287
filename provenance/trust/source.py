"""Where a trust list comes from: a file, or an https address. Bounded in size, never redirected, never plain http."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

from touchmark.provenance.transport import Request, TransportError, send
from touchmark.provenance.trust.lists import Purpose, TrustSourceError

_LIMIT: Final = 4 << 20

_OFFICIAL: Final = "https://raw.githubusercontent.com/c2pa-org/conformance-public/main/trust-list/"
KNOWN: Final = {
    "c2pa": (_OFFICIAL + "C2PA-TRUST-LIST.pem", Purpose.CLAIM_SIGNING),
    "c2pa-tsa": (_OFFICIAL + "C2PA-TSA-TRUST-LIST.pem", Purpose.TIME_STAMPING),
}
"""Lists that need only be named: those of the C2PA conformance programme (https://c2pa.org/conformance/)."""


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What was at a source.

    Attributes:
        content: the bytes.
        sha256: of them, hexadecimal.
        published: when it was last changed, as an http server says; None where it does not.
    """

    content: bytes
    sha256: str
    published: datetime | None


def retrieve(source: str) -> Retrieved:
    """What is at ``source``: an https address, or a path.

    Raises:
        TrustSourceError: nothing is, or too much, or the address is not https.
    """
    published = None
    if "://" in source:
        content, published = _download(source)
    else:
        content = _read(Path(source))
    return Retrieved(content, hashlib.sha256(content).hexdigest(), published)


def _download(address: str) -> tuple[bytes, datetime | None]:
    if not address.lower().startswith("https://"):
        raise TrustSourceError(
            "a trust list is had over https or from a file",
            subject=address[:200],
            remedy="Whoever can change the list on its way decides whom you believe. Use https, or carry a file.",
        )
    try:
        answer = send(Request(address), limit=_LIMIT, patience=30)
    except TransportError as error:
        raise TrustSourceError(
            f"the list cannot be had ({error})",
            subject=address[:200],
            remedy="Check the network; without one, add the list from a file.",
        ) from error
    if answer.status != 200:
        raise TrustSourceError(
            f"the list cannot be had (HTTP {answer.status})",
            subject=address[:200],
            remedy="Check the address; a redirect is not followed, so give the address that it leads to.",
        )
    if not answer.headers.keys() & {"content-length", "transfer-encoding"}:  # whoever cuts the connection ends the list
        raise TrustSourceError(
            "the list cannot be had (its server does not say how long it is)",
            subject=address[:200],
            remedy="Fetch it by other means, look whether it is whole, and add it from a file.",
        )
    return answer.body, _time(answer.headers.get("last-modified"))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_LIMIT + 1)
    except OSError as error:
        raise TrustSourceError(
            f"the list cannot be read ({error.strerror})", subject=str(path), remedy="Check the path."
        ) from error
    if len(content) > _LIMIT:
        raise TrustSourceError(f"a list has at most {_LIMIT} bytes", subject=str(path), remedy="Check the file.")
    return content


def _time(header: str | None) -> datetime | None:
    try:
        time = parsedate_to_datetime(header) if header else None
    except ValueError:
        return None
    return time.astimezone(UTC) if time and time.tzinfo else None
