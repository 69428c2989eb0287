"""The gate before the model: a request's texts go in, a decision comes out, and a clearance if it allows.

    from touchmark.provenance.home import Home
    from touchmark.safety.gate import Gate

    gate = Gate.default(Home.default())
    screening = gate.screen(request.digest, {"prompt": request.prompt}, now)
    clearance = screening.require()          # RefusalError or ReviewRequiredError, or the clearance

It fails closed. A classifier that does not load, a list that is missing, a stage that raises: an error, and no
clearance. There is no setting that turns the gate off.
"""

from __future__ import annotations

import gc
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import ClassVar

from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.home import Home
from touchmark.safety.clearance import Clearance, ClearanceAuthority
from touchmark.safety.decision import (
    Action,
    Decision,
    RefusalError,
    Requester,
    ReviewRefusedError,
    ReviewRequiredError,
)
from touchmark.safety.guard.judged import judge_for
from touchmark.safety.judge import FigureFinder, Judge, Scorer
from touchmark.safety.policy import Policy, in_force, shipped
from touchmark.safety.review import Answer, Question, Reviews


class GateBrokenError(TouchmarkError):
    """A stage of the gate failed. Nothing was decided, so nothing is rendered."""

    code: ClassVar[str] = "safety.gate_broken"


@dataclass(frozen=True, slots=True)
class Screening:
    """What came of screening a request.

    Attributes:
        decision: the judgement, whatever it is; for the ledger and for the user.
        clearance: present when, and only when, the decision allows, or a reviewer did to whom it left that.
        question: what a reviewer is asked, or was, if the decision is to review.
    """

    decision: Decision
    clearance: Clearance | None
    question: Question | None = None

    def require(self) -> Clearance:
        """The clearance.

        Raises:
            RefusalError: the policy refuses the request.
            ReviewRequiredError: a person has to look first.
            ReviewRefusedError: a person has looked, and does not allow it.
        """
        if self.clearance is not None:
            return self.clearance
        if self.question is not None and self.question.answer is Answer.REFUSE:
            raise ReviewRefusedError(self.decision)
        if self.decision.action is Action.REVIEW:
            raise ReviewRequiredError(self.decision)
        raise RefusalError(self.decision)


class Gate:
    """A judge that may hand out clearances."""

    __slots__ = ("_authority", "_judge", "_policy", "_reviews")

    def __init__(
        self,
        policy: Policy,
        judge: Callable[[], Judge],
        authority: ClearanceAuthority,
        reviews: Reviews | None = None,
    ) -> None:
        """
        Args:
            policy: the policy in force.
            judge: who decides under it. Called at the first prompt, and once: a judge takes seconds to load, and who
                seals what another generator made asks none.
            authority: makes the clearances, and takes them back.
            reviews: keeps what a person has to look at, and what they said; without, nothing of that is ever cleared.
        """
        self._policy = policy
        self._judge = cache(judge)
        self._authority = authority
        self._reviews = reviews

    @classmethod
    def default(cls, home: Home, policy: str | Path | None = None) -> Gate:
        """The gate of an installation, with the classifier that ships and its figures, the operator's too.

        Args:
            home: the operator's folder.
            policy: name or file; the one in force there if not given (``policy.yaml``, else ``default``).

        Raises:
            PolicyError, ClearanceKeyError, ClearanceStoreError, ReviewStoreError
        """
        rules = Policy.load(policy or in_force(home))
        authority, reviews = ClearanceAuthority.open(home), Reviews.open(home)
        return cls(rules, lambda: judge_for(rules, *_installed(home.figures)), authority, reviews)

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self._policy

    @property
    def authority(self) -> ClearanceAuthority:
        """Who takes the clearances back when a model is about to run."""
        return self._authority

    def screen(
        self, request_digest: str, texts: Mapping[str, str], now: datetime, requester: Requester | None = None
    ) -> Screening:
        """Judge a request, and clear it if the policy allows, or a reviewer to whom the policy leaves it.

        Args:
            request_digest: SHA-256 (hexadecimal) of the exact request, which the clearance is bound to.
            texts: every text that steers the picture, by field: ``prompt``, ``negative_prompt``, an enriched prompt.
            now: with zone; the clearance counts from here.
            requester: who asks; an adult without anybody's consent, if not given.

        Raises:
            PromptTooLongError, EmptyPromptError, MalformedPromptError: the texts cannot be judged.
            PolicyError: the policy does not fit the classifier, or names a missing lexicon.
            GuardError: the guard model that the policy names does not load.
            ClassifierBrokenError, GateBrokenError: a stage does not load, or failed.
            ReviewQueueFullError, ReviewStoreError: a person has to look, and cannot be asked.
        """
        decision = _decide(self._judge(), request_digest, texts, requester)
        question = None
        if decision.action is Action.REVIEW and self._reviews is not None:
            question = self._reviews.ask(decision, texts, requester or Requester(), now)
        if decision.action is not Action.ALLOW and not (question and question.allows(decision)):
            return Screening(decision, None, question)
        clearance = self._authority.issue(decision, now, self.policy.clearance_lifetime, question)
        return Screening(decision, clearance, question)


