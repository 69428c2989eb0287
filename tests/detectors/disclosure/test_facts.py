"""What is known of a file by its evidence, for profiles to ask: at the edge of each fact, without a file for each."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.detectors.found import (
    ABSENT,
    ALGORITHM,
    CAPTURE,
    EXPIRED,
    GENERATED,
    HASH_MISMATCH,
    NO_MARK,
    NOW,
    PAYLOADS,
    PRESENT,
    UNREADABLE,
    UNTRUSTED,
    evidence,
    heard,
    manifest,
    mark,
    registered,
)
from tests.detectors.jumbf import box
from touchmark.detectors.disclosure.facts import Fact, Facts
from touchmark.detectors.disclosure.gathering import gather_facts
from touchmark.detectors.evidence import Evidence
from touchmark.detectors.labels import ContainerLabels
from touchmark.detectors.verdict import judge
from touchmark.detectors.verify import Verification
from touchmark.provenance.disclosure.aigc import AigcRecord
from touchmark.provenance.disclosure.xmp import XmpNote, xmp_box
from touchmark.provenance.manifest.assertions import actions_of
from touchmark.provenance.manifest.claim import DigitalSourceType
from touchmark.provenance.manifest.report import (
    AiDisclosure,
    EarlierStatement,
    ManifestReport,
    ReportedAction,
    ReportedIngredient,
    ReportedSoftBinding,
)
from touchmark.provenance.manifest.status import StatusCode

OWN, OTHER = PAYLOADS
OPENED = ReportedAction("c2pa.opened", NOW, "", "")
PARENT = ReportedIngredient("p", "parentOf", "urn:c2pa:0", 1, source_type=CAPTURE.value)
MALFORMED = StatusCode("assertion.action.malformed")
MODEL = AiDisclosure("", "a model", "", "")


def known(folder: Path, found: Evidence, source_type: str = "") -> Facts:
    """Of a film in which nothing but this note is, and of which that was found."""
    path = folder / "film.mp4"
    path.write_bytes(box(b"ftyp", b"isom\0\0\0\0isom") + xmp_box(XmpNote(source_type).packet()))
    return gather_facts(Verification(path, judge(found), found, 0.0), b"", look_for_label=False)


def program(name: str, action: str = "c2pa.created") -> dict[str, Any]:
    return {"action": action, "softwareAgent": {"name": name, "version": "7"}}


def reported(report: ManifestReport, *actions: dict[str, Any]) -> ManifestReport:
    """With these actions, as a library reports them."""
    assertions = [{"label": "c2pa.hash.data"}, {"label": "c2pa.actions.v2", "data": {"actions": list(actions)}}]
    return replace(report, actions=tuple(actions_of({"assertions": assertions})))


def test_a_manifest_that_does_not_hold_says_nothing(tmp_path: Path) -> None:
    broken = replace(PARENT, faults=(HASH_MISMATCH,))
    for report, state, says in (
        (manifest(), "trusted", True),
        (manifest(UNTRUSTED), "valid", True),
        (manifest(HASH_MISMATCH), "invalid", False),
        (manifest(EXPIRED), "invalid", False),
        (replace(manifest(), hard_binding_matches=None), "trusted", False),
        (replace(manifest(), left_out=("the box “/mdat”",)), "trusted", False),
        (replace(manifest(), truncated=True), "trusted", False),
        (replace(manifest(UNTRUSTED), ingredients=(broken,)), "valid", False),
        (replace(manifest(), ingredients=(replace(PARENT, faults=(MALFORMED,)),)), "trusted", False),
        (UNREADABLE, "none", False),
        (ABSENT, "none", False),
    ):
        facts = known(tmp_path, evidence(report))
        assert facts.get(Fact.MANIFEST_STATE) == state
        assert (facts.get(Fact.MANIFEST_LABEL) is not None) is says


def test_what_evidence_contradicts_is_withdrawn_with_the_reason(tmp_path: Path) -> None:
    """Who, when and from what, where all agree that a machine made it; else all that the file says of itself."""
    record = ContainerLabels(record=AigcRecord("1", "x", ""))
    for found, story, source_type in (
        (evidence(manifest(names=OWN), mark(OWN), labels=record), True, True),
        (evidence(manifest(), mark(OWN), labels=record), False, True),
        (evidence(manifest(source_type=CAPTURE), mark(OWN), labels=record), False, False),
        (evidence(manifest(), mark(OWN), labels=record, signed_by_marker=True), True, True),
    ):
        facts = known(tmp_path, found)
        assert (facts.get(Fact.MANIFEST_LABEL) is not None, facts.get(Fact.MANIFEST_SOURCE_TYPE) is not None) == (
            story,
            source_type,
        )
        assert (facts.get(Fact.AIGC_LABEL) is not None) is source_type
        assert bool(facts.why(Fact.MANIFEST_LABEL)) is not story
        assert not facts.why(Fact.MANIFEST_BROKEN_RULES), "of what was never said there is no reason"
        assert facts.get(Fact.MANIFEST_STATE) == "trusted"
    assert known(tmp_path, evidence(manifest(), mark(OWN), labels=record)).reasons.keys() == {
        Fact.MANIFEST_LABEL,
        Fact.MANIFEST_PROVIDER,
        Fact.MANIFEST_SYSTEM,
        Fact.MANIFEST_SYSTEM_VERSION,
        Fact.MANIFEST_TIME,
        Fact.MANIFEST_INPUTS,
        Fact.MANIFEST_BINDS_WATERMARK,
    }
    tampered = known(tmp_path, evidence(manifest(HASH_MISMATCH, names=OWN), mark(OWN), labels=record))
    assert tampered.get(Fact.AIGC_LABEL) is None and "tampered" in tampered.why(Fact.AIGC_LABEL)
    assert tampered.get(Fact.WATERMARK_PAYLOAD) == str(OWN)


def test_a_record_that_names_another_payload_is_no_record_whoever_signed_it(tmp_path: Path) -> None:
    for names, kept in ((str(OWN), True), (str(OTHER), False), ("a number of its own", True)):
        labels = ContainerLabels(record=AigcRecord("1", "x", names))
        facts = known(tmp_path, evidence(manifest(names=OWN), mark(OWN), labels=labels))
        assert (facts.get(Fact.AIGC_PRODUCE_ID) is not None) is kept
    unmarked = known(tmp_path, evidence(manifest(), labels=ContainerLabels(record=AigcRecord("1", "x", str(OTHER)))))
    assert unmarked.get(Fact.AIGC_PRODUCE_ID) == str(OTHER)


def test_what_xmp_says_against_the_signed_source_type_is_withdrawn(tmp_path: Path) -> None:
    composite = DigitalSourceType.COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA
    edit = replace(manifest(source_type=CAPTURE, ingredients=(PARENT,)), ai_disclosure=MODEL)
    for report, said, kept in (
        (manifest(), GENERATED, True),
        (manifest(), composite, False),
        (manifest(source_type=None), composite, True),
        (edit, composite, True),  # who discloses a model, and states no type
        (ABSENT, composite, True),
    ):
        facts = known(tmp_path, evidence(report), said.value)
        assert (facts.get(Fact.XMP_SOURCE_TYPE) is not None) is kept


def test_the_system_is_what_is_disclosed_or_else_the_program_that_made_it(tmp_path: Path) -> None:
    packed = (program("a packer", "c2pa.transcoded"), program("a generator"), program("an editor", "c2pa.edited"))
    for report, system in (
        (reported(manifest(), *packed), "a generator"),
        (replace(reported(manifest(), *packed), ai_disclosure=MODEL), "a model"),
        (manifest(), ""),
    ):
        facts = known(tmp_path, evidence(report))
        assert facts.get(Fact.MANIFEST_SYSTEM) == system
        assert facts.get(Fact.MANIFEST_AI_DISCLOSURE) is (report.ai_disclosure is not None)
    for version, known_as in (("7", "7"), ("Unknown", ""), ("", "")):
        one = program("a generator") | {"softwareAgent": {"name": "a generator", "version": version}}
        assert known(tmp_path, evidence(reported(manifest(), one))).get(Fact.MANIFEST_SYSTEM_VERSION) == known_as


def test_an_update_says_what_is_beneath_it_unless_nobody_vouches_for_that(tmp_path: Path) -> None:
    earlier = NOW - timedelta(days=9)
    beneath = EarlierStatement(
        "urn:c2pa:0",
        (replace(OPENED, name="c2pa.created", when=earlier),),
        MODEL,
        (ReportedSoftBinding(ALGORITHM, OWN.to_bytes()),),
    )
    parent = replace(PARENT, source_type=GENERATED.value, soft_bindings=beneath.soft_bindings)
    report = replace(manifest(ingredients=(parent,)), beneath=beneath, actions=(OPENED,))
    facts = known(tmp_path, evidence(report, mark(OWN)))
    assert facts.get(Fact.MANIFEST_TIME) == earlier.isoformat() and facts.get(Fact.MANIFEST_AI_DISCLOSURE) is True
    assert facts.get(Fact.MANIFEST_BINDS_WATERMARK) is True
    strangers = replace(report, ingredients=(replace(parent, faults=(UNTRUSTED,)),))
    facts = known(tmp_path, evidence(strangers))
    assert facts.get(Fact.MANIFEST_TIME) == NOW.isoformat() and facts.get(Fact.MANIFEST_AI_DISCLOSURE) is False


@pytest.mark.parametrize(
    ("actions", "ingredients", "inputs"),
    [
        ((), (), "none"),
        ((), (PARENT,), "none"),
        ((OPENED,), (PARENT,), "kept"),
        ((OPENED,), (), "broken"),
        ((OPENED,), (replace(PARENT, label=""),), "broken"),
        ((OPENED,), (PARENT, PARENT), "broken"),
        ((OPENED,), (replace(PARENT, depth=2),), "broken"),
        ((OPENED,), (replace(PARENT, relationship="componentOf"),), "broken"),
    ],
)
def test_what_was_opened_is_kept_with_its_history(tmp_path: Path, actions: Any, ingredients: Any, inputs: str) -> None:
    report = replace(manifest(ingredients=ingredients), actions=actions)
    assert known(tmp_path, evidence(report)).get(Fact.MANIFEST_INPUTS) == inputs


def test_the_mark_is_bound_where_the_manifest_names_it_in_all_that_carry_it(tmp_path: Path) -> None:
    row = registered(OWN)
    for report, sound, bound in (
        (manifest(names=OWN), None, True),
        (manifest(names=OWN), heard(NO_MARK), True),
        (manifest(names_in_sound=OWN), None, False),
        (manifest(names=OWN), heard(mark(OWN), row), False),
        (manifest(names=OWN, names_in_sound=OWN), heard(mark(OWN), row), True),
    ):
        found = evidence(report, mark(OWN), signed_by_marker=True, **({"sound": sound} if sound else {}))
        facts = known(tmp_path, found)
        assert facts.get(Fact.MANIFEST_BINDS_WATERMARK) is bound
    for detections, state in (((), "not_looked_for"), ((NO_MARK,), "nothing_found"), ((PRESENT,), "present")):
        facts = known(tmp_path, evidence(manifest(), *detections))
        assert facts.get(Fact.WATERMARK_STATE) == state
        assert facts.get(Fact.WATERMARK_PAYLOAD) is None and facts.get(Fact.MANIFEST_BINDS_WATERMARK) is None
