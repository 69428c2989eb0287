"""What editors and platforms do to the run of pictures: other pictures, other times. Each reads a video lazily.

Times are even and begin at 0; memory holds a few pictures (of a reversed video, one block of them).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from typing import Final

import numpy as np

from touchmark.provenance.media.decode import VideoReader
from touchmark.provenance.media.video import Frame
from touchmark.provenance.watermark.bench import pictures
from touchmark.provenance.watermark.bench.pictures import Change
from touchmark.provenance.watermark.bench.transcode import Edit

_BLOCK: Final = 1 << 28
"""Bytes of pictures that a reversed video may hold at once."""


def each(*changes: Change) -> Edit:
    """Every picture changed, by one after the other; times stay."""

    def edit(video: VideoReader) -> Iterator[Frame]:
        for frame in video.frames():
            pixels = frame.pixels
            for change in changes:
                pixels = change(pixels)
            yield Frame(pixels, frame.time)

    return edit


def noisy(deviation: float) -> Edit:
    """Every picture with noise of its own, ``deviation`` of the range deep."""

    def edit(video: VideoReader) -> Iterator[Frame]:
        for index, frame in enumerate(video.frames()):
            yield Frame(pictures.noisy(frame.pixels, deviation, index), frame.time)

    return edit


def dropped(share: Fraction) -> Edit:
    """An even share of the pictures is missing; the others stay where they were in time."""

    def edit(video: VideoReader) -> Iterator[Frame]:
        for index, frame in enumerate(video.frames()):
            if index == 0 or int((index + 1) * share) == int(index * share):
                yield frame

    return edit


def paced(speed: Fraction = Fraction(1), rate: Fraction = Fraction(1)) -> Edit:
    """Played ``speed`` times as fast, shown ``rate`` times as often; pictures are left out or repeated for it."""

    def edit(video: VideoReader) -> Iterator[Frame]:
        step = 1 / (video.info.frame_rate * rate)
        frames = video.frames()
        current = next(frames, None)
        if current is None:
            return
        count = 0
        for following in frames:
            while count * step * speed < following.time:
                yield replace(current, time=count * step)
                count += 1
            current = following
        while count * step * speed < current.time + 1 / video.info.frame_rate:
            yield replace(current, time=count * step)
            count += 1

    return edit


def averaged(video: VideoReader) -> Iterator[Frame]:
    """Every picture the mean of itself and its two neighbours in time."""
    window: deque[Frame] = deque(maxlen=3)
    for frame in video.frames():
        window.append(frame)
        if len(window) == 1:
            window.append(frame)  # the first one is its own neighbour
        else:
            yield _mean(window)
    if window:
        window.append(window[-1])
        yield _mean(window)


def _mean(window: deque[Frame]) -> Frame:
    total = np.full(window[0].pixels.shape, len(window) // 2, np.uint16)
    for frame in window:
        total += frame.pixels
    return Frame((total // len(window)).astype(np.uint8), window[len(window) // 2].time)


def reversed_in_time(video: VideoReader) -> Iterator[Frame]:
    """Backwards. A block of pictures is held; for each block the video is read again from its start."""
    times = [frame.time for frame in video.frames()]
    block = max(_BLOCK // (video.info.width * video.info.height * 3), 1)
    for end in range(len(times), 0, -block):
        held = list(islice(video.frames(), max(end - block, 0), end))
        for frame in reversed(held):
            yield replace(frame, time=times[-1] - frame.time)


def reordered(video: VideoReader) -> Iterator[Frame]:
    """In every four pictures, another order; times stay."""
    frames = video.frames()
    while block := list(islice(frames, 4)):
        order = [index for index in (2, 0, 3, 1) if index < len(block)]
        for index, frame in zip(order, block, strict=True):
            yield replace(block[index], time=frame.time)


def excerpt(start: Fraction, end: Fraction) -> Edit:
    """From one share of the playing time to another; at least one picture."""

    def edit(video: VideoReader) -> Iterator[Frame]:
        length = _length(video)
        return _between(video, start * length, end * length)

    return edit


def one_second(video: VideoReader) -> Iterator[Frame]:
    """A second from the middle."""
    begin = max((_length(video) - 1) / 2, Fraction(0))
    return _between(video, begin, begin + 1)


def spliced(video: VideoReader) -> Iterator[Frame]:
    """The first half is replaced by somebody else's pictures."""
    middle = _length(video) / 2
    for index, frame in enumerate(video.frames()):
        if frame.time < middle:
            yield Frame(pictures.foreign(video.info.height, video.info.width, index), frame.time)
        else:
            yield frame


def _length(video: VideoReader) -> Fraction:
    """Seconds, counted picture by picture: what a container declares may be missing or wrong."""
    last = max((frame.time for frame in video.frames()), default=Fraction(0))
    return last + 1 / video.info.frame_rate


def _between(video: VideoReader, start: Fraction, end: Fraction) -> Iterator[Frame]:
    first: Fraction | None = None
    for frame in video.frames():
        if frame.time >= end and first is not None:
            return
        if frame.time >= start:
            first = frame.time if first is None else first
            yield replace(frame, time=frame.time - first)
