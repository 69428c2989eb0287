"""What a sealed video looks like, in a few bytes a picture, so that a mark is not believed over other pictures. Pure.

    fingerprint = Fingerprint.of(video.frames(), duration)        # when it is sealed
    ...
    fingerprint.likeness(copy, detection.transform)               # when a copy of it is looked at

A mark that was lifted off one video and laid over another verifies there: its payload is genuine. What gives the trick
away is the picture under it. Of each sampled picture one sign is kept for each cell of a coarse grid: whether it is
lighter or darker than its surroundings, or neither (J. Oostveen, T. Kalker and J. Haitsma, "Feature extraction and a
database strategy for video fingerprinting", VISUAL 2002, with a third value for what is flat). Coding, scaling,
brightness and contrast leave such signs as they are.

A copy is compared where its mark says that it lies: with the size, turn and mirroring that extraction found, at every
shift, so that a part of a picture is compared with that part. Measured on natural clips: pictures that are the same
correlate at 0.7 to 0.9, parts of half the area at 0.5 and more; strangers at 0.2 at most as a whole, 0.4 in parts.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice, pairwise
from typing import ClassVar, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.media.video import Frame, Pictures
from touchmark.provenance.relief import FLAT, STEP, Real, Relief, Signs, relief_of, signs_of
from touchmark.provenance.watermark.protocol import Transform

Span = tuple[float, float]
MOST_SAMPLES: Final = 256
"""Of a longer video every second sample is given up, again and again."""
_FEWEST: Final = 90
"""Cells that are not flat, in both pictures, below which nothing can be said of their likeness."""
_SHARED: Final = 0.75
"""The part of one lies in the other, or the other way round: by how many of the cells that are not flat, at least."""
_UNMOVED: Final = 0.015, 0.5
"""Scale and degrees up to which a copy counts as whole and upright."""
_ALIKE: Final = 0.5
"""Correlation from which a picture is one of the original's, or a part of it."""
_CERTAIN: Final = 7.0
"""The same times the root of the number of cells: strangers reach 5.5, over all shifts and pictures."""
_UNLIKE: Final = 0.4
"""Correlation up to which it is none of them."""
_KEY_FRAMES: Final = 16
_OFTEN: Final = 1 / 8
_MOST_PICTURES: Final = 96
"""Of a copy, so many key frames are looked at; if none is like the original, so many pictures so many seconds apart."""
_JOINED: Final = 0.5
"""Seconds between two pictures that count as seen, at most."""
_MOST_COMPARED: Final = 8192
"""Pairs of pictures, where each is compared at all shifts."""
_AT_ONCE: Final = 32
_HEADER: Final = struct.Struct(">BHBBff")
_VERSION: Final = 1


class FingerprintError(TouchmarkError):
    """What was kept is no fingerprint, or one of a later version."""

    code: ClassVar[str] = "provenance.fingerprint"


class Likeness(StrEnum):
    """Whether a copy shows what the original shows."""

    SAME = "same"
    OTHER = "other"
    UNTOLD = "untold"
    """It cannot be told: too little of either is there to compare, or it lies between."""


@dataclass(frozen=True, slots=True)
class _Agreement:
    """How much two pictures look alike, and in how many cells."""

    correlation: float
    cells: float

    @classmethod
    def best(cls, agreement: Real, power: Real, cells: Real, enough: NDArray[np.bool_]) -> _Agreement | None:
        """Of many comparisons the one that correlates best, among those of ``enough`` cells."""
        if not enough.any():
            return None
        correlation = agreement[enough] / np.sqrt(np.maximum(power[enough], 1e-6))
        at = int(np.argmax(correlation))
        return cls(float(correlation[at]), float(cells[enough][at]))

    @property
    def is_clear(self) -> bool:
        """Whether it is one picture: no chance of many comparisons, nor a likeness of two landscapes."""
        return self.correlation >= _ALIKE and self.correlation * math.sqrt(self.cells) >= _CERTAIN


