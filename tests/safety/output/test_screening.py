"""A video is allowed when all of it was looked at, and not when a player may show something else."""

from __future__ import annotations

from pathlib import Path

import av

from touchmark.safety.decision import Action
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


def test_a_track_alone_is_none_too_many(clips: dict[str, Path], tmp_path: Path) -> None:
    assert screen_video(_with_tracks(tmp_path / "one.mp4", clips["unrelated"]), POLICY).action is Action.ALLOW
