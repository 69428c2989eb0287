"""Single pictures: read one that a stranger gave us, and write it back in the form in which it came.

    still = read_still(Path("photo.jpg"))
    still.upright       # uint8 RGB, as a viewer shows it
    write_still(replace(still, pixels=...), Path("marked.jpg"))

PNG, JPEG, WebP, TIFF and AVIF are read. PNG, JPEG and WebP are written, each from its own kind only, so that nothing
is converted: PNG and lossless WebP exactly, with 16 bits and transparency where they have them, JPEG and lossy WebP at
high quality. Colour profile, EXIF (with its orientation: pixels stay turned as they were) and density are carried byte
by byte. XMP, IPTC, manifests, and the second pictures of a multi-picture JPEG (gain maps, previews) are not. What is
only to be looked at, ``view.py`` reads, smaller.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from av.video.frame import VideoFrame

from touchmark.provenance.media import segments
from touchmark.provenance.media.errors import EncodeError, MediaError
from touchmark.provenance.media.kinds import regular_file
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.media.picture import Orientation, Pixels, Samples
from touchmark.provenance.media.segments import Part, Parts
from touchmark.provenance.media.still_decode import StillKind, decode_still, pixels_of, still_kind_of

__all__ = ["Still", "StillKind", "read_still", "shallow", "still_kind", "suffixes", "write_still"]

_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 97, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
_WEBP, _WEBP_LOSSLESS = [cv2.IMWRITE_WEBP_QUALITY, 97], [cv2.IMWRITE_WEBP_QUALITY, 101]
_SUFFIXES = {
    StillKind.PNG: (".png",),
    StillKind.JPEG: (".jpg", ".jpeg"),
    StillKind.WEBP: (".webp",),
}
"""What a file of each kind that is written may be called; the first is what we propose."""


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
            return still_kind_of(file.read(32))
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
    found = decode_still(path, limits)
    pixels = pixels_of(found.picture)
    carried = _still_true(found.parts, found.picture, pixels) if found.parts else ()
    is_grey = found.picture.format.name.startswith(("gray", "mono", "ya"))
    return Still(pixels, found.orientation, found.kind, found.lossless, carried, is_grey)


def _still_true(parts: Parts, picture: VideoFrame, pixels: Samples) -> tuple[Part, ...]:
    """What is carried, without the profile of a grey picture whose transparency makes us write it in colour."""
    if picture.format.name.startswith("ya") and pixels.shape[2] > 1:
        return tuple(part for part in parts.carried if part.name != b"iCCP")
    return parts.carried


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