@dataclass(frozen=True, eq=False)
class Fingerprint:
    """Of one video.

    Attributes:
        samples: ndarray of shape (pictures, rows, columns), int8: 1 where a cell is lighter than its surroundings, -1
            where it is darker, 0 where it is neither.
        gap: the longest time without a sample, in seconds; 0 for a single picture.
        duration: in seconds; 0 for a single picture.
    """

    samples: Signs
    gap: float = 0.0
    duration: float = 0.0
    _spectra: dict[tuple[int, int], tuple[NDArray[np.complex64], NDArray[np.complex64]]] = field(
        default_factory=dict, repr=False
    )

    @classmethod
    def of(cls, frames: Iterable[Frame], duration: float) -> Fingerprint:
        """Of the pictures of a video that lasts some seconds; those of its key frames are enough.

        Raises:
            FingerprintError: there is no picture.
        """
        kept: list[tuple[float, Signs]] = []
        every = 1
        for number, frame in enumerate(frames):
            if number % every:
                continue
            kept.append((float(frame.time), signs_of(relief_of(frame, Transform()))))
            if len(kept) > MOST_SAMPLES:
                kept, every = kept[::2], 2 * every
        if not kept:
            raise FingerprintError("a video without pictures has no fingerprint", remedy="Check what was sealed.")
        times = [time for time, _ in kept]
        gap = max(np.diff([*times, max(duration, times[-1])])) if duration else 0.0
        return cls(np.stack([signs for _, signs in kept]), float(gap), duration)

    def likeness(self, video: Pictures, transform: Transform, marked: Sequence[Span] = ()) -> Likeness:
        """Whether a copy shows a picture of the original, as its mark says.

        Args:
            video: the copy; looked through once or twice.
            transform: what was done to it, as its mark tells.
            marked: seconds from and to which it carries the mark; all of it, where none is named.
        """
        key_frames = islice(_within(video.frames(key_frames_only=True), marked), _KEY_FRAMES)
        if any(found.is_clear for found in self._closest(key_frames, transform)):
            return Likeness.SAME
        times: list[float] = []
        closest: list[float] = []
        for found in self._closest(_spread(_within(video.frames(), marked), times), transform):
            if found.is_clear:
                return Likeness.SAME
            closest.append(found.correlation)
        seen = sum(min(later - time, _JOINED) for time, later in pairwise(times)) + _OFTEN
        covers = not self.gap or seen >= min(2 * self.gap * self._stride(transform), 0.9 * self.duration)
        if covers and max(closest, default=1.0) <= _UNLIKE and 2 * len(closest) > len(times):
            return Likeness.OTHER
        return Likeness.UNTOLD

    def _closest(self, frames: Iterable[Frame], transform: Transform) -> Iterator[_Agreement]:
        """How much each picture of a copy looks like one of the original's, at best; none for one that is too flat."""
        best = self._in_place if _is_unmoved(transform) else self._at_any_shift
        samples = self.samples[:: self._stride(transform)]
        for frame in frames:
            if (found := best(samples, relief_of(frame, transform))) is not None:
                yield found

    def _stride(self, transform: Transform) -> int:
        """How many samples are gone on by, for it takes long to compare at all shifts."""
        return 1 if _is_unmoved(transform) else -(-len(self.samples) * _MOST_PICTURES // _MOST_COMPARED)

    @staticmethod
    def _in_place(samples: Signs, relief: Relief) -> _Agreement | None:
        rows, columns = (min(a, -(-b // STEP)) for a, b in zip(samples.shape[1:], relief.values.shape, strict=True))
        own = samples[:, :rows, :columns].reshape(len(samples), -1).astype(np.float32)
        other = relief.values[::STEP, ::STEP][:rows, :columns].ravel()
        told = np.abs(own)
        cells = told @ (np.abs(other) > FLAT).astype(np.float32)
        power = told.sum(axis=1) * (told @ other**2)
        return _Agreement.best(own @ other, power, cells, cells >= _FEWEST)

    def _at_any_shift(self, samples: Signs, relief: Relief) -> _Agreement | None:
        """Over all shifts at which enough is compared; None where there is no such shift."""
        sizes = zip(samples.shape[1:], relief.values.shape, strict=True)
        rows, columns = (cv2.getOptimalDFTSize(STEP * own + other) for own, other in sizes)
        shape = (rows, columns)
        if shape not in self._spectra:
            cells = np.zeros((len(samples), *(STEP * side for side in samples.shape[1:])), np.float32)
            cells[:, ::STEP, ::STEP] = samples
            self._spectra[shape] = (_spectrum(cells, shape), _spectrum(np.abs(cells), shape))
        signs, told = self._spectra[shape]

        def correlated(own: NDArray[np.complex64], other: NDArray[np.complex64]) -> Real:
            return np.asarray(np.fft.irfft2(own * other, shape), np.float32)

        rises = (np.abs(relief.values) > FLAT).astype(np.float32)
        lighter, squares, inside, risen = (
            _spectrum(plane, shape).conj() for plane in (relief.values, relief.values**2, relief.seen, rises)
        )
        found = []
        for at in range(0, len(samples), _AT_ONCE):
            some = slice(at, at + _AT_ONCE)
            whole = np.abs(samples[some]).sum(axis=(1, 2), dtype=np.float32)
            least = np.maximum(_FEWEST, _SHARED * np.minimum(whole, rises.sum() / STEP**2))
            cells = correlated(told[some], risen)
            power = correlated(told[some], squares) * correlated(told[some], inside)
            agreement = correlated(signs[some], lighter)
            found.append(_Agreement.best(agreement, power, cells, cells >= least[:, None, None]))
        return max((f for f in found if f is not None), key=lambda f: f.correlation, default=None)

    def to_bytes(self) -> bytes:
        """To be kept; :meth:`from_bytes` reads it."""
        header = _HEADER.pack(_VERSION, *self.samples.shape, self.gap, self.duration)
        planes = (np.packbits(self.samples > 0), np.packbits(self.samples < 0))
        return header + zlib.compress(b"".join(plane.tobytes() for plane in planes), 9)

    @classmethod
    def from_bytes(cls, data: bytes) -> Fingerprint:
        """What :meth:`to_bytes` wrote.

        Raises:
            FingerprintError: it is something else.
        """
        try:
            version, count, rows, columns, gap, duration = _HEADER.unpack_from(data)
            if version != _VERSION:
                raise ValueError(f"version {version}")
            size = count * rows * columns
            packed = -(-size // 8)
            inflate = zlib.decompressobj()
            planes = inflate.decompress(data[_HEADER.size :], 2 * packed + 1)
            if not inflate.eof or len(planes) != 2 * packed:
                raise ValueError("of another length")
            light, dark = (
                np.unpackbits(np.frombuffer(planes, np.uint8, packed, part * packed), count=size).astype(np.int8)
                for part in (0, 1)
            )
        except (zlib.error, struct.error, ValueError) as error:
            raise FingerprintError(
                f"what was kept is no fingerprint ({error})", remedy="Restore the registry from a backup."
            ) from error
        return cls((light - dark).reshape(count, rows, columns), gap, duration)


def _within(frames: Iterable[Frame], spans: Sequence[Span]) -> Iterator[Frame]:
    return (frame for frame in frames if not spans or any(start <= frame.time < end for start, end in spans))


def _spread(frames: Iterable[Frame], times: list[float]) -> Iterator[Frame]:
    """Some of the pictures, and notes of when."""
    for frame in frames:
        if times and frame.time - times[-1] < 0.99 * _OFTEN:
            continue
        if len(times) == _MOST_PICTURES:
            return
        times.append(float(frame.time))
        yield frame


def _is_unmoved(transform: Transform) -> bool:
    scale, degrees = _UNMOVED
    resized = max(abs(transform.scale_x - 1), abs(transform.scale_y - 1))
    return resized <= scale and abs(transform.turn) <= degrees


def _spectrum(values: Real, shape: tuple[int, int]) -> NDArray[np.complex64]:
    return np.asarray(np.fft.rfft2(values, shape), np.complex64)
