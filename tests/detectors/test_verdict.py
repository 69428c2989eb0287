"""The judgement as a pure function: rules that hold for every combination of evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touchmark.detectors.acceptance import Acceptance, ExitStatus
from touchmark.detectors.contradictions import ContradictionKind
from touchmark.detectors.evidence import Container, Evidence
from touchmark.detectors.origin import Via
from touchmark.detectors.statements import Source
from touchmark.detectors.verdict import Outcome, judge
from touchmark.provenance.manifest.claim import DigitalSourceType
from touchmark.provenance.manifest.report import (
    ManifestPresence,
    ManifestReport,
    ReportedIngredient,
    ReportedSoftBinding,
    SignerIdentity,
    StatusCode,
    ValidationState,
)
from touchmark.provenance.media.decode import VideoInfo
from touchmark.provenance.registry import Registration
from touchmark.provenance.watermark.protocol import Detection, MarkState, Payload

ALGORITHM = "io.example.mark.1"
PAYLOADS = (Payload(0xA1), Payload(0xB2))
SHA = "a" * 64
NOW = datetime(2026, 11, 22, tzinfo=UTC)
INFO = VideoInfo(
    width=320,
    height=240,
    frame_rate=Fraction(24),
    duration=Fraction(2),
    rotation=0,
    codec="h264",
    container="mov",
    has_sound=False,
    labels={},
)
HASH_MISMATCH = StatusCode("assertion.bmffHash.mismatch")
BAD_SIGNATURE = StatusCode("claimSignature.mismatch")
ALTERED = StatusCode("assertion.hashedURI.mismatch")
UNTRUSTED = StatusCode("signingCredential.untrusted")
EXPIRED = StatusCode("signingCredential.expired")

GENERATED = DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA
CAPTURE = DigitalSourceType.DIGITAL_CAPTURE


def manifest(
    *failures: StatusCode,
    state: ValidationState | None = None,
    source_type: DigitalSourceType | None = GENERATED,
    names: Payload | None = None,
    label: str = "urn:c2pa:1",
    ingredients: tuple[ReportedIngredient, ...] = (),
) -> ManifestReport:
    """A report as the reader makes them: its fields follow from its failures."""
    codes = {failure.code for failure in failures}
    broken = codes - {UNTRUSTED.code}
    state = state or (
        ValidationState.INVALID if broken else ValidationState.VALID if codes else ValidationState.TRUSTED
    )
    binding = ReportedSoftBinding(ALGORITHM, names.to_bytes()) if names else None
    return ManifestReport(
        presence=ManifestPresence.PRESENT,
        state=state,
        label=label,
        title="a clip",
        signer=SignerIdentity("signer", "Someone", "1"),
        signature_valid=not codes & {BAD_SIGNATURE.code, ALTERED.code},
        signer_trusted=not codes & {UNTRUSTED.code, EXPIRED.code},
        hard_binding_matches=HASH_MISMATCH.code not in codes,
        source_type=source_type,
        soft_bindings=(binding,) if binding else (),
        ingredients=ingredients,
        failures=failures,
    )


ABSENT = ManifestReport(ManifestPresence.ABSENT)
UNREADABLE = ManifestReport(ManifestPresence.UNREADABLE, reason="damaged")
REMOTE = ManifestReport(ManifestPresence.REMOTE_ONLY, remote_url="https://example.org/m")


def registered(payload: Payload, label: str = "urn:c2pa:1", source_type: DigitalSourceType = GENERATED) -> Registration:
    return Registration(
        payload=payload,
        manifest_label=label,
        manifest=b"",
        file_sha256=SHA,
        watermark_algorithm=ALGORITHM,
        key_id="00000001",
        title="a clip",
        source_type=source_type.value,
        policy_digest="",
        created=NOW,
    )


def mark(payload: Payload | None, state: MarkState = MarkState.VERIFIED) -> Detection:
    return Detection(state, "00000001", payload=payload, p_value=1e-20)


NO_MARK = Detection(MarkState.NOTHING_FOUND, "00000001")
PRESENT = mark(None, MarkState.PRESENT)


def evidence(report: ManifestReport = ABSENT, *detections: Detection, **changes: object) -> Evidence:
    container = Container(sha256=SHA, size=1000, info=INFO, has_manifest_box=report.presence != "absent")
    return replace(Evidence(container, report, ALGORITHM, detections), **changes)


def test_nothing_is_unknown() -> None:
    for report in (ABSENT, REMOTE):
        for detections in ((), (NO_MARK,)):
            verdict = judge(evidence(report, *detections))
            assert verdict.outcome is Outcome.UNKNOWN
            assert verdict.origin is None
            assert "not evidence of authenticity" in verdict.headline


def test_every_source_is_heard() -> None:
    spoken = {statement.source for statement in judge(evidence()).statements}
    assert {Source.MANIFEST, Source.WATERMARK, Source.REGISTRY} <= spoken


@pytest.mark.parametrize("fault", [HASH_MISMATCH, BAD_SIGNATURE, ALTERED, StatusCode("signingCredential.invalid")])
def test_what_was_changed_after_signing_is_tampered(fault: StatusCode) -> None:
    verdict = judge(evidence(manifest(fault)))
    assert verdict.outcome is Outcome.TAMPERED
    assert fault.code in verdict.tampering[0]


def test_an_unreadable_store_is_tampered() -> None:
    assert judge(evidence(UNREADABLE)).outcome is Outcome.TAMPERED


def test_an_invalid_state_without_a_reason_is_tampered() -> None:
    assert judge(evidence(manifest(state=ValidationState.INVALID))).outcome is Outcome.TAMPERED


def test_an_expired_certificate_is_no_tampering_and_no_evidence() -> None:
    verdict = judge(evidence(manifest(EXPIRED)))
    assert verdict.outcome is Outcome.UNKNOWN
    assert not verdict.tampering


def test_an_expired_certificate_does_not_silence_the_watermark() -> None:
    found = evidence(
        manifest(EXPIRED, names=PAYLOADS[0]),
        mark(PAYLOADS[0]),
        registry_consulted=True,
        registration=registered(PAYLOADS[0]),
        manifest_registration=registered(PAYLOADS[0]),
    )
    assert judge(found).outcome is Outcome.GENERATED


def test_a_mark_that_is_present_but_unreadable_is_only_a_hint() -> None:
    verdict = judge(evidence(ABSENT, PRESENT))
    assert verdict.outcome is Outcome.UNKNOWN
    assert "Traces" in verdict.headline


def test_a_mark_that_is_present_is_enough_against_a_camera_claim() -> None:
    verdict = judge(evidence(manifest(source_type=CAPTURE), PRESENT))
    assert [found.kind for found in verdict.contradictions] == [ContradictionKind.CAPTURE_CLAIM_OVER_MARK]


def test_a_camera_claim_that_admits_an_unregistered_mark_is_one_word_against_another() -> None:
    verdict = judge(evidence(manifest(source_type=CAPTURE, names=PAYLOADS[0]), mark(PAYLOADS[0])))
    assert verdict.outcome is Outcome.UNKNOWN


def test_a_recording_that_was_sealed_here_is_captured() -> None:
    own = registered(PAYLOADS[0], source_type=CAPTURE)
    report = manifest(source_type=CAPTURE, names=PAYLOADS[0])
    found = evidence(report, mark(PAYLOADS[0]), registration=own, manifest_registration=own, registry_consulted=True)
    assert judge(found).outcome is Outcome.CAPTURED
    recovered = replace(report, hard_binding_matches=False)
    stripped = evidence(ABSENT, mark(PAYLOADS[0]), registration=own, recovered=recovered, registry_consulted=True)
    assert judge(stripped).outcome is Outcome.CAPTURED


def test_generation_anywhere_in_the_history_counts() -> None:
    part = ReportedIngredient("b-roll", "componentOf", "urn:c2pa:0", 1, source_type=GENERATED.value)
    assert judge(evidence(manifest(source_type=CAPTURE, ingredients=(part,)))).outcome is Outcome.GENERATED
    prompt = replace(part, relationship="inputTo")
    assert judge(evidence(manifest(source_type=CAPTURE, ingredients=(prompt,)))).outcome is Outcome.CAPTURED


def test_naming_a_registered_manifest_as_ingredient_is_not_enough_to_claim_a_camera() -> None:
    """An ingredient that only quotes the label, with nothing beneath that says how it was made."""
    quoted = ReportedIngredient("clip", "componentOf", "urn:c2pa:1", 1)
    report = manifest(source_type=CAPTURE, label="urn:c2pa:9", ingredients=(quoted,))
    verdict = judge(evidence(report, mark(PAYLOADS[0]), registration=registered(PAYLOADS[0]), registry_consulted=True))
    assert verdict.outcome is Outcome.CONTRADICTORY


def test_a_broken_ingredient_is_laundering_and_an_unknown_signer_is_not() -> None:
    part = ReportedIngredient("p", "parentOf", "urn:c2pa:0", 1, source_type=GENERATED.value)
    for fault, outcome in ((HASH_MISMATCH, Outcome.CONTRADICTORY), (UNTRUSTED, Outcome.GENERATED)):
        report = manifest(source_type=None, ingredients=(replace(part, faults=(fault,)),))
        assert judge(evidence(report)).outcome is outcome


def test_a_history_that_is_too_large_to_walk_is_not_relied_upon() -> None:
    assert judge(evidence(replace(manifest(), truncated=True))).outcome is Outcome.UNKNOWN


def test_the_very_file_that_was_published_is_not_accused_of_a_missing_mark() -> None:
    own = registered(PAYLOADS[0])
    found = evidence(
        manifest(names=PAYLOADS[0]),
        NO_MARK,
        manifest_registration=own,
        named_registrations=(own,),
        registry_consulted=True,
    )
    assert judge(found).outcome is Outcome.GENERATED
    other = replace(found.container, sha256="b" * 64)
    assert judge(replace(found, container=other)).outcome is Outcome.CONTRADICTORY


def test_development_keys_are_passed_on() -> None:
    assert judge(evidence(manifest(), development=True)).development_keys


def test_text_of_strangers_is_safe_in_every_sentence() -> None:
    evil = "\x1b[2J\u202eevil"
    report = replace(
        manifest(source_type=CAPTURE), signer=SignerIdentity(evil, evil, "1"), title=evil, claim_generator=evil
    )
    own = replace(registered(PAYLOADS[0], label=evil), title=evil)
    for found in (
        evidence(report),
        evidence(report, mark(PAYLOADS[0]), registration=own, registry_consulted=True),
        evidence(replace(report, state=ValidationState.VALID, source_type=GENERATED)),
        evidence(replace(UNREADABLE, reason=evil)),
        evidence(replace(REMOTE, remote_url=evil)),
        evidence(ABSENT, mark(PAYLOADS[0]), registration=own, recovered=report, registry_consulted=True),
    ):
        verdict = judge(found)
        said = [verdict.headline, *verdict.tampering]
        said += [s.text for s in verdict.statements] + [c.explanation for c in verdict.contradictions]
        assert not [text for text in said if "\x1b" in text or "\u202e" in text]


# -- any combination

_failures = st.lists(
    st.sampled_from([HASH_MISMATCH, BAD_SIGNATURE, ALTERED, UNTRUSTED, EXPIRED]), max_size=2, unique=True
)
_ingredients = st.lists(
    st.builds(
        ReportedIngredient,
        title=st.just("part"),
        relationship=st.sampled_from(["parentOf", "componentOf", "inputTo"]),
        label=st.sampled_from(["", "urn:c2pa:1", "urn:c2pa:2"]),
        depth=st.just(1),
        source_type=st.sampled_from(["", GENERATED.value, CAPTURE.value]),
        faults=st.lists(st.sampled_from([HASH_MISMATCH, UNTRUSTED]), max_size=1).map(tuple),
    ),
    max_size=2,
).map(tuple)


@st.composite
def any_manifest(draw: st.DrawFn) -> ManifestReport:
    return manifest(
        *draw(_failures),
        source_type=draw(st.sampled_from([GENERATED, CAPTURE, DigitalSourceType.COMPOSITE, None])),
        names=draw(st.sampled_from([None, *PAYLOADS])),
        label=draw(st.sampled_from(["urn:c2pa:1", "urn:c2pa:2"])),
        ingredients=draw(_ingredients),
    )


_registrations = st.builds(
    registered,
    st.sampled_from(PAYLOADS),
    st.sampled_from(["urn:c2pa:1", "urn:c2pa:2"]),
    st.sampled_from([GENERATED, CAPTURE, DigitalSourceType.HUMAN_EDITS]),
)


@st.composite
def any_evidence(draw: st.DrawFn) -> Evidence:
    detection = draw(st.sampled_from([None, NO_MARK, PRESENT, mark(PAYLOADS[0]), mark(PAYLOADS[1])]))
    report = draw(st.one_of(any_manifest(), st.sampled_from([ABSENT, UNREADABLE, REMOTE])))
    row, own = draw(st.none() | _registrations), draw(st.none() | _registrations)
    payload = detection.payload if detection else None
    found = evidence(
        report,
        *([detection] if detection else []),
        registry_consulted=draw(st.booleans()),
        registration=replace(row, payload=payload) if row and payload else None,
        manifest_registration=replace(own, manifest_label=report.label) if own and report.label else None,
        recovered=draw(st.none() | any_manifest()) if row and payload else None,
        development=draw(st.booleans()),
    )
    container = replace(
        found.container,
        sha256=draw(st.sampled_from([SHA, "b" * 64])),
        unhashed=draw(st.sampled_from([0, 7])),
        store_remains=draw(st.booleans()),
        damage=draw(st.sampled_from([0, 3])),
    )
    return replace(found, container=container)


@settings(max_examples=250, derandomize=True, deadline=None)
@given(any_evidence())
def test_bad_news_is_never_accepted(found: Evidence) -> None:
    """Whatever else may be in order: a failure that means tampering, anywhere, is never an accepted verdict."""
    verdict, report = judge(found), found.manifest
    broken = {failure.code for failure in report.failures} & {HASH_MISMATCH.code, BAD_SIGNATURE.code, ALTERED.code}
    laundered = report.signature_valid and any(HASH_MISMATCH in part.faults for part in report.ingredients)
    hidden = report.hard_binding_matches and found.container.unhashed
    altered = (
        report.hard_binding_matches
        and found.manifest_registration is not None
        and found.manifest_registration.file_sha256 != found.container.sha256
    )
    lost = report.presence is ManifestPresence.ABSENT and found.container.store_remains
    if broken or laundered or hidden or altered or lost or report.presence is ManifestPresence.UNREADABLE:
        assert Acceptance().exit_status(verdict.outcome) is ExitStatus.REFUSED
    if verdict.contradictions:
        assert verdict.outcome is Outcome.CONTRADICTORY
    elif verdict.tampering:
        assert verdict.outcome is Outcome.TAMPERED


@settings(max_examples=250, derandomize=True, deadline=None)
@given(any_evidence())
def test_an_accepted_verdict_rests_on_something(found: Evidence) -> None:
    verdict = judge(found)
    if not Acceptance().accepts(verdict.outcome):
        return
    verified = found.mark is not None and found.mark.state is MarkState.VERIFIED
    assert verified or found.manifest.is_sound
    assert verdict.origin is not None
    if verdict.outcome is Outcome.CAPTURED:
        assert found.manifest.is_sound or (found.recovered is not None and found.recovered.signer_trusted)
        assert not verified or (found.registration is not None and found.registration.source_type == CAPTURE)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(any_evidence())
def test_nothing_is_called_real(found: Evidence) -> None:
    verdict = judge(found)
    said = " ".join([verdict.headline, *(s.text for s in verdict.statements)]).lower()
    assert not {"real", "authentic", "genuine"} & set(said.replace(".", " ").replace(",", " ").split())
    if verdict.outcome is Outcome.UNKNOWN:
        assert "not evidence of authenticity" in verdict.headline


@settings(max_examples=100, derandomize=True, deadline=None)
@given(any_evidence())
def test_a_trusted_signer_is_never_invented(found: Evidence) -> None:
    origin = judge(found).origin
    if origin is not None and origin.trusted:
        vouching = [r for r in (found.manifest, found.recovered) if r is not None and r.signer_trusted]
        assert vouching
    if origin is not None and origin.via is Via.WATERMARK:
        assert not origin.signer


def test_a_policy_cannot_accept_tampering() -> None:
    with pytest.raises(ValueError, match="cannot accept"):
        Acceptance(frozenset({Outcome.TAMPERED}))
    strict = Acceptance(frozenset({Outcome.CAPTURED}))
    assert strict.exit_status(Outcome.GENERATED) is ExitStatus.REFUSED
    assert strict.exit_status(Outcome.UNKNOWN) is ExitStatus.NOTHING_FOUND


def test_the_worst_of_several_files_is_the_exit_status() -> None:
    worst = ExitStatus.worst
    assert worst([ExitStatus.ACCEPTED, ExitStatus.NOTHING_FOUND]) is ExitStatus.NOTHING_FOUND
    assert worst([ExitStatus.UNREADABLE, ExitStatus.NOTHING_FOUND]) is ExitStatus.UNREADABLE
    assert worst([ExitStatus.REFUSED, ExitStatus.UNREADABLE]) is ExitStatus.REFUSED
    assert worst([]) is ExitStatus.ACCEPTED