def screen(
    prompt: str,
    *,
    negative_prompt: str = "",
    enriched_prompt: str = "",
    requester: Requester | None = None,
    policy: str | Path | Policy | None = None,
) -> Decision:
    """What the gate would say to a prompt. A preview: it clears nothing and keeps nothing.

        >>> screen("a lighthouse at dawn").action
        <Action.ALLOW: 'allow'>

    Args:
        prompt: what to show.
        negative_prompt: what to keep out.
        enriched_prompt: what a rewriting model made of the prompt, if one did; it is judged beside it.
        requester: who asks; an adult without anybody's consent, if not given.
        policy: name, file or policy; the one in force in the default home if not given.

    Raises:
        PromptTooLongError, EmptyPromptError, MalformedPromptError: the texts cannot be judged.
        PolicyError, ClassifierBrokenError, GateBrokenError
    """
    texts = {"prompt": prompt, "negative_prompt": negative_prompt}
    if enriched_prompt:
        texts["enriched_prompt"] = enriched_prompt
    digest = hashlib.sha256(json.dumps(texts, sort_keys=True).encode("ascii")).hexdigest()
    return _decide(judge_of(policy), digest, texts, requester)


def judge_of(policy: str | Path | Policy | None = None) -> Judge:
    """A policy with classifier and figures of this installation, with its guard model, to ask without clearing.

    None is the policy in force in the default home.

    Raises:
        PolicyError, GuardError, ClassifierBrokenError, GateBrokenError
    """
    policy = policy or in_force(Home.default())
    if isinstance(policy, str) and policy in shipped():
        return _shipped_judge(policy, Home.default().figures)
    rules = policy if isinstance(policy, Policy) else Policy.load(policy)
    return judge_for(rules, *_installed(Home.default().figures))


@cache
def _shipped_judge(name: str, figures: Path) -> Judge:
    return judge_for(Policy.load(name), *_installed(figures))


def _decide(judge: Judge, request_digest: str, texts: Mapping[str, str], requester: Requester | None) -> Decision:
    try:
        return judge.decide(request_digest, texts, requester)
    except TouchmarkError:
        raise
    except (Exception, SystemExit) as error:  # the prompt was not judged, and a status of 0 would read as allowed
        raise GateBrokenError(
            f"a stage of the safety gate failed ({error.__class__.__name__}: {error}); nothing was decided",
            remedy="Reinstall touchmark if this persists; prompts are refused until the gate works.",
        ) from error


@cache
def _installed(figures: Path) -> tuple[Scorer, FigureFinder]:
    """The classifier, and the figures that ship with those of an operator: seconds to load, so once a process.

    What the operator adds later is found without a new start.
    """
    try:
        from touchmark.safety.classifier import PromptClassifier
        from touchmark.safety.figures.current import CurrentFigures

        with _kept_for_good():
            return PromptClassifier.load(), CurrentFigures(figures)
    except TouchmarkError:
        raise
    except Exception as error:
        raise GateBrokenError(
            f"the classifier or the list of figures does not load ({error.__class__.__name__}: {error})",
            remedy="Reinstall touchmark; prompts are refused until the gate works.",
        ) from error


@contextmanager
def _kept_for_good() -> Iterator[None]:
    """What is loaded here is no garbage until the process ends: 300,000 objects, which the garbage collector would walk
    while they are made, and later in the middle of a prompt, for a sixth of a second each time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        if collecting:
            gc.enable()
