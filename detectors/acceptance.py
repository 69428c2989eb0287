"""Which verdicts are good enough: the operator's side of verification, and the exit codes that scripts rely on.

    Acceptance().exit_status(verdict.outcome)     # 0, 1 or 2

The verdict says what a file is; whether that may pass is a separate question with a separate answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from touchmark.detectors.verdict import Outcome


class ExitStatus(IntEnum):
    """What ``touchmark verify`` leaves with. For several files, the one that needs most attention."""

    ACCEPTED = 0
    """The origin is known and policy accepts it."""
    REFUSED = 1
    """Evidence of tampering, evidence that contradicts itself, or an origin that policy does not accept."""
    NOTHING_FOUND = 2
    """No evidence of origin. Not evidence of authenticity."""
    UNREADABLE = 3
    """The file could not be read."""

    @classmethod
    def worst(cls, statuses: list[ExitStatus]) -> ExitStatus:
        """Of several files: refused before unreadable before nothing found before accepted."""
        order = (cls.ACCEPTED, cls.NOTHING_FOUND, cls.UNREADABLE, cls.REFUSED)
        return max(statuses, key=order.index, default=cls.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A verification policy.

    Attributes:
        accepted: outcomes that pass. Tampered and contradictory files never pass, whatever stands here.
    """

    accepted: frozenset[Outcome] = frozenset({Outcome.GENERATED, Outcome.CAPTURED})

    def __post_init__(self) -> None:
        if self.accepted & {Outcome.TAMPERED, Outcome.CONTRADICTORY}:
            raise ValueError("a policy cannot accept tampered or contradictory files")

    def accepts(self, outcome: Outcome) -> bool:
        """Whether a file with this outcome passes."""
        return outcome in self.accepted

    def exit_status(self, outcome: Outcome) -> ExitStatus:
        """The exit status that stands for this outcome."""
        if self.accepts(outcome):
            return ExitStatus.ACCEPTED
        return ExitStatus.NOTHING_FOUND if outcome is Outcome.UNKNOWN else ExitStatus.REFUSED
