"""Read a sound file that a stranger gave us, and write one in the form in which it came.

    with open_sound(Path("song.mp3")) as reader:
        reader.info.rate, reader.info.channels
        write_sound(mark.embed(reader.sound(), payload, key), Path("marked.mp3"), reader.info)

WAV, FLAC, MP3 and MPEG-4 sound (AAC or Apple Lossless) are read and written. Ogg (Opus, Vorbis) and what videos come
in, where it holds sound alone, are read: in these a sound is passed on. WAV and FLAC keep 16 or 24 bits exactly;
MP3 and AAC are encoded anew at a high rate. Title, artist and their kin are carried; covers and manifests are not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import av.error
import numpy as np
from av.audio.stream import AudioStream

from touchmark.provenance.media.errors import EncodeError, NotASoundError
from touchmark.provenance.media.kinds import FLAC, M4A, MP3, WAV
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.media.source import Source, open_source
from touchmark.provenance.media.streams import MediaReader, SoundForm, labels_of
from touchmark.provenance.media.video import Sound

WRITTEN: Final = (WAV, FLAC, MP3, M4A)
"""Kinds of file that are written; the others are only read."""
_BLOCK: Final = 1 << 14
_LIBRARY_ERRORS = (av.error.FFmpegError, OSError, ValueError, RuntimeError, MemoryError)


@dataclass(frozen=True, slots=True)
class SoundInfo:
    """What a sound file says of itself.

    Attributes:
        rate: samples a second.
        channels: how many.
        duration: playing time in seconds, as declared, or None.
        codec: FFmpeg's name (``pcm_s16le``, ``flac``, ``mp3``, ``aac``, ``alac``).
        container: FFmpeg's name of the demuxer family (``wav``, ``flac``, ``mp3``, ``mov``).
        bits: of a sample, where the file keeps samples exactly; else 0.
        layout: names of the channels, as FFmpeg puts them.
        labels: the container's metadata. A stranger's text: escape it.
    """

    rate: int
    channels: int
    duration: Fraction | None
    codec: str
    container: str
    bits: int
    layout: str
    labels: Mapping[str, str]


@contextmanager
def open_sound(path: Path, limits: Limits = Limits()) -> Iterator[SoundReader]:  # noqa: B008 (frozen)
    """Open ``path``; everything read from it counts against ``limits``.

    Raises:
        MediaError: one of its subclasses, which says what is wrong with the file.
    """
    with open_source(path, limits, sound=True) as source:
        yield SoundReader(source, limits)


class SoundReader(MediaReader):
    """An open sound file. Made by :func:`open_sound`.

    Attributes:
        info: what the file says of itself.
        unplayed: why players may play another sound than :meth:`whole` gives, in words; empty where none would.
    """

    def __init__(self, source: Source, limits: Limits) -> None:
        super().__init__(source, limits)
        with self._container() as container:
            stream = next(iter(self._sound_streams(container)), None)
            if stream is None:
                raise NotASoundError("holds no sound that can be read", subject=self._source.name)
            context = stream.codec_context
            self._sound_forms = (SoundForm.of(stream),)
            several = "it has more than one track of sound, and the first alone was listened to"
            self.unplayed = several if len(container.streams.audio) > 1 else self._not_played(stream)
            duration = Fraction(container.duration, av.time_base) if container.duration else None
            if duration is not None:
                self._limits.check_duration(float(duration), self._source.name)
            self.info = SoundInfo(
                rate=context.sample_rate,
                channels=context.channels,
                duration=duration if duration and duration > 0 else None,
                codec=context.codec.canonical_name,
                container=self._source.demuxer,
                bits=_bits(stream),
                layout=context.layout.name,
                labels=labels_of(container.metadata),
            )

    def whole(self, most: int | None = None) -> Sound:
        """The sound, decoded as it is drawn, as :meth:`MediaReader.sound` has it. Its blocks may raise MediaError."""
        sound = self.sound(most)
        assert sound is not None, "seen when it was opened"
        return sound


def write_sound(sound: Sound, path: Path, like: SoundInfo) -> None:
    """Write a sound in the form of the file that it came from.

    Args:
        sound: consumed to its end; samples beyond -1 to 1 are cut.
        path: does not exist yet.
        like: what the file said of itself.

    Raises:
        EncodeError: its form is not written, or the disk is full.
        MediaError: of the file that ``sound`` is read from.
    """
    form = _FORMS.get(like.codec) or (_FORMS["pcm_s16le"] if like.codec.startswith("pcm_") else None)
    if form is None or like.container not in _CONTAINERS:
        raise EncodeError(
            f"sound in {like.codec} is not written", subject=str(path), remedy="Convert it to WAV, FLAC, MP3 or M4A."
        )
    encoder, sample_format, deep_format, options = form
    deep = like.bits > 16
    if like.codec.startswith("pcm_") and deep:
        encoder = "pcm_s24le" if like.bits == 24 else "pcm_f32le"
    container_options = {"movflags": "+faststart"} if like.container == "mov" else {}
    try:
        with av.open(str(path), "w", format=_CONTAINERS[like.container], options=container_options) as container:
            stream = container.add_stream(encoder, rate=sound.rate, layout=like.layout, options=options)
            assert isinstance(stream, AudioStream)
            stream.codec_context.format = _written_format(encoder, deep_format if deep else sample_format)
            if deep and encoder in ("flac", "alac"):
                stream.codec_context.options = {**options, "bits_per_raw_sample": "24"}
            for key, value in like.labels.items():
                if key.lower() in _CARRIED_LABELS:
                    container.metadata[key] = value
            _encode(sound, stream, container, like.layout)
    except _LIBRARY_ERRORS as error:
        raise EncodeError.of("the sound", error, str(path)) from error


# By codec: FFmpeg's encoder, what it takes of up to 16 bits, what of more, and its settings.
_FORMS: Final = {
    "pcm_s16le": ("pcm_s16le", "s16", "s32", {}),
    "flac": ("flac", "s16", "s32", {}),
    "alac": ("alac", "s16p", "s32p", {}),
    "mp3": ("libmp3lame", "fltp", "fltp", {"b": "320k"}),
    "aac": ("aac", "fltp", "fltp", {"b": "256k"}),
}
_CONTAINERS: Final = {"wav": "wav", "flac": "flac", "mp3": "mp3", "mov": "ipod"}
_CARRIED_LABELS: Final = frozenset(
    ("title", "artist", "album", "album_artist", "genre", "track", "disc", "date", "composer", "copyright", "comment")
)


def _written_format(encoder: str, sample_format: str) -> str:
    return "flt" if encoder == "pcm_f32le" else sample_format


def _encode(sound: Sound, stream: AudioStream, container: av.container.OutputContainer, layout: str) -> None:
    resampler: av.AudioResampler | None = None
    written = 0
    for block in sound.blocks:
        for start in range(0, block.shape[1], _BLOCK):
            samples = np.clip(block[:, start : start + _BLOCK], -1.0, 1.0)
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(samples.T).reshape(1, -1), format="flt", layout=layout
            )
            frame.rate, frame.pts, frame.time_base = sound.rate, written, Fraction(1, sound.rate)
            written += samples.shape[1]
            if resampler is None:
                size = stream.codec_context.frame_size or 0
                resampler = av.AudioResampler(stream.codec_context.format, layout, sound.rate, size or None)
            for piece in resampler.resample(frame):
                container.mux(stream.encode(piece))
    if resampler is not None:
        for piece in resampler.resample(None):
            container.mux(stream.encode(piece))
    container.mux(stream.encode(None))


def _bits(stream: AudioStream) -> int:
    """Of a sample, where the codec keeps samples exactly."""
    context = stream.codec_context
    name = context.codec.canonical_name
    if name.startswith("pcm_"):
        return {"u8": 8, "s16": 16, "s24": 24, "f32": 32}.get(name[4:7].rstrip("l").rstrip("b"), 16)
    if name in ("flac", "alac"):
        return 24 if context.format is not None and context.format.name.startswith("s32") else 16
    return 0
