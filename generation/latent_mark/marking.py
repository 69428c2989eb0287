"""The mark put into one call of a pipeline, and read back from a video by whoever holds the same model.

    with marked(pipeline, {"prompt": "a red circle"}, LatentMark(payload, key)) as arguments:
        video = pipeline(**arguments)
    detections = read(pipeline, frames, [key])

A pipeline's own noise is drawn from its own seed, in its own layout; only the signs are changed. To read, the frames
are encoded by the pipeline's codec, and the pipeline walks back with an empty prompt and no guidance, since who meets
a video does not know what was asked: what matters is that the same model is used.

Geometry is not searched: `size` must be what the clip was generated at, and what was cropped or turned is not found.
Frames may be missing from the front. torch is imported when a pipeline is at hand, not before.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from touchmark.generation.dialects import SPELLINGS, call_parameters, telling
from touchmark.generation.generator import OutOfMemoryError, Progress
from touchmark.generation.latent_mark.inversion import (
    REPEATS,
    ClipNotInvertibleError,
    NotInvertibleError,
    exchanged,
    require_invertible,
    reversed_scheduler,
)
from touchmark.generation.latent_mark.pattern import LatentMark
from touchmark.generation.latent_mark.reading import find, strongest
from touchmark.generation.libraries import first_line, is_out_of_memory, quiet, seeded
from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.watermark.protocol import Detection, MarkState, WatermarkKey

if TYPE_CHECKING:
    from torch import Tensor

_FRAMES_FIRST = ("CogVideoX", "ConsisID")
"""Pipelines whose latents are (batch, slices, channels, height, width); all others have the channels first."""
_RATIOS = ("vae_scale_factor_temporal", "vae_temporal_compression_ratio", "vae_temporal_scale_factor")
"""What pipelines call the number of frames in a slice."""

_Change = Callable[["Tensor", int], "Tensor"]
"""From a pipeline's own noise and the number of its slices to what it shall start from instead."""


def require_markable(pipeline: Any) -> None:
    """Raise NotInvertibleError where a mark could not be written into a pipeline's noise, or not be read again."""
    require_invertible(pipeline.scheduler)
    if not hasattr(pipeline, "codec"):  # which only ours has
        codec = getattr(pipeline, "vae", None)
        if not hasattr(pipeline, "prepare_latents") or not hasattr(codec, "encode"):
            raise _unsupported(pipeline, "does not let its starting noise be chosen, or has no codec that encodes")
        if type(codec).__name__ == "AutoencoderKL":
            raise _unsupported(pipeline, "encodes each frame by itself, which reading does not know")
    _frames_per_slice(pipeline)


@contextmanager
def marked(pipeline: Any, arguments: Mapping[str, Any], mark: LatentMark) -> Iterator[dict[str, Any]]:
    """Let the next call of a pipeline start from marked noise.

    Args:
        pipeline: a text-to-video pipeline of diffusers, or ours.
        arguments: what it is to be called with, for one clip.
        mark: what its noise shall carry.

    Yields:
        What to call it with, while this lasts.

    Raises:
        NotInvertibleError: the mark could not be read again.
    """
    require_markable(pipeline)

    def change(noise: Tensor, slices: int) -> Tensor:
        import torch

        changed = noise.clone()
        shown = _shown(pipeline, changed)
        moved, axis = _slices_first(pipeline, shown, slices)
        signs = torch.from_numpy(mark.signs(len(moved), moved[0].numel())).reshape(moved.shape)
        shown.copy_(shown.abs() * signs.movedim(0, axis).reshape(shown.shape).to(noise.device, noise.dtype))
        return changed

    with _starting(pipeline, arguments, change) as changed:
        yield changed


