"""Each rule of what contradicts what, and how much of a file's word it leaves in doubt, at the edge of the rule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.detectors.found import (
    ABSENT,
    ALGORITHM,
    BAD_SIGNATURE,
    CAPTURE,
    GENERATED,
    HASH_MISMATCH,
    NO_MARK,
    NOW,
    PAYLOADS,
    PRESENT,
    SOUND_ALGORITHM,
    UNTRUSTED,
    evidence,
    heard,
    manifest,
    mark,
    registered,
)
from touchmark.detectors.contradictions import ContradictionKind as Kind
from touchmark.detectors.contradictions import find_contradictions
from touchmark.detectors.doubt import Doubt
from touchmark.detectors.evidence import Evidence, SoundTrace
from touchmark.detectors.labels import ContainerLabels
from touchmark.detectors.verdict import Outcome, judge
from touchmark.provenance.disclosure.aigc import AigcRecord
from touchmark.provenance.fingerprint import Likeness
from touchmark.provenance.manifest.claim import DigitalSourceType
from touchmark.provenance.manifest.report import (
    AiDisclosure,
    EarlierStatement,
    ManifestReport,
    ReportedAction,
    ReportedIngredient,
    ReportedRedaction,
    ReportedSoftBinding,
)

OWN, OTHER = PAYLOADS
EDITS = DigitalSourceType.HUMAN_EDITS
OWN_ROW = registered(OWN)
ELSEWHERE = "urn:c2pa:7"
PART = ReportedIngredient("p", "parentOf", ELSEWHERE, 1, source_type=CAPTURE.value)
MADE_ACTION = ReportedAction("c2pa.edited", NOW, GENERATED.value, "")
MODEL = AiDisclosure("", "a model", "", "")


def kinds(found: Evidence) -> list[Kind]:
    return [one.kind for one in find_contradictions(found)]


def doubts(found: Evidence) -> list[Doubt]:
    return [one.doubt for one in find_contradictions(found)]


def copied(found: Evidence) -> Evidence:
    """Not the file that was published."""
    return replace(found, container=replace(found.container, sha256="b" * 64))


# -- a manifest over other content


def test_a_manifest_of_another_file_is_told_by_the_mark() -> None:
    """It is intact and does not fit. Whose the pixels are, the mark says, or that it is missing."""
    report = manifest(HASH_MISMATCH, names=OWN)
    for found, told in (
        (evidence(report, mark(OTHER)), True),
        (evidence(manifest(HASH_MISMATCH), mark(OTHER)), True),
        (evidence(report, mark(OWN)), False),  # its own mark: the file was changed
        (copied(evidence(report, mark(OWN), named_registrations=(OWN_ROW,))), False),
        (evidence(report, PRESENT), False),  # a mark that cannot be read is nobody else's
        (evidence(manifest(HASH_MISMATCH, BAD_SIGNATURE, names=OWN), mark(OTHER)), False),
        (evidence(report, NO_MARK), False),  # whose key was not tried
        (copied(evidence(report, NO_MARK, named_registrations=(OWN_ROW,))), True),
        (copied(evidence(manifest(HASH_MISMATCH), NO_MARK, named_registrations=(OWN_ROW,))), False),
    ):
        assert (Kind.TRANSPLANTED_MANIFEST in kinds(found)) is told
    assert Kind.TRANSPLANTED_MANIFEST not in kinds(evidence(manifest(names=OWN), mark(OTHER)))


def test_where_a_file_was_changed_its_manifest_is_not_held_against_the_mark() -> None:
    for fault in (HASH_MISMATCH, BAD_SIGNATURE):
        found = evidence(manifest(fault, source_type=CAPTURE), PRESENT, labels=ContainerLabels(generator="ComfyUI"))
        assert kinds(found) == []


def test_a_manifest_without_the_content_that_it_was_made_for_contradicts_nothing() -> None:
    alone = evidence(manifest(HASH_MISMATCH, source_type=CAPTURE), labels=ContainerLabels(generator="ComfyUI"))
    info = replace(alone.container.info, container="c2pa")
    assert kinds(replace(alone, container=replace(alone.container, info=info))) == []


def test_a_broken_ingredient_beneath_a_broken_signature_is_nobodys_laundering() -> None:
    broken = replace(PART, faults=(HASH_MISMATCH,))
    assert kinds(evidence(manifest(ingredients=(broken,)))) == [Kind.LAUNDERED_EDIT]
    assert kinds(evidence(manifest(BAD_SIGNATURE, ingredients=(broken,)))) == []


# -- a mark that is promised


def test_a_promised_mark_is_missed_only_where_it_would_be_seen() -> None:
    report = manifest(names=OWN)
    row = {"manifest_registration": OWN_ROW}
    found = copied(evidence(report, NO_MARK, **row))
    missing = Kind.SOFT_BINDING_MISSING_MARK
    assert missing in kinds(found)
    assert missing in kinds(copied(evidence(report, NO_MARK, named_registrations=(OWN_ROW,))))
    for other in (
        evidence(report, NO_MARK, **row),  # the very file that was published
        replace(found, container=replace(found.container, damage=1)),
        replace(found, detections=(replace(NO_MARK, key_id="00000002"),)),
        replace(found, detections=()),
        replace(found, detections=(mark(OWN),)),
        replace(found, manifest=manifest()),
        replace(found, manifest_registration=None),
    ):
        assert missing not in kinds(other)


# -- a mark that a manifest does not admit


def test_how_much_is_in_doubt_of_a_manifest_that_does_not_name_the_mark() -> None:
    """Whoever says too that a machine made it is believed in that; the operator himself in all but the silence."""
    dropped, camera = Kind.HISTORY_DROPPED, Kind.CAPTURE_CLAIM_OVER_MARK
    filmed = registered(OTHER, ELSEWHERE, CAPTURE)
    own = {"signed_by_marker": True}
    edited = replace(manifest(source_type=CAPTURE), actions=(MADE_ACTION,))
    for report, more, kind, doubt in (
        (manifest(), {}, dropped, Doubt.STORY),
        (manifest(source_type=None), {}, dropped, Doubt.CLAIMS),
        (manifest(), {"registration": filmed}, dropped, Doubt.CLAIMS),
        (manifest(), {"registration": registered(OTHER, ELSEWHERE)}, dropped, Doubt.STORY),
        (manifest(), own, dropped, Doubt.SILENCE),
        (manifest(UNTRUSTED), own, dropped, Doubt.STORY),
        (manifest(), own | {"registration": registered(OTHER, ELSEWHERE)}, dropped, Doubt.STORY),
        (manifest(source_type=EDITS), own, dropped, Doubt.CLAIMS),
        (replace(manifest(), ingredients=(PART,)), own, dropped, Doubt.STORY),
        (replace(manifest(), ingredients=(PART,), actions=(MADE_ACTION,)), own, dropped, Doubt.SILENCE),
        (replace(manifest(), beneath=EarlierStatement("urn:c2pa:0", (), None, ())), own, dropped, Doubt.STORY),
        (manifest(source_type=CAPTURE), {}, camera, Doubt.CLAIMS),
        (manifest(source_type=CAPTURE), own, camera, Doubt.CLAIMS),
        (manifest(source_type=CAPTURE, ingredients=(replace(PART, source_type=GENERATED.value),)), {}, camera, None),
        (edited, {}, camera, Doubt.STORY),
        (edited, own, dropped, Doubt.SILENCE),
    ):
        (told,) = find_contradictions(evidence(report, mark(OTHER), **more))
        assert (told.kind, told.doubt) == (kind, doubt or Doubt.CLAIMS)
    (told,) = find_contradictions(evidence(edited, PRESENT, signed_by_marker=True))
    assert told.kind is camera, "what cannot be read may be anybody's"
    assert kinds(evidence(manifest(), PRESENT)) == []


def test_the_registry_knows_the_operators_own_manifest_and_its_mark() -> None:
    found = evidence(manifest(), mark(OTHER), signed_by_marker=True, manifest_registration=registered(OWN))
    assert [one.doubt for one in find_contradictions(found) if one.kind is Kind.HISTORY_DROPPED] == [Doubt.STORY]


def test_a_manifest_that_admits_the_mark_hides_no_generation_that_the_registry_knows() -> None:
    quoted = replace(PART, label=ELSEWHERE)
    for source_type, label, row, kind in (
        (CAPTURE, "urn:c2pa:1", registered(OWN, ELSEWHERE), Kind.CAPTURE_CLAIM_OVER_MARK),
        (EDITS, "urn:c2pa:1", registered(OWN, ELSEWHERE), Kind.HISTORY_DROPPED),
        (GENERATED, "urn:c2pa:1", registered(OWN, ELSEWHERE), None),
        (CAPTURE, "urn:c2pa:1", registered(OWN, ELSEWHERE, CAPTURE), None),
        (CAPTURE, ELSEWHERE, registered(OWN, ELSEWHERE), None),
    ):
        report = manifest(source_type=source_type, label=label, ingredients=(quoted,))
        assert kinds(evidence(report, mark(OWN), registration=row)) == ([kind] if kind else [])


def test_a_manifest_that_names_anothers_mark_as_its_own_is_doubted_no_more_than_one_that_names_none() -> None:
    for source_type, doubt in ((GENERATED, Doubt.STORY), (None, Doubt.CLAIMS)):
        report = manifest(source_type=source_type, names=OWN)
        found = evidence(report, mark(OWN), registration=registered(OWN, ELSEWHERE, GENERATED))
        (told,) = (one for one in find_contradictions(found) if one.kind is Kind.REGISTRY_DISAGREES)
        assert told.doubt is doubt


def test_marks_count_under_their_own_algorithm() -> None:
    report = replace(manifest(), soft_bindings=manifest(names_in_sound=OWN).soft_bindings)
    assert kinds(evidence(report, mark(OWN))) == [Kind.HISTORY_DROPPED]
    assert kinds(evidence(manifest(source_type=CAPTURE, names=OWN), PRESENT)) == [], "it may be this one"


def test_what_is_beneath_a_manifest_may_admit_the_mark() -> None:
    nothing, own = ReportedSoftBinding(ALGORITHM, b""), ReportedSoftBinding(ALGORITHM, OWN.to_bytes())
    for bindings, found_mark, admitted in (
        ((own,), mark(OWN), True),
        ((nothing, own), mark(OWN), True),
        ((replace(own, algorithm=SOUND_ALGORITHM),), mark(OWN), False),
        ((own,), mark(OTHER), False),
        ((own,), PRESENT, True),
        ((nothing,), PRESENT, False),
    ):
        for relationship in ("parentOf", "inputTo"):
            part = replace(PART, relationship=relationship, soft_bindings=bindings)
            report = replace(manifest(source_type=CAPTURE), ingredients=(part,))
            assert (kinds(evidence(report, found_mark)) == []) is (admitted and relationship == "parentOf")


# -- sound and picture


def test_two_histories_are_kept_by_a_trusted_signer_alone() -> None:
    sound = heard(mark(OTHER))
    both = {"names": OWN, "names_in_sound": OTHER}
    for report, joined in (
        (manifest(**both), True),
        (manifest(UNTRUSTED, **both), False),
        (manifest(names=OWN), False),
        (manifest(names_in_sound=OTHER), False),
    ):
        found = evidence(report, mark(OWN), sound=sound)
        assert (Kind.SOUND_OF_ANOTHER_VIDEO not in kinds(found)) is joined
    assert kinds(evidence(ABSENT, mark(OWN), sound=_music(GENERATED))) == []
    assert kinds(evidence(ABSENT, PRESENT, sound=sound)) == []


@pytest.mark.parametrize("likeness", [Likeness.OTHER, Likeness.SAME, None])
def test_a_picture_that_shows_another_is_excused_by_a_trusted_signer_who_names_the_mark(
    likeness: Likeness | None,
) -> None:
    for report, excused in (
        (manifest(names=OWN), True),
        (manifest(UNTRUSTED, names=OWN), False),
        (manifest(), False),
        (ABSENT, False),
    ):
        found = kinds(evidence(report, mark(OWN), likeness=likeness))
        assert (Kind.PICTURE_OF_ANOTHER_VIDEO in found) is (likeness is Likeness.OTHER and not excused)
    assert kinds(evidence(ABSENT, NO_MARK, likeness=likeness)) == []


# -- labels


def test_labels_that_tell_of_a_generator_contradict_a_recording_and_nothing_else() -> None:
    labels = ContainerLabels(generator="ComfyUI")
    filmed = manifest(source_type=CAPTURE)
    for report, told in (
        (filmed, True),
        (manifest(source_type=EDITS), False),
        (replace(filmed, actions=(MADE_ACTION,)), False),
        (replace(filmed, ingredients=(PART,), ai_disclosure=MODEL), False),
        (replace(filmed, ai_disclosure=MODEL), True),
        (replace(filmed, ingredients=(PART,)), True),
        (
            replace(
                filmed,
                ingredients=(PART,),
                ai_disclosure=MODEL,
                actions=(replace(MADE_ACTION, digital_source_type=CAPTURE.value),),
            ),
            True,
        ),
    ):
        assert (Kind.LABELS_DISAGREE in kinds(evidence(report, labels=labels))) is told
    assert kinds(evidence(filmed)) == []


def test_a_record_that_names_another_file_is_excused_by_a_trusted_signer_who_names_the_mark() -> None:
    strange = ContainerLabels(record=AigcRecord("2", "x", str(OTHER)))
    for report, seen, labels, told in (
        (ABSENT, mark(OWN), strange, True),
        (manifest(UNTRUSTED, names=OWN), mark(OWN), strange, True),
        (manifest(), mark(OWN), strange, True),
        (manifest(names=OWN), mark(OWN), strange, False),
        (ABSENT, mark(OTHER), strange, False),
        (ABSENT, PRESENT, strange, False),
        (ABSENT, mark(OWN), ContainerLabels(record=AigcRecord("2", "x", "")), False),
    ):
        assert (Kind.LABELS_DISAGREE in kinds(evidence(report, seen, labels=labels))) is told


# -- a camera that may be believed


def test_a_claim_of_a_camera_is_no_such_thing_where_anything_beside_it_speaks_of_a_model() -> None:
    filmed = manifest(source_type=CAPTURE)
    beneath = replace(filmed, ingredients=(PART,))
    redacted = ReportedRedaction("c2pa.cloud-data", "c2pa.PII.present", filmed.signer)

    def over(**change: object) -> Evidence:
        return evidence(replace(filmed, ingredients=(replace(PART, **change),)))  # type: ignore[arg-type]

    assert judge(evidence(beneath)).outcome is Outcome.CAPTURED
    for found in (
        evidence(replace(filmed, keeps_elsewhere=True)),
        over(keeps_elsewhere=True),
        evidence(replace(filmed, redactions=(redacted,))),
        evidence(replace(filmed, redactions=(replace(redacted, assertion="c2pa.soft-binding"),))),
        evidence(replace(filmed, passes_on=True)),
        over(passes_on=True),
        evidence(replace(filmed, claim_generator="ComfyUI")),
        evidence(replace(filmed, actions=(ReportedAction("c2pa.edited", NOW, "", "ComfyUI"),))),
        over(programs=("ComfyUI",)),
        over(edit_source_types=("http://example.com/nobody-knows",)),
    ):
        assert judge(found).outcome is Outcome.UNKNOWN


def test_a_camera_is_not_believed_unseen_where_there_is_a_key_to_look_with() -> None:
    found = evidence(manifest(source_type=CAPTURE))
    unseen = replace(found, container=replace(found.container, unseen="not asked for"))
    assert judge(unseen).outcome is Outcome.CAPTURED
    assert judge(replace(unseen, has_keys=True)).outcome is Outcome.UNKNOWN
    assert judge(replace(found, has_keys=True)).outcome is Outcome.CAPTURED


def test_what_the_registry_says_of_the_files_own_manifest_and_of_its_mark() -> None:
    filmed = manifest(source_type=CAPTURE, names=OWN)
    made = registered(OWN)
    assert judge(evidence(filmed, manifest_registration=made)).outcome is Outcome.GENERATED
    row = registered(OWN, source_type=EDITS)
    assert judge(evidence(filmed, manifest_registration=row)).outcome is Outcome.UNKNOWN
    known = {"registration": row, "manifest_registration": row}
    assert judge(evidence(manifest(names=OWN), mark(OWN), **known)).outcome is Outcome.GENERATED
    filled = replace(filmed, actions=(MADE_ACTION,))
    assert judge(evidence(filled, mark(OWN))).outcome is Outcome.GENERATED, "the mark and the manifest agree in that"
    shot = {"registration": registered(OWN, source_type=CAPTURE)}
    kept = replace(manifest(HASH_MISMATCH, source_type=CAPTURE, names=OWN), signer_trusted=True)
    for recovered, outcome in ((kept, Outcome.CAPTURED), (replace(kept, ai_disclosure=MODEL), Outcome.UNKNOWN)):
        assert judge(evidence(ABSENT, mark(OWN), recovered=recovered, **shot)).outcome is outcome


def test_a_recording_that_was_sealed_here_stands_with_its_own_sound_and_not_over_a_generated_one() -> None:
    row = registered(OWN, source_type=CAPTURE)
    known = {"registration": row, "manifest_registration": row}
    for sound, outcome in (
        (heard(PRESENT), Outcome.CAPTURED),
        (_music(GENERATED), Outcome.UNKNOWN),
        (_music(CAPTURE), Outcome.CAPTURED),
    ):
        found = evidence(manifest(source_type=CAPTURE, names=OWN), mark(OWN), sound=sound, **known)
        assert judge(found).outcome is outcome


def _music(source_type: DigitalSourceType) -> SoundTrace:
    row = replace(registered(OTHER, ELSEWHERE, source_type), watermark_algorithm=SOUND_ALGORITHM)
    return heard(mark(OTHER), row)


# -- what the operator signed anew


REGISTERED = registered(OWN, ELSEWHERE)
BEFORE = manifest(HASH_MISMATCH, names=OWN, label=ELSEWHERE)
"""The manifest that the registry kept, read against a file that it was not made for."""


def signed_anew(report: ManifestReport, before: ManifestReport | None = BEFORE, **more: Any) -> Evidence:
    return evidence(
        report, mark(OWN), **({"registration": REGISTERED, "signed_by_marker": True, "recovered": before} | more)
    )


def test_of_what_the_operator_signed_anew_only_what_was_told_otherwise_is_in_doubt() -> None:
    begun = replace(manifest(), actions=(MADE_ACTION,))
    began = replace(BEFORE, actions=(MADE_ACTION,))
    untimed = replace(MADE_ACTION, when=None)
    filmed = registered(OWN, ELSEWHERE, CAPTURE)
    named, silent = manifest(names=OWN), manifest()
    for found, kind, doubt in (
        (signed_anew(named), Kind.REGISTRY_DISAGREES, Doubt.RETOLD),
        (signed_anew(named, signed_by_marker=False), Kind.REGISTRY_DISAGREES, Doubt.STORY),
        (signed_anew(manifest(UNTRUSTED, names=OWN)), Kind.REGISTRY_DISAGREES, Doubt.STORY),
        (signed_anew(named, None), Kind.REGISTRY_DISAGREES, Doubt.STORY),
        (signed_anew(replace(named, ingredients=(replace(PART, label="urn:c2pa:8"),))), None, Doubt.STORY),
        (signed_anew(replace(named, source_type=None)), None, Doubt.RETOLD),
        (signed_anew(replace(named, source_type=EDITS)), None, Doubt.CLAIMS),
        (signed_anew(silent), Kind.HISTORY_DROPPED, Doubt.STORY),
        (signed_anew(begun, began), Kind.HISTORY_DROPPED, Doubt.RETOLD),
        (signed_anew(begun), Kind.HISTORY_DROPPED, Doubt.STORY),
        (signed_anew(replace(begun, actions=(untimed,)), replace(began, actions=(untimed,))), None, Doubt.STORY),
        (signed_anew(begun, replace(began, label=OWN_ROW.manifest_label)), Kind.HISTORY_DROPPED, Doubt.STORY),
        (signed_anew(begun, replace(began, failures=(BAD_SIGNATURE,))), Kind.HISTORY_DROPPED, Doubt.STORY),
        (signed_anew(begun, began, registration=filmed), Kind.HISTORY_DROPPED, Doubt.CLAIMS),
        (signed_anew(manifest(names=OWN, source_type=CAPTURE)), Kind.CAPTURE_CLAIM_OVER_MARK, Doubt.CLAIMS),
        (signed_anew(manifest(names=OTHER)), Kind.SOFT_BINDING_MISMATCH, Doubt.CLAIMS),
        (signed_anew(replace(begun, soft_bindings=manifest(names=OTHER).soft_bindings), began), None, Doubt.RETOLD),
    ):
        told = find_contradictions(found)[0]
        assert (kind or told.kind, doubt) == (told.kind, told.doubt)


def test_other_bytes_under_a_registered_name_leave_in_doubt_what_its_operator_did_not_sign() -> None:
    own = {"signed_by_marker": True, "manifest_registration": OWN_ROW, "registration": OWN_ROW}
    report = manifest(names=OWN)
    for found, doubt in (
        (evidence(report, mark(OWN), **own), Doubt.UNSIGNED),
        (evidence(report, mark(OWN), **own | {"signed_by_marker": False}), Doubt.CLAIMS),
        (evidence(manifest(UNTRUSTED, names=OWN), mark(OWN), **own), Doubt.CLAIMS),
    ):
        assert doubts(copied(found)) == [doubt]
        hidden = replace(found, container=replace(found.container, unhashed=7))
        assert doubts(hidden) == [Doubt.CLAIMS]


def test_a_mark_that_is_lost_leaves_in_doubt_what_its_operator_did_not_sign() -> None:
    row = {"manifest_registration": OWN_ROW, "named_registrations": (OWN_ROW,)}
    for report, own, doubt in (
        (manifest(names=OWN), True, Doubt.PROMISE),
        (manifest(names=OWN), False, Doubt.CLAIMS),
        (manifest(UNTRUSTED, names=OWN), True, Doubt.CLAIMS),
        (manifest(names=OWN, source_type=CAPTURE), True, Doubt.CLAIMS),
    ):
        found = copied(evidence(report, NO_MARK, signed_by_marker=own, **row))
        assert [one.doubt for one in find_contradictions(found) if one.kind is Kind.SOFT_BINDING_MISSING_MARK] == [
            doubt
        ]
