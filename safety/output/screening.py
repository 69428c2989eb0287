"""A whole video under a policy: every check that the policy and the operator's banks call for, one pass, one decision.

screening = screen_video(Path("upload.mp4"), Policy.load("default"), load_banks(banks_folder(home)))
screening.action, screening.findings
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from touchmark.provenance.media.counting import Tell, counted, expected_pictures
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.wording import number_of
from touchmark.safety.decision import Action, AgeProfile
from touchmark.safety.output.bank import Bank
from touchmark.safety.output.checks import OutputCheck, examined
from touchmark.safety.output.detector import Detector, DetectorCheck
from touchmark.safety.output.findings import NOT_CHECKED, OutputFinding, Ruling
from touchmark.safety.output.matching import BankCheck, BankIndex
from touchmark.safety.output.picture import default_checks
from touchmark.safety.policy import Policy
from touchmark.safety.stages import DetectorKind, DetectorRule


@dataclass(frozen=True, slots=True)
class OutputScreening:
    """What a policy says about a video.

    Attributes:
        action: the strictest action of the findings, or ALLOW.
        findings: strictest first.
        checks: the names of the checks that looked.
        banks: the names of the hash banks that were searched.
        damage: packets that could not be decoded; what they showed was seen by no check.
        policy_name, policy_digest: the policy that decided.
        appeal: whom the policy tells users to ask when a decision seems wrong.
    """

    action: Action
    findings: tuple[OutputFinding, ...]
    checks: tuple[str, ...]
    banks: tuple[str, ...]
    damage: int
    policy_name: str
    policy_digest: str
    appeal: str

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "action": self.action.value,
            "policy": {"name": self.policy_name, "sha256": self.policy_digest},
            "checks": list(self.checks),
            "banks": list(self.banks),
            "damage": self.damage,
            "findings": [finding.as_dict() for finding in self.findings],
            "appeal": self.appeal,
        }


def output_checks(
    policy: Policy, banks: Sequence[Bank] = (), age: AgeProfile = AgeProfile.ADULT
) -> tuple[OutputCheck, ...]:
    """Every check that looks at a video under this policy: those of every release, the banks, the policy's own.

    Raises:
        DetectorError: a detector that the policy names cannot be used.
    """
    ruling = Ruling(policy, age)
    checks: list[OutputCheck] = list(default_checks())
    if any(bank.videos for bank in banks):
        checks.append(BankCheck(BankIndex(banks), ruling))
    checks += (DetectorCheck(_detector(rule.use, rule.folder), rule, ruling) for rule in policy.output.detectors)
    if policy.output.faces is not None:
        from touchmark.safety.output.faces import DlibRecogniser, FaceCheck

        recogniser = DlibRecogniser() if policy.output.faces.consented else None
        checks.append(FaceCheck(policy.output.faces, ruling, recogniser))
    return tuple(checks)


def screen_video(
    path: Path,
    policy: Policy,
    banks: Sequence[Bank] = (),
    *,
    age: AgeProfile = AgeProfile.ADULT,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    tell: Tell | None = None,
) -> OutputScreening:
    """Look at any video, whoever made it.

    Args:
        path: the video; hostile until shown otherwise.
        banks: hash banks to search.
        age: for whom it is screened.
        limits: what reading it may cost.
        tell: told of every picture.

    Raises:
        MediaError: it cannot be read, or costs more than the limits allow; nothing is known of it.
        DetectorError: a detector that the policy names cannot be used.
    """
    checks = output_checks(policy, banks, age)
    with open_video(path, limits) as video:
        found = examined(counted(video.frames(), tell, expected_pictures(video.info)), checks)
        damage, tracks = video.damage, video.picture_tracks
    unseen = (_unread(damage),) * (damage > 0) + (_untouched(tracks),) * (tracks > 1)
    found = tuple(sorted((*found, *unseen), key=lambda finding: -finding.action.severity))
    return OutputScreening(
        action=found[0].action if found else Action.ALLOW,
        findings=found,
        checks=tuple(check.name for check in checks),
        banks=tuple(bank.name for bank in banks),
        damage=damage,
        policy_name=policy.name,
        policy_digest=policy.digest(),
        appeal=policy.appeal,
    )


def _unread(damage: int) -> OutputFinding:
    return _unseen(
        f"{number_of(damage, 'packet')} could not be decoded or damaged; other players may show what is in them."
    )


def _untouched(tracks: int) -> OutputFinding:
    return _unseen(f"There are {tracks} picture tracks and the first was looked at; players may show another.")


def _unseen(why: str) -> OutputFinding:
    return OutputFinding(
        check="decoding", action=Action.REVIEW, category=None, reason_code=NOT_CHECKED, score=1.0, explanation=why
    )


@cache
def _detector(use: DetectorKind, folder: Path | None) -> Detector:
    """Weights take seconds to load: once a process."""
    if use is DetectorKind.NUDENET:
        from touchmark.safety.output.nudenet import NudeNetDetector

        return NudeNetDetector()
    from touchmark.safety.output.image_classifier import ImageClassifier

    assert folder is not None
    return ImageClassifier(folder)


__all__ = ["Detector", "DetectorRule", "OutputScreening", "output_checks", "screen_video"]
