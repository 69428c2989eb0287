"""From a decoded picture to upright, full-range RGB.

What a decoder gives is a picture as stored: some YCbCr in some matrix and range, turned as the camera was held. What
the rest of touchmark wants is one thing only, so everything about that is settled here.
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
_QUALITY = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT | Interpolation.BITEXACT


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

    def apply(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Turn ``pixels`` of shape (height, width, 3)."""
        if self.transpose:
            pixels = pixels.swapaxes(0, 1)
        if self.flip_y:
            pixels = pixels[::-1]
        if self.flip_x:
            pixels = pixels[:, ::-1]
        return np.ascontiguousarray(pixels)


class PictureConverter:
    """Turns decoded pictures of one stream into RGB of one size.

    Args:
        width, height: of the result before turning; pictures of another size are scaled, as players do.
        orientation: how to turn them.
    """

    def __init__(self, width: int, height: int, orientation: Orientation) -> None:
        self._width = width
        self._height = height
        self._orientation = orientation
        self._reformatter = VideoReformatter()

    def to_rgb(self, picture: VideoFrame) -> NDArray[np.uint8]:
        """ndarray of shape (height, width, 3), uint8, RGB, full range, upright."""
        rgb = self._reformatter.reformat(
            picture,
            width=self._width,
            height=self._height,
            format="rgb24",
            src_colorspace=_matrix(picture),
            src_color_range=_range(picture),
            dst_color_range=ColorRange.JPEG,
            interpolation=_QUALITY,
            threads=1,
        )
        return self._orientation.apply(rgb.to_ndarray().astype(np.uint8, copy=False))


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
