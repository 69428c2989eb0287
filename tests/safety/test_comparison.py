"""Two policies differ in rules and in what they decide; both are told, each thing once."""

from __future__ import annotations

import pytest

from touchmark.safety.comparison import Outcome, decision_changes, examples_of, rule_changes
from touchmark.safety.decision import Action
from touchmark.safety.gate import judge_of
from touchmark.safety.policy import Example, FigureMode, Policy

DEFAULT = Policy.load("default")


@pytest.mark.parametrize("name", ["default", "strict-teen", "news-and-education"])
def test_a_policy_does_not_differ_from_itself(name: str) -> None:
    judge = judge_of(name)
    assert rule_changes(judge.policy, judge.policy) == ()
    assert not list(decision_changes(judge, judge, judge.policy.examples))


def test_a_rule_that_differs_is_named_by_its_path() -> None:
    figures = DEFAULT.figures.model_copy(update={"living": FigureMode.REVIEW})
    (change,) = rule_changes(DEFAULT, DEFAULT.model_copy(update={"figures": figures, "version": "x"}))
    assert (change.path, change.old, change.new) == ("figures.living", "consent_only", "review")


def test_a_rule_that_only_one_has_is_told() -> None:
    changes = {change.path: change for change in rule_changes(DEFAULT, Policy.load("strict-teen"))}
    low = changes["thresholds.any.low"]
    assert low.old is None and low.new == 0.4


def test_a_prompt_that_is_decided_otherwise_is_told_with_both_decisions() -> None:
    examples = [
        Example(prompt="Mickey Mouse dancing", expect=Action.ALLOW),
        Example(prompt="a cat", expect=Action.ALLOW),
    ]
    (change,) = decision_changes(judge_of("default"), judge_of("news-and-education"), examples)
    assert change.example is examples[0]
    assert (change.old, change.new) == (Outcome("review", ("P701",)), Outcome("allow"))


def test_a_prompt_that_one_policy_refuses_and_the_other_does_not_judge_is_told() -> None:
    examples = [Example(prompt="a man smoking a cigarette \x00", expect=Action.ALLOW)]
    (change,) = decision_changes(judge_of("default"), judge_of("strict-teen"), examples)
    assert change.old == Outcome("error", ("safety.prompt_malformed",)) and change.new.action == "refuse"


def test_examples_of_two_policies_are_tried_once_each() -> None:
    both = examples_of(DEFAULT, DEFAULT)
    assert len(both) == len(DEFAULT.examples)
    news = examples_of(DEFAULT, Policy.load("news-and-education"))
    requests = [(e.prompt, e.negative_prompt, e.enriched_prompt, e.age, e.consents) for e in news]
    assert len(set(requests)) == len(requests) > len(DEFAULT.examples)
