"""The seam that every invisible picture watermark stands behind: ours, and other people's later.

marked = mark.embed(frames, payload, key)      # lazily, frame by frame
detection = mark.extract(frames, key)          # of any copy, also a damaged one
detections = mark.search(video, keys)          # of an open video, in as few of its pictures as it takes
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from touchmark.provenance.media.video import Frame, Pictures

if TYPE_CHECKING:
    from touchmark.provenance.watermark.codebook import Expected

PAYLOAD_BITS = 64


@dataclass(frozen=True, slots=True)
class Payload:
    """The 64 bits that a mark carries: an identifier that the registry resolves to a manifest."""

    value: int

    def __post_init__(self) -> None:
        if not 0 <= self.value < 1 << PAYLOAD_BITS:
            raise ValueError(f"a payload has {PAYLOAD_BITS} bits (got {self.value:#x})")

    @classmethod
    def from_bytes(cls, data: bytes) -> Payload:
        """From 8 bytes, big-endian."""
        if len(data) != PAYLOAD_BITS // 8:
            raise ValueError(f"a payload has {PAYLOAD_BITS // 8} bytes (got {len(data)})")
        return cls(int.from_bytes(data, "big"))

    def to_bytes(self) -> bytes:
        """8 bytes, big-endian."""
        return self.value.to_bytes(PAYLOAD_BITS // 8, "big")

    def __str__(self) -> str:
        return f"{self.value:016x}"


@dataclass(frozen=True, slots=True, repr=False)
class WatermarkKey:
    """An operator's watermark secret: at least 16 bytes, never printed."""

    secret: bytes

    def __post_init__(self) -> None:
        if len(self.secret) < 16:
            raise ValueError(f"a watermark key has at least 16 bytes (got {len(self.secret)})")

    @property
    def key_id(self) -> str:
        """Public name of the key: 8 hexadecimal digits derived one way from the secret."""
        return hashlib.blake2b(self.secret, digest_size=4, person=b"tm-key-id").hexdigest()

    def __repr__(self) -> str:
        return f"WatermarkKey(key_id={self.key_id!r})"


class MarkState(StrEnum):
    """What the pixels say. NOTHING_FOUND says nothing about authenticity."""

    VERIFIED = "verified"
    """A payload was read and its keyed check bits agree, or one that another source names was found."""
    PRESENT = "present"
    """The synchronisation pattern of this key is there, the payload could not be read."""
    NOTHING_FOUND = "nothing_found"


class NamedBy(StrEnum):
    """From where a payload is known whose mark is too faint to be read by itself."""

    FILE = "file"
    """The file's manifest names it, or of picture and sound the other's mark."""
    REGISTRY = "registry"
    """It is the one of all registered payloads that fits, and fits so well that none would by chance."""


@dataclass(frozen=True, slots=True)
class Transform:
    """How the copy was changed geometrically, relative to the marked original, as extraction found it.

    The pattern is as large as the picture, so a copy that was made larger or smaller as a whole has a scale of 1, and
    one that was cropped to half its height a scale of 2: how many pixels the original had, it does not say.

    Attributes:
        scale_x, scale_y: size of what is shown, over that in an original with the same short side.
        rotation: degrees counter-clockwise, before any flip.
        mirrored: whether the copy is flipped left to right.
    """

    scale_x: float = 1.0
    scale_y: float = 1.0
    rotation: float = 0.0
    mirrored: bool = False

    @property
    def turn(self) -> float:
        """The rotation the shorter way round: degrees from -180 to 180."""
        return (self.rotation + 180) % 360 - 180


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch of the timeline: a second, where all pictures were looked at, or what lies between one picture that
    was looked at and the next. Of a video that was read from its key frames alone, p-values are those of these.

    Attributes:
        start, end: seconds.
        p_value: probability that unmarked pixels score as high for the payload that was read (or for the
            synchronisation pattern, where none was).
    """

    start: float
    end: float
    p_value: float


@dataclass(frozen=True, slots=True)
class Detection:
    """What extraction found with one key.

    Attributes:
        state: see :class:`MarkState`.
        key_id: which key was tried.
        payload: the payload, only where ``state`` is VERIFIED.
        p_value: probability, over everything that extraction tried, that an unmarked video gives this
            result; 1.0 where nothing was found.
        timeline: p-values over time, stretch by stretch without gaps.
        transform: the geometry found, where there is a mark.
        named_by: who named the payload, where its mark is too faint to be read by itself: no check bits were read, its
            bits agree with pixels or sound as ``p_value`` says. None where it was read.
    """

    state: MarkState
    key_id: str
    payload: Payload | None = None
    p_value: float = 1.0
    timeline: tuple[Segment, ...] = ()
    transform: Transform | None = None
    named_by: NamedBy | None = None

    @property
    def is_read(self) -> bool:
        """Whether its payload was read by itself."""
        return self.state is MarkState.VERIFIED and self.named_by is None

    def shown_until(self, end: float) -> Detection:
        """With the last stretch as long as the last picture looked at and those after it are shown, in seconds.

        Between two pictures that were looked at a stretch lasts until the second; the last lasts to the video's end,
        and no longer, where a whole second would.
        """
        if not self.timeline or self.timeline[-1].start >= end:
            return self
        *before, last = self.timeline
        return replace(self, timeline=(*before, replace(last, end=end)))


class Watermark(Protocol):
    """An invisible mark in moving pictures."""

    @property
    def algorithm(self) -> str:
        """Reverse-domain name, as in the C2PA soft-binding algorithm list."""
        ...

    def embed(self, frames: Iterable[Frame], payload: Payload, key: WatermarkKey) -> Iterator[Frame]:
        """Mark frames one by one as they are drawn; same count, size and times."""
        ...

    def extract(self, frames: Iterable[Frame], key: WatermarkKey) -> Detection:
        """Look for a mark of ``key`` in these frames. Never raises for want of a mark."""
        ...

    def search(
        self,
        video: Pictures,
        keys: Sequence[WatermarkKey],
        *,
        thorough: bool = False,
        expected: Expected = ...,
    ) -> tuple[Detection, ...]:
        """Look for a mark of each key in a video, in as few of its pictures as it takes, or ``thorough`` in all; also
        for faint ones of ``expected`` payloads."""
        ...
