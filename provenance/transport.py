"""One request over HTTP, bounded in time and size, never redirected. For time stamps, signing services, trust lists.

    answer = send(Request("https://example.org/list.pem"), limit=1 << 20)
    answer.status, answer.content_type, answer.body

Nothing that verifies a file may come here: verification opens no connection.
"""

from __future__ import annotations

import http.client
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

_CHUNK: Final = 1 << 16


class TransportError(Exception):
    """No answer came, or none that can be read. Internal: callers say what it means for them."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked.

    Attributes:
        url: ``http`` or ``https``.
        body: posted if not None.
        headers: besides the usual ones.
        tls: how the other side is authenticated and how we are; by the system's roots if not given.
    """

    url: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: any status.

    Attributes:
        status: of HTTP.
        content_type: media type in lower case, without parameters; empty where missing.
        headers: names in lower case.
        body: whole.
    """

    status: int
    content_type: str
    headers: Mapping[str, str]
    body: bytes


class _Unredirected(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer, not an order: whoever was asked is whoever answers."""

    def redirect_request(self, *_: Any) -> None:
        """Follow nothing."""
        return


def send(request: Request, *, limit: int, patience: float = 15.0) -> Answer:
    """Ask once.

    Args:
        request: what to ask.
        limit: bytes of body accepted.
        patience: seconds until the whole answer must be there.

    Raises:
        TransportError: says why nothing came back: no connection, no trust, no time, too much.
    """
    if not request.url.lower().startswith(("http://", "https://")):
        raise TransportError("the address is not http or https")
    opener = urllib.request.build_opener(
        _Unredirected(), urllib.request.HTTPSHandler(context=request.tls or ssl.create_default_context())
    )
    deadline = time.monotonic() + patience
    try:
        asked = urllib.request.Request(request.url, data=request.body, headers=dict(request.headers))
        with _opened(opener, asked, patience) as response:
            body = bytearray()
            # The timeout of a socket starts anew with each byte; a slow drip must not hold us up.
            while chunk := response.read1(_CHUNK):
                body += chunk
                if len(body) > limit:
                    raise TransportError(f"the answer has more than {limit} bytes")
                if time.monotonic() > deadline:
                    raise TransportError(f"the answer was not complete in {patience:g} s")
            headers = {name.lower(): value for name, value in response.headers.items()}
            promised = headers.get("content-length", "")
            if promised.isdecimal() and len(body) < int(promised):
                raise TransportError("the answer ends before its end")
            content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
            return Answer(response.status, content_type, headers, bytes(body))
    except urllib.error.URLError as error:
        raise TransportError(_reason(error.reason)) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise TransportError(_reason(error)) from error


def _opened(opener: urllib.request.OpenerDirector, request: urllib.request.Request, patience: float) -> Any:
    try:
        return opener.open(request, timeout=patience)
    except urllib.error.HTTPError as error:
        return error  # any status is an answer


def _reason(error: object) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its TLS certificate is not accepted ({error.verify_message})"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return (str(error) or type(error).__name__)[:200]