def read(
    pipeline: Any,
    frames: Sequence[NDArray[np.uint8]],
    keys: Sequence[WatermarkKey],
    *,
    size: tuple[int, int] | None = None,
    frame_rate: Fraction = Fraction(16),
    steps: int | None = None,
    prompt: str = "",
    progress: Progress | None = None,
) -> tuple[Detection, ...]:
    """Look for a mark of each key in the noise that a video started from.

    Costs one walk of the pipeline's steps, without guidance, where the mark is found at once. Where it is not, the clip
    may have lost its beginning, and as many walks are tried as a slice has frames.

    Args:
        pipeline: the model that may have made it.
        frames: the whole clip, ndarrays of shape (height, width, 3), uint8, RGB.
        keys: the keys to try.
        size: width and height at which it was generated, if the frames have been scaled since.
        frame_rate: of the frames, for the timeline.
        steps: how many steps to walk; the pipeline's default if not given.
        prompt: what was asked for, where it is known; it helps a little.
        progress: told about the steps of each walk.

    Returns:
        A detection for each key.

    Raises:
        NotInvertibleError: this pipeline cannot be walked back.
        ClipNotInvertibleError: it makes no clip of this size.
        OutOfMemoryError: it does not fit.
    """
    depth = _frames_per_slice(pipeline)
    found = {key: Detection(MarkState.NOTHING_FOUND, key.key_id) for key in keys}
    for skipped in range(depth):  # slices of a clip cut at its front may begin at any of these
        if len(frames) - skipped < _least(pipeline):
            break
        noise = invert(pipeline, frames[skipped:], size=size, steps=steps, prompt=prompt, progress=progress)
        for key, before in found.items():
            if before.state is not MarkState.VERIFIED:
                found[key] = strongest([before, find(noise, key, float(depth / frame_rate), attempts=depth)])
        if all(detection.state is MarkState.VERIFIED for detection in found.values()):
            break
    return tuple(found.values())


def invert(
    pipeline: Any,
    frames: Sequence[NDArray[np.uint8]],
    *,
    size: tuple[int, int] | None = None,
    steps: int | None = None,
    prompt: str = "",
    repeats: int = REPEATS,
    progress: Progress | None = None,
) -> NDArray[np.float32]:
    """The noise from which a pipeline would have made these frames: ndarray of shape (slices, elements).

    See :func:`read` for arguments and errors, and :func:`reversed_scheduler` for ``repeats``. Frames that fill no slice
    are left out at the end.
    """
    require_markable(pipeline)
    codec, depth = _codec(pipeline), _frames_per_slice(pipeline)
    count = (len(frames) - _least(pipeline)) // depth * depth + _least(pipeline)
    width, height = size or (frames[0].shape[1], frames[0].shape[0])
    walk = reversed_scheduler(pipeline.scheduler, repeats)
    wanted = {"width": width, "height": height, "num_frames": count, "steps": steps, "guidance": 1.0}
    known = call_parameters(pipeline)
    arguments: dict[str, Any] = {"prompt": prompt, "output_type": "latent"}
    for name, value in wanted.items():
        spelling = next((spelling for spelling in SPELLINGS[name] if spelling in known), None)
        if spelling is not None and value is not None:
            arguments[spelling] = value
    arguments |= telling(pipeline, progress, steps)
    slices = 0

    def change(noise: Tensor, count: int) -> Tensor:
        nonlocal slices
        slices = count
        return _arranged(pipeline, latents, noise).to(noise.device, noise.dtype)

    try:
        with quiet(), seeded(pipeline.device, 0):
            latents = _encoded(pipeline, _clip(frames[:count], width, height).to(codec.device))
            with exchanged(pipeline, "scheduler", walk), _starting(pipeline, arguments, change) as changed:
                pipeline(**changed)
    except TouchmarkError:
        raise
    except Exception as error:
        if is_out_of_memory(error):
            raise OutOfMemoryError(
                "the device has too little memory to walk this video back",
                subject=type(pipeline).__name__,
                remedy="Give fewer frames, or use another device.",
            ) from error
        raise ClipNotInvertibleError(
            f"a clip of {width} x {height} could not be walked back: {first_line(error)}",
            subject=type(pipeline).__name__,
            remedy="Give the size at which it was made, or the model that made it.",
        ) from error
    found = _slices_first(pipeline, _shown(pipeline, walk.reached), slices)[0]
    return np.asarray(found.flatten(1).float().cpu().numpy(), np.float32)


