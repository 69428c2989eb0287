"""The passes over a file that any reader makes, of video or of sound alone: its container, its packets, its sound.

Demuxers and decoders are restricted to a list, and a demuxer sees one open file and no protocol, so that a file cannot
make us read another file or the network. What a file is and what its pictures are, :mod:`decode` and :mod:`sound` say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, NoReturn

import av
import av.error
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.layout import AudioLayout
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from touchmark.provenance.media.av1 import MOST_SHOWN, shown_pictures
from touchmark.provenance.media.errors import DecodeError, LimitExceededError
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.media.segments import is_jpeg_without_end
from touchmark.provenance.media.source import Source
from touchmark.provenance.media.video import Sound

_PLAIN = "pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,pcm_u8"
_OF_SOUND = f"aac,mp3,mp3float,opus,libopus,vorbis,ac3,eac3,flac,alac,{_PLAIN}"
_ALLOWED = f"h264,hevc,av1,libdav1d,vp8,vp9,libvpx-vp9,mpeg4,mjpeg,prores,{_OF_SOUND}"
"""What may decode a stranger's bytes. A stream of any other codec is refused (pictures) or left out (sound)."""
DECODERS: Final = frozenset(_ALLOWED.split(","))

Decoder = VideoCodecContext | AudioCodecContext

LIBRARY_ERRORS = (av.error.FFmpegError, OSError, ValueError, RuntimeError, MemoryError)
_MAX_CHANNELS = 8
_MAX_SOUND_RATE = 384_000  # silence that a file only declares is written out at its rate
_MOST_LEFT_OUT = 60
"""Pictures that a film may have and not show: whoever cuts it without encoding it keeps those that others refer to."""
_MOST_UNPLAYED = 4 * _MOST_LEFT_OUT
"""Packets of sound, of which there are as many in the time of those pictures."""
_MOST_SOUNDS = 8
"""Tracks of sound that are listened to: some cameras keep each microphone in its own."""
_MAX_LABELS = 64
_MAX_LABEL_LENGTH = 4096


