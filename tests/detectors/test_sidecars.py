"""A manifest that is kept beside its content (.c2pa): as good as one in it, and no better."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import c2pa
import pytest

from tests.detectors.cameras import sign_raw
from tests.detectors.conftest import NOW
from tests.detectors.jumbf import at, box, changed, signed_anew
from tests.forms import FORMS
from touchmark.detectors.gathering import SidecarError
from touchmark.detectors.sources import Sources
from touchmark.detectors.verdict import Outcome
from touchmark.detectors.verify import Verification, Verifier
from touchmark.provenance.keys.development import issue_development_chain
from touchmark.provenance.manifest.claim import DigitalSourceType
from touchmark.provenance.manifest.context import manifest_context
from touchmark.provenance.manifest.report import ManifestPresence
from touchmark.provenance.manifest.traces import stores
from touchmark.provenance.media.errors import MediaError
from touchmark.provenance.media.kinds import kind_of_file
from touchmark.provenance.signing import PemSigner

CHAIN = issue_development_chain("sidecars", NOW)
SIGNER = PemSigner.from_pem(CHAIN.signer, CHAIN.signer_key)
CREATED = {"action": "c2pa.created", "digitalSourceType": DigitalSourceType.DIGITAL_CAPTURE.value}


def sign(folder: Path, name: str, *, embed: bool = False, remote: str = "") -> tuple[Path, Path]:
    """A camera's file of that form, and its manifest beside it."""
    media_type, make = FORMS[name]
    plain, path = make(folder / f"plain-{name}"), folder / name
    actions = {"label": "c2pa.actions.v2", "created": True, "data": {"actions": [CREATED], "allActionsIncluded": True}}
    definition = {"claim_version": 2, "claim_generator_info": [{"name": "a camera"}], "assertions": [actions]}
    builder = c2pa.Builder(json.dumps(definition), manifest_context(b""))
    if not embed:
        builder.set_no_embed()
    if remote:
        builder.set_remote_url(remote)
    with plain.open("rb") as media, path.open("w+b") as output:
        store = sign_raw(builder, SIGNER, media_type, media, output)
    beside = path.with_suffix(".c2pa")
    beside.write_bytes(store)
    return path, beside


def verify(path: Path, sidecar: Path, anchors: bytes = CHAIN.authority) -> Verification:
    return Verifier(Sources(anchors=anchors)).verify(path, sidecar=sidecar)


@pytest.mark.parametrize("name", FORMS)
def test_it_is_held_against_the_content(tmp_path: Path, name: str) -> None:
    path, beside = sign(tmp_path, name)
    verification = verify(path, beside)
    assert verification.evidence.manifest.is_sound
    assert verification.evidence.container.has_sidecar and not verification.evidence.container.has_manifest_box
    assert verification.verdict.outcome is Outcome.CAPTURED
    assert any("sidecar" in statement.text for statement in verification.verdict.statements)
    assert verify(path, beside, anchors=b"").verdict.outcome is Outcome.UNKNOWN
    assert Verifier(Sources(anchors=CHAIN.authority)).verify(path).verdict.outcome is Outcome.UNKNOWN
    content = path.read_bytes()
    path.write_bytes(content + b"\0\0\0\0more")
    try:
        verdict = verify(path, beside).verdict
    except MediaError:
        return
    assert verdict.outcome is Outcome.TAMPERED
    assert any("of another file" in sentence for sentence in verdict.tampering)


def test_it_may_have_been_fetched_from_where_the_file_says_that_it_is(tmp_path: Path) -> None:
    path, beside = sign(tmp_path, "p.jpg", remote="https://example.org/x.c2pa")
    without = Verifier(Sources(anchors=CHAIN.authority)).verify(path)
    assert without.evidence.manifest.presence is ManifestPresence.REMOTE_ONLY
    assert verify(path, beside).verdict.outcome is Outcome.CAPTURED


@pytest.mark.parametrize("name", ["p.jpg", "p.png", "v.mp4", "a.wav", "a.mp3"])
def test_none_is_put_over_one_that_is_in_the_file(tmp_path: Path, name: str) -> None:
    """Nor over what is left of one: who verifies with what an uploader gives beside would not see what is in it."""
    path, beside = sign(tmp_path, name, embed=True)
    with path.open("rb") as file:
        (store,) = stores(file, kind_of_file(file))
    for content in (path.read_bytes(), path.read_bytes().replace(store[300:], bytes(len(store) - 300))):
        path.write_bytes(content)
        with pytest.raises(SidecarError, match="in the file itself"):
            verify(path, beside)
    beside.write_bytes(store)
    with pytest.raises(SidecarError, match="in the file itself"):
        verify(beside, beside)


@pytest.mark.parametrize("start", [0, 100])
def test_what_a_signer_leaves_out_of_the_hash_matches_nothing(tmp_path: Path, start: int) -> None:
    """In a file, one stretch is the store's own. Beside one there is none, and anything could be in its place."""
    path, beside = sign(tmp_path, "p.png")
    content = path.read_bytes()
    digest = hashlib.sha256(content[:start] + content[3000:]).digest()
    out = {"exclusions": [{"start": start, "length": 3000 - start}], "hash": digest, "alg": "sha256"}
    beside.write_bytes(signed_anew(beside.read_bytes(), SIGNER, "c2pa.hash.data", lambda data: {**data, **out}))
    assert verify(path, beside).verdict.outcome is Outcome.TAMPERED


def test_what_is_hidden_in_it_is_found(tmp_path: Path) -> None:
    path, beside = sign(tmp_path, "p.png")
    store = beside.read_bytes()
    hidden = box(b"evil", b"a payload, " * 100)
    for forged in (store + hidden, changed(store, at(("c2pa.signature",), lambda boxes: [*boxes, hidden]))):
        beside.write_bytes(forged)
        verification = verify(path, beside)
        assert verification.evidence.container.unhashed >= 1000
        assert verification.verdict.outcome is Outcome.CONTRADICTORY


@pytest.mark.parametrize("content", [b"", b"hello", b"\0" * 100])
def test_what_is_no_store_is_refused(tmp_path: Path, content: bytes) -> None:
    path, beside = sign(tmp_path, "p.png")
    beside.write_bytes(content)
    with pytest.raises(SidecarError, match=r"no C2PA manifest store"):
        verify(path, beside)


def test_a_broken_one_is_not_taken_for_none(tmp_path: Path) -> None:
    path, beside = sign(tmp_path, "p.png")
    store = beside.read_bytes()
    beside.write_bytes(store[:700])
    assert verify(path, beside).verdict.outcome is Outcome.TAMPERED


def test_a_film_in_segments_has_none(tmp_path: Path) -> None:
    path, beside = sign(tmp_path, "v.mp4")
    with pytest.raises(ValueError, match="segments"):
        Verifier(Sources()).verify(path, segments=[path], sidecar=beside)
