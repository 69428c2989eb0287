"""Trust lists: what is accepted, what is refused, and that a refusal leaves what was there."""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID as Eku
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.provenance.keys.certificates import Authority, p256, usage
from tests.provenance.signing.stand_ins import reply, server_certificate, serving
from touchmark.provenance.trust.lists import (
    STALE_AFTER,
    Purpose,
    TrustDigestError,
    TrustError,
    TrustListError,
    TrustNameError,
    TrustRollbackError,
    TrustSourceError,
    parse_list,
    staleness,
)
from touchmark.provenance.trust.source import KNOWN
from touchmark.provenance.trust.store import TrustStore

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
ONE, TWO, THREE = (Authority(name).pem for name in ("one", "two", "three"))


def intermediate(*usages: x509.ObjectIdentifier) -> bytes:
    return Authority("root").issue(key=p256(), ca=True, key_usage=usage("key_cert_sign"), ekus=usages or None)


@pytest.fixture
def store(tmp_path: Path) -> TrustStore:
    return TrustStore(tmp_path / "home" / "trust")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "roots.pem"
    path.write_bytes(b"Subject\tCN=one\n" + ONE + b"\nSubject\tCN=two\n" + TWO)
    return path


def test_a_list_is_kept_with_source_date_and_digest(store: TrustStore, source: Path) -> None:
    import hashlib

    added = store.add("company", str(source), Purpose.CLAIM_SIGNING, NOW)
    (kept,) = store.lists()
    assert kept == added == store.get("company")
    assert kept.source == str(source)
    assert kept.added == kept.retrieved == NOW
    assert kept.sha256 == hashlib.sha256(source.read_bytes()).hexdigest()
    assert kept.anchors == ONE + TWO
    assert (store.folder.stat().st_mode & 0o777, next(store.folder.iterdir()).stat().st_mode & 0o777) == (0o700, 0o600)
    source.unlink()
    assert store.anchors(Purpose.CLAIM_SIGNING) == ONE + TWO  # offline


def test_purposes_are_never_handed_out_together(store: TrustStore, tmp_path: Path) -> None:
    for purpose, pem in zip(Purpose, (ONE, TWO, THREE), strict=True):
        (tmp_path / f"{purpose}.pem").write_bytes(pem)
        store.add(f"set-{purpose}", str(tmp_path / f"{purpose}.pem"), purpose, NOW)
    assert [store.anchors(purpose) for purpose in Purpose] == [ONE, TWO, THREE]


def test_an_update_says_what_changed(store: TrustStore, source: Path) -> None:
    store.add("company", str(source), Purpose.CLAIM_SIGNING, NOW)
    source.write_bytes(TWO + THREE)
    update = store.update("company", NOW + timedelta(days=1))
    assert (update.added, update.removed) == (("CN=three",), ("CN=one",))
    after = store.get("company")
    assert after.anchors == TWO + THREE
    assert after.added == NOW
    assert after.retrieved == NOW + timedelta(days=1)
    assert [past.sha256 for past in after.superseded] == [update.before.sha256]
    same = store.update("company", NOW + timedelta(days=2))
    assert (same.added, same.removed) == ((), ())
    assert len(store.get("company").superseded) == 1


