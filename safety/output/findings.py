"""What was found in a video, where, and what follows from it. Types only; checks find, policies decide."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, ClassVar, Final

from touchmark.provenance.errors import TouchmarkError
from touchmark.safety.decision import Action, AgeProfile, Category, Severity
from touchmark.safety.policy import Policy

NOT_CHECKED: Final = "V000"
"""The reason code of every policy for pictures that are none and for checks that fail."""


@dataclass(frozen=True, slots=True)
class OutputFinding:
    """One reason to hold a video.

    Attributes:
        check: the name of the check that found it.
        action: what it calls for.
        category: what was found; None where a check failed or the pictures are broken.
        reason_code: the policy's code for the category in outputs, or :data:`NOT_CHECKED`.
        score: 0..1; of a hash bank, the share of frames that matched.
        explanation: one sentence for the reviewer.
        start, end: times in seconds of the first and the last frame that shows it.
        frames: how many of the frames that were looked at show it.
        reviewers: the groups of reviewers whom the policy lets decide about it.
        what: what exactly: a label of the detector, a video of the bank.
    """

    check: str
    action: Action
    category: Category | None
    reason_code: str
    score: float
    explanation: str
    start: Fraction = Fraction(0)
    end: Fraction = Fraction(0)
    frames: int = 0
    reviewers: tuple[str, ...] = ()
    what: str = ""

    @property
    def kind(self) -> tuple[str, Category | None, str, Action]:
        """Findings of the same kind are told as one."""
        return self.check, self.category, self.what, self.action

    def joined(self, later: OutputFinding) -> OutputFinding:
        """This and a later finding of the same kind as one; the higher score explains it."""
        best = max(self, later, key=lambda finding: finding.score)
        return replace(best, start=self.start, end=later.end, frames=self.frames + later.frames)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "check": self.check,
            "action": self.action.value,
            "category": self.category.value if self.category else None,
            "reason_code": self.reason_code,
            "what": self.what,
            "score": round(self.score, 4),
            "start": round(float(self.start), 3),
            "end": round(float(self.end), 3),
            "frames": self.frames,
            "explanation": self.explanation,
            "reviewers": list(self.reviewers),
        }


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a policy says about outputs for one user.

    Attributes:
        policy: the policy in force.
        age: the profile of the user for whom it was made.
    """

    policy: Policy
    age: AgeProfile = AgeProfile.ADULT

    def finding(
        self,
        category: Category,
        severity: Severity,
        *,
        check: str,
        score: float,
        explanation: str,
        what: str,
        at: tuple[Fraction, Fraction],
        frames: int = 1,
        least: Action = Action.ALLOW,
    ) -> OutputFinding:
        """A finding with the action and the codes of the policy.

        Args:
            at: times of the first and last frame.
            least: what it calls for where the policy is milder.
        """
        rule = self.policy.rule(category)
        action = max(rule.action(severity, self.age), least, key=lambda action: action.severity)
        return OutputFinding(
            check=check,
            action=action,
            category=category,
            reason_code=rule.reason_codes.output,
            score=score,
            explanation=explanation,
            start=at[0],
            end=at[1],
            frames=frames,
            reviewers=rule.reviewers,
            what=what,
        )


class OutputHeldError(TouchmarkError):
    """A check refuses the video; it is not published."""

    code: ClassVar[str] = "safety.output_held"
    exit_status: ClassVar[int] = 1

    def __init__(self, finding: OutputFinding) -> None:
        super().__init__(
            f"{finding.explanation.rstrip('.')} [{finding.reason_code}]",
            subject=finding.check,
            remedy="Nothing was published. Another seed or prompt may give another video; what is in a hash bank, "
            "its owner must take out first.",
        )
        self.finding = finding


class OutputReviewError(OutputHeldError):
    """A check could not clear the video: a person has to look at it; it is not published."""

    code: ClassVar[str] = "safety.output_review"
    exit_status: ClassVar[int] = 2


def held(finding: OutputFinding) -> OutputHeldError:
    """The error that stops a release for this finding."""
    return (OutputHeldError if finding.action is Action.REFUSE else OutputReviewError)(finding)
