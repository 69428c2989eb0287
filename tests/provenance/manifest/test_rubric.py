"""The language of rubrics, what a rubric says of real manifests, and that ours are what rubrics ask for."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.forms import FORMS
from touchmark.cli.main import run
from touchmark.provenance.keys.ring import KeyRing
from touchmark.provenance.manifest.claim import Claim, SoftwareAgent
from touchmark.provenance.manifest.read import read_crjson
from touchmark.provenance.manifest.rubric.document import Finding, Result, Rubric
from touchmark.provenance.manifest.rubric.evaluation import FUNCTIONS, Formulas
from touchmark.provenance.manifest.rubric.lint import NothingToLintError, lint
from touchmark.provenance.manifest.rubric.syntax import RubricError, parse
from touchmark.provenance.manifest.update import RedactionReason, UpdateError, publish, redact
from touchmark.provenance.manifest.write import sign_file

Make = Callable[..., Claim]

OFFICIAL = "TOUCHMARK_RUBRICS"
"""In the environment, a folder with the conformance programme's own rubrics; they are not ours to ship."""

DOCUMENT = {
    "a": [{"n": 1, "tags": ["x", "y"]}, {"n": 2, "tags": ["z"]}, {"n": None}, {"m": 4}],
    "o": {"p.q": {"n": "deep"}, "r": {"n": "other"}},
    "text": "one__two__three",
}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("a[0].n", 1),
        ("a[-1].m", 4),
        ("a[9].n", None),
        ("a[].n", [1, 2, None, None]),
        ("a[*].n", [1, 2, None, None]),
        ("a[].tags[]", ["x", "y", "z", None, None]),
        ("a[].tags", [["x", "y"], ["z"], None, None]),
        ("a[?n == `2`].tags | [0]", ["z"]),
        ("a[?n != null].n", [1, 2]),
        ("a[?n > 1 || m == 4] | length(@)", 2),
        ('a[?!contains(tags, "x")].n', [2, None, None]),
        ('a | [].keys(@)[] | [?@ == "tags"]', ["tags", "tags"]),
        ("o.'p.q'.n", "deep"),
        ("o.*.n", ["deep", "other"]),
        ('values(o)[?n == "deep"].n', ["deep"]),
        ("o.nothing.at.all", None),
        ('split(text, "__")[1]', "two"),
        ('split("2.4", ".")[0] * 1 == 2.0', True),
        ('split("2.4", `"."`)[1] >= `"4"`', True),
        ("2 + 3 * 4 - 1", 13),
        ("a[0].n -1", 0),
        ("-1 < 0 && 1 <= 1", True),
        ('[a[0].n, `"b"`]', [1, "b"]),
        ("{ one: a[0].n, 'two': [{x: \"y\"}] }", {"one": 1, "two": [{"x": "y"}]}),
        ("missing || `[]`", []),
        ("missing && a", None),
        ("(missing || a)[0].n", 1),
        ("notNull(missing, null, text)", "one__two__three"),
        ('if(missing, a[0], "no")', "no"),
        ("type(a)", "array"),
        ("length(missing)", 0),
        ("keys(missing)", []),
        ('startsWith(missing, "x")', False),
        ('endsWith(text, "three")', True),
        ("`true` == `1`", False),
        ("contains(`[1]`, `true`)", False),
        ("$v[0]", "set"),
        ('_two(a[0].n, "b")', [1, "b"]),
        ("a[?_is(@)].m", [4]),
    ],
)
def test_an_expression_has_its_value(expression: str, value: Any) -> None:
    named = {"_two": parse("[$args[0], $args[1]]"), "_is": parse("$args[0].m == 4")}
    assert Formulas({"$v": ["set"]}, named).value(parse(expression), DOCUMENT) == value


