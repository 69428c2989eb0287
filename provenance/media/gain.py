"""Gain maps: what a screen of many stops shows is the picture times another, which lies in the same file.

    for found in in_jpeg(data):                         # of which a viewer takes one
        shown = found.gains[0].applied(pixels, levels)  # as such a screen shows it, drawn for any other

A gain map says for each pixel by how many stops it is to be brighter, or darker, than the picture that other screens
show (ISO 21496-1; Adobe, "Gain map", 1.0; Android, "Ultra HDR Image Format", 1.1). Either may be grey all over, and the
other draw anything. In a JPEG it is another, mostly behind the first, that says of itself what it is; one that lies
elsewhere can be led to by numbers (CIPA DC-007), so it is looked for in all of the file. Files are hostile.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import takewhile
from typing import BinaryIO, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.media.chunks import END, SCAN, LongFillError, jpeg_segments, segment_data
from touchmark.provenance.media.picture import Pixels

MOST_MAPS: Final = 2
"""That are looked at; a file has one."""
_MOST_BYTES: Final = 24 << 20
"""Of one: those of cameras have some hundred kilobytes."""
_MOST_TEXT: Final = 1 << 16
_MOST_STARTS, _MOST_SEGMENTS = 1024, 4096
_MOST_FILL: Final = 1 << 16
"""Bytes between two segments: each of many beginnings could lead to the same megabytes."""
_START: Final = b"\xff\xd8\xff"
_ISO: Final = b"urn:iso:std:iso:ts:21496:-1\0"
_SAYS_SO: Final = re.compile(rb"http://ns\.adobe\.com/hdr-gain-map/1\.0/|aux:hdrgainmap|" + re.escape(_ISO[:-1]))
_XMP, _MORE_XMP = b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0"
_SPELT: Final = re.compile(rb"&|<!|\0")
"""What a name in XMP can be hidden by: letters as numbers, entities, or two bytes for each."""
_NAMED: Final = rb"""%s\s*+(?:=\s*+["']([^"'<>]{1,200})["']|>([^&]{1,1000}?)</[\w.-]{1,40}:%s\s*+>)"""
_NUMBER: Final = re.compile(rb"[-+]?\d{1,12}(?:\.\d{0,12})?(?:[eE][-+]?\d{1,2})?")
_NAMES: Final = b"GainMapMin", b"GainMapMax", b"Gamma", b"OffsetSDR", b"OffsetHDR"
_OF_CHANNELS, _ONE_DENOMINATOR = 0x80, 0x08
_OF_ONE, _OF_EACH = struct.Struct(">iiIii"), struct.Struct(">iIiIIIiIiI")
_MOST_STOPS: Final = 16.0
_POWER: Final = 2.2  # of screens; what is asked is not which colour exactly
_ROWS: Final = 128  # at a time: light is kept in fractions
_APART: Final = 4
_BRIGHT: Final = 99.8
"""Percentile of what is shown that is drawn as white."""

Numbers = NDArray[np.float32]


class StrangeGainMapError(ValueError):
    """More than any camera writes: what of it a viewer takes is not known."""


@dataclass(frozen=True, slots=True)
class Gain:
    """How a gain map is meant; each ndarray of shape (3,), float32, for R, G and B.

    Attributes:
        least, most: stops that its levels 0 and 255 stand for.
        gamma: power by which levels between are spread.
        before, behind: what is added to the light of the picture, and taken from what is shown.
    """

    least: Numbers
    most: Numbers
    gamma: Numbers
    before: Numbers
    behind: Numbers

    @classmethod
    def of(cls, numbers: NDArray[np.float64]) -> Gain:
        """Of five rows: the attributes in their order."""
        known = np.clip(np.nan_to_num(numbers, nan=0.0), -1e6, 1e6).astype(np.float32)
        stops = np.clip(known[:2], -_MOST_STOPS, _MOST_STOPS)
        return cls(stops[0], stops[1], np.clip(known[2], 0.01, 100), *np.clip(known[3:], 0, 1))

    def applied(self, pixels: Pixels, levels: Pixels) -> Pixels:
        """What is shown, in levels of an ordinary screen: the brightest as white.

        Args:
            pixels: (height, width, 3), what other screens show.
            levels: of the gain map, of any size, with the same channels.
        """
        height, width, _ = pixels.shape
        levels = np.asarray(cv2.resize(levels, (width, height)), np.uint8)
        some = self._light(pixels[::_APART, ::_APART], levels[::_APART, ::_APART])
        white = max(float(np.percentile(some, _BRIGHT)), 1e-6)
        shown = np.empty_like(pixels)
        for top in range(0, height, _ROWS):
            rows = slice(top, top + _ROWS)
            light = self._light(pixels[rows], levels[rows])
            shown[rows] = np.rint(255 * np.minimum(light / white, 1) ** (1 / _POWER))
        return shown

    def _light(self, pixels: Pixels, levels: Pixels) -> Numbers:
        """How bright each is, in lights of the white that other screens show."""
        steps = np.linspace(0, 1, 256, dtype=np.float32)[:, None]
        stops = self.least + (self.most - self.least) * steps ** (1 / self.gamma)
        times = cv2.LUT(np.ascontiguousarray(levels), np.exp2(stops)[None].astype(np.float32))
        light = cv2.LUT(np.ascontiguousarray(pixels), (steps**_POWER + self.before)[None].astype(np.float32))
        return np.asarray(np.maximum(light * times - self.behind, 0), np.float32)


_USUAL: Final = np.repeat(np.array([[0.0], [3.0], [1.0], [1 / 64], [1 / 64]]), 3, axis=1)
"""Where nothing is said: Apple's say elsewhere how many stops they have, mostly up to three."""


