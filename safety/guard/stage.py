"""Asks a guard model about what the gate would let through. It can make a decision stricter, never milder.

What the gate refuses stays refused, and the guard is not asked. A guard that raises, takes too long or says what is no
answer sends the prompt to a reviewer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from touchmark.safety.bounded import within
from touchmark.safety.decision import Action, Category, Decision, Finding, Requester, Rule, Severity
from touchmark.safety.guard.model import Flag, GuardModel
from touchmark.safety.policy import Policy
from touchmark.safety.reading import NEGATIVE_PROMPT


def escalated(
    decision: Decision,
    policy: Policy,
    guard: GuardModel,
    texts: Mapping[str, str],
    requester: Requester | None = None,
    *,
    patience: float,
) -> Decision:
    """The decision, or a stricter one.

    Args:
        decision: the gate's own.
        texts: by field name, as the gate got them. Negative prompts are not asked about: they name what to keep out.
        patience: seconds that the guard may take for all of them.
    """
    if decision.action is Action.REFUSE:
        return decision
    shown = {field: text for field, text in texts.items() if field != NEGATIVE_PROMPT and text.strip()}
    try:
        flagged = within(
            patience, lambda: [(field, _require_flags(guard.flags(text))) for field, text in shown.items()]
        )
        found = [
            finding
            for field, flags in flagged
            for finding in _findings(flags, policy, guard.name, field, texts[field], requester or Requester())
        ]
    except Exception as error:  # whatever went wrong, the guard did not say that it is safe
        found = [_silent(error, policy, guard.name, shown)]
    if not found:
        return decision
    findings = sorted((*decision.findings, *found), key=lambda f: (-f.action.severity, -f.score, f.field, f.span))
    return replace(decision, action=findings[0].action, findings=tuple(findings))


def _findings(
    flags: tuple[Flag, ...], policy: Policy, name: str, field: str, text: str, requester: Requester
) -> Iterator[Finding]:
    for flag in dict.fromkeys(flags):
        rule = policy.rule(flag.category)
        action = rule.action(flag.severity, requester.age)
        if action is not Action.ALLOW:
            yield Finding(
                category=flag.category,
                action=action,
                field=field,
                span=(0, len(text)),
                reason_code=rule.reason_codes.prompt,
                score=flag.score,
                rule=Rule.GUARD,
                explanation=f"The guard model {name} flags it as {flag.label}: {flag.severity.value}.",
                reviewers=rule.reviewers,
            )


def _silent(error: Exception, policy: Policy, name: str, texts: Mapping[str, str]) -> Finding:
    rule = policy.rule(Category.UNREADABLE)
    field, text = next(iter(texts.items()), ("prompt", ""))
    return Finding(
        category=Category.UNREADABLE,
        action=Action.REVIEW,
        field=field,
        span=(0, len(text)),
        reason_code=rule.reason_codes.prompt,
        score=1.0,
        rule=Rule.GUARD_SILENT,
        explanation=f"The guard model {name} gave no answer ({type(error).__name__}: {str(error)[:300]}).",
        reviewers=rule.reviewers,
    )


def _require_flags(said: object) -> tuple[Flag, ...]:
    if not isinstance(said, tuple) or not all(isinstance(flag, Flag) for flag in said):
        raise TypeError("the guard model answered with what are no flags")
    if not all(isinstance(flag.severity, Severity) and 0 <= flag.score <= 1 for flag in said):
        raise ValueError("the guard model answered with a score or severity that is none")
    return said
