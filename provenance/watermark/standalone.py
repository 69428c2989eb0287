"""The mark alone: put it into a video, a sound or a picture, or look for it. No manifest, no registry, no seal.

    mark_file(Path("holiday.mp4"), Path("marked.mp4"), Payload(42), key)
    find_any(Path("copy.mp4"), [key]).payload

A video is marked in picture and sound, with the same payload.

For people who want only this, on video of their own. It takes files, never frames: what a generator draws goes through
``generation.release``, where nothing leaves without a seal. And it marks under a key derived for this purpose: the mark
of the operator's own key says that a video was sealed as generated, which a holiday video was not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.media.counting import Counted, counted, expected_pictures
from touchmark.provenance.media.decode import LeftOut, VideoReader, open_video
from touchmark.provenance.media.encode import encode
from touchmark.provenance.media.errors import NoPicturesError, NotAVideoError
from touchmark.provenance.media.kinds import Family, kind_of
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.media.sound import open_sound, write_sound
from touchmark.provenance.media.source import ANY_VIDEO
from touchmark.provenance.media.still import read_still, still_kind, write_still
from touchmark.provenance.media.video import Frame, Sound
from touchmark.provenance.watermark.account import paid
from touchmark.provenance.watermark.audio import ENOUGH_RATE, LOWEST_RATE, LoudnessMark, heard_by_name
from touchmark.provenance.watermark.codebook import Expected
from touchmark.provenance.watermark.guard import Strength
from touchmark.provenance.watermark.keyring import standalone_key
from touchmark.provenance.watermark.protocol import Detection, MarkState, Payload, WatermarkKey
from touchmark.provenance.watermark.still import find_in_still, mark_still
from touchmark.provenance.watermark.video import LatticeWatermark, naming

Progress = Callable[[str, int, int], None]
"""Called with (step, pictures done, of all); ``of all`` is 0 where it is not known."""


_ANY_MEDIUM = (
    "Give a video (mp4, mov, webm, mkv, avi), a sound (wav, flac, mp3, m4a; to look for a mark, ogg and opus too) or a "
    "picture (png, jpeg, webp; to look for a mark, tiff and avif too)."
)
_SILENCE = 1e-4
"""Amplitude below which nothing is heard, -80 dB."""
_LONG_ENOUGH = 10
"""Seconds within which a mark can be read wherever a sound has something to hide it in."""


class AlreadyMarkedError(TouchmarkError):
    """The video carries a mark of this key: a second one would lie over it, and neither could be relied upon."""

    code = "watermark.already_marked"
    exit_status = 1


class MarkNotReadableError(TouchmarkError):
    """The mark cannot be read back from the file that was written."""

    code = "watermark.not_readable"


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in a file, every key and both media paid for.

    Attributes:
        picture: None where there is none.
        sound: None where there is none.
    """

    picture: Detection | None
    sound: Detection | None

    @property
    def likeliest(self) -> Detection:
        """A payload before a mark that cannot be read, and the picture's before the sound's."""
        there = [detection for detection in (self.picture, self.sound) if detection is not None]
        return min(there, key=_rank)

    @property
    def state(self) -> MarkState:
        """Of the likeliest."""
        return self.likeliest.state

    @property
    def payload(self) -> Payload | None:
        """Of the likeliest."""
        return self.likeliest.payload


class Unmarked(StrEnum):
    """Why a sound carries no mark that can be read."""

    NO_SOUND = "there is none"
    RATE_TOO_LOW = "too few samples a second"
    SILENT = "it is silent"
    TOO_SHORT = "it is too short"
    NOTHING_HIDES_IT = "there is nothing to hide it in"


@dataclass(frozen=True, slots=True)
class Marked:
    """What was read back from a file that was marked.

    Attributes:
        found: in its picture and in its sound.
        sound_unmarked: why the sound is not marked; None where it is, also where its mark is found only because the
            picture names it.
        left_out: what the video held and the marked copy does not.
    """

    found: Found
    sound_unmarked: Unmarked | None
    left_out: tuple[LeftOut, ...] = ()

    @property
    def read(self) -> Detection:
        """In the picture, or in a sound that has none."""
        return self.found.likeliest if self.found.picture is None else self.found.picture

    @property
    def payload(self) -> Payload | None:
        """That was read back."""
        return self.read.payload


