"""Any diffusers text-to-video pipeline behind the generator's seam: the model that ships, a local folder, a hub id.

    generator = DiffusersGenerator.load("/models/wan")            # None is the model that ships with touchmark
    raw = generator.generate(request, clearance, authority, policy_digest=policy.digest)

One loading call and one rendering call serve every pipeline; what a pipeline's ``__call__`` does not know is not
passed. Only safetensors are read and no code from a model's folder is run (:mod:`touchmark.generation.model_folder`).
torch and diffusers are imported when a model is loaded, not before.
"""

from __future__ import annotations

import importlib
import inspect
import re
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from touchmark.generation.generator import GenerationError, OutOfMemoryError, Progress, UnsupportedOptionError
from touchmark.generation.model_folder import (
    OWN_PIPELINES,
    InvalidModelError,
    ModelError,
    ModelFolder,
    ModelNotFoundError,
)
from touchmark.generation.rendering import BadOutputError, raw_sound, raw_video
from touchmark.generation.request import GenerationRequest
from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.manifest.claim import ModelIdentity, ModelKind
from touchmark.provenance.media.video import RawVideo, Sound
from touchmark.safety.clearance import Clearance, ClearanceAuthority

if TYPE_CHECKING:
    import torch

EMBEDDED = Path(__file__).parent / "embedded" / "weights"
EMBEDDED_NAME = "touchmark embedded model"

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}\Z", re.ASCII)
_NAMES: Mapping[str, tuple[str, ...]] = {
    "negative_prompt": ("negative_prompt",),
    "width": ("width",),
    "height": ("height",),
    "num_frames": ("num_frames", "frames", "video_length"),
    "frame_rate": ("frame_rate", "fps"),
    "steps": ("num_inference_steps",),
    "guidance": ("guidance_scale",),
}
"""Field of a request -> what pipelines call it."""

_FRAME_RATES: Mapping[str, int] = {
    "Allegro": 15,
    "AnimateDiff": 8,
    "CogVideoX": 8,
    "ConsisID": 8,
    "Cosmos": 16,
    "EasyAnimate": 8,
    "Hunyuan": 24,
    "Kandinsky": 24,
    "LTX": 25,
    "Latte": 8,
    "Mochi": 30,
    "Motif": 24,
    "Sana": 16,
    "SkyReels": 24,
    "TextToVideoSD": 8,
    "Wan": 16,
}
"""Pictures a second that a family of models was trained at, by the start of its class name, for pipelines that say it
nowhere themselves. From the model cards and the examples in diffusers' documentation."""

_COMMON_FRAME_RATE = 24


class NotInstalledError(ModelError):
    """The packages that run models are not installed."""

    code: ClassVar[str] = "generation.not_installed"


class DeviceError(ModelError):
    """There is no such device here."""

    code: ClassVar[str] = "generation.device"
    exit_status: ClassVar[int] = 64


