"""The judge of a policy with the guard model that the policy names, if it names one.

The gate, ``touchmark policy`` and ``touchmark redteam`` all ask the judge that is made here, so that a policy is tested
as it will decide.
"""

from __future__ import annotations

from collections.abc import Mapping

from touchmark.safety.decision import Decision, Requester
from touchmark.safety.guard.families import load_guard
from touchmark.safety.guard.model import GuardModel
from touchmark.safety.guard.stage import escalated
from touchmark.safety.judge import FigureFinder, Judge, Scorer
from touchmark.safety.policy import Policy


class GuardedJudge(Judge):
    """A judge that asks a guard model about what it does not refuse itself."""

    __slots__ = ("_guard", "_patience")

    def __init__(
        self, policy: Policy, classifier: Scorer, figures: FigureFinder, guard: GuardModel, *, patience: float
    ) -> None:
        """
        Args:
            patience: seconds that the guard may take for a request.

        Raises:
            PolicyError: as of :class:`Judge`.
        """
        super().__init__(policy, classifier, figures)
        self._guard = guard
        self._patience = patience

    def decide(self, request_digest: str, texts: Mapping[str, str], requester: Requester | None = None) -> Decision:
        """As :meth:`Judge.decide`, or stricter."""
        decision = super().decide(request_digest, texts, requester)
        return escalated(decision, self.policy, self._guard, texts, requester, patience=self._patience)


def judge_for(policy: Policy, classifier: Scorer, figures: FigureFinder) -> Judge:
    """Who decides under a policy.

    Raises:
        PolicyError: the policy does not fit the classifier, or names a missing lexicon.
        GuardError: the guard model that it names does not load.
    """
    if policy.guard is None:
        return Judge(policy, classifier, figures)
    return GuardedJudge(policy, classifier, figures, load_guard(policy.guard), patience=policy.guard.patience)
