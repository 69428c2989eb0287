"""Synthetic video for tests: deterministic, cheap, and of the two kinds that matter to codecs and watermarks.

``moving_clip`` is a ``RawVideo``; ``write_clip`` puts one into a file with any codec and container that PyAV has,
without touching touchmark's own encoder, so that a test of the decoder rests on nothing but the codec.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Literal, cast

import av
import cv2
import numpy as np
from av.audio.stream import AudioStream
from av.video.stream import VideoStream
from numpy.typing import NDArray

from touchmark.provenance.media.video import Frame, RawVideo, Sound

Style = Literal["textured", "flat"]

SOUND_RATE = 48_000
FAST = {
    "libx264": {"preset": "ultrafast"},
    "libx265": {"preset": "ultrafast", "x265-params": "log-level=none"},
    "libsvtav1": {"preset": "10"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"},
}
"""Encoder options for a test that only needs a valid stream."""

os.environ.setdefault("SVT_LOG", "1")  # SVT-AV1 has no other way to be quiet


def moving_clip(
    width: int = 320,
    height: int = 240,
    count: int = 12,
    rate: Fraction = Fraction(12),
    style: Style = "textured",
    seed: int = 0,
    channels: int = 0,
) -> RawVideo:
    """``count`` pictures at ``rate``: a panning scene with a disc moving through it.

    Args:
        style: ``textured`` for a natural-looking scene (noise of 1/f spectrum and some grain), ``flat`` for a cartoon.
        seed: another scene for another seed.
        channels: of a sound track of tones as long as the picture; 0 for none.
    """
    duration = count / rate
    pictures = scene(width, height, count, style, seed)
    return RawVideo(
        frames=(Frame(pixels, index / rate) for index, pixels in enumerate(pictures)),
        width=width,
        height=height,
        frame_rate=rate,
        sound=Sound(SOUND_RATE, channels, tone(duration, channels)) if channels else None,
        duration=duration,
    )


def scene(width: int, height: int, count: int, style: Style = "textured", seed: int = 0) -> Iterator[NDArray[np.uint8]]:
    """The pictures of :func:`moving_clip`: ndarrays of shape (height, width, 3), uint8, RGB."""
    rng = np.random.default_rng(seed)
    if style == "textured":
        backdrop = _texture(rng, height, width + 2 * count)
    else:
        backdrop = np.full((height, width + 2 * count, 3), rng.integers(40, 216, 3), np.uint8)
        cv2.rectangle(backdrop, (0, height * 2 // 3), (backdrop.shape[1], height), _colour(rng), -1)
    colour, radius = _colour(rng), max(min(width, height) // 8, 2)
    for index in range(count):
        picture = backdrop[:, 2 * index : 2 * index + width].copy()
        angle = 2 * np.pi * index / 48
        centre = (int(width * (0.5 + 0.3 * np.cos(angle))), int(height * (0.5 + 0.3 * np.sin(angle))))
        cv2.circle(picture, centre, radius, colour, -1, cv2.LINE_AA)
        if style == "textured":
            grain = rng.normal(0, 1.5, picture.shape[:2]).astype(np.float32)[..., None]
            picture = np.clip(picture + grain, 0, 255).astype(np.uint8)
        yield picture


def tone(duration: Fraction, channels: int, rate: int = SOUND_RATE) -> Iterator[NDArray[np.float32]]:
    """A tone of 300 Hz on the first channel, 400 Hz on the second and so on, in blocks of a tenth of a second."""
    total, block = round(duration * rate), rate // 10
    pitch = 300.0 + 100.0 * np.arange(channels)[:, None]
    for start in range(0, total, block):
        time = np.arange(start, min(start + block, total)) / rate
        yield (0.4 * np.sin(2 * np.pi * pitch * time)).astype(np.float32)


def write_clip(
    path: Path,
    video: RawVideo,
    codec: str = "libx264",
    options: Mapping[str, str] | None = None,
    sound_codec: str = "aac",
    pixel_format: str = "yuv420p",
    rotation: int = 0,
) -> Path:
    """Write ``video`` with any encoder; the container follows the name of ``path``.

    Args:
        rotation: degrees counter-clockwise that the display matrix asks for.
    """
    time_base = 1 / video.frame_rate if path.suffix == ".avi" else Fraction(1, 12_000)  # avi counts pictures, not time
    with av.open(str(path), "w") as container:
        settings = {**FAST.get(codec, {}), **(options or {})}
        stream = cast(VideoStream, container.add_stream(codec, rate=video.frame_rate, options=settings))
        stream.width, stream.height, stream.pix_fmt = video.width, video.height, pixel_format
        stream.codec_context.time_base = time_base
        if rotation:
            stream.set_display_rotation(rotation)
        track = None
        if isinstance(video.sound, Sound):
            layout = {1: "mono", 2: "stereo", 6: "5.1"}[video.sound.channels]
            track = cast(AudioStream, container.add_stream(sound_codec, rate=video.sound.rate, layout=layout))
        for frame in video.frames:
            picture = frame.planes.picture()
            picture.pts, picture.time_base = round(frame.time / time_base), time_base
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
        if track is not None and isinstance(video.sound, Sound):
            position = 0
            for block in video.sound.blocks:
                samples = av.AudioFrame.from_ndarray(block, format="fltp", layout=track.codec_context.layout.name)
                samples.sample_rate, samples.pts = video.sound.rate, position
                samples.time_base = Fraction(1, video.sound.rate)
                position += block.shape[1]
                container.mux(track.encode(samples))
            container.mux(track.encode(None))
    return path


def _texture(rng: np.random.Generator, height: int, width: int) -> NDArray[np.uint8]:
    """Noise whose amplitude falls as 1/f, as that of photographs does, in related colours."""
    fy, fx = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None]
    falloff = 1 / np.maximum(np.hypot(fy, fx), 1 / max(height, width))

    def layer() -> NDArray[np.float64]:
        noise = np.fft.irfft2(np.fft.rfft2(rng.normal(size=(height, width))) * falloff, s=(height, width))
        return np.asarray(noise / noise.std())

    light = layer()
    picture = np.stack([120 + 45 * light + 6 * layer() for _ in range(3)], axis=-1)
    return np.clip(picture, 0, 255).astype(np.uint8)


def _colour(rng: np.random.Generator) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in rng.integers(30, 226, 3))
    return red, green, blue
