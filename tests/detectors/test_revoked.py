"""Answers about revocation beside a signature, that a library does not hear."""

from __future__ import annotations

import struct
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.detectors.cameras import taken
from tests.detectors.jumbf import at, box, changed, signed_anew, superbox
from tests.forms import FORMS
from tests.provenance.keys.certificates import Authority, p256, private_pem
from touchmark.detectors.sources import Sources
from touchmark.detectors.verdict import Outcome
from touchmark.detectors.verify import Verification, Verifier
from touchmark.provenance.manifest.kept import KeptStore
from touchmark.provenance.manifest.revoked import revoked_signers
from touchmark.provenance.manifest.traces import stores
from touchmark.provenance.media.kinds import kind_of_file
from touchmark.provenance.signing import PemSigner

NOW, DAY = datetime.now(UTC).replace(microsecond=0), timedelta(days=1)
GOOD, REVOKED, UNKNOWN = ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED, ocsp.OCSPCertStatus.UNKNOWN
SHOWN, IMPOSTOR = Authority("authority of cameras"), Authority("authority of cameras")
ROOT = x509.load_pem_x509_certificate(SHOWN.pem)
KEYS: dict[str, Any] = {name: p256() for name in ("camera", "other", "responder", "mailer", "stranger")}


def _issued(name: str, usage: x509.ObjectIdentifier, authority: Authority = SHOWN) -> x509.Certificate:
    named = [x509.NameAttribute(NameOID.COMMON_NAME, name), x509.NameAttribute(NameOID.ORGANIZATION_NAME, name)]
    pem = authority.issue(key=KEYS[name], subject=x509.Name(named), ekus=[usage])
    return x509.load_pem_x509_certificate(pem)


CAMERA, OTHER = (_issued(name, ExtendedKeyUsageOID.EMAIL_PROTECTION) for name in ("camera", "other"))
RESPONDER = _issued("responder", ExtendedKeyUsageOID.OCSP_SIGNING)
ROOTS = SHOWN.pem + ROOT.public_bytes(Encoding.PEM)
SIGNER = PemSigner.from_pem(
    CAMERA.public_bytes(Encoding.PEM) + ROOT.public_bytes(Encoding.PEM), private_pem(KEYS["camera"])
)
MAILER = _issued("mailer", ExtendedKeyUsageOID.EMAIL_PROTECTION)
NAMESAKE = x509.load_pem_x509_certificate(IMPOSTOR.pem)
NOT_NOW = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER).public_bytes(Encoding.DER)
NUMBERED = (
    x509.CertificateBuilder(subject_name=CAMERA.subject, issuer_name=MAILER.subject, serial_number=CAMERA.serial_number)
    .public_key(CAMERA.public_key())
    .not_valid_before(NOW - DAY)
    .not_valid_after(NOW + DAY)
    .sign(KEYS["mailer"], hashes.SHA256())
)
"""Of another authority, with the same number."""
STRANGER = _issued("stranger", ExtendedKeyUsageOID.OCSP_SIGNING, IMPOSTOR)


def answer(
    status: ocsp.OCSPCertStatus,
    by: x509.Certificate,
    key: Any,
    *,
    of: x509.Certificate = CAMERA,
    beside: tuple[x509.Certificate, ...] = (),
) -> bytes:
    told = ocsp.OCSPResponseBuilder().add_response(
        of, ROOT, hashes.SHA1(), status, NOW - DAY, NOW + DAY, NOW - DAY if status is REVOKED else None, None
    )
    told = told.responder_id(ocsp.OCSPResponderEncoding.HASH, by)
    told = told.certificates(beside) if beside else told
    return told.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()).public_bytes(
        Encoding.DER
    )


def by_responder(status: ocsp.OCSPCertStatus, **how: Any) -> bytes:
    return answer(status, RESPONDER, KEYS["responder"], beside=(RESPONDER,), **how)


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("revoked")
    note = {"label": "org.example.note", "created": True, "data": {"said": "something"}}
    return taken(FORMS["p.png"][1](folder / "plain.png"), folder / "taken.png", SIGNER, note)


