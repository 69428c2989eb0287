"""A signing service: it signs claims for those it knows, writes every request down first, and nothing else."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from tests.provenance.keys.certificates import Authority, p256, private_pem
from tests.provenance.signing.conftest import Bench
from tests.provenance.signing.stand_ins import server_certificate
from touchmark.provenance.database import DatabaseError, open_database
from touchmark.provenance.ledger import Ledger
from touchmark.provenance.manifest.claim import Claim
from touchmark.provenance.manifest.write import sign_file
from touchmark.provenance.signing import PemSigner, Signer, service
from touchmark.provenance.signing.address import open_signer
from touchmark.provenance.signing.claim_policy import MAX_CLAIM, NotAClaimError, require_claim
from touchmark.provenance.signing.errors import KeyUnreadableError, SignerRefusedError, SignerUnreachableError
from touchmark.provenance.signing.service import ServiceAddressError, SigningServer, SigningService
from touchmark.provenance.transport import Request, send

KEY = p256()
CHAIN = Authority("somebody").issue(key=KEY)
SIGNER: Signer = PemSigner.from_pem(CHAIN, private_pem(KEY))
LEAF = x509.load_pem_x509_certificate(CHAIN).public_bytes(Encoding.DER)
CLAIM = {
    "instanceID": "xmp:iid:1",
    "claim_generator_info": {"name": "a worker"},
    "signature": "self#jumbf=/c2pa/x/c2pa.signature",
    "created_assertions": [],
}


def to_be_signed(
    header: Any = None, claim: Any = None, context: str = "Signature1", external: Any = b"", tail: bytes = b""
) -> bytes:
    header = {1: -7, 33: LEAF} if header is None else header
    payload = cbor2.dumps(CLAIM if claim is None else claim)
    return cbor2.dumps([context, cbor2.dumps(header), external, payload]) + tail


@dataclass
class Running:
    service: SigningService
    ledger: Ledger
    port: int
    address: str
    folder: Path

    def tls(self, name: str = "client") -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.folder / "server.pem"))
        context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        return context

    def post(self, data: bytes, path: str = "/v1/signatures", **headers: str) -> Any:
        url = f"https://127.0.0.1:{self.port}{path}"
        return send(Request(url, data, headers, self.tls()), limit=1 << 20)

    def kinds(self) -> list[str]:
        return [entry.kind for entry in self.ledger.entries()]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    certificate, _ = server_certificate(tmp_path)
    client, client_key = server_certificate(tmp_path, "client")
    ledger = Ledger(open_database(tmp_path / "service.sqlite3"))
    service = SigningService(SIGNER, ledger, client.read_bytes())
    with serving(service, tmp_path) as server:
        port = server.server_address[1]
        address = f"https://127.0.0.1:{port}?client-cert={client}&client-key={client_key}&ca={certificate}"
        yield Running(service, ledger, port, address, tmp_path)


@contextmanager
def serving(service: SigningService, folder: Path) -> Iterator[SigningServer]:
    certificate, key = folder / "server.pem", folder / "server.key"
    with service.listen(("127.0.0.1", 0), certificate=certificate, key=key) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_claim_is_signed_and_written_down(running: Running) -> None:
    data = to_be_signed()
    signature = open_signer(running.address).sign(data)
    assert len(signature) == 64
    (entry,) = running.ledger.entries()
    body = json.loads(entry.body)
    assert entry.kind == "signature"
    assert body["name"] == "CN=client"
    assert body["generator"] == "a worker"
    assert body["instance_id"] == "xmp:iid:1"
    assert body["size"] == len(data)
    assert running.ledger.verify() == ()


OTHER = x509.load_pem_x509_certificate(Authority("other").issue(key=p256())).public_bytes(Encoding.DER)
NO_CLAIMS: dict[str, bytes] = {
    "nothing": b"",
    "a contract": b"I owe you 1000000",
    "a certificate request": x509.load_pem_x509_certificate(CHAIN).tbs_certificate_bytes,
    "another context": to_be_signed(context="Signature"),
    "external data": to_be_signed(external=b"x"),
    "something behind it": to_be_signed(tail=b"\x00"),
    "another algorithm": to_be_signed({1: -37, 33: LEAF}),
    "no algorithm": to_be_signed({33: LEAF}),
    "another certificate": to_be_signed({1: -7, 33: OTHER}),
    "another certificate before its own": to_be_signed({1: -7, 33: [OTHER, LEAF]}),
    "a fifth part": cbor2.dumps([*cbor2.loads(to_be_signed()), b"more"]),
    "no certificate": to_be_signed({1: -7}),
    "a header that is no map": to_be_signed([1, -7]),
    "a payload that is no map": to_be_signed(claim=["instanceID"]),
    "a payload that is no claim": to_be_signed(claim={"sub": "admin"}),
    **{f"a claim without {name}": to_be_signed(claim={k: CLAIM[k] for k in CLAIM if k != name}) for name in CLAIM},
    "deep nesting": b"\x81" * 100_000,
    "a promise of many bytes": b"\x84\x6aSignature1\x5b\x7f\xff\xff\xff\xff\xff\xff\xff",
}


@pytest.mark.parametrize("what", NO_CLAIMS)
def test_anything_else_is_refused_and_written_down(running: Running, what: str) -> None:
    with pytest.raises(SignerRefusedError, match="422"):
        open_signer(running.address).sign(NO_CLAIMS[what])
    assert running.kinds() == ["signature_refused"]


@given(st.binary(max_size=300) | st.binary(max_size=40).map(lambda tail: to_be_signed()[:-20] + tail))
def test_noise_is_no_claim(data: bytes) -> None:
    try:
        require_claim(data, SIGNER)
    except NotAClaimError:
        return
    assert cbor2.loads(data)[0] == "Signature1"


def test_too_much_is_refused_before_it_is_read(running: Running) -> None:
    with pytest.raises(SignerRefusedError, match="413"):
        open_signer(running.address).sign(bytes(MAX_CLAIM + 1))
    assert running.kinds() == []
    with pytest.raises(NotAClaimError, match="more than"):
        require_claim(bytes(MAX_CLAIM + 1), SIGNER)


@pytest.mark.parametrize("length", ["-1", "x", "", "1e9", "\xb2", "9" * 20, "9" * 5000])
def test_a_length_that_is_none_is_refused(running: Running, length: str) -> None:
    with running.tls().wrap_socket(
        socket.create_connection(("127.0.0.1", running.port), timeout=5), server_hostname="127.0.0.1"
    ) as connection:
        connection.sendall(
            f"POST /v1/signatures HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode("latin-1")
        )
        assert b" 413 " in connection.recv(200)


def test_other_paths_are_not_there(running: Running) -> None:
    assert running.post(b"x", "/").status == 404
    got = Request(f"https://127.0.0.1:{running.port}/v1/signers", tls=running.tls())
    assert send(got, limit=1 << 20).status == 404
    assert running.post(b"x", "/v1/signatures/../signer").status == 404


def test_whoever_shook_hands_must_be_in_the_list(running: Running) -> None:
    assert running.service.knows(LEAF) is None and running.service.knows(None) is None


def test_a_stranger_gets_no_answer_at_all(running: Running) -> None:
    server_certificate(running.folder, "stranger")
    address = running.address.replace("client.pem", "stranger.pem").replace("client.key", "stranger.key")
    with pytest.raises(SignerUnreachableError):
        open_signer(address)
    nameless = ssl.create_default_context(cafile=str(running.folder / "server.pem"))
    with pytest.raises(Exception, match=r"certificate|reset|closed|EOF"):
        send(Request(f"https://127.0.0.1:{running.port}/v1/signer", tls=nameless), limit=1 << 20)
    old = running.tls()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError), socket.create_connection(("127.0.0.1", running.port)) as connection:
        old.wrap_socket(connection, server_hostname="127.0.0.1")
    assert open_signer(running.address).sign(to_be_signed())  # and it serves others as before


def test_a_certificate_that_a_client_issues_is_a_strangers(running: Running) -> None:
    """The list is of certificates, not of authorities: a client cannot let anybody else in."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    issuer = x509.load_pem_x509_certificate((running.folder / "client.pem").read_bytes())
    issuing = Authority("client", load_pem_private_key((running.folder / "client.key").read_bytes(), None))
    assert issuing.subject == issuer.subject
    key = p256()
    chain = issuing.issue(key=key, ekus=None) + (running.folder / "client.pem").read_bytes()
    (running.folder / "friend.pem").write_bytes(chain)
    (running.folder / "friend.key").write_bytes(private_pem(key))
    url = f"https://127.0.0.1:{running.port}/v1/"
    for request in (
        Request(f"{url}signer", tls=running.tls("friend")),
        Request(f"{url}signatures", to_be_signed(), {}, running.tls("friend")),
    ):
        assert send(request, limit=1 << 20).status == 403, "it shook hands, and gets no further"
    assert running.kinds() == []


