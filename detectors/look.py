"""What can be seen and heard of a file of any kind: its form, and the marks in its picture and sound.

    look = look_at(path, kind_of(path), sources, limits)
    look.family, look.info, look.detections, look.heard

A video is looked at and listened to, a sound listened to, a picture looked at. Of kinds that carry manifests and that
are not decoded here (HEIC, GIF, documents) the form alone is told, and that nothing was seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from touchmark.detectors.extent import Extent, Watched
from touchmark.detectors.sources import Sources
from touchmark.provenance.media.counting import Counted, expected_pictures
from touchmark.provenance.media.decode import VideoInfo, VideoReader, open_video
from touchmark.provenance.media.errors import MediaError, NoPicturesError, NotASoundError, NotAVideoError, PlaylistError
from touchmark.provenance.media.kinds import AVIF, JPEG, MATROSKA, PNG, TIFF, WEBP, Family, Kind
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.media.sound import open_sound
from touchmark.provenance.media.video import Sound
from touchmark.provenance.media.view import view_still
from touchmark.provenance.watermark.account import paid
from touchmark.provenance.watermark.audio import ENOUGH_RATE, heard_by_name
from touchmark.provenance.watermark.codebook import Expected
from touchmark.provenance.watermark.neural.claim import MarkClaim
from touchmark.provenance.watermark.protocol import Detection, Payload
from touchmark.provenance.watermark.still import find_in_still

Progress = Callable[[int, int], None]
"""Called with (done, of all) while a file is examined; ``of all`` is 0 where it is not known."""

_ANY_MEDIUM: Final = (
    "Give a video (mp4, mov, webm, mkv, avi), a sound (wav, mp3, m4a, flac, ogg, opus), a picture (jpeg, png, webp, "
    "tiff, avif, heic, gif, svg) or a PDF."
)
_NOT_ASKED: Final = "it was not asked for"
_NOT_DECODED: Final = "much of it cannot be decoded here"
_FEW: Final = 4
"""Packets that a film which was cut somewhere may have at its beginning and end."""
_A_SECOND: Final = 2
"""Packets of sound of a second, of some forty."""
_DECODED: Final = (PNG, JPEG, WEBP, TIFF, AVIF)


class MarkSearch(StrEnum):
    """How far a file is searched for marks in picture and sound."""

    NONE = "none"
    """Not at all: the manifest alone is read, hundreds of files a second. A camera's claim is then not accepted where
    there is a key to look for a mark with."""
    GLANCE = "glance"
    """In as many pictures of a video as mostly tell, and in all sound."""
    THOROUGH = "thorough"
    """In every picture of a video, also in every few seconds by themselves; takes as long as decoding it, and more."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen and heard.

    Attributes:
        family: what the file is to a person.
        info: its form, with zeros for what its kind does not have.
        detections, heard: marks in the picture, marks in the sound: one for each key.
        damage, sound_damage: packets that could not be decoded.
        claims: what marks of other makers say.
        unseen: why nothing, or not everything, was looked at; empty where all was.
        extent: how many moving pictures the search for a mark looked at; None where there was no such search.
    """

    family: Family
    info: VideoInfo
    detections: tuple[Detection, ...] = ()
    heard: tuple[Detection, ...] = ()
    damage: int = 0
    sound_damage: int = 0
    claims: tuple[MarkClaim, ...] = ()
    unseen: str = ""
    extent: Extent | None = None


def look_at(
    path: Path,
    kind: Kind | None,
    sources: Sources,
    limits: Limits,
    progress: Progress | None = None,
    search: MarkSearch = MarkSearch.GLANCE,
    named: Sequence[Payload] = (),
) -> Look:
    """Look for every mark that ``sources`` has a key for, as far as ``search`` says.

    Of a video the sound is listened to first: what it names is looked for in the picture too, where its mark may be too
    faint to be read by itself; and what is read in the picture alone is looked for in the sound likewise.

    Args:
        kind: of the file.
        named: payloads that the file's manifest names, to be looked for in either. So are those of the registry in the
            picture, where a mark seems to be.

    Raises:
        MediaError: it cannot be read, is of no kind that is known here, or costs more than ``limits`` allow.
        NeuralMarkError: a mark of another maker is installed and cannot be asked.
    """
    if search is MarkSearch.NONE:
        return not_looked(kind, _NOT_ASKED)
    expected = Expected(named, cache(sources.codebooks.of))  # the registry is asked once a file
    if kind is not None and kind.family is Family.SOUND:
        try:
            return _listen(path, kind, sources, limits, named)
        except NotASoundError:  # a film is one whatever it calls itself, and no signature covers that
            return _watch(path, sources, limits, progress, search, expected)
    if kind in _DECODED and kind is not None:
        return _view(path, kind, sources, limits, expected)
    if kind is not None and kind.family is not Family.VIDEO:
        return not_looked(kind, f"{kind.name} is not decoded here")
    try:
        return _watch(path, sources, limits, progress, search, expected)
    except NoPicturesError as error:
        try:
            return _listen(path, kind or MATROSKA, sources, limits, named)
        except NotASoundError:
            raise error from None
    except NotAVideoError as error:  # of no known kind, or one that is not decoded: it says what the file is
        if kind is not None or isinstance(error, PlaylistError):
            raise
        raise NotAVideoError(error.problem, subject=error.subject, remedy=_ANY_MEDIUM) from error


def tags_of(path: Path, kind: Kind | None, limits: Limits) -> Mapping[str, str]:
    """What the container of a film or a sound says of itself; nothing where it cannot be read, or there is none."""
    if kind is not None and kind.family in (Family.VIDEO, Family.SOUND):
        with suppress(MediaError), open_video(path, limits) as video:
            return video.info.labels
        with suppress(MediaError), open_sound(path, limits) as sound:
            return sound.info.labels
    return {}


def not_looked(kind: Kind | None, reason: str) -> Look:
    """The form alone."""
    family = kind.family if kind is not None else Family.DOCUMENT
    return Look(family, _form(kind.suffix[1:] if kind is not None else ""), unseen=reason)


def _watch(
    path: Path,
    sources: Sources,
    limits: Limits,
    progress: Progress | None,
    search: MarkSearch,
    expected: Expected,
) -> Look:
    with open_video(path, limits) as video:
        tests, watched = len(sources.keys) * _passes(video), Watched(video)
        heard = _detect_in_sound(video, sources, expected.named, progress)
        sound_damage = video.damage
        named = dict.fromkeys([*(found.payload for found in paid(heard, tests) if found.payload), *expected.named])
        seen = _detect(video, watched, sources, progress, search, replace(expected, named=tuple(named)))
        damage = video.damage - sound_damage
        heard = heard_by_name(heard, seen, lambda named: _detect_in_sound(video, sources, named), expected.named)
        return Look(
            family=Family.VIDEO,
            info=video.info,
            detections=tuple(detection.shown_until(float(video.end)) for detection in paid(seen, tests)),
            heard=paid(heard, tests),
            damage=damage,
            sound_damage=sound_damage,
            claims=tuple(mark.ask(video, sources.keys) for mark in sources.other_marks),
            unseen=video.unshown or video.unheld or _undecoded(damage, watched.extent),
            extent=watched.extent,
        )


def _undecoded(damage: int, extent: Extent | None) -> str:
    """Why not all of a film's pictures were looked at, where many of them could not be decoded: other players may."""
    return _NOT_DECODED if extent and damage > _FEW + extent.pictures // 20 else ""


