"""Draws a visible label into a video while it streams: before the watermark, before the encoder, a frame at a time.

    raw = labelled(raw, label)
    still = labelled_still(still, label)        # the same on a single picture

Only brightness and colour under the plate change. The label is written in the video's own samples, whatever their
depth and transfer, so that HDR stays HDR and its label is as bright as paper, not as the sun.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.disclosure.label import Art, VisibleLabel
from touchmark.provenance.media.colour import HLG, PQ, Colour
from touchmark.provenance.media.picture import Planes, Samples
from touchmark.provenance.media.still import Still
from touchmark.provenance.media.video import Frame, RawVideo

# In 8 bits, limited range (ITU-R BT.709-6, table 5).
_BLACK: Final = 16
_RANGE: Final = 219
_GREY: Final = 128
_WHITE: Final = {PQ: 0.58, HLG: 0.75}
"""Signal of diffuse white (ITU-R BT.2408-7, table 1); 1 where the transfer has no light beyond it."""


def labelled(video: RawVideo, label: VisibleLabel) -> RawVideo:
    """``video`` with ``label`` on it.

    Raises:
        LabelError: the label cannot be drawn on pictures of this size.
    """
    art = label.art(video.width, video.height)
    x, y = label.corner(video.width, video.height, art)
    return replace(video, frames=_burnt(video.frames, _Stamp.of(art, x, y, video.colour), label))


def labelled_still(still: Still, label: VisibleLabel) -> Still:
    """A single picture with ``label`` on it, standing upright, in the picture's own depth and channels.

    Raises:
        LabelError: the label cannot be drawn on a picture of this size.
    """
    pixels = still.pixels.copy()
    upright = still.orientation.view(pixels)
    height, width, channels = upright.shape
    art = label.art(width, height)
    x, y = label.corner(width, height, art)
    part = upright[y : y + art.size[0], x : x + art.size[1]]
    most = np.iinfo(pixels.dtype).max
    shown = part * art.keep[..., None] + art.light[..., None] * np.float32(most)
    if channels in (2, 4):  # the plate is opaque as far as it covers
        shown[..., -1] = part[..., -1] * art.keep + (1 - art.keep) * most
    part[...] = np.rint(shown).astype(pixels.dtype)
    return replace(still, pixels=pixels)


def _burnt(frames: Iterator[Frame], stamp: _Stamp, label: VisibleLabel) -> Iterator[Frame]:
    for frame in frames:
        if label.seconds is not None and frame.time >= label.seconds:
            yield frame
        else:
            yield replace(frame, picture=stamp.on(frame.planes))


@dataclass(frozen=True, slots=True)
class _Stamp:
    """A label made ready for one place and one colour.

    Attributes:
        x, y: where its plate begins; even.
        keep, add: ndarrays of the plate's shape, float32: what stays of brightness, and what is added.
        keep_colour, add_colour: the same for the planes of colour, at half the size.
    """

    x: int
    y: int
    keep: NDArray[np.float32]
    add: NDArray[np.float32]
    keep_colour: NDArray[np.float32]
    add_colour: NDArray[np.float32]

    @classmethod
    def of(cls, art: Art, x: int, y: int, colour: Colour) -> _Stamp:
        white = _RANGE * _WHITE.get(colour.transfer, 1.0) * colour.step
        add = art.light * white + (1 - art.keep) * _BLACK * colour.step
        height, width = art.size
        half = cv2.resize(art.keep, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        keep_colour = np.asarray(half, np.float32)
        return cls(x, y, art.keep, add, keep_colour, (1 - keep_colour) * np.float32(_GREY * colour.step))

    def on(self, planes: Planes) -> Planes:
        half_x, half_y = self.x // 2, self.y // 2
        return replace(
            planes,
            luma=_blended(planes.luma, self.x, self.y, self.keep, self.add),
            blue=_blended(planes.blue, half_x, half_y, self.keep_colour, self.add_colour),
            red=_blended(planes.red, half_x, half_y, self.keep_colour, self.add_colour),
        )


def _blended(plane: Samples, x: int, y: int, keep: NDArray[np.float32], add: NDArray[np.float32]) -> Samples:
    """A copy: what a decoder gave may be its own memory."""
    result = plane.copy()
    height, width = keep.shape
    part = result[y : y + height, x : x + width]
    part[...] = np.rint(part * keep + add).astype(plane.dtype)
    return result