def test_what_lacks_a_name_does_not_pass_for_one_that_has_a_good_one() -> None:
    """Projections keep null for what is not there (json-formula 2.0), so that a rule about each element sees it."""
    actions: list[dict[str, str]] = [{"action": "c2pa.created"}]
    document = {"manifests": [{"assertions": {"c2pa.actions.v2": {"actions": actions}}}]}

    def names() -> Finding:
        return next(found for found in Rubric.ours().hold(document) if found.rule == "actions:names")

    assert names().result is Result.PASS
    actions.append({"when": "2026-11-29T00:00:00Z"})
    assert names().result is Result.FAIL
    assert names().text.endswith(": null.")


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "a..b",
        "a[",
        "a[?b",
        "a[1:2]",
        "a ~ b",
        "&a",
        "a == true",
        "f(",
        "{a}",
        "`{`",
        "a b",
        "a.1",
        "'x",
        "[?]",
        "#",
    ],
)
def test_what_is_not_of_the_language_is_refused(expression: str) -> None:
    with pytest.raises(RubricError):
        parse(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "toEntries(a)",
        "$unset",
        "keys(a)",
        "keys(o, o)",
        "length(5)",
        "length()",
        'startsWith(a, "x")',
        "1 / 0",
        "text * 2",
        "_takes_one()",
        "_itself()",
        "if(a, o)",
    ],
)
def test_what_cannot_be_evaluated_is_an_error_and_no_null(expression: str) -> None:
    named = {"_takes_one": parse("$args[0]"), "_itself": parse("_itself()")}
    with pytest.raises(RubricError):
        Formulas({}, named).value(parse(expression), DOCUMENT)


def test_brackets_without_end_are_refused_and_do_not_exhaust_the_stack() -> None:
    for part in ("(", "[", "!", "a[?", "{a:"):
        with pytest.raises(RubricError):
            parse(part * 5000)


@given(st.text(alphabet="abm$_@.[]?*|&!=<>(){},:`\"'01 \\-", max_size=40))
def test_any_text_is_an_expression_or_an_error(text: str) -> None:
    with contextlib.suppress(RubricError):
        Formulas({"$v": 1}).value(parse(text), DOCUMENT)


RUBRIC = """
rubric_metadata: {name: "A rubric for spec 2.4", issuer: us, version: "1"}
variables:
  $good: [a, b]
expressions:
  _items: $args[0].items || `[]`
---
- id: x:all_good
  failIfMatched: true
  expression: _items(manifests[0])[?!contains($good, @)]
  reportText: {'true': {en: all good}, 'false': {en: "bad: {{matches}}"}}
- id: x:some
  expression: length(_items(manifests[0])) > 0
  specSection: "4.2"
  reportText: {'true': {en: some}, 'false': {en: none}}
- id: x:short
  warnIfMatched: true
  expression: _items(manifests[0])[?length(@) > 1]
  reportText: {'true': {en: short}, 'false': {en: long}}
- id: x:signal_version
  expression: $expected_spec_version == "2.4"
  reportText: {'true': {en: new}, 'false': {en: old}}
"""


def results(rubric: Rubric, document: object) -> list[str]:
    return [f"{finding.result} {finding.text}" for finding in rubric.hold(document)]


def test_a_rubric_says_what_each_rule_found() -> None:
    rubric = Rubric.parse(RUBRIC.encode(), "mine")
    assert (rubric.name, rubric.spec_version) == ("A rubric for spec 2.4", "2.4")
    assert results(rubric, {"manifests": [{"items": ["a"]}]}) == [
        "pass all good",
        "pass some",
        "pass short",
        "signal new",
    ]
    assert results(rubric, {"manifests": [{"items": ["a", "cc", "d"]}]}) == [
        "fail bad: cc, d",
        "pass some",
        "warn long",
        "signal new",
    ]
    assert results(rubric, {"manifests": []})[:2] == ["pass all good", "fail none"]
    assert results(rubric, {"manifests": [{"items": [7]}]})[2].startswith("error cannot be evaluated")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("failIfMatched", "failIfUnmatched"),
        ("_items(manifests[0])[?!contains", "_items(manifests[0])[?!contains(("),
        ("variables:", "variable:"),
        ("---", ""),
        ("warnIfMatched: true", "warnIfMatched: true\n  failIfMatched: true"),
        ("'false': {en: none}", "'no': {en: none}"),
        ("rubric_metadata", "!!python/object/apply:os.system [ls]\nrubric_metadata"),
    ],
)
def test_a_rubric_that_is_not_understood_is_refused_as_a_whole(old: str, new: str) -> None:
    with pytest.raises(RubricError, match="mine"):
        Rubric.parse(RUBRIC.replace(old, new, 1).encode(), "mine")


