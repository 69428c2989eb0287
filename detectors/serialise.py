"""A verification as JSON, under a published schema: what ``touchmark verify --json`` prints, and what services store.

    VerificationReport.of(verification).model_dump_json()

    python -m touchmark.detectors.serialise > docs/schemas/verify.schema.json

Fields are added, never renamed or removed, while ``schema_version`` stays the same. Text that comes from the file is
passed on as it was read (JSON escapes it): whoever shows it makes it safe for where it is shown.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from touchmark.detectors.acceptance import Acceptance
from touchmark.detectors.contradictions import ContradictionKind
from touchmark.detectors.evidence import Container, Evidence
from touchmark.detectors.origin import Origin, Via
from touchmark.detectors.statements import Source, Tone
from touchmark.detectors.verdict import Outcome, Verdict
from touchmark.detectors.verify import Verification
from touchmark.provenance.manifest.claim import DigitalSourceType
from touchmark.provenance.manifest.report import (
    ManifestPresence,
    ManifestReport,
    ReportedIngredient,
    StatusCode,
    ValidationState,
)
from touchmark.provenance.registry import Registration
from touchmark.provenance.watermark.protocol import Detection, MarkState

SCHEMA_ID = "urn:touchmark:schema:verify:1"

Hex64 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
PayloadText = Annotated[str, Field(pattern="^[0-9a-f]{16}$", description="64 bits, hexadecimal")]
Text = Annotated[str, BeforeValidator(lambda text: text.encode("utf-8", "backslashreplace").decode())]
"""Any text, also with the lone surrogates that a hostile file (or an odd file name) brings."""
Probability = Annotated[float, Field(ge=0, le=1)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class ContradictionModel(_Model):
    """Two things that cannot both be true."""

    kind: ContradictionKind
    title: Text
    explanation: Text


class StatementModel(_Model):
    """What one source of evidence says."""

    source: Source
    tone: Tone
    text: Text


class OriginModel(_Model):
    """Who made the video, with what, when. Believe it only as far as the outcome goes."""

    via: Via
    signer: Text
    trusted: bool
    """Whether a configured anchor vouches for the signer."""
    generator: Text
    model: Text
    created: datetime | None
    source_type: DigitalSourceType | None
    title: Text
    manifest_label: Text
    payload: PayloadText | None
    key_id: Text | None

    @classmethod
    def of(cls, origin: Origin) -> Self:
        return cls(
            via=origin.via,
            signer=origin.signer,
            trusted=origin.trusted,
            generator=origin.generator,
            model=origin.model,
            created=origin.created,
            source_type=origin.source_type,
            title=origin.title,
            manifest_label=origin.manifest_label,
            payload=origin.payload or None,
            key_id=origin.key_id or None,
        )


class VerdictModel(_Model):
    """What the file turned out to be."""

    outcome: Outcome
    accepted: bool
    """Whether the policy accepts a file with this outcome."""
    headline: Text
    origin: OriginModel | None
    contradictions: list[ContradictionModel]
    tampering: list[Text]
    """What shows that bytes were changed after signing."""
    statements: list[StatementModel]
    development_keys: bool
    """The signer is believed only through a development certificate authority."""

    @classmethod
    def of(cls, verdict: Verdict, acceptance: Acceptance) -> Self:
        return cls(
            outcome=verdict.outcome,
            accepted=acceptance.accepts(verdict.outcome),
            headline=verdict.headline,
            origin=OriginModel.of(verdict.origin) if verdict.origin else None,
            contradictions=[
                ContradictionModel(kind=found.kind, title=found.kind.in_words, explanation=found.explanation)
                for found in verdict.contradictions
            ],
            tampering=list(verdict.tampering),
            statements=[StatementModel(source=s.source, tone=s.tone, text=s.text) for s in verdict.statements],
            development_keys=verdict.development_keys,
        )


class ContainerModel(_Model):
    """The file as a container of bytes."""

    sha256: Hex64
    size: int = Field(ge=0)
    container: Text
    codec: Text
    width: int
    height: int
    frame_rate: float
    duration: float | None
    """Seconds, as declared."""
    has_sound: bool
    labels: dict[Text, Text]
    """The container's own metadata; proves nothing."""
    damaged_packets: int
    has_manifest_box: bool
    unhashed_bytes: int
    """Non-zero bytes in boxes that the C2PA hash leaves out."""

    @classmethod
    def of(cls, container: Container) -> Self:
        info = container.info
        return cls(
            sha256=container.sha256,
            size=container.size,
            container=info.container,
            codec=info.codec,
            width=info.width,
            height=info.height,
            frame_rate=float(info.frame_rate),
            duration=None if info.duration is None else float(info.duration),
            has_sound=info.has_sound,
            labels=dict(info.labels),
            damaged_packets=container.damage,
            has_manifest_box=container.has_manifest_box,
            unhashed_bytes=container.unhashed,
        )


