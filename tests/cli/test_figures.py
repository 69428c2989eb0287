"""``touchmark figures``: what it prints and how it leaves."""

from __future__ import annotations

import json
from pathlib import Path

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


def test_an_import_refuses_common_words_and_tells_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given a list of somebody, of nothing but words, of somebody known by words too, and of a word in Chinese
    monkeypatch.setenv("TOUCHMARK_HOME", str(tmp_path))
    people = tmp_path / "people.csv"
    people.write_text(
        "name,aliases\nAda Quilliam,\nin the,\nof the,Bob Vandersteen\nCarla Osterhout,on the|Carla O.\n视频,\n",
        encoding="utf-8",
    )
    command = ["figures", "import", str(people), "--name", "press", "--reviewer", "r-17"]

    # When it is imported
    assert run([*command, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)

    # Then words are refused, as `figures add` refuses them, and whoever has another name is kept
    assert set(told["refused"]) == {"in the", "on the", "of the", "视频"}
    assert "en" in told["refused"]["in the"] and "zh" in told["refused"]["视频"]
    assert (told["list"], told["people"]) == ("press", 3)
    prompt = "a cat in the rain, Bob Vandersteen at the end of the road, 视频里有一只猫"
    assert run(["figures", "find", prompt, "--json"]) == 0
    assert [found["figure"]["name"] for found in json.loads(capsys.readouterr().out)] == ["Bob Vandersteen"]
    assert run(["figures", "add", "in the", "--reviewer", "r-17"]) == 64
