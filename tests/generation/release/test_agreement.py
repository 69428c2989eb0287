"""Each thing that is asked of a staged file, or of one to be signed as it is, is asked by itself.

A whole release fails in several ways at once, so that one question more or less would not be missed there.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.generation.release.conftest import DrawnGenerator
from touchmark.detectors.evidence import SoundTrace
from touchmark.detectors.verdict import Outcome
from touchmark.detectors.verify import Verification
from touchmark.generation.admission import (
    AlreadyMarkedError,
    ManifestElsewhereError,
    NotMarkedError,
    SuspectInputError,
    read_bindings,
    require_unmarked,
)
from touchmark.generation.agreement import SelfVerificationError, require_agreement
from touchmark.generation.release import Release, Studio
from touchmark.generation.request import GenerationRequest
from touchmark.provenance.home import Home
from touchmark.provenance.manifest.report import ManifestPresence, ValidationState
from touchmark.provenance.registry import Registration
from touchmark.provenance.watermark.protocol import Detection, MarkState, NamedBy, Payload

FILE = Path("film.mp4")


@pytest.fixture(scope="module")
def release(operator: Home, tmp_path_factory: pytest.TempPathFactory) -> Release:
    home = Home(tmp_path_factory.mktemp("agreement")).ensure()
    home.keys.symlink_to(operator.keys)
    request = GenerationRequest(prompt="a red disc moves left to right in front of a grey wall")
    return Studio.open(home).generate(request, home.root / "out.mp4", generator=DrawnGenerator())


def with_evidence(found: Verification, **changed: Any) -> Verification:
    return replace(found, evidence=replace(found.evidence, **changed))


def registered(release: Release) -> Registration:
    registration = release.verification.evidence.registration
    assert registration is not None
    return registration


def mark(release: Release, **changed: Any) -> Detection:
    found = release.verification.evidence.mark
    assert found is not None
    return replace(found, **changed)


def test_whatever_was_put_there_must_be_found(release: Release) -> None:
    found, registration = release.verification, registered(release)
    require_agreement(found, registration)
    manifest, strange = found.evidence.manifest, mark(release, payload=Payload(1))
    for changed, missing in (
        (with_evidence(found, manifest=replace(manifest, state=ValidationState.VALID)), "a trusted manifest"),
        (with_evidence(found, manifest=replace(manifest, label="urn:c2pa:another")), "that was just signed"),
        (with_evidence(found, detections=(strange,)), "the watermark payload"),
        (with_evidence(found, detections=(mark(release, named_by=NamedBy.FILE),)), "the watermark payload"),
        (with_evidence(found, sound=SoundTrace(detections=(strange,))), "no other payload"),
        (with_evidence(found, registration=replace(registration, title="another")), "the registry entry"),
        (replace(found, verdict=replace(found.verdict, outcome=Outcome.CONTRADICTORY)), "a verdict of generated"),
    ):
        with pytest.raises(SelfVerificationError, match=f"did not find [^,]*{missing} in"):
            require_agreement(changed, registration)


def test_a_file_is_signed_as_it_is_for_the_mark_that_is_read_in_it_and_no_other(release: Release) -> None:
    ours = mark(release)
    trace = SoundTrace("sound", (replace(ours, payload=Payload(1)),))
    found = with_evidence(release.verification, registration=None, sound=trace)
    picture, payload = found.evidence.algorithm, release.payload.to_bytes()
    assert [(b.algorithm, b.payload) for b in read_bindings(FILE, found, ours.key_id)] == [(picture, payload)]
    both = with_evidence(found, sound=SoundTrace("sound", (ours,)))
    assert [(b.algorithm, b.payload) for b in read_bindings(FILE, both, ours.key_id)] == [
        (picture, payload),
        ("sound", payload),
    ]
    seen = replace(ours, state=MarkState.PRESENT, payload=None)
    for nothing in (with_evidence(found, detections=()), with_evidence(found, detections=(seen,))):
        with pytest.raises(NotMarkedError):
            read_bindings(FILE, nothing, ours.key_id)
    with pytest.raises(NotMarkedError):  # of a secret that is no longer in use, by which nothing is registered
        read_bindings(FILE, found, "another")


def test_a_mark_that_is_only_seen_is_not_sealed_over(release: Release) -> None:
    seen = mark(release, state=MarkState.PRESENT, payload=None)
    nothing = replace(seen, state=MarkState.NOTHING_FOUND)
    clean = with_evidence(release.verification, detections=(nothing,))
    require_unmarked(FILE, clean, as_is=False)
    in_sound = with_evidence(clean, sound=SoundTrace("", (seen,)))
    for marked in (with_evidence(clean, detections=(nothing, seen)), in_sound):
        require_unmarked(FILE, marked, as_is=True)
        with pytest.raises(AlreadyMarkedError):
            require_unmarked(FILE, marked, as_is=False)


def test_no_seal_covers_up_what_is_wrong_or_elsewhere(release: Release) -> None:
    found = with_evidence(release.verification, detections=())
    manifest = found.evidence.manifest
    for outcome in (Outcome.TAMPERED, Outcome.CONTRADICTORY):
        with pytest.raises(SuspectInputError):
            require_unmarked(FILE, replace(found, verdict=replace(found.verdict, outcome=outcome)), as_is=True)
    for presence, error in (
        (ManifestPresence.UNSUPPORTED, SuspectInputError),
        (ManifestPresence.REMOTE_ONLY, ManifestElsewhereError),
    ):
        with pytest.raises(error):
            require_unmarked(FILE, with_evidence(found, manifest=replace(manifest, presence=presence)), as_is=True)
