"""Holds a file against disclosure profiles, line by line.

    compliance = hold(verification, [Profile.load("eu-ai-act")], verifier.sources.anchors)
    compliance.passes, [line for line in compliance.lines if line.result is Result.FAIL]

The facts come from the same verification that gives the verdict. Passing is no legal advice and no licence: it says
that what a profile lists was found in the file, by the means that the profile names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from touchmark.detectors.disclosure.checks import MismatchError
from touchmark.detectors.disclosure.facts import Facts
from touchmark.detectors.disclosure.gathering import gather_facts
from touchmark.detectors.disclosure.profile import Line, Profile
from touchmark.detectors.verify import Verification
from touchmark.provenance.media.limits import Limits


class Result(StrEnum):
    """What became of one line."""

    PASS = "pass"
    FAIL = "fail"
    NOT_EXAMINED = "not_examined"
    """A line that this one rests on failed. Never a pass."""


@dataclass(frozen=True, slots=True)
class LineResult:
    """One line of one profile, held against a file.

    Attributes:
        line: the line.
        result: what became of it.
        problem: what does not match, or on which line it rests; empty where it passes. Safe to show.
    """

    line: Line
    result: Result
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ProfileResult:
    """One profile, held against a file.

    Attributes:
        profile: the profile.
        lines: one for each of its checks, in order.
    """

    profile: Profile
    lines: tuple[LineResult, ...]

    @property
    def passes(self) -> bool:
        """Whether every line passes."""
        return all(line.result is Result.PASS for line in self.lines)


@dataclass(frozen=True, slots=True)
class Compliance:
    """A file, held against profiles.

    Attributes:
        verification: what is known of the file.
        facts: the same as facts.
        profiles: one result for each.
    """

    verification: Verification
    facts: Facts
    profiles: tuple[ProfileResult, ...]

    @property
    def passes(self) -> bool:
        """Whether every line of every profile passes."""
        return all(profile.passes for profile in self.profiles)

    @property
    def failures(self) -> tuple[LineResult, ...]:
        """Lines that fail."""
        return tuple(line for one in self.profiles for line in one.lines if line.result is Result.FAIL)


def hold(
    verification: Verification,
    profiles: Sequence[Profile],
    anchors: bytes,
    *,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    segments: Sequence[Path] = (),
) -> Compliance:
    """Hold the file that was verified against each of ``profiles``.

    Args:
        verification: of the file.
        profiles: to hold it against.
        anchors: PEM of the roots whose signers are believed, as the verification had them.
        limits: of another pass over the pictures, where a visible label is asked for.
        segments: of the film that begins in the file, as the verification had them.

    Raises:
        MediaError: the file cannot be read.
    """
    wants_label = any(profile.looks_at_label for profile in profiles)
    facts = gather_facts(verification, anchors, look_for_label=wants_label, limits=limits, segments=segments)
    return Compliance(verification, facts, tuple(ProfileResult(one, judged(one, facts)) for one in profiles))


def judged(profile: Profile, facts: Facts) -> tuple[LineResult, ...]:
    """Every line of a profile, given the facts. Pure."""
    return tuple(_judged(profile, facts))


def _judged(profile: Profile, facts: Facts) -> Iterator[LineResult]:
    failed: set[str] = set()
    for line in profile.checks:
        if missing := [one for one in line.rests_on if one in failed]:
            failed.add(line.id)
            yield LineResult(line, Result.NOT_EXAMINED, f"rests on {', '.join(missing)}")
            continue
        try:
            line.verify.verify(facts)
        except MismatchError as mismatch:
            failed.add(line.id)
            yield LineResult(line, Result.FAIL, str(mismatch))
        else:
            yield LineResult(line, Result.PASS)
