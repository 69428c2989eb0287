"""A signing service: one key, on one machine, that signs C2PA claims for clients it knows. Mutual TLS, no framework.

    service = SigningService(signer, ledger, clients_pem)
    with service.listen(("0.0.0.0", 8443), certificate=..., key=...) as server:
        server.serve_forever()

A client is whoever holds the key of a certificate in the list; there is no authority that could add one. Each request
is written to the ledger before its signature is handed out, refused ones too. The protocol is two calls: GET /v1/signer
says who signs, POST /v1/signatures takes the bytes to be signed and answers the signature.
"""

from __future__ import annotations

import hashlib
import io
import json
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.ledger import Ledger
from touchmark.provenance.signing.algorithm import checked_signature
from touchmark.provenance.signing.claim_policy import MAX_CLAIM, NotAClaimError, require_claim
from touchmark.provenance.signing.errors import KeyUnreadableError
from touchmark.provenance.signing.files import leaf_certificate
from touchmark.provenance.signing.remote import IDENTITY_PATH, SIGN_PATH, Identity
from touchmark.provenance.signing.signer import Signer

_PATIENCE: Final = 10.0
"""Seconds for the handshake, and for the answer."""
_HEARD: Final = 10.0
"""Seconds for all that a client sends."""
_MAX_CONNECTIONS: Final = 64


class ServiceAddressError(TouchmarkError):
    """A service cannot listen where it was told to."""

    code = "signing.service_address"


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back."""

    status: int
    body: bytes
    content_type: str = "application/json"


class SigningService:
    """Answers known clients. Knows nothing of sockets: see :meth:`listen`.

    Args:
        signer: holds the key. Its time stamping is not used: clients have the time stamped.
        ledger: where every request is written.
        clients: PEM of the certificates that may ask.

    Raises:
        KeyUnreadableError: ``clients`` holds no certificate.
    """

    def __init__(self, signer: Signer, ledger: Ledger, clients: bytes) -> None:
        self._signer, self._ledger = signer, ledger
        self._clients = _names(clients)
        self._clients_pem = clients
        # SQLite and most tokens take one at a time; so the order of the ledger is the order of the signatures.
        self._turn = threading.Lock()
        self._public_key = leaf_certificate(signer.certificate_chain, "signing certificate").public_key()

    @property
    def client_count(self) -> int:
        """How many may ask."""
        return len(self._clients)

    def identity(self) -> Reply:
        """Who signs."""
        chain = self._signer.certificate_chain.decode("ascii")
        return Reply(
            200, Identity(algorithm=self._signer.algorithm, certificate_chain=chain).model_dump_json().encode()
        )

    def sign(self, data: bytes, fingerprint: str) -> Reply:
        """A signature over a claim, or the refusal; either is in the ledger first.

        Args:
            data: what the client wants signed.
            fingerprint: SHA-256 of its certificate, hexadecimal.
        """
        record: dict[str, Any] = {
            "client": fingerprint,
            "name": self._clients[fingerprint],
            "sha256": hashlib.sha256(data).hexdigest(),
            "size": len(data),
        }
        with self._turn:
            try:
                claim = require_claim(data, self._signer)
            except NotAClaimError as error:
                self._ledger.append("signature_refused", {**record, "problem": error.problem}, datetime.now(UTC))
                return _problem(422, error.problem)
            record |= {"instance_id": claim.instance_id, "generator": claim.generator}
            signature = checked_signature(self._public_key, self._signer.algorithm, self._signer.sign(data), data)
            self._ledger.append("signature", record, datetime.now(UTC))
        return Reply(200, signature, "application/octet-stream")

    def knows(self, certificate: bytes | None) -> str | None:
        """The fingerprint of a client's certificate (DER), or None where it is not in the list."""
        fingerprint = hashlib.sha256(certificate or b"").hexdigest()
        return fingerprint if fingerprint in self._clients else None

    def listen(self, address: tuple[str, int], *, certificate: Path, key: Path) -> SigningServer:
        """A server that listens, to be served and closed by the caller.

        Args:
            address: host and port; port 0 picks a free one.
            certificate: PEM chain that names this host.
            key: its private key.

        Raises:
            KeyUnreadableError: certificate or key cannot be used.
            ServiceAddressError: somebody else listens there, or the address is not ours.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.verify_mode = ssl.CERT_REQUIRED
        # The listed certificates are the anchors themselves, so that no authority can add a client.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(cadata=self._clients_pem.decode("ascii"))
        try:
            context.load_cert_chain(certificate, key)
        except (OSError, ssl.SSLError) as error:
            raise KeyUnreadableError(
                f"the service's certificate or key cannot be used ({str(error)[:200]})",
                subject=f"{certificate}, {key}",
                remedy="Give both in PEM, the key unencrypted.",
            ) from error
        try:
            return SigningServer(address, _handler(self), context)
        except (OSError, OverflowError) as error:
            raise ServiceAddressError(
                f"cannot listen there ({error})", subject=f"{address[0]}:{address[1]}", remedy="Give another --listen."
            ) from error


class SigningServer(ThreadingHTTPServer):
    """Listens; a thread per connection, a bounded number of them, each with little time."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], context: ssl.SSLContext
    ) -> None:
        self._context = context
        self._places = threading.BoundedSemaphore(_MAX_CONNECTIONS)
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Take a connection if there is a place for it; the handshake happens in its own thread."""
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Shake hands and answer. A stranger's handshake fails here and costs nobody else anything."""
        connection: socket.socket = request
        try:
            connection.settimeout(_PATIENCE)
            try:
                connection = self._context.wrap_socket(connection, server_side=True)
            except (OSError, ValueError):
                return
            with suppress(OSError):
                self.finish_request(connection, client_address)
        finally:
            self.shutdown_request(connection)
            self._places.release()


