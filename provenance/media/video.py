"""What a video is, between decoder, watermark and encoder: frames with times, and sound, both lazy.

Nothing here reads or writes a file. A :class:`RawVideo` is consumed once, front to back, so that memory is
bounded by a few frames whatever the length of the clip.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.media.colour import BT709, Colour
from touchmark.provenance.media.fields import Fields
from touchmark.provenance.media.picture import Planes


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture, upright (any display rotation already applied).

    Attributes:
        picture: RGB, full range, as ndarray of shape (height, width, 3), uint8 (what models draw); or planes (what
            decoders give and encoders take). Ask for ``pixels`` or ``planes`` and get either; what is not at hand is
            converted at every call.
        time: presentation time in seconds since the first frame.
        is_key: whether it was coded without reference to another, so that little of what is faint was lost.
    """

    picture: NDArray[np.uint8] | Planes
    time: Fraction
    is_key: bool = False

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """ndarray of shape (height, width, 3), uint8, RGB, full range."""
        return self.picture.rgb() if isinstance(self.picture, Planes) else self.picture

    @property
    def planes(self) -> Planes:
        """The planes. Raises ValueError where ``picture`` is an array but no picture."""
        return self.picture if isinstance(self.picture, Planes) else Planes.of_rgb(self.picture)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        height, width = (self.picture.luma if isinstance(self.picture, Planes) else self.picture).shape[:2]
        return height, width


class Pictures(Protocol):
    """What can be looked through from its beginning, again and again: an open video."""

    def frames(self, key_frames_only: bool = False) -> Iterator[Frame]:
        """The pictures in presentation order, or those alone that were coded without reference to another."""
        ...


@dataclass(frozen=True, slots=True)
class Sound:
    """Decoded sound that goes with a video.

    Attributes:
        rate: samples a second.
        channels: number of channels.
        blocks: consecutive ndarrays of shape (channels, n), float32, in -1..1, from time 0 on.
    """

    rate: int
    channels: int
    blocks: Iterator[NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class RawVideo:
    """A video that is not yet sealed. Held in memory, never a file.

    Attributes:
        frames: the pictures in presentation order, all of one size.
        width, height: in pixels.
        frame_rate: nominal frames a second; each frame's own ``time`` is what counts.
        sound: the sound, or None for a silent video.
        duration: in seconds, where known beforehand (progress bars), else None.
        colour: of the planes of every frame.
        fields: which of two fields comes first, where pictures are interlaced.
    """

    frames: Iterator[Frame]
    width: int
    height: int
    frame_rate: Fraction
    sound: Sound | None = None
    duration: Fraction | None = None
    colour: Colour = BT709
    fields: Fields = Fields.NONE
