"""What a campaign comes to: how many attempts got through, of which category, in which language, by which disguise.

    report = Report.of(attempts)
    change = compare(old_attempts, new_attempts)

Counts only. An attempt is *through* if the gate allows it; one that waits for a reviewer, is refused or is answered by
an error is stopped. A seed that gets through as it is written is *missed*: the gate does not know what it says. One
that is stopped as it is written and gets through in a disguise is a *bypass*: the gate cannot read the disguise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from touchmark.safety.redteam.campaign import Attempt, Chain, Outcome
from touchmark.safety.redteam.mutations import MUTATIONS


@dataclass(frozen=True, slots=True)
class Tally:
    """How many attempts of a kind were made, and got through."""

    attempts: int
    through: int

    @property
    def share(self) -> float:
        """0..1."""
        return self.through / self.attempts if self.attempts else 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """One campaign, counted.

    Attributes:
        total: of all attempts.
        outcomes: how many attempts ended in each way.
        cells: by category and language.
        techniques: by single disguise, in the order of the registry; of the seeds that are stopped as written.
        depths: by length of chain; of the same seeds, but for length 0.
        missed: the seeds that got through as they are written.
        bypasses: the attempts that got through in disguise and whose seeds do not without; shortest chains first.
    """

    total: Tally
    outcomes: dict[Outcome, int]
    cells: dict[tuple[str, str], Tally]
    techniques: dict[str, Tally]
    depths: dict[int, Tally]
    missed: tuple[Attempt, ...]
    bypasses: tuple[Attempt, ...]

    @classmethod
    def of(cls, attempts: Iterable[Attempt]) -> Report:
        """Count attempts."""
        made = tuple(attempts)
        outcomes = Counter(attempt.outcome for attempt in made)
        missed = tuple(a for a in made if a.through and not a.chain)
        unknown = {attempt.seed.value for attempt in missed}
        disguised = [a for a in made if a.chain and a.seed.value not in unknown]
        techniques = _tallies((a for a in disguised if len(a.chain) == 1), lambda a: a.chain[0])
        depths = _tallies((a for a in made if not a.chain), lambda _: 0) | _tallies(disguised, lambda a: len(a.chain))
        return cls(
            total=Tally(len(made), sum(attempt.through for attempt in made)),
            outcomes={outcome: outcomes[outcome] for outcome in Outcome},
            cells=dict(sorted(_tallies(made, lambda a: (a.seed.category, a.seed.language)).items())),
            techniques={name: techniques[name] for name in MUTATIONS if name in techniques},
            depths=dict(sorted(depths.items())),
            missed=missed,
            bypasses=tuple(sorted((a for a in disguised if a.through), key=lambda a: len(a.chain))),
        )

    @property
    def categories(self) -> dict[str, Tally]:
        """By category alone."""
        return _summed(self.cells, 0)

    @property
    def languages(self) -> dict[str, Tally]:
        """By language alone."""
        return _summed(self.cells, 1)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON; names seeds and chains, and leaves the disguised texts to the log."""
        return {
            "attempts": self.total.attempts,
            "through": self.total.through,
            "missed": [_told(attempt) for attempt in self.missed],
            "bypasses": [_told(attempt) for attempt in self.bypasses],
            "outcomes": {outcome.value: count for outcome, count in self.outcomes.items()},
            "categories": {name: _counts(tally) for name, tally in self.categories.items()},
            "languages": {name: _counts(tally) for name, tally in self.languages.items()},
            "cells": [
                {"category": category, "language": language, **_counts(tally)}
                for (category, language), tally in self.cells.items()
            ],
            "techniques": {name: _counts(tally) for name, tally in self.techniques.items()},
            "depths": {str(depth): _counts(tally) for depth, tally in self.depths.items()},
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two campaigns over the same seeds, attempt by attempt.

    Attributes:
        compared: attempts that both made, with the same text.
        opened: those that got through only in the new one.
        closed: those that got through only in the old one.
        only_old, only_new: how many attempts only one of them made.
    """

    compared: int
    opened: tuple[Attempt, ...]
    closed: tuple[Attempt, ...]
    only_old: int
    only_new: int

    def categories(self) -> dict[str, tuple[int, int]]:
        """How many were opened and closed, by category."""
        opened, closed = (Counter(a.seed.category for a in side) for side in (self.opened, self.closed))
        return {name: (opened[name], closed[name]) for name in sorted(opened | closed)}

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "compared": self.compared,
            "opened": [_told(attempt) for attempt in self.opened],
            "closed": [_told(attempt) for attempt in self.closed],
            "only_old": self.only_old,
            "only_new": self.only_new,
        }


def compare(old: Iterable[Attempt], new: Iterable[Attempt]) -> Comparison:
    """What changed between two campaigns; attempts count as the same if seed, chain and text are."""
    before, after = ({_key(attempt): attempt for attempt in side} for side in (old, new))
    shared = [key for key in after if key in before]
    return Comparison(
        compared=len(shared),
        opened=tuple(after[key] for key in shared if after[key].through and not before[key].through),
        closed=tuple(after[key] for key in shared if before[key].through and not after[key].through),
        only_old=len(before) - len(shared),
        only_new=len(after) - len(shared),
    )


def _key(attempt: Attempt) -> tuple[str, Chain, str]:
    return attempt.seed.value, attempt.chain, attempt.text


def _told(attempt: Attempt) -> dict[str, Any]:
    return {
        "seed": attempt.seed.value,
        "category": attempt.seed.category,
        "language": attempt.seed.language,
        "chain": list(attempt.chain),
        "outcome": attempt.outcome.value,
        "reason": attempt.reason,
    }


def _tallies(attempts: Iterable[Attempt], kind: Callable[[Attempt], Any]) -> dict[Any, Tally]:
    made: Counter[Any] = Counter()
    through: Counter[Any] = Counter()
    for attempt in attempts:
        made[kind(attempt)] += 1
        through[kind(attempt)] += attempt.through
    return {key: Tally(count, through[key]) for key, count in made.items()}


def _summed(cells: dict[tuple[str, str], Tally], part: int) -> dict[str, Tally]:
    summed: dict[str, Tally] = {}
    for key, tally in cells.items():
        before = summed.get(key[part], Tally(0, 0))
        summed[key[part]] = Tally(before.attempts + tally.attempts, before.through + tally.through)
    return dict(sorted(summed.items()))


def _counts(tally: Tally) -> dict[str, Any]:
    return {"attempts": tally.attempts, "through": tally.through, "share": round(tally.share, 4)}
