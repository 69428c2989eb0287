"""From file to file through real codecs: the ways in which every attack reads and writes.

They write with PyAV directly: an attacker does not use our encoder. What they write has no box, label or manifest of
what they read. Everything streams; memory holds a few pictures.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Final, cast

import av
import numpy as np
from av.codec.context import ThreadType
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream
from numpy.typing import NDArray

from touchmark.provenance.media.decode import VideoReader, open_video
from touchmark.provenance.media.decoding_order import in_order
from touchmark.provenance.media.video import Frame

os.environ.setdefault("SVT_LOG", "1")  # SVT-AV1 has no other way to be quiet

Apply = Callable[[Path, Path], None]
"""Reads the first path, writes the second."""
Edit = Callable[[VideoReader], Iterator[Frame]]
"""Other pictures, or the same at other times; all of one size."""

_BT709: Final = 1  # code point of ITU-T H.273
_CLOCK: Final = 90_000
_THREADS: Final = 2  # fixed, because coders give other bytes for other numbers of threads
# x264's macroblock tree gives other bytes from run to run on machines with AVX-512 (core 165): do without.
_X264: Final = {"preset": "veryfast", "x264-params": "mbtree=0"}
_QUIET: Final[Mapping[str, Mapping[str, str]]] = {
    "libx264": _X264,
    "libx264rgb": _X264,
    "libx265": {"preset": "fast", "x265-params": "log-level=none:pools=none:frame-threads=1"},
    "libsvtav1": {"preset": "10"},
    "libvpx-vp9": {"b": "0", "deadline": "realtime", "cpu-used": "8"},
}
"""What each encoder needs to be fast, quiet and the same every time."""


def remux(source: Path, destination: Path) -> None:
    """Copy the packets of picture and sound into a new container: nothing else of ``source`` survives."""
    with av.open(str(source)) as given, _writing(destination) as made:
        wanted = [stream for stream in given.streams if stream.type in ("video", "audio")]
        streams = {stream.index: made.add_stream_from_template(stream, opaque=True) for stream in wanted}
        for packet in given.demux(*wanted):
            if packet.dts is not None:
                packet.stream = streams[packet.stream_index]
                made.mux(packet)


@dataclass(frozen=True, slots=True)
class Reencode:
    """Decode the picture, scale it, encode it anew; copy the sound where the container takes it.

    Attributes:
        codec: FFmpeg's name of the encoder.
        options: of the encoder, besides those that make it quick and quiet.
        scale: of width and height, which stay even.
        lines: most pixels on the short side, as platforms allow; nothing is enlarged for it.
        pixel_format: what is encoded.
    """

    codec: str
    options: Mapping[str, str] = field(default_factory=dict)
    scale: Fraction = Fraction(1)
    lines: int | None = None
    pixel_format: str = "yuv420p"

    def __call__(self, source: Path, destination: Path) -> None:
        with av.open(str(source)) as given, _writing(destination) as made:
            pictures = given.streams.video[0]
            stream = _add_stream(made, self.codec, self.options, pictures.average_rate)
            stream.width, stream.height = self._size(pictures.width, pictures.height)
            stream.pix_fmt = self.pixel_format
            stream.codec_context.time_base = pictures.time_base or Fraction(1, _CLOCK)
            if self.pixel_format == "yuv420p":
                _keep_colours(pictures, stream)
            tracks = given.streams.audio[:1] if destination.suffix == ".mp4" else ()
            sound = made.add_stream_from_template(tracks[0]) if tracks else None
            count = 0
            for packet in given.demux(pictures, *tracks):
                if packet.stream_index == pictures.index:
                    for frame in cast(list[VideoFrame], packet.decode()):
                        count += 1
                        frame.pict_type = 0  # the encoder chooses its own key frames
                        made.mux(stream.encode(frame))
                elif packet.dts is not None and sound is not None:
                    packet.stream = sound
                    made.mux(packet)
            made.mux(in_order(stream.encode(None), self.codec, count))

    def _size(self, width: int, height: int) -> tuple[int, int]:
        scale = self.scale
        if self.lines is not None:
            scale = min(scale, Fraction(self.lines, min(width, height)))
        return round(width * scale / 2) * 2, round(height * scale / 2) * 2


@dataclass(frozen=True, slots=True)
class Edited:
    """Change the decoded pictures, then encode them as an editor's export does. Sound is left out.

    Attributes:
        edit: what is done to the pictures.
        crf: of H.264.
    """

    edit: Edit
    crf: int = 23

    def __call__(self, source: Path, destination: Path) -> None:
        with open_video(source) as video:
            write(self.edit(video), video.info.frame_rate, destination, self.crf)


def write(frames: Iterable[Frame], rate: Fraction, destination: Path, crf: int) -> None:
    """Encode pictures of one size with x264; an odd last row or column is lost, a CRF of 0 loses nothing else."""
    with _writing(destination) as made:
        stream = _add_stream(made, "libx264", {"crf": str(crf)}, rate)
        context = stream.codec_context
        context.color_primaries = context.color_trc = context.colorspace = _BT709
        context.color_range = ColorRange.MPEG
        context.time_base = Fraction(1, _CLOCK)
        for count, frame in enumerate(frames):
            pixels = frame.pixels
            height, width = (side // 2 * 2 for side in pixels.shape[:2])
            if count == 0:
                stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            made.mux(stream.encode(_picture(pixels[:height, :width], frame.time)))
        made.mux(stream.encode(None))


@dataclass(frozen=True, slots=True)
class Chain:
    """One attack after the other, each through its own encoder.

    Attributes:
        links: in order; what stands between them is an mp4.
    """

    links: tuple[Apply, ...]

    def __call__(self, source: Path, destination: Path) -> None:
        with tempfile.TemporaryDirectory(dir=destination.parent) as folder:
            for count, link in enumerate(self.links[:-1]):
                link(source, Path(folder) / f"{count}.mp4")
                source = Path(folder) / f"{count}.mp4"
            self.links[-1](source, destination)


@contextmanager
def _writing(destination: Path) -> Iterator[OutputContainer]:
    """Without dates, versions and random numbers in the container, and with the priority that the process had.

    SVT-AV1 makes a process of root a real-time one, for good: nothing else on the machine would get its turn.
    """
    policy = (os.sched_getscheduler(0), os.sched_getparam(0)) if hasattr(os, "sched_getscheduler") else None
    try:
        with av.open(str(destination), "w", container_options={"fflags": "+bitexact"}) as made:
            yield made
    finally:
        if policy:
            os.sched_setscheduler(0, *policy)


def _add_stream(made: OutputContainer, codec: str, options: Mapping[str, str], rate: Fraction | None) -> VideoStream:
    stream = cast(VideoStream, made.add_stream(codec, rate, options={**_QUIET.get(codec, {}), **options}))
    stream.codec_context.thread_count, stream.codec_context.thread_type = _THREADS, ThreadType.FRAME
    return stream


def _keep_colours(given: VideoStream, made: VideoStream) -> None:
    """Say of the copy what is said of the original: a player that has to guess the matrix guesses other colours."""
    for name in ("color_primaries", "color_trc", "colorspace", "color_range"):
        setattr(made.codec_context, name, getattr(given.codec_context, name))


def _picture(pixels: NDArray[np.uint8], time: Fraction) -> VideoFrame:
    picture = VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24").reformat(
        format="yuv420p",
        dst_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.JPEG,
        dst_color_range=ColorRange.MPEG,
    )
    picture.pts, picture.time_base = round(time * _CLOCK), Fraction(1, _CLOCK)
    return picture
