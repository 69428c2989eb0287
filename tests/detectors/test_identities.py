"""Identities (CAWG) in a manifest, which nobody here proves: signed as CAWG has it, by hand, since no library writes
them."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.detectors.cameras import taken
from tests.detectors.jumbf import at, inner, rebuilt, signed_anew
from tests.forms import FORMS
from tests.provenance.keys.certificates import NOW, Authority, p256, private_pem
from touchmark.detectors.sources import Sources
from touchmark.detectors.verdict import Outcome
from touchmark.detectors.verify import Verification, Verifier
from touchmark.provenance.keys.development import issue_development_chain
from touchmark.provenance.manifest.claim import Claim, DigitalSourceType, SoftwareAgent
from touchmark.provenance.manifest.report import ValidationState
from touchmark.provenance.manifest.status import Concern
from touchmark.provenance.manifest.traces import stores
from touchmark.provenance.manifest.write import sign_file
from touchmark.provenance.media.kinds import kind_of_file
from touchmark.provenance.signing import PemSigner

CHAIN = issue_development_chain("identities", datetime.now(UTC).replace(microsecond=0))
SIGNER = PemSigner.from_pem(CHAIN.signer, CHAIN.signer_key)
AUTHORITY = Authority("who knows")
CAPTURE = DigitalSourceType.DIGITAL_CAPTURE
PLACE = "com.example.who"
ELSEWHERE = "self#jumbf=/c2pa/urn:c2pa:other/c2pa.assertions/c2pa.hash.data"
DAY = timedelta(days=1)
Forge = Callable[..., Path]
References = dict[str, dict[str, Any]]


def person(**how: Any) -> tuple[PemSigner, bytes]:
    """Somebody with a certificate of that authority, and its DER."""
    key = p256()
    pem = AUTHORITY.issue(key=key, **how)
    return PemSigner.from_pem(pem, private_pem(key)), x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)


def identity(who: tuple[PemSigner, bytes], referenced: list[dict[str, Any]], **otherwise: Any) -> dict[str, Any]:
    """The assertion (CAWG identity 1.1, 5.1 and 8.2)."""
    payload = {"referenced_assertions": referenced, "sig_type": "cawg.x509.cose"}
    protected = cbor2.dumps({1: -7, 33: who[1]})
    signature = who[0].sign(cbor2.dumps(["Signature1", protected, b"", cbor2.dumps(payload)]))
    cose = cbor2.dumps(cbor2.CBORTag(18, [protected, {}, None, signature]))
    return {"signer_payload": payload, "signature": cose, "pad1": b"", **otherwise}


def aggregated(referenced: list[dict[str, Any]], issuer: str = "") -> dict[str, Any]:
    """The assertion by whoever says that they asked others who it is (8.1); by default, a key made this moment."""
    key = Ed25519PrivateKey.generate()
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": _base64(key.public_key().public_bytes_raw())}
    payload = {"referenced_assertions": referenced, "sig_type": "cawg.identity_claims_aggregation"}
    person = {
        "type": "cawg.social_media",
        "username": "somebody well known",
        "uri": "https://example.com/known",
        "verifiedAt": "2026-01-01T00:00:00Z",
        "provider": {"id": "https://example.com", "name": "Example"},
    }
    hashed = [{**one, "hash": base64.b64encode(one["hash"]).decode(), "alg": "sha256"} for one in referenced]
    credential = {
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://cawg.io/identity/1.1/ica/context/"],
        "type": ["VerifiableCredential", "IdentityClaimsAggregationCredential"],
        "issuer": issuer or f"did:jwk:{_base64(json.dumps(jwk).encode())}",
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": {
            "verifiedIdentities": [person],
            "c2paAsset": {**payload, "referenced_assertions": hashed},
        },
    }
    protected, content = cbor2.dumps({1: -8, 3: "application/vc"}), json.dumps(credential).encode()
    signature = key.sign(cbor2.dumps(["Signature1", protected, b"", content]))
    cose = cbor2.dumps(cbor2.CBORTag(18, [protected, {}, content, signature]))
    return {"signer_payload": payload, "signature": cose, "pad1": b""}


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Forge:
    """``forge(name, make)``: a camera's picture whose manifest names people by ``make`` of what it refers to."""
    folder = tmp_path_factory.mktemp("identities")
    plain, base = FORMS["p.png"][1](folder / "plain.png"), folder / "base.png"
    taken(plain, base, SIGNER, {"label": PLACE, "created": True, "data": {"room": "x" * 2000}})
    with base.open("rb") as file:
        (store,) = stores(file, kind_of_file(file))
    references: References = {}

    def look(boxes: list[bytes]) -> list[bytes]:
        for one in cbor2.loads(boxes[1][8:])["created_assertions"]:
            references[one["url"].rpartition("/")[2]] = {"url": one["url"], "hash": one["hash"]}
        return boxes

    rebuilt(store, (), at(("c2pa.claim.v2",), look))

    def make(name: str, assertion: Callable[[References], Any]) -> Path:
        forged = signed_anew(store, SIGNER, PLACE, lambda _: assertion(references), renamed="cawg.identity")
        content, path = base.read_bytes(), folder / name
        start = content.index(b"caBX") - 4
        chunk = b"caBX" + forged
        packed = struct.pack(">I", len(store)) + chunk + struct.pack(">I", zlib.crc32(chunk))
        path.write_bytes(content[:start] + packed + content[start + len(packed) :])
        assert len(inner(forged)) == 2
        return path

    return make