def test_rules_that_speak_of_one_manifest_are_held_against_the_active_one() -> None:
    text = "rubric_metadata: {name: n}\n---\n- {id: one, expression: label, reportText: {'true': {}, 'false': {}}}"
    rubric = Rubric.parse(text.encode(), "mine")
    assert rubric.of_one_manifest
    assert [f.result for f in rubric.hold({"manifests": [{"label": "x"}]})] == [Result.PASS]
    assert [f.result for f in rubric.hold({"manifests": []})] == [Result.FAIL]
    assert [f.result for f in rubric.hold(None)] == [Result.FAIL]


# -- our own files


def official() -> list[Rubric]:
    folder = os.environ.get(OFFICIAL)
    found = [Rubric.load(path) for path in sorted(Path(folder).glob("asset-rubric-*.yml"))] if folder else []
    # A rubric for another version of the specification asks for that version: no file can keep both.
    return [rubric for rubric in found if rubric.spec_version in ("", "2.4")]


@pytest.mark.parametrize("name", FORMS)
def test_every_form_that_we_sign_keeps_every_rule(tmp_path: Path, make_claim: Make, ring: KeyRing, name: str) -> None:
    media_type, make = FORMS[name]
    plain = make(tmp_path / name)
    first, second, update, redacted = (tmp_path / f"{way}-{name}" for way in ("first", "second", "update", "redacted"))
    claim = make_claim(media_type=media_type)
    sign_file(plain, first, claim, ring.signer(), ring.trust_anchors)
    edit = make_claim(media_type=media_type, parent=first)
    sign_file(first, second, edit, ring.signer(), ring.trust_anchors)
    redact(first, redacted, ["c2pa.ai-disclosure"], RedactionReason.PII, ring.signer(), ring.trust_anchors)
    if name in ("p.jpg", "p.png", "p.avif", "a.m4a", "v.mp4", "v.mov", "fragments.mp4"):
        publish(second, update, ring.signer(), ring.trust_anchors)
    else:
        with pytest.raises(UpdateError, match="cannot be updated"):
            publish(second, update, ring.signer(), ring.trust_anchors)
    for path in (first, second, redacted, *(path for path in (update,) if path.exists())):
        report = lint(path, ring.trust_anchors, [Rubric.ours(), *official()])
        assert [(finding.rule, finding.text) for finding in report.failures] == []
        assert not any(finding.result is Result.WARN for sheet in report.sheets for finding in sheet.findings)


# -- what a generator can get wrong, each noticed by the rule that is about it


