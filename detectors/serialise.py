"""A verification as JSON, under a published schema: what ``touchmark verify --json`` prints, and what services store.

    print(VerificationReport.of(verification).line())

    python -m touchmark.detectors.serialise > docs/schemas/verify.schema.json

Fields are added, never renamed or removed, while ``schema_version`` stays the same. Text that comes from the file is
passed on as it was read, in ASCII escapes: whoever decodes and shows it makes it safe for where it is shown.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from touchmark.detectors.acceptance import Acceptance
from touchmark.detectors.contradictions import ContradictionKind
from touchmark.detectors.evidence import Container, Evidence
from touchmark.detectors.origin import Via
from touchmark.detectors.statements import Source, Tone
from touchmark.detectors.verdict import Outcome
from touchmark.detectors.verify import Verification
from touchmark.provenance.fingerprint import Likeness
from touchmark.provenance.manifest.claim import DigitalSourceType
from touchmark.provenance.manifest.report import ManifestPresence, ManifestReport, ValidationState
from touchmark.provenance.media.kinds import Family
from touchmark.provenance.watermark.neural.claim import Basis, ClaimState, MarkKind
from touchmark.provenance.watermark.protocol import MarkState, Payload

if TYPE_CHECKING:  # who keeps no registry needs no database library
    from touchmark.provenance.registry import Registration

SCHEMA_ID = "urn:touchmark:schema:verify:1"


def _well_formed(text: str) -> str:
    """Without the lone surrogates that a hostile file (or an odd file name) brings."""
    return text.encode("utf-8", "backslashreplace").decode()


def _in_hex(value: Payload | bytes | str | None) -> str | None:
    """A payload in hexadecimal; None where there is none."""
    if isinstance(value, bytes):
        return value.hex()
    return str(value) if value else None


Text = Annotated[str, BeforeValidator(_well_formed)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
PayloadText = Annotated[str, Field(pattern="^[0-9a-f]{16}$", description="64 bits, hexadecimal")]
MaybePayload = Annotated[PayloadText | None, BeforeValidator(_in_hex)]
Probability = Annotated[float, Field(ge=0, le=1)]


class _Model(BaseModel):
    """Read straight from the attributes of the value that it shows; a name that does not exist there fails."""

    model_config = ConfigDict(frozen=True, from_attributes=True, use_attribute_docstrings=True)

    def line(self) -> str:
        """As one line of JSON, in ASCII: no control or direction character of a stranger's reaches a terminal."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=True)


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
    payload: MaybePayload
    key_id: Text
    """Empty where no mark was read."""


class VerdictModel(_Model):
    """What the file turned out to be."""

    outcome: Outcome
    headline: Text
    origin: OriginModel | None
    sound_origin: OriginModel | None
    """Where the sound comes from, where its mark tells what the picture's does not. Says nothing of the picture."""
    contradictions: list[ContradictionModel]
    tampering: list[Text]
    """What shows that bytes were changed after signing."""
    statements: list[StatementModel]
    development_keys: bool
    """The signer is believed only through a development certificate authority."""


class ContainerModel(_Model):
    """The file as a container of bytes."""

    sha256: Annotated[str, Field(pattern="^([0-9a-f]{64})?$")]
    """Empty where the manifest alone was read."""
    size: int = Field(ge=0)
    family: Family = Family.VIDEO
    """What the file is to a person. Sizes, rates and codec are 0 or empty for what its kind does not have."""
    unseen: Text = ""
    """Why picture and sound were not looked at; empty where they were."""
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
    damage: int
    """Packets of picture or sound that could not be decoded."""
    has_manifest_box: bool
    unhashed: int
    """Bytes of content in places that neither the C2PA hash nor its signature covers."""

    @classmethod
    def of(cls, container: Container) -> Self:
        info = container.info
        return cls(
            sha256=container.sha256,
            size=container.size,
            family=container.family,
            unseen=container.unseen,
            container=info.container,
            codec=info.codec,
            width=info.width,
            height=info.height,
            frame_rate=float(info.frame_rate),
            duration=None if info.duration is None else float(info.duration),
            has_sound=info.has_sound,
            labels=dict(info.labels),
            damage=container.damage + container.sound_damage,
            has_manifest_box=container.has_manifest_box,
            unhashed=container.unhashed,
        )


