"""A bank is written whole or not at all, and one that is damaged is an error, never an empty bank."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from touchmark.provenance.home import Home
from touchmark.safety.decision import Category
from touchmark.safety.output import bank as banks
from touchmark.safety.output.bank import (
    BankDamagedError,
    BankError,
    BankWriteError,
    add,
    export,
    load_bank,
    load_banks,
    remove,
)
from touchmark.safety.output.files import hashed_file
from touchmark.safety.output.screening import output_checks
from touchmark.safety.output.vpdq import Line, read_lines
from touchmark.safety.policy import Policy

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def _lines(seed: int, count: int = 5) -> tuple[Line, ...]:
    rng = np.random.default_rng(seed)
    return tuple(Line(frame, 90, rng.bytes(32), frame / 4) for frame in range(count))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return banks.banks_folder(Home(tmp_path))


@pytest.fixture
def filled(folder: Path) -> Path:
    add(
        folder,
        "takedowns",
        [("a.mp4", _lines(1)), ("b.mp4", _lines(2))],
        NOW,
        category=Category.NCII,
        reason="court order",
        owner="rights desk",
    )
    return folder / "takedowns.bank"


def test_what_is_added_is_there_again(filled: Path) -> None:
    bank = load_bank(filled.parent, "takedowns")
    assert (bank.category, bank.reason, bank.owner) == (Category.NCII, "court order", "rights desk")
    assert [video.label for video in bank.videos] == ["a.mp4", "b.mp4"]
    assert tuple(bank.lines(0)) == _lines(1) and tuple(bank.lines(1)) == _lines(2)
    assert bank.videos[0].added == NOW
    assert filled.stat().st_mode & 0o777 == 0o600


def test_the_same_video_is_kept_once(filled: Path) -> None:
    bank = add(filled.parent, "takedowns", [("again.mp4", _lines(1)), ("c.mp4", _lines(3))], NOW)
    assert [video.label for video in bank.videos] == ["a.mp4", "b.mp4", "c.mp4"]
    assert bank.reason == "court order"


def test_a_video_is_taken_out_and_the_others_stay_theirs(filled: Path) -> None:
    first, second = load_bank(filled.parent, "takedowns").videos
    remove(filled.parent, "takedowns", first.id)
    bank = load_bank(filled.parent, "takedowns")
    assert bank.videos == (second,) and tuple(bank.lines(0)) == _lines(2)
    remove(filled.parent, "takedowns")
    assert load_banks(filled.parent) == ()


def test_what_is_exported_is_imported_again(filled: Path, tmp_path: Path) -> None:
    bank = load_bank(filled.parent, "takedowns")
    paths = export(bank, tmp_path / "out")
    again = add(filled.parent, "copy", [(p.name, read_lines(p)) for p in paths], NOW, category=Category.NCII)
    assert {video.id for video in again.videos} == {video.id for video in bank.videos}
    with pytest.raises(BankError, match="not empty"):
        export(bank, tmp_path / "out")


@pytest.mark.parametrize("told", ["r" * 501, "\udcff"])
def test_a_reason_or_an_owner_is_some_text(folder: Path, filled: Path, told: str) -> None:
    before = filled.read_bytes()
    with pytest.raises(BankError, match="the reason is no text"):
        add(folder, "takedowns", [("c.mp4", _lines(3))], NOW, reason=told)
    with pytest.raises(BankError, match="the owner is no text"):
        add(folder, "takedowns", [("c.mp4", _lines(3))], NOW, owner=told)
    assert filled.read_bytes() == before


@pytest.mark.parametrize("name", ["", "A", "../x", "a/b", ".hidden", "a" * 41, "a\x1b[31m", "a.bank"])
def test_a_name_is_no_path(folder: Path, name: str) -> None:
    for use in (
        lambda: add(folder, name, [("a", _lines(1))], NOW, category=Category.SEXUAL),
        lambda: remove(folder, name),
        lambda: load_bank(folder, name),
    ):
        with pytest.raises(BankError) as caught:
            use()
        assert "\x1b" not in str(caught.value)


def test_a_bank_has_one_category(filled: Path) -> None:
    with pytest.raises(BankError, match="holds ncii, not sexual"):
        add(filled.parent, "takedowns", [("c", _lines(3))], NOW, category=Category.SEXUAL)
    with pytest.raises(BankError, match="no bank of this name yet"):
        add(filled.parent, "new", [("c", _lines(3))], NOW)
    assert len(load_bank(filled.parent, "takedowns").videos) == 2
    assert not (filled.parent / "new.bank").exists()


def test_a_video_that_nothing_could_match_is_not_taken(folder: Path, clips: dict[str, Path]) -> None:
    dull = tuple(Line(frame, 49, bytes(32), 0.0) for frame in range(3))
    with pytest.raises(BankError, match="nothing could ever match"):
        add(folder, "new", [("good", _lines(1)), ("dull", dull)], NOW, category=Category.SEXUAL)
    assert load_banks(folder) == ()
    assert max(line.quality for line in hashed_file(clips["flat"])) < 50


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: b"",
        lambda raw: raw[: len(raw) // 2],
        lambda raw: raw[:-1],
        lambda raw: raw + b"\0",
        lambda raw: raw[:40],
        lambda raw: raw[:-20] + bytes([raw[-20] ^ 1]) + raw[-19:],
        lambda raw: raw.replace(b"court order", b"fine by us!"),
        lambda raw: raw.replace(b'"ncii"', b'"sexual"'),
        lambda raw: raw.replace(b"takedowns", b"takedownz"),
        lambda raw: b"touchmark bank 1\n" + b"[" * 5000 + b"\n",
        lambda raw: os.urandom(5000),
    ],
)
def test_a_damaged_bank_stops_everything_that_would_search_it(filled: Path, damage: Callable[[bytes], bytes]) -> None:
    filled.write_bytes(damage(filled.read_bytes()))
    with pytest.raises(BankDamagedError):
        output_checks(Policy.load("default"), load_banks(filled.parent))
    with pytest.raises(BankDamagedError):
        add(filled.parent, "takedowns", [("c", _lines(3))], NOW)
    remove(filled.parent, "takedowns")  # the way out
    assert load_banks(filled.parent) == ()


def test_a_bank_that_others_can_write_is_not_trusted(filled: Path) -> None:
    filled.chmod(0o622)
    with pytest.raises(BankDamagedError, match="other users"):
        load_banks(filled.parent)


def test_a_write_that_breaks_off_leaves_the_old_bank(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = filled.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BankWriteError, match="No space"):
        add(filled.parent, "takedowns", [("c", _lines(3))], NOW)
    assert filled.read_bytes() == before
    assert [path.name for path in filled.parent.iterdir()] == ["takedowns.bank"]


def test_of_many_who_add_at_once_nobody_loses_anything(folder: Path) -> None:
    def one(seed: int) -> None:
        add(folder, "busy", [(str(seed), _lines(seed))], NOW, category=Category.SEXUAL)

    threads = [threading.Thread(target=one, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {video.label for video in load_bank(folder, "busy").videos} == {str(seed) for seed in range(8)}


@pytest.mark.parametrize("kind", ["file", "link to nothing", "link in a circle"])
def test_a_folder_of_banks_that_is_none_is_an_error_and_not_no_banks(folder: Path, kind: str) -> None:
    if kind == "file":
        folder.write_bytes(b"")
    else:
        folder.symlink_to("elsewhere" if kind == "link to nothing" else folder.name)
    with pytest.raises(BankDamagedError, match="folder of the banks"):
        load_banks(folder)