@dataclass(slots=True)
class _Listening:
    """How long and how loud a sound is, noted while it goes past."""

    rate: int = 0
    samples: int = 0
    peak: float = 0.0

    def noting(self, sound: Sound) -> Sound:
        """The same sound."""
        self.rate = sound.rate

        def blocks() -> Iterator[NDArray[np.float32]]:
            for block in sound.blocks:
                self.samples += block.shape[1]
                self.peak = max(self.peak, float(np.abs(block).max(initial=0.0)))
                yield block

        return replace(sound, blocks=blocks())

    def why_unmarked(self) -> Unmarked:
        """Of a sound in which no mark is read."""
        if not self.rate:
            return Unmarked.NO_SOUND
        if self.rate < LOWEST_RATE:
            return Unmarked.RATE_TOO_LOW
        if self.peak < _SILENCE:
            return Unmarked.SILENT
        return Unmarked.TOO_SHORT if self.samples < _LONG_ENOUGH * self.rate else Unmarked.NOTHING_HIDES_IT


def _rank(detection: Detection) -> int:
    return list(MarkState).index(detection.state)


def mark_file(
    source: Path,
    destination: Path,
    payload: Payload,
    key: WatermarkKey,
    progress: Progress | None = None,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    strength: Strength = Strength.STANDARD,
) -> Marked:
    """Write a marked copy of ``source``, and read the mark back from it. A manifest is not carried over.

    Args:
        source: a video, whose picture and sound are marked, a sound or a single picture.
        destination: an ``.mp4``, or for a sound or a picture a file of its own kind, in a folder that is private to the
            caller.
        payload: what the mark carries.
        key: an operator's secret; the mark is written under its :func:`standalone_key`.
        progress: told about each pass over the pictures.
        limits: the most that reading may cost.
        strength: of the mark in a picture.

    Returns:
        What was found in ``destination``. A video's sound is marked as far as it can be; silence and a second of it
        cannot.

    Raises:
        MediaError: ``source`` cannot be read.
        AlreadyMarkedError: it carries a mark of ``key``, standalone or sealed.
        MarkNotReadableError: it does not hold a mark (a picture of one even colour, a few small frames, a short sound).
        RateTooLowError: it is a sound of too few samples a second.
        TouchmarkError: of the mark or the encoder. What then stands at ``destination`` is not to be used.
    """
    if find_any(source, [key], progress, limits).state is not MarkState.NOTHING_FOUND:
        raise AlreadyMarkedError(
            "it carries a mark of this key already", subject=str(source), remedy="Mark the original instead."
        )
    own, listening = standalone_key(key), _Listening()
    left_out: tuple[LeftOut, ...] = ()
    if still_kind(source) is not None:
        what = "a larger picture, or one with shades between black and white"
        with naming(str(source)):
            marked = mark_still(read_still(source, limits), payload, own, strength)
        write_still(marked, destination)
    elif _is_sound(source):
        what = "a longer sound, one that is not silent"
        with open_sound(source, limits) as reader:
            write_sound(LoudnessMark().embed(reader.whole(), payload, own), destination, reader.info)
    else:
        what = "a larger or a longer video"
        with naming(str(source)):
            left_out = _mark_video(source, destination, payload, own, progress, limits, strength, listening)
    found = find(destination, own, progress, "checking", limits)
    heard = found.sound is not None and found.sound.payload == payload
    marked_file = Marked(found, None if heard else listening.why_unmarked(), left_out)
    read = marked_file.read
    if read.payload != payload or not read.is_read:
        raise MarkNotReadableError(
            "its mark cannot be read back, so it was not written", subject=str(source), remedy=f"Give {what}."
        )
    return marked_file


