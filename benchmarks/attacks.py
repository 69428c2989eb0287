"""What happens to a video on its way through the world, as small named functions from file to file.

    ATTACKS["h264_crf28"](Path("sealed.mp4"), Path("seen.mp4"))

Each does what a platform does on upload and no more: read the packets or the pictures, write them anew, drop every box
and label it does not know (which is how a manifest is lost). They use PyAV directly: an attacker does not use our
encoder. Some write webm, so an attack names its suffix.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

os.environ.setdefault("SVT_LOG", "1")  # SVT-AV1 has no other way to be quiet


@dataclass(frozen=True, slots=True)
class Attack:
    """A named way to change a file.

    Attributes:
        name: what tables and command lines call it.
        apply: reads the first path, writes the second.
        suffix: the container of the second path.
    """

    name: str
    apply: Callable[[Path, Path], None]
    suffix: str = ".mp4"

    def __call__(self, source: Path, destination: Path) -> None:
        self.apply(source, destination)


def remux(source: Path, destination: Path) -> None:
    """Copy the packets of picture and sound into a new container: nothing else of ``source`` survives."""
    with av.open(str(source)) as given, av.open(str(destination), "w") as made:
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
        options: of the encoder.
        scale: of width and height, which stay even.
    """

    codec: str
    options: Mapping[str, str] = field(default_factory=dict)
    scale: Fraction = Fraction(1)

    def __call__(self, source: Path, destination: Path) -> None:
        with av.open(str(source)) as given, av.open(str(destination), "w") as made:
            pictures = given.streams.video[0]
            size = [round(side * self.scale / 2) * 2 for side in (pictures.width, pictures.height)]
            stream = cast(VideoStream, made.add_stream(self.codec, pictures.average_rate, options=dict(self.options)))
            stream.width, stream.height, stream.pix_fmt = size[0], size[1], "yuv420p"
            stream.codec_context.time_base = pictures.time_base or 1 / Fraction(90_000)
            tracks = given.streams.audio[:1] if destination.suffix == ".mp4" else ()
            sound = made.add_stream_from_template(tracks[0]) if tracks else None
            for packet in given.demux(pictures, *tracks):
                if packet.stream_index == pictures.index:
                    for frame in cast(list[VideoFrame], packet.decode()):
                        frame.pict_type = 0  # the encoder chooses its own key frames
                        made.mux(stream.encode(frame))
                elif packet.dts is not None and sound is not None:
                    packet.stream = sound
                    made.mux(packet)
            made.mux(stream.encode(None))


_QUIET_265 = {"preset": "fast", "x265-params": "log-level=none"}
_FAST_VP9 = {"crf": "36", "b": "0", "deadline": "realtime", "cpu-used": "8"}

ATTACKS: Mapping[str, Attack] = {
    attack.name: attack
    for attack in (
        Attack("remux", remux),
        Attack("h264_crf23", Reencode("libx264", {"crf": "23", "preset": "veryfast"})),
        Attack("h264_crf28", Reencode("libx264", {"crf": "28", "preset": "veryfast"})),
        Attack("half_size", Reencode("libx264", {"crf": "23", "preset": "veryfast"}, scale=Fraction(1, 2))),
        Attack("h265_crf28", Reencode("libx265", {"crf": "28", **_QUIET_265})),
        Attack("av1_crf35", Reencode("libsvtav1", {"crf": "35", "preset": "10"})),
        Attack("vp9_crf36", Reencode("libvpx-vp9", _FAST_VP9), ".webm"),
    )
}
"""The attacks by name."""