def spoiled(crjson: dict[str, Any], change: str) -> dict[str, Any]:
    manifest = json.loads(json.dumps(crjson))["manifests"][0]
    assertions, actions = manifest["assertions"], manifest["assertions"]["c2pa.actions.v2"]
    first = actions["actions"][0]
    changes: dict[str, Callable[[], object]] = {
        "claim:label": lambda: manifest.update(label="urn:uuid:1"),
        "claim:version": lambda: manifest.pop("claim.v2"),
        "claim:spec_version": lambda: manifest["claim.v2"]["claim_generator_info"].pop("specVersion"),
        "claim:spec_version_place": lambda: manifest["claim.v2"].update(specVersion="2.4"),
        "validity:checked": lambda: manifest.pop("validationResults"),
        "validity:faultless": lambda: manifest["validationResults"].update(failure=[{"code": "claim.missing"}]),
        "assertions:names": lambda: assertions.update(mine={}),
        "assertions:known": lambda: assertions.update({"c2pa.actions": {}}),
        "assertions:no_stds": lambda: assertions.update({"stds.exif": {}}),
        "assertions:no_address_in_hash": lambda: assertions["c2pa.hash.bmff.v3"].update(url="http://x"),
        "actions:complete": lambda: actions.pop("allActionsIncluded"),
        "actions:first": actions["actions"].reverse,
        "actions:once": lambda: actions["actions"].append(first),
        "actions:created_with_source": lambda: first.pop("digitalSourceType"),
        "actions:opened_without_source": lambda: first.update(action="c2pa.opened"),
        "actions:opened_parent": lambda: first.update(action="c2pa.opened", parameters={}),
        "actions:changes_with_source": lambda: actions["actions"].append({"action": "c2pa.cropped"}),
        "actions:known": lambda: actions["actions"].append({"action": "c2pa.invented"}),
        "actions:not_replaced": lambda: actions["actions"].append({"action": "c2pa.watermarked"}),
        "actions:names": lambda: actions["actions"].append({"action": "invented"}),
        "actions:parameters": lambda: first["parameters"].update(mine=1),
        "actions:old_parameters": lambda: first["parameters"].update(description="x"),
        "ingredients:relationship": lambda: assertions["c2pa.ingredient.v3"].update(relationship="sibling"),
        "ingredients:validated": lambda: assertions["c2pa.ingredient.v3"].update(activeManifest={}),
        "ingredients:one_source": lambda: assertions["c2pa.ingredient.v3"].update(
            activeManifest={"url": "x"}, validationResults={"x": 1}, digitalSourceType="x"
        ),
    }
    changes[change]()
    return {"manifests": [manifest]}


def test_each_rule_of_ours_notices_what_it_is_about(tmp_path: Path, film: Path, claim: Claim, ring: KeyRing) -> None:
    sign_file(film, tmp_path / "out.mp4", claim, ring.signer(), ring.trust_anchors)
    crjson, rubric = read_crjson(tmp_path / "out.mp4", ring.trust_anchors), Rubric.ours()
    assert isinstance(crjson, dict)
    for rule in rubric.rules:
        broken = {f.rule for f in rubric.hold(spoiled(crjson, rule.identifier)) if f.result is not Result.PASS}
        assert rule.identifier in broken


# -- the command


def test_the_command_shows_what_is_broken_and_hides_escapes(
    tmp_path: Path, film: Path, make_claim: Make, ring: KeyRing, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = make_claim(software_agent=SoftwareAgent("\x1b[2J<b>\u202e", "1"))
    sign_file(film, tmp_path / "out.mp4", hostile, ring.signer(), ring.trust_anchors)
    rubric = tmp_path / "mine.yaml"
    rubric.write_text(
        "rubric_metadata: {name: mine}\n---\n"
        "- {id: agent, failIfMatched: true, reportText: {'true': {en: y}, 'false': {en: 'has {{matches}}'}},\n"
        "   expression: \"manifests[0].assertions.'c2pa.actions.v2'.actions[].softwareAgent.name\"}\n"
    )
    assert run(["manifest", "lint", "--rubric", str(rubric), str(tmp_path / "out.mp4")]) == 1
    shown = capsys.readouterr().out
    assert "fail" in shown and "\x1b" not in shown and "\u202e" not in shown
    assert run(["manifest", "lint", "--json", str(tmp_path / "out.mp4")]) == 0
    assert json.loads(capsys.readouterr().out)["passes"] is True


def test_without_a_manifest_there_is_nothing_to_lint(film: Path, ring: KeyRing, tmp_path: Path) -> None:
    with pytest.raises(NothingToLintError):
        lint(film, ring.trust_anchors)
    assert run(["manifest", "lint", str(film)]) == 2
    assert run(["manifest", "lint", str(tmp_path / "missing.mp4")]) == 3
    assert run(["manifest", "lint", "--rubric", str(film), str(film)]) == 64


def test_the_documentation_names_every_function() -> None:
    text = (Path(__file__).parents[3] / "docs" / "manifests.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in text for name in FUNCTIONS)
