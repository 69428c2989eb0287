"""Users are told what was refused and whom to ask, and nothing that helps to get past; reviewers are told all."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touchmark.safety.canonical import CanonicalText
from touchmark.safety.classifier import PromptClassifier
from touchmark.safety.decision import Action, Category, Decision, Finding, RefusalError, ReviewRequiredError, Rule
from touchmark.safety.examples import REQUEST
from touchmark.safety.figures.current import shipped_index
from touchmark.safety.gate import judge_of
from touchmark.safety.judge import Judge, Score
from touchmark.safety.policy import Policy

POLICY = Policy.load("default")
FIGURES = shipped_index()
SECRET = "zq-secret-word"


def _decision(category: Category, action: Action, score: float = 0.73125) -> Decision:
    code = POLICY.rule(category).reason_codes.prompt
    finding = Finding(category, action, "prompt", (417, 431), code, score, Rule.TERM, f"“{SECRET}” is a term.", ("x",))
    return Decision(action, (finding,), POLICY.name, "b" * 64, "c0ffee" * 10 + "abcd", POLICY.appeal)


@pytest.mark.parametrize("category", Category)
@pytest.mark.parametrize("action", [Action.REFUSE, Action.REVIEW])
def test_a_user_learns_what_and_whom_to_ask_and_no_more(category: Category, action: Action) -> None:
    decision = _decision(category, action)
    message = decision.message()
    for said in (POLICY.rule(category).reason_codes.prompt, POLICY.appeal, decision.reference):
        assert said in message
    assert ("refused" in message) is (action is Action.REFUSE)
    for kept in (SECRET, "417", "431", "0.73", "term", "score", "threshold", "classifier", "lexicon", "b" * 12):
        assert kept not in message


def test_the_errors_say_what_the_message_says() -> None:
    refused, waiting = _decision(Category.SEXUAL, Action.REFUSE), _decision(Category.SEXUAL, Action.REVIEW)
    assert str(RefusalError(refused)) == refused.message() and RefusalError.exit_status == 1
    assert str(ReviewRequiredError(waiting)) == waiting.message() and ReviewRequiredError.exit_status == 2


def test_who_asks_for_self_harm_is_told_of_help_first() -> None:
    message = _decision(Category.SELF_HARM, Action.REFUSE).message()
    assert message.index("crisis line") < message.index(POLICY.appeal)
    assert "crisis line" not in _decision(Category.SEXUAL, Action.REFUSE).message()


@settings(max_examples=60, derandomize=True)
@given(st.floats(0, 1), st.sampled_from(Category))
def test_the_message_does_not_tell_how_near_a_prompt_was(score: float, category: Category) -> None:
    near, far = _decision(category, Action.REFUSE, score), _decision(category, Action.REFUSE, 1.0)
    assert near.message() == far.message()


class _Sexual:
    """A classifier that finds everything sexual, so that no such text has to be written."""

    categories = PromptClassifier.load().categories

    def scores(self, text: CanonicalText) -> Mapping[Category, Score]:
        end = len(text.original)
        return {c: Score(0.9 if c is Category.SEXUAL else 0.0, (0, end)) for c in self.categories}


@pytest.mark.parametrize(
    ("rule", "texts", "stub"),
    [
        (Rule.SCORE, {"prompt": "this passage"}, True),
        (Rule.TERM, {"prompt": "a hardcore porn film"}, False),
        (Rule.FIGURE, {"prompt": "Donald Trump eating noodles"}, False),
        (Rule.FIGURE_AND_HARM, {"prompt": "Donald Trump in a hardcore porn film"}, False),
        (Rule.PRIVATE_PERSON_AND_SEXUAL, {"prompt": "my ex-girlfriend naked in the garden"}, False),
        (Rule.NEGATIVE_PROMPT, {"prompt": "a woman on a beach", "negative_prompt": "clothes"}, False),
        (Rule.UNREADABLE, {"prompt": "show Xk29fLq0ZtPw81mVbR7s on a wall"}, False),
        (Rule.MINOR_AND_SEXUAL, {"prompt": "aged 9"}, True),
        (Rule.ADULTS_PUSHED_OUT, {"prompt": "this passage", "negative_prompt": "adult"}, True),
    ],
)
def test_a_reviewer_is_told_category_passage_code_score_and_rule(rule: Rule, texts: dict[str, str], stub: bool) -> None:
    judge = Judge(POLICY, _Sexual(), FIGURES) if stub else judge_of("default")
    finding = next(f for f in judge.decide(REQUEST, texts).findings if f.rule is rule)
    own = POLICY.rule(finding.category)
    assert finding.reason_code == own.reason_codes.prompt and finding.reviewers == own.reviewers
    assert 0 < finding.score <= 1
    begin, end = finding.span
    assert 0 <= begin < end <= len(texts[finding.field])
    assert finding.explanation[0].isupper() or finding.explanation[0] == "“"
    assert finding.explanation.endswith(".") and len(finding.explanation.split()) >= 5
    assert finding.as_dict()["rule"] == rule.value and finding.as_dict()["explanation"] == finding.explanation


def test_every_rule_is_tried_above() -> None:
    marks = test_a_reviewer_is_told_category_passage_code_score_and_rule.pytestmark  # type: ignore[attr-defined]
    tried = {case[0] for case in marks[0].args[1]}
    assert tried == {rule for rule in Rule if not rule.value.startswith("guard")}  # those have tests of their own