class FaultModel(_Model):
    """A C2PA validation failure."""

    code: Text
    explanation: Text


class ActionModel(_Model):
    """An action that the manifest claims."""

    name: Text
    when: datetime | None
    digital_source_type: Text
    software_agent: Text


class SoftBindingModel(_Model):
    """A mark that the manifest says the pixels or the sound carry; the algorithm tells which."""

    algorithm: Text
    payload: Annotated[str | None, BeforeValidator(_in_hex)]
    """Hexadecimal."""
    start: float | None
    end: float | None


class SignerModel(_Model):
    """Whom a signing certificate names."""

    common_name: Text
    organisation: Text
    serial: Text


class IngredientModel(_Model):
    """Something that the file was made from, anywhere in the tree (depth 1: the active manifest's own)."""

    title: Text
    relationship: Text
    label: Text
    depth: int
    description: Text
    data_types: list[Text]
    source_type: Text
    signer: SignerModel | None
    faults: list[FaultModel]


class ManifestModel(_Model):
    """What a C2PA manifest says, and what holds of it."""

    presence: ManifestPresence
    reason: Text
    remote_url: Text
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
    left_out: list[Text]
    """What the signer left out of the hard binding beyond what every signer leaves out: anything may be there."""
    source_type: DigitalSourceType | None
    actions: list[ActionModel]
    soft_bindings: list[SoftBindingModel]
    ingredients: list[IngredientModel]
    failures: list[FaultModel]
    truncated: bool


class SegmentModel(_Model):
    """One stretch of the timeline, in seconds."""

    start: float
    end: float
    p_value: Probability


class TransformModel(_Model):
    """The shape of a copy relative to a picture of the same short side, as it was marked."""

    scale_x: float
    scale_y: float
    rotation: float
    """Degrees counter-clockwise, before any flip."""
    mirrored: bool


class DetectionModel(_Model):
    """What one watermark key found, in the picture or in the sound."""

    state: MarkState
    key_id: Text
    payload: MaybePayload
    p_value: Probability
    """Probability, over everything that was tried, that an unmarked video gives this result."""
    timeline: list[SegmentModel]
    transform: TransformModel | None
    """How the copy was changed in shape; null where no mark was found, and for sound."""


class ExtentModel(_Model):
    """How much of a video's picture was looked at for a mark. What was not looked at can hold one."""

    pictures: int = Field(ge=0)
    of_all: int = Field(ge=0)
    """Pictures in the file, as far as it was gone through."""
    key_frames: int = Field(ge=0)
    """Pictures that stand alone in the file, among those that were looked at before any other."""
    until: float
    """Seconds from the beginning up to which every picture was looked at."""
    whole: bool
    """Whether every picture was looked at, as a thorough verification does."""


class MarkClaimModel(_Model):
    """What a mark of another maker says: a claim, which whoever has its published weights can write."""

    mark: Text
    """The operator's name for it."""
    kind: MarkKind
    weights: Sha256
    """Of the reader's file."""
    state: ClaimState
    message: Annotated[str, Field(pattern="^[01]*$")]
    """The bits read; empty where there is nothing to show."""
    known_as: Text
    """The known message that comes nearest; empty where none is known."""
    agreeing: int | None
    """Bits in which it agrees."""
    p_value: Probability | None
    """Probability that an unmarked video does as well, under the basis; null where that is not known."""
    basis: Basis | None
    """random_message: known messages were drawn at random, and nothing is assumed of videos. uniform_bits: bits read
    from unmarked videos are assumed to be fair and independent."""
    score: float | None
    """The mark's own detection score, where it has one."""
    samples: int
    """Pictures or windows of sound that were read."""


class RegistrationModel(_Model):
    """What the registry knows."""

    payload: MaybePayload
    manifest_label: Text
    file_sha256: Sha256
    title: Text
    source_type: Text
    created: datetime


