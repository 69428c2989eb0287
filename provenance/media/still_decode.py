"""Decode a single picture that a stranger gave us: pixels as the decoder gives them, and what its file says of them.

    found = decode_still(Path("photo.jpg"), limits)
    found.picture, found.orientation       # an av.VideoFrame, and how to turn it upright
    pixels_of(found.picture)               # ndarray of shape (height, width, channels)

One function a form: PNG, JPEG and WebP are taken apart first, so that a decoder sees nothing but the picture; a TIFF is
decoded whole; of an AVIF the picture that its index names, by ``libdav1d`` alone. How large a picture is, and how many
there are, is known before anything is decoded, but for the depth of TIFF and AVIF, which is taken for the deepest.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import cast

import av
import av.error
import numpy as np
from av.codec.context import CodecContext
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from av.video.stream import VideoStream

from touchmark.provenance.media import profile, segments
from touchmark.provenance.media.aperture import cuts
from touchmark.provenance.media.av1 import MOST_SHOWN, shown_pictures
from touchmark.provenance.media.errors import DecodeError, LimitExceededError, NotAPictureError
from touchmark.provenance.media.gain import FoundMap, Gain, StrangeGainMapError, in_heif, in_jpeg
from touchmark.provenance.media.items import primary_item, tone_maps
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.media.picture import MATRICES, TO_RGB, Orientation, Samples
from touchmark.provenance.media.segments import Parts
from touchmark.provenance.media.source import open_file
from touchmark.provenance.media.tags import check_tags
from touchmark.provenance.media.tiff import Tiff, within

LARGER = 2
"""How many times the sides and the pixels of a video a single picture may have: of a video several are held."""
_MOST_BYTES = 256 * 1024**2
_HEIGHT, _SUB_DIRECTORIES, _IS_RAW, _TIFF_PROFILE = 0x0101, 0x014A, 0xC612, 0x8773
"""Tags: TIFF 6.0, section 8; TIFF supplement 1; DNG 1.6, DNGVersion; ICC.1, B.4."""
_AVIF_PROFILE = re.compile(rb"(?s)(.{4})colr(?:prof|rICC)")
_MOST_PROFILES = 16
_ALPHA = b"auxid:1\0", b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"
_SMALLER = Interpolation.AREA | Interpolation.FULL_CHR_H_INT | Interpolation.ACCURATE_RND | Interpolation.BITEXACT
_LIBRARY_ERRORS = (av.error.FFmpegError, OSError, ValueError, RuntimeError, MemoryError)

# EXIF 2.32, 4.6.4 A, orientations 1 to 8.
_ORIENTATIONS = (
    Orientation(),
    Orientation(flip_x=True),
    Orientation(flip_x=True, flip_y=True),
    Orientation(flip_y=True),
    Orientation(transpose=True),
    Orientation(transpose=True, flip_x=True),
    Orientation(transpose=True, flip_x=True, flip_y=True),
    Orientation(transpose=True, flip_y=True),
)


class StillKind(StrEnum):
    """The forms that are read. The value names it for people."""

    PNG = "PNG"
    JPEG = "JPEG"
    WEBP = "WebP"
    TIFF = "TIFF"
    AVIF = "AVIF"


class Unshown(StrEnum):
    """Why viewers may show another picture than the one that was decoded. The value says it to people."""

    SEEN_THROUGH = "it is transparent, and what it shows depends on what is behind it"
    OTHER_COLOURS = "its colour profile shows other levels than it holds"
    CUT = "viewers show a part of it, which its clean aperture cuts out"
    GAIN_MAP = "its gain map, by which some screens show another picture, could not be looked at"
    FURTHER = "it holds further pictures, and the first alone was looked at"


_DEEPEST = {StillKind.TIFF: 8, StillKind.AVIF: 6}
"""Bytes a pixel: four channels of 16 bits, and three."""

_IN_PARTS = {
    StillKind.PNG: ("png", segments.png_parts),
    StillKind.JPEG: ("mjpeg", segments.jpeg_parts),
    StillKind.WEBP: ("webp", segments.webp_parts),
}
"""The decoder of each form that is taken apart, and what does that."""


@dataclass(frozen=True, slots=True)
class DecodedStill:
    """A picture as the decoder gave it, and what its file says of it.

    Attributes:
        picture: pixels; beside these nothing of it is to be asked.
        kind: of the file.
        orientation: how to turn it to stand upright.
        lossless: whether the file keeps pixels exactly.
        parts: of a PNG, JPEG or WebP.
        unshown: why viewers may show another picture, as far as the file says so; None where it does not.
        maps: gain maps of a JPEG, not decoded.
        others: further pictures of an AVIF; with ``gains``, the one that these are worked out from.
        gains: how screens of many stops brighten an AVIF by it.
    """

    picture: VideoFrame
    kind: StillKind
    orientation: Orientation
    lossless: bool
    parts: Parts | None = None
    unshown: Unshown | None = None
    maps: tuple[FoundMap, ...] = ()
    others: tuple[VideoFrame, ...] = ()
    gains: tuple[Gain, ...] = ()


def decode_still(path: Path, limits: Limits, most: int | None = None) -> DecodedStill:
    """Decode one picture: all that it is to be copied by, or, with ``most``, all that it is to be looked at by.

    Args:
        limits: of a video; a single picture may have twice the sides and the pixels.
        most: bytes that file and picture together may have. Gain maps and the further pictures of an AVIF are asked
            for too.

    Raises:
        UnreadableFileError, NotAPictureError, TruncatedError, LimitExceededError, DecodeError
    """
    subject = str(path)
    limits = replace(
        limits,
        max_bytes=min(limits.max_bytes, _MOST_BYTES),
        max_dimension=LARGER * limits.max_dimension,
        max_pixels=LARGER * limits.max_pixels,
    )
    with open_file(path, limits) as (file, size):
        data = file.read(size)
    kind = still_kind_of(data)
    if kind is None:
        raise NotAPictureError(
            "is not a picture that can be read", subject=subject, remedy="Give a PNG, JPEG, WebP, TIFF or AVIF."
        )
    if kind in _DEEPEST and most is not None:
        limits = replace(limits, max_pixels=min(limits.max_pixels, (most - size) // _DEEPEST[kind]))
    if kind is StillKind.AVIF:
        return _avif(data, limits, subject, alone=most is None)
    if kind is StillKind.TIFF:
        return _tiff(data, limits, subject)
    decoder, take = _IN_PARTS[kind]
    parts = take(data, subject)
    maps, unshown = _gain_maps(data) if kind is StillKind.JPEG and most is not None else ((), None)
    del data  # before there is a picture beside it
    picture = _picture_of(parts, decoder, kind, limits, subject, most)
    lossless = kind is StillKind.PNG or (kind is StillKind.WEBP and segments.webp_is_lossless(parts))
    orientation = _ORIENTATIONS[segments.exif_orientation(parts.exif) - 1]
    return DecodedStill(picture, kind, orientation, lossless, parts, unshown, maps)


def still_kind_of(head: bytes) -> StillKind | None:
    """The form of a file that begins with ``head``, 12 bytes or more; None where it is none that is read."""
    if head.startswith(segments.PNG_SIGNATURE):
        return StillKind.PNG
    if head.startswith(segments.JPEG_SIGNATURE):
        return StillKind.JPEG
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return StillKind.WEBP
    if head[:4] in (b"II*\0", b"MM\0*"):
        return StillKind.TIFF
    return StillKind.AVIF if head[4:12] == b"ftypavif" else None


def _avif(data: bytes, limits: Limits, subject: str, *, alone: bool) -> DecodedStill:
    (picture, *others), orientation = _pictures_of_avif(data, limits, subject, alone)
    unshown = Unshown.SEEN_THROUGH if any(name in data for name in _ALPHA) else None
    if unshown is None and _avif_shows_otherwise(data):
        unshown = Unshown.OTHER_COLOURS
    if cuts(data, picture.width, picture.height):
        unshown = unshown or Unshown.CUT
    try:
        gains = in_heif(tone_maps(io.BytesIO(data), subject))
    except StrangeGainMapError:
        unshown, gains = unshown or Unshown.GAIN_MAP, ()
    if others and not gains:
        unshown = unshown or Unshown.FURTHER
    elif gains and len(others) != 1:
        unshown = unshown or Unshown.GAIN_MAP
    return DecodedStill(
        picture, StillKind.AVIF, orientation, lossless=False, unshown=unshown, others=tuple(others), gains=gains
    )


def _avif_shows_otherwise(data: bytes) -> bool:
    """Whether any of its colour profiles does, of which a viewer takes one; so too of more than are read."""
    for number, box in enumerate(_AVIF_PROFILE.finditer(data)):
        content = data[box.end() : box.start() + int.from_bytes(box[1], "big")]
        if number == _MOST_PROFILES or profile.shows_otherwise(content):
            return True
    return False


def _pictures_of_avif(data: bytes, limits: Limits, subject: str, alone: bool) -> tuple[list[VideoFrame], Orientation]:
    """The picture that is shown, and those beside it (gain maps, thumbnails) unless it is asked for ``alone``."""
    options = {
        "format_whitelist": "mov",
        "protocol_whitelist": "none",
        "codec_whitelist": "libdav1d",
        "max_streams": "8",
        "max_pixels": str(limits.max_pixels),
    }
    check_tags(io.BytesIO(data), "mov", subject)
    try:
        with av.open(io.BytesIO(data), "r", format="mov", options=options, metadata_errors="replace") as container:
            streams = container.streams.video
            if not streams:
                raise _damaged("it holds no picture", subject)
            if any(one.frames > 1 for one in streams):
                raise _animated(StillKind.AVIF, subject)
            main = primary_item(io.BytesIO(data), subject)
            shown = [stream for stream in streams if stream.id == main]
            if len(shown) != 1:
                raise DecodeError(
                    "is an AVIF made of tiles", subject=subject, remedy="Convert it to PNG, and give that."
                )
            wanted = shown if alone else [*shown, *(one for one in streams if one.id != main)]
            limits.check_dimensions(shown[0].width, shown[0].height, subject)
            if sum(one.width * one.height for one in wanted) > limits.max_pixels:
                raise LimitExceededError(
                    "is an AVIF whose pictures take more memory than is given",
                    subject=subject,
                    remedy="Look at a smaller copy of it.",
                )
            first: dict[int, bytes] = {}
            for packet in container.demux(wanted):
                first.setdefault(packet.stream_index, bytes(packet))
            pictures = [_picture_of_av1(stream, first.get(stream.index, b""), limits, subject) for stream in wanted]
    except _LIBRARY_ERRORS as error:
        raise _damaged("its picture cannot be decoded", subject) from error
    return pictures, Orientation.turned_by(-pictures[0].rotation)


def _picture_of_av1(stream: VideoStream, packet: bytes, limits: Limits, subject: str) -> VideoFrame:
    if shown_pictures(packet, MOST_SHOWN) > MOST_SHOWN:
        raise LimitExceededError(
            f"is an AVIF of more than {MOST_SHOWN} pictures at once, or far more that are not shown",
            subject=subject,
            remedy="No program writes that; do not open the file.",
        )
    picture = next(iter([*stream.decode(Packet(packet)), *stream.decode(None)]), None) if packet else None
    if picture is None:
        raise _damaged("it holds no picture", subject)
    limits.check_dimensions(picture.width, picture.height, subject)
    return picture


def _tiff(data: bytes, limits: Limits, subject: str) -> DecodedStill:
    tiff = Tiff.of(within(data))
    if tiff and any(entry.tag == _IS_RAW for entry in tiff.entries()):
        raise NotAPictureError(
            "is a DNG, whose picture is not read", subject=subject, remedy="Develop it, as JPEG or TIFF."
        )
    picture = decode_picture("tiff", data, limits, subject)
    unshown = Unshown.FURTHER if _has_further_pictures(tiff) else None
    if unshown is None and any(map(profile.shows_otherwise, _profiles_of_tiff(tiff))):
        unshown = Unshown.OTHER_COLOURS
    orientation = _ORIENTATIONS[segments.exif_orientation(data) - 1]
    return DecodedStill(picture, StillKind.TIFF, orientation, lossless=True, unshown=unshown)


def _has_further_pictures(tiff: Tiff | None) -> bool:
    """Whether there are pages behind the first, or pictures that belong to it (TIFF supplement 1)."""
    if tiff is None:
        return False
    pages = sum(any(entry.tag == _HEIGHT for entry in tiff.entries(at)) for at in tiff.directories())
    return pages > 1 or any(entry.tag == _SUB_DIRECTORIES for entry in tiff.entries())


def _profiles_of_tiff(tiff: Tiff | None) -> Iterator[bytes]:
    for entry in tiff.entries() if tiff else ():
        if tiff and entry.tag == _TIFF_PROFILE:
            yield tiff.content(entry, _MOST_BYTES)


def _gain_maps(jpeg: bytes) -> tuple[tuple[FoundMap, ...], Unshown | None]:
    try:
        return in_jpeg(jpeg), None
    except StrangeGainMapError:
        return (), Unshown.GAIN_MAP


def _picture_of(
    parts: Parts, decoder: str, kind: StillKind, limits: Limits, subject: str, most: int | None
) -> VideoFrame:
    if parts.animated:
        raise _animated(kind, subject)
    limits.check_dimensions(parts.width, parts.height, subject)
    if most is not None and len(parts.bare) + parts.width * parts.height * parts.depth > most:
        raise LimitExceededError(
            f"decoding {parts.width} x {parts.height} pixels of {parts.depth} bytes takes more memory than is given",
            subject=subject,
            remedy="Look at a smaller copy of it.",
        )
    picture = decode_picture(decoder, parts.bare, limits, subject)
    if (picture.width, picture.height) != (parts.width, parts.height):
        raise _damaged(f"its picture is {picture.width} x {picture.height}, not as its header says", subject)
    return picture


def decode_picture(decoder: str, data: bytes, limits: Limits, subject: str) -> VideoFrame:
    """The first picture that FFmpeg's ``decoder`` makes of the data.

    Beside its pixels nothing of it is to be asked: PyAV 18.1 frees what it holds twice.

    Raises:
        LimitExceededError, DecodeError
    """
    try:
        context = CodecContext.create(decoder, "r")
        assert isinstance(context, VideoCodecContext)
        context.options = {"max_pixels": str(limits.max_pixels), "err_detect": "crccheck+bitstream+buffer"}
        for packet in (Packet(data), None):
            for picture in context.decode(packet):
                limits.check_dimensions(picture.width, picture.height, subject)
                if picture.is_corrupt:
                    raise _damaged("its picture is damaged", subject)
                return picture
    except _LIBRARY_ERRORS as error:
        raise _damaged("its picture cannot be decoded", subject) from error
    raise _damaged("it holds no picture", subject)


def pixels_of(picture: VideoFrame, size: tuple[int, int] | None = None) -> Samples:
    """ndarray of shape (height, width, channels), uint8 or uint16, full range.

    Grey stays grey, and transparency, where there is any, stays; everything else becomes RGB.

    With a ``size``, width and height of no more than the picture's own, all becomes RGB of 8 bits and is made smaller.
    """
    form = picture.format
    deep = max(component.bits for component in form.components) > 8
    sees_through = form.has_palette or any(component.is_alpha for component in form.components)
    if form.name.startswith(("gray", "mono")) and not sees_through:
        wanted = "gray16le" if deep else "gray"
    elif sees_through:
        wanted = "rgba64le" if deep else "rgba"
    else:
        wanted = "rgb48le" if deep else "rgb24"
    if size is not None:
        wanted = "rgb24"
    width, height = size or (picture.width, picture.height)
    limited = picture.color_range != ColorRange.JPEG and form.name.startswith("yuv")
    converted = VideoReformatter().reformat(
        picture,
        width,
        height,
        format=wanted,
        src_colorspace=MATRICES.get(int(picture.colorspace), Colorspace.ITU601),
        src_color_range=ColorRange.MPEG if limited else ColorRange.JPEG,
        dst_color_range=ColorRange.JPEG,
        interpolation=TO_RGB if (width, height) == (picture.width, picture.height) else _SMALLER,
        threads=1,
    )
    pixels = cast(Samples, converted.to_ndarray()).reshape(height, width, -1)
    if pixels.shape[2] == 4 and (pixels[..., 3] == np.iinfo(pixels.dtype).max).all():
        pixels = np.ascontiguousarray(pixels[..., :3])
    return pixels


def _animated(kind: StillKind, subject: str) -> NotAPictureError:
    return NotAPictureError(
        f"is an animated {kind}, which is not read", subject=subject, remedy="Turn it into a video first."
    )


def _damaged(found: str, subject: str) -> DecodeError:
    return DecodeError(found, subject=subject, remedy="The file is damaged or not what it claims to be.")