class FaultModel(_Model):
    """A C2PA validation failure."""

    code: Text
    explanation: Text

    @classmethod
    def of(cls, fault: StatusCode) -> Self:
        return cls(code=fault.code, explanation=fault.explanation)


class ActionModel(_Model):
    """An action that the manifest claims."""

    name: Text
    when: datetime | None
    digital_source_type: Text
    software_agent: Text


class SoftBindingModel(_Model):
    """A mark that the manifest says the pixels carry."""

    algorithm: Text
    payload: Text
    """Hexadecimal."""
    start: float | None
    end: float | None


class IngredientModel(_Model):
    """Something that the file was made from, anywhere in the tree (depth 1: the active manifest's own)."""

    title: Text
    relationship: Text
    label: Text
    depth: int
    description: Text
    data_types: list[Text]
    source_type: Text
    faults: list[FaultModel]

    @classmethod
    def of(cls, ingredient: ReportedIngredient) -> Self:
        return cls(
            title=ingredient.title,
            relationship=ingredient.relationship,
            label=ingredient.label,
            depth=ingredient.depth,
            description=ingredient.description,
            data_types=list(ingredient.data_types),
            source_type=ingredient.source_type,
            faults=[FaultModel.of(fault) for fault in ingredient.faults],
        )


class SignerModel(_Model):
    """Whom the signing certificate names."""

    common_name: Text
    organisation: Text
    serial: Text


class ManifestModel(_Model):
    """What a C2PA manifest says, and what holds of it."""

    presence: ManifestPresence
    reason: Text
    state: ValidationState | None
    label: Text
    title: Text
    claim_generator: Text
    signer: SignerModel | None
    algorithm: Text
    signed_at: datetime | None
    time_stamped: bool
    signature_valid: bool
    signer_trusted: bool
    hard_binding_matches: bool | None
    source_type: DigitalSourceType | None
    actions: list[ActionModel]
    soft_bindings: list[SoftBindingModel]
    ingredients: list[IngredientModel]
    failures: list[FaultModel]
    truncated: bool

    @classmethod
    def of(cls, report: ManifestReport) -> Self:
        signer = report.signer
        return cls(
            presence=report.presence,
            reason=report.reason,
            state=report.state,
            label=report.label,
            title=report.title,
            claim_generator=report.claim_generator,
            signer=None
            if signer is None
            else SignerModel(common_name=signer.common_name, organisation=signer.organisation, serial=signer.serial),
            algorithm=report.algorithm,
            signed_at=report.signed_at,
            time_stamped=report.time_stamped,
            signature_valid=report.signature_valid,
            signer_trusted=report.signer_trusted,
            hard_binding_matches=report.hard_binding_matches,
            source_type=report.source_type,
            actions=[
                ActionModel(
                    name=action.name,
                    when=action.when,
                    digital_source_type=action.digital_source_type,
                    software_agent=action.software_agent,
                )
                for action in report.actions
            ],
            soft_bindings=[
                SoftBindingModel(algorithm=b.algorithm, payload=b.payload.hex(), start=b.start, end=b.end)
                for b in report.soft_bindings
            ],
            ingredients=[IngredientModel.of(ingredient) for ingredient in report.ingredients],
            failures=[FaultModel.of(failure) for failure in report.failures],
            truncated=report.truncated,
        )


