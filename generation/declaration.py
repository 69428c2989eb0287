"""What an operator states of content, and touchmark cannot see: made with what, from what, for what use.

Declaration("Wan", version="2.2", background=Background(inputs=(InputFile(path, InputRole.PICTURE),)))
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from touchmark.provenance.manifest.claim import DigitalSourceType, PromptRecord
from touchmark.provenance.manifest.inputs import ConsentRecord, InputFile, TrainingMining


@dataclass(frozen=True, slots=True)
class Background:
    """What content was made from besides a prompt and a model, and what may be made from it.

    Attributes:
        inputs: files that the model was given; a manifest that one carries is kept.
        consents: under which it was made.
        training: whether it may be used to train models; None says nothing.
    """

    inputs: tuple[InputFile, ...] = ()
    consents: tuple[ConsentRecord, ...] = ()
    training: TrainingMining | None = None


@dataclass(frozen=True, slots=True)
class Declaration:
    """What an operator declares of a video that another generator made.

    Attributes:
        made_with: name of the generator.
        source_type: how the picture came to be; a generative source type.
        version: the generator's version; empty where it is not known.
        prompt: what was asked of it, where known; recorded by its digest.
        background: what it was made from, and what may be made from it.
    """

    made_with: str
    source_type: DigitalSourceType = DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA
    version: str = ""
    prompt: str | None = None
    background: Background = Background()

    def __post_init__(self) -> None:
        if not self.source_type.is_generative:
            raise ValueError(f"touchmark seals generated video; {self.source_type.name} does not say so")


def prompt_record(prompt: str | None, *, embed: bool) -> PromptRecord | None:
    """A prompt by its digest; with its words where they are to be embedded."""
    if prompt is None:
        return None
    return PromptRecord(digest=hashlib.sha256(prompt.encode()).hexdigest(), text=prompt if embed else None)
