"""The judgement as a pure function: rules that hold for every combination of evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.detectors.found import (
    ABSENT,
    ALTERED,
    BAD_SIGNATURE,
    CAPTURE,
    EXPIRED,
    GENERATED,
    HASH_MISMATCH,
    NO_MARK,
    NOW,
    PAYLOADS,
    PRESENT,
    REMOTE,
    REVOKED,
    SHA,
    SOUND_ALGORITHM,
    UNREADABLE,
    UNTRUSTED,
    UPDATED,
    evidence,
    heard,
    manifest,
    mark,
    registered,
)
from touchmark.detectors.acceptance import Acceptance, ExitStatus
from touchmark.detectors.contradictions import ContradictionKind
from touchmark.detectors.doubt import Doubt
from touchmark.detectors.evidence import Evidence, SoundTrace
from touchmark.detectors.labels import ContainerLabels
from touchmark.detectors.origin import Via
from touchmark.detectors.statement import Source, Statement, Tone
from touchmark.detectors.timeline import lie_together
from touchmark.detectors.verdict import Outcome, judge
from touchmark.provenance.disclosure.aigc import AigcRecord
from touchmark.provenance.manifest.claim import DigitalSourceType
from touchmark.provenance.manifest.inputs import Use
from touchmark.provenance.manifest.report import (
    AiDisclosure,
    ManifestPresence,
    ManifestReport,
    ReportedAction,
    ReportedIngredient,
    ReportedRedaction,
    SignerIdentity,
    ValidationState,
)
from touchmark.provenance.manifest.status import StatusCode
from touchmark.provenance.manifest.uses import ReportedUse
from touchmark.provenance.watermark.protocol import MarkState, Payload, Segment


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


@pytest.mark.parametrize("fault", [HASH_MISMATCH, BAD_SIGNATURE, ALTERED])
def test_what_was_changed_after_signing_is_tampered(fault: StatusCode) -> None:
    verdict = judge(evidence(manifest(fault)))
    assert verdict.outcome is Outcome.TAMPERED
    assert fault.code in verdict.tampering[0]


@pytest.mark.parametrize(
    ("code", "told"),
    [("signingCredential.invalid", "not fit to sign"), ("assertion.action.malformed", "breaks the specification")],
)
def test_what_was_signed_badly_is_no_tampering_while_it_is_what_was_signed(code: str, told: str) -> None:
    fault = StatusCode(code)
    verdict = judge(evidence(manifest(fault)))
    assert verdict.outcome is Outcome.UNKNOWN
    assert told in verdict.headline and not verdict.tampering
    parent = ReportedIngredient("p", "parentOf", "urn:c2pa:0", 1, source_type=CAPTURE.value, faults=(fault,))
    above = judge(evidence(replace(manifest(source_type=CAPTURE), ingredients=(parent,))))
    assert above.outcome is Outcome.UNKNOWN, "and believed in nothing"
    for report in (
        replace(manifest(fault), signature_valid=False),
        replace(manifest(fault), hard_binding_matches=None),
        manifest(fault, HASH_MISMATCH),
    ):
        hidden = judge(evidence(report))
        assert hidden.outcome is Outcome.TAMPERED
        assert hidden.tampering


def test_an_unreadable_store_is_tampered() -> None:
    assert judge(evidence(UNREADABLE)).outcome is Outcome.TAMPERED


def test_an_invalid_state_without_a_reason_is_tampered() -> None:
    assert judge(evidence(manifest(state=ValidationState.INVALID))).outcome is Outcome.TAMPERED


NAMED = StatusCode("cawg.ica.did_unavailable")


def test_an_identity_that_is_not_proven_is_no_tampering_and_no_evidence_of_a_camera() -> None:
    verdict = judge(evidence(manifest(NAMED, source_type=CAPTURE)))
    assert verdict.outcome is Outcome.UNKNOWN
    assert not verdict.tampering
    assert "identity in it that is not proven" in verdict.headline
    assert any("cawg.ica.did_unavailable" in statement.text for statement in verdict.statements)


def test_nor_does_it_make_a_generator_whom_all_trust_less_believed() -> None:
    """Files of the largest makers name people by who has to be asked on a network."""
    made = manifest(NAMED)
    verdict = judge(evidence(made))
    assert verdict.outcome is Outcome.GENERATED and "whom this installation trusts" in verdict.headline
    assert any("cawg.ica.did_unavailable" in statement.text for statement in verdict.statements)
    broken = ReportedIngredient("p", "parentOf", "urn:c2pa:0", 1, faults=(HASH_MISMATCH,))
    for other in (
        manifest(NAMED, UNTRUSTED),
        manifest(NAMED, EXPIRED),
        manifest(NAMED, ingredients=(broken,)),
        replace(made, signer_trusted=False),
        replace(made, left_out=("the box “/mdat”",)),
        replace(made, truncated=True),
        replace(made, hard_binding_matches=None),
    ):
        assert judge(evidence(other)).outcome is not Outcome.GENERATED


def test_a_broken_identity_excuses_no_broken_content() -> None:
    verdict = judge(evidence(manifest(StatusCode("cawg.identity.pad.invalid"), HASH_MISMATCH)))
    assert verdict.outcome is Outcome.TAMPERED
    assert "cawg" not in verdict.tampering[0]


def test_a_store_that_cannot_be_read_is_not_said_to_have_been_changed() -> None:
    """A signer can write an assertion that no library decodes: nobody need have touched the file since."""
    verdict = judge(evidence(ManifestReport(ManifestPresence.UNREADABLE, reason="could not decode")))
    assert verdict.outcome is Outcome.TAMPERED
    assert verdict.headline == "It carries a manifest that cannot be read: damaged, changed, or made so."
    assert judge(evidence(manifest(HASH_MISMATCH))).headline == "Changed after it was signed."


def test_what_was_taken_out_of_the_history_is_told() -> None:
    somebody = SignerIdentity("editor", "", "2")
    taken = ReportedRedaction("c2pa.ai-disclosure", "c2pa.PII.present", somebody)
    strange = ReportedRedaction("c2pa.x\x1b[2J\u202e", "because\n\x1b[2J", None)
    verdict = judge(evidence(replace(manifest(), redactions=(taken, strange, *[strange] * 9))))
    assert verdict.outcome is Outcome.GENERATED
    said = [statement.text for statement in verdict.statements if statement.source is Source.MANIFEST]
    assert "“editor” took c2pa.ai-disclosure out of an earlier manifest (personal data)." in said
    assert any(text.startswith("“nobody named” took c2pa.x") and "because" in text for text in said)
    assert not any(set(text) & {"\x1b", "\u202e", "\n"} for text in said)
    assert sum(" took " in text for text in said) == 8 and "So were 3 more." in said
    assert not any(" took " in statement.text for statement in judge(evidence(manifest())).statements)


def test_nobody_is_told_of_a_permission_by_whoever_is_not_believed() -> None:
    uses = (ReportedUse("ai_training", Use.NOT_ALLOWED), ReportedUse("data_mining", Use.ALLOWED))
    (said,) = _said_of_use(replace(manifest(), uses=uses))
    assert "training of other models: not allowed" in said.text and "data mining: allowed" in said.text
    assert said.tone is Tone.SILENT
    for stranger in (
        manifest(UNTRUSTED),
        manifest(HASH_MISMATCH),
        replace(manifest(), signer_trusted=False, left_out=("x",)),
    ):
        (said,) = _said_of_use(replace(stranger, uses=uses))
        assert said.tone is Tone.CAUTION and "permission from nobody" in said.text


def test_nonsense_about_use_is_told_as_such_and_reaches_no_terminal() -> None:
    uses = (ReportedUse("ai_training", None), ReportedUse("\x1b[31mall: allowed", None), ReportedUse("", None))
    (said,) = _said_of_use(replace(manifest(), uses=uses))
    assert said.tone is Tone.CAUTION and "permits nothing" in said.text and "\x1b" not in said.text
    (said,) = _said_of_use(
        replace(manifest(), uses=(ReportedUse("ai_training", Use.CONSTRAINED, "\x1b[1m\u202e" * 99),))
    )
    assert said.text.isprintable() and len(said.text) < 1500
    assert not _said_of_use(manifest())


def _said_of_use(report: ManifestReport) -> list[Statement]:
    return [statement for statement in judge(evidence(report)).statements if "its use" in statement.text]


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


@pytest.mark.parametrize("kind", [DigitalSourceType.DIGITAL_CREATION, DigitalSourceType.DIGITAL_ART])
@pytest.mark.parametrize("put_in", [False, True])
def test_what_a_person_drew_is_not_told_as_generated(kind: DigitalSourceType, *, put_in: bool) -> None:
    part = ReportedIngredient("a part", "componentOf", "urn:c2pa:0", 1, source_type=GENERATED.value)
    verdict = judge(evidence(manifest(source_type=kind, ingredients=(part,) if put_in else ())))
    assert verdict.outcome is (Outcome.GENERATED if put_in else Outcome.UNKNOWN)
    assert ("a person made this" in verdict.headline) is not put_in
    assert "a person" not in judge(evidence(manifest(UNTRUSTED, source_type=kind))).headline


def test_a_manifest_that_is_there_is_not_said_to_be_gone() -> None:
    """Somebody whom nobody here trusts edited what this operator sealed, and signed it."""
    found = registered(PAYLOADS[0])
    kept = manifest(label=found.manifest_label, names=PAYLOADS[0])
    known = {"registry_consulted": True, "registration": found, "recovered": kept}
    sealed = ReportedIngredient("sealed", "parentOf", found.manifest_label, 1)
    strangers = manifest(UNTRUSTED, label="urn:c2pa:2", ingredients=(sealed,))
    for report, gone in ((ABSENT, True), (strangers, False)):
        verdict = judge(evidence(report, mark(PAYLOADS[0]), **known))
        assert verdict.outcome is Outcome.GENERATED
        assert ("gone" in verdict.headline) is gone


def test_a_mark_that_is_present_but_unreadable_is_only_a_hint() -> None:
    verdict = judge(evidence(ABSENT, PRESENT))
    assert verdict.outcome is Outcome.UNKNOWN
    assert "Traces" in verdict.headline


def test_a_mark_that_is_present_is_enough_against_a_camera_claim() -> None:
    verdict = judge(evidence(manifest(source_type=CAPTURE), PRESENT))
    assert [found.kind for found in verdict.contradictions] == [ContradictionKind.CAPTURE_CLAIM_OVER_MARK]


def test_a_camera_claim_that_admits_an_unregistered_mark_is_one_word_against_another() -> None:
    for faults in ((), (UNTRUSTED,)):
        verdict = judge(evidence(manifest(*faults, source_type=CAPTURE, names=PAYLOADS[0]), mark(PAYLOADS[0])))
        assert verdict.outcome is Outcome.UNKNOWN


def test_a_recording_that_was_sealed_here_is_captured() -> None:
    own = registered(PAYLOADS[0], source_type=CAPTURE)
    report = manifest(source_type=CAPTURE, names=PAYLOADS[0])
    found = evidence(report, mark(PAYLOADS[0]), registration=own, manifest_registration=own, registry_consulted=True)
    assert judge(found).outcome is Outcome.CAPTURED
    recovered = replace(report, hard_binding_matches=False)
    stripped = evidence(ABSENT, mark(PAYLOADS[0]), registration=own, recovered=recovered, registry_consulted=True)
    assert judge(stripped).outcome is Outcome.CAPTURED


@pytest.mark.parametrize(
    "changes",
    [
        {"failures": (HASH_MISMATCH, REVOKED)},
        {"failures": (HASH_MISMATCH, StatusCode("claim.malformed"))},
        {"failures": (HASH_MISMATCH, StatusCode("cawg.x509.credential.untrusted"))},
        {"ingredients": (ReportedIngredient("clip", "parentOf", "urn:c2pa:0", 1, faults=(HASH_MISMATCH,)),)},
        {"left_out": ("whatever its compressed manifests hold",)},
        {"truncated": True},
        {"signer_trusted": False},
    ],
)
def test_a_manifest_that_a_registry_kept_is_asked_what_one_in_a_file_is_asked(changes: dict[str, Any]) -> None:
    own = registered(PAYLOADS[0], source_type=CAPTURE)
    kept = replace(manifest(HASH_MISMATCH, source_type=CAPTURE, names=PAYLOADS[0]), **changes)
    verdict = judge(evidence(ABSENT, mark(PAYLOADS[0]), registration=own, recovered=kept, registry_consulted=True))
    assert verdict.outcome is Outcome.UNKNOWN
    (told, _) = (statement for statement in verdict.statements if statement.source is Source.RECOVERED)
    assert told.tone is Tone.CAUTION


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


@pytest.mark.parametrize("fault", [UNTRUSTED, EXPIRED])
@pytest.mark.parametrize("relationship", ["parentOf", "componentOf", "inputTo"])
def test_a_camera_is_believed_of_trusted_signers_alone(fault: StatusCode, relationship: str) -> None:
    part = ReportedIngredient("p", relationship, "urn:c2pa:0", 1, source_type=CAPTURE.value, faults=(fault,))
    report = manifest(source_type=CAPTURE, ingredients=(part,))
    in_the_picture = relationship != "inputTo"
    assert judge(evidence(report)).outcome is (Outcome.UNKNOWN if in_the_picture else Outcome.CAPTURED)


def test_a_picture_that_a_model_changed_is_not_a_cameras() -> None:
    """As programs for pictures write it: opened or created by a camera, then filled in by a model."""
    filled = DigitalSourceType.COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA
    taken = ReportedAction("c2pa.created", NOW, CAPTURE.value, "a camera 1")
    edited = ReportedAction("c2pa.edited", NOW, filled.value, "a program 2")
    own = replace(manifest(source_type=CAPTURE), actions=(taken, edited), claim_generator="a program 2")
    verdict = judge(evidence(own))
    assert verdict.outcome is Outcome.GENERATED and verdict.origin is not None
    assert (verdict.origin.source_type, verdict.origin.generator) == (filled, "a program 2")
    part = ReportedIngredient(
        "p", "parentOf", "urn:c2pa:0", 1, source_type=CAPTURE.value, edit_source_types=(filled.value,)
    )
    beneath = replace(manifest(source_type=CAPTURE, ingredients=(part,)), actions=(taken,))
    verdict = judge(evidence(beneath))
    assert verdict.outcome is Outcome.GENERATED and verdict.origin is not None
    assert (verdict.origin.source_type, verdict.origin.generator) == (filled, "")


@pytest.mark.parametrize("relationship", ["parentOf", "inputTo"])
def test_what_was_drawn_into_a_picture_did_not_come_from_its_camera(relationship: str) -> None:
    drawn = DigitalSourceType.DIGITAL_ART.value
    part = ReportedIngredient("p", relationship, "urn:c2pa:0", 1, source_type=CAPTURE.value, edit_source_types=(drawn,))
    outcome = judge(evidence(manifest(source_type=CAPTURE, ingredients=(part,)))).outcome
    assert outcome is (Outcome.UNKNOWN if relationship == "parentOf" else Outcome.CAPTURED)
    disclosed = replace(manifest(source_type=CAPTURE), ai_disclosure=AiDisclosure("", "a model", "", ""))
    assert judge(evidence(disclosed)).outcome is Outcome.UNKNOWN
    cropped = ReportedAction("c2pa.cropped", NOW, DigitalSourceType.HUMAN_EDITS.value, "")
    assert judge(evidence(replace(manifest(source_type=CAPTURE), actions=(cropped,)))).outcome is Outcome.CAPTURED


def test_a_disclosure_beneath_an_update_still_says_that_a_model_had_a_part_in_it() -> None:
    part = ReportedIngredient("p", "parentOf", "urn:c2pa:0", 1, source_type=CAPTURE.value, discloses_model=True)
    updated = replace(manifest(source_type=CAPTURE, ingredients=(part,)), actions=(UPDATED,))
    assert judge(evidence(updated)).outcome is Outcome.UNKNOWN
    for other in (replace(part, relationship="inputTo"), replace(part, discloses_model=False)):
        assert judge(evidence(replace(updated, ingredients=(other,)))).outcome is Outcome.CAPTURED


def test_a_camera_is_not_believed_where_what_may_speak_against_it_was_taken_out() -> None:
    camera = manifest(source_type=CAPTURE)
    for label, outcome in (
        ("c2pa.ai-disclosure", Outcome.UNKNOWN),
        ("c2pa.ingredient.v3__1", Outcome.UNKNOWN),
        ("c2pa.metadata", Outcome.CAPTURED),
        ("c2pa.thumbnail.claim", Outcome.CAPTURED),
    ):
        redacted = (ReportedRedaction(label, "c2pa.PII.present", camera.signer),)
        assert judge(evidence(replace(camera, redactions=redacted))).outcome is outcome


def test_what_was_opened_without_a_manifest_is_no_cameras_by_the_word_of_an_editor() -> None:
    """Who is trusted states what went in, not that it is true; of this nobody says anything."""
    parent = ReportedIngredient("p", "parentOf", "", 1)
    camera = replace(parent, label="urn:c2pa:0", source_type=CAPTURE.value)
    for ingredients, outcome in (
        ((parent,), Outcome.UNKNOWN),
        ((camera, replace(parent, depth=2)), Outcome.UNKNOWN),
        ((camera,), Outcome.CAPTURED),
        ((replace(parent, relationship="inputTo"),), Outcome.CAPTURED),
    ):
        assert judge(evidence(manifest(source_type=CAPTURE, ingredients=ingredients))).outcome is outcome


def test_a_part_of_which_nobody_says_how_it_came_to_be_is_no_cameras() -> None:
    camera = ReportedIngredient("p", "parentOf", "urn:c2pa:0", 1, source_type=CAPTURE.value)
    edited = ReportedIngredient("e", "componentOf", "urn:c2pa:1", 1)
    beneath = ReportedIngredient("c", "parentOf", "urn:c2pa:2", 2, source_type=CAPTURE.value)
    nameless = ReportedIngredient("n", "componentOf", "", 1)
    stated = ((camera,), (camera, edited, beneath), (edited, beneath, replace(edited, depth=2)))
    unstated = ((camera, nameless), (edited, camera), (replace(nameless, depth=2), edited, beneath))
    for parts, outcome in [(s, Outcome.CAPTURED) for s in stated] + [(u, Outcome.UNKNOWN) for u in unstated]:
        assert judge(evidence(manifest(source_type=CAPTURE, ingredients=parts))).outcome is outcome


def test_metadata_that_name_a_model_and_what_only_models_are_given_are_no_cameras() -> None:
    named = (DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA,)
    capture = manifest(source_type=CAPTURE)
    part = ReportedIngredient("p", "parentOf", "urn:c2pa:0", 1, source_type=CAPTURE.value)
    prompt = ReportedIngredient("q", "inputTo", "", 1, data_types=("c2pa.types.generator.prompt",))
    weights = replace(prompt, data_types=("c2pa.types.model.pytorch",))
    for report in (
        replace(capture, other_source_types=named),
        replace(capture, ingredients=(replace(part, other_source_types=named),)),
        replace(capture, ingredients=(prompt,)),
        replace(capture, ingredients=(weights,)),
    ):
        assert judge(evidence(report)).outcome is Outcome.UNKNOWN
    for report in (
        replace(capture, other_source_types=(CAPTURE,)),
        replace(capture, ingredients=(replace(prompt, data_types=("c2pa.types.dataset",)),)),
    ):
        assert judge(evidence(report)).outcome is Outcome.CAPTURED


def test_whoever_edits_or_publishes_did_not_make_it() -> None:
    made = NOW - timedelta(days=9)
    parent = ReportedIngredient(
        "p", "parentOf", "urn:c2pa:0", 1, source_type=GENERATED.value, made_with="a model 2", made_at=made
    )
    between = ReportedIngredient("q", "parentOf", "urn:c2pa:3", 1, made_with="an editor 7")
    for ingredients in ((parent,), (between, replace(parent, depth=2))):
        edited = replace(
            manifest(ingredients=ingredients), actions=(UPDATED,), claim_generator="a program 1", signed_at=NOW
        )
        origin = judge(evidence(edited)).origin
        assert origin is not None
        assert (origin.generator, origin.created) == ("a model 2", made)
    said = ReportedAction("c2pa.edited", NOW, GENERATED.value, "a program 1")
    origin = judge(evidence(replace(edited, actions=(UPDATED, said)))).origin
    assert origin is not None
    assert origin.generator == "a program 1", "which says that a model of its own made something"


def test_a_time_that_nobody_vouches_for_is_no_origin() -> None:
    """Beside a signature anybody can put a stamp of his own."""
    stamped = replace(manifest(), actions=(), signed_at=NOW)
    for trusted, created in ((True, NOW), (False, None)):
        origin = judge(evidence(replace(stamped, time_stamped=trusted))).origin
        assert origin is not None and origin.created == created


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


def test_an_origin_is_believed_where_it_is_accepted_or_the_mark_tells_it() -> None:
    """To a reader anything else is the claim of whoever had the file last."""
    by_mark = {"registration": registered(PAYLOADS[0]), "registry_consulted": True, "recovered": manifest()}
    for found, believed in (
        (evidence(manifest()), True),
        (evidence(manifest(UNTRUSTED)), False),
        (evidence(manifest(HASH_MISMATCH)), False),
        (evidence(manifest(HASH_MISMATCH), mark(PAYLOADS[0])), False),
        (evidence(UNREADABLE, mark(PAYLOADS[0])), True),
        (evidence(manifest(HASH_MISMATCH, UNTRUSTED), mark(PAYLOADS[0]), **by_mark), True),
        (evidence(ABSENT), False),
    ):
        assert judge(found).believes_origin is believed, found


def _part(source_type: str = "", *faults: StatusCode) -> ReportedIngredient:
    return ReportedIngredient("p", "parentOf", "urn:c2pa:0", 1, source_type=source_type, faults=faults)


_BADLY_WRITTEN = StatusCode("assertion.action.malformed")
_OF_A_COMPOSITE = {"registration": registered(PAYLOADS[0], source_type=DigitalSourceType.COMPOSITE)}


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (evidence(ABSENT, mark(PAYLOADS[0]), **_OF_A_COMPOSITE), "carries a watermark of this operator, but not how"),
        (
            evidence(ABSENT, mark(PAYLOADS[0]), sound=heard(mark(PAYLOADS[0])), **_OF_A_COMPOSITE),
            "carries a watermark of this operator, but not how",
        ),
        (evidence(ABSENT, NO_MARK, sound=heard(PRESENT)), "carries traces of this operator's watermark, too weak"),
        (
            evidence(manifest(source_type=CAPTURE, ingredients=(_part(CAPTURE.value, UNTRUSTED),))),
            "whom this installation trusts, signed this over what comes from “nobody named”, whom it does not trust",
        ),
        (
            evidence(manifest(source_type=None, ingredients=(_part(GENERATED.value, UNTRUSTED),))),
            "whom this installation does not trust; “Someone (signer)”, whom it trusts, signed this over it",
        ),
        (
            evidence(
                manifest(
                    UNTRUSTED, source_type=None, names=PAYLOADS[0], ingredients=(_part(GENERATED.value, UNTRUSTED),)
                ),
                mark(PAYLOADS[0]),
            ),
            "Its signer is not trusted here",
        ),
        (
            evidence(manifest(UNTRUSTED, source_type=CAPTURE, ingredients=(_part(CAPTURE.value, UNTRUSTED),))),
            "a signer that this installation does not trust",
        ),
        (evidence(replace(manifest(UNTRUSTED), left_out=("x",))), "a signer that this installation does not trust"),
        (evidence(manifest(source_type=None, ingredients=(_part("", _BADLY_WRITTEN),))), "has a manifest that breaks"),
        (
            evidence(manifest(UNTRUSTED, source_type=None, ingredients=(_part("", _BADLY_WRITTEN),))),
            "a signer that this installation does not trust",
        ),
        (
            evidence(manifest(StatusCode("signingCredential.invalid"), UNTRUSTED)),
            "with a certificate which is not fit to sign",
        ),
        (evidence(manifest(EXPIRED)), "whose signature proves nothing any more"),
        (evidence(manifest(source_type=None)), "what it says is not enough to name an origin"),
        (evidence(labels=ContainerLabels(GENERATED, None, generator="ComfyUI")), "its own metadata, which say that"),
        (evidence(labels=ContainerLabels(GENERATED, None, generator="ComfyUI")), "generated with ComfyUI;"),
        (evidence(UNREADABLE, mark(PAYLOADS[0])), "The watermark still tells where it came from."),
    ],
)
def test_the_headline_tells_why(found: Evidence, told: str) -> None:
    assert told in judge(found).headline


def test_development_keys_are_passed_on() -> None:
    assert judge(evidence(manifest(), development=True)).development_keys


# -- sound beside the picture


@pytest.mark.parametrize("report", [ABSENT, REMOTE, manifest(EXPIRED), manifest(UNTRUSTED, source_type=CAPTURE)])
def test_a_mark_in_the_sound_alone_names_no_origin_of_the_picture(report: ManifestReport) -> None:
    trace = heard(mark(PAYLOADS[0]), registered(PAYLOADS[0], "urn:c2pa:7"))
    verdict = judge(evidence(report, NO_MARK, sound=trace, registry_consulted=True))
    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.origin is None or verdict.origin.via is Via.MANIFEST
    assert verdict.sound_origin is not None
    assert verdict.sound_origin.via is Via.SOUND_AND_REGISTRY
    assert "Any sound can be laid under any picture" in verdict.headline
    assert not verdict.contradictions


@pytest.mark.parametrize("state", [MarkState.VERIFIED, MarkState.PRESENT])
@pytest.mark.parametrize("names", [None, PAYLOADS[0]])
def test_a_camera_that_heard_a_marked_sound_is_not_captured(state: MarkState, names: Payload | None) -> None:
    found = mark(PAYLOADS[0] if state is MarkState.VERIFIED else None, state)
    report = manifest(source_type=CAPTURE, names_in_sound=names)
    verdict = judge(evidence(report, NO_MARK, sound=heard(found)))
    assert verdict.outcome is Outcome.UNKNOWN
    assert "microphone" in verdict.headline
    assert not verdict.contradictions
    of_later = heard(found, replace(registered(PAYLOADS[0]), source_type="http://example.com/of-years-to-come"))
    assert judge(evidence(report, NO_MARK, sound=of_later)).outcome is Outcome.UNKNOWN
    recording = heard(found, registered(PAYLOADS[0], source_type=CAPTURE))
    assert judge(evidence(report, NO_MARK, sound=recording)).outcome is Outcome.CAPTURED


def test_a_sound_that_agrees_adds_nothing_to_the_verdict() -> None:
    row = registered(PAYLOADS[0])
    silent = evidence(ABSENT, mark(PAYLOADS[0]), registration=row, registry_consulted=True)
    agreeing, alone = judge(replace(silent, sound=heard(mark(PAYLOADS[0]), row))), judge(silent)
    assert (agreeing.outcome, agreeing.headline, agreeing.origin) == (alone.outcome, alone.headline, alone.origin)
    assert agreeing.sound_origin is None


def test_two_payloads_are_a_contradiction_unless_a_trusted_signer_keeps_both_histories() -> None:
    for report, contradicts in (
        (ABSENT, True),
        (manifest(names=PAYLOADS[0]), True),
        (manifest(names=PAYLOADS[0], names_in_sound=PAYLOADS[1]), False),
        (manifest(UNTRUSTED, names=PAYLOADS[0], names_in_sound=PAYLOADS[1]), True),
    ):
        verdict = judge(evidence(report, mark(PAYLOADS[0]), sound=heard(mark(PAYLOADS[1]))))
        kinds = [found.kind for found in verdict.contradictions]
        assert kinds == [ContradictionKind.SOUND_OF_ANOTHER_VIDEO] * contradicts, report
        assert verdict.outcome is (Outcome.CONTRADICTORY if contradicts else Outcome.GENERATED)


def test_the_same_payload_under_another_key_is_another_mark() -> None:
    other = replace(mark(PAYLOADS[0]), key_id="00000002")
    verdict = judge(evidence(ABSENT, mark(PAYLOADS[0]), sound=heard(other)))
    assert [found.kind for found in verdict.contradictions] == [ContradictionKind.SOUND_OF_ANOTHER_VIDEO]


def test_a_strange_mark_hides_behind_no_stronger_one() -> None:
    """Two keys found something in the sound; the surer of the two is the picture's own."""
    strange = replace(mark(PAYLOADS[1]), key_id="00000002", p_value=1e-12)
    trace = SoundTrace(SOUND_ALGORITHM, (mark(PAYLOADS[0]), strange))
    verdict = judge(evidence(ABSENT, mark(PAYLOADS[0]), sound=trace))
    assert [found.kind for found in verdict.contradictions] == [ContradictionKind.SOUND_OF_ANOTHER_VIDEO]


