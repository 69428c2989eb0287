"""Everything that led to a decision, for a person: the readings, the scores beside their thresholds, the findings.

    explanation = explain(judge, {"prompt": "a n.u.d.e statue"})
    explanation.findings[0].typed, explanation.findings[0].views, explanation.findings[0].read
                                                    # "n.u.d.e", (ViewKind.UNMASKED,), "nude"

For reviewers and for those who write policies. It shows words and scores, so it is nothing to send to a user.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from touchmark.safety.canonical import View, ViewKind, canonicalise
from touchmark.safety.decision import Category, Decision, Finding, Requester, Rule, Severity
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
        value: the calibrated score, the highest over the views.
        span: the passage that scored highest, in the text as typed.
        view: how that passage was read.
        read: the passage as read.
        limits: the thresholds in force, one for each group of languages that the text is written in.
        severity: what they make of the score; None for nothing.
    """

    field: str
    category: Category
    value: float
    span: tuple[int, int]
    view: ViewKind
    read: str
    limits: tuple[Thresholds, ...]
    severity: Severity | None


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One finding, with the passage as it was typed and as it was read.

    Attributes:
        finding: what was found.
        typed: the passage in the text as typed.
        views: the readings that show it; none for what no single reading shows.
        read: the passage in the first of them.
    """

    finding: Finding
    typed: str
    views: tuple[ViewKind, ...]
    read: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """One decision with what it rests on; findings strictest first, scores highest first."""

    decision: Decision
    readings: tuple[Reading, ...]
    findings: tuple[FindingLine, ...]
    scores: tuple[ScoreLine, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON. Unlike a decision's it holds the text."""
        return {
            **self.decision.as_dict(),
            "views": [
                {"field": reading.field, "kind": view.kind.value, "text": view.text}
                for reading in self.readings
                for view in reading.text.views
            ],
            "findings": [
                {
                    **line.finding.as_dict(),
                    "typed": line.typed,
                    "views": [view.value for view in line.views],
                    "read": line.read,
                }
                for line in self.findings
            ],
            "scores": [
                {
                    "field": line.field,
                    "category": line.category.value,
                    "score": round(line.value, 4),
                    "span": list(line.span),
                    "view": line.view.value,
                    "read": line.read,
                    "thresholds": [limits.model_dump(exclude_none=True) for limits in line.limits],
                    "severity": line.severity.value if line.severity else None,
                }
                for line in self.scores
            ],
        }


def explain(judge: Judge, texts: Mapping[str, str], requester: Requester | None = None) -> Explanation:
    """Decide, and show the way.

    Raises:
        PromptTooLongError, EmptyPromptError, MalformedPromptError
    """
    decision = judge.decide(REQUEST, texts, requester)
    readings = tuple(judge.read(field, text) for field, text in texts.items() if field != NEGATIVE_PROMPT)
    alone = {reading.field: judge.alone(reading) for reading in readings}
    lines = (line for reading in readings for line in _scores(judge, reading, alone[reading.field]))
    return Explanation(
        decision=decision,
        readings=readings,
        findings=tuple(_located(judge, finding, texts, alone.get(finding.field, ())) for finding in decision.findings),
        scores=tuple(sorted(lines, key=lambda line: -line.value)),
    )


def _scores(judge: Judge, reading: Reading, alone: tuple[Reading, ...]) -> Iterator[ScoreLine]:
    policy = judge.policy
    for rule in policy.categories:
        if rule.id not in reading.scores or rule.thresholds is None:
            continue
        best = max(alone, key=lambda one: one.scores[rule.id].value)
        score, view = best.scores[rule.id], best.text.primary
        yield ScoreLine(
            field=reading.field,
            category=rule.id,
            value=score.value,
            span=score.span,
            view=view.kind,
            read=_as_read(view, score.span),
            limits=policy.limits(rule, reading.groups),
            severity=policy.severity(rule, score.value, reading.groups),
        )


def _located(judge: Judge, finding: Finding, texts: Mapping[str, str], alone: tuple[Reading, ...]) -> FindingLine:
    """Where a finding shows: the views in which the same rule finds the same passage, or else any that have it."""
    views = [one.text.primary for one in alone if finding.rule is not Rule.UNREADABLE and _finds(judge, one, finding)]
    if not views:  # what combines, and negative prompts: the reading that says it in the fewest letters
        every = [one.text.primary for one in alone] or list(canonicalise(texts[finding.field]).views)
        showing = (view for view in every if _as_read(view, finding.span))
        views = sorted(showing, key=lambda view: len(_as_read(view, finding.span)))[:1]
    return FindingLine(
        finding=finding,
        typed=texts[finding.field][slice(*finding.span)],
        views=tuple(dict.fromkeys(view.kind for view in views)),
        read=_as_read(views[0], finding.span) if views else "",
    )


def _finds(judge: Judge, reading: Reading, finding: Finding) -> bool:
    found = ((hit.category, hit.rule, hit.span) for hit in judge.hits(reading))
    return (finding.category, finding.rule, finding.span) in found


def _as_read(view: View, span: tuple[int, int]) -> str:
    """The characters of a view whose sources lie in a stretch of the original."""
    begin, end = span
    inside = [at for at, stop in enumerate(view.ends) if begin <= view.offsets[at] and stop <= end]
    return view.text[inside[0] : inside[-1] + 1] if inside else ""
