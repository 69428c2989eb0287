"""A campaign's record: JSON lines, one an attempt, written so that a kill or a power cut loses the last seed at most.

    with LogWriter.create(path, Head(...)) as log:
        for attempt in attempts(...):
            log.add(attempt)

    record = read_log(path)          # record.complete is False for one that was cut short
    with LogWriter.resume(path, record) as log: ...   # goes on behind the last seed that is whole

The first line says what was tried on what, the last how much it was. A line is written in one piece and reaches the
disk when its seed is done. One campaign writes a log at a time. The log holds the prompts: keep it as you keep the
seeds.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from touchmark.provenance.durability import flush
from touchmark.provenance.errors import TouchmarkError
from touchmark.safety.redteam.campaign import DEEPEST, Attempt, Outcome, Plan
from touchmark.safety.redteam.seeds import Seed

_MAX_BYTES = 2_000_000_000
_END = b'"kind": "end"'


class RedteamLogError(TouchmarkError):
    """A log of a campaign cannot be written, or read as one."""

    code: ClassVar[str] = "safety.redteam_log"
    exit_status: ClassVar[int] = 3


@dataclass(frozen=True, slots=True)
class Head:
    """What a campaign tried, and on what.

    Attributes:
        policy, policy_digest: the policy that decided.
        classifier: SHA-256 of the weights that scored.
        plan: what was tried on each seed.
        seeds: names of the files of seeds.
        started: when, with zone.
    """

    policy: str
    policy_digest: str
    classifier: str
    plan: Plan
    seeds: tuple[str, ...]
    started: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """A campaign as its log tells it.

    Attributes:
        complete: whether the log has its last line, and holds what that says.
    """

    head: Head
    attempts: tuple[Attempt, ...]
    complete: bool

    def resumable(self) -> Record:
        """The same without the attempts of the last seed, some of which may be missing; a complete one as it is."""
        if self.complete or not self.attempts:
            return self
        last = self.attempts[-1].seed.value
        kept = tuple(takewhile(lambda attempt: attempt.seed.value != last, self.attempts))
        return replace(self, attempts=kept)

    def require_same(self, head: Head, seeds: Collection[str], path: Path) -> None:
        """Check that a campaign under this head and with these seeds would try the same on the same gate.

        Raises:
            RedteamLogError: it would not; says in what it differs.
        """
        names = {
            "policy_digest": "the policy",
            "classifier": "the classifier's weights",
            "plan": "--depth, --chains or --chance",
            "seeds": "the files of seeds",
        }
        differs = [told for name, told in names.items() if getattr(self.head, name) != getattr(head, name)]
        if not differs and any(attempt.seed.value not in seeds for attempt in self.attempts):
            differs = [names["seeds"]]
        if differs:
            raise RedteamLogError(
                f"the log is of another campaign: {', '.join(differs)} changed since it began",
                subject=str(path),
                remedy="Give what it was begun with, or begin a new campaign in a new file.",
            )


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


L = TypeVar("L", bound=_Line)


class _HeadLine(_Line):
    kind: Literal["campaign"]
    version: Literal[1]
    policy: str
    policy_sha256: str
    classifier_sha256: str
    depth: Annotated[int, Field(ge=1, le=DEEPEST)]
    chains: Annotated[int, Field(ge=0)]
    chance: int
    seeds: tuple[str, ...]
    started: AwareDatetime


class _AttemptLine(_Line):
    kind: Literal["attempt"]
    seed: str
    category: str
    language: str
    source: str
    chain: tuple[str, ...]
    text: str
    outcome: Outcome
    reason: str
    score: float


class _EndLine(_Line):
    kind: Literal["end"]
    attempts: int


class LogWriter:
    """Appends attempts; a context that writes the last line when it ends without an error."""

    __slots__ = ("_count", "_descriptor", "_seed", "path")

    def __init__(self, path: Path, descriptor: int) -> None:
        """Prefer :meth:`create`."""
        self.path = path
        self._descriptor = descriptor
        self._count = 0
        self._seed = ""

    @classmethod
    def create(cls, path: Path, head: Head) -> LogWriter:
        """Begin a log; readable by its owner alone.

        Raises:
            RedteamLogError: it exists, or cannot be written.
        """
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        except OSError as error:
            remedy = "Give another name; a log is never written over." if path.exists() else ""
            raise RedteamLogError(
                f"the log cannot be begun ({error.strerror})", subject=str(path), remedy=remedy
            ) from error
        _lock(path, descriptor)
        log = cls(path, descriptor)
        log._write(_head_line(head))
        log._flush()
        flush(path.absolute().parent)
        return log

    @classmethod
    def resume(cls, path: Path, record: Record) -> LogWriter:
        """Go on with a log that was cut short: what stands behind the attempts of the record is cut off.

        Args:
            record: from :func:`read_log`, less the attempts that are to be made again; see :meth:`Record.resumable`.

        Raises:
            RedteamLogError: it cannot be written, was ended, or another campaign writes it.
        """
        descriptor = -1
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
            _lock(path, descriptor)
            whole = path.read_bytes().split(b"\n")[:-1]
            if _END in whole[-1]:
                raise RedteamLogError(
                    "the log has its last line: there is nothing to go on with",
                    subject=str(path),
                    remedy="Begin a new campaign in a new file.",
                )
            kept = sum(len(line) + 1 for line in whole[: 1 + len(record.attempts)])
            os.ftruncate(descriptor, kept)
        except BaseException as error:
            if descriptor >= 0:
                os.close(descriptor)
            if not isinstance(error, OSError):
                raise
            raise RedteamLogError(f"the log cannot be gone on with ({error.strerror})", subject=str(path)) from error
        log = cls(path, descriptor)
        log._count = len(record.attempts)
        log._seed = record.attempts[-1].seed.value if record.attempts else ""
        return log

    def add(self, attempt: Attempt) -> None:
        """Write one attempt; those of the seed before are on the disk then.

        Raises:
            RedteamLogError
        """
        if attempt.seed.value != self._seed:
            self._flush()
            self._seed = attempt.seed.value
        self._write(_attempt_line(attempt))
        self._count += 1

    def __enter__(self) -> LogWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._write({"kind": "end", "attempts": self._count})
            self._flush()
        finally:
            os.close(self._descriptor)

    def _write(self, line: dict[str, Any]) -> None:
        rest = memoryview(json.dumps(line).encode("ascii") + b"\n")
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError as error:
            raise self._unwritable(error) from error

    def _flush(self) -> None:
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> RedteamLogError:
        return RedteamLogError(
            f"the log cannot be written ({error.strerror})",
            subject=str(self.path),
            remedy="What it holds so far is whole; free the disk and begin another.",
        )


def _lock(path: Path, descriptor: int) -> None:
    """Keep a log to one campaign until it is closed: of two, each would cut off what the other has written."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise RedteamLogError(
            "another campaign writes this log", subject=str(path), remedy="Wait for it, or begin one in a new file."
        ) from error