class MediaReader:
    """An open file of streams. Made by :func:`decode.open_video` and :func:`sound.open_sound`.

    Args:
        source: the open file.
        limits: the most that reading it may cost.
    """

    def __init__(self, source: Source, limits: Limits) -> None:
        self._source = source
        self._limits = limits
        self._damage = 0
        self._start = Fraction(0)
        self._parses: bool | None = None  # whether FFmpeg may; not known yet
        self._tracks = 0
        self._sound_forms: tuple[SoundForm, ...] = ()
        self._kept: InputContainer | None = None
        with self._container() as container:
            self._parses = all(_parser_is_safe(stream) for stream in container.streams.video)
            self._tracks = len(self._moving(container))

    def close(self) -> None:
        """Let go of what is kept between passes."""
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()

    @property
    def picture_tracks(self) -> int:
        """Tracks of moving pictures; a video is read from the first. A cover is none."""
        return self._tracks

    @property
    def damage(self) -> int:
        """Packets of picture or sound that could not be decoded so far, over all passes."""
        return self._damage

    @property
    def sound_tracks(self) -> int:
        """Tracks of sound that can be decoded; that of a video is the first."""
        return len(self._sound_forms)

    def sound(self, most: int | None = None, track: int = 0) -> Sound | None:
        """The sound, decoded, or None where there is none. Its blocks may raise MediaError.

        Args:
            most: samples a second that suffice; of more, the decoder's library makes fewer. All, if not given.
            track: which one of those that can be decoded.
        """
        if track >= len(self._sound_forms):
            return None
        form = self._sound_forms[track]
        rate = min(form.rate, most or form.rate)
        return Sound(rate, form.layout.nb_channels, self._sound_blocks(rate, form.layout, track))

    def _not_played(self, stream: VideoStream | AudioStream) -> str:
        """Why players may show or play more of a stream than is given here, in words."""
        if self._source.indexes > 1:
            return "it has more than one index, and the first alone was read"
        if self._source.demuxer != "mov" or stream.codec_context.codec.canonical_name.startswith("pcm_"):
            return ""  # of plain samples a demuxer takes many together
        played = sum(not entry.is_discard for entry in stream.index_entries)  # as its edit list has it
        left_out = stream.frames - played > (_MOST_UNPLAYED if isinstance(stream, AudioStream) else _MOST_LEFT_OUT)
        return "its edit list leaves out parts of it, which not all players do" if left_out else ""

    @contextmanager
    def _container(self, decoders: str = _ALLOWED) -> Iterator[InputContainer]:
        with self._open(decoders) as container:
            yield container

    def _open(self, decoders: str = _ALLOWED) -> InputContainer:
        """At its start. FFmpeg decodes up to twenty pictures of a track to learn more of it, where it may."""
        options = {
            "format_whitelist": self._source.demuxer,
            "protocol_whitelist": "none",
            "codec_whitelist": decoders,
            "max_streams": "64",
            "max_pixels": str(self._library_max_pixels()),
        }
        if not self._parses:
            options["fflags"] = "+noparse+nofillin"
        if self._parses is None:  # codecs are told by the head
            options |= {"probesize": "32", "codec_whitelist": "none"}
        try:
            with self._source.clock:
                return av.open(
                    self._source.cursor(),
                    mode="r",
                    format=self._source.demuxer,
                    options=options,
                    metadata_errors="replace",
                    buffer_size=1 << 16,
                )
        except LIBRARY_ERRORS as error:
            self._fail(error, "its container cannot be read")

    def _packets(self, container: InputContainer, stream: Stream) -> Iterator[Packet[Stream]]:
        """Packets of one stream; the last is empty and flushes the decoder."""
        packets = container.demux(stream)
        while True:
            try:
                with self._source.clock:
                    packet = next(packets, None)
            except LIBRARY_ERRORS as error:
                self._fail(error, "its container is damaged")
            self._source.clock.check()
            if packet is None:
                return
            yield packet

    def _decoded(
        self, container: InputContainer, stream: VideoStream | AudioStream, decoder: Decoder | None = None
    ) -> Iterator[VideoFrame | AudioFrame]:
        for packet in self._packets(container, stream):
            yield from self._decode(decoder or stream.codec_context, packet)

    def _decode(self, decoder: Decoder, packet: Packet[Stream] | None) -> Sequence[VideoFrame | AudioFrame]:
        """What one packet gives, nothing where it is damaged; an empty one, or None, what the decoder still holds."""
        if packet and packet.size and _shows_too_many(decoder, packet):
            raise LimitExceededError(
                f"one packet shows more than {MOST_SHOWN} pictures, or holds far more",
                subject=self._source.name,
                remedy="No encoder writes that; do not open the file.",
            )
        try:
            with self._source.clock:
                return decoder.decode(packet)
        except LIBRARY_ERRORS:
            self._source.clock.check()
            self._damage += 1
            return ()

    def _sound_blocks(self, rate: int, layout: AudioLayout, track: int) -> Iterator[NDArray[np.float32]]:
        """Sound from the first picture (if any) on: late sound after silence, early sound cut, holes filled."""
        given, channels = 0, layout.nb_channels
        self.close()
        with self._container(_OF_SOUND) as container:
            streams = self._sound_streams(container)
            if track >= len(streams):  # seen when it was opened: a file can be so broken that two looks differ
                raise self._error("its sound cannot be read")
            stream = streams[track]
            convert = _SoundConverter(layout, rate)
            for block in self._decoded(container, stream):
                assert isinstance(block, AudioFrame)
                try:
                    with self._source.clock:
                        samples = convert(block)
                except LIBRARY_ERRORS:
                    self._source.clock.check()
                    self._damage += 1
                    continue
                at = self._sample_at(block, rate)
                if at is not None:
                    late = at - given
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

    @staticmethod
    def _moving(container: InputContainer) -> list[VideoStream]:
        still = Disposition.attached_pic | Disposition.still_image | Disposition.timed_thumbnails
        return [stream for stream in container.streams.video if not stream.disposition & still]

    def _sound_streams(self, container: InputContainer) -> list[AudioStream]:
        return [stream for stream in container.streams.audio if _is_heard(stream)][:_MOST_SOUNDS]

    @staticmethod
    def _stamp(frame: VideoFrame | AudioFrame) -> Fraction | None:
        if frame.pts is None or frame.time_base is None:
            return None
        return frame.pts * frame.time_base

    def _sample_at(self, block: AudioFrame, rate: int) -> int | None:
        """Which sample it begins with, by its own time, counted from the start. In whole numbers: there are many."""
        each, start = block.time_base, self._start  # made anew whenever it is asked for
        if block.pts is None or each is None:
            return None
        parts = block.pts * each.numerator * start.denominator - start.numerator * each.denominator
        whole = each.denominator * start.denominator
        return (2 * parts * rate + whole) // (2 * whole)

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


