"""``touchmark bank`` and ``touchmark screen-video``: a copy of a banked clip is held, and every fault is one line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.clips import FAST, moving_clip, write_clip
from touchmark.cli.main import run
from touchmark.provenance.media.video import Frame


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("clips")
    clip = moving_clip(256, 192, count=24, seed=1)
    frames = [Frame(np.ascontiguousarray(frame.pixels[:, ::-1]), frame.time) for frame in clip.frames]
    return {
        "banked": write_clip(folder / "banked.mp4", moving_clip(256, 192, count=24, seed=1)),
        "copy": write_clip(folder / "copy.webm", replace(clip, frames=iter(frames)), "libvpx-vp9", FAST["libvpx-vp9"]),
        "other": write_clip(folder / "other.mp4", moving_clip(256, 192, count=24, seed=2)),
        "black": write_clip(
            folder / "black.mp4",
            replace(clip, frames=(Frame(np.zeros((192, 256, 3), np.uint8), frame.time) for frame in frames)),
        ),
    }


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOUCHMARK_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_a_clip_goes_into_a_bank_and_its_copies_are_held(
    home: Path, clips: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["bank", "match", str(clips["banked"])]) == 2
    assert "no bank" in capsys.readouterr().out

    # Given a bank
    add = ["bank", "add", "takedowns", str(clips["banked"]), "--category", "ncii", "--owner", "rights\x1b[31mdesk"]
    assert run(add) == 0
    assert "1 added, 0 there already, 1 in all" in capsys.readouterr().out
    assert run(add) == 0
    assert "0 added, 1 there already, 1 in all" in capsys.readouterr().out

    # Then it is listed, without anybody's control characters
    assert run(["bank", "list", "takedowns"]) == 0
    listed = capsys.readouterr().out
    assert "ncii, 1 video," in listed and "banked.mp4" in listed and "\x1b" not in listed

    # and a mirrored copy in another codec is found and refused, another clip is not
    assert run(["bank", "match", str(clips["copy"]), "--json"]) == 0
    (match,) = json.loads(capsys.readouterr().out)["matches"]
    assert match["bank"] == "takedowns" and match["banked_share"] >= 0.8
    assert run(["screen-video", str(clips["copy"]), "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["action"] == "refuse" and document["banks"] == ["takedowns"]
    assert document["findings"][0]["reason_code"] == "V103" and document["findings"][0]["end"] > 1
    assert run(["bank", "match", str(clips["other"])]) == 2
    assert run(["screen-video", str(clips["other"])]) == 0

    # and the bank goes out and comes back as lines
    assert run(["bank", "export", "takedowns", str(tmp_path / "out")]) == 0
    (lines,) = (tmp_path / "out").iterdir()
    assert run(["bank", "match", str(lines)]) == 0
    assert run(["bank", "remove", "takedowns"]) == 0
    assert run(["bank", "match", str(lines)]) == 2
    assert run(["bank", "add", "again", str(lines), "--category", "ncii"]) == 0
    capsys.readouterr()
    assert run(["screen-video", str(clips["banked"]), "--bank", "again"]) == 1
    shown = capsys.readouterr().out
    assert "REFUSE" in shown and "V103" in shown and "hash bank again" in shown


def test_one_wrong_file_and_nothing_is_added(
    home: Path, clips: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "wrong.vpdq"
    wrong.write_text("0,100,zz,0\n")
    assert run(["bank", "add", "new", str(clips["banked"]), str(wrong), "--category", "sexual"]) == 3
    assert f"{wrong}:1: not a vPDQ line" in capsys.readouterr().err
    assert run(["bank", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_a_video_without_a_picture_is_refused(clips: dict[str, Path], home: Path) -> None:
    assert run(["screen-video", str(clips["black"])]) == 1


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["screen-video", "/nonexistent.mp4"], 3),
        (["screen-video", "/tmp"], 3),
        (["screen-video", "{notes}"], 3),
        (["screen-video", "{banked}", "--policy", "no-such"], 64),
        (["screen-video", "{banked}", "--bank", "no-such"], 64),
        (["bank", "add", "new", "{banked}"], 64),
        (["bank", "add", "new", "{banked}", "--category", "no-such"], 64),
        (["bank", "match", "/nonexistent.vpdq"], 3),
        (["bank", "remove", "no-such"], 64),
        (["bank", "export", "no-such", "/tmp/x"], 64),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    home: Path,
    clips: dict[str, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    status: int,
) -> None:
    notes = tmp_path / "notes.mp4"
    notes.write_text("no video at all, only notes about one\n" * 3)
    filled = [argument.format(notes=notes, banked=clips["banked"]) for argument in arguments]
    assert run(filled) == status
    said = capsys.readouterr()
    assert said.out == "" and "Traceback" not in said.err and "defect" not in said.err


def test_a_damaged_bank_lets_no_video_pass(home: Path, clips: dict[str, Path]) -> None:
    assert run(["bank", "add", "takedowns", str(clips["other"]), "--category", "ncii"]) == 0
    path = home / "banks" / "takedowns.bank"
    path.write_bytes(path.read_bytes()[:-1])
    assert run(["screen-video", str(clips["banked"])]) == 70
