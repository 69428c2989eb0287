"""Write a video: H.264 or HEVC, and AAC, in an mp4 whose index comes first, streaming, the same bytes every time.

    encode(raw, Path("clip.mp4"), EncodeSettings(crf=18))

Choices, and why:

- Pictures are written as 4:2:0 in limited range. Those of 8 bits in BT.709 become H.264: what every player reads. Those
  of 10 bits become HEVC Main 10, in the colour that they have: that is what HDR is delivered in, and what televisions,
  phones and browsers decode in hardware, where H.264's High 10 plays on hardly any of them. Odd sizes lose their last
  column or row, since 4:2:0 has none and other samplings do not play everywhere.
- Static HDR metadata goes into the stream (SEI messages), where decoders look first. It does not go into the boxes mdcv
  and clli, and dynamic metadata (HDR10+, Dolby Vision) is lost: PyAV has no way to write them.
- Interlaced pictures stay so, and say which field comes first. Those of 10 bits become H.264's High 10, since x265
  codes fields only apart: they come from studios, whose programs read it; called whole pictures, they show combs.
- Times are kept per picture, to under 6 microseconds (variable frame rate survives).
- Sound becomes AAC.
- The index ("faststart") is moved to the front here, because moving it after signing would break the C2PA hash.
- No dates, versions or thread counts end up in the file: the same input gives the same bytes on any machine.

The file is written in place; a caller that must never leave half a file writes to a temporary name and renames it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import av.error
import numpy as np
from av.audio.frame import AudioFrame
from av.codec.context import Flags as CodecFlags
from av.codec.context import ThreadType
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.reformatter import ColorRange
from av.video.stream import VideoStream

from touchmark.provenance.media.captions import Caption, CaptionTrack
from touchmark.provenance.media.colour import Colour
from touchmark.provenance.media.decoding_order import in_order
from touchmark.provenance.media.errors import EncodeError
from touchmark.provenance.media.fields import FieldMarker, Fields
from touchmark.provenance.media.video import Frame, RawVideo, Sound

_FINEST_TICKS = 90_000  # a second; the clock of MPEG systems, finer than any camera's stamps
_THREADS = 4  # fixed: encoders give other bytes, and take more memory, for other numbers of threads
_KEY_FRAME_SECONDS = 2  # a reader of key frames only, and a viewer who jumps, wait no longer than this
_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
_AAC_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)
"""Samples a second that AAC has a number for (ISO/IEC 14496-3, table 1.18)."""
_AAC_BITS_PER_CHANNEL = 80_000
"""A second: of what the sound mark is measured to survive (docs/watermark-sound.md)."""
_STANDARD_LABELS = frozenset(
    {"title", "artist", "album", "date", "comment", "genre", "copyright", "description", "synopsis"}
)
_LIBRARY_ERRORS = (av.error.FFmpegError, OSError, ValueError, RuntimeError, MemoryError)


@dataclass(frozen=True, slots=True)
class EncodeSettings:
    """How to write.

    Attributes:
        crf: constant rate factor of x264 or x265; 0 to 51, lower is better, 18 is visually lossless to most.
        preset: their speed against size, ``ultrafast`` to ``placebo``.
        metadata: container labels, such as ``title`` or ``comment``. Where one of them has no standard field in mp4,
            all are written as QuickTime keys.
        captions: timed text, a track each.
        boxes: whole boxes to follow the media at the top level, such as one with an XMP packet.
    """

    crf: int = 18
    preset: str = "medium"
    metadata: Mapping[str, str] = field(default_factory=dict)
    captions: tuple[Caption, ...] = ()
    boxes: bytes = b""


def encode(video: RawVideo, path: Path, settings: EncodeSettings = EncodeSettings()) -> None:
    """Consume ``video`` and write it to ``path``.

    Raises:
        EncodeError: the disk is full, the settings are refused, or the video cannot be expressed.
        Exception: whatever ``video``'s own iterators raise, unchanged. The file is closed either way and unusable.
    """
    subject = str(path)
    with _reporting(subject):
        container = av.open(
            f"file:{path.absolute()}", mode="w", format="mp4", container_options=_container_options(settings)
        )
    try:
        _write(container, video, settings, subject)
    except BaseException:
        with suppress(Exception):  # closing an unfinished file fails in its own ways; the first failure is what matters
            container.close()
        raise
    with _reporting(subject):
        container.close()
        if settings.boxes:
            with path.open("ab") as file:
                file.write(settings.boxes)


def _container_options(settings: EncodeSettings) -> dict[str, str]:
    keys = "" if _STANDARD_LABELS.issuperset(settings.metadata) else "+use_metadata_tags"
    return {"movflags": f"+faststart{keys}", "fflags": "+bitexact"}


def _write(container: OutputContainer, video: RawVideo, settings: EncodeSettings, subject: str) -> None:
    with _reporting(subject):
        container.metadata.update(settings.metadata)
        pictures = _PictureTrack(container, video, settings, subject)
        tracks = [CaptionTrack(container, caption) for caption in settings.captions]
    end, sound = Fraction(0), _sound_packets(container, video.sound, subject)
    waiting = next(sound, None)
    for frame in video.frames:
        while waiting is not None and _time(waiting) <= frame.time:
            _mux(container, [waiting], subject)
            waiting = next(sound, None)
        _mux(container, pictures.encode(frame), subject)
        end = frame.time + 1 / video.frame_rate
    _mux(container, pictures.finish(), subject)
    while waiting is not None:
        _mux(container, [waiting], subject)
        waiting = next(sound, None)
    _mux(container, [track.packet(end) for track in tracks], subject)


class _PictureTrack:
    """Turns frames into packets of H.264, or of HEVC where they have 10 bits and are no fields."""

    def __init__(self, container: OutputContainer, video: RawVideo, settings: EncodeSettings, subject: str) -> None:
        self._subject = subject
        self._size = (video.height, video.width)
        self._width, self._height = video.width // 2 * 2, video.height // 2 * 2
        if self._width == 0 or self._height == 0:
            raise self._error(f"pictures of {video.width} x {video.height} cannot be encoded")
        ticks = ticks_per_second(video.frame_rate)
        self._time_base = Fraction(1, ticks)
        self._period = max(round(ticks / video.frame_rate), 1)
        self._last, self._count = -1, 0
        self._colour = colour = video.colour
        fields = video.fields
        codec = "libx264" if colour.depth == 8 or fields is not Fields.NONE else "libx265"
        own = _x264_options(colour, fields) if codec == "libx264" else _x265_options(colour)
        options = {"crf": str(settings.crf), "preset": settings.preset, **own}
        stream = container.add_stream(codec, rate=video.frame_rate, options=options, time_base=self._time_base)
        self._stream = cast(VideoStream, stream)
        context = self._stream.codec_context
        context.width, context.height = self._width, self._height
        context.pix_fmt = "yuv420p" if colour.depth == 8 else "yuv420p10le"
        context.color_primaries, context.color_trc = colour.primaries, colour.transfer
        context.colorspace, context.color_range = colour.matrix, ColorRange.MPEG
        context.gop_size = max(round(_KEY_FRAME_SECONDS * video.frame_rate), 1)
        context.thread_count, context.thread_type = _THREADS, ThreadType.FRAME
        context.flags |= CodecFlags.bitexact
        self._fields: FieldMarker | None = None
        if fields is not Fields.NONE:
            self._fields = FieldMarker(fields, self._width, self._height, context.pix_fmt, self._time_base)
        if codec == "libx265":
            context.codec_tag = "hvc1"  # what Apple's players ask for: parameters outside the pictures

    def encode(self, frame: Frame) -> list[Packet[Stream]]:
        if frame.size != self._size:
            raise self._error(
                f"a picture is {frame.size[1]} x {frame.size[0]}, expected {self._size[1]} x {self._size[0]}"
            )
        pts = round(frame.time / self._time_base)
        if pts <= self._last:
            raise self._error(f"a picture at {float(frame.time):.6f} s does not follow the one before it")
        self._last = pts
        self._count += 1
        with _reporting(self._subject):
            planes = frame.planes
        if planes.colour != self._colour:
            raise self._error(f"a picture is in {planes.colour}, expected {self._colour}")
        with _reporting(self._subject):
            picture = planes.cut(self._height, self._width).picture()
            picture.pts, picture.time_base = pts, self._time_base
            if self._fields is not None:
                picture = self._fields.marked(picture)
            return self._timed(self._stream.encode(picture))

    def finish(self) -> list[Packet[Stream]]:
        if self._last < 0:
            raise self._error("the video has no pictures")
        with _reporting(self._subject):
            return in_order(self._timed(self._stream.encode(None)), self._stream.codec_context.name, self._count)

    def _timed(self, packets: list[Packet[Stream]]) -> list[Packet[Stream]]:
        for packet in packets:
            packet.duration = self._period  # matters for the last picture, which no other one ends
        return packets

    def _error(self, problem: str) -> EncodeError:
        return EncodeError(problem, subject=self._subject)


def _x264_options(colour: Colour, fields: Fields) -> dict[str, str]:
    # x264's macroblock tree gives other bytes from run to run on machines with AVX-512 (core 165): do without.
    interlaced = [] if fields is Fields.NONE else [f"{fields.value}=1"]
    return {"x264-params": ":".join(["mbtree=0", *interlaced, *_hdr_options(colour, "mastering-display", "cll")])}


def _x265_options(colour: Colour) -> dict[str, str]:
    # info=0: no version and settings in the file.
    fixed = ["log-level=error", "info=0", f"pools={_THREADS}", "frame-threads=2"]
    return {"x265-params": ":".join([*fixed, *_hdr_options(colour, "master-display", "max-cll")])}


def _hdr_options(colour: Colour, mastering: str, light: str) -> list[str]:
    """Static HDR metadata in the notation that both encoders share, under each one's names."""
    options = []
    if (screen := colour.mastering) is not None:
        colours = zip("GBR", (screen.green, screen.blue, screen.red), strict=True)
        points = "".join(f"{name}({x},{y})" for name, (x, y) in colours)
        x, y = screen.white
        options.append(f"{mastering}={points}WP({x},{y})L({screen.brightest},{screen.darkest})")
    if colour.light is not None:
        options.append(f"{light}={colour.light.brightest},{colour.light.brightest_mean}")
    return options


