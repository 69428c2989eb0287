"""Read a video that a stranger gave us: what it is, its pictures, its sound, under limits.

    with open_video(Path("clip.mp4")) as video:
        print(video.info.width, video.info.height, video.info.duration)
        for frame in video.frames():
            frame.planes, frame.pixels, frame.time

Pictures come upright (display rotation and mirroring applied), with square pixels, each with its own time; sound comes
aligned to the first picture. Nothing is held but the picture at hand and what the codec refers to. Each call of
``frames`` or ``sound`` is a pass of its own from the start of the file, so they may run side by side.

A damaged packet is skipped and counted (:attr:`VideoReader.damage`): a video with flipped bytes must still be examined.
Pictures of 10 bits or of HDR keep their samples and their colour; see :mod:`touchmark.provenance.media.colour`.

Demuxers and decoders are restricted to the lists below, and a demuxer sees one open file and no protocol, so that a
file cannot make us read another file or the network.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import NoReturn

import av
import av.error
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.layout import AudioLayout
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from touchmark.provenance.media.av1 import shown_pictures
from touchmark.provenance.media.colour import BT709, Colour
from touchmark.provenance.media.errors import DecodeError, LimitExceededError, NotAVideoError
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.media.picture import Orientation, PictureConverter, colour_of
from touchmark.provenance.media.source import Source, open_source
from touchmark.provenance.media.video import Frame, RawVideo, Sound

_DECODERS = (
    "h264,hevc,av1,libdav1d,vp8,vp9,libvpx-vp9,mpeg4,mjpeg,prores,"
    "aac,mp3,mp3float,opus,libopus,vorbis,ac3,eac3,flac,alac,pcm_s16le,pcm_s16be,pcm_s24le,pcm_f32le,pcm_u8"
)
"""What may decode a stranger's bytes. A stream of any other codec is refused (pictures) or left out (sound)."""

