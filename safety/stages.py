"""The stages of a policy that need weights from elsewhere: detectors over frames, guard models over prompts.

All are off unless a policy names them. What it names must load and must answer: a stage that a policy asked for and
that does not run holds what it should have looked at.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from touchmark.safety.decision import Category
from touchmark.safety.document import Strict
from touchmark.safety.thresholds import Thresholds


def _absolute(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError(f"give the whole path, from / on (got {str(path)!r})")
    return path


LocalPath = Annotated[Path, AfterValidator(_absolute)]
_Seconds = Annotated[float, Field(gt=0, le=600, strict=True)]
_Label = Annotated[str, Field(min_length=1, max_length=100)]


class DetectorKind(StrEnum):
    """What can look at frames."""

    NUDENET = "nudenet"
    """The ONNX model that comes in the package of that name."""
    IMAGE_CLASSIFIER = "image-classifier"
    """Any image classifier of transformers, from a local folder."""


class LabelRule(Strict):
    """What a label of a detector stands for.

    Attributes:
        category: of the policy.
        thresholds: from which of the detector's scores on it is how severe.
    """

    category: Category
    thresholds: Thresholds


class DetectorRule(Strict):
    """A detector that looks at every video.

    Attributes:
        use: which.
        folder: the model's, for an image classifier.
        interval: seconds from one frame that it looks at to the next; zero for every frame.
        patience: seconds that it may take for a frame; then the video is held.
        labels: those of its labels that count.
    """

    use: DetectorKind
    folder: LocalPath | None = None
    interval: Annotated[float, Field(ge=0, le=60, strict=True)] = 1.0
    patience: _Seconds = 30.0
    labels: Annotated[dict[_Label, LabelRule], Field(min_length=1)]

    @model_validator(mode="after")
    def _has_its_model(self) -> DetectorRule:
        if (self.folder is None) == (self.use is DetectorKind.IMAGE_CLASSIFIER):
            raise ValueError("folder is the model of an image-classifier; nudenet brings its own")
        return self


class FaceRule(Strict):
    """Faces in a video count for ``private-individuals``, with high severity.

    Attributes:
        consented: folder of pictures, one for each person who agreed; their faces do not count. Without it every face
            does.
        interval: seconds from one frame that is looked at to the next.
        patience: seconds that a frame may take; then the video is held.
    """

    consented: LocalPath | None = None
    interval: Annotated[float, Field(ge=0, le=60, strict=True)] = 0.5
    patience: _Seconds = 30.0


class OutputRule(Strict):
    """What looks at a video before it is published, besides the hash banks, which always do.

    Attributes:
        detectors: in this order.
        faces: whether faces are looked for; not, if absent.
    """

    detectors: tuple[DetectorRule, ...] = ()
    faces: FaceRule | None = None


class GuardKind(StrEnum):
    """Families of guard models, each with its own template, answers and categories."""

    LLAMA_GUARD = "llama-guard-3"
    SHIELDGEMMA = "shieldgemma"
    QWEN3GUARD = "qwen3guard"


class GuardRule(Strict):
    """A guard model that reads prompts after the gate and can only be stricter.

    Attributes:
        use: its family.
        folder: the model's.
        patience: seconds that it may take for a prompt; then a reviewer has to look.
    """

    use: GuardKind
    folder: LocalPath
    patience: _Seconds = 30.0
