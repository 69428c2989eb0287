"""From a decoded picture to upright planes of one kind, and between those and RGB.

What a decoder gives is a picture as stored: some YCbCr in some matrix and range, turned as the camera was held. What
the rest of touchmark wants is one thing only, so everything about that is settled here: :class:`Planes`, which is also
what the encoder takes, so that a video that is read, marked and written anew never passes through RGB.

What has 8 bits becomes BT.709. What has more, or is HDR or of a wide gamut, keeps its colour (:mod:`colour`) and up to
10 bits.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar, cast

import numpy as np
from av.buffer import Buffer
from av.sidedata.sidedata import Type
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

from touchmark.provenance.media.colour import BT709, BT2020, Colour, ContentLight, Mastering, shown

# Codes of ITU-T H.273 (07/2021), table 4, MatrixCoefficients.
MATRICES = {
    1: Colorspace.ITU709,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
    10: Colorspace.BT2020,
}
# Without ACCURATE_RND and FULL_CHR_H_INT all colours come out one to two levels too dark.
_EXACT = Interpolation.ACCURATE_RND | Interpolation.BITEXACT
TO_RGB = Interpolation.BILINEAR | Interpolation.FULL_CHR_H_INT | _EXACT
_TO_PLANES = Interpolation.BICUBIC | Interpolation.FULL_CHR_H_INP | _EXACT
_FORMATS = {8: "yuv420p", 10: "yuv420p10le"}
_GBR = 0  # the matrix code of pictures that hold R'G'B'
_BRIGHTEST = 10_000 * 10_000  # what PQ can say, in units of 0.0001 cd/m2


Pixels = NDArray[np.uint8]
Samples = NDArray[np.uint8 | np.uint16]
_Scalar = TypeVar("_Scalar", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Planes:
    """A picture in Y'CbCr as codecs keep it: 4:2:0, limited range (in 8 bits black 16, white 235, grey 128).

    Attributes:
        luma: ndarray of shape (height, width), uint8, or uint16 where ``colour`` has more than 8 bits.
        blue, red: the planes Cb and Cr, ndarrays of shape (ceil(height / 2), ceil(width / 2)), likewise.
        colour: what the samples mean; BT.709 in 8 bits unless said otherwise.
    """

    luma: Samples
    blue: Samples
    red: Samples
    colour: Colour = BT709

    @classmethod
    def of_rgb(cls, pixels: Pixels) -> Planes:
        """From ndarray of shape (height, width, 3), uint8, RGB, full range. Raises ValueError for anything else."""
        if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or 0 in pixels.shape:
            raise ValueError(f"a picture is {pixels.dtype} {pixels.shape}, expected uint8 (height, width, 3)")
        picture = VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
        height, width = pixels.shape[:2]
        return _planes(VideoReformatter(), picture, width, height, Colorspace.ITU709, ColorRange.JPEG, BT709)

    def rgb(self) -> Pixels:
        """ndarray of shape (height, width, 3), uint8, RGB in BT.709, full range; for HDR see :func:`colour.shown`."""
        picture = self.picture()
        reformatted = VideoReformatter().reformat(
            picture,
            format="rgb24",
            src_colorspace=_known(self.colour.matrix, picture),
            src_color_range=ColorRange.MPEG,
            dst_color_range=ColorRange.JPEG,
            interpolation=TO_RGB,
            threads=1,
        )
        return shown(reformatted.to_ndarray().astype(np.uint8, copy=False), self.colour)

    def picture(self) -> VideoFrame:
        """As FFmpeg's kind of picture, tagged with its colour."""
        height, width = self.luma.shape
        picture = VideoFrame(width, height, _FORMATS[self.colour.depth])
        for plane, values in zip(picture.planes, (self.luma, self.blue, self.red), strict=True):
            rows = np.frombuffer(memoryview(plane), values.dtype).reshape(-1, plane.line_size // values.itemsize)
            rows[: values.shape[0], : values.shape[1]] = values
        picture.color_primaries, picture.color_trc = self.colour.primaries, self.colour.transfer
        picture.colorspace, picture.color_range = self.colour.matrix, ColorRange.MPEG
        return picture

    def cut(self, height: int, width: int) -> Planes:
        """The top left part, of even height and width."""
        blue, red = (plane[: height // 2, : width // 2] for plane in (self.blue, self.red))
        return Planes(self.luma[:height, :width], blue, red, self.colour)


@dataclass(frozen=True, slots=True)
class Orientation:
    """How a stored picture is turned to stand upright: transposed first, then flipped.

    One of the eight symmetries of a rectangle; other angles, which a display matrix can also hold, are taken as none.
    """

    transpose: bool = False
    flip_x: bool = False
    flip_y: bool = False

    @classmethod
    def of(cls, picture: VideoFrame) -> Orientation:
        """Read the display matrix (ISO/IEC 14496-12:2022, 6.2.2): x' = ax + cy, y' = bx + dy, in 16.16 fixed point."""
        attached = _attached(picture)
        if attached is None:
            return cls.turned_by(-picture.rotation)
        data = attached.get(Type.DISPLAYMATRIX)
        if data is None:
            return cls()
        matrix = np.frombuffer(bytes(data), dtype=np.int32)
        if matrix.size != 9:
            return cls()
        a, b, c, d = (int(matrix[i]) for i in (0, 1, 3, 4))
        if a and d and not b and not c:
            return cls(False, a < 0, d < 0)
        if b and c and not a and not d:
            return cls(True, c < 0, b < 0)
        return cls()

    @classmethod
    def turned_by(cls, degrees: int) -> Orientation:
        """Turned clockwise by a whole number of quarters, not mirrored; other angles are taken as none."""
        return {90: cls(True, True, False), 180: cls(False, True, True), 270: cls(True, False, True)}.get(
            degrees % 360, cls()
        )

    @property
    def rotation(self) -> int:
        """Degrees clockwise: 0, 90, 180 or 270; a mirror image counts as the turn that remains after mirroring x."""
        if self.transpose:
            return 270 if self.flip_y else 90
        return 180 if self.flip_y else 0

    def turned(self, width: int, height: int) -> tuple[int, int]:
        """Width and height after turning."""
        return (height, width) if self.transpose else (width, height)

    def apply(self, planes: Planes) -> Planes:
        """Turn a picture."""
        if self == Orientation():
            return planes
        luma, blue, red = (self.turn(plane) for plane in (planes.luma, planes.blue, planes.red))
        return Planes(luma, blue, red, planes.colour)

    def turn(self, values: NDArray[_Scalar]) -> NDArray[_Scalar]:
        """Turn one array of shape (height, width, ...)."""
        return np.ascontiguousarray(self.view(values))

    def view(self, values: NDArray[_Scalar]) -> NDArray[_Scalar]:
        """The same as a view: what is written into it is written into ``values``."""
        if self.transpose:
            values = values.swapaxes(0, 1)
        if self.flip_y:
            values = values[::-1]
        if self.flip_x:
            values = values[:, ::-1]
        return values


class PictureConverter:
    """Turns decoded pictures of one stream into planes of one size.

    Args:
        width, height: of the result before turning; pictures of another size are scaled, as players do.
        orientation: how to turn them.
        colour: of the result, see :func:`colour_of`.
    """

    def __init__(self, width: int, height: int, orientation: Orientation, colour: Colour) -> None:
        self._width = width
        self._height = height
        self._orientation = orientation
        self._colour = colour
        self._reformatter = VideoReformatter()

    def planes(self, picture: VideoFrame) -> Planes:
        """The picture, upright."""
        matrix, levels = _known(int(picture.colorspace), picture), _range(picture)
        planes = _planes(self._reformatter, picture, self._width, self._height, matrix, levels, self._colour)
        return self._orientation.apply(planes)


def colour_of(picture: VideoFrame) -> Colour:
    """The colour in which pictures of a stream that begins with ``picture`` are kept: its own, or BT.709 in 8 bits."""
    depth = max(component.bits for component in picture.format.components)
    matrix = int(picture.colorspace)
    if matrix == _GBR:  # such a picture becomes Y'CbCr
        matrix = BT2020 if int(picture.color_primaries) == BT2020 else BT709.matrix
    colour = Colour(min(depth, 10) if depth > 8 else 8, int(picture.color_primaries), int(picture.color_trc), matrix)
    return replace(colour, mastering=_mastering(picture), light=_light(picture)) if colour.is_kept else BT709


def _planes(
    reformatter: VideoReformatter,
    picture: VideoFrame,
    width: int,
    height: int,
    matrix: Colorspace,
    levels: ColorRange,
    colour: Colour,
) -> Planes:
    """What ``picture`` shows, scaled to a size; views into its memory where nothing has to change."""
    as_stored = (picture.format.name, picture.width, picture.height, matrix, levels)
    wanted = _known(colour.matrix, picture)
    if as_stored != (_FORMATS[colour.depth], width, height, wanted, ColorRange.MPEG):
        picture = reformatter.reformat(
            picture,
            width=width,
            height=height,
            format=_FORMATS[colour.depth],
            src_colorspace=matrix,
            dst_colorspace=wanted,
            src_color_range=levels,
            dst_color_range=ColorRange.MPEG,
            interpolation=_TO_PLANES,
            threads=1,
        )
    sizes = ((height, width), *(((height + 1) // 2, (width + 1) // 2),) * 2)
    sample = np.dtype("<u2" if colour.depth > 8 else "u1")
    luma, blue, red = (
        np.frombuffer(memoryview(plane), sample).reshape(-1, plane.line_size // sample.itemsize)[:rows, :columns]
        for plane, (rows, columns) in zip(picture.planes, sizes, strict=True)
    )
    return Planes(luma, blue, red, colour)


def _known(matrix: int, picture: VideoFrame) -> Colorspace:
    """A matrix as tagged; untagged pictures follow the custom that SD is BT.601 and larger is BT.709.

    A tag for what FFmpeg does not convert (ICtCp, constant luminance) counts as no tag: such pictures are kept as they
    are, and are but shown in somewhat wrong colours.
    """
    tagged = MATRICES.get(matrix)
    if tagged is not None:
        return tagged
    return Colorspace.ITU709 if picture.width >= 1280 or picture.height > 576 else Colorspace.ITU601


def _range(picture: VideoFrame) -> ColorRange:
    if picture.color_range == ColorRange.JPEG or picture.format.name.startswith(("yuvj", "rgb", "gbr", "bgr")):
        return ColorRange.JPEG
    return ColorRange.MPEG


def _attached(picture: VideoFrame) -> Mapping[Type, Buffer] | None:
    """What the file says of this picture beside its samples; None where PyAV cannot tell.

    PyAV (18.1) refuses all of it where one part is of a kind that it does not know, such as EXIF in motion JPEG.
    """
    try:
        return cast(Mapping[Type, Buffer], picture.side_data)
    except ValueError:
        return None


def _numbers(picture: VideoFrame, kind: Type, form: str) -> tuple[int, ...] | None:
    data = (_attached(picture) or {}).get(kind)
    if data is None or len(bytes(data)) < struct.calcsize(form):
        return None
    return struct.unpack_from(form, bytes(data))


def _mastering(picture: VideoFrame) -> Mastering | None:
    """FFmpeg's AVMasteringDisplayMetadata: ten fractions, then whether it has primaries and luminance."""
    found = _numbers(picture, Type.MASTERING_DISPLAY_METADATA, "=22i")
    if found is None or not all(found[20:]) or not all(found[1:20:2]):
        return None
    values = [round(found[i] / found[i + 1] * (50_000 if i < 16 else 10_000)) for i in range(0, 20, 2)]
    if min(values) < 0 or max(values[:8]) > 50_000 or max(values[8:]) > _BRIGHTEST or values[8] >= values[9]:
        return None  # nothing that a screen could be, and nothing to pass on
    red, green, blue, white = ((values[i], values[i + 1]) for i in range(0, 8, 2))
    return Mastering(red, green, blue, white, brightest=values[9], darkest=values[8])


def _light(picture: VideoFrame) -> ContentLight | None:
    """FFmpeg's AVContentLightMetadata: two unsigned numbers."""
    found = _numbers(picture, Type.CONTENT_LIGHT_LEVEL, "=2I")
    if found is None or not any(found) or max(found) > 0xFFFF:  # zero says "unknown"
        return None
    return ContentLight(*found)
