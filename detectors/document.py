"""The form of a verification as JSON: what ``touchmark verify --json`` prints, and what services store.

    python -m touchmark.detectors.document > docs/schemas/verify.schema.json

Fields are added, never renamed or removed, while ``schema_version`` stays the same. ``serialise`` fills them.

The forms are plain dictionaries, which cost nothing to load. Models that check what they are given took a seventh of
the processor time of verifying a small file, to check values of our own; tests hold what is printed against the schema.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, NotRequired

# pydantic, which makes the schema, wants this one of Python versions before 3.12.
from typing_extensions import TypedDict, is_typeddict

from touchmark.detectors.contradictions import ContradictionKind
from touchmark.detectors.origin import Via
from touchmark.detectors.segments import SegmentFaultKind
from touchmark.detectors.statement import Source, Tone
from touchmark.detectors.verdict import Outcome
from touchmark.provenance.disclosure.notes import Place
from touchmark.provenance.fingerprint import Likeness
from touchmark.provenance.manifest.claim import DigitalSourceType
from touchmark.provenance.manifest.inputs import Use
from touchmark.provenance.manifest.report import ManifestPresence, ValidationState
from touchmark.provenance.media.kinds import Family
from touchmark.provenance.watermark.neural.claim import Basis, ClaimState, MarkKind
from touchmark.provenance.watermark.protocol import MarkState, NamedBy

SCHEMA_ID = "urn:touchmark:schema:verify:1"


class Rule:
    """What the schema says of a field besides its type, in words of JSON Schema."""

    def __init__(self, **words: object) -> None:
        self._words = words

    def __get_pydantic_json_schema__(self, core_schema: Any, handler: Any) -> dict[str, Any]:
        return {**handler(core_schema), **self._words}


Count = Annotated[int, Rule(minimum=0)]
Time = Annotated[str, Rule(format="date-time")]
Sha256 = Annotated[str, Rule(pattern="^[0-9a-f]{64}$")]
PayloadText = Annotated[str, Rule(pattern="^[0-9a-f]{16}$", description="64 bits, hexadecimal")]
Probability = Annotated[float, Rule(minimum=0, maximum=1)]


class ContradictionModel(TypedDict):
    """Two things that cannot both be true."""

    kind: ContradictionKind
    title: str
    explanation: str


class StatementModel(TypedDict):
    """What one source of evidence says."""

    source: Source
    tone: Tone
    text: str


class OriginModel(TypedDict):
    """Who made the video, with what, when. Believe it only as far as the outcome goes."""

    via: Via
    signer: str
    trusted: bool
    """Whether a configured anchor vouches for the signer."""
    generator: str
    generator_signer: str
    """Who names the generator, where it is a manifest beneath whose signer is not trusted; else empty."""
    model: str
    created: Time | None
    source_type: DigitalSourceType | None
    title: str
    manifest_label: str
    payload: PayloadText | None
    key_id: str
    """Empty where no mark was read."""


class VerdictModel(TypedDict):
    """What the file turned out to be."""

    outcome: Outcome
    headline: str
    origin: OriginModel | None
    sound_origin: OriginModel | None
    """Where the sound comes from, where its mark tells what the picture's does not. Says nothing of the picture."""
    contradictions: list[ContradictionModel]
    tampering: list[str]
    """What shows that bytes were changed after signing."""
    statements: list[StatementModel]
    development_keys: bool
    """The signer is believed only through a development certificate authority."""


class ContainerModel(TypedDict):
    """The file as a container of bytes."""

    sha256: Annotated[str, Rule(pattern="^([0-9a-f]{64})?$")]
    """Empty where the manifest alone was read."""
    size: Count
    family: NotRequired[Annotated[Family, Rule(default="video")]]
    """What the file is to a person. Sizes, rates and codec are 0 or empty for what its kind does not have."""
    unseen: NotRequired[Annotated[str, Rule(default="")]]
    """Why picture and sound were not looked at; empty where they were."""
    container: str
    codec: str
    width: int
    height: int
    frame_rate: float
    duration: float | None
    """Seconds, as declared."""
    has_sound: bool
    labels: dict[str, str]
    """The container's own metadata; proves nothing."""
    damage: int
    """Packets of picture or sound that could not be decoded."""
    has_manifest_box: bool
    unhashed: int
    """Bytes of content in places that neither the C2PA hash nor its signature covers."""


