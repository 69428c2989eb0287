"""``touchmark policy``: what it prints and how it leaves."""

from __future__ import annotations

import io
import json
import shutil
import sys
from pathlib import Path

import pytest

from touchmark.cli.main import run
from touchmark.safety.policy import POLICIES, Policy

DEFAULT = POLICIES / "safety" / "default.yaml"


def _changed(folder: Path, old: str, new: str) -> str:
    text = DEFAULT.read_text(encoding="utf-8")
    assert old in text
    path = folder / "policy.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return str(path)


def test_the_policies_that_ship_hold_their_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "test"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["default", "news-and-education", "strict-teen"]


def test_an_example_that_does_not_hold_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _changed(tmp_path, "an orange tabby cat, expect: allow", "an orange tabby cat, expect: refuse")
    assert run(["policy", "test", path]) == 1
    out = capsys.readouterr().out
    assert "an orange tabby cat" in out and "expected refuse, got allow" in out
    assert run(["policy", "test", "default", path, "--json"]) == 1
    first, second = json.loads(capsys.readouterr().out)["policies"]
    assert not first["failures"] and second["failures"][0]["prompt"] == "an orange tabby cat"


def test_show_has_codes_actions_modes_and_the_appeal(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "show", "strict-teen"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    for word in ("P101 V101", "living refuse", "historical allow_labelled", "child-safety", "Ask the operator"):
        assert word in out
    assert run(["policy", "show", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["digest"] == Policy.load("default").digest() and len(document["categories"]) == 15


def test_diff_tells_rules_and_decisions(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "diff", "default", "strict-teen", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert {"path": "figures.living", "old": "consent_only", "new": "refuse"} in document["rules"]
    assert {change["new"]["action"] for change in document["decisions"]} >= {"refuse"}
    assert run(["policy", "diff", "default", "default"]) == 0
    assert "0 of" in capsys.readouterr().out


def test_the_policy_of_the_home_decides_where_none_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOUCHMARK_HOME", str(tmp_path))
    assert run(["screen", "Mickey Mouse dancing"]) == 2
    shutil.copy(POLICIES / "safety" / "news-and-education.yaml", tmp_path / "policy.yaml")
    assert run(["screen", "Mickey Mouse dancing"]) == 0
    assert run(["policy", "explain", "Mickey Mouse dancing"]) == 0
    capsys.readouterr()
    assert run(["policy", "show"]) == 0
    assert capsys.readouterr().out.startswith("news-and-education")
    assert run(["screen", "Mickey Mouse dancing", "--policy", "default"]) == 2


def test_diff_over_prompts_of_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("Mickey Mouse dancing\na cat \x1b[2J\n", encoding="utf-8")
    assert run(["policy", "diff", "default", "news-and-education", "--prompts", str(prompts)]) == 1
    out = capsys.readouterr().out
    assert "1 of 2 prompts are decided otherwise" in out and "Mickey Mouse dancing" in out and "\x1b" not in out
    assert run(["policy", "diff", "default", "default", "--prompts", str(tmp_path / "none.txt")]) == 3


@pytest.mark.parametrize(
    ("arguments", "status", "word"),
    [
        (["a lighthouse at dawn"], 0, "ALLOW"),
        (["a film of p.o.r.n at night"], 1, "unmasked"),
        (["a marble statue of a nude goddess in a museum hall"], 2, "REVIEW"),
        (["a marble statue of a nude goddess in a museum hall", "--age", "teen"], 1, "REFUSE"),
        (["Donald Trump eating noodles", "--consent", "donald-trump"], 0, "agreed"),
        (["a quiet room", "--enriched", "a hardcore porn film"], 1, "enriched"),
        (["a woman on a beach", "--negative", "clothes"], 2, "negative"),
        (["Mickey Mouse", "--policy", "news-and-education"], 0, "ALLOW"),
    ],
)
def test_explain_leaves_as_screen_does(
    arguments: list[str], status: int, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["policy", "explain", *arguments]) == status
    assert word in capsys.readouterr().out


def test_explain_reads_standard_input_as_screen_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a film of p0rn\n")))
    assert run(["policy", "explain", "-", "--json"]) == 1
    assert '"typed": "p0rn"' in capsys.readouterr().out


def test_explain_as_json_holds_views_findings_and_scores(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "explain", "a film of p0rn", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["findings"][0]["typed"] == "p0rn" and document["findings"][0]["read"] == "porn"
    assert document["scores"] and {view["kind"] for view in document["views"]} == {"plain", "unmasked"}


def test_hostile_text_reaches_the_terminal_only_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "explain", "a porn film \x1b[2J\u202e [bold]x[/] \x9b"]) == 1
    out = capsys.readouterr().out
    assert not set("\x1b\u202e\x9b") & set(out) and "[bold]x[/]" in out.replace("\n", "")


@pytest.mark.parametrize(
    "arguments",
    [
        ["test", "nobody"],
        ["show", "nobody"],
        ["diff", "default", "nobody"],
        ["diff", "default"],
        ["explain", ""],
        ["explain", "a cat", "--policy", "nobody"],
        ["explain", "a cat", "--age", "old"],
    ],
)
def test_wrong_usage_is_told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", *arguments]) == 64
    assert capsys.readouterr().err


@pytest.mark.parametrize("command", ["test", "show", "diff", "explain"])
def test_help_has_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", command, "--help"]) == 0
    assert "Examples:" in capsys.readouterr().out
