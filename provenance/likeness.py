"""Fingerprints of files: a video's is of its pictures, a still is a video of one picture.

    kept = fingerprint_of(path).to_bytes()                        # when it is sealed; for the registry
    likeness_of(copy, kept, detection.transform, (), Limits())    # when a copy of it is looked at

What a fingerprint is, and when two are alike, ``fingerprint.py`` says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from touchmark.provenance.fingerprint import Fingerprint, Likeness, Span
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.kinds import Family, kind_of
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.media.still import still_kind
from touchmark.provenance.media.video import Frame, Pictures
from touchmark.provenance.media.view import view_still
from touchmark.provenance.watermark.protocol import Transform


def fingerprint_of(path: Path) -> Fingerprint | None:
    """Of a video or a picture that was just made; None for what is not seen.

    Raises:
        MediaError: it cannot be read.
        FingerprintError: it has no picture.
    """
    with _opened(path, Limits()) as (pictures, duration):
        return None if pictures is None else Fingerprint.of(pictures.frames(key_frames_only=True), duration)


def likeness_of(path: Path, kept: bytes, transform: Transform, marked: Sequence[Span], limits: Limits) -> Likeness:
    """Of a file to what a registry kept; see :meth:`Fingerprint.likeness`.

    Raises:
        MediaError: the file cannot be read.
        FingerprintError: what was kept is none.
    """
    with _opened(path, limits) as (pictures, _):
        if pictures is None:
            return Likeness.UNTOLD
        return Fingerprint.from_bytes(kept).likeness(pictures, transform, marked)


@contextmanager
def _opened(path: Path, limits: Limits) -> Iterator[tuple[Pictures | None, float]]:
    """What can be looked through, and how long it lasts; a picture is a video that lasts no time."""
    kind = kind_of(path)
    if kind is None or kind.family is Family.VIDEO:
        with open_video(path, limits) as video:
            yield video, float(video.info.duration or 0)
    elif still_kind(path) is None:
        yield None, 0.0
    else:
        yield _OnePicture(Frame(view_still(path, limits).still.upright, Fraction(0), is_key=True)), 0.0


@dataclass(frozen=True, slots=True)
class _OnePicture:
    """A still, to be looked through as a video is."""

    frame: Frame

    def frames(self, key_frames_only: bool = False) -> Iterator[Frame]:
        """The picture."""
        yield self.frame
