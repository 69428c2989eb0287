"""How much of a video's picture was looked at for a mark: what was not looked at can hold one.

    watched = Watched(video)
    detections = watermark.search(watched, keys)
    watched.extent.in_words       # "2 key frames, and all pictures up to 1.3 s"

It is noted by who hands the pictures out, so it holds of any watermark's search.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from touchmark.provenance.media.decode import VideoReader
from touchmark.provenance.media.video import Frame


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of a video's picture was looked at.

    Attributes:
        pictures: how many different ones.
        of_all: how many the file holds, as far as it was gone through; never fewer.
        key_frames: how many of the pictures, before any other was looked at, stood alone in the file.
        until: seconds from the beginning up to which every picture was looked at.
        whole: whether every picture was.
    """

    pictures: int
    of_all: int
    key_frames: int
    until: float
    whole: bool

    @property
    def in_words(self) -> str:
        """What was looked at, for a sentence."""
        if self.whole:
            return "every picture"
        keys = f"{self.key_frames:,} key frame{'' if self.key_frames == 1 else 's'}"
        return f"{keys}, and all pictures up to {self.until:.1f} s" if self.until else keys


class Watched:
    """Pictures of an open video, with a note of which were drawn. A ``media.video.Pictures``."""

    def __init__(self, video: VideoReader) -> None:
        self._video = video
        self._times: set[Fraction] = set()
        self._key_frames = 0
        self._until = Fraction(0)
        self._whole = False

    def frames(self, key_frames_only: bool = False) -> Iterator[Frame]:
        """As :meth:`VideoReader.frames`; of a film that is heavy, key frames alone."""
        key_frames_only = key_frames_only or self._video.is_heavy
        for frame in self._video.frames(key_frames_only, lean=True):
            if frame.time not in self._times:
                self._times.add(frame.time)
                self._key_frames += key_frames_only and frame.is_key
            if not key_frames_only:
                self._until = max(self._until, frame.time + 1 / self._video.info.frame_rate)
            yield frame
            del frame  # of a large film that is a hundred megabytes while the next is decoded
        self._whole |= not key_frames_only

    @property
    def extent(self) -> Extent | None:
        """What was drawn up to now; None where nothing was."""
        if not self._times:
            return None
        seen = len(self._times)
        return Extent(seen, max(seen, self._video.pictures), self._key_frames, float(self._until), self._whole)