class _Sent(io.RawIOBase):
    """What a client sends, for so long and no longer: a connection's own limit starts anew with each byte."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection, self._end = connection, monotonic() + _HEARD

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._end - monotonic()
        if left <= 0:
            raise TimeoutError("the request did not come in time")
        self._connection.settimeout(left)
        return self._connection.recv_into(buffer)


def _handler(service: SigningService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        server_version, sys_version = "touchmark-signer", ""

        def setup(self) -> None:
            super().setup()
            assert isinstance(self.connection, ssl.SSLSocket)
            self._client = service.knows(self.connection.getpeercert(binary_form=True))
            self.rfile = io.BufferedReader(_Sent(self.connection))

        def do_GET(self) -> None:
            if self._client is None:
                self._send(_problem(403, "this client is not in the list"))
            elif self.path != IDENTITY_PATH:
                self._send(_problem(404, "there is nothing here"))
            else:
                self._send(service.identity())

        def do_POST(self) -> None:
            client, length = self._client, self.headers.get("Content-Length", "")
            if client is None:
                self._send(_problem(403, "this client is not in the list"))
            elif self.path != SIGN_PATH:
                self._send(_problem(404, "there is nothing here"))
            elif (size := _size(length)) is None or size > MAX_CLAIM:
                self._send(_problem(413, f"a claim has at most {MAX_CLAIM} bytes"))
                self._discard(min(size or 0, 2 * MAX_CLAIM))
            else:
                self._send(self._signed(self.rfile.read(size), client))

        def _signed(self, data: bytes, client: str) -> Reply:
            try:
                return service.sign(data, client)
            except TouchmarkError as error:
                self.log_error("%s", error.diagnostics())
                return _problem(503, "the key or the ledger is not available")
            except Exception as error:
                self.log_error("%s", f"{type(error).__name__}: {error}")
                return _problem(503, "the key is not available")

        def _send(self, reply: Reply) -> None:
            self.connection.settimeout(_PATIENCE)
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(reply.body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(reply.body)

        def _discard(self, size: int) -> None:
            """What a client is still sending: where it is not taken, its system throws the answer away unread."""
            with suppress(OSError):
                while size > 0 and (piece := self.rfile.read1(size)):
                    size -= len(piece)

        def log_request(self, code: Any = "-", size: Any = "-") -> None:
            """Say nothing: what matters is in the ledger."""

    return Handler


def _size(length: str) -> int | None:
    """What a header says; None where that is no number of bytes."""
    return int(length) if length.isdecimal() and len(length) < 20 else None


def _names(clients: bytes) -> Mapping[str, str]:
    try:
        certificates = x509.load_pem_x509_certificates(clients)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyUnreadableError(
            "the list of clients holds no PEM certificate",
            subject="clients",
            remedy="Give the certificates of the clients that may ask, in PEM, one after another.",
        ) from error
    return {
        hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest(): certificate.subject.rfc4514_string()[:200]
        for certificate in certificates
    }


def _problem(status: int, problem: str) -> Reply:
    return Reply(status, json.dumps({"problem": problem}).encode())