@dataclass(frozen=True, slots=True)
class FoundMap:
    """A gain map in a JPEG.

    Attributes:
        picture: a JPEG too, with what may follow it.
        gains: how it is meant; more than one where it says so in two ways that differ, as old viewers read one of them.
    """

    picture: bytes
    gains: tuple[Gain, ...]


def in_jpeg(data: bytes) -> tuple[FoundMap, ...]:
    """All gain maps of a JPEG, wherever they lie in it.

    Raises:
        StrangeGainMapError: there are more than ``MOST_MAPS``, or more pictures than can be asked whether they are.
    """
    file, found, budget = BytesIO(data), [], _MOST_SEGMENTS
    for number, start in enumerate(_starts(data)):
        if number == _MOST_STARTS:
            raise StrangeGainMapError("pictures in the picture by the hundred")
        notes = []
        for note in _notes(file, start):
            budget -= 1
            if not budget:
                raise StrangeGainMapError("segments by the thousand")
            if _may_say_so(note):
                notes.append(note)
        if notes:
            found.append(FoundMap(data[start : start + _MOST_BYTES], _said(notes)))
        if len(found) > MOST_MAPS:
            raise StrangeGainMapError("more than one gain map")
    return tuple(found)


def in_heif(tone_maps: Iterable[bytes]) -> tuple[Gain, ...]:
    """How the gain maps of a HEIF picture are meant, by its items that say so: a version each, then as in a JPEG.

    Raises:
        StrangeGainMapError: they cannot be read, or are many.
    """
    return _differing(_of_iso(data[1:]) for data in tone_maps)


def _starts(data: bytes) -> Iterator[int]:
    """Where pictures in a JPEG may begin, but for itself."""
    at = data.find(_START, 1)
    while at >= 0:
        yield at
        at = data.find(_START, at + 1)


def _notes(file: BinaryIO, start: int) -> Iterator[bytes]:
    """What the segments before the first scan hold, of a JPEG that begins there."""
    segments = jpeg_segments(file, start, _MOST_FILL)
    try:
        for segment in takewhile(lambda segment: segment.marker not in (END, SCAN), segments):
            yield segment_data(file, segment)
    except LongFillError as error:
        raise StrangeGainMapError(str(error)) from error


def _may_say_so(note: bytes) -> bool:
    """Whether a segment says that it is a gain map's, or may in a way that is not read here."""
    hides = note.startswith(_MORE_XMP) or (note.startswith(_XMP) and _SPELT.search(note, len(_XMP)))
    return bool(hides or _SAYS_SO.search(note))


def _said(notes: list[bytes]) -> tuple[Gain, ...]:
    """How a gain map is meant, by what it says of itself in binary and in XMP.

    Raises:
        StrangeGainMapError: it says more than can be read, or what cannot.
    """
    said = [_of_iso(note[len(_ISO) :]) for note in notes if note.startswith(_ISO)]
    in_text = [note for note in notes if not note.startswith(_ISO)]
    if sum(map(len, in_text)) > _MOST_TEXT:
        raise StrangeGainMapError("a gain map with a book beside it")
    if in_text:
        said.append(_of_xmp(b"".join(in_text)))
    return _differing(said)


def _differing(said: Iterable[NDArray[np.float64]]) -> tuple[Gain, ...]:
    differing: list[NDArray[np.float64]] = []
    for rows in said:
        if not any(np.allclose(rows, one) for one in differing):
            differing.append(rows)
    if len(differing) > MOST_MAPS:
        raise StrangeGainMapError("a gain map that is meant in many ways")
    return tuple(map(Gain.of, differing))


def _of_xmp(text: bytes) -> NDArray[np.float64]:
    return np.array([_named(text, name, usual) for name, usual in zip(_NAMES, _USUAL, strict=True)])


def _named(text: bytes, name: bytes, usual: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of R, G and B what an attribute of XMP says, or an element: one number for all, or three."""
    said = re.search(_NAMED % (name, name), text)
    texts = _NUMBER.findall(re.sub(rb"<[^>]*+>", b" ", said[1] or said[2])) if said else []
    numbers = [float(text) for text in texts[:3]]
    return np.array(numbers if len(numbers) == 3 else numbers[:1] * 3) if numbers else usual


def _of_iso(data: bytes) -> NDArray[np.float64]:
    """Five rows of what ISO 21496-1 has (annex C.2): fractions, of one denominator or of their own.

    Raises:
        StrangeGainMapError: it is not what it says that it is.
    """
    try:
        flags, common = data[4], int.from_bytes(data[5:9], "big")
        one = bool(flags & _ONE_DENOMINATOR)
        form, start = (_OF_ONE, 17) if one else (_OF_EACH, 21)
        channels = []
        for channel in range(3 if flags & _OF_CHANNELS else 1):
            numbers = form.unpack_from(data, start + channel * form.size)
            under = [common] * 5 if one else numbers[1::2]
            channels.append([number / below for number, below in zip(numbers[:: 1 if one else 2], under, strict=True)])
    except (struct.error, IndexError, ZeroDivisionError) as error:
        raise StrangeGainMapError("a gain map without its numbers") from error
    return np.array(channels if len(channels) == 3 else channels * 3).T
