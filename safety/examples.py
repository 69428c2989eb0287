"""A policy's own examples, put to the test: each must be decided as the policy says it is.

failures = failing(judge)                # empty for a policy that does what it promises
"""

from __future__ import annotations

from dataclasses import dataclass

from touchmark.safety.decision import Decision, Requester
from touchmark.safety.judge import NEGATIVE_PROMPT, Judge
from touchmark.safety.policy import Example

REQUEST = "0" * 64
"""Digest in the decisions made here: no request is behind them."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An example that was decided otherwise than its policy says."""

    example: Example
    decision: Decision

    @property
    def problem(self) -> str:
        """What came instead of what."""
        decided = sorted({finding.category.value for finding in self.decision.decisive})
        expected = f"{self.example.expect.value} {self.example.category.value if self.example.category else ''}".strip()
        return f"expected {expected}, got {self.decision.action.value} {', '.join(decided)}".strip()


def failing(judge: Judge) -> tuple[Failure, ...]:
    """The examples of the judge's policy that it decides otherwise.

    Raises:
        TouchmarkError: an example cannot be judged at all.
    """
    failures = (Failure(example, decided(judge, example)) for example in judge.policy.examples)
    return tuple(failure for failure in failures if not _holds(failure))


def decided(judge: Judge, example: Example) -> Decision:
    """What the judge says to an example."""
    texts = {
        "prompt": example.prompt,
        "enriched_prompt": example.enriched_prompt,
        NEGATIVE_PROMPT: example.negative_prompt,
    }
    requester = Requester(example.age, frozenset(example.consents))
    return judge.decide(REQUEST, {field: text for field, text in texts.items() if text}, requester)


def _holds(result: Failure) -> bool:
    example, decision = result.example, result.decision
    right_category = example.category is None or example.category in {f.category for f in decision.decisive}
    return decision.action is example.expect and right_category