class OwnLabelsModel(TypedDict):
    """What the file's own metadata say of how it was made. Anybody can write that; no outcome rests on it."""

    source_type: DigitalSourceType | None
    """IPTC's, in XMP."""
    generator: str
    """A program or model that is known here and named in the metadata; empty where there is none."""
    generator_in: Place | None
    """Where it is named."""
    says_generated: bool
    says_captured: bool


class FaultModel(TypedDict):
    """A C2PA validation failure."""

    code: str
    explanation: str


class ActionModel(TypedDict):
    """An action that the manifest claims."""

    name: str
    when: Time | None
    digital_source_type: str
    software_agent: str


class SoftBindingModel(TypedDict):
    """A mark that the manifest says the pixels or the sound carry; the algorithm tells which."""

    algorithm: str
    payload: str | None
    """Hexadecimal."""
    start: float | None
    end: float | None


class UseModel(TypedDict):
    """What the manifest says of one use of its content: its signer's wish. A permission is one only of a signer who is
    trusted, over content that is what was signed."""

    purpose: str
    """Such as ``ai_generative_training``; as it is written, where it is none of the standard's (CAWG 1.1)."""
    use: Use | None
    """Null where it cannot be told: no word of the standard, or several. That permits nothing."""
    constraint: str
    """Under what condition, where it is constrained."""


class SignerModel(TypedDict):
    """Whom a signing certificate names."""

    common_name: str
    organisation: str
    serial: str


class IngredientModel(TypedDict):
    """Something that the file was made from, anywhere in the tree (depth 1: the active manifest's own)."""

    title: str
    relationship: str
    label: str
    depth: int
    description: str
    data_types: list[str]
    source_type: str
    signer: SignerModel | None
    faults: list[FaultModel]


class ManifestModel(TypedDict):
    """What a C2PA manifest says, and what holds of it."""

    presence: ManifestPresence
    reason: str
    remote_url: str
    state: ValidationState | None
    label: str
    title: str
    claim_generator: str
    signer: SignerModel | None
    algorithm: str
    signed_at: Time | None
    time_stamped: bool
    signature_valid: bool
    signer_trusted: bool
    hard_binding_matches: bool | None
    left_out: list[str]
    """What the signer left out of the hard binding beyond what every signer leaves out: anything may be there."""
    source_type: DigitalSourceType | None
    actions: list[ActionModel]
    soft_bindings: list[SoftBindingModel]
    ingredients: list[IngredientModel]
    uses: NotRequired[list[UseModel]]
    """For training models and mining data (``cawg.training-mining``). Absent in reports of before they were told."""
    failures: list[FaultModel]
    truncated: bool


class SegmentModel(TypedDict):
    """One stretch of the timeline, in seconds."""

    start: float
    end: float
    p_value: Probability


class TransformModel(TypedDict):
    """The shape of a copy relative to a picture of the same short side, as it was marked."""

    scale_x: float
    scale_y: float
    rotation: float
    """Degrees counter-clockwise, before any flip."""
    mirrored: bool


class DetectionModel(TypedDict):
    """What one watermark key found, in the picture or in the sound."""

    state: MarkState
    key_id: str
    payload: PayloadText | None
    p_value: Probability
    """Probability, over everything that was tried, that an unmarked video gives this result."""
    timeline: list[SegmentModel]
    transform: TransformModel | None
    """How the copy was changed in shape; null where no mark was found, and for sound."""
    named_by: NamedBy | None
    """Who named the payload, where the mark is too faint to be read by itself and fits; null where it was read."""


class ExtentModel(TypedDict):
    """How much of a video's picture was looked at for a mark. What was not looked at can hold one."""

    pictures: Count
    of_all: Count
    """Pictures in the file, as far as it was gone through."""
    key_frames: Count
    """Pictures that stand alone in the file, among those that were looked at before any other."""
    until: float
    """Seconds from the beginning up to which every picture was looked at."""
    whole: bool
    """Whether every picture was looked at, as a thorough verification does."""


