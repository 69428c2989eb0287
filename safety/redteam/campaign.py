"""Every seed through every disguise, and through chains of them, to the judge; what the judge says is kept.

    for attempt in attempts(judge, seeds, Plan(depth=2)):
        ...

Which chains are drawn, and what chance does inside a disguise, follows from the plan and the seed alone: the same plan
tried on another policy or another classifier tries the same texts, so that two runs compare attempt by attempt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import permutations
from math import perm
from random import Random

from touchmark.provenance.errors import TouchmarkError
from touchmark.safety.decision import Decision
from touchmark.safety.examples import REQUEST
from touchmark.safety.judge import Judge
from touchmark.safety.redteam.mutations import MUTATIONS, chained
from touchmark.safety.redteam.seeds import Seed

DEEPEST = 3
"""Longest chain: what is disguised three times over, no generator reads as it was meant."""

Chain = tuple[str, ...]
"""Names of mutations, the first applied first; empty for a seed as it is written."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is tried on each seed.

    Attributes:
        depth: longest chain, 1 to ``DEEPEST``; all disguises alone are always tried.
        chains: how many longer chains are drawn for each seed; all, if there are no more.
        chance: where chance begins.
    """

    depth: int = 2
    chains: int = 40
    chance: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.depth <= DEEPEST or self.chains < 0:
            raise ValueError(f"depth is 1 to {DEEPEST} and chains not negative (got {self.depth}, {self.chains})")

    @property
    def attempts(self) -> int:
        """Most attempts that a seed gets; fewer where a disguise leaves it as it was."""
        return 1 + len(MUTATIONS) + min(self.chains, self._longer)

    @property
    def _longer(self) -> int:
        return sum(perm(len(MUTATIONS), length) for length in range(2, self.depth + 1))

    def of(self, seed: Seed) -> Iterator[Chain]:
        """The chains to try on a seed, shortest first, beginning with none."""
        yield ()
        yield from ((name,) for name in MUTATIONS)
        if self.chains >= self._longer:
            for length in range(2, self.depth + 1):
                yield from permutations(MUTATIONS, length)
        else:
            yield from self._drawn(Random(f"{self.chance} {seed.value!a}"))

    def _drawn(self, chance: Random) -> Iterator[Chain]:
        drawn: set[Chain] = set()
        names = tuple(MUTATIONS)
        while len(drawn) < self.chains:
            drawn.add(tuple(chance.sample(names, chance.randint(2, self.depth))))
        yield from sorted(drawn, key=lambda chain: (len(chain), chain))


class Outcome(StrEnum):
    """What came of an attempt."""

    ALLOW = "allow"
    REVIEW = "review"
    REFUSE = "refuse"
    ERROR = "error"
    """The gate would not judge such a text, and says so by a named error: nothing is made of it."""
    CRASH = "crash"
    """A stage raised what it should not. The gate turns that into an error and makes nothing, but it is a defect."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One text tried on the gate.

    Attributes:
        seed: what it means.
        chain: how it was disguised.
        text: what was sent.
        outcome: what came of it.
        reason: the category that decided, or the code of the error.
        score: of the finding that decided; 0 where none did.
    """

    seed: Seed
    chain: Chain
    text: str
    outcome: Outcome
    reason: str = ""
    score: float = 0.0

    @property
    def through(self) -> bool:
        """Whether a model would have been asked to make it."""
        return self.outcome is Outcome.ALLOW


def attempts(judge: Judge, seeds: Iterable[Seed], plan: Plan) -> Iterator[Attempt]:
    """Try every seed under a plan, in order; a text that two chains of one seed share is tried once."""
    for seed in seeds:
        tried: set[str] = set()
        for chain in plan.of(seed):
            text = chained(chain, seed.value, Random(f"{plan.chance} {seed.value!a} {chain}"))
            if text not in tried:
                tried.add(text)
                yield _tried(judge, seed, chain, text)


def _tried(judge: Judge, seed: Seed, chain: Chain, text: str) -> Attempt:
    try:
        decision = judge.decide(REQUEST, {"prompt": text})
    except TouchmarkError as error:
        return Attempt(seed, chain, text, Outcome.ERROR, error.code)
    except Exception as error:  # a defect to be told, not a reason to lose the rest of the campaign
        return Attempt(seed, chain, text, Outcome.CRASH, error.__class__.__name__)
    reason, score = _reason(decision)
    return Attempt(seed, chain, text, Outcome(decision.action.value), reason, score)


def _reason(decision: Decision) -> tuple[str, float]:
    if not decision.decisive:
        return "", 0.0
    first = decision.decisive[0]
    return first.category.value, round(first.score, 4)
