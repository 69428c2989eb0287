"""Made-up evidence, for tests of what is concluded from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

from touchmark.detectors.evidence import Container, Evidence, SoundTrace
from touchmark.provenance.manifest.claim import DigitalSourceType
from touchmark.provenance.manifest.report import (
    ManifestPresence,
    ManifestReport,
    ReportedAction,
    ReportedIngredient,
    ReportedSoftBinding,
    SignerIdentity,
    ValidationState,
)
from touchmark.provenance.manifest.status import StatusCode
from touchmark.provenance.media.decode import VideoInfo
from touchmark.provenance.registry import Registration
from touchmark.provenance.watermark.protocol import Detection, MarkState, Payload

ALGORITHM = "io.example.mark.1"
SOUND_ALGORITHM = "io.example.sound.1"
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
REVOKED = StatusCode("signingCredential.ocsp.revoked")

GENERATED = DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA
CAPTURE = DigitalSourceType.DIGITAL_CAPTURE
UPDATED = ReportedAction("c2pa.opened", NOW, "", "")


def manifest(
    *failures: StatusCode,
    state: ValidationState | None = None,
    source_type: DigitalSourceType | None = GENERATED,
    names: Payload | None = None,
    names_in_sound: Payload | None = None,
    label: str = "urn:c2pa:1",
    ingredients: tuple[ReportedIngredient, ...] = (),
) -> ManifestReport:
    """A report as the reader makes them: its fields follow from its failures."""
    codes = {failure.code for failure in failures}
    broken = codes - {UNTRUSTED.code}
    state = state or (
        ValidationState.INVALID if broken else ValidationState.VALID if codes else ValidationState.TRUSTED
    )
    named = ((ALGORITHM, names), (SOUND_ALGORITHM, names_in_sound))
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
        soft_bindings=tuple(ReportedSoftBinding(algorithm, name.to_bytes()) for algorithm, name in named if name),
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


def heard(detection: Detection, row: Registration | None = None) -> SoundTrace:
    return SoundTrace(SOUND_ALGORITHM, (detection,), row)


def evidence(report: ManifestReport = ABSENT, *detections: Detection, **changes: object) -> Evidence:
    container = Container(sha256=SHA, size=1000, info=INFO, has_manifest_box=report.presence != "absent")
    return replace(Evidence(container, report, ALGORITHM, detections), **changes)