BAD = {
    "empty": b"",
    "a web page": b"<html>404</html>",
    "cut short": ONE + TWO[:-40],
    "no certificate inside": b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    "garbled": ONE.replace(b"A", b"B", 40),
    "a private key": b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    "a signer": Authority("root").issue(key=p256()),
    "a signer among authorities": ONE + Authority("root").issue(key=p256()),
    "time-stamp authorities": intermediate(Eku.TIME_STAMPING),
    "too many": b"-----BEGIN CERTIFICATE-----\n" * 3000,
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_list_is_refused_and_the_old_one_kept(store: TrustStore, source: Path, what: str) -> None:
    store.add("company", str(source), Purpose.CLAIM_SIGNING, NOW)
    before = store.get("company")
    source.write_bytes(BAD[what])
    with pytest.raises(TrustListError):
        store.update("company", NOW + timedelta(days=1))
    with pytest.raises(TrustListError):
        store.add("another", str(source), Purpose.CLAIM_SIGNING, NOW)
    assert store.lists() == (before,)
    assert len(list(store.folder.iterdir())) == 1


def test_a_list_for_signing_is_none_for_time_stamping(tmp_path: Path) -> None:
    signing, stamping = intermediate(Eku.EMAIL_PROTECTION), intermediate(Eku.TIME_STAMPING)
    assert parse_list(signing, Purpose.CLAIM_SIGNING, "x") == signing
    assert parse_list(stamping, Purpose.TIME_STAMPING, "x") == stamping
    with pytest.raises(TrustListError, match="time-stamping"):
        parse_list(signing, Purpose.TIME_STAMPING, "x")


@given(st.binary(max_size=200), st.integers(0, 400))
def test_noise_in_a_list_is_refused_or_makes_no_difference(noise: bytes, where: int) -> None:
    try:
        parsed = parse_list(ONE[:where] + noise + ONE[where:], Purpose.CLAIM_SIGNING, "x")
    except TrustListError:
        return
    assert parsed == ONE


def test_a_list_that_was_superseded_does_not_come_back(store: TrustStore, source: Path) -> None:
    first = source.read_bytes()
    store.add("company", str(source), Purpose.CLAIM_SIGNING, NOW)
    source.write_bytes(TWO + THREE)
    store.update("company", NOW)
    before = store.get("company")
    source.write_bytes(first)
    with pytest.raises(TrustRollbackError, match="superseded"):
        store.update("company", NOW + timedelta(days=1))
    assert store.get("company") == before


def test_a_digest_that_was_told_must_match(store: TrustStore, source: Path) -> None:
    with pytest.raises(TrustDigestError):
        store.add("company", str(source), Purpose.CLAIM_SIGNING, NOW, sha256="0" * 64)
    assert store.lists() == ()
    import hashlib

    right = hashlib.sha256(source.read_bytes()).hexdigest().upper()
    assert store.add("company", str(source), Purpose.CLAIM_SIGNING, NOW, sha256=right)


def test_names(store: TrustStore, source: Path) -> None:
    for name in ("", "../x", "a/b", "A", "-x", "x" * 65, "x\n", "\x1b[2J"):
        with pytest.raises(TrustNameError):
            store.add(name, str(source), Purpose.CLAIM_SIGNING, NOW)
    store.add("company", str(source), Purpose.CLAIM_SIGNING, NOW)
    with pytest.raises(TrustNameError, match="there is a"):
        store.add("company", str(source), Purpose.CLAIM_SIGNING, NOW)
    for call in (store.get, store.remove):
        with pytest.raises(TrustNameError, match="no such"):
            call("nobody")
    store.remove("company")
    assert store.lists() == ()


def test_stale_lists_are_told(store: TrustStore, source: Path) -> None:
    store.add("company", str(source), Purpose.CLAIM_SIGNING, NOW)
    assert staleness(store.lists(), NOW + STALE_AFTER) == ()
    (note,) = staleness(store.lists(), NOW + STALE_AFTER + timedelta(days=15))
    assert "company" in note
    assert "45 days ago" in note
    store.update("company", NOW + STALE_AFTER * 2)
    assert staleness(store.lists(), NOW + STALE_AFTER * 2) == ()


@pytest.mark.parametrize("damage", ["anchors", "name", "truncated", "writable", "not json"])
def test_a_store_that_was_tampered_with_believes_nobody(store: TrustStore, source: Path, damage: str) -> None:
    store.add("company", str(source), Purpose.CLAIM_SIGNING, NOW)
    (path,) = store.folder.iterdir()
    document = json.loads(path.read_text())
    if damage == "anchors":
        path.write_text(json.dumps(document | {"anchors": THREE.decode()}))
    elif damage == "name":
        path.rename(path.with_name("other.trust.json"))
    elif damage == "truncated":
        path.write_bytes(path.read_bytes()[:-100])
    elif damage == "writable":
        path.chmod(0o666)
    else:
        path.write_bytes(b"\xff\xfe")
    with pytest.raises(TrustError):
        store.anchors(Purpose.CLAIM_SIGNING)


@contextmanager
def https(
    folder: Path, monkeypatch: pytest.MonkeyPatch, answer: Callable[[BaseHTTPRequestHandler, bytes], None]
) -> Iterator[str]:
    certificate, key = server_certificate(folder)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with serving(answer, tls) as port:
        yield f"https://127.0.0.1:{port}/list.pem"


def test_a_list_is_refreshed_over_https(store: TrustStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    served = {"body": ONE, "status": 200, "Last-Modified": "Sat, 07 Nov 2026 10:00:00 GMT"}

    def answer(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        headers = {"Last_Modified": served["Last-Modified"], "Location": "https://elsewhere.example/"}
        reply(handler, served["body"], "text/plain", served["status"], **headers)  # type: ignore[arg-type]

    with https(tmp_path, monkeypatch, answer) as address:
        store.add("company", address, Purpose.CLAIM_SIGNING, NOW)
        assert store.get("company").published == datetime(2026, 11, 7, 10, tzinfo=UTC)
        served |= {"body": TWO, "Last-Modified": "Sun, 01 Nov 2026 10:00:00 GMT"}
        with pytest.raises(TrustRollbackError, match="2026-11-01"):
            store.update("company", NOW)
        served |= {"Last-Modified": "Sun, 08 Nov 2026 10:00:00 GMT"}
        assert store.update("company", NOW).added == ("CN=two",)
        for served["status"] in (404, 500, 302):
            with pytest.raises(TrustSourceError, match=str(served["status"])):
                store.update("company", NOW)
        served |= {"status": 200, "body": b"x" * (5 << 20)}
        with pytest.raises(TrustSourceError, match="more than"):
            store.update("company", NOW)
        monkeypatch.setenv("SSL_CERT_FILE", os.devnull)
        with pytest.raises(TrustSourceError, match="TLS"):
            store.update("company", NOW)
    with pytest.raises(TrustSourceError):
        store.update("company", NOW)
    assert store.get("company").anchors == TWO


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"", ONE),
        (b"Content-Length: %d\r\n" % len(ONE + TWO), ONE),
        (b"Transfer-Encoding: chunked\r\n", b"%x\r\n%s\r\n" % (len(ONE), ONE)),
    ],
    ids=["no length", "less than promised", "no last chunk"],
)
def test_a_list_that_was_cut_short_on_its_way_is_not_taken_for_whole(
    store: TrustStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: bytes, body: bytes
) -> None:
    """Between two certificates: what is left is a list."""

    def answer(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + body)

    with (
        https(tmp_path, monkeypatch, answer) as address,
        pytest.raises(TrustSourceError, match=r"how long it is|before its end|IncompleteRead"),
    ):
        store.add("company", address, Purpose.CLAIM_SIGNING, NOW)


