"""More said of a signed file, and something taken back: the content stays, the history stays, and both are seen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from touchmark.provenance.keys.ring import KeyRing
from touchmark.provenance.manifest.claim import Claim, PromptRecord
from touchmark.provenance.manifest.read import read_manifest
from touchmark.provenance.manifest.rubric.document import Rubric
from touchmark.provenance.manifest.rubric.lint import lint
from touchmark.provenance.manifest.update import RedactionReason, UpdateError, publish, redact
from touchmark.provenance.manifest.write import sign_file

Make = Callable[..., Claim]
Flip = Callable[..., Path]
WORDS = "a very private prompt"


@pytest.fixture
def told(tmp_path: Path, film: Path, make_claim: Make, ring: KeyRing) -> Path:
    """A film whose manifest holds the words of its prompt."""
    prompt = PromptRecord(hashlib.sha256(WORDS.encode()).hexdigest(), WORDS)
    path = tmp_path / "told.mp4"
    sign_file(film, path, make_claim(prompt=prompt), ring.signer(), ring.trust_anchors)
    assert WORDS.encode() in path.read_bytes()
    return path


def test_an_update_leaves_content_and_history_as_they_were(tmp_path: Path, told: Path, ring: KeyRing) -> None:
    out = tmp_path / "published.mp4"
    signed = publish(told, out, ring.signer(), ring.trust_anchors)
    before, after = (read_manifest(path, ring.trust_anchors) for path in (told, out))
    assert after.is_sound
    assert after.label == signed.label != before.label
    assert [action.name for action in after.actions] == ["c2pa.opened", "c2pa.published"]
    assert [i.label for i in after.ingredients if i.relationship == "parentOf"] == [before.label]
    assert after.source_type is before.source_type
    assert before.beneath is None and after.beneath is not None
    assert (after.of_content.label, after.of_content.actions) == (before.label, before.actions)
    assert after.of_content.soft_bindings == before.soft_bindings
    again = tmp_path / "again.mp4"
    publish(out, again, ring.signer(), ring.trust_anchors)
    assert read_manifest(again, ring.trust_anchors).of_content.label == before.label
    assert lint(out, ring.trust_anchors, [Rubric.ours()]).failures == ()
    active = json.loads(after.raw_json)["manifests"][after.label]
    assert not any(a["label"].startswith("c2pa.hash") for a in active["assertions"]), "an update binds no content"


def test_a_byte_changed_after_an_update_is_seen(tmp_path: Path, told: Path, ring: KeyRing, flip: Flip) -> None:
    publish(told, tmp_path / "out.mp4", ring.signer(), ring.trust_anchors)
    flip(tmp_path / "out.mp4", -9)
    assert not read_manifest(tmp_path / "out.mp4", ring.trust_anchors).is_sound


def test_a_redaction_takes_the_words_out_and_says_so(tmp_path: Path, told: Path, ring: KeyRing) -> None:
    out = tmp_path / "redacted.mp4"
    redact(told, out, ["c2pa.embedded-data"], RedactionReason.PII, ring.signer(), ring.trust_anchors)
    assert WORDS.encode() not in out.read_bytes()
    report = read_manifest(out, ring.trust_anchors)
    assert report.is_sound
    assert [action.name for action in report.actions] == ["c2pa.opened", "c2pa.redacted"]
    active = json.loads(report.raw_json)["manifests"][report.label]
    assert active["redactions"][0].endswith("/c2pa.assertions/c2pa.embedded-data")
    assert RedactionReason.PII in json.dumps(active["assertions"])
    (redaction,) = report.redactions
    assert (redaction.assertion, redaction.reason, redaction.signer) == (
        "c2pa.embedded-data",
        "c2pa.PII.present",
        report.signer,
    )
    assert read_manifest(told, ring.trust_anchors).redactions == ()
    assert lint(out, ring.trust_anchors, [Rubric.ours()]).failures == ()


def test_several_assertions_are_taken_out_together(tmp_path: Path, told: Path, ring: KeyRing) -> None:
    out = tmp_path / "redacted.mp4"
    labels = ["c2pa.embedded-data", "c2pa.ai-disclosure"]
    redact(told, out, labels, RedactionReason.TRADE_SECRET, ring.signer(), ring.trust_anchors)
    report = read_manifest(out, ring.trust_anchors)
    assert report.is_sound
    assert [action.name for action in report.actions].count("c2pa.redacted") == 2
    parent = json.loads(report.raw_json)["manifests"][read_manifest(told, ring.trust_anchors).label]
    assert "c2pa.ai-disclosure" not in [a["label"] for a in parent["assertions"]]


def test_what_lies_beneath_updates_and_redactions_is_taken_out(tmp_path: Path, told: Path, ring: KeyRing) -> None:
    made = read_manifest(told, ring.trust_anchors)
    steps = [tmp_path / f"{step}.mp4" for step in ("published", "once more", "less", "least")]
    publish(told, steps[0], ring.signer(), ring.trust_anchors)
    publish(steps[0], steps[1], ring.signer(), ring.trust_anchors)
    redact(steps[1], steps[2], ["c2pa.ai-disclosure"], RedactionReason.PII, ring.signer(), ring.trust_anchors)
    redact(steps[2], steps[3], ["c2pa.embedded-data"], RedactionReason.PII, ring.signer(), ring.trust_anchors)
    assert WORDS.encode() in steps[2].read_bytes() and WORDS.encode() not in steps[3].read_bytes()
    report = read_manifest(steps[3], ring.trust_anchors)
    assert report.is_sound
    assert report.of_content.label == made.label
    assert report.of_content.ai_disclosure is None and made.ai_disclosure is not None
    taken = {label for one in json.loads(report.raw_json)["manifests"].values() for label in one.get("redactions", [])}
    assert [redaction.assertion for redaction in report.redactions] == ["c2pa.embedded-data", "c2pa.ai-disclosure"]
    assert taken == {
        f"self#jumbf=/c2pa/{made.label}/c2pa.assertions/{label}"
        for label in ("c2pa.ai-disclosure", "c2pa.embedded-data")
    }
    assert lint(steps[3], ring.trust_anchors, [Rubric.ours()]).failures == ()


def test_what_leads_from_an_update_to_what_it_updates_stays(tmp_path: Path, told: Path, ring: KeyRing) -> None:
    """The words of the film's own ingredients may go; the update's ingredient of the same label may not."""
    publish(told, tmp_path / "updated.mp4", ring.signer(), ring.trust_anchors)
    signed = read_manifest(told, ring.trust_anchors).label
    out, labels = tmp_path / "out.mp4", ["c2pa.ingredient.v3"]
    redact(tmp_path / "updated.mp4", out, labels, RedactionReason.PII, ring.signer(), ring.trust_anchors)
    report = read_manifest(out, ring.trust_anchors)
    assert report.is_sound
    (redacted,) = json.loads(report.raw_json)["manifests"][report.label]["redactions"]
    assert signed in redacted


@pytest.mark.parametrize("labels", [[], ["c2pa.actions.v2"], ["c2pa.hash.bmff.v3"]])
def test_what_must_stay_stays(tmp_path: Path, told: Path, ring: KeyRing, labels: list[str]) -> None:
    with pytest.raises(UpdateError):
        redact(told, tmp_path / "out.mp4", labels, RedactionReason.PII, ring.signer(), ring.trust_anchors)
    assert not (tmp_path / "out.mp4").exists()


def test_an_assertion_that_is_not_there_is_not_taken_out(tmp_path: Path, told: Path, ring: KeyRing) -> None:
    with pytest.raises(UpdateError, match="not there") as refused:
        redact(told, tmp_path / "out.mp4", ["c2pa.metadata"], RedactionReason.PII, ring.signer(), ring.trust_anchors)
    assert "c2pa.ai-disclosure" in refused.value.remedy and "c2pa.hash" not in refused.value.remedy
    assert [path.name for path in tmp_path.iterdir()] == ["told.mp4"]


def test_only_what_holds_is_updated(
    tmp_path: Path, film: Path, told: Path, ring: KeyRing, strangers: KeyRing, flip: Flip
) -> None:
    for source, keys in ((film, ring), (told, strangers), (flip(told, -9), ring)):
        with pytest.raises(UpdateError):
            publish(source, tmp_path / "out.mp4", keys.signer(), keys.trust_anchors)
    assert not (tmp_path / "out.mp4").exists()
