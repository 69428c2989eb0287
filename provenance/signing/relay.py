"""How the C2PA library is made to ask our list of time-stamp authorities, in our way, with our errors.

    with relayed(stamping, now) as relay:
        sign_with(tsa_url=relay.url)
    relay.failure                        # what went wrong, where the library only says that signing failed

The library takes one address, asks it itself, and swallows what goes wrong. So for as long as one signature takes, it
is given an address on this machine's loopback behind which :func:`stamp` asks the real authorities.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

from touchmark.provenance.signing.authority import QUERY_TYPE, REPLY_TYPE, stamp
from touchmark.provenance.signing.time_stamps import TimeStampError, TimeStamping

_MAX_QUERY = 1 << 12  # a query is a hash and a number


class Relay:
    """An address that stamps, and the memory of how that went.

    Attributes:
        url: what to give the library.
        failure: what kept a stamp from being had, or None.
        stamped: whether a stamp was handed over.
    """

    def __init__(self, stamping: TimeStamping, clock: Callable[[], datetime]) -> None:
        self._stamping, self._clock = stamping, clock
        self.path = f"/{secrets.token_urlsafe(24)}"  # no other process of this machine finds it
        self.url = ""
        self.failure: TimeStampError | None = None
        self.stamped = False

    def answer(self, query: bytes) -> bytes | None:
        """A reply, or None where ``failure`` now says why not."""
        try:
            reply = stamp(query, self._stamping, self._clock())
        except TimeStampError as error:
            self.failure = error
            return None
        self.stamped, self.failure = True, None
        return reply


@contextmanager
def relayed(stamping: TimeStamping, clock: Callable[[], datetime]) -> Iterator[Relay]:
    """A :class:`Relay` that listens for as long as the context lasts."""
    relay = Relay(stamping, clock)
    with HTTPServer(("127.0.0.1", 0), _handler(relay)) as server:
        relay.url = f"http://127.0.0.1:{server.server_address[1]}{relay.path}"
        # A short poll: a signature waits this long at most for the thread to end.
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield relay
        finally:
            server.shutdown()
            thread.join()


def _handler(relay: Relay) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 5

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if self.path != relay.path or self.headers.get("Content-Type") != QUERY_TYPE:
                self.send_error(404)
                return
            if not length.isdecimal() or int(length) > _MAX_QUERY:
                self.send_error(413)
                return
            reply = relay.answer(self.rfile.read(int(length)))
            if reply is None:
                self.send_error(503)
                return
            self.send_response(200)
            self.send_header("Content-Type", REPLY_TYPE)
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: this is not a server that anybody watches."""

    return Handler
