"""An explanation says of every passage how it was typed, how it was read, and what rule and score came of it."""

from __future__ import annotations

import base64
import json

import pytest

from touchmark.safety.canonical import ViewKind
from touchmark.safety.decision import Action, AgeProfile, Category, Requester, Rule
from touchmark.safety.explanation import Explanation, explain
from touchmark.safety.gate import judge_of

JUDGE = judge_of("default")


def _explained(prompt: str, **more: str) -> Explanation:
    return explain(JUDGE, {"prompt": prompt, **more})


@pytest.mark.parametrize(
    ("typed", "view"),
    [
        ("porn", ViewKind.PLAIN),
        ("p.o.r.n", ViewKind.UNMASKED),
        ("p0rn", ViewKind.UNMASKED),
        (base64.b64encode(b"a hardcore porn film").decode(), ViewKind.BASE64),
    ],
)
def test_a_finding_names_the_reading_that_showed_it(typed: str, view: ViewKind) -> None:
    line = next(
        found for found in _explained(f"a film of {typed} at night").findings if found.finding.rule is Rule.TERM
    )
    assert typed.startswith(line.typed) and len(line.typed) >= len(typed) - 1
    assert view is line.views[0]
    assert "porn" in line.read


def test_every_score_stands_beside_its_thresholds_and_its_passage() -> None:
    explanation = _explained("a lovely day by the sea. Then hardcore sex in the dunes.")
    scored = {line.category: line for line in explanation.scores}
    assert set(scored) == {rule.id for rule in JUDGE.policy.categories if rule.thresholds is not None} - {
        Category.SEXUAL_MINORS
    }
    sexual = scored[Category.SEXUAL]
    assert sexual.severity is not None and sexual.limits and "sex" in sexual.read
    values = [line.value for line in explanation.scores]
    assert values == sorted(values, reverse=True)
    for line in explanation.scores:
        assert line.value == explanation.readings[0].scores[line.category].value
        assert 0 <= line.span[0] <= line.span[1] <= len(explanation.readings[0].text.original)


def test_what_combines_and_negative_prompts_are_located_too() -> None:
    explanation = _explained("Donald Trump in a porn film", negative_prompt="c l o t h e s")
    lines = {line.finding.rule: line for line in explanation.findings}
    assert lines[Rule.FIGURE_AND_HARM].read == "donald trump"
    assert (lines[Rule.NEGATIVE_PROMPT].typed, lines[Rule.NEGATIVE_PROMPT].read) == ("c l o t h e s", "clothes")


def test_the_decision_is_the_judges_own() -> None:
    requester = Requester(AgeProfile.TEEN, frozenset({"donald-trump"}))
    texts = {"prompt": "Donald Trump beside a nude statue", "enriched_prompt": "a quiet room"}
    explanation = explain(JUDGE, texts, requester)
    assert explanation.decision == JUDGE.decide("0" * 64, texts, requester)
    assert explanation.decision.action is Action.REFUSE
    assert [line.finding for line in explanation.findings] == list(explanation.decision.findings)


def test_an_explanation_is_plain_data() -> None:
    document = json.loads(json.dumps(_explained("h4rdc0re p0rn \u202e").as_dict()))
    assert document["action"] == "refuse"
    assert document["findings"][0]["views"] and document["scores"][0]["thresholds"]
    assert {view["kind"] for view in document["views"]} >= {"plain", "unmasked"}


def test_a_harmless_prompt_is_explained_by_scores_alone() -> None:
    explanation = _explained("a lighthouse at dawn")
    assert not explanation.findings
    assert all(line.severity is None for line in explanation.scores)
