"""Clips in files, made once, and a bank of one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.clips import FAST, moving_clip, write_clip
from touchmark.provenance.media.video import Frame, RawVideo
from touchmark.safety.decision import Category
from touchmark.safety.output.bank import Bank, add
from touchmark.safety.output.files import hashed_file

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The banked clip, copies of it that a bank must find, and clips that it must not."""
    folder = tmp_path_factory.mktemp("clips")

    def made(name: str, video: RawVideo, **options: object) -> Path:
        return write_clip(folder / f"{name}.mp4", video, options=FAST["libx264"] | {"crf": "20"}, **options)  # type: ignore[arg-type]

    def clip(
        change: Callable[[NDArray[np.uint8]], NDArray[np.uint8]] = lambda pixels: pixels, seed: int = 1
    ) -> RawVideo:
        raw = moving_clip(320, 240, count=36, seed=seed)
        frames = [Frame(change(frame.pixels), frame.time) for frame in raw.frames]
        height, width = frames[0].size
        return replace(raw, frames=iter(frames), width=width, height=height)

    def joined(*parts: RawVideo) -> RawVideo:
        frames = [frame.pixels for part in parts for frame in part.frames]
        timed = (Frame(pixels, Fraction(place, 12)) for place, pixels in enumerate(frames))
        return replace(moving_clip(), frames=timed, duration=Fraction(len(frames), 12))

    def excerpt() -> RawVideo:
        frames = list(clip().frames)[12:]
        return replace(clip(), frames=(Frame(f.pixels, f.time - frames[0].time) for f in frames))

    scaled = lambda pixels: cv2.resize(pixels, (480, 360), interpolation=cv2.INTER_CUBIC)  # noqa: E731
    return {
        "banked": made("banked", clip()),
        "scaled": made("scaled", clip(scaled)),
        "mirrored": made("mirrored", clip(lambda pixels: np.ascontiguousarray(pixels[:, ::-1]))),
        "framed": made("framed", clip(lambda pixels: cv2.copyMakeBorder(pixels, 60, 60, 0, 0, cv2.BORDER_CONSTANT))),
        "brighter": made("brighter", clip(lambda pixels: np.clip(pixels.astype(int) + 25, 0, 255).astype(np.uint8))),
        "excerpt": made("excerpt", excerpt()),
        "inserted": made("inserted", joined(clip(seed=5), clip(), clip(seed=6))),
        "ten-bit": write_clip(
            folder / "ten-bit.mp4", clip(), "libx265", FAST["libx265"] | {"crf": "24"}, pixel_format="yuv420p10le"
        ),
        "unrelated": made("unrelated", clip(seed=7)),
        "flat": made("flat", moving_clip(count=12, style="flat", seed=3)),
    }


@pytest.fixture(scope="session")
def bank(clips: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Bank:
    folder = tmp_path_factory.mktemp("banks")
    lines = hashed_file(clips["banked"])
    return add(folder, "takedowns", [("banked.mp4", lines)], NOW, category=Category.NCII, reason="court order")
