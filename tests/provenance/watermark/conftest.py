"""Pictures to mark: the drawings that the embedded model makes, which hide nothing, and a natural-looking scene."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.clips import scene, write_clip
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.picture import Planes
from touchmark.provenance.media.video import Frame, RawVideo
from touchmark.provenance.watermark.protocol import Payload, WatermarkKey

Pixels = NDArray[np.uint8]
RATE = Fraction(12)


@pytest.fixture(scope="session")
def key() -> WatermarkKey:
    return WatermarkKey(b"a key for tests only")


@pytest.fixture(scope="session")
def payload() -> Payload:
    return Payload(0x0123_4567_89AB_CDEF)


@pytest.fixture(scope="session")
def stamped() -> Callable[[Sequence[Pixels]], list[Frame]]:
    """Give pictures their times, 12 a second."""
    return lambda pictures: [Frame(pixels, index / RATE) for index, pixels in enumerate(pictures)]


@pytest.fixture(scope="session")
def drawing() -> Callable[..., list[Pixels]]:
    """A disc moving over a plain ground."""

    def draw(ground: tuple[int, int, int], count: int = 32, side: int = 256) -> list[Pixels]:
        disc = (40, 120, 230) if sum(ground) > 380 else (240, 210, 50)
        pictures = []
        for index in range(count):
            picture = np.full((side, side, 3), ground, np.uint8)
            cv2.circle(picture, (side // 4 + side * index // 64, side // 2), side // 7, disc, -1, cv2.LINE_AA)
            pictures.append(picture)
        return pictures

    return draw


@pytest.fixture(scope="session")
def natural() -> list[Pixels]:
    """Two seconds of a textured scene with grain, panning, 448 x 320."""
    return list(scene(448, 320, 24))


@pytest.fixture(scope="session")
def still(natural: list[Pixels]) -> list[Pixels]:
    """Two seconds of such a scene from a camera that stands still, with grain."""
    random = np.random.default_rng(5)
    grain = (random.normal(0, 1.5, natural[0].shape) for _ in range(24))
    return [np.clip(natural[0] + noise, 0, 255).astype(np.uint8) for noise in grain]


@pytest.fixture
def recoded(tmp_path: Path) -> Callable[..., list[Frame]]:
    """Frames after a real H.264 encoder, at a share of their size."""

    def recode(frames: Sequence[Frame], crf: int, size: float = 1.0) -> list[Frame]:
        # Planes are scaled one by one, as transcoders do; through RGB, half of every wave on pure black would be lost.
        height, width = (round(side * size / 2) * 2 for side in frames[0].size)

        def scaled(planes: Planes) -> Planes:
            sizes = ((width, height), (width // 2, height // 2), (width // 2, height // 2))
            stored = zip((planes.luma, planes.blue, planes.red), sizes, strict=True)
            return Planes(*(np.asarray(cv2.resize(p, s, interpolation=cv2.INTER_AREA), np.uint8) for p, s in stored))

        video = RawVideo(
            frames=(Frame(scaled(frame.planes), frame.time) for frame in frames),
            width=width,
            height=height,
            frame_rate=RATE,
        )
        path = write_clip(tmp_path / "copy.mp4", video, options={"preset": "medium", "crf": str(crf)})
        with open_video(path) as reader:
            return list(reader.frames())

    return recode