@dataclass(slots=True)
class DiffusersGenerator:
    """A loaded pipeline. Renders one request at a time; threads wait for each other.

    Attributes:
        model: what it was loaded from, as a request names it: folder, hub id, or None for the embedded model.
        identity: which model it is, for the manifest.
        frame_rate: pictures a second where the request asks for no rate.
    """

    model: str | None
    identity: ModelIdentity
    frame_rate: Fraction
    _pipeline: Any = field(repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

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
        _require_installed()
        place = _device(device)
        folder, name, identifier = _locate(model)
        with _quiet():
            pipeline = _load(folder, place)
        return cls(
            model=model,
            identity=ModelIdentity(name, identifier or folder.fingerprint(), ModelKind.PYTORCH),
            frame_rate=_native_frame_rate(pipeline),
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
    ) -> RawVideo:
        """Render; see :meth:`touchmark.generation.generator.Generator.generate`.

        Raises:
            ClearanceError: the clearance does not permit this.
            UnsupportedOptionError: the request sets something that this pipeline has no setting for.
            OutOfMemoryError: it does not fit.
            GenerationError: the pipeline failed, or gave no video.
        """
        authority.redeem(clearance, request.digest, policy_digest, datetime.now(UTC))
        if request.model != self.model:
            raise GenerationError(
                f"the request is for another model (got {request.model!r}, expected {self.model!r})",
                remedy="Load the model that the request names.",
            )
        arguments = self._arguments(request)
        rate = request.frame_rate or self.frame_rate
        with self._lock, _quiet(), _seeded(self._pipeline.device, request.seed):
            if progress is not None and "callback_on_step_end" in self._known():
                arguments["callback_on_step_end"] = _on_step(progress, request.steps)
            try:
                output = self._pipeline(**arguments)
            except TouchmarkError:
                raise  # from the progress callback: whoever asked for progress may stop the work
            except Exception as error:
                raise _explained(error, type(self._pipeline).__name__, _SMALLER) from error
            pictures = self._pictures(output)
            return raw_video(pictures, rate, self._sound(output))

    def notes(self, request: GenerationRequest) -> tuple[str, ...]:
        """What the pipeline has to say about a prompt, such as that it lies outside a small model's world.

        A pipeline of ours may have a method ``notes(prompt)`` of sentences; others have nothing to say.
        """
        about_prompt = getattr(self._pipeline, "notes", None)
        return tuple(about_prompt(request.prompt)) if callable(about_prompt) else ()

    def _known(self) -> Mapping[str, inspect.Parameter]:
        return inspect.signature(self._pipeline.__call__).parameters

    def _arguments(self, request: GenerationRequest) -> dict[str, Any]:
        """What to call the pipeline with; only names that it knows."""
        import torch

        known = self._known()
        arguments: dict[str, Any] = {"prompt": request.prompt}
        for name, spellings in _NAMES.items():
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


_SMALLER = "Ask for fewer frames or a smaller picture, or use a smaller model."


def _locate(model: str | None) -> tuple[ModelFolder, str, str | None]:
    """The checked folder, a name for people, and an identifier where it is not to be computed from the files."""
    if model is None:
        return ModelFolder.open(EMBEDDED), EMBEDDED_NAME, None
    path = Path(model).expanduser()
    if path.exists() or not _HUB_ID.match(model):
        path = path.resolve()
        return ModelFolder.open(path), path.name, None
    snapshot = _download(model)
    return ModelFolder.open(snapshot), model, f"{model}@{snapshot.name}"


def _download(hub_id: str) -> Path:
    """Fetch a hub model's safetensors and configuration into the hub's cache, or find them there.

    Returns:
        The snapshot's folder, named for its commit.
    """
    import diffusers

    try:
        return Path(diffusers.DiffusionPipeline.download(hub_id, use_safetensors=True, trust_remote_code=False))
    except Exception as error:
        raise ModelNotFoundError(
            f"there is no folder of that name, and the hub gave no such model ({_first_line(error)})",
            subject=hub_id,
            remedy="Check the name and the network, or download the model first and give its folder.",
        ) from error


def _load(folder: ModelFolder, device: torch.device) -> Any:
    """The one loading call, for every pipeline."""
    import diffusers

    if folder.class_name in OWN_PIPELINES:
        pipeline_class = loader = getattr(importlib.import_module(OWN_PIPELINES[folder.class_name]), folder.class_name)
    else:
        loader, pipeline_class = diffusers.DiffusionPipeline, getattr(diffusers, folder.class_name, None)
    _check_class(pipeline_class, folder)
    try:
        pipeline = loader.from_pretrained(
            str(folder.path),
            dtype=_dtype(folder, device),
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
        )
    except Exception as error:
        if _is_out_of_memory(error):
            raise _explained(error, str(folder.path), "Use a smaller model.") from error
        raise InvalidModelError(
            f"{folder.class_name} could not be loaded: {_first_line(error)}",
            subject=str(folder.path),
            remedy="Copy or download the whole pipeline again; a newer model may need a newer diffusers.",
        ) from error
    try:
        pipeline.to(device)
    except Exception as error:
        raise _explained(error, str(folder.path), "Use a smaller model, or another device.") from error
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _check_class(pipeline_class: Any, folder: ModelFolder) -> None:
    """Whether a class renders video from text alone, before gigabytes are read to find out."""
    import diffusers

    problem = remedy = ""
    if not isinstance(pipeline_class, type) or not issubclass(pipeline_class, diffusers.DiffusionPipeline):
        problem = f"diffusers {diffusers.__version__} has no pipeline {folder.class_name}"
        remedy = "A newer model may need a newer diffusers."
    else:
        known = inspect.signature(pipeline_class.__call__).parameters
        needed = [
            name
            for name, parameter in known.items()
            if parameter.default is parameter.empty
            and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
            and name not in ("self", "prompt")
        ]
        if "prompt" not in known or not any(name in known for name in _NAMES["num_frames"]):
            problem, remedy = f"{folder.class_name} does not make video from text", "Use a text-to-video pipeline."
        elif needed:
            problem = f"{folder.class_name} needs more than a prompt ({', '.join(needed)})"
            remedy = "Use the text-to-video pipeline of this model."
    if problem:
        raise InvalidModelError(problem, subject=str(folder.path), remedy=remedy)


def _dtype(folder: ModelFolder, device: torch.device) -> Any:
    import torch

    if device.type == "cpu":
        return torch.float32
    dtype = torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    # Wan's decoder loses detail in half precision: diffusers' own examples keep it in float32.
    return {"default": dtype, "vae": torch.float32} if folder.class_name.startswith("Wan") else dtype


def _device(wanted: str | None) -> torch.device:
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if wanted is None:
        return torch.device("cuda" if count else "cpu")
    match = re.fullmatch(r"cpu|cuda(?::(\d{1,3}))?", wanted)
    if match is None or (wanted != "cpu" and int(match[1] or 0) >= count):
        raise DeviceError(
            f"there is no such device here ({count} CUDA {'device' if count == 1 else 'devices'})",
            subject=wanted,
            remedy="Use cpu, cuda or cuda:N, or name none to take the best there is.",
        )
    return torch.device(wanted)


def _native_frame_rate(pipeline: Any) -> Fraction:
    """What the call's own default says, else the pipeline's configuration, else what its family was trained at."""
    known = inspect.signature(pipeline.__call__).parameters
    said = [known[name].default for name in _NAMES["frame_rate"] if name in known]
    said.append(pipeline.config.get("frame_rate"))
    for rate in said:
        if isinstance(rate, int | float) and 0 < rate <= 240:
            return Fraction(rate).limit_denominator(1001)
    name = type(pipeline).__name__
    if name == "WanPipeline" and pipeline.config.get("expand_timesteps"):
        return Fraction(24)  # Wan 2.2 TI2V
    return Fraction(next((rate for start, rate in _FRAME_RATES.items() if name.startswith(start)), _COMMON_FRAME_RATE))


def _on_step(progress: Progress, steps: int | None) -> Callable[[Any, int, Any, dict[str, Any]], dict[str, Any]]:
    def on_step(pipeline: Any, step: int, _timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        # Schedulers of second order take more steps than were asked for.
        progress(step + 1, max(step + 1, getattr(pipeline, "num_timesteps", None) or steps or 0))
        return tensors

    return on_step


def _explained(error: Exception, subject: str, smaller: str) -> GenerationError:
    if _is_out_of_memory(error):
        return OutOfMemoryError("the device has too little memory", subject=subject, remedy=smaller)
    if isinstance(error, ValueError):
        return GenerationError(
            f"the model refuses these settings: {_first_line(error)}",
            subject=subject,
            remedy="Change the request as it says.",
        )
    return GenerationError(
        f"the model failed: {type(error).__name__}: {_first_line(error)}",
        subject=subject,
        remedy="Try the model's default size and length; if that fails too, the model or its versions are at fault.",
    )


def _is_out_of_memory(error: Exception) -> bool:
    import torch

    # On the CPU torch raises a plain RuntimeError.
    return isinstance(error, MemoryError | torch.cuda.OutOfMemoryError) or "not enough memory" in str(error)


def _first_line(error: Exception) -> str:
    """What a library said, fit for one line of a terminal: it may quote the model's own files."""
    text = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    text = "".join(character if character.isprintable() else "?" for character in text)
    return text if len(text) <= 300 else f"{text[:297]}..."


def _require_installed() -> None:
    try:
        import diffusers  # noqa: F401
        import torch  # noqa: F401
        import transformers  # noqa: F401
    except ImportError as error:
        raise NotInstalledError(
            f"the packages that run models are not installed ({_first_line(error)})",
            remedy='pip install "touchmark[generate]"',
        ) from error


@contextmanager
def _seeded(device: torch.device, seed: int) -> Iterator[None]:
    """Fix torch's global noise too, for decoders that draw from it, and put it back afterwards."""
    import torch

    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep diffusers and transformers from writing to the terminal; puts their settings back."""
    from diffusers.utils import logging as diffusers_logging
    from transformers.utils import logging as transformers_logging

    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        for logging in (diffusers_logging, transformers_logging):
            stack.callback(logging.set_verbosity, logging.get_verbosity())
            logging.set_verbosity_error()
            if logging.is_progress_bar_enabled():
                stack.callback(logging.enable_progress_bar)
            logging.disable_progress_bar()
        yield
