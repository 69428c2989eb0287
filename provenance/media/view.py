"""A single picture for looking at: in bounded memory, no larger than it takes, and as every viewer shows it.

    view = view_still(Path("upload.jpg"))
    view.still.pixels       # uint8 RGB, upright
    view.unshown            # why viewers may show another picture; empty where none would
    view.lit                # what HDR screens show by a gain map

To write a picture back, read it with ``still.py``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter

from touchmark.provenance.media import profile, segments
from touchmark.provenance.media.errors import MediaError
from touchmark.provenance.media.gain import FoundMap, Gain
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.media.picture import Orientation, Pixels
from touchmark.provenance.media.segments import Parts
from touchmark.provenance.media.still import Still, StillKind, shallow
from touchmark.provenance.media.still_decode import (
    LARGER,
    DecodedStill,
    Unshown,
    decode_picture,
    decode_still,
    pixels_of,
)

_LARGEST_VIEWED, _MOST_VIEWED = 48 * 1024**2, 144 * 1024**2
"""Bytes that a file, and with its decoded picture, may have to be looked at: 50 megapixels of JPEG, 18 of deep PNG."""
_VIEWED_PIXELS = 3840 * 2160
"""A mark that a larger picture carries can be read from half its size, and sooner."""
_LIT_PIXELS = _VIEWED_PIXELS // 4
"""Of what screens of many stops show: it is worked out in fractions."""
_SIDE, _OPAQUE = 512, 250
"""Of a picture made so small, what is taken for opaque."""


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
    found = decode_still(path, replace(limits, max_bytes=min(limits.max_bytes, _LARGEST_VIEWED)), _MOST_VIEWED)
    width, height = found.picture.width, found.picture.height
    pixels = pixels_of(found.picture, _smaller(width, height, _VIEWED_PIXELS))
    upright = found.orientation.turn(pixels)
    unshown = _unshown(found)
    if found.orientation.transpose:
        width, height = height, width
    still = Still(upright, Orientation(), found.kind, found.lossless)
    lit = [one for other in found.others for one in _applied(still, found.orientation.turn(_small(other)), found.gains)]
    maps, turned = found.maps, found.orientation
    del found  # with the picture as it was decoded
    try:
        lit += [one for found_map in maps for one in _lit(still, found_map, turned, limits, str(path))]
    except MediaError:
        unshown = unshown or Unshown.GAIN_MAP
    return View(still, width, height, unshown.value if unshown else "", tuple(lit))


def _unshown(found: DecodedStill) -> Unshown | None:
    if found.unshown is not None:
        return found.unshown
    if _is_seen_through(found.picture):
        return Unshown.SEEN_THROUGH
    if found.parts is not None and _has_other_colours(found.kind, found.parts):
        return Unshown.OTHER_COLOURS
    return None


def _lit(still: Still, found: FoundMap, turned: Orientation, limits: Limits, subject: str) -> list[Still]:
    """What is shown by a gain map that is a JPEG, in each way that it may be meant."""
    parts = segments.jpeg_parts(found.picture, subject)
    most = (_MOST_VIEWED - still.pixels.nbytes - 2 * len(found.picture)) // parts.depth
    limits = replace(limits, max_pixels=min(LARGER * limits.max_pixels, most))
    limits.check_dimensions(parts.width, parts.height, subject)
    decoded = decode_picture("mjpeg", parts.bare, limits, subject)
    return _applied(still, turned.turn(_small(decoded)), found.gains)


def _small(picture: VideoFrame) -> Pixels:
    return shallow(pixels_of(picture, _smaller(picture.width, picture.height, _LIT_PIXELS)))


def _applied(still: Still, levels: Pixels, gains: Iterable[Gain]) -> list[Still]:
    height, width, _ = still.pixels.shape
    size = _smaller(width, height, _LIT_PIXELS)
    pixels = np.asarray(cv2.resize(still.upright, size, interpolation=cv2.INTER_AREA), np.uint8)
    return [replace(still, pixels=gain.applied(pixels, levels), lossless=False) for gain in gains]


def _smaller(width: int, height: int, most: int) -> tuple[int, int]:
    """Width and height of no more pixels than ``most``."""
    share = min(math.sqrt(most / (width * height)), 1.0)
    return max(round(width * share), 1), max(round(height * share), 1)


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