@pytest.mark.parametrize("source", ["http://127.0.0.1/list.pem", "ftp://x/list.pem", "file:///etc/passwd"])
def test_no_list_comes_over_anything_else(store: TrustStore, source: str) -> None:
    with pytest.raises(TrustSourceError, match="https"):
        store.add("company", source, Purpose.CLAIM_SIGNING, NOW)


def test_the_official_lists_are_known_by_name() -> None:
    for source, _ in KNOWN.values():
        assert source.startswith("https://")
    assert {purpose for _, purpose in KNOWN.values()} == {Purpose.CLAIM_SIGNING, Purpose.TIME_STAMPING}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None)
@given(steps=st.lists(st.sampled_from([ONE, TWO, THREE, ONE + TWO, b"", b"junk"]), max_size=8))
def test_whatever_is_offered_the_store_holds_the_newest_good_list(tmp_path: Path, steps: list[bytes]) -> None:
    import tempfile

    folder = Path(tempfile.mkdtemp(dir=tmp_path))
    store, source = TrustStore(folder / "trust"), folder / "list.pem"
    source.write_bytes(TWO + THREE)
    store.add("x", str(source), Purpose.CLAIM_SIGNING, NOW)
    current, seen = TWO + THREE, {TWO + THREE}
    for step in steps:
        source.write_bytes(step)
        good = bool(step) and step != b"junk" and (step == current or step not in seen)
        try:
            store.update("x", NOW)
            assert good
            current = step
            seen.add(step)
        except TrustError:
            assert not good
        assert store.get("x").anchors == current