def test_a_picture_whose_mark_is_unreadable_is_not_named_by_its_sound() -> None:
    verdict = judge(evidence(ABSENT, PRESENT, sound=heard(mark(PAYLOADS[0]), registered(PAYLOADS[0]))))
    assert verdict.outcome is Outcome.UNKNOWN
    assert "a clip" in verdict.headline
    assert verdict.origin is None


def _times(*marked: int, of: int = 20) -> tuple[Segment, ...]:
    return tuple(Segment(float(n), n + 1.0, 1e-9 if n in marked else 0.5) for n in range(of))


def test_the_last_stretch_lasts_as_long_as_its_picture_is_shown() -> None:
    detection = replace(mark(PAYLOADS[0]), timeline=_times(0, 1, of=2))
    assert [(s.start, s.end) for s in detection.shown_until(7.5).timeline] == [(0, 1), (1, 7.5)]
    assert [(s.start, s.end) for s in detection.shown_until(1.5).timeline] == [(0, 1), (1, 1.5)]
    assert detection.shown_until(1.0) == detection
    assert replace(detection, timeline=()).shown_until(7.5).timeline == ()


@pytest.mark.parametrize(
    ("seen", "heard_in", "together"),
    [
        (range(20), range(20), True),
        (range(20), range(3, 6), True),
        (range(10), range(10, 20), False),
        (range(11), range(10, 20), False),
        (range(10), range(4, 14), True),
        ((), range(20), True),
    ],
)
def test_marks_of_joined_clips_lie_apart(seen: range, heard_in: range, together: bool) -> None:
    picture = replace(mark(PAYLOADS[0]), timeline=_times(*seen))
    sound = replace(mark(PAYLOADS[1]), timeline=_times(*heard_in))
    assert lie_together(picture, sound) is together
    assert lie_together(sound, picture) is together
    found = judge(evidence(ABSENT, picture, sound=heard(sound)))
    assert found.outcome is (Outcome.CONTRADICTORY if together else Outcome.GENERATED)


