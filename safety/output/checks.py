"""Frames are looked at while they stream; whatever a check holds back is never published.

A check that finds something, that crashes, or that says what no check can say has not passed the video: the first
frame that it holds is not passed on, so that a release fails in the middle of its stream and leaves no file. Memory is
that of one frame, and there is no second pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Protocol

from touchmark.provenance.media.video import Frame
from touchmark.safety.decision import Action
from touchmark.safety.output.findings import NOT_CHECKED, OutputFinding, held
from touchmark.safety.output.sampling import Sampler


class Inspection(Protocol):
    """One video under one check."""

    def look(self, frame: Frame) -> Iterable[OutputFinding]:
        """What the next sampled frame shows."""

    def finish(self) -> Iterable[OutputFinding]:
        """What only the whole shows, after the last frame."""


class OutputCheck(Protocol):
    """A kind of inspection. Holds no state of a video, so that one check serves many."""

    @property
    def name(self) -> str:
        """What the check is called in findings and in the ledger."""

    @property
    def interval(self) -> Fraction:
        """Seconds between the frames it looks at; zero for every frame. The first is always among them."""

    def inspect(self) -> Inspection:
        """Begin with a new video."""


def checked(frames: Iterator[Frame], checks: Sequence[OutputCheck]) -> Iterator[Frame]:
    """The same frames, each passed on only after the checks that sample it have looked at it.

    The consumer must exhaust the iterator: checks of the whole speak after the last frame.

    Raises:
        OutputHeldError: from the iterator, at the first finding that calls for more than to allow.
    """
    run = _Run(checks)
    _require_none(run.begin())
    for frame in frames:
        _require_none(run.look(frame))
        yield frame
    _require_none(run.finish())


def examined(frames: Iterable[Frame], checks: Sequence[OutputCheck]) -> tuple[OutputFinding, ...]:
    """Everything that the checks find in a whole video, strictest first; what is found again and again told once."""
    run = _Run(checks)
    found: dict[object, OutputFinding] = {}

    def keep(findings: Iterable[OutputFinding]) -> None:
        for finding in findings:
            before = found.get(finding.kind)
            found[finding.kind] = before.joined(finding) if before else finding

    keep(run.begin())
    for frame in frames:
        keep(run.look(frame))
    keep(run.finish())
    return tuple(sorted(found.values(), key=lambda finding: (-finding.action.severity, finding.start)))


def _require_none(findings: Iterable[OutputFinding]) -> None:
    worst = max(findings, key=lambda finding: finding.action.severity, default=None)
    if worst is not None and worst.action is not Action.ALLOW:
        raise held(worst)


class _Run:
    """All checks over one video. A check that fails is not asked again; its failure is a finding."""

    def __init__(self, checks: Sequence[OutputCheck]) -> None:
        self._checks = checks
        self._running: list[tuple[OutputCheck, Inspection, Sampler]] = []

    def begin(self) -> list[OutputFinding]:
        findings: list[OutputFinding] = []
        for check in self._checks:
            try:
                self._running.append((check, check.inspect(), Sampler(check.interval)))
            except (Exception, SystemExit) as error:
                findings.append(_failed(check, error, Fraction(0)))
        return findings

    def look(self, frame: Frame) -> list[OutputFinding]:
        due = [running for running in self._running if running[2].takes(frame.time)]
        return self._ask(due, lambda inspection: inspection.look(frame), frame.time)

    def finish(self) -> list[OutputFinding]:
        return self._ask(list(self._running), lambda inspection: inspection.finish(), Fraction(0))

    def _ask(
        self,
        running: list[tuple[OutputCheck, Inspection, Sampler]],
        ask: Callable[[Inspection], Iterable[OutputFinding]],
        time: Fraction,
    ) -> list[OutputFinding]:
        findings: list[OutputFinding] = []
        for entry in running:
            check, inspection, _ = entry
            try:
                said = tuple(ask(inspection))
                if not all(isinstance(finding, OutputFinding) for finding in said):
                    raise TypeError("the check gave what is no finding")
                findings += said
            except (Exception, SystemExit) as error:
                self._running.remove(entry)
                findings.append(_failed(check, error, time))
        return findings


def _failed(check: OutputCheck, error: BaseException, time: Fraction) -> OutputFinding:
    return OutputFinding(
        check=check.name,
        action=Action.REVIEW,
        category=None,
        reason_code=NOT_CHECKED,
        score=1.0,
        explanation=f"The check failed ({type(error).__name__}: {error}), so the video is held.",
        start=time,
        end=time,
    )
