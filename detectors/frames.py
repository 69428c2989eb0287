"""A few pictures of a video for a report, spread over its length, small, as JPEG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.film import film_of
from touchmark.provenance.media.kinds import Family, kind_of
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.media.still import still_kind
from touchmark.provenance.media.view import view_still

_LONG_SIDE = 480
_QUALITY = 80
_FEW_SECONDS = 60
"""Longer videos are sampled from their key frames alone."""


@dataclass(frozen=True, slots=True)
class Still:
    """One picture: its time in seconds and its JPEG bytes."""

    time: float
    jpeg: bytes


def stills(path: Path, limits: Limits, count: int = 6) -> tuple[Still, ...]:
    """Up to ``count`` pictures, evenly spread; memory holds twice as many small ones, whatever the length.

    A picture gives itself, a sound and what is not decoded here nothing.

    Raises:
        MediaError: the file cannot be read.
    """
    kind = kind_of(path)
    if kind is not None and kind.family is not Family.VIDEO:
        seen = still_kind(path) is not None
        return (Still(0.0, _jpeg(_small(view_still(path, limits).still.upright))),) if seen else ()
    kept: list[tuple[float, NDArray[np.uint8]]] = []
    stride = 1
    with open_video(path, limits) as video:
        duration = video.info.duration
        frames = video.frames(key_frames_only=duration is None or duration > _FEW_SECONDS)
        for index, frame in enumerate(frames):
            if index % stride:
                continue
            if len(kept) == 2 * count:
                kept = kept[::2]
                stride *= 2
                if index % stride:
                    continue
            kept.append((float(frame.time), _small(frame.pixels)))
    chosen = sorted({round(position) for position in np.linspace(0, len(kept) - 1, min(count, len(kept)))})
    return tuple(Still(kept[index][0], _jpeg(kept[index][1])) for index in chosen)


def stills_of_film(beginning: Path, segments: Sequence[Path], limits: Limits, count: int = 6) -> tuple[Still, ...]:
    """The same of a film in segments, as they are played one after another.

    Raises:
        MediaError: a piece cannot be read, or is none.
    """
    with film_of(beginning, segments, limits) as film, film.told_of():
        return stills(film.path, limits, count)


def _small(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = _LONG_SIDE / max(pixels.shape[:2])
    if scale >= 1:
        return pixels.copy()
    size = (max(round(pixels.shape[1] * scale), 1), max(round(pixels.shape[0] * scale), 1))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _jpeg(pixels: NDArray[np.uint8]) -> bytes:
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return encoded.tobytes()