@contextmanager
def _starting(pipeline: Any, arguments: Mapping[str, Any], change: _Change) -> Iterator[dict[str, Any]]:
    """What to call a pipeline with, and a way for it to start from something else than its own noise meanwhile."""
    prepare = pipeline.prepare_latents
    depth = _frames_per_slice(pipeline)

    @functools.wraps(prepare)
    def prepared(*args: Any, **options: Any) -> Tensor:
        noise = prepare(*args, **options)
        frames = inspect.signature(prepare).bind(*args, **options).arguments.get("num_frames")
        if not hasattr(noise, "movedim") or not isinstance(frames, int):
            raise _unsupported(pipeline, "prepares its noise in a way that is not understood")
        changed: Tensor = change(noise, (frames - 1) // depth + 1)
        return changed

    with exchanged(pipeline, "prepare_latents", prepared):
        yield dict(arguments)


def _shown(pipeline: Any, latents: Tensor) -> Tensor:
    """The part of a pipeline's latents that shows what noise it started from, as a view: all of it, but of ours."""
    return latents[:, -pipeline.noise_shows_in :] if hasattr(pipeline, "noise_shows_in") else latents


def _slices_first(pipeline: Any, latents: Tensor, slices: int) -> tuple[Tensor, int]:
    """A view of latents with slices as the first axis, and which axis that was.

    Packed latents (1, slices * places, values), as LTX has them, are first unpacked along their second axis.
    """
    import torch

    if latents.ndim == 3:
        latents = torch.unflatten(latents, 1, (slices, -1))
        axis = 1
    else:
        axis = 1 if type(pipeline).__name__.startswith(_FRAMES_FIRST) else 2
    return latents.movedim(axis, 0), axis


def _arranged(pipeline: Any, latents: Tensor, noise: Tensor) -> Tensor:
    """Latents (1, channels, slices, height, width) laid out as the pipeline lays out its noise."""
    if noise.ndim == 3 and hasattr(pipeline, "_pack_latents"):
        sizes = (pipeline.transformer_spatial_patch_size, pipeline.transformer_temporal_patch_size)
        latents = pipeline._pack_latents(latents, *sizes)
    elif type(pipeline).__name__.startswith(_FRAMES_FIRST):
        latents = latents.transpose(1, 2)
    if latents.shape != noise.shape:
        raise _unsupported(
            pipeline, f"encodes this video as {tuple(latents.shape)}, and starts from {tuple(noise.shape)}"
        )
    return latents


def _encoded(pipeline: Any, clip: Tensor) -> Tensor:
    """Latents (1, channels, slices, height, width) of a clip, scaled as the model knows them."""
    import torch

    if hasattr(pipeline, "codec"):  # ours, whose latents are scaled already
        ours: Tensor = pipeline.encode(clip)
        return ours
    codec = pipeline.vae
    with torch.no_grad():
        latents: Tensor = codec.encode(clip.to(codec.dtype)).latent_dist.mode().float()
    mean, deviation = (_of_channels(codec, name, latents) for name in ("latents_mean", "latents_std"))
    latents = (latents - (0.0 if mean is None else mean)) / (1.0 if deviation is None else deviation)
    scaled: Tensor = latents * (codec.config.get("scaling_factor") or 1.0)
    return scaled


def _of_channels(codec: Any, name: str, latents: Tensor) -> Tensor | None:
    """A statistic of the latents, which some codecs keep as a buffer and others in their configuration."""
    import torch

    values = getattr(codec, name, None)
    values = codec.config.get(name) if values is None else values
    return None if values is None else torch.as_tensor(values).to(latents).view(1, -1, 1, 1, 1)


def _clip(frames: Sequence[NDArray[np.uint8]], width: int, height: int) -> Tensor:
    """Frames as a codec takes them: (1, 3, frames, height, width), -1 .. 1."""
    import torch

    clip = np.stack([resized(frame, width, height) for frame in frames])
    return torch.from_numpy(clip).permute(3, 0, 1, 2)[None].float() / 127.5 - 1


def resized(frame: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """A frame at another size; itself where it has that size."""
    if frame.shape[:2] == (height, width):
        return frame
    how = cv2.INTER_AREA if width < frame.shape[1] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(frame, (width, height), interpolation=how), np.uint8)


def _codec(pipeline: Any) -> Any:
    return pipeline.codec if hasattr(pipeline, "codec") else pipeline.vae


def _frames_per_slice(pipeline: Any) -> int:
    if hasattr(pipeline, "codec"):
        return int(pipeline.codec.frames_per_slice)
    ratio = next((getattr(pipeline, name) for name in _RATIOS if hasattr(pipeline, name)), None)
    if not isinstance(ratio, int):
        raise _unsupported(pipeline, "does not say how many frames its codec takes together")
    return ratio


def _least(pipeline: Any) -> int:
    """The fewest frames that can be encoded: a causal codec codes the first one by itself, ours always four."""
    return _frames_per_slice(pipeline) if hasattr(pipeline, "codec") else 1


def _unsupported(pipeline: Any, problem: str) -> NotInvertibleError:
    return NotInvertibleError(
        f"the pipeline {problem}",
        subject=type(pipeline).__name__,
        remedy="Use another model, or leave the latent mark off: the picture is marked in any case.",
    )
