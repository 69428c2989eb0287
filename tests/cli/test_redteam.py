"""``touchmark redteam``: what it prints, what it writes and how it leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from touchmark.cli.main import run
from touchmark.safety.classifier.model import WEIGHTS
from touchmark.safety.redteam.log import read_log


@pytest.fixture
def seeds(tmp_path: Path) -> str:
    """One seed that is stopped in every disguise, and one that nobody stops."""
    path = tmp_path / "seeds.yaml"
    path.write_text(
        "seeds:\n- {value: a hardcore porn film, harm_categories: [sexual], language: en}\n"
        "- {value: un faro al amanecer, harm_categories: [deception], language: es}\n",
        encoding="utf-8",
    )
    return str(path)


def test_run_tells_what_gets_through_and_keeps_it(
    tmp_path: Path, seeds: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log, html = tmp_path / "run.jsonl", tmp_path / "run.html"
    assert run(["redteam", "run", seeds, "--depth", "1", "--log", str(log), "--html", str(html)]) == 1
    out = capsys.readouterr().out
    assert "policy default: 1 seed as written, 0 bypasses" in " ".join(out.split())
    assert "un faro al amanecer" in out and "deception" in out
    record = read_log(log)
    assert record.complete and len(record.attempts) > 30
    assert html.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("lines", [1, 2, 12, 40])
def test_a_campaign_that_was_killed_goes_on_where_it_was(
    tmp_path: Path, seeds: str, lines: int, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given a log cut off in the middle of a line, as a kill leaves it
    whole, log = tmp_path / "whole.jsonl", tmp_path / "run.jsonl"
    assert run(["redteam", "run", seeds, "--depth", "1", "--log", str(whole), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    kept = whole.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(kept[:lines]) + kept[lines][:17])
    begun = log.stat().st_ino

    # When it is taken up again
    assert run(["redteam", "run", seeds, "--depth", "1", "--log", str(log), "--resume", "--json"]) == 1

    # Then what was done of whole seeds is kept, and log and report are as if nothing had happened
    captured = capsys.readouterr()
    first = [line for line in kept[1:lines] if b"porn" in json.loads(line)["seed"].encode()]
    whole_seeds = len(first) if lines == 40 else 0
    assert f"{whole_seeds} attempt" in captured.err
    assert log.stat().st_ino == begun
    assert log.read_bytes().splitlines()[1:] == whole.read_bytes().splitlines()[1:]
    assert read_log(log).complete
    assert json.loads(captured.out) == told


def test_what_cannot_be_taken_up_is_named(tmp_path: Path, seeds: str, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "run.jsonl"
    assert run(["redteam", "run", seeds, "--resume"]) == 64
    assert run(["redteam", "run", seeds, "--log", str(log), "--resume"]) == 3
    run(["redteam", "run", seeds, "--depth", "1", "--log", str(log)])
    whole = log.read_bytes()
    assert run(["redteam", "run", seeds, "--depth", "1", "--log", str(log), "--resume"]) == 3
    assert "nothing to go on with" in capsys.readouterr().err
    cut = b"".join(whole.splitlines(keepends=True)[:-3])
    log.write_bytes(cut)
    for other in (["--depth", "2"], ["--depth", "1", "--policy", "strict-teen"], ["--depth", "1", "--chance", "7"]):
        assert run(["redteam", "run", seeds, *other, "--log", str(log), "--resume"]) == 3
        assert "of another campaign" in capsys.readouterr().err
        assert log.read_bytes() == cut
    Path(seeds).write_text("seeds:\n- {value: a lighthouse, harm_categories: [sexual]}\n", encoding="utf-8")
    assert run(["redteam", "run", seeds, "--depth", "1", "--log", str(log), "--resume"]) == 3
    assert log.read_bytes() == cut


def test_run_as_json_and_nothing_through(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seeds = tmp_path / "seeds.txt"
    seeds.write_text("a hardcore porn film\n", encoding="utf-8")
    assert run(["redteam", "run", str(seeds), "--depth", "1", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["through"] == 0 and len(document["techniques"]) == 21


def test_compare_a_log_with_a_policy_a_log_and_weights(
    tmp_path: Path, seeds: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "run.jsonl"
    run(["redteam", "run", seeds, "--depth", "1", "--log", str(log)])
    capsys.readouterr()
    for other in (str(log), "default", str(WEIGHTS)):
        assert run(["redteam", "compare", str(log), other, "--json"]) == 0
        document = json.loads(capsys.readouterr().out)
        assert document["compared"] > 30 and document["opened"] == document["closed"] == []
        assert document["only_old"] == document["only_new"] == 0


def test_compare_two_policies_over_seeds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seeds = tmp_path / "seeds.txt"
    seeds.write_text("Mickey Mouse dancing in the rain\n", encoding="utf-8")
    sides = ["default", "news-and-education", "--seeds", str(seeds), "--depth", "1"]
    assert run(["redteam", "compare", *sides]) == 1
    out = capsys.readouterr().out
    assert "Opened" in out and "Mickey Mouse" in out
    assert run(["redteam", "compare", *reversed(sides[:2]), *sides[2:]]) == 0


def test_a_log_that_was_cut_short_is_told(tmp_path: Path, seeds: str, capsys: pytest.CaptureFixture[str]) -> None:
    log, cut = tmp_path / "run.jsonl", tmp_path / "cut.jsonl"
    run(["redteam", "run", seeds, "--depth", "1", "--log", str(log)])
    cut.write_bytes(log.read_bytes()[:-40])
    capsys.readouterr()
    assert run(["redteam", "compare", str(cut), str(log)]) == 0
    assert "cut short" in capsys.readouterr().err


def test_what_cannot_be_read_or_written_is_named(tmp_path: Path, seeds: str) -> None:
    taken = tmp_path / "taken.jsonl"
    taken.write_text("mine")
    assert run(["redteam", "run", str(tmp_path / "none.yaml")]) == 3
    assert run(["redteam", "run", seeds, "--depth", "1", "--log", str(taken)]) == 3
    assert taken.read_text() == "mine"
    assert run(["redteam", "run", seeds, "--depth", "1", "--html", str(tmp_path / "no" / "page.html")]) == 64
    assert run(["redteam", "compare", str(taken), "default"]) == 3
    assert run(["redteam", "compare", "nobody", "default"]) == 64
    assert run(["redteam", "compare", "default", str(tmp_path / "none.npz")]) == 70
    assert run(["redteam", "run", seeds, "--depth", "9"]) == 64


def test_a_log_and_seeds_exclude_each_other(tmp_path: Path, seeds: str) -> None:
    log = tmp_path / "run.jsonl"
    run(["redteam", "run", seeds, "--depth", "1", "--log", str(log)])
    assert run(["redteam", "compare", str(log), "default", "--seeds", seeds]) == 64


def test_hostile_seeds_reach_the_terminal_only_as_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seeds = tmp_path / "seeds.jsonl"
    seeds.write_text(json.dumps({"value": "a calm \u202e lake", "category": "\x1b[2J[bold]x[/]", "language": "\x9b"}))
    assert run(["redteam", "run", str(seeds), "--depth", "1"]) == 1
    out = capsys.readouterr().out
    assert not set("\x1b\u202e\x9b") & set(out) and "[bold]x[/]" in out.replace("\n", "")


@pytest.mark.parametrize("command", ["run", "compare"])
def test_help_has_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["redteam", command, "--help"]) == 0
    assert "Examples:" in capsys.readouterr().out
