"""``touchmark screen`` prints what the gate says and leaves with its status."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from touchmark.cli.main import run
from touchmark.cli.screen import screen


def _screen(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(screen, arguments, input=stdin)


@pytest.mark.parametrize(
    ("prompt", "status", "word"),
    [
        ("a red circle moves left to right over a blue background", 0, "ALLOW"),
        ("hardcore porn", 1, "REFUSE"),
        ("Mickey Mouse dancing", 2, "REVIEW"),
    ],
)
def test_status_and_first_word_say_the_decision(prompt: str, status: int, word: str) -> None:
    result = _screen(prompt)
    assert result.exit_code == status
    assert result.output.startswith(word)


def test_json_holds_the_decision_and_not_the_prompt() -> None:
    result = _screen("--json", "a hardcore porn video")
    document = json.loads(result.output)
    assert result.exit_code == 1
    assert document["action"] == "refuse"
    assert document["findings"][0]["category"] == "sexual"
    assert document["findings"][0]["span"] == [11, 15] or document["findings"][0]["rule"] == "score"
    assert len(document["policy"]["sha256"]) == 64
    assert "hardcore" not in result.output


def test_a_prompt_may_come_from_standard_input_in_any_bytes() -> None:
    assert _screen("-", stdin="ein Hund läuft\n".encode()).exit_code == 0
    assert _screen("-", stdin=b"hardcore p\xff\xfeorn \xed\xa0\x80").exit_code == 1


def test_the_negative_prompt_is_screened_too() -> None:
    assert _screen("a woman on a beach", "--negative", "clothes").exit_code == 2


def test_hostile_text_reaches_the_terminal_only_as_text() -> None:
    result = _screen("porn \x1b[2J\x1b]0;owned\x07 \u202eevil\u202c [bold red]markup[/] \x00\x9b")
    assert not set("\x1b\x07\u202e\u202c\x00\x9b") & set(result.output)
    assert "<U+001B>" in result.output and "<U+202E>" in result.output and "[bold red]markup[/]" in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        [
            "",
        ],
        ["\u0301\u0302"],
        ["a" * 10_001],
        ["cat", "--policy", "nobody"],
        [],
    ],
    ids=["empty", "marks", "long", "policy", "nothing"],
)
def test_what_cannot_be_judged_is_wrong_usage(arguments: list[str]) -> None:
    assert run(["screen", *arguments]) == 64


def test_help_has_examples() -> None:
    assert "touchmark screen" in _screen("--help").output
