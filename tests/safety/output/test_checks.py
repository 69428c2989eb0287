"""Frames pass while every check is content; anything else holds the video in the middle of the stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

import numpy as np
import pytest

from touchmark.provenance.media.video import Frame
from touchmark.safety.decision import Action
from touchmark.safety.output.checks import Inspection, checked, examined
from touchmark.safety.output.findings import NOT_CHECKED, OutputFinding, OutputHeldError, OutputReviewError
from touchmark.safety.output.picture import default_checks


def _frame(index: int, level: int = 120, size: tuple[int, int] = (4, 6)) -> Frame:
    return Frame(np.full((*size, 3), level, dtype=np.uint8), Fraction(index, 10))


def test_good_frames_pass_unchanged_and_lazily() -> None:
    # Given a source that counts what was taken from it
    taken: list[int] = []

    def source() -> Iterator[Frame]:
        for index in range(5):
            taken.append(index)
            yield _frame(index, level=index * 30)

    # When
    stream = checked(source(), default_checks())
    first = next(stream)

    # Then one frame was read for one frame passed on
    assert taken == [0] and first.pixels.max() == 0
    assert [frame.time for frame in stream] == [Fraction(i, 10) for i in range(1, 5)]


@pytest.mark.parametrize(
    ("frames", "problem"),
    [
        ([], "not one frame"),
        ([_frame(0, 0), _frame(1, 3)], "black"),
        ([_frame(0), _frame(1, size=(6, 4))], "change size"),
        ([_frame(1), _frame(1)], "back in time"),
        ([Frame(np.zeros((0, 4, 3), np.uint8), Fraction(0))], "not a picture"),
        ([Frame(np.full((4, 4, 3), np.nan), Fraction(0))], "not a picture"),  # type: ignore[arg-type]
        ([Frame(np.ones((4, 4), np.uint8), Fraction(0))], "not a picture"),
    ],
    ids=["none", "black", "size", "time", "empty", "floats", "grey"],
)
def test_what_a_broken_model_puts_out_is_held(frames: list[Frame], problem: str) -> None:
    with pytest.raises(OutputHeldError, match=problem) as caught:
        list(checked(iter(frames), default_checks()))
    assert caught.value.exit_status == 1
    assert caught.value.finding.reason_code == NOT_CHECKED
    assert caught.value.subject in {"well-formed", "not-black"}


class _Counting:
    name = "counting"
    interval = Fraction(1, 2)

    def __init__(self) -> None:
        self.seen: list[Fraction] = []

    def inspect(self) -> Inspection:
        return self

    def look(self, frame: Frame) -> Iterable[OutputFinding]:
        self.seen.append(frame.time)
        return []

    def finish(self) -> Iterable[OutputFinding]:
        self.seen.append(Fraction(-1))
        return []


def test_a_check_sees_the_first_frame_and_then_one_an_interval() -> None:
    check = _Counting()
    list(checked((_frame(i) for i in range(3, 14)), [check]))
    assert check.seen == [Fraction(3, 10), Fraction(8, 10), Fraction(13, 10), Fraction(-1)]


class _Crashing(_Counting):
    def __init__(self, where: str) -> None:
        super().__init__()
        self.where = where

    def _crash(self, here: str) -> None:
        if self.where == here:
            raise ZeroDivisionError("detector lost its weights")

    def inspect(self) -> Inspection:
        self._crash("inspect")
        return self

    def look(self, frame: Frame) -> Iterable[OutputFinding]:
        self._crash("look")
        return super().look(frame)

    def finish(self) -> Iterable[OutputFinding]:
        self._crash("finish")
        return super().finish()


@pytest.mark.parametrize("where", ["inspect", "look", "finish"])
def test_a_check_that_crashes_holds_the_video_for_a_person(where: str) -> None:
    with pytest.raises(OutputReviewError, match="ZeroDivisionError") as caught:
        list(checked(iter([_frame(0), _frame(1)]), [_Crashing(where)]))
    assert caught.value.exit_status == 2


class _Quitting(_Crashing):
    def _crash(self, here: str) -> None:
        if self.where == here:
            raise SystemExit(0)  # which a shell reads as allowed


@pytest.mark.parametrize("where", ["inspect", "look", "finish"])
def test_a_check_that_would_end_the_process_holds_the_video(where: str) -> None:
    with pytest.raises(OutputReviewError, match="SystemExit"):
        list(checked(iter([_frame(0)]), [_Quitting(where)]))
    assert [finding.action for finding in examined([_frame(0)], [_Quitting(where)])] == [Action.REVIEW]


@pytest.mark.parametrize("where", ["inspect", "look", "finish"])
def test_a_check_that_crashes_is_told_once_and_the_others_go_on(where: str) -> None:
    crashing, counting = _Crashing(where), _Counting()
    findings = examined(iter(_frame(i) for i in range(0, 20, 5)), [crashing, counting])
    assert [(finding.action, finding.reason_code) for finding in findings] == [(Action.REVIEW, NOT_CHECKED)]
    assert len(counting.seen) == 5
    assert Fraction(1, 2) not in crashing.seen or where == "finish"


class _Talking(_Counting):
    """Says the same of every frame from the second on."""

    def __init__(self, says: object) -> None:
        super().__init__()
        self.says = says

    def look(self, frame: Frame) -> Iterable[OutputFinding]:
        super().look(frame)
        return self.says if len(self.seen) > 1 else []  # type: ignore[return-value]


def _finding(action: Action, time: int = 0, score: float = 0.7) -> OutputFinding:
    why = f"Seen at {score}."
    return OutputFinding("counting", action, None, "V101", score, why, Fraction(time), Fraction(time), 1)


def test_the_first_frame_that_is_held_back_is_not_passed_on() -> None:
    stream = checked((_frame(i) for i in range(0, 50, 5)), [_Talking([_finding(Action.REVIEW)])])
    assert next(stream).time == 0
    with pytest.raises(OutputReviewError):
        next(stream)


def test_what_calls_for_nothing_hides_nothing_that_is_said_after_it() -> None:
    said = [_finding(action) for action in (Action.ALLOW, Action.REVIEW, Action.REFUSE)]
    for count, error in ((2, OutputReviewError), (3, OutputHeldError)):
        with pytest.raises(OutputHeldError) as caught:
            list(checked((_frame(i) for i in range(0, 50, 5)), [_Talking(said[:count])]))
        assert type(caught.value) is error


def test_what_calls_for_nothing_lets_frames_pass() -> None:
    frames = [_frame(i) for i in range(0, 50, 5)]
    assert list(checked(iter(frames), [_Talking([_finding(Action.ALLOW)])])) == frames


@pytest.mark.parametrize("says", [None, 3, "allow", [None], [{"action": "allow"}], [Action.ALLOW]])
def test_a_check_that_talks_nonsense_holds_the_video(says: object) -> None:
    with pytest.raises(OutputReviewError, match="failed"):
        list(checked((_frame(i) for i in range(0, 50, 5)), [_Talking(says)]))


def test_what_is_found_again_and_again_is_told_once_with_its_times() -> None:
    class Timed(_Counting):
        def look(self, frame: Frame) -> Iterable[OutputFinding]:
            return [_finding(Action.REFUSE, int(frame.time))] if frame.time >= 2 else []

    (found,) = examined((_frame(i) for i in range(0, 60, 5)), [Timed()])
    assert (found.start, found.end, found.frames) == (2, 5, 8)


def test_the_strictest_is_told_first_and_the_surest_explains_it() -> None:
    class Rising(_Counting):
        def look(self, frame: Frame) -> Iterable[OutputFinding]:
            second = int(frame.time)
            mild = _finding(Action.REVIEW, second, 0.9 - second / 10)
            return [mild, _finding(Action.REFUSE, second, 0.1 * second)] if second else [mild]

    strict, mild = examined((_frame(i) for i in range(0, 30, 10)), [Rising()])
    assert (strict.action, strict.score, strict.start, strict.explanation) == (Action.REFUSE, 0.2, 1, "Seen at 0.2.")
    assert (mild.action, mild.score, mild.start, mild.explanation) == (Action.REVIEW, 0.9, 0, "Seen at 0.9.")


def test_a_source_that_fails_is_not_the_checks_failure() -> None:
    def source() -> Iterator[Frame]:
        yield _frame(0)
        raise MemoryError

    with pytest.raises(MemoryError):
        list(checked(source(), default_checks()))
