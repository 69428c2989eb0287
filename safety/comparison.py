"""What is different between two policies: rule by rule, and in what they decide about the same prompts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from touchmark.provenance.errors import TouchmarkError
from touchmark.safety.decision import Action
from touchmark.safety.examples import decided
from touchmark.safety.judge import Judge
from touchmark.safety.policy import Example, Policy


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A value that differs.

    Attributes:
        path: dotted; categories go by their ids.
        old, new: what stands in each policy; None where nothing does.
    """

    path: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a policy makes of a request.

    Attributes:
        action: allow, review or refuse; ``error`` for a text that it does not judge.
        codes: the reason codes that decided, or the code of the error.
    """

    action: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DecisionChange:
    """A prompt that the two policies decide differently."""

    example: Example
    old: Outcome
    new: Outcome


def rule_changes(old: Policy, new: Policy) -> tuple[RuleChange, ...]:
    """Every rule that differs, by path; names, texts for people and examples left out."""
    before, after = dict(_rules(old)), dict(_rules(new))
    return tuple(
        RuleChange(path, before.get(path), after.get(path))
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path)
    )


def examples_of(*policies: Policy) -> tuple[Example, ...]:
    """The examples of policies, each request once."""
    listed = (example for policy in policies for example in policy.examples)
    requests = {example.model_copy(update={"expect": Action.ALLOW, "category": None}): example for example in listed}
    return tuple(requests.values())


def decision_changes(old: Judge, new: Judge, examples: Iterable[Example]) -> Iterator[DecisionChange]:
    """The requests that get another action, in the order given."""
    for example in examples:
        before, after = _outcome(old, example), _outcome(new, example)
        if before.action != after.action:
            yield DecisionChange(example, before, after)


def _outcome(judge: Judge, example: Example) -> Outcome:
    try:
        decision = decided(judge, example)
    except TouchmarkError as error:
        return Outcome("error", (error.code,))
    return Outcome(decision.action.value, tuple(dict.fromkeys(f.reason_code for f in decision.decisive)))


def _rules(policy: Policy) -> Iterator[tuple[str, Any]]:
    about_itself = {"name", "version", "description", "examples"}
    content = policy.model_dump(mode="json", exclude=about_itself, exclude_none=True)
    content["categories"] = {rule.pop("id"): rule for rule in content["categories"]}
    return _flat(content, "")


def _flat(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else str(key))
    else:
        yield path, value