def verified(picture: Path, path: Path, answers: list[bytes]) -> Verification:
    """With these beside the signature, where anybody can put them."""
    with picture.open("rb") as file:
        (store,) = stores(file, kind_of_file(file))

    def staple(boxes: list[bytes]) -> list[bytes]:
        protected, header, *rest = cbor2.loads(boxes[1][8:]).value
        sign1 = cbor2.CBORTag(18, [protected, {**header, "rVals": {"ocspVals": answers}}, *rest])
        return [boxes[0], box(b"cbor", cbor2.dumps(sign1))]

    forged = changed(store, at(("c2pa.signature",), staple))
    return Verifier(Sources(anchors=ROOTS)).verify(with_store(picture, path, forged))


def with_store(picture: Path, path: Path, store: bytes) -> Path:
    """The picture with another store of the same length."""
    content = picture.read_bytes()
    start = content.index(b"caBX") - 4
    chunk = b"caBX" + store
    packed = struct.pack(">I", len(store)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    path.write_bytes(content[:start] + packed + content[start + len(packed) :])
    return path


@pytest.mark.parametrize(
    "answers",
    [
        [by_responder(REVOKED)],
        [answer(REVOKED, ROOT, SHOWN.key)],
        [answer(REVOKED, ROOT, SHOWN.key, beside=(ROOT,))],
        [by_responder(GOOD), by_responder(REVOKED)],
        [by_responder(GOOD, of=OTHER), by_responder(REVOKED)],
        [b"", b"\x30\x00", NOT_NOW, answer(REVOKED, ROOT, SHOWN.key)],
    ],
    ids=[
        "as a library reads it",
        "by the issuer",
        "with the issuer",
        "in second place",
        "after another's",
        "after none",
    ],
)
def test_a_signer_whose_certificate_was_revoked_is_not_believed(picture, tmp_path, answers) -> None:
    verification = verified(picture, tmp_path / "p.png", answers)
    (failure,) = verification.evidence.manifest.failures
    assert failure.code == "signingCredential.ocsp.revoked"
    assert verification.verdict.outcome is Outcome.UNKNOWN
    assert not verification.verdict.tampering


@pytest.mark.parametrize(
    "answers",
    [
        [],
        [by_responder(GOOD)],
        [by_responder(UNKNOWN)],
        [by_responder(REVOKED, of=OTHER)],
        [answer(REVOKED, ROOT, SHOWN.key, of=NUMBERED)],
        [answer(REVOKED, STRANGER, KEYS["stranger"], beside=(STRANGER,))],
        [by_responder(GOOD), answer(REVOKED, MAILER, KEYS["mailer"], beside=(MAILER,))],
        [answer(REVOKED, NAMESAKE, IMPOSTOR.key)],
        [answer(REVOKED, NAMESAKE, IMPOSTOR.key, beside=(NAMESAKE,))],
        [(forged := answer(REVOKED, ROOT, SHOWN.key))[:-1] + bytes([forged[-1] ^ 1])],
    ],
    ids=[
        "none",
        "good",
        "unknown",
        "of another",
        "of its number",
        "by a stranger",
        "by a mailer",
        "in its name",
        "with its namesake",
        "changed",
    ],
)
def test_nobody_else_revokes_a_certificate(picture, tmp_path, answers) -> None:
    """Whoever likes can put answers there."""
    assert verified(picture, tmp_path / "p.png", answers).verdict.outcome is Outcome.CAPTURED


@pytest.mark.parametrize(("status", "outcome"), [(REVOKED, Outcome.UNKNOWN), (GOOD, Outcome.CAPTURED)])
def test_an_assertion_may_say_so_too(picture, tmp_path, status, outcome) -> None:
    """Whoever says it is known; a later manifest says it of those before."""
    told = {"ocspVals": [answer(status, ROOT, SHOWN.key)]}
    with picture.open("rb") as file:
        (store,) = stores(file, kind_of_file(file))
    forged = signed_anew(store, SIGNER, "org.example.note", lambda _: told, renamed="c2pa.certificate-status")
    path = with_store(picture, tmp_path / "p.png", forged)
    assert Verifier(Sources(anchors=ROOTS)).verify(path).verdict.outcome is outcome


BETWEEN, BY_RSA, BY_ED25519 = (
    Authority("a department of it", key)
    for key in (p256(), rsa.generate_private_key(65537, 2048), ed25519.Ed25519PrivateKey.generate())
)


def _above(issuer: Authority) -> x509.Certificate:
    """That of an authority, which signs for itself only where it is shown."""
    if issuer is SHOWN:
        return ROOT
    return x509.load_pem_x509_certificate(SHOWN.issue(key=issuer.key, subject=issuer.subject, ca=True))


SHOWN_BETWEEN = _above(BETWEEN)


@pytest.mark.parametrize("tagged", [False, True])
@pytest.mark.parametrize(
    ("issuer", "beside", "heard"),
    [
        (SHOWN, (), True),  # the anchor, which chains leave out
        (BETWEEN, (SHOWN_BETWEEN,), True),
        (BETWEEN, (OTHER,) * 6 + (SHOWN_BETWEEN,), True),
        (BETWEEN, (OTHER,) * 7 + (SHOWN_BETWEEN,), False),  # longer than any honest chain
        (BETWEEN, (), False),
        (BETWEEN, (b"no certificate", SHOWN_BETWEEN), False),
        (BY_RSA, (_above(BY_RSA),), True),
        (BY_ED25519, (_above(BY_ED25519),), True),
    ],
)
def test_the_authority_that_answers_is_in_the_chain_or_an_anchor(issuer, beside, heard, tagged) -> None:
    camera = _issued("camera", ExtendedKeyUsageOID.EMAIL_PROTECTION, issuer)
    told = answer(REVOKED, _above(issuer), issuer.key, of=camera)
    chain = [one if isinstance(one, bytes) else one.public_bytes(Encoding.DER) for one in (camera, *beside)]
    sign1 = [cbor2.dumps({33: chain}), {"rVals": {"ocspVals": [told]}}, None, b""]
    content = cbor2.dumps(cbor2.CBORTag(18, sign1) if tagged else sign1)
    signature = superbox(b"c2cs", "c2pa.signature", box(b"cbor", content))
    kept = KeptStore.of(superbox(b"c2pa", "c2pa", superbox(b"c2ma", "urn:c2pa:1", signature)))
    assert bool(revoked_signers([kept], ROOTS)) is heard


def test_a_responder_stands_among_the_first_certificates_of_its_answer(picture, tmp_path) -> None:
    for before, outcome in ((7, Outcome.UNKNOWN), (8, Outcome.CAPTURED)):
        told = answer(REVOKED, RESPONDER, KEYS["responder"], beside=(*[MAILER] * before, RESPONDER))
        assert verified(picture, tmp_path / "p.png", [by_responder(GOOD), told]).verdict.outcome is outcome


def test_what_is_said_later_does_not_count_where_a_stamp_may_show_that_it_was_signed_before(picture) -> None:
    told = {"ocspVals": [answer(REVOKED, ROOT, SHOWN.key)]}
    with picture.open("rb") as file:
        (store,) = stores(file, kind_of_file(file))
    said = signed_anew(store, SIGNER, "org.example.note", lambda _: told, renamed="c2pa.certificate-status")

    def stamp(boxes: list[bytes]) -> list[bytes]:
        protected, header, *rest = cbor2.loads(boxes[1][8:]).value
        sign1 = cbor2.CBORTag(18, [protected, {**header, "sigTst2": {"tstTokens": [{"val": b"0\0"}]}}, *rest])
        return [boxes[0], box(b"cbor", cbor2.dumps(sign1))]

    assert revoked_signers([KeptStore.of(said)], ROOTS)
    assert not revoked_signers([KeptStore.of(changed(said, at(("c2pa.signature",), stamp)))], ROOTS)


def test_an_assertion_that_does_not_end_says_nothing(picture) -> None:
    torn = superbox(b"cbor", "c2pa.certificate-status", box(b"cbor", b"\xbf\x68ocspVals\x9f"))
    store = superbox(b"c2pa", "c2pa", superbox(b"c2ma", "urn:c2pa:1", superbox(b"c2as", "c2pa.assertions", torn)))
    assert revoked_signers([KeptStore.of(store)], ROOTS) == {}


def test_no_more_answers_are_read_than_there_are_of_one_signer(picture, tmp_path) -> None:
    """Each costs a signature to check, and whoever likes puts thousands there."""
    revoked = answer(REVOKED, ROOT, SHOWN.key)
    for before, outcome in ((7, Outcome.UNKNOWN), (8, Outcome.CAPTURED)):
        answers = [*[b""] * before, revoked]
        assert verified(picture, tmp_path / "p.png", answers).verdict.outcome is outcome
        with picture.open("rb") as file:
            (store,) = stores(file, kind_of_file(file))
        told = {"ocspVals": answers}
        said = signed_anew(store, SIGNER, "org.example.note", lambda _, t=told: t, renamed="c2pa.certificate-status")
        assert bool(revoked_signers([KeptStore.of(said)], ROOTS)) is (outcome is Outcome.UNKNOWN)
