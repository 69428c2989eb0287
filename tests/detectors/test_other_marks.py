"""Claims of other makers' marks: reported everywhere, believed nowhere."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.clips import write_clip
from tests.detectors.conftest import clip
from tests.detectors.test_showing import EVIL, parsed, plain_text, terminal
from touchmark.detectors.document import schema
from touchmark.detectors.page import page
from touchmark.detectors.serialise import line, report_of
from touchmark.detectors.verdict import Outcome, judge
from touchmark.detectors.verify import Verification, Verifier
from touchmark.provenance.watermark.neural.claim import Basis, ClaimState, MarkClaim, MarkKind
from touchmark.provenance.watermark.neural.installed import MarkChangedError, enrol, install, installed_marks

NOW = datetime(2026, 11, 22, tzinfo=UTC)
CLAIM = MarkClaim(
    mark="seal",
    kind=MarkKind.VIDEOSEAL,
    weights="ab" * 32,
    state=ClaimState.RECOGNISED,
    message="10" * 128,
    known_as="Studio B",
    agreeing=250,
    p_value=1e-40,
    basis=Basis.RANDOM_MESSAGE,
    samples=4,
)


@pytest.fixture(scope="module")
def examined(studio, plain) -> Verification:
    """A video without any mark, examined once."""
    return studio.verify(plain)


def claiming(verification: Verification, *claims: MarkClaim) -> Verification:
    evidence = replace(verification.evidence, claims=claims)
    return replace(verification, evidence=evidence, verdict=judge(evidence))


def test_no_verdict_rests_on_a_claim(studio, sealed, stripped, examined) -> None:
    own = replace(CLAIM, known_as="payload 0000000000000007 under key 01234567")
    for verification in (studio.verify(sealed), studio.verify(stripped), examined):
        assert claiming(verification, CLAIM, own).verdict == verification.verdict


def test_an_installed_mark_is_asked_and_answers_beside_ours(studio, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from tests.provenance.watermark.neural.stand_ins import VideoSeal, torchscript

    (tmp_path / "seal.jit").write_bytes(torchscript(VideoSeal()))
    folder = tmp_path / "marks"
    mark = install(folder, "seal", MarkKind.VIDEOSEAL, reader=tmp_path / "seal.jit")
    message = enrol(folder, "seal", "Studio B")
    video = clip(5)
    marked = replace(video, frames=mark.write_pictures(video.frames, message))
    path = write_clip(tmp_path / "theirs.mp4", marked, options={"preset": "medium", "crf": "20"})
    verifier = Verifier.default(studio.home)
    verifier = replace(verifier, sources=replace(verifier.sources, other_marks=installed_marks(folder)))
    verification = verifier.verify(path)
    (claim,) = verification.evidence.claims
    assert (claim.state, claim.known_as) == (ClaimState.RECOGNISED, "Studio B")
    assert verification.verdict.outcome is Outcome.UNKNOWN
    assert len(verification.evidence.detections) == 1
    (folder / "seal" / "reader").write_bytes(b"PK\x03\x04 something else")
    changed = replace(verifier, sources=replace(verifier.sources, keys=(), other_marks=installed_marks(folder)))
    with pytest.raises(MarkChangedError):
        changed.verify(path)


def test_claims_are_in_the_json_under_the_schema(examined) -> None:
    unread = replace(CLAIM, state=ClaimState.NOTHING_FOUND, message="", known_as="", agreeing=None, p_value=None)
    report = report_of(claiming(examined, CLAIM, replace(unread, basis=None, score=0.25)))
    document = json.loads(line(report))
    Draft202012Validator(schema()).validate(document)
    first, second = document["evidence"]["other_marks"]
    assert first == {
        "mark": "seal",
        "kind": "videoseal",
        "weights": "ab" * 32,
        "state": "recognised",
        "message": "10" * 128,
        "known_as": "Studio B",
        "agreeing": 250,
        "p_value": 1e-40,
        "basis": "random_message",
        "score": None,
        "samples": 4,
    }
    assert (second["p_value"], second["score"]) == (None, 0.25)
    assert json.loads(line(report)) == report


def test_terminal_and_page_show_claims_as_claims(examined) -> None:
    verification = claiming(examined, CLAIM, replace(CLAIM, mark="tm", state=ClaimState.NOTHING_FOUND))
    shown = " ".join(plain_text(terminal(verification)).split())
    assert "the verdict does not rest on them" in shown
    assert "Carries the message of Studio B: 250 of 256 bits agree (p = 1e-40)." in shown
    assert "proves nothing by itself" in shown
    document = page(verification, (), NOW)
    assert parsed(document)
    assert "Marks of other makers" in document
    assert "The verdict does not rest on any of them." in document
    assert "a" * 64 in document
    assert "Carries the message of Studio B" in document


def test_without_installed_marks_nothing_is_said_of_them(examined) -> None:
    assert "Marks of other makers" not in terminal(examined)
    assert "Marks of other makers" not in page(examined, (), NOW)
    assert json.loads(line(report_of(examined)))["evidence"]["other_marks"] == []


def test_names_and_labels_do_nothing_where_they_are_shown(examined) -> None:
    """They are the operator's own, and a partner's label may have been pasted."""
    verification = claiming(examined, replace(CLAIM, mark=EVIL, known_as=EVIL))
    left = plain_text(terminal(verification))
    assert not [c for c in left if (c < " " and c != "\n") or "\x7f" <= c <= "\x9f" or c in "\u202e\u2066\u2028"]
    document = page(verification, (), NOW)
    assert not {"script", "img"} & {tag for tag, _ in parsed(document).tags}
    assert len(left) < 12_000
