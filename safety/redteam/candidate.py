"""A judge with weights that do not ship, to see what they would let through before anybody installs them.

    judge = judge_with(Path("candidate.npz"), "default")

The digest that guards the gate against other weights is left aside here, since other weights are what is asked for;
nothing that such a judge says clears a request.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from touchmark.safety.classifier import ClassifierBrokenError, PromptClassifier
from touchmark.safety.figures.current import shipped_index
from touchmark.safety.guard.judged import judge_for
from touchmark.safety.judge import Judge
from touchmark.safety.policy import Policy


def judge_with(weights: Path, policy: str | Path) -> Judge:
    """A policy, its guard model if it names one, the figures that ship, and a classifier of other weights.

    Raises:
        ClassifierBrokenError: the weights cannot be read, or do not fit this program.
        PolicyError, GuardError
    """
    try:
        digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    except OSError as error:
        raise ClassifierBrokenError(f"the weights cannot be read ({error.strerror})", subject=str(weights)) from error
    return judge_for(Policy.load(policy), PromptClassifier.load(weights, digest), shipped_index())
