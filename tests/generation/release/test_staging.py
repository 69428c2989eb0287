"""Nothing half made gets a name, nothing that exists is replaced unasked, and what a kill leaves is swept up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from touchmark.generation.staging import OutputError, OutputExistsError, Staging, require_another, require_place


def test_a_published_file_is_all_that_is_left(tmp_path: Path) -> None:
    output = tmp_path / "out.mp4"
    with Staging(output) as staging:
        staging.file.write_bytes(b"whole")
        assert not output.exists()
        staging.publish(overwrite=False)
    assert output.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [output]


def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), Staging(tmp_path / "out.mp4") as staging:
        staging.file.write_bytes(b"half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_what_goes_wrong_with_the_staged_file_is_said_of_the_output(tmp_path: Path) -> None:
    output, other = tmp_path / "out.mp4", tmp_path / "in.mp4"
    for subject, told in ((None, output), (other, other), (tmp_path / "staged.mp4", tmp_path / "staged.mp4")):
        with pytest.raises(OutputError) as caught, Staging(output) as staging:
            raise OutputError("there is no room", subject=str(subject or staging.file))
        assert caught.value.subject == str(told)


def test_a_file_does_not_take_the_place_of_what_it_is_made_of(tmp_path: Path) -> None:
    source, link, hard = tmp_path / "a.mp4", tmp_path / "link.mp4", tmp_path / "hard.mp4"
    source.write_bytes(b"the only one")
    link.symlink_to(source)
    hard.hardlink_to(source)
    for output in (source, link, hard, tmp_path / "x" / ".." / "a.mp4"):
        (tmp_path / "x").mkdir(exist_ok=True)
        with pytest.raises(OutputError):
            require_another(output, source)
    require_another(tmp_path / "new.mp4", source)
    require_another(tmp_path / "new.mp4", tmp_path / "none.mp4")


def test_a_file_that_appeared_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    output = tmp_path / "out.mp4"
    with pytest.raises(OutputExistsError), Staging(output) as staging:
        staging.file.write_bytes(b"ours")
        output.write_bytes(b"theirs")
        staging.publish(overwrite=False)
    assert output.read_bytes() == b"theirs"


def test_without_hard_links_too_a_file_is_published_and_none_replaced(tmp_path: Path) -> None:
    """As on a stick from the shop (exFAT). A folder stands for the file: no file system gives it a second name."""
    new, taken = tmp_path / "new.mp4", tmp_path / "taken.mp4"
    with Staging(new) as staging:
        staging.file.mkdir()
        staging.publish(overwrite=False)
    assert list(tmp_path.iterdir()) == [new]
    taken.write_bytes(b"theirs")
    with pytest.raises(OutputExistsError), Staging(taken) as staging:
        staging.file.mkdir()
        staging.publish(overwrite=False)
    assert taken.read_bytes() == b"theirs"


def test_a_folder_is_never_replaced_and_this_is_said_before_anything_is_made(tmp_path: Path) -> None:
    (tmp_path / "out.mp4").mkdir()
    for overwrite in (False, True):
        with pytest.raises(OutputExistsError):
            require_place(tmp_path / "out.mp4", overwrite=overwrite)


def test_replacing_is_possible_when_asked_for(tmp_path: Path) -> None:
    output = tmp_path / "out.mp4"
    output.write_bytes(b"old")
    with Staging(output) as staging:
        staging.file.write_bytes(b"new")
        staging.publish(overwrite=True)
    assert output.read_bytes() == b"new"


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError) as caught, Staging(tmp_path / "nowhere" / "out.mp4"):
        pass
    assert "nowhere" in str(caught.value)


_STAGE_AND_WAIT = """
import sys, time
from pathlib import Path
from touchmark.generation.staging import Staging
with Staging(Path(sys.argv[1])) as staging:
    staging.file.write_bytes(b"half")
    print("staged", flush=True)
    time.sleep(60)
"""


def test_what_a_killed_process_left_is_swept_and_what_a_living_one_holds_is_not(tmp_path: Path) -> None:
    other, output = tmp_path / "other.mp4", tmp_path / "out.mp4"
    with subprocess.Popen(
        [sys.executable, "-c", _STAGE_AND_WAIT, str(other)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "staged\n"
        (held,) = tmp_path.iterdir()
        with Staging(output):
            assert held.exists(), "the staging folder of a living process was swept"
        os.kill(process.pid, signal.SIGKILL)
    assert held.exists()
    with Staging(output):
        assert not held.exists(), "what a killed process left was not swept"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("is_open", [False, True])
def test_a_place_that_another_process_sweeps_before_it_is_locked_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_open: bool
) -> None:
    """Of processes that make files in one folder, one in a thousand was told that there is no such folder."""
    real, swept = os.open, list[str]()

    def opened(path: str, flags: int, *rest: Any, **options: Any) -> int:
        mine = not swept and ".touchmark-staging-" in str(path)
        if mine:
            swept.append(str(path))
        if mine and not is_open:
            Path(path).rmdir()
        descriptor = real(path, flags, *rest, **options)
        if mine:
            Path(path).rmdir()
        return descriptor

    monkeypatch.setattr(os, "open", opened)
    with Staging(tmp_path / "out.mp4") as staging:
        staging.file.write_bytes(b"whole")
        staging.publish(overwrite=False)
    assert swept and [path.name for path in tmp_path.iterdir()] == ["out.mp4"]
