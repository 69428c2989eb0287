"""``touchmark marks``: what it prints and how it leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from touchmark.cli.main import run


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOUCHMARK_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("torch")
    from tests.provenance.watermark.neural.stand_ins import VideoSeal, torchscript

    path = tmp_path_factory.mktemp("weights") / "seal.jit"
    path.write_bytes(torchscript(VideoSeal()))
    return path


def test_a_mark_is_installed_listed_taught_and_removed(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["marks", "list"]) == 0
    assert capsys.readouterr().out.startswith("none")
    assert run(["marks", "add", "seal", "--kind", "videoseal", str(archive)]) == 0
    assert "installed seal: videoseal, 256 bits, sha256 " in capsys.readouterr().out
    assert run(["marks", "enrol", "seal", "Studio B"]) == 0
    message = capsys.readouterr().out.strip()
    assert run(["marks", "list", "--json"]) == 0
    (listed,) = json.loads(capsys.readouterr().out)
    assert (listed["name"], listed["kind"], listed["writes"]) == ("seal", "videoseal", True)
    assert listed["known"] == {"Studio B": message}
    assert run(["marks", "list"]) == 0
    assert "knows Studio B" in capsys.readouterr().out
    assert run(["marks", "remove", "seal"]) == 0
    assert run(["marks", "remove", "seal"]) == 64


def test_what_cannot_be_installed_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = tmp_path / "text.jit"
    text.write_text("hello")
    assert run(["marks", "add", "seal", "--kind", "videoseal", str(tmp_path / "none.jit")]) == 3
    assert run(["marks", "add", "seal", "--kind", "sepia", str(text)]) == 64
    assert run(["marks", "add", "../seal", "--kind", "videoseal", str(text)]) == 64
    assert run(["marks", "add", "seal", "--kind", "videoseal", str(text)]) == 70
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("touchmark: ")]
    assert len(lines) == 3
    assert "[mark.unreadable]" in lines[0]


def test_verify_asks_every_mark_that_is_installed(
    archive: Path, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from dataclasses import replace

    from tests.clips import moving_clip, write_clip
    from touchmark.provenance.home import Home
    from touchmark.provenance.watermark.neural.installed import installed_mark

    assert run(["marks", "add", "seal", "--kind", "videoseal", str(archive)]) == 0
    assert run(["marks", "enrol", "seal", "Studio B"]) == 0
    message = capsys.readouterr().out.splitlines()[-1]
    clip = moving_clip(256, 256, count=12, style="flat")
    mark = installed_mark(Home(home).marks, "seal")
    marked = replace(clip, frames=mark.write_pictures(clip.frames, message))
    path = write_clip(tmp_path / "theirs.mp4", marked, options={"preset": "medium", "crf": "20"})
    assert run(["verify", "--json", str(path)]) == 2
    document = json.loads(capsys.readouterr().out)
    assert document["verdict"]["outcome"] == "unknown"
    (claim,) = document["evidence"]["other_marks"]
    assert (claim["mark"], claim["state"], claim["known_as"]) == ("seal", "recognised", "Studio B")
    (home / "marks" / "seal" / "reader").write_bytes(b"PK\x03\x04")
    assert run(["verify", str(path)]) == 70
    assert "[mark.changed]" in capsys.readouterr().err
