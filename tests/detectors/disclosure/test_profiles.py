"""Profiles as data: each passes its own examples, its schema is published, and several compose or say why not."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from touchmark.detectors.disclosure.checks import MismatchError
from touchmark.detectors.disclosure.comply import Result, judged
from touchmark.detectors.disclosure.facts import Fact, Facts, Value
from touchmark.detectors.disclosure.profile import Profile, ProfileConflictError, UnknownProfileError, compose, shipped
from touchmark.provenance.disclosure.label import Position
from touchmark.safety.document import POLICIES, PolicyError

FOLDER = POLICIES / "disclosure"
NAMES = shipped()


def failing(profile: Profile, values: dict[Fact, Value]) -> tuple[str, ...]:
    return tuple(line.line.id for line in judged(profile, Facts(values)) if line.result is Result.FAIL)


def test_what_must_ship_ships() -> None:
    assert {"eu-ai-act", "eu-ai-act-label", "us-ca-sb942", "cn-gb45438", "in-it-rules-2026", "c2pa", "iptc"} <= set(
        NAMES
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_profile_keeps_its_name_and_its_examples(name: str) -> None:
    profile = Profile.load(name)
    assert profile.name == name
    good: dict[Fact, Value] = dict(profile.examples.good)
    assert failing(profile, good) == ()
    for change in profile.examples.changes:
        assert failing(profile, {**good, **change.change}) == change.fails, change


@pytest.mark.parametrize("name", NAMES)
def test_every_line_has_an_example_that_fails_it_alone(name: str) -> None:
    profile = Profile.load(name)
    alone = {change.fails[0] for change in profile.examples.changes if len(change.fails) == 1}
    assert alone == {line.id for line in profile.checks}


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_file_passes_no_profile_and_unknown_facts_no_line(name: str) -> None:
    assert all(result.result is not Result.PASS for result in judged(Profile.load(name), Facts()))


def test_lines_are_unique_among_all_profiles() -> None:
    ids = [line.id for name in NAMES for line in Profile.load(name).checks]
    assert len(ids) == len(set(ids))


def test_the_schema_is_published_and_accepts_what_ships() -> None:
    published = json.loads((FOLDER / "schema.json").read_text(encoding="utf-8"))
    assert published == Profile.file_schema(), (
        "regenerate: python -m touchmark.detectors.disclosure.profile > policies/disclosure/schema.json"
    )
    for name in NAMES:
        jsonschema.validate(yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8")), published)


def _broken(tmp_path: Path, change: dict[str, Any]) -> Path:
    document = yaml.safe_load((FOLDER / "iptc.yaml").read_text(encoding="utf-8"))
    path = tmp_path / "own.yaml"
    path.write_text(yaml.safe_dump({**document, **change}), encoding="utf-8")
    return path


_LINE = yaml.safe_load((FOLDER / "iptc.yaml").read_text(encoding="utf-8"))["checks"][0]


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"unheard_of": 1}, "unheard_of"),
        ({"checks": []}, "checks"),
        ({"checks": [_LINE, deepcopy(_LINE)]}, "given twice"),
        ({"checks": [{**_LINE, "rests_on": ["iptc.later"]}]}, "do not stand before it"),
        ({"checks": [{**_LINE, "verify": {"fact": "no.such.fact", "is": "x"}}]}, "verify"),
        ({"checks": [{**_LINE, "verify": {"fact": "xmp.system", "matches": ".*"}}]}, "verify"),
        ({"checks": [{**_LINE, "confidence": "certain"}]}, "confidence"),
        ({"writes": {"label": {"languages": ["en"], "share": 0.05, "drawn": False}}}, "drawn, or a track"),
        ({"writes": {"label": {"languages": ["tlh"], "share": 0.05}}}, "cannot be written"),
        ({"checked": "recently"}, "checked"),
    ],
)
def test_a_faulty_profile_is_refused_with_the_rule_it_breaks(
    tmp_path: Path, change: dict[str, Any], names: str
) -> None:
    with pytest.raises(PolicyError, match=names):
        Profile.load(_broken(tmp_path, change))


def test_a_profile_of_ones_own_is_read_from_a_file(tmp_path: Path) -> None:
    assert Profile.load(_broken(tmp_path, {"name": "ours"})).name == "ours"


def test_an_unknown_name_is_told_what_there_is() -> None:
    with pytest.raises(UnknownProfileError, match="no disclosure profile") as raised:
        Profile.load("eu-ai-akt")
    assert "eu-ai-act" in raised.value.remedy


# -- composition


def loaded(*names: str) -> list[Profile]:
    return [Profile.load(name) for name in names]


def test_profiles_compose_to_what_satisfies_all() -> None:
    wanted = compose(loaded("cn-gb45438", "eu-ai-act", "in-it-rules-2026", "iptc"))
    assert wanted.aigc and wanted.xmp and wanted.time_stamp and not wanted.system_version
    assert wanted.label and wanted.label.languages == ("zh", "en")
    assert wanted.label.seconds is None  # India's "throughout" outlasts China's two seconds


def test_one_language_is_enough_where_all_accept_it() -> None:
    wanted = compose(loaded("eu-ai-act-label", "in-it-rules-2026"))
    assert wanted.label and wanted.label.languages == ("en",)


def test_nothing_is_wanted_of_no_profile() -> None:
    assert compose([]).model_dump(exclude_defaults=True) == {}


@pytest.mark.parametrize(
    ("names", "choice"),
    [
        (("cn-gb45438",), {"languages": ("en",)}),
        (("cn-gb45438", "eu-ai-act-label"), {"languages": ("zh",)}),
        (("cn-gb45438",), {"languages": ("zh", "en", "de")}),
        (("iptc",), {"languages": ("en",)}),
        (("iptc",), {"position": Position.TOP_LEFT}),
        (("iptc",), {"track": True}),
    ],
)
def test_choices_that_profiles_exclude_are_conflicts(names: tuple[str, ...], choice: dict[str, Any]) -> None:
    with pytest.raises(ProfileConflictError):
        compose(loaded(*names), **choice)


def _with_label(tmp_path: Path, name: str, **label: Any) -> Profile:
    return Profile.load(_broken(tmp_path, {"name": name, "writes": {"label": {"share": 0.05, **label}}}))


def test_positions_and_languages_that_exclude_each_other_are_conflicts(tmp_path: Path) -> None:
    left = _with_label(tmp_path, "left", languages=["en"], positions=["top-left", "bottom-left"])
    right = _with_label(tmp_path, "right", languages=["en"], positions=["top-right"])
    with pytest.raises(ProfileConflictError, match="left accepts top-left, bottom-left; right accepts top-right"):
        compose([left, right])
    lower = _with_label(tmp_path, "lower", languages=["en"], positions=["bottom-left"])
    wanted = compose([left, lower]).label
    assert wanted and wanted.position is Position.BOTTOM_LEFT
    three = [_with_label(tmp_path, language, languages=[language]) for language in ("en", "de", "zh")]
    with pytest.raises(ProfileConflictError, match="any 2 languages"):
        compose(three)


# -- the language of checks


def check(tmp_path: Path, condition: dict[str, Any]) -> Any:
    examples = {"good": {"aigc.label": "1"}, "changes": [{"change": {"aigc.label": "2"}, "fails": []}]}
    path = _broken(tmp_path, {"checks": [{**_LINE, "verify": condition}], "examples": examples})
    return Profile.load(path).checks[0].verify


@pytest.mark.parametrize(
    ("condition", "right", "wrong"),
    [
        ({"fact": "aigc.label", "is": "1"}, "1", ["2", "", None, True, 1.0]),
        ({"fact": "label.throughout", "is": True}, True, [False, None, "true", 1.0]),
        ({"fact": "label.throughout", "is": False}, False, [True, None, 0.0, ""]),
        ({"fact": "manifest.state", "one_of": ["valid", "trusted"]}, "valid", ["invalid", None, ("valid",)]),
        ({"fact": "label.share", "at_least": 0.05}, 0.05, [0.0499, None, True, "1"]),
        ({"fact": "label.languages", "includes_any": ["zh", "en"]}, ("de", "en"), [("de",), (), None, "zh"]),
        ({"fact": "aigc.producer", "present": True}, "x", ["", None, (), False]),
        ({"fact": "manifest.broken_rules", "present": False}, (), [("rule",), None, "x"]),
    ],
)
def test_each_check_tells_right_from_wrong(
    tmp_path: Path, condition: dict[str, Any], right: Value, wrong: list[Value]
) -> None:
    fact = Fact(condition["fact"])
    verify = check(tmp_path, condition).verify
    verify(Facts({fact: right}))
    for value in wrong:
        with pytest.raises(MismatchError, match=rf"{fact.value} does not match \(got .*expected "):
            verify(Facts({fact: value}))


def test_a_line_that_rests_on_what_was_not_examined_is_not_examined_either(tmp_path: Path) -> None:
    lines = [
        {**deepcopy(_LINE), "id": f"x.{name}", "rests_on": below, "verify": {"fact": fact, "is": "1"}}
        for name, below, fact in (
            ("a", [], "aigc.label"),
            ("b", ["x.a"], "xmp.system"),
            ("c", ["x.b"], "aigc.producer"),
        )
    ]
    good = {"aigc.label": "1", "xmp.system": "1", "aigc.producer": "1"}
    examples = {"good": good, "changes": [{"change": {name: "2"}, "fails": []} for name in good]}
    profile = Profile.load(_broken(tmp_path, {"checks": lines, "examples": examples}))
    results = [line.result for line in judged(profile, Facts({Fact.AIGC_PRODUCER: "1"}))]
    assert results == [Result.FAIL, Result.NOT_EXAMINED, Result.NOT_EXAMINED]


def test_all_and_any_compose(tmp_path: Path) -> None:
    one, two = {"fact": "aigc.label", "is": "1"}, {"fact": "label.kind", "is": "generated"}
    both, either = check(tmp_path, {"all_of": [one, two]}), check(tmp_path, {"any_of": [one, two]})
    half = Facts({Fact.AIGC_LABEL: "1"})
    either.verify(half)
    with pytest.raises(MismatchError, match=r"label\.kind does not match"):
        both.verify(half)
    with pytest.raises(MismatchError, match=r"aigc\.label .* nor: label\.kind "):
        either.verify(Facts())
    assert list(both.mentioned()) == [Fact.AIGC_LABEL, Fact.LABEL_KIND]


def test_text_of_strangers_is_safe_in_what_is_said(tmp_path: Path) -> None:
    verify = check(tmp_path, {"fact": "aigc.label", "is": "1"}).verify
    with pytest.raises(MismatchError) as raised:
        verify(Facts({Fact.AIGC_LABEL: "\x1b[2J" + "x" * 10_000}))
    assert "\x1b" not in str(raised.value) and len(str(raised.value)) < 400
