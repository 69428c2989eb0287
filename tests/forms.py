"""A small file of every form that touchmark signs: two colours that move, a hum, a gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import av
import cv2
import numpy as np
from av.container import OutputContainer
from av.video.stream import VideoStream


def sound_file(path: Path, codec: str, layout: str = "fltp", seconds: int = 1) -> Path:
    time = np.arange(seconds * 22050, dtype=np.float32) / 22050
    hiss = np.random.default_rng(1).standard_normal(time.size).astype(np.float32)
    samples = 0.3 * np.sin(2764 * time) + 0.05 * hiss
    frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
    frame.rate, frame.pts = 22050, 0
    with av.open(str(path), "w", format={".m4a": "ipod"}.get(path.suffix)) as container:
        stream = container.add_stream(codec, rate=22050, layout="mono")
        resampler = av.AudioResampler(layout, "mono", 22050, stream.codec_context.frame_size or 1024)
        for piece in (*resampler.resample(frame), *resampler.resample(None)):
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return path


def picture_file(path: Path) -> Path:
    row = np.arange(96, dtype=np.uint8)
    assert cv2.imwrite(
        str(path), np.dstack([row[:, None] + row, row[:, None] * 2 + row * 0, row[None] * 2 + row[:, None] * 0])
    )
    return path


def video_file(path: Path, codec: str, **options: str) -> Path:
    with av.open(str(path), "w", options=options) as container:
        _fill(container, [container.add_stream(codec, rate=8)], range(0, 160, 40))
    return path


def film_of_chunks(path: Path) -> Path:
    """Two tracks whose pieces alternate in the file."""
    with av.open(str(path), "w") as container:
        _fill(container, [container.add_stream("libx264", rate=8) for _ in range(2)], range(0, 240, 10))
    return path


def film_of_chunks_and_fragments(path: Path) -> Path:
    """Its first pictures are named by tables of chunks, the others by fragments."""
    with av.open(str(path), "w", options={"movflags": "frag_keyframe+default_base_moof+skip_trailer"}) as container:
        _fill(container, [container.add_stream("libx264", rate=8, options={"g": "8", "bf": "0"})], range(0, 240, 10))
    return path


def _fill(container: OutputContainer, streams: Sequence[VideoStream], shades: Iterable[int]) -> None:
    """A picture of each shade, in turn in each stream."""
    for stream in streams:
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
    for shade in shades:
        picture = np.full((64, 64, 3), shade, np.uint8)
        for stream in streams:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
    for stream in streams:
        container.mux(stream.encode())


FORMS: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "a.wav": ("audio/wav", lambda path: sound_file(path, "pcm_s16le", "s16")),
    "a.flac": ("audio/flac", lambda path: sound_file(path, "flac", "s16")),
    "a.mp3": ("audio/mpeg", lambda path: sound_file(path, "libmp3lame")),
    "a.m4a": ("audio/mp4", lambda path: sound_file(path, "aac")),
    "p.jpg": ("image/jpeg", picture_file),
    "p.png": ("image/png", picture_file),
    "p.webp": ("image/webp", picture_file),
    "p.tiff": ("image/tiff", picture_file),
    "p.avif": ("image/avif", picture_file),
    "v.mp4": ("video/mp4", lambda path: video_file(path, "libx264", movflags="+faststart")),
    "fragments.mp4": ("video/mp4", lambda path: video_file(path, "libx264", movflags="frag_keyframe+empty_moov")),
    "v.mov": ("video/quicktime", lambda path: video_file(path, "libx264")),
    "v.avi": ("video/avi", lambda path: video_file(path, "mpeg4")),
}