def test_text_of_strangers_is_safe_in_every_sentence() -> None:
    evil = "\x1b[2J\u202eevil"
    report = replace(
        manifest(source_type=CAPTURE), signer=SignerIdentity(evil, evil, "1"), title=evil, claim_generator=evil
    )
    own = replace(registered(PAYLOADS[0], label=evil), title=evil)
    for found in (
        evidence(report),
        evidence(replace(report, source_type=GENERATED)),
        evidence(report, mark(PAYLOADS[0]), registration=own, registry_consulted=True),
        evidence(replace(report, state=ValidationState.VALID, source_type=GENERATED)),
        evidence(replace(UNREADABLE, reason=evil)),
        evidence(replace(REMOTE, remote_url=evil)),
        evidence(ABSENT, mark(PAYLOADS[0]), registration=own, recovered=report, registry_consulted=True),
        evidence(report, NO_MARK, sound=heard(mark(PAYLOADS[0]), own)),
        evidence(ABSENT, NO_MARK, sound=heard(mark(PAYLOADS[0]), own)),
        evidence(ABSENT, PRESENT, sound=heard(mark(PAYLOADS[0]), own)),
        evidence(ABSENT, mark(PAYLOADS[1]), sound=heard(mark(PAYLOADS[0]), own)),
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
        names_in_sound=draw(st.sampled_from([None, *PAYLOADS])),
        label=draw(st.sampled_from(["urn:c2pa:1", "urn:c2pa:2"])),
        ingredients=draw(_ingredients),
    )