def test_a_client_need_not_be_its_own_issuer(running: Running) -> None:
    key, issued = p256(), running.folder / "issued.pem"
    issued.write_bytes(Authority("an office, not in the list").issue(key=key, ekus=None))
    (running.folder / "issued.key").write_bytes(private_pem(key))
    service = SigningService(SIGNER, running.ledger, issued.read_bytes())
    with serving(service, running.folder) as server:
        request = Request(f"https://127.0.0.1:{server.server_address[1]}/v1/signer", tls=running.tls("issued"))
        assert send(request, limit=1 << 20).status == 200


def test_connections_that_say_nothing_do_not_keep_others_out(running: Running) -> None:
    idle = [socket.create_connection(("127.0.0.1", running.port)) for _ in range(20)]
    try:
        assert open_signer(running.address).sign(to_be_signed())
    finally:
        for connection in idle:
            connection.close()


@pytest.mark.parametrize("start", [b"GET /", b"GET / HTTP/1.1\r\nA: ", b"Content-Length: 200000\r\n\r\n"])
def test_a_client_that_sends_a_byte_now_and_then_is_left(
    running: Running, monkeypatch: pytest.MonkeyPatch, start: bytes
) -> None:
    """Sixty-four of those would keep everybody else out, for as long as they like."""
    monkeypatch.setattr(service, "_HEARD", 0.2)
    if start.startswith(b"Content"):
        start = b"POST /v1/signatures HTTP/1.1\r\n" + start
    with running.tls().wrap_socket(
        socket.create_connection(("127.0.0.1", running.port)), server_hostname="127.0.0.1"
    ) as connection:
        connection.sendall(start)
        connection.settimeout(0.05)
        for _ in range(500):
            try:
                connection.sendall(b"x")
                assert not connection.recv(1)
                break
            except TimeoutError:
                continue
            except OSError:
                break
        else:
            pytest.fail("it is still listened to")
    assert running.kinds() == []
    monkeypatch.undo()
    assert open_signer(running.address).sign(to_be_signed())


