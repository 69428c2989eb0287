"""Timed text in an mp4 (3GPP TS 26.245, "tx3g"): tracks of words with times, written and read without a text codec.

    EncodeSettings(captions=(Caption("AI generated", "eng"),))
    read_captions(Path("clip.mp4"))

A sample is a length and UTF-8; what styles may follow is not written and not read. Text of a stranger: escape it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.subtitles.stream import SubtitleStream

from touchmark.provenance.media.limits import Limits
from touchmark.provenance.media.source import open_source
from touchmark.provenance.media.streams import MediaReader

_CLOCK: Final = Fraction(1, 1000)
_MOST: Final = 256
_MOST_TEXT: Final = 1024
_STYLES: Final = b"[Script Info]\nScriptType: v4.00+\n"
"""FFmpeg's text encoder is opened only so that the track gets a sample description; it never sees a word."""


@dataclass(frozen=True, slots=True)
class Caption:
    """Words that show for a while.

    Attributes:
        text: the words.
        language: ISO 639-2, three letters.
        start, end: seconds; an end of None is the end of the video.
    """

    text: str
    language: str
    start: Fraction = Fraction(0)
    end: Fraction | None = None


class CaptionTrack:
    """A track with one caption in a file that is being written."""

    def __init__(self, container: OutputContainer, caption: Caption) -> None:
        self._caption = caption
        self._stream = container.add_stream("mov_text")
        self._stream.metadata["language"] = caption.language
        context = self._stream.codec_context
        context.subtitle_header = _STYLES
        context.time_base = self._stream.time_base = _CLOCK
        context.open()

    def packet(self, length: Fraction) -> Packet[Stream]:
        """The caption, in a video of ``length`` seconds."""
        text = self._caption.text.encode()
        packet: Packet[Stream] = Packet(struct.pack(">H", len(text)) + text)
        end = min(self._caption.end or length, length)
        packet.stream, packet.time_base = self._stream, _CLOCK
        packet.pts = packet.dts = round(self._caption.start / _CLOCK)
        packet.duration = max(round((end - self._caption.start) / _CLOCK), 1)
        return packet


def read_captions(path: Path, limits: Limits = Limits()) -> tuple[Caption, ...]:  # noqa: B008 (frozen)
    """Every caption of every track of timed text, in order; at most 256, of at most 1024 bytes each.

    Raises:
        MediaError: the file cannot be read.
    """
    with open_source(path, limits) as source:
        return tuple(_CaptionReader(source, limits).captions())


class _CaptionReader(MediaReader):
    def captions(self) -> Iterator[Caption]:
        count = 0
        with self._container() as container:
            tracks = len(container.streams.subtitles)
        for track in range(tracks):
            with self._container() as container:
                stream = container.streams.subtitles[track]
                if stream.codec_context is None or stream.codec_context.name != "mov_text":
                    continue
                for packet in self._packets(container, stream):
                    count += 1
                    if count > _MOST:
                        return
                    if (caption := _caption(packet, stream)) is not None:
                        yield caption


def _caption(packet: Packet[Stream], stream: SubtitleStream) -> Caption | None:
    data = bytes(packet)[: _MOST_TEXT + 2]
    if len(data) < 3 or packet.pts is None or packet.time_base is None or not packet.duration:
        return None
    with suppress(UnicodeDecodeError):
        text = data[2 : 2 + int.from_bytes(data[:2], "big")].decode()
        start = packet.pts * packet.time_base
        return Caption(text, (stream.language or "")[:8], start, start + packet.duration * packet.time_base)
    return None