_registrations = st.builds(
    registered,
    st.sampled_from(PAYLOADS),
    st.sampled_from(["urn:c2pa:1", "urn:c2pa:2"]),
    st.sampled_from([GENERATED, CAPTURE, DigitalSourceType.HUMAN_EDITS]),
)


_labels = st.builds(
    ContainerLabels,
    st.sampled_from([None, GENERATED, CAPTURE]),
    st.sampled_from([None, *(AigcRecord("1", "x", number) for number in ("", str(PAYLOADS[0])))]),
    generator=st.sampled_from(["", "ComfyUI"]),
)


@st.composite
def any_evidence(draw: st.DrawFn) -> Evidence:
    detection = draw(st.sampled_from([None, NO_MARK, PRESENT, mark(PAYLOADS[0]), mark(PAYLOADS[1])]))
    report = draw(st.one_of(any_manifest(), st.sampled_from([ABSENT, UNREADABLE, REMOTE])))
    row, own = draw(st.none() | _registrations), draw(st.none() | _registrations)
    payload = detection.payload if detection else None
    in_sound = draw(st.sampled_from([None, NO_MARK, PRESENT, mark(PAYLOADS[0]), mark(PAYLOADS[1])]))
    third = draw(st.none() | _registrations)
    sound_row = replace(third, payload=in_sound.payload) if third and in_sound and in_sound.payload else None
    found = evidence(
        report,
        *([detection] if detection else []),
        registry_consulted=draw(st.booleans()),
        labels=draw(_labels),
        registration=replace(row, payload=payload) if row and payload else None,
        manifest_registration=replace(own, manifest_label=report.label) if own and report.label else None,
        recovered=draw(st.none() | any_manifest()) if row and payload else None,
        development=draw(st.booleans()),
        sound=SoundTrace(SOUND_ALGORITHM, (in_sound,) if in_sound else (), sound_row),
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
        assert found.manifest.is_sound or (found.recovered is not None and found.recovered.is_sound_but_for_content)
        assert not verified or (found.registration is not None and found.registration.source_type == CAPTURE)
        strange = found.strange_sound
        assert strange is None or (
            found.sound.registration is not None and found.sound.registration.source_type == CAPTURE
        )


@settings(max_examples=250, derandomize=True, deadline=None)
@given(any_evidence())
def test_whose_mark_it_is_changes_no_verdict(found: Evidence) -> None:
    """Only how much of the file's word is in doubt, where a manifest that holds keeps silent about a mark that leads
    to nothing else."""
    own, strange = judge(replace(found, signed_by_marker=True)), judge(replace(found, signed_by_marker=False))
    assert (own.outcome, own.headline, own.origin) == (strange.outcome, strange.headline, strange.origin)
    of_own = (Doubt.SILENCE, Doubt.RETOLD, Doubt.PROMISE)
    assert all(one.doubt not in of_own for one in strange.contradictions)
    for one in own.contradictions:
        if one.doubt in of_own:
            assert found.manifest.is_sound and not found.manifest.says_captured
            assert not any(part.relationship in ("parentOf", "componentOf") for part in found.manifest.ingredients)
        if one.doubt is Doubt.SILENCE:
            assert one.kind is ContradictionKind.HISTORY_DROPPED
            assert found.registration is None and found.manifest_registration is None
        if one.doubt is Doubt.RETOLD:
            assert found.registration is not None and found.registration.source_type == GENERATED
            assert found.recovered is not None and found.recovered.is_sound_but_for_content
            assert found.recovered.label == found.registration.manifest_label != found.manifest.label
        if one.doubt is Doubt.PROMISE:
            assert one.kind is ContradictionKind.SOFT_BINDING_MISSING_MARK
        if one.doubt is Doubt.UNSIGNED:
            assert one.kind is ContradictionKind.UNHASHED_BYTES and not found.container.unhashed


@settings(max_examples=250, derandomize=True, deadline=None)
@given(any_evidence())
def test_sound_makes_nothing_of_a_picture(found: Evidence) -> None:
    """What the sound says may cast doubt. It never makes a file acceptable, nor names where a picture came from."""
    with_sound, without = judge(found), judge(replace(found, sound=SoundTrace()))
    assert with_sound.origin == without.origin
    if Acceptance().accepts(with_sound.outcome):
        assert with_sound.outcome is without.outcome
    if without.outcome in (Outcome.CONTRADICTORY, Outcome.TAMPERED):
        assert Acceptance().exit_status(with_sound.outcome) is ExitStatus.REFUSED


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
