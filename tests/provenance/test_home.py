from __future__ import annotations

import os
from pathlib import Path

import pytest

from touchmark.cli.main import run
from touchmark.provenance.home import Home, HomeError


def test_a_folder_that_does_not_exist_is_made_when_something_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOUCHMARK_HOME", str(tmp_path / "of" / "mine"))
    home = Home.default()
    assert not home.root.exists()
    assert home.ensure().root.stat().st_mode & 0o777 == 0o700


def test_a_file_is_no_home_and_no_verdict_comes_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    home.write_text("a slip of the hand")
    monkeypatch.setenv("TOUCHMARK_HOME", str(home))
    for command in (["verify", str(home)], ["keys", "init"], ["bank", "list"]):
        assert run(command) == 70
        assert "home.unusable" in capsys.readouterr().err
    monkeypatch.setenv("TOUCHMARK_HOME", str(home / "below"))
    assert run(["keys", "init"]) == 70
    assert "cannot be made" in capsys.readouterr().err


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(HomeError, match="cannot be written"):
        Home(tmp_path).ensure()