def _listen(path: Path, kind: Kind, sources: Sources, limits: Limits, named: Sequence[Payload]) -> Look:
    with open_sound(path, limits) as reader:
        if reader.picture_tracks:
            raise NotASoundError("has moving pictures", subject=str(path), remedy="Take it for a video.")
        heard: tuple[Detection, ...] = ()
        if sources.keys:
            found = sources.sound_mark.extract(reader.whole(ENOUGH_RATE), sources.keys, named)
            heard = paid(found, len(sources.keys))
        else:
            next(iter(reader.whole().blocks), None)  # whether it can be decoded at all
        info = replace(
            _form(kind.suffix[1:]),
            codec=reader.info.codec,
            duration=reader.info.duration,
            has_sound=True,
            labels=reader.info.labels,
        )
        damage = reader.damage
        lost = _NOT_DECODED if damage > _FEW + _A_SECOND * (reader.info.duration or 0) else ""
        return Look(Family.SOUND, info, heard=heard, sound_damage=damage, unseen=reader.unplayed or lost)


def _view(path: Path, kind: Kind, sources: Sources, limits: Limits, expected: Expected) -> Look:
    view = view_still(path, limits)
    shown = (view.still, *view.lit)
    each = ((find_in_still(one, key, expected) for one in shown) for key in sources.keys)
    surest = (min(of_key, key=lambda one: one.p_value) for of_key in each)
    found = paid(surest, len(sources.keys) * len(shown))
    form = _form(kind.suffix[1:])
    info = replace(form, codec=view.still.kind.value.lower(), width=view.width, height=view.height)
    return Look(Family.PICTURE, info, detections=found, unseen=view.unshown)


