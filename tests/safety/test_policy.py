"""Policies are read strictly, say where they are wrong, and decide their own examples as they claim."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
import yaml

from touchmark.safety.classifier import PromptClassifier
from touchmark.safety.decision import Action, Category
from touchmark.safety.figures import FigureIndex
from touchmark.safety.judge import Judge
from touchmark.safety.lexicon import Lexicon
from touchmark.safety.policy import POLICIES, Policy, PolicyError, Thresholds

DEFAULT = POLICIES / "safety" / "default.yaml"
SHIPPED = sorted(path.stem for path in (POLICIES / "safety").glob("*.yaml"))


@pytest.mark.parametrize("name", SHIPPED)
def test_every_example_of_a_policy_is_decided_as_it_says(name: str) -> None:
    policy = Policy.load(name)
    judge = Judge(policy, PromptClassifier.load(), FigureIndex.load())
    wrong = []
    for example in policy.examples:
        decision = judge.decide("0" * 64, {"prompt": example.prompt, "negative_prompt": example.negative_prompt})
        decided = {finding.category for finding in decision.decisive}
        if decision.action is not example.expect or (example.category and example.category not in decided):
            wrong.append((example.prompt, decision.action.value, sorted(decided)))
    assert wrong == []


@pytest.mark.parametrize("name", SHIPPED)
def test_examples_show_every_action(name: str) -> None:
    assert {example.expect for example in Policy.load(name).examples} == set(Action)


def test_the_published_schema_is_the_one_in_force() -> None:
    published = json.loads((POLICIES / "safety" / "schema.json").read_text(encoding="utf-8"))
    assert published == Policy.file_schema(), (
        "regenerate: python -m touchmark.safety.policy > policies/safety/schema.json"
    )
    for name in SHIPPED:
        jsonschema.validate(yaml.safe_load((POLICIES / "safety" / f"{name}.yaml").read_text("utf-8")), published)


@pytest.mark.parametrize("path", sorted((POLICIES / "lexicons").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_lexicon_loads_under_its_own_name(path: Path) -> None:
    assert Lexicon.load(path.stem).name == path.stem


def test_the_digest_covers_every_value_and_no_layout(tmp_path: Path) -> None:
    original = DEFAULT.read_text(encoding="utf-8")
    copy = tmp_path / "copy.yaml"

    def digest_of(text: str) -> str:
        copy.write_text(text, encoding="utf-8")
        return Policy.load(copy).digest()

    digest = Policy.load("default").digest()
    assert digest_of("# a comment\n" + original) == digest
    assert digest_of(original.replace("clearance_minutes: 15", "clearance_minutes: 16")) != digest
    assert digest_of(original.replace("embed_prompt: false", "embed_prompt: true")) != digest
    assert digest_of(original.replace("living: refuse", "living: review")) != digest


def _replaced(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (_replaced("embed_prompt: false", "embed_prompt: false\nsecret_door: true"), "secret_door"),
        (_replaced("living: refuse", "living: sometimes"), r"figures\.living"),
        (_replaced("reason_code: P101", "reason_code: sex"), r"categories\.0\.reason_code"),
        (_replaced("reason_code: P102", "reason_code: P101"), "given twice"),
        (_replaced("id: ncii", "id: sexual"), "missing: .*ncii"),
        (_replaced("clearance_minutes: 15", "clearance_minutes: 0"), "clearance_minutes"),
        (_replaced("scores: {refuse: 0.3}", "scores: {review: 0.3}"), "cannot be turned off"),
        (_replaced("name: default", "name: default\nname: other"), "given twice"),
        (_replaced("name: default", "name: &a default"), None),
        (_replaced("name: default\nversion: \"2026.11\"", "name: &a default\nversion: *a"), "aliases"),
        (lambda _: "- just\n- a list\n", "the whole file"),
        (lambda _: "", "the whole file"),
        (lambda _: "name: [unclosed", "not valid YAML"),
        (lambda _: "!!python/object/apply:os.system ['true']", "not valid YAML"),
        (lambda _: "\x00", "not valid YAML"),
        (lambda _: "[" * 5000, "not valid YAML"),
        (lambda _: "x" * 1_000_001, "over 1 MB"),
    ],
)  # fmt: skip
def test_a_file_that_breaks_a_rule_is_refused_by_name(
    tmp_path: Path, change: Callable[[str], str], problem: str | None
) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(change(DEFAULT.read_text(encoding="utf-8")), encoding="utf-8")
    if problem is None:
        assert Policy.load(path).name == "default"
        return
    with pytest.raises(PolicyError, match=problem) as caught:
        Policy.load(path)
    assert str(path) in caught.value.subject
    assert caught.value.exit_status == 64


def test_an_error_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    text = DEFAULT.read_text(encoding="utf-8").replace("deceased: review", "deceased: maybe")
    path.write_text(text, encoding="utf-8")
    line = text[: text.index("deceased: maybe")].count("\n") + 1
    with pytest.raises(PolicyError) as caught:
        Policy.load(path)
    assert caught.value.subject.endswith(f":{line}")


@pytest.mark.parametrize("source", ["no-such-policy", "no/such/file.yaml", Path("/")])
def test_a_policy_that_is_not_there_is_named(source: str | Path) -> None:
    with pytest.raises(PolicyError):
        Policy.load(source)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_bytes("name: café".encode("latin-1"))
    with pytest.raises(PolicyError, match="UTF-8"):
        Policy.load(path)


def test_thresholds_on_a_category_nobody_scores_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    changed = _replaced("reason_code: P602", "reason_code: P602\n    scores: {refuse: 0.5}")
    path.write_text(changed(DEFAULT.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(PolicyError, match="does not score"):
        Judge(Policy.load(path), PromptClassifier.load(), FigureIndex.load())


def test_thresholds_turn_scores_into_actions() -> None:
    both = Thresholds(review=0.5, refuse=0.9)
    assert [both.action(score) for score in (0.49, 0.5, 0.89, 0.9)] == [
        Action.ALLOW, Action.REVIEW, Action.REVIEW, Action.REFUSE,
    ]  # fmt: skip
    assert Thresholds(refuse=0.5).action(0.49) is Action.ALLOW
    assert Thresholds(review=0.5).action(1.0) is Action.REVIEW


def test_every_category_has_a_rule() -> None:
    policy = Policy.load("default")
    assert [policy.rule(category).id for category in Category] == list(Category)
