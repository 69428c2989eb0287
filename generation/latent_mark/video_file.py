"""The mark in the noise, looked for in a video file with the model that may have made it.

    generator = DiffusersGenerator.load("/models/wan2.2")
    (detection,) = read_file(generator, Path("copy.mp4"), [key], size=(832, 480))

A model walks a whole clip back at once, so the whole clip is held: what no model makes in one piece is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from touchmark.generation.diffusers_pipeline import DiffusersGenerator
from touchmark.generation.generator import Progress
from touchmark.generation.latent_mark.marking import resized
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.errors import LimitExceededError
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.watermark.protocol import Detection, WatermarkKey

MOST_BYTES = 2 * 1024**3
"""Of all pictures together, at the size at which they are looked at: 320 pictures of 1080p."""


def read_file(
    generator: DiffusersGenerator,
    path: Path,
    keys: Sequence[WatermarkKey],
    *,
    size: tuple[int, int] | None = None,
    progress: Progress | None = None,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
) -> tuple[Detection, ...]:
    """Look for a mark of each key in the noise that a video may have started from.

    Args:
        generator: the model that may have made it.
        path: the video.
        keys: the operator's.
        size: width and height at which it was made, where it was scaled since.
        progress: told about the steps of each walk.
        limits: the most that reading the file may cost.

    Raises:
        MediaError: the file cannot be read, or is longer than what is held.
        NotInvertibleError: this model cannot be walked back.
        ClipNotInvertibleError: not at this size.
        OutOfMemoryError: the device has too little memory.
    """
    frames: list[NDArray[np.uint8]] = []
    with open_video(path, limits) as video:
        width, height = size or (video.info.width, video.info.height)
        most = MOST_BYTES // (width * height * 3)
        for frame in video.frames():
            if len(frames) == most:
                raise LimitExceededError(
                    f"it has more than {most:,} pictures of {width} x {height}: longer than what a model makes in one "
                    "piece",
                    subject=str(path),
                    remedy="Cut out the clip that may be marked, or give the size at which it was made.",
                )
            frames.append(resized(frame.pixels, width, height))
        rate = video.info.frame_rate
    return generator.read_latent_mark(frames, keys, size=size, frame_rate=rate, progress=progress)
