"""From a decoded picture to upright planes of one kind, and between those and RGB.

What a decoder gives is a picture as stored: some YCbCr in some matrix and range, turned as the camera was held. What
the rest of touchmark wants is one thing only, so everything about that is settled here: :class:`Planes`, which is also
what the encoder takes, so that a video that is read, marked and written anew never passes through RGB.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from av.sidedata.sidedata import Type
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

# Codes of ITU-T H.273 (07/2021), table 4, MatrixCoefficients.
_MATRICES = {
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
_TO_RGB = Interpolation.BILINEAR | Interpolation.FULL_CHR_H_INT | _EXACT
_TO_PLANES = Interpolation.BICUBIC | Interpolation.FULL_CHR_H_INP | _EXACT


Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Planes:
    """A picture in Y'CbCr as codecs keep it: 4:2:0, 8 bit, BT.709, limited range (black 16, white 235, grey 128).

    Attributes:
        luma: ndarray of shape (height, width), uint8.
        blue, red: the planes Cb and Cr, ndarrays of shape (ceil(height / 2), ceil(width / 2)), uint8.
    """

    luma: Pixels
    blue: Pixels
    red: Pixels

    @classmethod
    def of_rgb(cls, pixels: Pixels) -> Planes:
        """From ndarray of shape (height, width, 3), uint8, RGB, full range. Raises ValueError for anything else."""
        if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or 0 in pixels.shape:
            raise ValueError(f"a picture is {pixels.dtype} {pixels.shape}, expected uint8 (height, width, 3)")
        picture = VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
        height, width = pixels.shape[:2]
        return _planes(VideoReformatter(), picture, width, height, Colorspace.ITU709, ColorRange.JPEG)

    def rgb(self) -> Pixels:
        """ndarray of shape (height, width, 3), uint8, RGB, full range."""
        reformatted = VideoReformatter().reformat(
            self.picture(),
            format="rgb24",
            src_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.MPEG,
            dst_color_range=ColorRange.JPEG,
            interpolation=_TO_RGB,
            threads=1,
        )
        return reformatted.to_ndarray().astype(np.uint8, copy=False)

    def picture(self) -> VideoFrame:
        """As FFmpeg's kind of picture."""
        height, width = self.luma.shape
        picture = VideoFrame(width, height, "yuv420p")
        for plane, values in zip(picture.planes, (self.luma, self.blue, self.red), strict=True):
            rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
            rows[: values.shape[0], : values.shape[1]] = values
        return picture

    def cut(self, height: int, width: int) -> Planes:
        """The top left part, of even height and width."""
        return Planes(self.luma[:height, :width], *(p[: height // 2, : width // 2] for p in (self.blue, self.red)))


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
        data = picture.side_data.get(Type.DISPLAYMATRIX)  # type: ignore[call-overload]  # the stubs know names only
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
        return Planes(*(self._turned(plane) for plane in (planes.luma, planes.blue, planes.red)))

    def _turned(self, plane: Pixels) -> Pixels:
        if self.transpose:
            plane = plane.swapaxes(0, 1)
        if self.flip_y:
            plane = plane[::-1]
        if self.flip_x:
            plane = plane[:, ::-1]
        return np.ascontiguousarray(plane)


class PictureConverter:
    """Turns decoded pictures of one stream into planes of one size.

    Args:
        width, height: of the result before turning; pictures of another size are scaled, as players do.
        orientation: how to turn them.
    """

    def __init__(self, width: int, height: int, orientation: Orientation) -> None:
        self._width = width
        self._height = height
        self._orientation = orientation
        self._reformatter = VideoReformatter()

    def planes(self, picture: VideoFrame) -> Planes:
        """The picture, upright."""
        planes = _planes(self._reformatter, picture, self._width, self._height, _matrix(picture), _range(picture))
        return self._orientation.apply(planes)


def _planes(
    reformatter: VideoReformatter,
    picture: VideoFrame,
    width: int,
    height: int,
    matrix: Colorspace,
    levels: ColorRange,
) -> Planes:
    """What ``picture`` shows, scaled to a size; views into its memory where nothing has to change."""
    as_stored = (picture.format.name, picture.width, picture.height, matrix, levels)
    if as_stored != ("yuv420p", width, height, Colorspace.ITU709, ColorRange.MPEG):
        picture = reformatter.reformat(
            picture,
            width=width,
            height=height,
            format="yuv420p",
            src_colorspace=matrix,
            dst_colorspace=Colorspace.ITU709,
            src_color_range=levels,
            dst_color_range=ColorRange.MPEG,
            interpolation=_TO_PLANES,
            threads=1,
        )
    sizes = ((height, width), *(((height + 1) // 2, (width + 1) // 2),) * 2)
    luma, blue, red = (
        np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[:rows, :columns]
        for plane, (rows, columns) in zip(picture.planes, sizes, strict=True)
    )
    return Planes(luma, blue, red)


def _matrix(picture: VideoFrame) -> Colorspace:
    """The matrix as tagged; untagged pictures follow the custom that SD is BT.601 and larger is BT.709."""
    tagged = _MATRICES.get(int(picture.colorspace))
    if tagged is not None:
        return tagged
    return Colorspace.ITU709 if picture.width >= 1280 or picture.height > 576 else Colorspace.ITU601


def _range(picture: VideoFrame) -> ColorRange:
    if picture.color_range == ColorRange.JPEG or picture.format.name.startswith(("yuvj", "rgb", "gbr", "bgr")):
        return ColorRange.JPEG
    return ColorRange.MPEG
