"""Claims that take out of others what none may, or what never was: signed by somebody who is trusted."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cbor2
import pytest

from tests.detectors.cameras import taken
from tests.detectors.jumbf import claimed_anew, inner, rebuilt
from tests.forms import FORMS
from touchmark.detectors.sources import Sources
from touchmark.detectors.verdict import Outcome
from touchmark.detectors.verify import Verification, Verifier
from touchmark.provenance.keys.development import issue_development_chain
from touchmark.provenance.manifest.claim import Claim, DigitalSourceType, SoftwareAgent
from touchmark.provenance.manifest.report import ValidationState
from touchmark.provenance.manifest.traces import stores
from touchmark.provenance.manifest.write import sign_file
from touchmark.provenance.media.kinds import kind_of_file
from touchmark.provenance.signing import PemSigner

CHAIN = issue_development_chain("redactions", datetime.now(UTC).replace(microsecond=0))
SIGNER = PemSigner.from_pem(CHAIN.signer, CHAIN.signer_key)
NOTE = "com.example.note"


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A camera's picture, opened and saved by an editor."""
    folder = tmp_path_factory.mktemp("redactions")
    plain, parent, path = FORMS["p.png"][1](folder / "plain.png"), folder / "parent.png", folder / "edited.png"
    kind = DigitalSourceType.DIGITAL_CAPTURE
    taken(plain, parent, SIGNER, {"label": NOTE, "data": {"said": "something"}})
    claim = Claim("x", "image/png", kind, SoftwareAgent("an editor", "1"), datetime.now(UTC), parent=parent)
    sign_file(parent, path, claim, SIGNER, CHAIN.authority)
    return path


def _labels(path: Path) -> list[str]:
    return [box[33:].partition(b"\0")[0].decode() for box in inner(_store(path))[1:]]


def _store(path: Path) -> bytes:
    with path.open("rb") as file:
        (store,) = stores(file, kind_of_file(file))
    return store