def read_log(path: Path) -> Record:
    """Read a log; a last line that a crash cut off is passed over.

    Raises:
        RedteamLogError: it cannot be read, or a line is none of a log's; says which.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise RedteamLogError("the log is over 2 GB", subject=str(path))
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise RedteamLogError(f"the log cannot be read ({error.strerror})", subject=str(path)) from error
    whole = lines[:-1]  # what follows the last line end is nothing, or was cut off
    if not whole:
        raise RedteamLogError("the file is no log of a campaign", subject=str(path))
    head = _parsed(path, 1, whole[0], _HeadLine)
    ended = whole[1:] and _END in whole[-1]
    body = whole[1:-1] if ended else whole[1:]
    tried = tuple(_attempt(_parsed(path, at, line, _AttemptLine)) for at, line in enumerate(body, 2))
    complete = bool(ended) and _parsed(path, len(whole), whole[-1], _EndLine).attempts == len(tried)
    return Record(_head(head), tried, complete)


def _parsed(path: Path, at: int, line: bytes, model: type[L]) -> L:
    try:
        return model.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise RedteamLogError(
            f"the line is none of a campaign's log ({first['msg']})", subject=f"{path}:{at}"
        ) from error


def _head_line(head: Head) -> dict[str, Any]:
    return {
        "kind": "campaign",
        "version": 1,
        "policy": head.policy,
        "policy_sha256": head.policy_digest,
        "classifier_sha256": head.classifier,
        "depth": head.plan.depth,
        "chains": head.plan.chains,
        "chance": head.plan.chance,
        "seeds": list(head.seeds),
        "started": head.started.isoformat(timespec="seconds"),
    }


def _head(line: _HeadLine) -> Head:
    return Head(
        policy=line.policy,
        policy_digest=line.policy_sha256,
        classifier=line.classifier_sha256,
        plan=Plan(line.depth, line.chains, line.chance),
        seeds=line.seeds,
        started=line.started,
    )


def _attempt_line(attempt: Attempt) -> dict[str, Any]:
    return {
        "kind": "attempt",
        "seed": attempt.seed.value,
        "category": attempt.seed.category,
        "language": attempt.seed.language,
        "source": attempt.seed.source,
        "chain": list(attempt.chain),
        "text": attempt.text,
        "outcome": attempt.outcome.value,
        "reason": attempt.reason,
        "score": attempt.score,
    }


def _attempt(line: _AttemptLine) -> Attempt:
    seed = Seed(line.seed, line.category, line.language, line.source)
    return Attempt(seed, line.chain, line.text, line.outcome, line.reason, line.score)