def verify(path: Path) -> Verification:
    return Verifier(Sources(anchors=CHAIN.authority + AUTHORITY.pem)).verify(path)


def _binding(references: References) -> list[dict[str, Any]]:
    return [references["c2pa.hash.data"]]


FORGED: dict[str, tuple[Callable[[References], Any], set[str]]] = {
    "by nobody we know": (lambda r: identity(person(), _binding(r)), set()),
    "by a key of anybody": (lambda r: aggregated(_binding(r)), {"cawg.ica.untrusted_issuer"}),
    "by who is asked on the network": (
        lambda r: aggregated(_binding(r), "did:web:example.invalid"),
        {"cawg.ica.did_unavailable"},
    ),
    "in a way of one's own": (
        lambda r: identity(person(), _binding(r), signer_payload={"referenced_assertions": [], "sig_type": "mine"}),
        set(),
    ),
    "of another manifest": (
        lambda r: identity(person(), [*_binding(r), {"url": ELSEWHERE, "hash": bytes(32)}]),
        {"cawg.identity.assertion.mismatch"},
    ),
    "with a certificate for time stamps": (
        lambda r: identity(person(ekus=[ExtendedKeyUsageOID.TIME_STAMPING]), _binding(r)),
        {"cawg.x509.credential.untrusted"},
    ),
    "expired": (
        lambda r: identity(person(begins=NOW - 9 * DAY, ends=NOW - DAY), _binding(r)),
        {"cawg.x509.signature.outside_validity"},
    ),
    "before its time": (
        lambda r: identity(person(begins=NOW + DAY, ends=NOW + 9 * DAY), _binding(r)),
        {"cawg.x509.signature.outside_validity"},
    ),
    "of no content": (
        lambda r: identity(person(), [r["c2pa.actions.v2"]]),
        {"cawg.identity.hard_binding_missing"},
    ),
    "of an assertion that is another": (
        lambda r: identity(person(), [*_binding(r), {**r["c2pa.actions.v2"], "hash": bytes(32)}]),
        {"cawg.identity.assertion.mismatch"},
    ),
    "of an assertion that is not there": (
        lambda r: identity(person(), [*_binding(r), {"url": "self#jumbf=c2pa.assertions/x", "hash": bytes(32)}]),
        {"cawg.identity.assertion.mismatch"},
    ),
    "with something beside it": (
        lambda r: identity(person(), _binding(r), pad1=b"a payload"),
        {"cawg.identity.pad.invalid"},
    ),
    "without a signature": (
        lambda r: identity(person(), _binding(r), signature=b""),
        {"cawg.x509.signature.mismatch"},
    ),
}


@pytest.mark.parametrize("how", FORGED)
def test_nobody_is_believed_to_be_whom_a_manifest_names_and_nothing_is_called_changed(forge: Forge, how: str) -> None:
    assertion, codes = FORGED[how]
    verification = verify(forge("forged.png", assertion))
    manifest = verification.evidence.manifest
    assert manifest.is_intact_but_for_identity
    assert codes <= {failure.code for failure in manifest.failures}
    assert verification.verdict.outcome is Outcome.UNKNOWN
    assert "not proven" in verification.verdict.headline


def test_changed_content_is_tampering_whoever_is_named(forge: Forge) -> None:
    path = forge("changed.png", FORGED["by nobody we know"][0])
    content = bytearray(path.read_bytes())
    content[content.rindex(b"IDAT") + 20] ^= 1
    path.write_bytes(content)
    assert verify(path).verdict.outcome is Outcome.TAMPERED


def test_an_identity_in_a_parent_is_the_parents(forge: Forge, tmp_path: Path) -> None:
    """A library lists it with what it says of the file's own manifest, and nothing made of such a file could be sealed:
    files of the largest makers of editors name people so."""
    parent = forge("parent.png", FORGED["by nobody we know"][0])
    edited, again = tmp_path / "edited.png", tmp_path / "again.png"
    for source, path in ((parent, edited), (edited, again)):
        agent = SoftwareAgent("an editor", "1")
        claim = Claim("x", "image/png", CAPTURE, agent, datetime.now(UTC), parent=source)
        sign_file(source, path, claim, SIGNER, CHAIN.authority)
        verification = verify(path)
        manifest = verification.evidence.manifest
        assert manifest.state is ValidationState.TRUSTED and manifest.is_sound
        (named,) = (one for one in manifest.ingredients if any(f.concern is Concern.IDENTITY for f in one.faults))
        assert named.label == manifest.ingredients[-1].label
        assert verification.verdict.outcome is Outcome.CAPTURED
        said = [statement.text for statement in verification.verdict.statements]
        assert any("not all vouched for (cawg.x509.credential.untrusted)" in text for text in said)
