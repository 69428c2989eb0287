"""A video is allowed when all of it was looked at, and not when a player may show something else."""

from __future__ import annotations

from pathlib import Path

import av

from touchmark.safety.decision import Action, AgeProfile
from touchmark.safety.output.bank import Bank
from touchmark.safety.output.findings import NOT_CHECKED
from touchmark.safety.output.screening import screen_video
from touchmark.safety.policy import Policy

POLICY = Policy.load("default")


def _with_tracks(path: Path, *sources: Path) -> Path:
    """The picture tracks of several files in one, none of them encoded again."""
    with av.open(path, "w") as joined:
        packets = []
        for source in sources:
            container = av.open(source)
            track = joined.add_stream_from_template(container.streams.video[0])
            for packet in container.demux(container.streams.video[0]):
                if packet.dts is not None:
                    packet.stream = track
                    packets.append(packet)
        for packet in packets:
            joined.mux(packet)
    return path


def test_a_second_picture_track_waits_for_a_person(bank: Bank, clips: dict[str, Path], tmp_path: Path) -> None:
    assert screen_video(clips["unrelated"], POLICY, [bank]).action is Action.ALLOW
    hidden = _with_tracks(tmp_path / "two.mp4", clips["unrelated"], clips["banked"])
    screening = screen_video(hidden, POLICY, [bank])
    (finding,) = screening.findings
    assert (screening.action, finding.reason_code) == (Action.REVIEW, NOT_CHECKED)
    assert "2 picture tracks" in finding.explanation


def test_what_is_in_a_bank_is_refused_whatever_else_waits_for_a_person(
    bank: Bank, clips: dict[str, Path], tmp_path: Path
) -> None:
    screening = screen_video(_with_tracks(tmp_path / "two.mp4", clips["mirrored"], clips["unrelated"]), POLICY, [bank])
    assert (screening.action, screening.banks) == (Action.REFUSE, ("takedowns",))
    assert [finding.action for finding in screening.findings] == [Action.REFUSE, Action.REVIEW]
    assert screen_video(clips["mirrored"], POLICY, []).action is Action.ALLOW


def test_it_is_screened_for_who_will_see_it(bank: Bank, clips: dict[str, Path]) -> None:
    rules = POLICY.model_dump()
    for rule in rules["categories"]:
        if rule["id"] == "ncii":
            rule["actions"], rule["teen"] = {"high": "review"}, {"high": "refuse"}
    policy = Policy.model_validate(rules)
    for age, action in ((AgeProfile.ADULT, Action.REVIEW), (AgeProfile.TEEN, Action.REFUSE)):
        assert screen_video(clips["banked"], policy, [bank], age=age).action is action


def test_what_cannot_be_decoded_waits_for_a_person(clips: dict[str, Path], tmp_path: Path) -> None:
    content = bytearray(clips["unrelated"].read_bytes())
    start = content.index(b"mdat") + len(content) // 2
    content[start : start + 2000] = bytes(2000)
    path = tmp_path / "damaged.mp4"
    path.write_bytes(content)
    screening = screen_video(path, POLICY)
    assert (screening.action, screening.findings[0].reason_code) == (Action.REVIEW, NOT_CHECKED)
    assert screening.damage > 0 and "could not be decoded" in screening.findings[0].explanation


def test_a_track_alone_is_none_too_many(clips: dict[str, Path], tmp_path: Path) -> None:
    assert screen_video(_with_tracks(tmp_path / "one.mp4", clips["unrelated"]), POLICY).action is Action.ALLOW
