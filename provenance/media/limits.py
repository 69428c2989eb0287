"""How much a file may cost before it is refused, and the clock that counts the costliest part.

Uploads are hostile: a kilobyte can declare a picture of gigabytes or a playing time of years. Everything here is
checked before or while decoding, never after.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from types import TracebackType

from touchmark.provenance.media.errors import LimitExceededError

_REMEDY = "Where you trust its source, verify it from Python with wider Limits."


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one file may cost. ``Limits()`` suits a service that takes strangers' uploads.

    Attributes:
        max_bytes: size of the file.
        max_index_bytes: size of an mp4 or mov index (the ``moov`` box), which a decoder holds in memory several times.
        max_index_entries: pictures and pieces of sound that the index declares; a decoder makes room for all at once.
        max_duration: playing time in seconds, as declared and as decoded.
        max_dimension: width or height in pixels, as stored and as displayed.
        max_pixels: width times height.
        max_frames: pictures decoded in one pass.
        max_decode_seconds: wall-clock seconds spent inside the decoder for one open file, all passes together. The
            time that the consumer of the frames takes does not count.
    """

    max_bytes: int = 4 * 1024**3
    max_index_bytes: int = 64 * 1024**2
    max_index_entries: int = 3_000_000
    max_duration: float = 3600.0
    max_dimension: int = 8192
    max_pixels: int = 8192 * 4320
    max_frames: int = 500_000
    max_decode_seconds: float = 900.0

    def check_size(self, size: int, subject: str) -> None:
        """Raise :class:`LimitExceededError` where a file of ``size`` bytes is too large."""
        if size > self.max_bytes:
            raise LimitExceededError(
                f"the file has {size:,} bytes; at most {self.max_bytes:,} are read", subject=subject, remedy=_REMEDY
            )

    def check_index(self, size: int, entries: int, subject: str) -> None:
        """Raise :class:`LimitExceededError` where an index of ``size`` bytes and so many entries is too large."""
        if entries > self.max_index_entries:
            raise LimitExceededError(
                f"its index declares {entries:,} samples; at most {self.max_index_entries:,} are read",
                subject=subject,
                remedy=_REMEDY,
            )
        if size > self.max_index_bytes:
            raise LimitExceededError(
                f"its index has {size:,} bytes; at most {self.max_index_bytes:,} are read",
                subject=subject,
                remedy=_REMEDY,
            )

    def check_dimensions(self, width: int, height: int, subject: str) -> None:
        """Raise :class:`LimitExceededError` where a picture of ``width`` x ``height`` pixels is too large."""
        if max(width, height) > self.max_dimension:
            raise LimitExceededError(
                f"its pictures are {width} x {height}; at most {self.max_dimension} pixels a side are decoded",
                subject=subject,
                remedy=_REMEDY,
            )
        if width * height > self.max_pixels:
            raise LimitExceededError(
                f"its pictures are {width} x {height}; at most {self.max_pixels:,} pixels are decoded",
                subject=subject,
                remedy=_REMEDY,
            )

    def check_duration(self, seconds: float, subject: str) -> None:
        """Raise :class:`LimitExceededError` where ``seconds`` of playing time are too many."""
        if seconds > self.max_duration:
            raise LimitExceededError(
                f"it plays for {seconds:,.0f} s or more; at most {self.max_duration:,.0f} s are decoded",
                subject=subject,
                remedy=_REMEDY,
            )

    def check_frames(self, count: int, subject: str) -> None:
        """Raise :class:`LimitExceededError` where ``count`` pictures are too many."""
        if count > self.max_frames:
            raise LimitExceededError(
                f"it holds more than {self.max_frames:,} pictures", subject=subject, remedy=_REMEDY
            )


class DecodeClock:
    """Counts the wall-clock time spent inside its ``with`` block, over many entries.

    Args:
        budget: seconds that may be spent in all.
        subject: the file, for the error.
    """

    __slots__ = ("_budget", "_entered", "_spent", "_subject")

    def __init__(self, budget: float, subject: str) -> None:
        self._budget = budget
        self._subject = subject
        self._spent = 0.0
        self._entered: float | None = None

    @property
    def exhausted(self) -> bool:
        """Whether the budget is spent, counting a block that is running now."""
        running = 0.0 if self._entered is None else time.monotonic() - self._entered
        return self._spent + running > self._budget

    def check(self) -> None:
        """Raise :class:`LimitExceededError` where the budget is spent."""
        if self.exhausted:
            raise LimitExceededError(
                f"decoding it took longer than {self._budget:g} s", subject=self._subject, remedy=_REMEDY
            )

    def __enter__(self) -> None:
        if self._entered is not None or self._spent > self._budget:  # told here, because it is entered for each packet
            self.check()
        self._entered = time.monotonic()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._entered is not None:
            self._spent += time.monotonic() - self._entered
            self._entered = None