def _verified(
    edited: Path,
    path: Path,
    redactions: Any,
    *,
    without: tuple[str, str] | None = None,
    written: Callable[[bytes], bytes] = lambda claim: claim,
) -> Verification:
    """After these redactions are listed in its claim, which is ``written`` in another way, and the assertion
    ``without`` is gone from a manifest."""

    def drop(at: tuple[str, ...], boxes: list[bytes]) -> list[bytes]:
        if without is None or at[1:] != (without[0], "c2pa.assertions"):
            return boxes
        return [box for box in boxes if f"{without[1]}\0".encode() not in box[:80]]

    store = _store(edited)
    forged = claimed_anew(store, SIGNER, lambda claim: {**claim, "redacted_assertions": redactions}, written)
    forged = rebuilt(forged, (), drop)
    content = edited.read_bytes()
    start = content.index(b"caBX") - 4
    chunk = b"caBX" + forged + bytes(len(store) - len(forged))
    packed = struct.pack(">I", len(store)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    path.write_bytes(content[:start] + packed + content[start + len(packed) :])
    return Verifier(Sources(anchors=CHAIN.authority)).verify(path)


def _address(manifest: str, label: str) -> str:
    return f"self#jumbf=/c2pa/{manifest}/c2pa.assertions/{label}"


def test_what_may_be_taken_out_is_taken_out(edited: Path, tmp_path: Path) -> None:
    parent, _ = _labels(edited)
    verification = _verified(edited, tmp_path / "p.png", [_address(parent, NOTE)], without=(parent, NOTE))
    assert verification.evidence.manifest.is_sound
    assert [one.assertion for one in verification.evidence.manifest.redactions] == [NOTE]


@pytest.mark.parametrize("own", [True, False], ids=["of its own", "of its parent"])
@pytest.mark.parametrize("is_gone", [True, False], ids=["gone", "still there"])
@pytest.mark.parametrize("label", ["c2pa.actions.v2", "c2pa.hash.data"])
def test_actions_and_hard_bindings_may_not_be_taken_out(
    edited: Path, tmp_path: Path, label: str, is_gone: bool, own: bool
) -> None:
    manifest = _labels(edited)[own]
    without = (manifest, label) if is_gone else None
    verification = _verified(edited, tmp_path / "p.png", [_address(manifest, label)], without=without)
    assert verification.evidence.manifest.state is ValidationState.INVALID
    assert verification.verdict.outcome is Outcome.TAMPERED


@pytest.mark.parametrize(
    "made",
    [
        lambda parent: [_address(parent, "com.example.nothing")],
        lambda parent: [_address(parent, NOTE), _address(parent, f"{NOTE}__1")],
        lambda parent: [f"self#jumbf=/c2pa/{parent}/c2pa.claim.v2"],
        lambda parent: [f"self#jumbf=/c2pa/{parent}/c2pa.signature"],
        lambda parent: [f"self#jumbf=/c2pa/{parent}"],
        lambda _: ["nonsense"],
        lambda _: [1, None, {}],
        lambda _: "nonsense",
        lambda _: {"a": 1},
    ],
)
def test_what_never_was_cannot_have_been_taken_out(edited: Path, tmp_path: Path, made: Callable[[str], Any]) -> None:
    """A library reads Trusted, and we said that a trusted signer took out what was never there."""
    parent, own = _labels(edited)
    without = (parent, NOTE) if _address(parent, NOTE) in made(parent) else None
    verification = _verified(edited, tmp_path / "p.png", made(parent), without=without)
    manifest = verification.evidence.manifest
    assert manifest.label == own and manifest.state is ValidationState.INVALID
    assert [failure.code for failure in manifest.failures] == ["claim.malformed"]
    assert manifest.is_malformed
    assert verification.verdict.outcome is Outcome.UNKNOWN
    assert "breaks the specification" in verification.verdict.headline


def _in_pieces(text: str, at: int) -> Callable[[bytes], bytes]:
    whole = cbor2.dumps(text)
    parts = b"\x7f" + cbor2.dumps(text[:at]) + cbor2.dumps(text[at:]) + b"\xff"
    return lambda claim: claim.replace(whole, parts)


def _with_depth(claim: bytes, depth: int) -> bytes:
    """A claim of few entries with another, of lists in lists."""
    return bytes([claim[0] + 1]) + claim[1:] + cbor2.dumps("z") + b"\x81" * depth + b"\x80"


NAME = "redacted_assertions"


@pytest.mark.parametrize(
    "written",
    [
        _in_pieces(NAME, 8),
        _in_pieces(NAME, 0),
        _in_pieces(NAME, len(NAME)),
        lambda claim: claim.replace(cbor2.dumps(NAME), b"\x79\0\x13" + NAME.encode()),
        lambda claim: _with_depth(claim, 5),
        lambda claim: _with_depth(claim, 60),
        lambda claim: bytes([claim[0] + 1]) + cbor2.dumps(NAME) + b"\x80" + claim[1:],
    ],
    ids=["in two", "empty and whole", "whole and empty", "a long head", "deep", "too deep", "twice"],
)
def test_nor_is_it_where_the_claim_is_written_in_another_way(
    edited: Path, tmp_path: Path, written: Callable[[bytes], bytes]
) -> None:
    """A library puts pieces together and follows lists a hundred deep."""
    parent, _ = _labels(edited)
    strange = _verified(edited, tmp_path / "p.png", [_address(parent, "com.example.nothing")], written=written)
    manifest = strange.evidence.manifest
    assert manifest.signature_valid and manifest.state is ValidationState.INVALID
    assert [failure.code for failure in manifest.failures] == ["claim.malformed"]
    assert strange.verdict.outcome is Outcome.UNKNOWN


def test_what_may_be_taken_out_may_be_named_in_pieces(edited: Path, tmp_path: Path) -> None:
    parent, _ = _labels(edited)
    address = _address(parent, NOTE)
    for written in (_in_pieces(NAME, 8), _in_pieces(address, 30)):
        honest = _verified(edited, tmp_path / "p.png", [address], without=(parent, NOTE), written=written)
        assert honest.evidence.manifest.is_sound
        assert [one.assertion for one in honest.evidence.manifest.redactions] == [NOTE]


@pytest.mark.parametrize("redactions", [[], None])
def test_nothing_taken_out_is_no_fault(edited: Path, tmp_path: Path, redactions: object) -> None:
    assert _verified(edited, tmp_path / "p.png", redactions).evidence.manifest.is_sound
