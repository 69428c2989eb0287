"""Counting the pictures that go past, for whoever waits.

    encode(replace(raw, frames=counted(raw.frames, tell, expected_pictures(raw))), path)
    mark.search(Counted(video, tell, expected_pictures(video.info)), keys)

Nothing is held and nothing is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from typing import Protocol

from touchmark.provenance.media.video import Frame, Pictures

Tell = Callable[[int, int], None]
"""Called with (pictures done, of all); ``of all`` is 0 where it is not known."""


class Timed(Protocol):
    """What knows how long it plays: a ``VideoInfo``, a ``RawVideo``."""

    @property
    def duration(self) -> Fraction | None:
        """Seconds, where known."""
        ...

    @property
    def frame_rate(self) -> Fraction:
        """Nominal pictures a second."""
        ...


def expected_pictures(video: Timed) -> int:
    """How many pictures ``video`` should have, as it declares; 0 where it does not."""
    return round(video.duration * video.frame_rate) if video.duration else 0


def counted(frames: Iterable[Frame], tell: Tell | None, of_all: int) -> Iterator[Frame]:
    """Pass pictures on, and tell of each. Never more than ``of_all`` are told of: what a file declares may be wrong."""
    numbers = count(1)  # not enumerated: that would hold one picture, of a large film a hundred megabytes, for another
    for frame in frames:
        number = next(numbers)
        if tell:
            tell(min(number, of_all) if of_all else number, of_all)
        yield frame
        del frame


@dataclass(frozen=True, slots=True)
class Counted:
    """Pictures of a video that are counted at every pass through all of them.

    A pass through the key frames alone is told of when it begins: it is over before anybody waits.

    Attributes:
        pictures: the video.
        tell, of_all: as in :func:`counted`.
    """

    pictures: Pictures
    tell: Tell | None
    of_all: int

    def frames(self, key_frames_only: bool = False) -> Iterator[Frame]:
        """As :meth:`Pictures.frames`."""
        frames = self.pictures.frames(key_frames_only)
        if not key_frames_only:
            return counted(frames, self.tell, self.of_all)
        if self.tell:
            self.tell(0, self.of_all)
        return frames
