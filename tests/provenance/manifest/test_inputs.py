"""Inputs, consent, and what may be made of the content: what a claim says of them, and what a reader finds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import c2pa
import pytest

from touchmark.provenance.keys.ring import KeyRing
from touchmark.provenance.manifest.claim import Claim, ClaimError
from touchmark.provenance.manifest.definition import definition
from touchmark.provenance.manifest.inputs import ConsentRecord, InputFile, InputRole, TrainingMining, Use
from touchmark.provenance.manifest.read import read_manifest
from touchmark.provenance.manifest.rubric.document import Rubric
from touchmark.provenance.manifest.rubric.lint import lint
from touchmark.provenance.manifest.write import ReadBackError, sign_file

Make = Callable[..., Claim]
Flip = Callable[..., Path]


def sign(source: Path, destination: Path, claim: Claim, ring: KeyRing) -> Path:
    sign_file(source, destination, claim, ring.signer(), ring.trust_anchors)
    assert lint(destination, ring.trust_anchors, [Rubric.ours()]).failures == ()
    return destination


def raw(path: Path, ring: KeyRing) -> tuple[dict[str, Any], dict[str, Any]]:
    """The active manifest, and all of them."""
    store = json.loads(read_manifest(path, ring.trust_anchors).raw_json)
    return store["manifests"][store["active_manifest"]], store["manifests"]


def test_an_input_keeps_its_manifest_and_what_validation_found(
    tmp_path: Path, film: Path, other_film: Path, make_claim: Make, ring: KeyRing
) -> None:
    clip = sign(other_film, tmp_path / "clip.mp4", make_claim(title="the clip"), ring)
    inputs = (InputFile(clip, InputRole.CLIP), InputFile(film, InputRole.CLIP, title="bare"))
    out = sign(film, tmp_path / "out.mp4", make_claim(inputs=inputs), ring)
    report = read_manifest(out, ring.trust_anchors)
    first, second = (i for i in report.ingredients if i.depth == 1 and i.description == "input clip")
    assert (first.relationship, first.title, first.faults) == ("inputTo", "clip.mp4", ())
    assert first.label == read_manifest(clip, ring.trust_anchors).label
    assert (second.relationship, second.title, second.label) == ("inputTo", "bare", "")
    active, _ = raw(out, ring)
    kept = next(i for i in active["ingredients"] if i["title"] == "clip.mp4")
    assert kept["validation_results"]["activeManifest"]["success"]


def test_an_input_that_was_tampered_with_is_not_hidden(
    tmp_path: Path, film: Path, other_film: Path, make_claim: Make, ring: KeyRing, flip: Flip
) -> None:
    clip = flip(sign(other_film, tmp_path / "clip.mp4", make_claim(), ring), -9)
    claim = make_claim(inputs=(InputFile(clip, InputRole.CLIP),))
    with pytest.raises(ReadBackError, match="bmffHash"):
        sign_file(film, tmp_path / "out.mp4", claim, ring.signer(), ring.trust_anchors)
    assert not (tmp_path / "out.mp4").exists()


def test_everything_that_went_in_is_named_by_the_action(
    tmp_path: Path, film: Path, other_film: Path, make_claim: Make, ring: KeyRing
) -> None:
    consent = ConsentRecord("likeness of the person who is shown", "a" * 64)
    claim = make_claim(inputs=(InputFile(other_film, InputRole.CLIP),), consents=(consent,))
    active, _ = raw(sign(film, tmp_path / "out.mp4", claim, ring), ring)
    by_title = {i["title"]: i for i in active["ingredients"]}
    assert by_title[consent.scope]["description"] == "sha256:" + "a" * 64
    assert by_title[consent.scope]["data_types"] == [{"type": "io.touchmark.types.consent"}]
    actions = next(a for a in active["assertions"] if a["label"] == "c2pa.actions.v2")["data"]["actions"]
    named = {reference["url"].rpartition("/")[2] for reference in actions[0]["parameters"]["ingredients"]}
    assert named == {i["label"] for i in active["ingredients"]}
    assert len(named) == 4  # prompt, model, clip, consent


@pytest.mark.parametrize(
    "training", [TrainingMining(Use.NOT_ALLOWED), TrainingMining(Use.CONSTRAINED, "ask the studio"), None]
)
def test_what_may_be_made_of_it_is_said(
    tmp_path: Path, film: Path, make_claim: Make, ring: KeyRing, training: TrainingMining | None
) -> None:
    active, _ = raw(sign(film, tmp_path / "out.mp4", make_claim(training=training), ring), ring)
    said = [a["data"]["entries"] for a in active["assertions"] if a["label"] == "cawg.training-mining"]
    if training is None:
        assert said == []
        return
    assert set(said[0]) == {
        "cawg.ai_inference",
        "cawg.ai_generative_training",
        "cawg.ai_training",
        "cawg.data_mining",
    }
    assert {entry["use"] for entry in said[0].values()} == {training.use.value}
    assert {entry.get("constraint_info", "") for entry in said[0].values()} == {training.constraint}


def test_what_no_manifest_can_say_is_refused() -> None:
    for digest in ("", "A" * 64, "a" * 63):
        with pytest.raises(ClaimError):
            ConsentRecord("scope", digest)
    with pytest.raises(ClaimError):
        ConsentRecord("", "a" * 64)
    with pytest.raises(ClaimError):
        TrainingMining(Use.CONSTRAINED)
    with pytest.raises(ClaimError):
        TrainingMining(Use.ALLOWED, "if you ask")


def test_the_library_cannot_write_an_identity_assertion_yet(
    tmp_path: Path, film: Path, make_claim: Make, ring: KeyRing
) -> None:
    """Why ``cawg.identity`` is not written (docs/manifests.md). Where this fails, the library has learned to."""
    assert not any(
        "identity" in name.lower() for name in dir(c2pa.Signer) + dir(c2pa.Builder) + dir(c2pa.ContextBuilder)
    )
    assert ring.certificate_chain is not None
    who = {
        "alg": "es256",
        "sign_cert": ring.certificate_chain.decode(),
        "private_key": (ring.folder / "signing.key").read_text(),
        "referenced_assertions": ["c2pa.actions.v2"],
    }
    settings = c2pa.Settings.from_json(json.dumps({"cawg_x509_signer": {"local": who}}))
    signer = c2pa.Signer.from_callback(ring.signer().sign, c2pa.C2paSigningAlg.ES256, who["sign_cert"], None)
    context = c2pa.Context.builder().with_settings(settings).with_signer(signer).build()
    builder = c2pa.Builder(json.dumps(definition(make_claim())), context=context)
    with film.open("rb") as source, (tmp_path / "out.mp4").open("w+b") as output:
        builder.sign("video/mp4", source, output)
    active, _ = raw(tmp_path / "out.mp4", ring)
    assert "c2pa.actions.v2" in [assertion["label"] for assertion in active["assertions"]]
    assert not [a["label"] for a in active["assertions"] if a["label"].startswith("cawg.identity")]
