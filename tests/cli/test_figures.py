"""``touchmark figures``: what it prints and how it leaves."""

from __future__ import annotations

import json

import pytest

from touchmark.cli.main import run


def test_find_says_who_where_and_how(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["figures", "find", "the president of France and Angela Merkle"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["4-23", "28-41"]
    assert "Emmanuel Macron (emmanuel-macron; living; FR" in lines[0]
    assert "by misspelling: Angela Merkel" in lines[1]


def test_find_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    text = "ドナルド・トランプが踊る"
    assert run(["figures", "find", text, "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["figure"]["id"] == "donald-trump"
    assert found["text"] == text[slice(*found["span"])] == "ドナルド・トランプ"
    assert (found["kind"], found["score"]) == ("alias", 1.0)


def test_finding_nobody_leaves_with_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["figures", "find", "a cat on a sofa"]) == 2
    assert capsys.readouterr().out == "No public figure is named.\n"


def test_list_by_country_and_role(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["figures", "list", "--country", "ke", "--role", "athlete", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert "eliud-kipchoge" in {figure["id"] for figure in listed}
    assert all("KE" in figure["countries"] and "athlete" in figure["roles"] for figure in listed)
    assert run(["figures", "list", "--country", "KE", "--role", "athlete"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(listed)


def test_an_unknown_role_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["figures", "list", "--role", "wizard"]) == 64
    assert "head-of-state" in capsys.readouterr().err