class MarkClaimModel(TypedDict):
    """What a mark of another maker says: a claim, which whoever has its published weights can write."""

    mark: str
    """The operator's name for it."""
    kind: MarkKind
    weights: Sha256
    """Of the reader's file."""
    state: ClaimState
    message: Annotated[str, Rule(pattern="^[01]*$")]
    """The bits read; empty where there is nothing to show."""
    known_as: str
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


class RegistrationModel(TypedDict):
    """What the registry knows."""

    payload: PayloadText | None
    manifest_label: str
    file_sha256: Sha256
    title: str
    source_type: str
    created: Time


class SegmentFaultModel(TypedDict):
    """What is wrong with segments of a film."""

    kind: SegmentFaultKind
    explanation: str
    signed: bool
    """Whether the manifest shows it. Otherwise the segments themselves do, whose word nobody signed."""


class StreamModel(TypedDict):
    """The segments that a film was put together from."""

    given: Count
    of_all: int | None
    """How many the manifest says there are; null where it does not."""
    first: int | None
    """Number of the first among all, from 1 on; null where that is not known."""
    faults: list[SegmentFaultModel]


class EvidenceModel(TypedDict):
    """Everything that was found."""

    container: ContainerModel
    manifest: ManifestModel
    recovered_manifest: ManifestModel | None
    """What the registry kept; its hard binding differs where the copy is not the file that was signed."""
    watermark_algorithm: str
    watermarks: list[DetectionModel]
    """One for each key tried on the picture; empty where no key is configured."""
    watermark_extent: ExtentModel | None
    """In how many pictures of a video they were looked for; null where they were not, and for what is no video."""
    sound_watermark_algorithm: str
    sound_watermarks: list[DetectionModel]
    """One for each key tried on the sound; empty where no key is configured, or there is no sound."""
    other_marks: list[MarkClaimModel]
    """Claims of marks of other makers, one for each that is installed. The verdict does not rest on them."""
    own_labels: NotRequired[OwnLabelsModel]
    """Absent in reports of before they were told."""
    registry_consulted: bool
    registration_by_watermark: RegistrationModel | None
    registration_by_sound: RegistrationModel | None
    """What the registry knows of the payload in the sound, which may be another video's."""
    recovered_manifest_by_sound: ManifestModel | None
    """What the registry kept for it, where the picture leads to another manifest or to none."""
    registration_by_manifest: RegistrationModel | None
    likeness: Likeness | None
    """Whether the picture shows what was sealed with the mark that it carries; null where nothing is known of that."""
    stream: StreamModel | None
    """The segments that it was put together from; null where it is one file."""


class VerificationReport(TypedDict):
    """The verification of one file by touchmark."""

    schema_version: Literal[1]
    file: str
    """As it was given."""
    accepted: bool
    """Whether the policy accepts a file with this outcome."""
    verdict: VerdictModel
    evidence: EvidenceModel
    seconds: Annotated[float, Rule(minimum=0)]
    """How long the examination took."""
    notes: list[str]
    """What a reader should know of the trust lists behind the verdict: which are stale."""


class UnreadableReport(TypedDict):
    """What is said of a file that could not be read, in place of a verification."""

    schema_version: Literal[1]
    file: str
    error: str
    """Stable code, such as ``media.truncated``."""
    problem: str


def schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of one line of ``touchmark verify --json``."""
    # Of all that verifying does, this alone needs pydantic, which takes a tenth of a second to load.
    from pydantic import ConfigDict, TypeAdapter, with_config

    definitions: dict[str, Any] = {}
    forms = (VerificationReport, UnreadableReport)
    for form in (value for value in globals().values() if is_typeddict(value)):
        with_config(ConfigDict(use_attribute_docstrings=True))(form)
    for form in forms:
        generated = TypeAdapter(form).json_schema(mode="serialization")
        definitions |= generated.pop("$defs", {})
        definitions[form.__name__] = generated
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "touchmark verification",
        "description": "One line of `touchmark verify --json`: a verification, or why the file could not be read.",
        "anyOf": [{"$ref": f"#/$defs/{form.__name__}"} for form in forms],
        "$defs": dict(sorted(definitions.items())),
    }


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2))