def ticks_per_second(rate: Fraction) -> int:
    """A clock in which pictures at ``rate`` fall on whole ticks, at least as fine as 1/90000 s.

    An odd rate (an average over uneven pictures) is first rounded, so that pauses still fit mp4's 32-bit durations.
    """
    rate = rate.limit_denominator(1001)
    return rate.numerator * -(-_FINEST_TICKS // rate.numerator)


def _sound_packets(container: OutputContainer, sound: Sound | None, subject: str) -> Iterator[Packet[Stream]]:
    """Add the sound track to ``container``, then give its packets one by one."""
    if sound is None:
        return iter(())
    return _encoded_packets(container, sound, subject)


def _encoded_packets(container: OutputContainer, sound: Sound, subject: str) -> Iterator[Packet[Stream]]:
    layout = _LAYOUTS.get(sound.channels)
    if layout is None:
        raise EncodeError(f"sound of {sound.channels} channels cannot be encoded", subject=subject)
    with _reporting(subject):
        rate = min((r for r in _AAC_RATES if r >= sound.rate), default=_AAC_RATES[-1])
        stream = container.add_stream("aac", rate=rate, layout=layout)
        stream.bit_rate = _AAC_BITS_PER_CHANNEL * sound.channels
        stream.codec_context.flags |= CodecFlags.bitexact
    position = 0
    for block in sound.blocks:
        if block.ndim != 2 or block.shape[0] != sound.channels:
            raise EncodeError(f"a sound block is {block.shape}, expected ({sound.channels}, n)", subject=subject)
        if block.shape[1] == 0:
            continue
        with _reporting(subject):
            # Interleaved: PyAV 18 miscounts the planes of eight channels.
            interleaved = np.clip(block.T, -1.0, 1.0).astype(np.float32).reshape(1, -1)
            samples = AudioFrame.from_ndarray(interleaved, format="flt", layout=layout)
            samples.sample_rate, samples.pts, samples.time_base = sound.rate, position, Fraction(1, sound.rate)
            position += block.shape[1]
            packets = stream.encode(samples)
        yield from packets
    with _reporting(subject):
        packets = stream.encode(None)
    yield from packets


def _time(packet: Packet[Stream]) -> Fraction:
    return (packet.pts or 0) * packet.time_base


def _mux(container: OutputContainer, packets: list[Packet[Stream]], subject: str) -> None:
    with _reporting(subject):
        container.mux(packets)


@contextmanager
def _reporting(subject: str) -> Iterator[None]:
    """Turn what the media library raises into an EncodeError; never to be put around a caller's iterator."""
    try:
        yield
    except _LIBRARY_ERRORS as error:
        raise EncodeError.of("the video", error, subject) from error
