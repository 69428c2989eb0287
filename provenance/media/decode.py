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

Demuxers and decoders are restricted (:mod:`streams`).
"""

from __future__ import annotations

import gc
from array import array
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import count
from pathlib import Path

import av
import av.error
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from av.subtitles.stream import SubtitleStream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from touchmark.provenance.media.aperture import cuts
from touchmark.provenance.media.colour import BT709, Colour
from touchmark.provenance.media.dwelling import dwelling
from touchmark.provenance.media.errors import DecodeError, LimitExceededError, NoPicturesError, NotAVideoError
from touchmark.provenance.media.fields import Fields
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.media.picture import Orientation, PictureConverter, colour_of
from touchmark.provenance.media.references import kept_pictures
from touchmark.provenance.media.source import Source, open_source
from touchmark.provenance.media.streams import DECODERS, LIBRARY_ERRORS, MediaReader, SoundForm, labels_of
from touchmark.provenance.media.video import Frame, RawVideo

_WORDS = frozenset(("mov_text", "subrip", "webvtt", "text", "eia_608"))
"""Subtitles in letters. Those of ASS draw as well."""
_FALLBACK_RATE = Fraction(25)
_DECODER_THREADS = 4  # each holds pictures: memory is bounded whatever the machine
_MOST_TO_SHARE = 1920 * 1088
"""Pixels of a picture beyond which one thread decodes alone: four would hold a hundred megabytes more of a 4K film."""
_BEFORE_ALL = -(1 << 40)
"""A time, in whatever unit a stream has, before all that can be in it."""
_SQUARE_ENOUGH = Fraction(1, 200)
"""How far from square pixels are left as they are. Who scales to an even width writes 1280:1281 beside it; to make that
good, every picture would be interpolated and blurred, and nobody sees the difference in shape."""
_START_ANEW = frozenset(("h264", "hevc"))
"""Decoders that forget what they saw, and that can be told anew to leave out all but key frames."""
_MOST_KEPT = 144 << 20
"""Bytes of pictures that a decoder may keep of a large film: ten of 4K."""
_LARGEST = 36 << 20
"""Bytes of one picture of which a decoder may keep more: those of 8K have more, those of 4K in 10 bits fewer."""
_KEY_FRAMES_APART = Fraction(99, 400)
"""Seconds between key frames, where nobody asks for all: some films have no others."""


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
        fields: which of two fields comes first, where those pictures are interlaced; they are not put together.
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
    fields: Fields = Fields.NONE


class LeftOut(StrEnum):
    """What a file holds and :meth:`VideoReader.raw`, and so what is encoded from it, does not."""

    PICTURES = "further tracks of pictures"
    SOUNDS = "further tracks of sound"
    SUBTITLES = "subtitles"
    TRANSPARENCY = "transparency"


@contextmanager
def open_video(path: Path, limits: Limits = Limits()) -> Iterator[VideoReader]:  # noqa: B008 (frozen)
    """Open ``path`` and decode its first picture; everything read from it counts against ``limits``.

    Raises:
        MediaError: one of its subclasses, which says what is wrong with the file.
    """
    with open_source(path, limits) as source, closing(VideoReader(source, limits)) as video:
        yield video


class VideoReader(MediaReader):
    """An open video. Made by :func:`open_video`.

    Attributes:
        info: what the file says of itself.
        left_out: what of it is not read.
        is_heavy: it lets a decoder keep so many large pictures that who looks at it lean is given key frames alone.
        unshown: why players may show other pictures than :meth:`frames` gives, or play sound that :meth:`sound` does
            not, in words; empty where none would.
    """

    def __init__(self, source: Source, limits: Limits) -> None:
        super().__init__(source, limits)
        self._end = Fraction(0)
        self._stamps = array("q")
        self._tick = Fraction(1)
        with self._from_start() as (container, stream):
            period, declared = self._nominal(container, stream)
            first = self._first_picture(container, stream)
            orientation = Orientation.of(first)
            self._start = self._stamp(first) or Fraction(0)
            self._size = self._square_pixels(stream, first)
            width, height = orientation.turned(*self._size)
            self._sound_forms = tuple(map(SoundForm.of, self._sound_streams(container)))
            self.left_out = _left_out(container, first, self.picture_tracks, has_sound=self.sound_tracks > 0)
            self.unshown = self._not_shown(container, stream)
            context = stream.codec_context
            size = max(sum(plane.buffer_size for plane in first.planes), 1)
            self._most_kept = _MOST_KEPT // size
            kept = kept_pictures(context.codec.canonical_name, context.extradata or b"")
            self.is_heavy = not self._is_small and (kept > self._most_kept or size > _LARGEST)
            self.info = VideoInfo(
                width=width,
                height=height,
                frame_rate=1 / period,
                duration=declared,
                rotation=orientation.rotation,
                codec=stream.codec_context.codec.canonical_name,
                container=self._source.demuxer,
                has_sound=self.sound_tracks > 0,
                labels=labels_of(container.metadata),
                colour=colour_of(first),
                fields=_fields(stream, first, orientation),
            )
        self._orientation = orientation
        if not self._is_small:  # a decoder that waits for the next pass holds two pictures
            del first
            self.close()
            gc.collect(1)  # what a picture says beside its samples holds the picture (PyAV 18.1)

    @property
    def end(self) -> Fraction:
        """When the last picture gone past so far, decoded or not, is no longer shown: seconds since the first frame."""
        return max(self._end - self._start, Fraction(0))

    @property
    def pictures(self) -> int:
        """Packets of picture, decoded or not, that the longest pass so far went past: one for each picture, mostly."""
        return len(self._stamps)

    @property
    def unheld(self) -> str:
        """Why what is shown for most of the time is little of what has gone past so far, in words; empty where not.

        A search that weighs all pictures alike finds no mark in one that is held among hundreds that nobody sees.
        """
        if not dwelling(self._stamps, float(self._end / self._tick)):
            return ""
        return "a few of its pictures are shown for most of its time, and were looked at among the others"

    def frames(self, key_frames_only: bool = False, *, lean: bool = False) -> Iterator[Frame]:
        """The pictures from the first on, in presentation order.

        Args:
            key_frames_only: only those that stand alone, and of those that stand close together four a second; many
                times faster. All, where none of those is shown.
            lean: hold few pictures of a large film, though one or two at its beginning may then be missed, and all
                but key frames where it is heavy.

        Raises:
            LimitExceededError, DecodeError: while iterating.
        """
        period = 1 / self.info.frame_rate
        converter = PictureConverter(*self._size, self._orientation, self.info.colour)
        with self._from_start(keep=self._is_small) as (container, stream):
            stream.codec_context.skip_frame = "NONKEY" if key_frames_only else "DEFAULT"
            last: Fraction | None = None
            if lean and self.is_heavy:
                pictures = self._key_frames_apart(container, stream)
            else:
                decoder = self._untold(stream) if lean else None
                pictures = self._pictures(container, stream, decoder, light=lean and not self._is_small)
            for picture in pictures:
                stamp = self._stamp(picture)
                time = Fraction(0) if last is None else last + period
                if stamp is not None and (last is None or stamp - self._start > last):
                    time = max(stamp - self._start, Fraction(0))
                self._limits.check_duration(float(time), self._source.name)
                last = time
                with self._source.clock:
                    planes = converter.planes(picture)
                frame = Frame(planes, time, bool(picture.key_frame))
                del picture, planes  # while the next is decoded, whoever looks at this one alone holds it
                yield frame
                del frame
        if last is None and key_frames_only:  # an edit list may begin behind the only one
            yield from self.frames(lean=lean)
        elif last is None:
            raise self._error("none of its pictures can be decoded")

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
            fields=self.info.fields,
        )

    @property
    def _is_small(self) -> bool:
        """Whether the pictures that a decoder holds are no burden while it is not used."""
        return self._size[0] * self._size[1] <= _MOST_TO_SHARE

    @contextmanager
    def _from_start(self, *, keep: bool = True) -> Iterator[tuple[InputContainer, VideoStream]]:
        """The container at its start and the stream of pictures; ``keep`` them for the next pass, where it is the same.

        It is for a film whose index the demuxer holds, if nothing was damaged: what a decoder makes up for that depends
        on what it saw before.
        """
        kept, self._kept = self._kept, None
        if kept is None or not self._rewound(kept):
            kept = self._open()
        goes_on = False
        try:
            stream = self._video_stream(kept)
            keep = keep and self._source.demuxer == "mov" and stream.codec_context.codec.name in _START_ANEW
            yield kept, stream
            goes_on = True
        except GeneratorExit:  # whoever draws the pictures has enough
            goes_on = True
            raise
        finally:
            if keep and goes_on and self._kept is None and not self._damage:
                self._kept = kept
            else:
                kept.close()

    def _rewound(self, container: InputContainer) -> bool:
        """Whether it is at its start again, with a decoder that knows of nothing; closed, where it cannot be."""
        stream = self._moving(container)[0]
        try:
            with self._source.clock:
                container.seek(_BEFORE_ALL, stream=stream)  # which flushes the decoder
        except LIBRARY_ERRORS:
            container.close()
            return False
        return True

    def _first_picture(self, container: InputContainer, stream: VideoStream) -> VideoFrame:
        """The first picture that can be decoded, which may lie behind others that cannot."""
        first = next(self._checked(self._alone(container, stream)), None)
        if first is None:
            with self._container() as anew:
                stream = self._video_stream(anew)
                stream.codec_context.thread_count = 1  # each thread more would fill with pictures that nobody asked for
                first = next(self._pictures(anew, stream), None)
        if first is None:
            raise self._error("none of its pictures can be decoded")
        return first

    def _alone(self, container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame | AudioFrame]:
        """What the first packet holds. A decoder that may await more keeps up to 16 pictures to put them in order."""
        packet = next(self._packets(container, stream), None)
        if packet is not None and packet.is_keyframe:
            yield from self._decode(stream.codec_context, packet)
            yield from self._decode(stream.codec_context, None)

    def _packets(self, container: InputContainer, stream: Stream) -> Iterator[Packet[Stream]]:
        last: Fraction | None = None
        stamps = array("q")
        for packet in super()._packets(container, stream):
            if not isinstance(stream, VideoStream):
                yield packet
                continue
            if packet.size:
                stamps.append(packet.pts if packet.pts is not None else stamps[-1] if stamps else 0)
            if len(stamps) > len(self._stamps):
                self._stamps = stamps
            if packet.pts is not None and packet.time_base is not None:
                self._tick = packet.time_base
                self._end = max(self._end, (packet.pts + (packet.duration or 0)) * packet.time_base)
            context = stream.codec_context
            if context.skip_frame == "NONKEY" and packet.size:
                # No decoder will see it; that its end is missing, the container tells.
                self._damage += packet.is_corrupt and not packet.is_keyframe
                deaf = context.codec.canonical_name == "vp9"  # the one decoder that gives all pictures, told or not
                if deaf and not packet.is_keyframe:
                    continue
                if packet.is_keyframe and packet.pts is not None and packet.time_base is not None:
                    time = packet.pts * packet.time_base
                    if last is not None and last <= time < last + _KEY_FRAMES_APART:
                        continue
                    last = time
            yield packet

    def _pictures(
        self,
        container: InputContainer,
        stream: VideoStream,
        decoder: VideoCodecContext | None = None,
        *,
        light: bool = False,
    ) -> Iterator[VideoFrame]:
        decoded = self._decoded(container, stream, decoder)
        return self._checked(self._light(container, stream, decoder or stream.codec_context) if light else decoded)

    def _light(
        self, container: InputContainer, stream: VideoStream, decoder: VideoCodecContext
    ) -> Iterator[VideoFrame | AudioFrame]:
        """What is decoded, as long as the stream does not let the decoder keep more than was said before it."""
        for packet in self._packets(container, stream):
            kept = kept_pictures(decoder.codec.canonical_name, bytes(packet)) if packet.is_keyframe else 0
            if kept > self._most_kept:
                raise LimitExceededError(
                    f"a decoder would keep {kept} of its pictures, which its head does not say",
                    subject=self._source.name,
                    remedy="Encode it with fewer references.",
                )
            yield from self._decode(decoder, packet)

    def _key_frames_apart(self, container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
        """Each by itself, so that the decoder keeps none."""
        context = stream.codec_context
        context.skip_frame = "NONKEY"

        def decoded() -> Iterator[VideoFrame | AudioFrame]:
            for packet in self._packets(container, stream):
                if packet.is_keyframe and packet.size:
                    for data in (packet, None):
                        yield from self._decode(context, data)
                    context.flush_buffers()

        return self._checked(decoded())

    def _checked(self, decoded: Iterator[VideoFrame | AudioFrame]) -> Iterator[VideoFrame]:
        numbers = count(1)  # not enumerated: that would hold one picture while the next is decoded
        for picture in decoded:
            assert isinstance(picture, VideoFrame)
            self._limits.check_frames(next(numbers), self._source.name)
            self._limits.check_dimensions(picture.width, picture.height, self._source.name)
            self._damage += picture.is_corrupt  # decoded, but the decoder had to conceal something
            yield picture
            del picture

    # -- what the streams are

    def _video_stream(self, container: InputContainer) -> VideoStream:
        """The first moving picture, its decoder restricted; raises NotAVideoError or LimitExceededError."""
        streams = self._moving(container)
        if not streams:
            found = "sound" if container.streams.audio else "no video"
            cover = " and a cover picture" if container.streams.video else ""
            error = NoPicturesError if container.streams.audio else NotAVideoError
            raise error(
                f"holds {found}{cover} but no moving picture", subject=self._source.name, remedy="Give a video."
            )
        stream = streams[0]
        context = stream.codec_context
        if context is None:
            raise self._foreign("")
        self._limits.check_dimensions(context.width, context.height, self._source.name)
        if context.codec.name not in DECODERS:
            raise self._foreign(f" ({context.codec.canonical_name})")
        if not context.is_open:
            context.options = {"max_pixels": str(self._library_max_pixels())}
            context.thread_type = "AUTO"
            context.thread_count = _DECODER_THREADS if context.width * context.height <= _MOST_TO_SHARE else 1
        return stream

    def _not_shown(self, container: InputContainer, stream: VideoStream) -> str:
        # How many pictures there are for chapters is not known where they lie in fragments.
        of_chapters = any(one.disposition & Disposition.timed_thumbnails for one in container.streams.video)
        if LeftOut.PICTURES in self.left_out or of_chapters:
            return "it has more than one track of pictures, and the first alone was looked at"
        if LeftOut.TRANSPARENCY in self.left_out:
            return "its pictures are transparent, and what they show depends on what is behind them"
        if cuts(self._source.described, stream.codec_context.width, stream.codec_context.height):
            return "players show a part of it, which its clean aperture cuts out"
        if not all(map(_is_text, container.streams.subtitles)):
            return "it has subtitles that may be pictures, and were not looked at"
        if len(container.streams.audio) > self.sound_tracks:
            return "it has sound that cannot be decoded here"
        played: list[VideoStream | AudioStream] = [stream, *container.streams.audio]
        return next(filter(None, map(self._not_played, played)), "")

    def _foreign(self, codec: str) -> DecodeError:
        return DecodeError(
            f"its pictures are in a codec that is not read here{codec}",
            subject=self._source.name,
            remedy="Convert it to H.264, H.265, VP9 or AV1.",
        )

    def _untold(self, stream: VideoStream) -> VideoCodecContext:
        """A decoder that is not told by the container how many pictures wait for their turn.

        FFmpeg guesses that for H.264 in mp4 from the times of packets: where an edit list plays parts twice, that
        sixteen do, which of a large film are two hundred megabytes. Most streams say themselves how many, and of
        others a decoder learns it after a picture or two.
        """
        told = stream.codec_context
        if self._is_small or self._source.demuxer != "mov" or told.codec.name != "h264":
            return told
        untold = VideoCodecContext.create(told.codec, "r")
        assert isinstance(untold, VideoCodecContext)
        untold.extradata, untold.options, untold.thread_count = told.extradata, told.options, 1
        untold.skip_frame = told.skip_frame
        return untold

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
        if aspect is not None and aspect > 0 and abs(aspect - 1) > _SQUARE_ENOUGH:
            width = max(round(first.width * aspect), 1)
        self._limits.check_dimensions(width, first.height, self._source.name)
        return width, first.height


def _left_out(
    container: InputContainer, first: VideoFrame, picture_tracks: int, *, has_sound: bool
) -> tuple[LeftOut, ...]:
    there = {
        LeftOut.PICTURES: picture_tracks > 1,
        LeftOut.SOUNDS: len(container.streams.audio) > has_sound,
        LeftOut.SUBTITLES: bool(container.streams.subtitles),
        LeftOut.TRANSPARENCY: any(component.is_alpha for component in first.format.components),
    }
    return tuple(what for what, is_there in there.items() if is_there)


def _is_text(stream: SubtitleStream) -> bool:
    """Whether subtitles are words alone: what others draw can cover the film."""
    context = stream.codec_context
    return context is not None and context.codec.canonical_name in _WORDS


def _fields(stream: VideoStream, first: VideoFrame, orientation: Orientation) -> Fields:
    if not first.interlaced_frame:
        return Fields.NONE
    return Fields.shown(stream.codec_context.field_order, first.height, orientation)
