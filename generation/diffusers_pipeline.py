"""Any diffusers text-to-video pipeline behind the generator's seam: the model that ships, a local folder, a hub id.

    generator = DiffusersGenerator.load("/models/wan")            # None is the model that ships with touchmark
    raw = generator.generate(request, clearance, authority, policy_digest=policy.digest)

One loading call and one rendering call serve every pipeline; what a pipeline's ``__call__`` does not know is not
passed. Only safetensors are read and no code from a model's folder is run (:mod:`touchmark.generation.model_folder`).
torch and diffusers are imported when a model is loaded, not before.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchmark.generation.dialects import SPELLINGS, call_parameters, native_frame_rate, telling
from touchmark.generation.generator import GenerationError, OutOfMemoryError, Progress, UnsupportedOptionError
from touchmark.generation.latent_mark.marking import marked, read
from touchmark.generation.latent_mark.pattern import LatentMark
from touchmark.generation.libraries import first_line, is_out_of_memory, quiet, seeded
from touchmark.generation.loading import choose_device, load_pipeline, locate, require_installed
from touchmark.generation.rendering import BadOutputError, raw_sound, raw_video
from touchmark.generation.request import GenerationRequest
from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.manifest.claim import ModelIdentity, ModelKind
from touchmark.provenance.media.video import RawVideo, Sound
from touchmark.provenance.watermark.protocol import Detection, WatermarkKey
from touchmark.safety.clearance import Clearance, ClearanceAuthority


@dataclass(slots=True)
class DiffusersGenerator:
    """A loaded pipeline. Threads may share it, and wait for each other.

    Attributes:
        model: what it was loaded from, as a request names it: folder, hub id, or None for the embedded model.
        identity: which model it is, for the manifest.
        frame_rate: pictures a second where the request asks for no rate.
    """

    model: str | None
    identity: ModelIdentity
    frame_rate: Fraction
    _pipeline: Any = field(repr=False)

    @classmethod
    def load(cls, model: str | None = None, *, device: str | None = None) -> DiffusersGenerator:
        """Load a pipeline onto the GPU where there is one.

        Args:
            model: a folder, or a hub id such as ``Wan-AI/Wan2.1-T2V-1.3B-Diffusers``; None is the embedded model.
            device: ``cpu``, ``cuda`` or ``cuda:1``; None takes ``cuda`` where there is one. bfloat16 on a GPU that has
                it, else float16; float32 on the CPU.

        Raises:
            ModelError: not found, incomplete, pickled, with code of its own, no text-to-video pipeline; see subclasses.
            DeviceError: no such device.
            OutOfMemoryError: it does not fit.
        """
        require_installed()
        place = choose_device(device)
        folder, name, identifier = locate(model)
        pipeline = load_pipeline(folder, place)
        return cls(
            model=model,
            identity=ModelIdentity(name, identifier or folder.fingerprint(), ModelKind.PYTORCH),
            frame_rate=native_frame_rate(pipeline),
            _pipeline=pipeline,
        )

    def generate(
        self,
        request: GenerationRequest,
        clearance: Clearance,
        authority: ClearanceAuthority,
        progress: Progress | None = None,
        *,
        policy_digest: str,
        latent_mark: LatentMark | None = None,
    ) -> RawVideo:
        """Render; see :meth:`touchmark.generation.generator.Generator.generate`.

        Raises:
            ClearanceError: the clearance does not permit this.
            UnsupportedOptionError: the request sets something that this pipeline has no setting for.
            NotInvertibleError: it asks for a latent mark, which could not be read again.
            OutOfMemoryError: it does not fit.
            GenerationError: the pipeline failed, or gave no video.
        """
        authority.redeem(clearance, request.digest, policy_digest, datetime.now(UTC))
        if request.model != self.model:
            raise GenerationError(
                f"the request is for another model (got {request.model!r}, expected {self.model!r})",
                remedy="Load the model that the request names.",
            )
        if request.latent_mark is not (latent_mark is not None):
            raise GenerationError("a latent mark is given if, and only if, the request asks for one")
        arguments = self._arguments(request)
        rate = request.frame_rate or self.frame_rate
        start = marked(self._pipeline, arguments, latent_mark) if latent_mark else nullcontext(arguments)
        with quiet(), seeded(self._pipeline.device, request.seed), start as arguments:
            arguments.update(telling(self._pipeline, progress, request.steps))
            try:
                output = self._pipeline(**arguments)
            except TouchmarkError:
                raise  # from the progress callback: whoever asked for progress may stop the work
            except Exception as error:
                raise _explained(error, type(self._pipeline).__name__) from error
            pictures = self._pictures(output)
            return raw_video(pictures, rate, self._sound(output))

    def notes(self, request: GenerationRequest) -> tuple[str, ...]:
        """What the pipeline has to say about a prompt, such as that it lies outside a small model's world.

        A pipeline of ours may have a method ``notes(prompt)`` of sentences; others have nothing to say.
        """
        about_prompt = getattr(self._pipeline, "notes", None)
        return tuple(about_prompt(request.prompt)) if callable(about_prompt) else ()

    def read_latent_mark(
        self,
        frames: Sequence[NDArray[np.uint8]],
        keys: Sequence[WatermarkKey],
        *,
        size: tuple[int, int] | None = None,
        frame_rate: Fraction | None = None,
        progress: Progress | None = None,
    ) -> tuple[Detection, ...]:
        """Look for a mark of each key in the noise from which this model may have made a video.

        Takes one to four times as long as generating it; see :func:`touchmark.generation.latent_mark.marking.read` for
        arguments and errors.
        """
        rate = frame_rate or self.frame_rate
        return read(self._pipeline, frames, keys, size=size, frame_rate=rate, progress=progress)

    def _arguments(self, request: GenerationRequest) -> dict[str, Any]:
        """What to call the pipeline with; only names that it knows."""
        import torch

        known = call_parameters(self._pipeline)
        arguments: dict[str, Any] = {"prompt": request.prompt}
        for name, spellings in SPELLINGS.items():
            value = getattr(request, name)
            if value is None or value == "":
                continue
            if isinstance(value, Fraction):
                value = value.numerator if value.denominator == 1 else float(value)
            spelling = next((spelling for spelling in spellings if spelling in known), None)
            if spelling is not None:
                arguments[spelling] = value
            elif name != "frame_rate":  # any clip can be played at any rate
                raise UnsupportedOptionError(
                    f"{type(self._pipeline).__name__} has no such setting (got {value!r})",
                    subject=name,
                    remedy="Leave it out, or use another model.",
                )
        # Noise from the CPU's generator is the same whatever the device.
        optional = {"generator": torch.Generator("cpu").manual_seed(request.seed), "output_type": "pt"}
        return arguments | {name: value for name, value in optional.items() if name in known}

    def _pictures(self, output: Any) -> Any:
        """The one clip of an output, off the GPU."""
        clips = getattr(output, "frames", None)
        if clips is None or len(clips) != 1:
            raise BadOutputError(
                f"{type(self._pipeline).__name__} returned no video", remedy="Use a text-to-video pipeline."
            )
        return clips[0].to("cpu") if hasattr(clips[0], "detach") else clips[0]

    def _sound(self, output: Any) -> Sound | None:
        samples = getattr(output, "audio", None)
        if samples is None:
            return None
        vocoder = getattr(self._pipeline, "vocoder", None)
        rate = getattr(getattr(vocoder, "config", None), "output_sampling_rate", None)
        if not isinstance(rate, int):
            raise BadOutputError(
                f"{type(self._pipeline).__name__} returned sound and does not say its sampling rate",
                remedy="Use another model.",
            )
        return raw_sound(samples[0], rate)


def _explained(error: Exception, subject: str) -> GenerationError:
    if is_out_of_memory(error):
        return OutOfMemoryError(
            "the device has too little memory for this video",
            subject=subject,
            remedy="Ask for fewer frames or a smaller picture, or use a smaller model.",
        )
    if isinstance(error, ValueError):
        return GenerationError(
            f"the model refuses these settings: {first_line(error)}",
            subject=subject,
            remedy="Change the request as it says.",
        )
    return GenerationError(
        f"the model failed: {type(error).__name__}: {first_line(error)}",
        subject=subject,
        remedy="Try the model's default size and length; if that fails too, the model or its versions are at fault.",
    )
