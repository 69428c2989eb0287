"""From what a pipeline returns to a :class:`RawVideo`: pictures made uint8 one at a time, sound in short blocks.

    raw = raw_video(output.frames[0], Fraction(16))

No model runs here. torch is not imported: its tensors are recognised by what they can do.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from touchmark.generation.generator import GenerationError
from touchmark.provenance.media.video import Frame, RawVideo, Sound

BLOCK_SECONDS = 0.25
MAX_CHANNELS = 8


class BadOutputError(GenerationError):
    """The model ran to its end, and what came out is no video."""

    code: ClassVar[str] = "generation.bad_output"


def raw_video(pictures: Any, frame_rate: Fraction, sound: Sound | None = None) -> RawVideo:
    """Wrap a clip.

    Args:
        pictures: one clip, as a pipeline returns it: tensor of shape (frames, 3, height, width), ndarray of shape
            (frames, height, width, 3), both in 0..1 or uint8, or a list of such pictures or of PIL images.
        frame_rate: sets the time stamps.
        sound: goes along.

    Returns:
        A video whose frames are converted as they are drawn.

    Raises:
        BadOutputError: no pictures, not RGB, or values that are not numbers. Every picture is looked at before this
            returns, so that nothing is begun with a video that cannot be finished.
    """
    count = len(pictures)
    if count == 0:
        raise BadOutputError("the model returned no pictures", remedy="Ask for more frames.")
    shapes = {_checked_shape(picture, index) for index, picture in enumerate(pictures)}
    if len(shapes) != 1:
        raise BadOutputError(f"the pictures differ in size (got {sorted(shapes)})", remedy="Use another model.")
    height, width = shapes.pop()

    def frames() -> Iterator[Frame]:
        for index in range(count):
            yield Frame(_pixels(pictures[index]), index / frame_rate)

    return RawVideo(
        frames=frames(),
        width=width,
        height=height,
        frame_rate=frame_rate,
        sound=sound,
        duration=count / frame_rate,
    )


def raw_sound(samples: Any, rate: int) -> Sound:
    """Wrap a clip's sound.

    Args:
        samples: tensor or ndarray of shape (channels, n) or (n,), in -1..1.
        rate: samples a second.

    Raises:
        BadOutputError: another shape, too many channels, or values that are not numbers.
    """
    array = np.atleast_2d(np.asarray(_array(samples), dtype=np.float32))
    if array.ndim != 2 or not 1 <= array.shape[0] <= MAX_CHANNELS or rate < 1:
        raise BadOutputError(
            f"the model's sound is not understood (shape {array.shape} at {rate} Hz, expected (channels, n))",
            remedy="Use another model.",
        )
    if not np.isfinite(array).all():
        raise BadOutputError("the model's sound holds values that are not numbers", remedy=_NOT_FINITE_REMEDY)
    array = np.clip(array, -1.0, 1.0)
    step = max(1, round(rate * BLOCK_SECONDS))
    blocks = (array[:, start : start + step] for start in range(0, array.shape[1], step))
    return Sound(rate=rate, channels=array.shape[0], blocks=blocks)


_NOT_FINITE_REMEDY = "Weights and number format may not go together: load the model on the CPU, or use other weights."


def _checked_shape(picture: Any, index: int) -> tuple[int, int]:
    """(height, width) of one picture, once it is known to be one."""
    array = _array(picture)
    if array.ndim != 3 or array.shape[2] != 3:
        raise BadOutputError(
            f"picture {index} is not RGB (shape {array.shape}, expected (height, width, 3))",
            remedy="Use another model.",
        )
    if array.dtype != np.uint8 and not np.isfinite(array).all():
        raise BadOutputError(f"picture {index} holds values that are not numbers", remedy=_NOT_FINITE_REMEDY)
    return array.shape[0], array.shape[1]


def _pixels(picture: Any) -> NDArray[np.uint8]:
    array = _array(picture)
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    return np.ascontiguousarray(np.rint(np.clip(array, 0.0, 1.0) * 255.0).astype(np.uint8))


def _array(value: Any) -> NDArray[Any]:
    """An ndarray, channels last where it is a picture.

    A torch picture has its channels first and may be in bfloat16, which NumPy does not know.
    """
    if not hasattr(value, "detach"):
        return np.asarray(value.convert("RGB") if hasattr(value, "convert") else value)
    tensor = value.detach().cpu()
    array: NDArray[Any] = (tensor.float() if tensor.is_floating_point() else tensor).numpy()
    return np.moveaxis(array, 0, -1) if array.ndim == 3 else array
