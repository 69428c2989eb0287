"""Single pictures: read one that a stranger gave us, and write it back in the form in which it came.

    still = read_still(Path("photo.jpg"))
    still.upright       # uint8 RGB, as a viewer shows it
    write_still(replace(still, pixels=...), Path("marked.jpg"))

PNG, JPEG, WebP, TIFF and AVIF are read. PNG, JPEG and WebP are written, each from its own kind only, so that nothing
is converted: PNG and lossless WebP exactly, with 16 bits and transparency where they have them, JPEG and lossy WebP at
high quality. Colour profile, EXIF (with its orientation: pixels stay turned as they were) and density are carried byte
by byte. XMP, IPTC, manifests, and the second pictures of a multi-picture JPEG (gain maps, previews) are not.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import cast

import av
import av.error
import cv2
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
from touchmark.provenance.media.errors import DecodeError, EncodeError, LimitExceededError, MediaError, NotAPictureError
from touchmark.provenance.media.gain import FoundMap, Gain, StrangeGainMapError, in_heif, in_jpeg
from touchmark.provenance.media.items import primary_item, tone_maps
from touchmark.provenance.media.kinds import regular_file
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.media.picture import MATRICES, TO_RGB, Orientation, Pixels, Samples
from touchmark.provenance.media.segments import Part, Parts
from touchmark.provenance.media.source import open_file
from touchmark.provenance.media.tiff import Tiff, within

_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 97, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
_WEBP, _WEBP_LOSSLESS = [cv2.IMWRITE_WEBP_QUALITY, 97], [cv2.IMWRITE_WEBP_QUALITY, 101]
_MOST_BYTES = 256 * 1024**2
_LARGER = 2
"""How many times the sides and the pixels of a video a single picture may have: of a video several are held."""
_LARGEST_VIEWED, _MOST_VIEWED = 48 * 1024**2, 144 * 1024**2
"""Bytes that a file, and with its decoded picture, may have to be looked at: 50 megapixels of JPEG, 18 of deep PNG."""
_VIEWED_PIXELS = 3840 * 2160
"""A mark that a larger picture carries can be read from half its size, and sooner."""
_SIDE, _OPAQUE = 512, 250
"""Of a picture made so small, what is taken for opaque."""
_HEIGHT, _SUB_DIRECTORIES, _IS_RAW, _TIFF_PROFILE = 0x0101, 0x014A, 0xC612, 0x8773
_AVIF_PROFILE = re.compile(rb"(?s)(.{4})colr(?:prof|rICC)")
_MOST_PROFILES = 16
_ALPHA = b"auxid:1\0", b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"
_SEEN_THROUGH = "it is transparent, and what it shows depends on what is behind it"
_OTHER_COLOURS = "its colour profile shows other levels than it holds"
_CUT = "viewers show a part of it, which its clean aperture cuts out"
_GAIN_MAP = "its gain map, by which some screens show another picture, could not be looked at"
_LIT_PIXELS = _VIEWED_PIXELS // 4
"""Of what such screens show: it is worked out in fractions."""
_FURTHER = "it holds further pictures, and the first alone was looked at"
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


_SUFFIXES = {
    StillKind.PNG: (".png",),
    StillKind.JPEG: (".jpg", ".jpeg"),
    StillKind.WEBP: (".webp",),
}
"""What a file of each kind that is written may be called; the first is what we propose."""
_DEEPEST = {StillKind.TIFF: 8, StillKind.AVIF: 6}
"""Bytes a pixel: four channels of 16 bits, and three."""


@dataclass(frozen=True, slots=True)
class Still:
    """One picture, as its file keeps it.

    Attributes:
        pixels: ndarray of shape (height, width, channels), uint8 or uint16, full range: grey, RGB or RGBA.
        orientation: how to turn them to stand upright.
        kind: of the file.
        lossless: whether the file keeps pixels exactly.
        carried: parts of the file that a copy shall have as well.
        is_grey: whether the file knows no colours, also where ``pixels`` have three alike for want of a form with grey
            and transparency.
    """

    pixels: Samples
    orientation: Orientation
    kind: StillKind
    lossless: bool
    carried: tuple[Part, ...] = ()
    is_grey: bool = False

    @property
    def upright(self) -> Pixels:
        """ndarray of shape (height, width, 3), uint8, RGB: as a viewer shows it, without its transparency."""
        return self.orientation.turn(shallow(self.pixels))


def shallow(pixels: Samples) -> Pixels:
    """The pixels of a :class:`Still` in 8 bits a channel and three channels."""
    colours = pixels[..., :3] if pixels.shape[2] > 1 else np.repeat(pixels, 3, axis=2)
    if colours.dtype == np.uint16:
        return np.rint(colours / 257).astype(np.uint8)
    return np.ascontiguousarray(colours, np.uint8)


def still_kind(path: Path) -> StillKind | None:
    """What kind of picture the file is, by its first bytes; None where it is none, or cannot be read."""
    try:
        with regular_file(path) as file:
            return _kind(file.read(32))
    except (OSError, ValueError):
        return None


def suffixes(kind: StillKind) -> tuple[str, ...]:
    """What a file of this kind may be called; empty where we do not write it."""
    return _SUFFIXES.get(kind, ())


def read_still(path: Path, limits: Limits = Limits()) -> Still:  # noqa: B008 (frozen)
    """Read one picture. Of a TIFF with several pages the first.

    Args:
        limits: of a video; a single picture may have twice the sides and the pixels.

    Raises:
        UnreadableFileError, NotAPictureError, TruncatedError, LimitExceededError, DecodeError
    """
    found = _found(path, limits)
    pixels = _pixels(found.picture)
    carried = _still_true(found.parts, found.picture, pixels) if found.parts else ()
    is_grey = found.picture.format.name.startswith(("gray", "mono", "ya"))
    return Still(pixels, found.orientation, found.kind, found.lossless, carried, is_grey)


@dataclass(frozen=True, slots=True)
class View:
    """One picture for looking at.

    Attributes:
        still: upright, in 8 bits and RGB, with no more pixels than a picture of a 4K film.
        width, height: of the picture in its file, upright.
        unshown: why viewers may show another picture, in words; empty where none would.
        lit: what screens of many stops show, by a gain map; smaller.
    """

    still: Still
    width: int
    height: int
    unshown: str = ""
    lit: tuple[Still, ...] = ()


def view_still(path: Path, limits: Limits = Limits()) -> View:  # noqa: B008 (frozen)
    """Read one picture for looking at it, in a room that is known before it is decoded.

    Args:
        limits: of a video; a single picture may have twice the sides and the pixels.

    Raises:
        UnreadableFileError, NotAPictureError, TruncatedError, LimitExceededError, DecodeError
    """
    found = _found(path, replace(limits, max_bytes=min(limits.max_bytes, _LARGEST_VIEWED)), _MOST_VIEWED)
    width, height = found.picture.width, found.picture.height
    pixels = _pixels(found.picture, _smaller(width, height, _VIEWED_PIXELS))
    upright = found.orientation.turn(pixels)
    unshown = found.unshown or (_SEEN_THROUGH if _is_seen_through(found.picture) else "")
    if not unshown and found.parts is not None and _has_other_colours(found.kind, found.parts):
        unshown = _OTHER_COLOURS
    if found.orientation.transpose:
        width, height = height, width
    still = Still(upright, Orientation(), found.kind, found.lossless)
    lit = [one for other in found.others for one in _applied(still, found.orientation.turn(_small(other)), found.gains)]
    maps, turned = found.maps, found.orientation
    del found  # with the picture as it was decoded
    try:
        lit += [one for found_map in maps for one in _lit(still, found_map, turned, limits, str(path))]
    except MediaError:
        unshown = unshown or _GAIN_MAP
    return View(still, width, height, unshown, tuple(lit))


def _lit(still: Still, found: FoundMap, turned: Orientation, limits: Limits, subject: str) -> list[Still]:
    """What is shown by a gain map that is a JPEG, in each way that it may be meant."""
    parts = segments.jpeg_parts(found.picture, subject)
    most = (_MOST_VIEWED - still.pixels.nbytes - 2 * len(found.picture)) // parts.depth
    limits = replace(limits, max_pixels=min(_LARGER * limits.max_pixels, most))
    limits.check_dimensions(parts.width, parts.height, subject)
    decoded = _decoded("mjpeg", parts.bare, limits, subject)
    return _applied(still, turned.turn(_small(decoded)), found.gains)


def _small(picture: VideoFrame) -> Pixels:
    return shallow(_pixels(picture, _smaller(picture.width, picture.height, _LIT_PIXELS)))


def _applied(still: Still, levels: Pixels, gains: Iterable[Gain]) -> list[Still]:
    height, width, _ = still.pixels.shape
    size = _smaller(width, height, _LIT_PIXELS)
    pixels = np.asarray(cv2.resize(still.upright, size, interpolation=cv2.INTER_AREA), np.uint8)
    return [replace(still, pixels=gain.applied(pixels, levels), lossless=False) for gain in gains]


def _smaller(width: int, height: int, most: int) -> tuple[int, int]:
    """Width and height of no more pixels than ``most``."""
    share = min(math.sqrt(most / (width * height)), 1.0)
    return max(round(width * share), 1), max(round(height * share), 1)


@dataclass(frozen=True, slots=True)
class _Found:
    """A picture as the decoder gave it, and what its file says of it."""

    picture: VideoFrame
    kind: StillKind
    orientation: Orientation
    lossless: bool
    parts: Parts | None = None
    unshown: str = ""
    maps: tuple[FoundMap, ...] = ()
    others: tuple[VideoFrame, ...] = ()
    gains: tuple[Gain, ...] = ()


def _found(path: Path, limits: Limits, most: int | None = None) -> _Found:
    """Decode one picture; with ``most``, only if file and picture together have no more bytes."""
    subject = str(path)
    limits = replace(
        limits,
        max_bytes=min(limits.max_bytes, _MOST_BYTES),
        max_dimension=_LARGER * limits.max_dimension,
        max_pixels=_LARGER * limits.max_pixels,
    )
    with open_file(path, limits) as (file, size):
        data = file.read(size)
    kind = _kind(data)
    if kind is None:
        raise NotAPictureError(
            "is not a picture that can be read", subject=subject, remedy="Give a PNG, JPEG, WebP, TIFF or AVIF."
        )
    if kind in (StillKind.AVIF, StillKind.TIFF):  # how deep they are is known when they have been decoded
        if most is not None:
            limits = replace(limits, max_pixels=min(limits.max_pixels, (most - size) // _DEEPEST[kind]))
        if kind is StillKind.AVIF:
            (picture, *others), orientation = _of_avif(data, limits, subject, alone=most is None)
            unshown = _SEEN_THROUGH if any(name in data for name in _ALPHA) else ""
            for number, box in enumerate(_AVIF_PROFILE.finditer(data)):  # of which a viewer takes one
                of_colours = data[box.end() : box.start() + int.from_bytes(box[1], "big")]
                if unshown or number == _MOST_PROFILES or profile.shows_otherwise(of_colours):
                    unshown = unshown or _OTHER_COLOURS
                    break
            if cuts(data, picture.width, picture.height):
                unshown = unshown or _CUT
            try:
                gains = in_heif(tone_maps(io.BytesIO(data), subject))
            except StrangeGainMapError:
                unshown, gains = unshown or _GAIN_MAP, ()
            if others and not gains:
                unshown = unshown or _FURTHER
            elif gains and len(others) != 1:
                unshown = unshown or _GAIN_MAP
            return _Found(
                picture, kind, orientation, lossless=False, unshown=unshown, others=tuple(others), gains=gains
            )
        tiff = Tiff.of(within(data))
        if tiff and any(entry.tag == _IS_RAW for entry in tiff.entries()):
            raise NotAPictureError(
                "is a DNG, whose picture is not read", subject=subject, remedy="Develop it, as JPEG or TIFF."
            )
        picture = _decoded("tiff", data, limits, subject)
        unshown = _FURTHER if _has_further_pictures(tiff) else ""
        for entry in tiff.entries() if tiff else ():
            if tiff and entry.tag == _TIFF_PROFILE and profile.shows_otherwise(tiff.content(entry, _MOST_BYTES)):
                unshown = unshown or _OTHER_COLOURS
        orientation = _ORIENTATIONS[segments.exif_orientation(data) - 1]
        return _Found(picture, kind, orientation, lossless=True, unshown=unshown)
    take = {StillKind.PNG: segments.png_parts, StillKind.JPEG: segments.jpeg_parts, StillKind.WEBP: segments.webp_parts}
    parts = take[kind](data, subject)
    unshown = ""
    maps: tuple[FoundMap, ...] = ()
    if kind is StillKind.JPEG and most is not None:
        try:
            maps = in_jpeg(data)
        except StrangeGainMapError:
            unshown = _GAIN_MAP
    del data
    if parts.animated:
        raise _animated(kind, subject)
    limits.check_dimensions(parts.width, parts.height, subject)
    if most is not None and len(parts.bare) + parts.width * parts.height * parts.depth > most:
        raise LimitExceededError(
            f"decoding {parts.width} x {parts.height} pixels of {parts.depth} bytes takes more memory than is given",
            subject=subject,
            remedy="Look at a smaller copy of it.",
        )
    decoder = {StillKind.PNG: "png", StillKind.JPEG: "mjpeg", StillKind.WEBP: "webp"}[kind]
    picture = _decoded(decoder, parts.bare, limits, subject)
    if (picture.width, picture.height) != (parts.width, parts.height):
        raise _damaged(f"its picture is {picture.width} x {picture.height}, not as its header says", subject)
    lossless = kind is StillKind.PNG or (kind is StillKind.WEBP and segments.webp_is_lossless(parts))
    orientation = _ORIENTATIONS[segments.exif_orientation(parts.exif) - 1]
    return _Found(picture, kind, orientation, lossless, parts, unshown, maps)


def write_still(still: Still, path: Path) -> None:
    """Write a picture in its own kind.

    Raises:
        EncodeError: its kind is not written, or the disk is full.
    """
    subject = str(path)
    try:
        path.write_bytes(_encoded(still, subject))
    except (OSError, cv2.error, MediaError) as error:
        raise EncodeError.of("the picture", error, subject) from error


def _encoded(still: Still, subject: str) -> bytes:
    def coded(form: str, settings: Iterable[int] = ()) -> bytes:
        return cv2.imencode(form, _in_opencv_s_order(still.pixels), [*settings])[1].tobytes()

    if still.kind is StillKind.PNG:
        return segments.png_with(coded(".png"), still.carried, subject)
    if still.kind is StillKind.JPEG:
        return segments.jpeg_with(coded(".jpg", _JPEG), still.carried, subject)
    if still.kind is StillKind.WEBP:
        settings = _WEBP_LOSSLESS if still.lossless else _WEBP
        return segments.webp_with(coded(".webp", settings), still.carried, subject)
    raise EncodeError(f"{still.kind} is not written", subject=subject, remedy="Save the picture as PNG first.")


def _in_opencv_s_order(pixels: Samples) -> Samples:
    if pixels.shape[2] == 1:
        return pixels
    return np.ascontiguousarray(pixels[..., [2, 1, 0, 3][: pixels.shape[2]]])


def _kind(head: bytes) -> StillKind | None:
    if head.startswith(segments.PNG_SIGNATURE):
        return StillKind.PNG
    if head.startswith(segments.JPEG_SIGNATURE):
        return StillKind.JPEG
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return StillKind.WEBP
    if head[:4] in (b"II*\0", b"MM\0*"):
        return StillKind.TIFF
    return StillKind.AVIF if head[4:12] == b"ftypavif" else None


def _decoded(decoder: str, data: bytes, limits: Limits, subject: str) -> VideoFrame:
    """The first picture; beside the pixels nothing of it is to be asked (PyAV 18.1 frees what it holds twice)."""
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


def _has_further_pictures(tiff: Tiff | None) -> bool:
    """Whether there are pages behind the first, or pictures that belong to it (TIFF supplement 1)."""
    if tiff is None:
        return False
    pages = sum(any(entry.tag == _HEIGHT for entry in tiff.entries(at)) for at in tiff.directories())
    return pages > 1 or any(entry.tag == _SUB_DIRECTORIES for entry in tiff.entries())


def _has_other_colours(kind: StillKind, parts: Parts) -> bool:
    """Whether a picture says that it is to be shown in other colours than cameras and screens have."""
    if kind is StillKind.JPEG:
        pieces = (part.data for part in parts.carried if part.data.startswith(b"ICC_PROFILE\0"))
        return profile.jpeg_shows_otherwise(pieces)
    said = {part.name: part.data for part in reversed(parts.carried)}
    if kind is not StillKind.PNG:
        return profile.shows_otherwise(said.get(b"ICCP", b""))
    in_chunks = profile.png_shows_otherwise(said.get(b"gAMA", b""), said.get(b"cHRM", b""))
    return in_chunks or profile.shows_otherwise(profile.of_png(said.get(b"iCCP", b"")))


def _is_seen_through(picture: VideoFrame) -> bool:
    """Whether it is transparent anywhere where it could be seen."""
    form = picture.format
    if not form.has_palette and not any(component.is_alpha for component in form.components):
        return False
    width, height = min(picture.width, _SIDE), min(picture.height, _SIDE)
    small = VideoReformatter().reformat(
        picture, width, height, format="rgba", interpolation=Interpolation.AREA, threads=1
    )
    return bool((small.to_ndarray()[..., 3] < _OPAQUE).any())


def _of_avif(data: bytes, limits: Limits, subject: str, alone: bool) -> tuple[list[VideoFrame], Orientation]:
    """The picture that is shown, and those beside it (gain maps, thumbnails) unless it is asked for ``alone``."""
    options = {
        "format_whitelist": "mov",
        "protocol_whitelist": "none",
        "codec_whitelist": "libdav1d",
        "max_streams": "8",
        "max_pixels": str(limits.max_pixels),
    }
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
            pictures = [_of_av1(stream, first.get(stream.index, b""), limits, subject) for stream in wanted]
    except _LIBRARY_ERRORS as error:
        raise _damaged("its picture cannot be decoded", subject) from error
    return pictures, Orientation.turned_by(-pictures[0].rotation)


def _of_av1(stream: VideoStream, packet: bytes, limits: Limits, subject: str) -> VideoFrame:
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


def _animated(kind: StillKind, subject: str) -> NotAPictureError:
    return NotAPictureError(
        f"is an animated {kind}, which is not read", subject=subject, remedy="Turn it into a video first."
    )


def _pixels(picture: VideoFrame, size: tuple[int, int] | None = None) -> Samples:
    """Grey stays grey, and transparency, where there is any, stays; everything else becomes RGB.

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


def _still_true(parts: Parts, picture: VideoFrame, pixels: Samples) -> tuple[Part, ...]:
    """What is carried, without the profile of a grey picture whose transparency makes us write it in colour."""
    if picture.format.name.startswith("ya") and pixels.shape[2] > 1:
        return tuple(part for part in parts.carried if part.name != b"iCCP")
    return parts.carried


def _damaged(found: str, subject: str) -> DecodeError:
    return DecodeError(found, subject=subject, remedy="The file is damaged or not what it claims to be.")
