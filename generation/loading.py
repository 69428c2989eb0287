"""From a name to a pipeline on a device: the one loading call that every model goes through.

    folder, name, identifier = locate("/models/wan")
    pipeline = load_pipeline(folder, choose_device(None))

What a folder must be before this is asked is in :mod:`touchmark.generation.model_folder`.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from touchmark.generation.dialects import SPELLINGS, call_parameters
from touchmark.generation.generator import OutOfMemoryError
from touchmark.generation.libraries import first_line, is_out_of_memory, quiet
from touchmark.generation.model_folder import (
    OWN_PIPELINES,
    InvalidModelError,
    ModelError,
    ModelFolder,
    ModelNotFoundError,
)

if TYPE_CHECKING:
    import torch

EMBEDDED = Path(__file__).parent / "embedded" / "weights"
EMBEDDED_NAME = "touchmark embedded model"

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}\Z", re.ASCII)


class NotInstalledError(ModelError):
    """The packages that run models are not installed."""

    code: ClassVar[str] = "generation.not_installed"


class DeviceError(ModelError):
    """There is no such device here."""

    code: ClassVar[str] = "generation.device"
    exit_status: ClassVar[int] = 64


def require_installed() -> None:
    """Raise NotInstalledError where the ``generate`` extra is missing."""
    try:
        import diffusers  # noqa: F401
        import torch  # noqa: F401
        import transformers  # noqa: F401
    except ImportError as error:
        raise NotInstalledError(
            f"the packages that run models are not installed ({first_line(error)})",
            remedy='pip install "touchmark[generate]"',
        ) from error


def locate(model: str | None) -> tuple[ModelFolder, str, str | None]:
    """Find a model and check it.

    Args:
        model: a folder, or a hub id, which is downloaded; None is the embedded model.

    Returns:
        The folder, a name for people, and the hub id with its revision; None in its place for a local folder, whose
        identifier is its fingerprint.

    Raises:
        ModelError: see :meth:`ModelFolder.open`.
    """
    if model is None:
        if not EMBEDDED.is_dir():
            raise ModelNotFoundError(
                "the embedded model is not part of this installation",
                subject=str(EMBEDDED),
                remedy="Install touchmark again, or name a model of your own.",
            )
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
        with quiet(bars=True):
            return Path(diffusers.DiffusionPipeline.download(hub_id, use_safetensors=True, trust_remote_code=False))
    except Exception as error:
        raise ModelNotFoundError(
            f"there is no folder of that name, and the hub gave no such model ({first_line(error)})",
            subject=hub_id,
            remedy="Check the name and the network, or download the model first and give its folder.",
        ) from error


def load_pipeline(folder: ModelFolder, device: torch.device) -> Any:
    """The one loading call, for every pipeline.

    Raises:
        InvalidModelError: no text-to-video pipeline of a known class, or not whole.
        OutOfMemoryError: it does not fit.
    """
    import diffusers

    loader: Any = diffusers.DiffusionPipeline
    try:
        with quiet() as heard:
            if folder.class_name in OWN_PIPELINES:
                # diffusers looks for classes in itself alone; the same call on our class finds ours.
                loader = getattr(importlib.import_module(OWN_PIPELINES[folder.class_name]), folder.class_name)
                _check_class(loader, folder)
            else:
                _check_class(getattr(diffusers, folder.class_name, None), folder)
            pipeline = loader.from_pretrained(
                str(folder.path),
                dtype=_dtype(folder, device),
                local_files_only=True,
                use_safetensors=True,
                trust_remote_code=False,
            )
        _check_complete(heard, folder)
        pipeline.to(device)
    except ModelError:
        raise
    except Exception as error:
        if is_out_of_memory(error):
            raise OutOfMemoryError(
                f"{device} has too little memory for this model",
                subject=str(folder.path),
                remedy="Use a smaller model, or another device.",
            ) from error
        raise InvalidModelError(
            f"{folder.class_name} could not be loaded: {first_line(error)}",
            subject=str(folder.path),
            remedy="Copy or download the whole pipeline again; a newer model may need a newer diffusers.",
        ) from error
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
        known = call_parameters(pipeline_class)
        needed = [
            name
            for name, parameter in known.items()
            if parameter.default is parameter.empty
            and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
            and name not in ("self", "prompt")
        ]
        if "prompt" not in known or not any(name in known for name in SPELLINGS["num_frames"]):
            problem, remedy = f"{folder.class_name} does not make video from text", "Use a text-to-video pipeline."
        elif needed:
            problem = f"{folder.class_name} needs more than a prompt ({', '.join(needed)})"
            remedy = "Use the text-to-video pipeline of this model."
    if problem:
        raise InvalidModelError(problem, subject=str(folder.path), remedy=remedy)


def _check_complete(heard: Sequence[str], folder: ModelFolder) -> None:
    """Both libraries fill weights that a folder lacks with noise and merely mention it: that is not the model."""
    for message in heard:
        if "newly initialized" in message:
            component = re.search(r"[A-Z]\w+(?= were not initialized|\S* LOAD REPORT)", message)
            raise InvalidModelError(
                f"some weights of {component[0] if component else 'a component'} are missing",
                subject=str(folder.path),
                remedy="Copy or download the whole pipeline again; a newer model may need newer libraries.",
            )


def _dtype(folder: ModelFolder, device: torch.device) -> Any:
    import torch

    if device.type == "cpu":
        return torch.float32
    dtype = torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    # Wan's decoder loses detail in half precision: diffusers' own examples keep it in float32.
    return {"default": dtype, "vae": torch.float32} if folder.class_name.startswith("Wan") else dtype


def choose_device(wanted: str | None) -> torch.device:
    """The device of that name, or the best there is.

    Raises:
        DeviceError: there is no such device.
    """
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