class EvidenceModel(_Model):
    """Everything that was found."""

    container: ContainerModel
    manifest: ManifestModel
    recovered_manifest: ManifestModel | None
    """What the registry kept; its hard binding differs where the copy is not the file that was signed."""
    watermark_algorithm: Text
    watermarks: list[DetectionModel]
    """One for each key tried on the picture; empty where no key is configured."""
    watermark_extent: ExtentModel | None
    """In how many pictures of a video they were looked for; null where they were not, and for what is no video."""
    sound_watermark_algorithm: Text
    sound_watermarks: list[DetectionModel]
    """One for each key tried on the sound; empty where no key is configured, or there is no sound."""
    other_marks: list[MarkClaimModel]
    """Claims of marks of other makers, one for each that is installed. The verdict does not rest on them."""
    registry_consulted: bool
    registration_by_watermark: RegistrationModel | None
    registration_by_sound: RegistrationModel | None
    """What the registry knows of the payload in the sound, which may be another video's."""
    recovered_manifest_by_sound: ManifestModel | None
    """What the registry kept for it, where the picture leads to another manifest or to none."""
    registration_by_manifest: RegistrationModel | None
    likeness: Likeness | None
    """Whether the picture shows what was sealed with the mark that it carries; null where nothing is known of that."""

    @classmethod
    def of(cls, evidence: Evidence) -> Self:
        def registered(row: Registration | None) -> RegistrationModel | None:
            return None if row is None else RegistrationModel.model_validate(row)

        def kept(manifest: ManifestReport | None) -> ManifestModel | None:
            return None if manifest is None else ManifestModel.model_validate(manifest)

        return cls(
            container=ContainerModel.of(evidence.container),
            manifest=ManifestModel.model_validate(evidence.manifest),
            recovered_manifest=kept(evidence.recovered),
            watermark_algorithm=evidence.algorithm,
            watermarks=[DetectionModel.model_validate(detection) for detection in evidence.detections],
            watermark_extent=None if evidence.extent is None else ExtentModel.model_validate(evidence.extent),
            sound_watermark_algorithm=evidence.sound.algorithm,
            sound_watermarks=[DetectionModel.model_validate(detection) for detection in evidence.sound.detections],
            other_marks=[MarkClaimModel.model_validate(claim) for claim in evidence.claims],
            registry_consulted=evidence.registry_consulted,
            registration_by_watermark=registered(evidence.registration),
            registration_by_sound=registered(evidence.sound.registration),
            recovered_manifest_by_sound=kept(evidence.sound.recovered),
            registration_by_manifest=registered(evidence.manifest_registration),
            likeness=evidence.likeness,
        )


class VerificationReport(_Model):
    """The verification of one file by touchmark."""

    schema_version: Literal[1]
    file: Text
    """As it was given."""
    accepted: bool
    """Whether the policy accepts a file with this outcome."""
    verdict: VerdictModel
    evidence: EvidenceModel
    seconds: float = Field(ge=0)
    """How long the examination took."""
    notes: list[Text]
    """What a reader should know of the trust lists behind the verdict: which are stale."""

    @classmethod
    def of(cls, verification: Verification, acceptance: Acceptance | None = None) -> Self:
        """The report of a verification, under an acceptance policy (the default one if not given)."""
        return cls(
            schema_version=1,
            file=str(verification.path),
            accepted=(acceptance or Acceptance()).accepts(verification.verdict.outcome),
            verdict=VerdictModel.model_validate(verification.verdict),
            evidence=EvidenceModel.of(verification.evidence),
            seconds=verification.seconds,
            notes=list(verification.notes),
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
    definitions: dict[str, Any] = {}
    models = (VerificationReport, UnreadableReport)
    for model in models:
        generated = model.model_json_schema(mode="serialization")
        definitions |= generated.pop("$defs", {})
        definitions[model.__name__] = generated
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "touchmark verification",
        "description": "One line of `touchmark verify --json`: a verification, or why the file could not be read.",
        "anyOf": [{"$ref": f"#/$defs/{model.__name__}"} for model in models],
        "$defs": dict(sorted(definitions.items())),
    }


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2))