def _mark_video(
    source: Path,
    destination: Path,
    payload: Payload,
    own: WatermarkKey,
    progress: Progress | None,
    limits: Limits,
    strength: Strength,
    listening: _Listening,
) -> tuple[LeftOut, ...]:
    with open_video(source, limits) as video:
        raw = video.raw()
        frames = LatticeWatermark(strength).embed(_watched(raw.frames, video, "marking", progress), payload, own)
        sound = None if raw.sound is None else listening.noting(raw.sound)
        if sound is not None and sound.rate >= LOWEST_RATE:
            sound = LoudnessMark().embed(sound, payload, own)
        encode(replace(raw, frames=frames, sound=sound), destination)
        return video.left_out


def find_any(
    path: Path,
    keys: Sequence[WatermarkKey],
    progress: Progress | None = None,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    *,
    thorough: bool = False,
) -> Found:
    """Look for a standalone mark of any of an operator's keys, and for the mark that sealing with one writes.

    Args:
        thorough: whether in every picture of a video, and not only in as many as mostly tell.

    Raises:
        MediaError: ``path`` cannot be read.
    """
    asked = [mine for key in keys for mine in (standalone_key(key), key)]
    return _found(path, asked, progress, "looking", limits, thorough=thorough)


def find(
    path: Path,
    key: WatermarkKey,
    progress: Progress | None = None,
    step: str = "looking",
    limits: Limits = Limits(),  # noqa: B008 (frozen)
) -> Found:
    """Look for a mark of ``key`` in a file, and nothing else. ``detectors.verify`` weighs all evidence.

    Raises:
        MediaError: ``path`` cannot be read.
    """
    return _found(path, [key], progress, step, limits)


def _found(
    path: Path,
    keys: Sequence[WatermarkKey],
    progress: Progress | None,
    step: str,
    limits: Limits,
    *,
    thorough: bool = False,
) -> Found:
    if still_kind(path) is not None:
        still = read_still(path, limits)
        return _of_several([find_in_still(still, key) for key in keys], [])
    if _is_sound(path):
        return _listened(path, keys, limits)
    try:
        return _watched_and_listened(path, keys, progress, step, limits, thorough=thorough)
    except NoPicturesError:
        return _listened(path, keys, limits)
    except NotAVideoError as error:
        if error.remedy != ANY_VIDEO:  # it knows better
            raise
        raise NotAVideoError(error.problem, subject=error.subject, remedy=_ANY_MEDIUM) from error


def _listened(path: Path, keys: Sequence[WatermarkKey], limits: Limits) -> Found:
    with open_sound(path, limits) as reader:
        return _of_several([], _heard(reader.whole(ENOUGH_RATE), keys))


def _watched_and_listened(
    path: Path,
    keys: Sequence[WatermarkKey],
    progress: Progress | None,
    step: str,
    limits: Limits,
    *,
    thorough: bool,
) -> Found:
    with open_video(path, limits) as video:
        tell = partial(progress, step) if progress else None
        pictures = Counted(video, tell, expected_pictures(video.info))
        heard = _heard(video.sound(ENOUGH_RATE), keys)
        expected = Expected([found.payload for found in paid(heard, 2 * len(keys)) if found.payload])
        seen = LatticeWatermark().search(pictures, keys, thorough=thorough, expected=expected)
        heard = heard_by_name(heard, seen, lambda named: _heard(video.sound(ENOUGH_RATE), keys, named))
        return _of_several([detection.shown_until(float(video.end)) for detection in seen], heard)


def _of_several(seen: Sequence[Detection], heard: Sequence[Detection]) -> Found:
    """The likeliest of either medium; of equals the key that was named first."""
    tests = len(seen) + len(heard)
    picture, sound = (min(paid(found, tests), key=_rank) if found else None for found in (seen, heard))
    return Found(picture, sound)


def _heard(sound: Sound | None, keys: Sequence[WatermarkKey], named: Sequence[Payload] = ()) -> Sequence[Detection]:
    return () if sound is None else LoudnessMark().extract(sound, keys, named)


def _is_sound(path: Path) -> bool:
    kind = kind_of(path)
    return kind is not None and kind.family is Family.SOUND


def _watched(frames: Iterator[Frame], video: VideoReader, step: str, progress: Progress | None) -> Iterator[Frame]:
    tell = partial(progress, step) if progress else None
    return counted(frames, tell, expected_pictures(video.info))
