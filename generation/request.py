"""What someone asks a model to make, and the digest by which every later step knows exactly that request.

    request = GenerationRequest(prompt="a red circle moves left over a blue background", seed=7)
    request.digest      # what a Clearance is bound to, and what the ledger records
    request.texts()     # what the gate must screen

A request is a value: it is checked when it is made and cannot be changed afterwards. Whether it *may* be made is not
asked here (``touchmark.safety``), nor whether one model can make it (``touchmark.generation.generator``).
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import ClassVar, TypedDict

from touchmark.provenance.errors import TouchmarkError

DIGEST_DOMAIN = "touchmark.generation.request.1"
"""Goes into every digest, so that no other document of ours shares one. Raise it when a field changes its meaning."""

MAX_TEXT = 10_000
"""Characters in a prompt. Text encoders read far less; screening must read all of it."""
MAX_MODEL = 4096
MAX_SIDE = 8192
MAX_FRAMES = 20_000
MAX_FRAME_RATE = 240
MAX_STEPS = 1000
MAX_GUIDANCE = 100.0
MAX_SEED = 2**63 - 1
"""Beyond these a request is a slip, or meant to use up memory: no model makes or takes as much."""


class RequestError(TouchmarkError):
    """A request that no model could be asked.

    Attributes:
        field: name of the field at fault.
        got: what it held, as short text.
        expected: what it should hold.
    """

    code: ClassVar[str] = "generation.request"
    exit_status: ClassVar[int] = 64

    def __init__(self, field: str, got: object, expected: str) -> None:
        shown = repr(got)
        self.field = field
        self.got = shown if len(shown) <= 60 else f"{shown[:57]}..."
        self.expected = expected
        super().__init__(f"got {self.got}, expected {expected}", subject=field)


class RequestOptions(TypedDict, total=False):
    """The fields of a :class:`GenerationRequest` besides its prompt, for functions that take them as keywords."""

    negative_prompt: str
    model: str | None
    width: int | None
    height: int | None
    num_frames: int | None
    frame_rate: Fraction | None
    steps: int | None
    guidance: float | None
    seed: int
    latent_mark: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRequest:
    """One video to make. ``None`` leaves a choice to the model's own default.

    Attributes:
        prompt: what to show; not blank.
        negative_prompt: what to steer away from, or empty.
        model: folder or hub id of a diffusers pipeline; None is the model that ships with touchmark.
        width, height: in pixels, even (4:2:0 video has no odd sides).
        num_frames: how many pictures.
        frame_rate: pictures a second; an int is taken too.
        steps: denoising steps.
        guidance: strength of classifier-free guidance; an int is taken too.
        seed: the same request with the same model on the same machine gives the same frames.
        latent_mark: whether the noise that the model starts from carries the watermark's payload too
            (`touchmark.generation.latent_mark`); then the seed alone does not give the same frames.

    Raises:
        RequestError: a field is of the wrong type or out of range.
    """

    prompt: str
    negative_prompt: str = ""
    model: str | None = None
    width: int | None = None
    height: int | None = None
    num_frames: int | None = None
    frame_rate: Fraction | None = None
    steps: int | None = None
    guidance: float | None = None
    seed: int = 0
    latent_mark: bool = False

    def __post_init__(self) -> None:
        _check_text("prompt", self.prompt, MAX_TEXT)
        if not self.prompt.strip():
            raise RequestError("prompt", self.prompt, "a description of the video")
        _check_text("negative_prompt", self.negative_prompt, MAX_TEXT)
        if self.model is not None:
            _check_text("model", self.model, MAX_MODEL)
            if not self.model.strip() or "\0" in self.model:
                raise RequestError("model", self.model, "a folder or a hub id, or None for the embedded model")
        for name in ("width", "height"):
            _check_int(name, getattr(self, name), 16, MAX_SIDE, step=2)
        _check_int("num_frames", self.num_frames, 1, MAX_FRAMES)
        _check_int("steps", self.steps, 1, MAX_STEPS)
        if self.seed is None:
            raise RequestError("seed", self.seed, f"a whole number from 0 to {MAX_SEED}")
        _check_int("seed", self.seed, 0, MAX_SEED)
        if not isinstance(self.latent_mark, bool):
            raise RequestError("latent_mark", self.latent_mark, "True or False")
        # Two spellings of one number are one request, so they must have one digest.
        object.__setattr__(self, "frame_rate", _frame_rate(self.frame_rate))
        object.__setattr__(self, "guidance", _guidance(self.guidance))

    @property
    def digest(self) -> str:
        """SHA-256, 64 hexadecimal digits, over canonical JSON of every field: any change of any field changes it."""
        document = {field.name: getattr(self, field.name) for field in fields(self)}
        if not self.latent_mark:  # requests from before there was a choice keep their digest
            del document["latent_mark"]
        if self.frame_rate is not None:
            document["frame_rate"] = [self.frame_rate.numerator, self.frame_rate.denominator]
        canonical = json.dumps(
            {"domain": DIGEST_DOMAIN, "request": document}, sort_keys=True, separators=(",", ":"), allow_nan=False
        )
        return hashlib.sha256(canonical.encode("ascii")).hexdigest()

    def texts(self) -> Mapping[str, str]:
        """Every text a person wrote that steers the picture, by field name, for the gate to screen."""
        texts = {"prompt": self.prompt}
        if self.negative_prompt:
            texts["negative_prompt"] = self.negative_prompt
        return texts


def _check_text(name: str, value: object, longest: int) -> None:
    if not isinstance(value, str):
        raise RequestError(name, value, "text")
    if len(value) > longest:
        raise RequestError(name, f"{len(value)} characters", f"at most {longest} characters")
    # A lone surrogate has no UTF-8 form: ledger, manifest and model would each see another text.
    if any(0xD800 <= ord(character) <= 0xDFFF for character in value):
        raise RequestError(name, value, "text that is valid Unicode")


def _check_int(name: str, value: object, low: int, high: int, *, step: int = 1) -> None:
    if value is None:
        return
    expected = f"{'an even' if step == 2 else 'a whole'} number from {low} to {high}"
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high or value % step:
        raise RequestError(name, value, expected)


def _frame_rate(value: object) -> Fraction | None:
    if value is None:
        return None
    expected = f"a fraction above 0, up to {MAX_FRAME_RATE} frames a second"
    # A float is refused: 23.976 is not 24000/1001, and only the caller knows which was meant.
    if isinstance(value, bool) or not isinstance(value, int | Fraction) or not 0 < value <= MAX_FRAME_RATE:
        raise RequestError("frame_rate", value, expected)
    rate = Fraction(value)
    if rate.denominator > 1_000_000:
        raise RequestError("frame_rate", value, "a fraction whose denominator is at most 1000000")
    return rate


def _guidance(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RequestError("guidance", value, "a number")
    if not math.isfinite(value) or not 0 <= value <= MAX_GUIDANCE:
        raise RequestError("guidance", value, f"a number from 0 to {MAX_GUIDANCE:g}")
    return float(value) + 0.0  # turns -0.0 into 0.0