def _form(container: str) -> VideoInfo:
    return VideoInfo(
        width=0,
        height=0,
        frame_rate=Fraction(0),
        duration=None,
        rotation=0,
        codec="",
        container=container,
        has_sound=False,
        labels={},
    )


def _detect_in_sound(
    video: VideoReader, sources: Sources, named: Sequence[Payload], progress: Progress | None = None
) -> tuple[Detection, ...]:
    """One pass over each track of sound for all keys: of each key the surest mark, as players let one choose."""
    tracks = range(video.sound_tracks if sources.keys else 0)
    found = [_detect_in_track(video, track, sources, named, progress) for track in tracks]
    return tuple(min(of_key, key=lambda one: one.p_value) for of_key in zip(*found, strict=True))


def _detect_in_track(
    video: VideoReader, track: int, sources: Sources, named: Sequence[Payload], progress: Progress | None
) -> tuple[Detection, ...]:
    """One pass over a track of sound, told of as if it were one over the pictures."""
    sound = video.sound(ENOUGH_RATE, track)
    assert sound is not None
    a_pass, passes = expected_pictures(video.info), _passes(video)

    def blocks() -> Iterator[NDArray[np.float32]]:
        samples = 0
        for block in sound.blocks:
            samples += block.shape[1]
            if progress:
                done = min(round(samples / sound.rate * video.info.frame_rate), a_pass)
                progress(track * a_pass + done, passes * a_pass)
            yield block

    return sources.sound_mark.extract(Sound(sound.rate, sound.channels, blocks()), sources.keys, named)


def _detect(
    video: VideoReader,
    watched: Watched,
    sources: Sources,
    progress: Progress | None,
    search: MarkSearch,
    expected: Expected,
) -> tuple[Detection, ...]:
    """In as few pictures as the mark takes, for all keys together; none are decoded where there is no key."""
    if not sources.keys:
        return ()
    a_pass, passes = expected_pictures(video.info), _passes(video)

    def tell(done: int, _: int) -> None:
        if progress:
            progress((passes - 1) * a_pass + done, a_pass * passes)

    pictures, thorough = Counted(watched, tell, a_pass), search is MarkSearch.THOROUGH
    found = sources.watermark.search(pictures, sources.keys, thorough=thorough, expected=expected)
    tell(a_pass, a_pass)  # mostly not all of it had to be gone through
    return found


def _passes(video: VideoReader) -> int:
    """How many times the file is gone through: once for each track of sound, and once for the pictures."""
    return 1 + video.sound_tracks
