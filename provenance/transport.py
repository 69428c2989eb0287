"""One request over HTTP, bounded in time and size, never redirected. For time stamps, signing services, trust lists.

    answer = send(Request("https://example.org/list.pem"), limit=1 << 20)
    answer.status, answer.content_type, answer.body

Nothing that verifies a file may come here: verification opens no connection.
"""

from __future__ import annotations

import http.client
import io
import socket
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


class _Reader(io.RawIOBase):
    """What comes from a socket before a deadline: the timeout of a socket starts anew with each byte, and a slow drip,
    of headers too, must not hold us up."""

    def __init__(self, connected: socket.socket, deadline: float) -> None:
        self._socket, self._deadline = connected, deadline
        self._raw = connected.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]  # any buffer; it is always this
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Timed(urllib.request.HTTPSHandler, urllib.request.HTTPHandler):
    """Opens http and https, and has the whole answer by a deadline or not at all."""

    def __init__(self, context: ssl.SSLContext, deadline: float) -> None:
        super().__init__(context=context)
        self._tls, self._deadline = context, deadline

    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._timed(http.client.HTTPConnection), request)

    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._timed(http.client.HTTPSConnection), request, context=self._tls)

    def _timed(self, connection: type[http.client.HTTPConnection]) -> type[http.client.HTTPConnection]:
        deadline = self._deadline

        class Response(http.client.HTTPResponse):
            def __init__(self, connected: socket.socket, *arguments: Any, **more: Any) -> None:
                super().__init__(connected, *arguments, **more)
                self.fp.close()
                self.fp = io.BufferedReader(_Reader(connected, deadline))

        return type("Connection", (connection,), {"response_class": Response})


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
    tls = request.tls or ssl.create_default_context()
    opener = urllib.request.build_opener(_Unredirected(), _Timed(tls, time.monotonic() + patience))
    try:
        asked = urllib.request.Request(request.url, data=request.body, headers=dict(request.headers))
        with _opened(opener, asked, patience) as response:
            body = bytearray()
            while chunk := response.read1(_CHUNK):
                body += chunk
                if len(body) > limit:
                    raise TransportError(f"the answer has more than {limit} bytes")
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