def test_there_are_so_many_places_and_whoever_says_nothing_loses_his(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("touchmark.provenance.signing.service._MAX_CONNECTIONS", 1)
    with serving(running.service, running.folder) as server:
        place = server.server_address
        with socket.create_connection(place), pytest.raises(SignerUnreachableError):
            open_signer(running.address.replace(str(running.port), str(place[1])))
        assert server._places.acquire(timeout=10), "whoever is gone has left his place"
        server._places.release()
        monkeypatch.setattr("touchmark.provenance.signing.service._PATIENCE", 0.1)
        with socket.create_connection(place) as silent:
            assert silent.recv(1) == b""


@dataclass
class Failing:
    """The service's signer and ledger, when something of theirs is broken."""

    error: Exception | None
    algorithm: Any = SIGNER.algorithm
    certificate_chain: bytes = CHAIN
    time_stamping: Any = None

    def sign(self, data: bytes) -> bytes:
        if self.error is None:
            return bytes(64)
        raise self.error

    def append(self, *_: Any) -> None:
        raise DatabaseError("the disk is full", subject="ledger")


@pytest.mark.parametrize(
    ("broken", "error"), [("_signer", OSError("the token is gone")), ("_signer", None), ("_ledger", None)]
)
def test_without_key_or_ledger_nothing_is_signed(running: Running, broken: str, error: Exception | None) -> None:
    setattr(running.service, broken, Failing(error))
    signer = open_signer(running.address)
    with pytest.raises(SignerRefusedError, match="503") as caught:
        signer.sign(to_be_signed())
    assert "token is gone" not in caught.value.diagnostics()  # its own affairs are not told to clients
    assert "signature" not in running.kinds()


def test_a_whole_file_is_sealed_by_many_workers_at_once(
    tmp_path: Path, film: Path, claim: Claim, bench: Bench, make_claim: Callable[..., Claim]
) -> None:
    from tests.provenance.signing.conftest import signing_service

    with signing_service(bench) as address:
        failures: list[BaseException] = []

        def work(index: int) -> None:
            try:
                sign_file(film, tmp_path / f"{index}.mp4", claim, open_signer(address), bench.anchors)
            except BaseException as error:
                failures.append(error)

        workers = [threading.Thread(target=work, args=(index,)) for index in range(6)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    assert failures == []
    ledger = Ledger(open_database(bench.folder / "service.sqlite3"))
    assert [entry.kind for entry in ledger.entries()] == ["signature"] * 6
    assert ledger.verify() == ()


def test_what_cannot_be_served_is_said_at_once(tmp_path: Path, running: Running) -> None:
    certificate, key = server_certificate(tmp_path)
    with pytest.raises(ServiceAddressError):
        running.service.listen(("127.0.0.1", running.port), certificate=certificate, key=key)
    with pytest.raises(KeyUnreadableError):
        running.service.listen(("127.0.0.1", 0), certificate=certificate, key=tmp_path / "nothing.key")
    with pytest.raises(KeyUnreadableError):
        SigningService(SIGNER, running.ledger, b"no certificate")
