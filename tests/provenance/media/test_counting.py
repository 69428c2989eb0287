"""Counting pictures: all pass, each is told of, and what a file declares never makes a bar run over its end."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from tests.clips import moving_clip, write_clip
from touchmark.provenance.media.counting import Counted, counted, expected_pictures
from touchmark.provenance.media.decode import open_video


@pytest.mark.parametrize(("of_all", "last"), [(4, (4, 4)), (3, (3, 3)), (9, (4, 9)), (0, (4, 0))])
def test_every_picture_passes_and_is_told_of(of_all: int, last: tuple[int, int]) -> None:
    calls: list[tuple[int, int]] = []
    frames = list(moving_clip(64, 48, count=4).frames)
    assert list(counted(frames, lambda *call: calls.append(call), of_all)) == frames
    assert list(counted(frames, None, of_all)) == frames
    assert len(calls) == 4
    assert calls[-1] == last
    assert all(done <= (of_all or done) for done, _ in calls)


def test_a_pass_through_key_frames_is_told_of_once(tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    path = write_clip(tmp_path / "clip.mp4", moving_clip(64, 48, count=9), options={"g": "4"})
    with open_video(path) as video:
        watched = Counted(video, lambda *call: calls.append(call), 9)
        assert [float(frame.time * 12) for frame in watched.frames(key_frames_only=True)] == [0, 4, 8]
        assert calls == [(0, 9)]
        assert sum(1 for _ in watched.frames()) == 9
        assert calls[1:] == [(n, 9) for n in range(1, 10)]


def test_what_is_expected_is_what_is_declared() -> None:
    video = moving_clip(64, 48, count=7, rate=Fraction(30_000, 1001))
    assert expected_pictures(video) == 7
    assert expected_pictures(replace(video, duration=None)) == 0