class SegmentModel(_Model):
    """One stretch of the timeline, in seconds."""

    start: float
    end: float
    p_value: Probability


class DetectionModel(_Model):
    """What one watermark key found."""

    state: MarkState
    key_id: Text
    payload: PayloadText | None
    p_value: Probability
    """Probability, over everything that was tried, that an unmarked video gives this result."""
    timeline: list[SegmentModel]

    @classmethod
    def of(cls, detection: Detection) -> Self:
        return cls(
            state=detection.state,
            key_id=detection.key_id,
            payload=None if detection.payload is None else str(detection.payload),
            p_value=detection.p_value,
            timeline=[SegmentModel(start=s.start, end=s.end, p_value=s.p_value) for s in detection.timeline],
        )


class RegistrationModel(_Model):
    """What the registry knows."""

    payload: PayloadText
    manifest_label: Text
    file_sha256: Hex64
    same_file: bool
    """Whether the file examined is the published one, byte for byte."""
    title: Text
    source_type: Text
    created: datetime

    @classmethod
    def of(cls, registration: Registration, sha256: str) -> Self:
        return cls(
            payload=str(registration.payload),
            manifest_label=registration.manifest_label,
            file_sha256=registration.file_sha256,
            same_file=registration.file_sha256 == sha256,
            title=registration.title,
            source_type=registration.source_type,
            created=registration.created,
        )


class EvidenceModel(_Model):
    """Everything that was found."""

    container: ContainerModel
    manifest: ManifestModel
    recovered_manifest: ManifestModel | None
    """What the registry kept; its hard binding differs where the copy is not the file that was signed."""
    watermark_algorithm: Text
    watermarks: list[DetectionModel]
    """One for each key tried; empty where no key is configured."""
    registry_consulted: bool
    registration_by_watermark: RegistrationModel | None
    registration_by_manifest: RegistrationModel | None

    @classmethod
    def of(cls, evidence: Evidence) -> Self:
        sha256 = evidence.container.sha256

        def registered(registration: Registration | None) -> RegistrationModel | None:
            return None if registration is None else RegistrationModel.of(registration, sha256)

        return cls(
            container=ContainerModel.of(evidence.container),
            manifest=ManifestModel.of(evidence.manifest),
            recovered_manifest=None if evidence.recovered is None else ManifestModel.of(evidence.recovered),
            watermark_algorithm=evidence.algorithm,
            watermarks=[DetectionModel.of(detection) for detection in evidence.detections],
            registry_consulted=evidence.registry_consulted,
            registration_by_watermark=registered(evidence.registration),
            registration_by_manifest=registered(evidence.manifest_registration),
        )


class VerificationReport(_Model):
    """The verification of one file by touchmark."""

    schema_version: Literal[1]
    file: Text
    """As it was given."""
    verdict: VerdictModel
    evidence: EvidenceModel
    seconds: float = Field(ge=0)
    """How long the examination took."""

    @classmethod
    def of(cls, verification: Verification, acceptance: Acceptance | None = None) -> Self:
        """The report of a verification, under an acceptance policy (the default one if not given)."""
        return cls(
            schema_version=1,
            file=str(verification.path),
            verdict=VerdictModel.of(verification.verdict, acceptance or Acceptance()),
            evidence=EvidenceModel.of(verification.evidence),
            seconds=verification.seconds,
        )


class UnreadableReport(_Model):
    """What is said of a file that could not be read, in place of a verification."""

    schema_version: Literal[1]
    file: Text
    error: Text
    """Stable code, such as ``media.truncated``."""
    problem: Text


def schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of one line of ``touchmark verify --json``."""
    both: dict[str, Any] = {}
    for model in (VerificationReport, UnreadableReport):
        generated = model.model_json_schema(mode="serialization")
        both |= generated.pop("$defs", {})
        both[model.__name__] = generated
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "touchmark verification",
        "description": "One line of `touchmark verify --json`: a verification, or why the file could not be read.",
        "anyOf": [{"$ref": f"#/$defs/{model.__name__}"} for model in (VerificationReport, UnreadableReport)],
        "$defs": dict(sorted(both.items())),
    }


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2))
