"""The root of the command line: statuses that mean something, one line for each error, no terminal tricks."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete

from touchmark.cli import as_json, main
from touchmark.cli.main import run
from touchmark.provenance.database import open_database, writing
from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.home import Home
from touchmark.provenance.keys.development import make_development_keys
from touchmark.provenance.ledger import Ledger
from touchmark.safety.policy import shipped


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("TOUCHMARK_HOME", str(tmp_path))
    return Home(tmp_path)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["ledger", "--help"]])
def test_asking_for_help_succeeds(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 0
    assert "touchmark" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["--nonsense"],
        ["verify"],
        ["generate", "a prompt"],
        ["generate", "x", "-o", "a.mp4", "--size", "9"],
    ],
)
def test_wrong_usage_is_64_and_never_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 64
    assert "Error" in capsys.readouterr().err


def test_the_nearest_command_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verfy", "clip.mp4"]) == 64
    assert "Did you mean 'verify'?" in capsys.readouterr().err
    assert run(["zzz"]) == 64
    assert "Did you mean" not in capsys.readouterr().err
    assert run(["--verfy"]) == 64
    assert "No such option" in capsys.readouterr().err


def test_every_command_that_is_listed_exists_and_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    for name in main._COMMANDS:
        assert run([name, "--help"]) == 0, name
        assert "Usage: touchmark" in capsys.readouterr().out


def _raise(monkeypatch: pytest.MonkeyPatch, error: Exception, *flags: str) -> None:
    def broken(**_: object) -> None:
        raise error

    command = click.Command("ledger", callback=broken, params=[click.Option([flag], is_flag=True) for flag in flags])
    monkeypatch.setattr(main.touchmark, "get_command", lambda ctx, name: command)


def test_an_error_is_one_line_with_its_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _raise(monkeypatch, TouchmarkError("it is empty", subject="a\x1b[2J\u202eb\n.mp4", remedy="Look again."))
    assert run(["ledger"]) == 70
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "\x1b" not in error
    assert "\u202e" not in error
    assert "it is empty. Look again. [touchmark.error]" in error


def test_whoever_asks_for_json_is_told_of_an_error_in_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _raise(monkeypatch, TouchmarkError("it is empty", subject="a\x1b\u202eb", remedy="Look again."), "--json")
    assert run(["ledger", "--json"]) == 70
    out, error = capsys.readouterr()
    told = {"error": "touchmark.error", "subject": "a\x1b\u202eb", "problem": "it is empty", "remedy": "Look again."}
    assert json.loads(out) == told and out.isascii() and out.count("\n") == 1
    assert "it is empty" in error


def test_a_program_is_told_why_a_prompt_is_not_made(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    make_development_keys(home.keys, organisation="Test studio", now=datetime.now(UTC))
    arguments = ["generate", "a deepfake of Angela Merkel robbing a bank", "-o", str(home.root / "out.mp4"), "--json"]
    assert run(arguments) == 1
    out = capsys.readouterr().out
    told = json.loads(out)
    assert told["error"] == "safety.refused" and told["decision"]["reference"] in told["problem"]
    assert {finding["reason_code"] for finding in told["decision"]["findings"]} >= {"P602"}
    assert "robbing" not in out


def test_an_unforeseen_error_is_called_a_defect_of_ours(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _raise(monkeypatch, ZeroDivisionError("division by zero"))
    assert run(["ledger"]) == 70
    assert "defect of ours" in capsys.readouterr().err
    monkeypatch.setenv("TOUCHMARK_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        run(["ledger"])


def test_a_full_disk_is_no_defect_of_ours(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    _raise(monkeypatch, OSError(errno.ENOSPC, "No space left on device"))
    assert run(["ledger"]) == 70
    assert "(No space left on device) [touchmark.disk]" in capsys.readouterr().err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_for_the_shell(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == 0
    assert "_TOUCHMARK_COMPLETE" in capsys.readouterr().out


def test_output_into_a_closed_pipe_ends_quietly(home: Home) -> None:
    ledger = Ledger(open_database(home.database))
    for _ in range(20):  # more than a pipe holds
        ledger.append("decision", {"padding": "x" * 10_000}, datetime.now(UTC))
    program = "from touchmark.cli.main import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", program, "ledger", "show"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""


def test_ledger_verify_reports_what_was_altered(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ledger", "verify"]) == 70
    assert "Generate or seal" in capsys.readouterr().err
    ledger = Ledger(open_database(home.database))
    for number in range(3):
        ledger.append("decision", {"number": number}, datetime.now(UTC))
    assert run(["ledger", "verify", "--json"]) == 0
    head = json.loads(capsys.readouterr().out)["head"]
    assert run(["ledger", "verify", "--head", head]) == 0
    assert run(["ledger", "verify", "--head", head[:-1]]) == 64  # a slip of the hand is no evidence of tampering
    with open_database(home.database).begin() as connection:
        connection.exec_driver_sql("DELETE FROM ledger WHERE sequence = 3")
    assert run(["ledger", "verify", "--head", head]) == 1
    assert "cut short" in capsys.readouterr().out
    assert run(["ledger", "show"]) == 0
    assert [json.loads(line)["sequence"] for line in capsys.readouterr().out.splitlines()] == [1, 2]


@pytest.mark.parametrize("body", ["{x", "[" * 100_000, "\x1b[31m"])
def test_a_ledger_that_somebody_edited_is_shown_all_the_same(
    home: Home, capsys: pytest.CaptureFixture[str], body: str
) -> None:
    engine = open_database(home.ensure().database)
    Ledger(engine).append("decision", {}, datetime(2026, 11, 22, tzinfo=UTC))
    with writing(engine) as connection:
        connection.exec_driver_sql("UPDATE ledger SET body = ?", (body,))
    assert run(["ledger", "show"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert "\x1b" not in line
    assert json.loads(line)["body"] == body


@pytest.mark.parametrize(
    "words",
    [
        ["screen", "--policy"],
        ["screen-video", "--policy"],
        ["policy", "show"],
        ["policy", "test"],
        ["policy", "diff"],
        ["policy", "diff", "default"],
        ["policy", "explain", "a hill", "--policy"],
        ["redteam", "run", "--policy"],
        ["redteam", "compare", "--policy"],
    ],
)
def test_a_shell_is_offered_policies(words: list[str]) -> None:
    complete = ShellComplete(main.touchmark, {}, "touchmark", "_TOUCHMARK_COMPLETE").get_completions
    assert {(item.type, item.value) for item in complete(words, "str")} == {("plain", "strict-teen"), ("file", "str")}
    assert {item.value for item in complete(words, "") if item.type == "plain"} == set(shipped())


def test_every_command_prints_json_in_one_way() -> None:
    """One line, ASCII: only one module of the command line makes JSON."""
    folder = Path(as_json.__file__).parent
    makers = {path.name for path in folder.glob("*.py") if "json.dump" in path.read_text()}
    assert makers == {"as_json.py"}


def test_printed_json_is_one_line_of_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    as_json.print_json({"name": "\u202e\x1b[31mé\n"})
    printed = capsys.readouterr().out
    assert printed.isascii()
    assert printed.count("\n") == 1
    assert json.loads(printed) == {"name": "\u202e\x1b[31mé\n"}