def _shows_too_many(decoder: Decoder, packet: Packet[Stream]) -> bool:
    """Whether it is of AV1 or JPEG, of which one packet may hold any number of pictures or scans, and does."""
    if not isinstance(decoder, VideoCodecContext):
        return False
    if decoder.codec.canonical_name == "mjpeg":
        return is_jpeg_without_end(bytes(packet))
    return decoder.codec.canonical_name == "av1" and shown_pictures(memoryview(packet), MOST_SHOWN) > MOST_SHOWN


def _is_heard(stream: AudioStream) -> bool:
    """Whether the sound of a stream is decoded here."""
    context = stream.codec_context
    if context is None or context.codec.name not in DECODERS:
        return False
    return 0 < context.channels <= _MAX_CHANNELS and 0 < context.sample_rate <= _MAX_SOUND_RATE


def labels_of(metadata: Mapping[str, str]) -> dict[str, str]:
    """The container's metadata, cut in number and length."""
    items = list(metadata.items())[:_MAX_LABELS]
    return {key[:_MAX_LABEL_LENGTH]: value[:_MAX_LABEL_LENGTH] for key, value in items}


def _parser_is_safe(stream: VideoStream) -> bool:
    """Whether FFmpeg may split the packets of ``stream`` before we see them, which fills in missing times.

    Its AV1 parser takes 3 kB of memory for 3 bytes of a hostile packet, so that a file of a megabyte takes a gigabyte.
    """
    codec = stream.codec_context.codec if stream.codec_context is not None else None
    return codec is not None and codec.name in DECODERS and codec.canonical_name != "av1"


@dataclass(frozen=True, slots=True)
class SoundForm:
    """How sound is given: samples a second, and channels."""

    rate: int
    layout: AudioLayout

    @classmethod
    def of(cls, stream: AudioStream) -> SoundForm:
        """As the head of the file says, or its first packets."""
        return cls(stream.codec_context.sample_rate, stream.codec_context.layout)


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
        channels = self._layout.nb_channels
        parts = [
            np.frombuffer(memoryview(part.planes[0]), np.float32, part.samples * channels)
            for part in self._resampler.resample(block)
        ]
        samples = parts[0] if len(parts) == 1 else np.concatenate([np.zeros(0, np.float32), *parts])
        return samples.reshape(-1, channels).T.copy(order="C")  # what it lies in is the library's

    def _fresh(self) -> av.AudioResampler:
        return av.AudioResampler(format="flt", layout=self._layout, rate=self._rate)


def _silence(channels: int, samples: int) -> Iterator[NDArray[np.float32]]:
    for start in range(0, samples, 1 << 15):
        yield np.zeros((channels, min(1 << 15, samples - start)), np.float32)
