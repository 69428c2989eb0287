"""What a sealed video says about itself, before it is written in anybody's form. Pure: no file, no key, no clock.

    claim = Claim(
        title="sealed.mp4",
        media_type="video/mp4",
        source_type=DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA,
        software_agent=SoftwareAgent("touchmark", "0.1.0"),
        created=datetime.now(UTC),
        model=ModelIdentity("lattice world", "sha256:...", ModelKind.PYTORCH),
        prompt=PromptRecord(digest=sha256_hex),
        soft_bindings=(SoftBinding("io.touchmark.video.lattice.1", payload.to_bytes(), 0.0, 2.0),),
    )

``definition.py`` writes it as C2PA has it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from touchmark.provenance.manifest.inputs import ClaimError, ConsentRecord, InputFile, TrainingMining
from touchmark.provenance.manifest.untrusted import MAX_TEXT

MAX_PROMPT = 65536
"""Characters of a prompt that is written in words."""
_IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_SHA256 = re.compile(r"[0-9a-f]{64}")


class DigitalSourceType(StrEnum):
    """How a digital picture came to be: IPTC NewsCodes and two of C2PA's own (https://cv.iptc.org/newscodes/digitalsourcetype/)."""

    TRAINED_ALGORITHMIC_MEDIA = _IPTC + "trainedAlgorithmicMedia"
    COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA = _IPTC + "compositeWithTrainedAlgorithmicMedia"
    COMPOSITE_SYNTHETIC = _IPTC + "compositeSynthetic"
    ALGORITHMIC_MEDIA = _IPTC + "algorithmicMedia"
    ALGORITHMICALLY_ENHANCED = _IPTC + "algorithmicallyEnhanced"
    DATA_DRIVEN_MEDIA = _IPTC + "dataDrivenMedia"
    DIGITAL_CAPTURE = _IPTC + "digitalCapture"
    COMPUTATIONAL_CAPTURE = _IPTC + "computationalCapture"
    COMPOSITE_CAPTURE = _IPTC + "compositeCapture"
    COMPOSITE = _IPTC + "composite"
    DIGITAL_CREATION = _IPTC + "digitalCreation"
    DIGITAL_ART = _IPTC + "digitalArt"
    HUMAN_EDITS = _IPTC + "humanEdits"
    MINOR_HUMAN_EDITS = _IPTC + "minorHumanEdits"
    SCREEN_CAPTURE = _IPTC + "screenCapture"
    VIRTUAL_RECORDING = _IPTC + "virtualRecording"
    NEGATIVE_FILM = _IPTC + "negativeFilm"
    POSITIVE_FILM = _IPTC + "positiveFilm"
    PRINT = _IPTC + "print"
    EMPTY = "http://c2pa.org/digitalsourcetype/empty"
    TRAINED_ALGORITHMIC_DATA = "http://c2pa.org/digitalsourcetype/trainedAlgorithmicData"

    @classmethod
    def of(cls, uri: str) -> DigitalSourceType | None:
        """The source type of a URI, or None where it is outside the vocabulary."""
        try:
            return cls(uri)
        except ValueError:
            return None

    @property
    def is_generative(self) -> bool:
        """Whether a trained model made the content or part of it."""
        return self in {
            DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA,
            DigitalSourceType.COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA,
            DigitalSourceType.COMPOSITE_SYNTHETIC,
            DigitalSourceType.TRAINED_ALGORITHMIC_DATA,
        }

    @property
    def is_capture(self) -> bool:
        """Whether the content is claimed to come from a camera (or another sensor)."""
        return self in {
            DigitalSourceType.DIGITAL_CAPTURE,
            DigitalSourceType.COMPUTATIONAL_CAPTURE,
            DigitalSourceType.COMPOSITE_CAPTURE,
            DigitalSourceType.NEGATIVE_FILM,
            DigitalSourceType.POSITIVE_FILM,
            DigitalSourceType.PRINT,
        }


class HumanOversight(StrEnum):
    """``contentProfile.humanOversightLevel`` of ``c2pa.ai-disclosure`` (C2PA 2.4)."""

    FULLY_AUTONOMOUS = "fully_autonomous"
    """Nobody asked for this video in particular, and nobody looked at it."""
    PROMPT_GUIDED = "prompt_guided"
    """A person wrote the prompt; nobody approved the result."""
    HUMAN_VALIDATED = "human_validated"
    """A person looked at the result and approved it."""


class ModelKind(StrEnum):
    """C2PA asset types of models (C2PA 2.4, section "asset type"): the framework whose weights they are."""

    MODEL = "c2pa.types.model"
    PYTORCH = "c2pa.types.model.pytorch"
    ONNX = "c2pa.types.model.onnx"
    TENSORFLOW = "c2pa.types.model.tensorflow"
    JAX = "c2pa.types.model.jax"


