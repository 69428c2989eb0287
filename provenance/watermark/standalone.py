"""The mark alone: put it into a video or a picture, or look for it in one. No manifest, no registry, no seal.

    mark_file(Path("holiday.mp4"), Path("marked.mp4"), Payload(42), key)
    find_any(Path("copy.mp4"), key).payload

For people who want only this, on video of their own. It takes files, never frames: what a generator draws goes through
``generation.release``, where nothing leaves without a seal. And it marks under a key derived for this purpose: the mark
of the operator's own key says that a video was sealed as generated, which a holiday video was not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.media.counting import counted, expected_pictures
from touchmark.provenance.media.decode import VideoReader, open_video
from touchmark.provenance.media.encode import encode
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.media.still import read_still, still_kind, write_still
from touchmark.provenance.media.video import Frame
from touchmark.provenance.watermark.keyring import subkey
from touchmark.provenance.watermark.protocol import Detection, MarkState, Payload, WatermarkKey
from touchmark.provenance.watermark.still import find_in_still, mark_still
from touchmark.provenance.watermark.video import LatticeWatermark

Progress = Callable[[str, int, int], None]
"""Called with (step, pictures done, of all); ``of all`` is 0 where it is not known."""


class AlreadyMarkedError(TouchmarkError):
    """The video carries a mark of this key: a second one would lie over it, and neither could be relied upon."""

    code = "watermark.already_marked"
    exit_status = 1


class MarkNotReadableError(TouchmarkError):
    """The mark cannot be read back from the file that was written."""

    code = "watermark.not_readable"


def standalone_key(key: WatermarkKey) -> WatermarkKey:
    """The key of marks that stand alone, derived one way from an operator's."""
    return WatermarkKey(subkey(key, "standalone"))


def mark_file(
    source: Path,
    destination: Path,
    payload: Payload,
    key: WatermarkKey,
    progress: Progress | None = None,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
) -> Detection:
    """Write a marked copy of ``source``, and read the mark back from it. Sound is carried over; the manifest is not.

    Args:
        source: a video, or a single picture.
        destination: an ``.mp4``, or for a picture a file of its own kind, in a folder that is private to the caller.
        payload: what the mark carries.
        key: an operator's secret; the mark is written under its :func:`standalone_key`.
        progress: told about each pass over the pictures.
        limits: the most that reading may cost.

    Returns:
        What was found in ``destination``.

    Raises:
        MediaError: ``source`` cannot be read.
        AlreadyMarkedError: it carries a mark of ``key``, standalone or sealed.
        MarkNotReadableError: its pictures do not hold a mark (a picture of one even colour, a few small frames).
        TouchmarkError: of the mark or the encoder. What then stands at ``destination`` is not to be used.
    """
    if find_any(source, key, progress, limits).state is not MarkState.NOTHING_FOUND:
        raise AlreadyMarkedError(
            "it carries a mark of this key already", subject=str(source), remedy="Mark the original instead."
        )
    own = standalone_key(key)
    if is_still := still_kind(source) is not None:
        write_still(mark_still(read_still(source, limits), payload, own), destination)
    else:
        _mark_video(source, destination, payload, own, progress, limits)
    found = find(destination, own, progress, "checking", limits)
    if found.payload != payload:
        raise MarkNotReadableError(
            "its mark cannot be read back, so it was not written",
            subject=str(source),
            remedy=f"Give a larger {'picture' if is_still else 'or a longer video'}.",
        )
    return found


def _mark_video(
    source: Path, destination: Path, payload: Payload, own: WatermarkKey, progress: Progress | None, limits: Limits
) -> None:
    with open_video(source, limits) as video:
        raw = video.raw()
        frames = _watched(raw.frames, video, "marking", progress)
        encode(replace(raw, frames=LatticeWatermark().embed(frames, payload, own)), destination)


def find_any(
    path: Path,
    key: WatermarkKey,
    progress: Progress | None = None,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
) -> Detection:
    """Look for a standalone mark of an operator's key, then for the mark that sealing with it writes.

    Raises:
        MediaError: ``path`` cannot be read.
    """
    alone = find(path, standalone_key(key), progress, "looking", limits)
    return find(path, key, progress, "looking", limits) if alone.state is MarkState.NOTHING_FOUND else alone


def find(
    path: Path,
    key: WatermarkKey,
    progress: Progress | None = None,
    step: str = "looking",
    limits: Limits = Limits(),  # noqa: B008 (frozen)
) -> Detection:
    """Look for a mark of ``key`` in a video or a picture, and nothing else. ``detectors.verify`` weighs all evidence.

    Raises:
        MediaError: ``path`` cannot be read.
    """
    if still_kind(path) is not None:
        return find_in_still(read_still(path, limits), key)
    with open_video(path, limits) as video:
        return LatticeWatermark().extract(_watched(video.frames(), video, step, progress), key)


def _watched(frames: Iterator[Frame], video: VideoReader, step: str, progress: Progress | None) -> Iterator[Frame]:
    tell = partial(progress, step) if progress else None
    return counted(frames, tell, expected_pictures(video.info))
