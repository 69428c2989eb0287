"""One request over HTTP, and whoever answers it as no server should."""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler

import pytest

from tests.provenance.signing.stand_ins import serving
from touchmark.provenance.transport import Request, TransportError, send

FINE = b"HTTP/1.1 200 OK\r\n"
CHUNKED = FINE + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("begun", "dripped"),
    [
        (b"HTTP/1.1 200 ", b"O"),
        (FINE + b"X: ", b"y"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (CHUNKED, b"0"),
        (CHUNKED + b"ffff\r\n", b"a"),
        (CHUNKED + b"1\r\na\r\n0\r\nX: ", b"y"),
        (FINE + b"Content-Length: 10000\r\n\r\n", b"a"),
    ],
    ids=["status", "header", "soon", "length of a chunk", "chunk", "trailer", "body"],
)
def test_who_drips_his_answer_is_not_waited_for(begun: bytes, dripped: bytes) -> None:
    """Each byte begins the timeout of a socket anew: of headers too, which are read before there is an answer."""
    heard_to_the_end = []

    def answer(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        try:
            handler.wfile.write(begun)
            for _ in range(500):
                handler.wfile.write(dripped)
                time.sleep(0.02)
            heard_to_the_end.append(True)
        except OSError:  # nobody listens any more
            handler.close_connection = True

    with serving(answer) as port, pytest.raises(TransportError, match="no answer in time"):
        send(Request(f"http://127.0.0.1:{port}/"), limit=1 << 20, patience=0.2)
    assert not heard_to_the_end


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (FINE + b"Content-Length: 9\r\n\r\nhalf", "ends before its end"),
        (FINE + b"Content-Length: 99999999999999999999\r\n\r\nhalf", "ends before its end"),
        (CHUNKED + b"9\r\nhalf", "IncompleteRead"),
        (CHUNKED + b"-9\r\nhalf", "IncompleteRead"),
        (CHUNKED + b"nine\r\nhalf", "IncompleteRead"),
        (FINE + b"\r\n" + bytes(2000), "more than 1000 bytes"),
        (FINE + b"Content-Length: -1\r\n\r\n" + bytes(2000), "more than 1000 bytes"),
        (FINE + b"X: y\r\n" * 200 + b"\r\n", "headers"),
        (FINE + b"X: " + b"y" * 100_000 + b"\r\n\r\n", "header line"),
        (b"\x16\x03\x01", "\x16"),
        (b"", "without response"),
    ],
)
def test_an_answer_that_lies_or_is_none_says_so(answer: bytes, problem: str) -> None:
    with (
        serving(lambda handler, _: handler.wfile.write(answer) and None) as port,
        pytest.raises(TransportError, match=problem),
    ):
        send(Request(f"http://127.0.0.1:{port}/"), limit=1000, patience=5)


def test_a_redirect_is_an_answer() -> None:
    asked = []

    def answer(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        asked.append(handler.path)
        handler.wfile.write(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")

    with serving(answer) as port:
        assert send(Request(f"http://127.0.0.1:{port}/here"), limit=1000).status == 302
    assert asked == ["/here"]


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://127.0.0.1/", "data:,x", "127.0.0.1", ""])
def test_nothing_but_http_is_asked(address: str) -> None:
    with pytest.raises(TransportError, match="not http"):
        send(Request(address), limit=1000)
