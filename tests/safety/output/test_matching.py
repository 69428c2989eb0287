"""A banked clip is found again in copies, and nothing else is found."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.clips import scene
from touchmark.provenance.media.decode import open_video
from touchmark.safety.decision import Action, AgeProfile, Category
from touchmark.safety.output.bank import RECORD, Bank
from touchmark.safety.output.borders import without_borders
from touchmark.safety.output.checks import checked, examined
from touchmark.safety.output.files import search_file
from touchmark.safety.output.findings import OutputHeldError, OutputReviewError, Ruling
from touchmark.safety.output.matching import DISTANCE, BankCheck, BankIndex, Search
from touchmark.safety.output.vpdq import hash_frames, written
from touchmark.safety.policy import Policy

POLICY = Policy.load("default")


def _searched(bank: Bank, path: Path) -> Search:
    search = Search(BankIndex([bank]))
    search_file(search, path)
    return search


@pytest.mark.parametrize(
    "copy", ["banked", "scaled", "mirrored", "framed", "brighter", "excerpt", "inserted", "ten-bit"]
)
def test_copies_are_found(bank: Bank, clips: dict[str, Path], copy: str) -> None:
    (match,) = _searched(bank, clips[copy]).matches()
    assert match.video == bank.videos[0]
    if copy == "excerpt":
        assert match.share > 0.9 > match.banked_share
    elif copy == "inserted":
        assert match.banked_share > 0.9 > match.share
        assert (match.start, match.end) == (3, Fraction(23, 4))  # where it was put, to the sampled frame
    else:
        assert match.share > 0.9 and match.banked_share > 0.9


@pytest.mark.parametrize("other", ["unrelated", "flat"])
def test_other_clips_are_not_found(bank: Bank, clips: dict[str, Path], other: str) -> None:
    assert _searched(bank, clips[other]).matches() == ()


def test_plain_borders_are_cut_off_and_pictures_are_not() -> None:
    (picture,) = scene(320, 240, 1, seed=1)
    assert without_borders(picture) is None
    framed = cv2.copyMakeBorder(picture, 30, 50, 80, 0, cv2.BORDER_CONSTANT, value=(9, 9, 9)).astype(np.uint8)
    inner = without_borders(framed)
    assert inner is not None and inner.shape == picture.shape and (inner == picture).all()


def test_a_light_in_the_dark_and_a_plain_picture_are_left_as_they_are() -> None:
    dark = np.full((240, 320, 3), 4, np.uint8)
    assert without_borders(dark) is None
    dark[100:140, 150:190] = 250
    assert without_borders(dark) is None
    assert without_borders(np.zeros((1, 1, 3), np.uint8)) is None


def test_a_file_of_lines_is_searched_like_its_video(bank: Bank, clips: dict[str, Path], tmp_path: Path) -> None:
    with open_video(clips["scaled"]) as video:
        lines = tuple(hash_frames(video.frames()))
    path = tmp_path / "scaled.vpdq"
    path.write_text(written(lines))
    (match,) = _searched(bank, path).matches()
    assert match.banked_share > 0.9


def test_frames_of_low_quality_are_not_compared(bank: Bank) -> None:
    search = Search(BankIndex([bank]))
    for line in bank.lines(0):
        search.add((line.bits,), 49, Fraction(line.time))
    assert search.compared == 0 and search.matches() == ()
    for line in bank.lines(0):
        search.add((line.bits,), 50, Fraction(line.time))
    assert search.matches()


def _drawn(bank: Bank, name: str, count: int = 20) -> Bank:
    """Another bank of one video, whose frames are like no others."""
    frames = np.zeros(count, RECORD)
    frames["quality"] = 100
    frames["bits"] = np.random.default_rng(count).integers(0, 256, frames["bits"].shape, np.uint8)
    return replace(bank, name=name, frames=frames)


def test_banked_frames_of_low_quality_are_not_looked_for(bank: Bank) -> None:
    drawn = _drawn(bank, "drawn")
    drawn.frames["quality"][::2] = 49
    search = Search(BankIndex([drawn]))
    for line in drawn.lines(0):
        search.add((line.bits,), line.quality, Fraction(0))
    (match,) = search.matches()
    assert (match.share, match.banked_share) == (1, 1)


def test_a_picture_that_is_shown_again_and_again_counts_once(bank: Bank) -> None:
    (first, *_), others = bank.lines(0), _drawn(bank, "others")
    search = Search(BankIndex([bank]))
    for line in (*[first] * 100, *others.lines(0)):
        search.add((line.bits,), 100, Fraction(0))
    assert search.compared == 21 and search.matches() == ()


def test_of_several_banks_the_one_is_named_that_holds_the_video(bank: Bank) -> None:
    banks = [_drawn(bank, "first"), bank, _drawn(bank, "last", 30)]
    for held in banks:
        search = Search(BankIndex(banks))
        for line in held.lines(0):
            search.add((line.bits,), 100, Fraction(0))
        assert [match.bank for match in search.matches()] == [held]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_index_finds_what_a_count_of_every_bit_finds(data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    wanted = rng.integers(0, 256, 32, np.uint8)
    frames = np.zeros(40, RECORD)
    frames["quality"] = 100
    flips = data.draw(st.lists(st.integers(0, 70), min_size=40, max_size=40))
    for frame, count in zip(frames, flips, strict=True):
        bits = np.unpackbits(wanted)
        bits[rng.choice(256, count, replace=False)] ^= 1
        frame["bits"] = np.packbits(bits)
        frame["video"] = rng.integers(0, 3)
    videos = tuple(None for _ in range(3))  # only counted here
    index = BankIndex([Bank("x", Category.SEXUAL, "", "", videos, frames)])  # type: ignore[arg-type]
    near = {(int(f["video"]), f["bits"].tobytes()) for f, n in zip(frames, flips, strict=True) if n <= DISTANCE}
    assert len(index.near(wanted.tobytes())) == len(near)
    assert index.counts.sum() == len({(int(f["video"]), f["bits"].tobytes()) for f in frames})


def test_a_match_holds_a_release_with_the_code_of_the_banks_category(bank: Bank, clips: dict[str, Path]) -> None:
    check = BankCheck(BankIndex([bank]), Ruling(POLICY))
    with open_video(clips["mirrored"]) as video, pytest.raises(OutputHeldError, match="court order") as caught:
        list(checked(video.frames(), [check]))
    finding = caught.value.finding
    assert (finding.category, finding.reason_code, finding.action) == (Category.NCII, "V103", Action.REFUSE)
    assert finding.start == 0 and finding.end == Fraction(11, 4)
    assert finding.reviewers == ("senior-moderators",)


def test_a_match_is_held_also_where_the_policy_lets_the_category_pass(bank: Bank, clips: dict[str, Path]) -> None:
    lenient = POLICY.model_dump()
    for rule in lenient["categories"]:
        if rule["id"] == "ncii":
            rule["actions"] = {"low": "allow", "medium": "allow", "high": "allow"}
    ruling = Ruling(Policy.model_validate(lenient), AgeProfile.ADULT)
    with open_video(clips["banked"]) as video, pytest.raises(OutputReviewError):
        list(checked(video.frames(), [BankCheck(BankIndex([bank]), ruling)]))


def test_one_check_serves_many_videos(bank: Bank, clips: dict[str, Path]) -> None:
    check = BankCheck(BankIndex([bank]), Ruling(POLICY))
    found = []
    for name in ("unrelated", "banked", "unrelated"):
        with open_video(clips[name]) as video:
            found.append(len(examined(video.frames(), [check])))
    assert found == [0, 1, 0]
