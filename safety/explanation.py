"""Everything that led to a decision, for a person: the readings, the scores beside their thresholds, the findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from touchmark.safety.decision import Category, Decision, Requester, Severity
from touchmark.safety.examples import REQUEST
from touchmark.safety.judge import NEGATIVE_PROMPT, Judge
from touchmark.safety.policy import Thresholds
from touchmark.safety.reading import Reading


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """What the classifier said of one category in one text.

    Attributes:
        field: which text.
        category: which category.
        value: the calibrated score.
        span: the passage that scored highest, in the text as typed.
        limits: the thresholds in force, one for each group of languages that the text is written in.
        severity: what they make of the score; None for nothing.
    """

    field: str
    category: Category
    value: float
    span: tuple[int, int]
    limits: tuple[Thresholds, ...]
    severity: Severity | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """One decision with what it rests on; scores highest first."""

    decision: Decision
    readings: tuple[Reading, ...]
    scores: tuple[ScoreLine, ...]


def explain(judge: Judge, texts: Mapping[str, str], requester: Requester | None = None) -> Explanation:
    """Decide, and show the way.

    Raises:
        PromptTooLongError, EmptyPromptError, MalformedPromptError
    """
    decision = judge.decide(REQUEST, texts, requester)
    readings = tuple(judge.read(field, text) for field, text in texts.items() if field != NEGATIVE_PROMPT)
    lines = (line for reading in readings for line in _scores(judge, reading))
    return Explanation(decision, readings, tuple(sorted(lines, key=lambda line: -line.value)))


def _scores(judge: Judge, reading: Reading) -> list[ScoreLine]:
    policy = judge.policy
    rules = [rule for rule in policy.categories if rule.id in reading.scores and rule.thresholds is not None]
    return [
        ScoreLine(
            field=reading.field,
            category=rule.id,
            value=reading.scores[rule.id].value,
            span=reading.scores[rule.id].span,
            limits=policy.limits(rule, reading.groups),
            severity=policy.severity(rule, reading.scores[rule.id].value, reading.groups),
        )
        for rule in rules
    ]
