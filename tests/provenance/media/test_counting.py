"""Counting pictures: all pass, each is told of, and what a file declares never makes a bar run over its end."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from tests.clips import moving_clip
from touchmark.provenance.media.counting import counted, expected_pictures


@pytest.mark.parametrize(("of_all", "last"), [(4, (4, 4)), (3, (3, 3)), (9, (4, 9)), (0, (4, 0))])
def test_every_picture_passes_and_is_told_of(of_all: int, last: tuple[int, int]) -> None:
    calls: list[tuple[int, int]] = []
    frames = list(moving_clip(64, 48, count=4).frames)
    assert list(counted(frames, lambda *call: calls.append(call), of_all)) == frames
    assert list(counted(frames, None, of_all)) == frames
    assert len(calls) == 4
    assert calls[-1] == last
    assert all(done <= (of_all or done) for done, _ in calls)


def test_what_is_expected_is_what_is_declared() -> None:
    video = moving_clip(64, 48, count=7, rate=Fraction(30_000, 1001))
    assert expected_pictures(video) == 7
    assert expected_pictures(replace(video, duration=None)) == 0