@dataclass(frozen=True, slots=True)
class SoftwareAgent:
    """A program and its version; empty where it is not known, and then not written."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """The model that made the pixels.

    Attributes:
        name: what people call it.
        identifier: what tells it from every other; ``sha256:`` and the digest of its weights, or a hub id with
            revision.
        kind: the framework of its weights.
    """

    name: str
    identifier: str
    kind: ModelKind = ModelKind.MODEL


@dataclass(frozen=True, slots=True)
class PromptRecord:
    """The prompt, named by its digest; its words only where policy embeds them.

    Attributes:
        digest: SHA-256 of what was asked, 64 lower-case hexadecimal digits. Short prompts can be guessed from a
            digest, so it names a prompt; it does not hide one.
        text: the words, for everyone to read, or None.
    """

    digest: str
    text: str | None = None

    def __post_init__(self) -> None:
        if not _SHA256.fullmatch(self.digest):
            raise ClaimError("a prompt is named by 64 lower-case hexadecimal digits", subject=self.digest[:80])


@dataclass(frozen=True, slots=True)
class SoftBinding:
    """A watermark or fingerprint through which a stripped manifest is found again.

    Attributes:
        algorithm: its name in the C2PA soft-binding algorithm list, or one of reverse-domain form.
        payload: what the mark carries.
        start, end: seconds; the stretch of the timeline that carries it.
    """

    algorithm: str
    payload: bytes
    start: float
    end: float

    def __post_init__(self) -> None:
        if not (0 <= self.start <= self.end and math.isfinite(self.end)):
            raise ClaimError(f"a soft binding spans from 0 <= start to end (got {self.start} to {self.end})")


@dataclass(frozen=True, slots=True)
class AddedText:
    """Words that were put onto the pictures after they were made: a visible label.

    Attributes:
        text: as one would type it.
        languages: BCP 47.
        position: where it stands, such as ``top-left``.
        seconds: how long it shows, from the first picture on; None for the whole video.
    """

    text: str
    languages: tuple[str, ...]
    position: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """Everything that we assert about one file.

    Attributes:
        title: what to call the file.
        media_type: MIME type of the file, such as ``video/mp4``.
        source_type: how the pixels came to be. With a ``parent`` the parent's manifest says it, and C2PA 2.4 forbids it
            on ``c2pa.opened``; but that a model made something of the parent is said, as ``c2pa.edited``.
        software_agent: the program that made the pixels.
        created: when, with zone.
        model: the model that made them, if one did.
        prompt: what was asked of it.
        soft_bindings: the marks that picture and sound carry; without one no watermark action is claimed.
        human_oversight: how far a person stood behind the result.
        parent: the input, where it carries a manifest of its own; it becomes the ``parentOf`` ingredient. With a
            soft binding it was marked, so decoded and encoded anew: ``c2pa.transcoded`` is claimed too.
        added_text: the visible label, if one was drawn onto the pictures.
        inputs: files that the model was given beside the prompt.
        consents: under which it was made.
        training: whether the content may be used to train models.
        as_is: the file was signed as it was found: nothing was encoded anew.
    """

    title: str
    media_type: str
    source_type: DigitalSourceType
    software_agent: SoftwareAgent
    created: datetime
    model: ModelIdentity | None = None
    prompt: PromptRecord | None = None
    soft_bindings: tuple[SoftBinding, ...] = ()
    human_oversight: HumanOversight | None = None
    parent: Path | None = None
    added_text: AddedText | None = None
    inputs: tuple[InputFile, ...] = ()
    consents: tuple[ConsentRecord, ...] = ()
    training: TrainingMining | None = None
    as_is: bool = False

    def __post_init__(self) -> None:
        if self.created.tzinfo is None:
            raise ClaimError("the time of creation needs a zone", subject=self.title[:80])
        limited = {"title": self.title, "software agent": self.software_agent.name + self.software_agent.version}
        if self.model:
            limited["model"] = self.model.name + self.model.identifier
        for what, text in limited.items():
            _require_text(what, text, MAX_TEXT)
        if self.prompt and self.prompt.text is not None:
            _require_text("prompt", self.prompt.text, MAX_PROMPT)


def _require_text(what: str, text: str, most: int) -> None:
    if not text or len(text) > most:
        raise ClaimError(f"the {what} has 1 to {most} characters (got {len(text)})", subject=text[:80])
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ClaimError(f"the {what} is not valid Unicode text", subject=ascii(text[:80])) from None
