"""Authorities that are down, lie, answer nonsense or have another clock: each has its name, and the next is asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import tsp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.provenance.signing.conftest import Bench
from tests.provenance.signing.stand_ins import TimeAuthority, reply, serving
from touchmark.provenance.manifest.claim import Claim
from touchmark.provenance.manifest.read import read_manifest
from touchmark.provenance.manifest.write import sign_file
from touchmark.provenance.signing import TimeStamping
from touchmark.provenance.signing.authority import check_reply, stamp
from touchmark.provenance.signing.time_stamps import (
    ClockSkewError,
    NoTimeAuthorityError,
    TimeAuthorityAnswerError,
    TimeAuthorityContentTypeError,
    TimeAuthorityExpiredError,
    TimeAuthorityUnreachableError,
    TimeStampError,
    TimeStampRefusedError,
)

REPLY = "application/timestamp-reply"


def query(hashed: bytes = bytes(range(32)), nonce: int = 7) -> bytes:
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": hashed}
    asked = {"version": "v1", "message_imprint": imprint, "nonce": nonce, "cert_req": True}
    return bytes(tsp.TimeStampReq(asked).dump())


QUERY, OTHER_QUERY, EARLIER_QUERY = query(), query(hashed=bytes(32)), query(nonce=6)

Answer = Callable[[BaseHTTPRequestHandler, bytes], None]


def says(body: bytes, content_type: str = REPLY, status: int = 200) -> Answer:
    return lambda handler, _: reply(handler, body, content_type, status)


def drip(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", REPLY)
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b"\x30")
        time.sleep(0.02)


def redirect(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    reply(handler, b"", REPLY, 307, Location="http://169.254.169.254/latest/meta-data")


def refusal() -> bytes:
    status = tsp.PKIStatusInfo({"status": "rejection", "fail_info": {"bad_alg"}}).dump()
    return bytes([0x30, len(status)]) + status


def flipped(body: bytes) -> bytes:
    return body[:-1] + bytes([body[-1] ^ 1])  # the last byte of the signature


def by_a_signer(authority: TimeAuthority) -> bytes:
    """A token that somebody signed with a certificate for signing claims: openssl will not, so its name is changed."""
    return authority.stamp(QUERY).replace(bytes.fromhex("2b06010505070308"), bytes.fromhex("2b06010505070304"))


def changed_beneath_its_signature(authority: TimeAuthority) -> bytes:
    """The stamp of something else, now of what is asked: what is signed is a digest of the content, not the content."""
    stamp = authority.stamp(OTHER_QUERY)
    assert stamp.count(bytes(32)) == 1
    return stamp.replace(bytes(32), bytes(range(32)))


FAULTS: dict[str, tuple[Callable[[TimeAuthority], Answer], type[TimeStampError]]] = {
    "http 500": (lambda _: says(b"", status=500), TimeAuthorityUnreachableError),
    "redirect": (lambda _: redirect, TimeAuthorityUnreachableError),
    "slow drip": (lambda _: drip, TimeAuthorityUnreachableError),
    "too much": (lambda _: says(bytes(1 << 17)), TimeAuthorityUnreachableError),
    "web page": (lambda _: says(b"<html>Welcome!</html>", "text/html"), TimeAuthorityContentTypeError),
    "nothing": (lambda _: says(b""), TimeAuthorityAnswerError),
    "noise": (lambda _: says(b"\x30\x03\x02\x01\x00"), TimeAuthorityAnswerError),
    "refusal": (lambda _: says(refusal()), TimeStampRefusedError),
    "stamp of something else": (lambda authority: says(authority.stamp(OTHER_QUERY)), TimeAuthorityAnswerError),
    "stamp of an earlier question": (lambda authority: says(authority.stamp(EARLIER_QUERY)), TimeAuthorityAnswerError),
    "broken signature": (lambda authority: says(flipped(authority.stamp(QUERY))), TimeAuthorityAnswerError),
    "changed beneath its signature": (
        lambda authority: says(changed_beneath_its_signature(authority)),
        TimeAuthorityAnswerError,
    ),
    "signed by no time stamper": (lambda authority: says(by_a_signer(authority)), TimeAuthorityAnswerError),
    "tail": (lambda authority: says(authority.stamp(QUERY) + b"x"), TimeAuthorityAnswerError),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_its_name_and_the_next_authority_is_asked(time_authority: TimeAuthority, fault: str) -> None:
    answer, error = FAULTS[fault]
    now = datetime.now(UTC)
    patience = 0.4 if fault == "slow drip" else 60  # a busy machine takes its time for what is answered at once
    with serving(answer(time_authority)) as bad, serving(time_authority.answer) as good:
        urls = f"http://127.0.0.1:{bad}/", f"http://127.0.0.1:{good}/"
        with pytest.raises(error) as caught:
            stamp(QUERY, TimeStamping(urls[:1], patience=patience), now)
        assert type(caught.value) is error
        assert caught.value.subject == urls[0]
        assert stamp(QUERY, TimeStamping(urls, patience=max(patience, 2)), now)
        with pytest.raises(NoTimeAuthorityError) as all_of_them:
            stamp(QUERY, TimeStamping((urls[0], "http://127.0.0.1:1/"), patience=patience), now)
    assert urls[0] in str(all_of_them.value)
    assert "127.0.0.1:1" in str(all_of_them.value)


@pytest.mark.parametrize("begins", [-9, 1], ids=["ended", "not begun"])
def test_an_authority_whose_certificate_does_not_hold_is_passed_over(
    tmp_path: Path, time_authority: TimeAuthority, film: Path, claim: Claim, bench: Bench, begins: int
) -> None:
    """The C2PA library would refuse its stamp, once it was too late to ask another."""
    (tmp_path / "old").mkdir()
    start = datetime.now(UTC) + timedelta(days=begins)
    old = TimeAuthority.make(tmp_path / "old", start, start + timedelta(days=8))
    with serving(old.answer) as bad, serving(time_authority.answer) as good:
        urls = f"http://127.0.0.1:{bad}/", f"http://127.0.0.1:{good}/"
        with pytest.raises(TimeAuthorityExpiredError, match="valid from"):
            stamp(QUERY, TimeStamping(urls[:1]), datetime.now(UTC))
        with bench.open("pem", time_stamping=TimeStamping(urls)) as signer:
            sign_file(film, tmp_path / "out.mp4", claim, signer, bench.anchors)
    assert read_manifest(tmp_path / "out.mp4", bench.anchors).signed_at is not None


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://nowhere.invalid/", "file:///etc/passwd", "nonsense"])
def test_an_authority_that_is_nowhere(url: str) -> None:
    with pytest.raises(TimeAuthorityUnreachableError):
        stamp(QUERY, TimeStamping((url,), patience=1), datetime.now(UTC))


@pytest.mark.parametrize("ahead", [timedelta(minutes=6), -timedelta(minutes=6), timedelta(days=4000)])
def test_a_clock_that_is_not_ours(time_authority: TimeAuthority, ahead: timedelta) -> None:
    with serving(time_authority.answer) as port:
        stamping = TimeStamping((f"http://127.0.0.1:{port}/",))
        with pytest.raises(ClockSkewError, match="ours"):
            stamp(QUERY, stamping, datetime.now(UTC) + ahead)
        assert stamp(QUERY, stamping, datetime.now(UTC) + timedelta(minutes=4))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_stamp_is_nonsense_or_still_for_the_query(time_authority: TimeAuthority, data: Any) -> None:
    whole = bytearray(_stamped(time_authority))
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        check_reply(bytes(whole), QUERY, "authority", timedelta(minutes=5), datetime.now(UTC))
    except TimeStampError:
        return
    # What is outside the signature (the status, the certificates' own bits) may change and does no harm.
    info = tsp.TimeStampResp.load(bytes(whole))["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed
    assert info["message_imprint"]["hashed_message"].native == bytes(range(32))


def _stamped(authority: TimeAuthority, kept: dict[str, bytes] = {}) -> bytes:  # noqa: B006
    return kept.setdefault("stamp", authority.stamp(QUERY))


@pytest.mark.parametrize("fault", ["http 500", "web page", "noise", "refusal", "stamp of something else"])
def test_without_a_stamp_that_is_required_no_file_is_left(
    tmp_path: Path, film: Path, claim: Claim, bench: Bench, time_authority: TimeAuthority, fault: str
) -> None:
    answer, error = FAULTS[fault]
    output = tmp_path / "output"
    output.mkdir()
    with serving(answer(time_authority)) as port:
        stamping = TimeStamping((f"http://127.0.0.1:{port}/",))
        with bench.open("pem", time_stamping=stamping) as signer, pytest.raises(error):
            sign_file(film, output / "out.mp4", claim, signer, bench.anchors)
        assert list(output.iterdir()) == []
        optional = TimeStamping(stamping.authorities, required=False)
        with bench.open("pem", time_stamping=optional) as signer:
            sign_file(film, output / "out.mp4", claim, signer, bench.anchors)
    report = read_manifest(output / "out.mp4", bench.anchors)
    assert report.is_sound
    assert report.signed_at is None


def test_the_clock_of_an_authority_stops_the_signing(
    tmp_path: Path, film: Path, claim: Claim, bench: Bench, time_authority: TimeAuthority
) -> None:
    with serving(time_authority.answer) as port:
        stamping = TimeStamping((f"http://127.0.0.1:{port}/",), tolerance=timedelta(days=-1))
        with bench.open("pem", time_stamping=stamping) as signer, pytest.raises(ClockSkewError):
            sign_file(film, tmp_path / "out.mp4", claim, signer, bench.anchors)
    assert not (tmp_path / "out.mp4").exists()


def test_a_stamp_whose_signature_is_broken_is_not_published(
    tmp_path: Path, film: Path, claim: Claim, bench: Bench, time_authority: TimeAuthority
) -> None:
    def forged(handler: BaseHTTPRequestHandler, query: bytes) -> None:
        reply(handler, flipped(time_authority.stamp(query)), REPLY)

    output = tmp_path / "output"
    output.mkdir()
    with serving(forged) as port:
        stamping = TimeStamping((f"http://127.0.0.1:{port}/",))
        with bench.open("pem", time_stamping=stamping) as signer, pytest.raises(TimeStampError) as caught:
            sign_file(film, output / "out.mp4", claim, signer, bench.anchors)
    assert type(caught.value) is TimeAuthorityAnswerError
    assert list(output.iterdir()) == []


def test_the_library_reaches_us_whatever_proxy_is_set(
    tmp_path: Path,
    film: Path,
    claim: Claim,
    bench: Bench,
    time_authority: TimeAuthority,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The address that the library is given is on the loopback; a proxy of the environment must not come between."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")  # for our own request, which may use it
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with serving(time_authority.answer) as port:
        stamping = TimeStamping((f"http://127.0.0.1:{port}/",))
        with bench.open("pem", time_stamping=stamping) as signer:
            sign_file(film, tmp_path / "out.mp4", claim, signer, bench.anchors)
    assert read_manifest(tmp_path / "out.mp4", bench.anchors).signed_at