_LIBRARY_ERRORS = (av.error.FFmpegError, OSError, ValueError, RuntimeError, MemoryError)
_FALLBACK_RATE = Fraction(25)
_DECODER_THREADS = 4  # each holds a picture: memory is bounded whatever the machine
_MAX_CHANNELS = 8
_MAX_SOUND_RATE = 384_000  # silence that a file only declares is written out at its rate
_MAX_SHOWN = 8
_MAX_LABELS = 64
_MAX_LABEL_LENGTH = 4096


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What a file says of itself, after one picture was decoded.

    Attributes:
        width, height: of the pictures as :meth:`VideoReader.frames` gives them: upright, square pixels.
        frame_rate: nominal pictures a second; never trust it for the time of a picture.
        duration: playing time of the picture track in seconds, as declared, or None.
        rotation: degrees clockwise by which stored pictures are turned to stand upright; 0, 90, 180 or 270.
        codec: of the picture, FFmpeg's name (``h264``, ``hevc``, ``av1``, ``vp9``, ...).
        container: FFmpeg's name of the demuxer family (``mov``, ``matroska``, ``avi``).
        has_sound: whether there is sound that can be decoded.
        labels: the container's metadata, cut to a few thousand characters each. A stranger's text: escape it.
        colour: of the pictures as :meth:`VideoReader.frames` gives them.
    """

    width: int
    height: int
    frame_rate: Fraction
    duration: Fraction | None
    rotation: int
    codec: str
    container: str
    has_sound: bool
    labels: Mapping[str, str]
    colour: Colour = BT709


@contextmanager
def open_video(path: Path, limits: Limits = Limits()) -> Iterator[VideoReader]:  # noqa: B008 (frozen)
    """Open ``path`` and decode its first picture; everything read from it counts against ``limits``.

    Raises:
        MediaError: one of its subclasses, which says what is wrong with the file.
    """
    with open_source(path, limits) as source:
        yield VideoReader(source, limits)


class VideoReader:
    """An open video. Made by :func:`open_video`."""

    def __init__(self, source: Source, limits: Limits) -> None:
        self._source = source
        self._limits = limits
        self._damage = 0
        self._parses = False
        with self._container() as container:
            self._parses = all(_parser_is_safe(stream) for stream in container.streams.video)
        with self._container() as container:
            stream = self._video_stream(container)
            period, declared = self._nominal(container, stream)
            first = next(self._pictures(container, stream), None)
            if first is None:
                raise self._error("none of its pictures can be decoded")
            orientation = Orientation.of(first)
            self._start = self._stamp(first) or Fraction(0)
            self._size = self._square_pixels(stream, first)
            width, height = orientation.turned(*self._size)
            sound = self._sound_stream(container)
            self.info = VideoInfo(
                width=width,
                height=height,
                frame_rate=1 / period,
                duration=declared,
                rotation=orientation.rotation,
                codec=stream.codec_context.codec.canonical_name,
                container=self._source.demuxer,
                has_sound=sound is not None,
                labels=_labels(container.metadata),
                colour=colour_of(first),
            )
        self._orientation = orientation

    @property
    def damage(self) -> int:
        """Packets of picture or sound that could not be decoded so far, over all passes."""
        return self._damage

    def frames(self, key_frames_only: bool = False) -> Iterator[Frame]:
        """The pictures from the first on, in presentation order.

        Args:
            key_frames_only: only those that stand alone; many times faster.

        Raises:
            LimitExceededError, DecodeError: while iterating.
        """
        period = 1 / self.info.frame_rate
        converter = PictureConverter(*self._size, self._orientation, self.info.colour)
        with self._container() as container:
            stream = self._video_stream(container)
            if key_frames_only:
                stream.codec_context.skip_frame = "NONKEY"
            last: Fraction | None = None
            for picture in self._pictures(container, stream):
                stamp = self._stamp(picture)
                time = Fraction(0) if last is None else last + period
                if stamp is not None and (last is None or stamp - self._start > last):
                    time = max(stamp - self._start, Fraction(0))
                self._limits.check_duration(float(time), self._source.name)
                last = time
                with self._source.clock:
                    planes = converter.planes(picture)
                yield Frame(planes, time, bool(picture.key_frame))
            if last is None:
                raise self._error("none of its pictures can be decoded")

    def sound(self) -> Sound | None:
        """The sound, decoded, or None where there is none. Its blocks may raise as :meth:`frames` does."""
        with self._container() as container:
            stream = self._sound_stream(container)
            if stream is None:
                return None
            rate, channels = stream.codec_context.sample_rate, stream.codec_context.channels
        return Sound(rate, channels, self._sound_blocks(rate, channels))

    def raw(self) -> RawVideo:
        """All of it, lazily: pictures and sound, decoded."""
        return RawVideo(
            frames=self.frames(),
            width=self.info.width,
            height=self.info.height,
            frame_rate=self.info.frame_rate,
            sound=self.sound(),
            duration=self.info.duration,
            colour=self.info.colour,
        )

    # -- passes over the file

    @contextmanager
    def _container(self) -> Iterator[InputContainer]:
        options = {
            "format_whitelist": self._source.demuxer,
            "protocol_whitelist": "none",
            "codec_whitelist": _DECODERS,
            "max_streams": "64",
            "max_pixels": str(self._library_max_pixels()),
        }
        if not self._parses:
            options["fflags"] = "+noparse+nofillin"
        try:
            with self._source.clock:
                container = av.open(
                    self._source.cursor(),
                    mode="r",
                    format=self._source.demuxer,
                    options=options,
                    metadata_errors="replace",
                    buffer_size=1 << 16,
                )
        except _LIBRARY_ERRORS as error:
            self._fail(error, "its container cannot be read")
        with container:
            yield container

    def _packets(self, container: InputContainer, stream: VideoStream | AudioStream) -> Iterator[Packet[Stream]]:
        """Packets of one stream; the last is empty and flushes the decoder."""
        packets = container.demux(stream)
        while True:
            try:
                with self._source.clock:
                    packet = next(packets, None)
            except _LIBRARY_ERRORS as error:
                self._fail(error, "its container is damaged")
            self._source.clock.check()
            if packet is None:
                return
            yield packet

    def _decoded(
        self, container: InputContainer, stream: VideoStream | AudioStream
    ) -> Iterator[VideoFrame | AudioFrame]:
        is_av1 = stream.codec_context.codec.canonical_name == "av1"
        for packet in self._packets(container, stream):
            if is_av1 and packet.size and shown_pictures(memoryview(packet), _MAX_SHOWN) > _MAX_SHOWN:
                raise LimitExceededError(
                    f"one packet shows more than {_MAX_SHOWN} pictures",
                    subject=self._source.name,
                    remedy="No encoder writes that; do not open the file.",
                )
            try:
                with self._source.clock:
                    decoded = stream.codec_context.decode(packet)
            except _LIBRARY_ERRORS:
                self._source.clock.check()
                self._damage += 1
                continue
            yield from decoded

    def _pictures(self, container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
        for count, picture in enumerate(self._decoded(container, stream), start=1):
            assert isinstance(picture, VideoFrame)
            self._limits.check_frames(count, self._source.name)
            self._limits.check_dimensions(picture.width, picture.height, self._source.name)
            self._damage += picture.is_corrupt  # decoded, but the decoder had to conceal something
            yield picture

    def _sound_blocks(self, rate: int, channels: int) -> Iterator[NDArray[np.float32]]:
        """Sound from the first picture on: late sound is preceded by silence, early sound cut, holes filled."""
        given = 0
        with self._container() as container:
            stream = self._sound_stream(container)
            assert stream is not None
            convert = _SoundConverter(stream.codec_context.layout, rate)
            for block in self._decoded(container, stream):
                assert isinstance(block, AudioFrame)
                stamp = self._stamp(block)
                try:
                    with self._source.clock:
                        samples = convert(block)
                except _LIBRARY_ERRORS:
                    self._source.clock.check()
                    self._damage += 1
                    continue
                if stamp is not None:
                    late = round((stamp - self._start) * rate) - given
                    self._limits.check_duration(late / rate, self._source.name)
                    if late > rate // 20:
                        yield from _silence(channels, late)
                        given += late
                    elif given == 0 and late < 0:
                        samples = samples[:, -late:]
                given += samples.shape[1]
                self._limits.check_duration(given / rate, self._source.name)
                if samples.shape[1]:
                    yield samples

    # -- what the streams are

    def _video_stream(self, container: InputContainer) -> VideoStream:
        """The first moving picture, its decoder restricted; raises NotAVideoError or LimitExceededError."""
        still = Disposition.attached_pic | Disposition.still_image | Disposition.timed_thumbnails
        streams = [s for s in container.streams.video if not s.disposition & still]
        if not streams:
            found = "sound" if container.streams.audio else "no video"
            cover = " and a cover picture" if container.streams.video else ""
            raise NotAVideoError(
                f"holds {found}{cover} but no moving picture", subject=self._source.name, remedy="Give a video."
            )
        stream = streams[0]
        context = stream.codec_context
        if context is None:
            raise self._error("its pictures are in a codec that is not read here")
        self._limits.check_dimensions(context.width, context.height, self._source.name)
        if context.codec.name not in _DECODERS.split(","):
            raise self._error(f"its pictures are in a codec that is not read here ({context.codec.canonical_name})")
        context.options = {"max_pixels": str(self._library_max_pixels())}
        context.thread_type = "AUTO"
        context.thread_count = _DECODER_THREADS
        return stream

    def _sound_stream(self, container: InputContainer) -> AudioStream | None:
        for stream in container.streams.audio:
            context = stream.codec_context
            if context is None or context.codec.name not in _DECODERS.split(","):
                continue
            if 0 < context.channels <= _MAX_CHANNELS and 0 < context.sample_rate <= _MAX_SOUND_RATE:
                return stream
        return None

    def _nominal(self, container: InputContainer, stream: VideoStream) -> tuple[Fraction, Fraction | None]:
        """Seconds a picture, and declared seconds in all where the container says."""
        rate = stream.average_rate or stream.guessed_rate or _FALLBACK_RATE
        if not 0 < rate <= 1000:
            rate = _FALLBACK_RATE
        duration = None
        if stream.duration is not None and stream.time_base is not None:
            duration = stream.duration * stream.time_base
        elif container.duration is not None:
            duration = Fraction(container.duration, av.time_base)
        if duration is None or duration <= 0:
            return 1 / rate, None
        self._limits.check_duration(float(duration), self._source.name)
        return 1 / rate, duration

    def _square_pixels(self, stream: VideoStream, first: VideoFrame) -> tuple[int, int]:
        """Size of the pictures before turning, widened or narrowed so that pixels are square."""
        aspect = stream.sample_aspect_ratio
        width = first.width
        if aspect is not None and aspect > 0:
            width = max(round(first.width * aspect), 1)
        self._limits.check_dimensions(width, first.height, self._source.name)
        return width, first.height

    @staticmethod
    def _stamp(frame: VideoFrame | AudioFrame) -> Fraction | None:
        if frame.pts is None or frame.time_base is None:
            return None
        return frame.pts * frame.time_base

    def _library_max_pixels(self) -> int:
        """What FFmpeg may allocate: it counts pictures padded to 64 columns, so it gets some more; we check again."""
        return self._limits.max_pixels + 64 * self._limits.max_dimension

    def _error(self, problem: str) -> DecodeError:
        return DecodeError(
            problem, subject=self._source.name, remedy="The file is damaged or not what it claims to be."
        )

    def _fail(self, error: Exception, problem: str) -> NoReturn:
        self._source.clock.check()
        raise self._error(problem) from error


def _labels(metadata: Mapping[str, str]) -> dict[str, str]:
    items = list(metadata.items())[:_MAX_LABELS]
    return {key[:_MAX_LABEL_LENGTH]: value[:_MAX_LABEL_LENGTH] for key, value in items}


def _parser_is_safe(stream: VideoStream) -> bool:
    """Whether FFmpeg may split the packets of ``stream`` before we see them, which fills in missing times.

    Its AV1 parser takes 3 kB of memory for 3 bytes of a hostile packet, so that a file of a megabyte takes a gigabyte.
    """
    codec = stream.codec_context.codec if stream.codec_context is not None else None
    return codec is not None and codec.name in _DECODERS.split(",") and codec.canonical_name != "av1"


class _SoundConverter:
    """Gives sound as it was announced, also where a file changes its rate, channels or format on the way.

    Channels are read interleaved: PyAV 18 counts planes until it meets a null pointer, and for eight there is none.
    """

    def __init__(self, layout: AudioLayout, rate: int) -> None:
        self._layout, self._rate = layout, rate
        self._takes: tuple[str, str, int] | None = None
        self._resampler = self._fresh()

    def __call__(self, block: AudioFrame) -> NDArray[np.float32]:
        """Samples of shape (channels, n)."""
        kind = (block.format.name, block.layout.name, block.sample_rate)
        if kind != self._takes:
            self._takes, self._resampler = kind, self._fresh()
        parts = [part.to_ndarray()[0] for part in self._resampler.resample(block)]
        samples = np.concatenate([np.zeros(0, np.float32), *parts]).reshape(-1, self._layout.nb_channels)
        return np.ascontiguousarray(samples.T)

    def _fresh(self) -> av.AudioResampler:
        return av.AudioResampler(format="flt", layout=self._layout, rate=self._rate)


def _silence(channels: int, samples: int) -> Iterator[NDArray[np.float32]]:
    for start in range(0, samples, 1 << 15):
        yield np.zeros((channels, min(1 << 15, samples - start)), np.float32)
