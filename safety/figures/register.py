"""The operator's own figures: people added beside the shipped list, and those who asked not to be shown.

    line = RegisterLine(action="opt-out", id="ada-example", asked_by="the person", reviewer="r-17", at=now)
    decide(home.figures, line)  # touchmark.safety.figures.current

An append-only file of JSON lines in the operator's home. Every line says who decided, under a pseudonym, and when; an
opt-out also who asked, and a removal why. Nothing in it is ever rewritten: what holds today is worked out from all of
it. No release of touchmark is needed to add anybody, and a file with a fault in it is not used in part. Only what a
power cut or a full disk left of a last line is passed over: nobody was told that it was decided.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from touchmark.safety.figures.data import FigureData, FigureDataError, claim_forms
from touchmark.safety.figures.figure import Figure, FigureRole, FigureStatus
from touchmark.safety.figures.files import Name, Slug
from touchmark.safety.figures.forms import folded_name, on_one_line

REGISTER_FILE = "register.jsonl"
_MAX_BYTES = 64 * 2**20
_PSEUDONYM = r"^[A-Za-z-]{0,28}[0-9][A-Za-z0-9-]{0,28}$"
_Reviewer = Annotated[str, StringConstraints(pattern=_PSEUDONYM)]
"""A pseudonym with a digit in it, "r-17": what reviewers decide must not lead to their door."""
_Sentence = Annotated[str, StringConstraints(min_length=3, max_length=500, strip_whitespace=True)]


_Form = Annotated[Name, AfterValidator(on_one_line)]


def is_pseudonym(name: str) -> bool:
    """Whether a reviewer may be called so in the register."""
    return re.fullmatch(_PSEUDONYM, name) is not None


class RegisterError(FigureDataError):
    """The operator's register cannot take a line: it contradicts what stands in it."""

    code: ClassVar[str] = "safety.figure_register"
    exit_status: ClassVar[int] = 64


class RegisterAction(StrEnum):
    """What a line of the register does."""

    ADD = "add"
    OPT_OUT = "opt-out"
    REMOVE = "remove"
    """Takes back an opt-out if one stands, else an addition."""


class OperatorFigure(BaseModel):
    """A person as an operator describes them: a name is enough."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Slug
    name: _Form
    status: FigureStatus = FigureStatus.LIVING
    countries: tuple[Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")], ...] = ()
    roles: tuple[FigureRole, ...] = ()
    aliases: Annotated[tuple[_Form, ...], Field(max_length=200)] = ()
    native: Annotated[tuple[_Form, ...], Field(max_length=200)] = ()

    @property
    def forms(self) -> tuple[str, ...]:
        """Everything that they are called."""
        return self.name, *self.aliases, *self.native


class RegisterLine(BaseModel):
    """One decision about one person.

    Attributes:
        action: what is decided.
        id: whom it is about.
        figure: the person, where no list describes them yet.
        asked_by: who asked to be left out: the person, an estate, who speaks for them.
        reviewer: pseudonym of whoever decided.
        at: when.
        reason: why an entry was removed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    action: RegisterAction
    id: Slug
    figure: OperatorFigure | None = None
    asked_by: _Sentence | None = None
    reviewer: _Reviewer
    at: AwareDatetime
    reason: _Sentence | None = None

    @model_validator(mode="after")
    def _complete(self) -> RegisterLine:
        if self.action is RegisterAction.ADD and self.figure is None:
            raise ValueError("an addition describes the figure")
        if self.action is RegisterAction.OPT_OUT and self.asked_by is None:
            raise ValueError("an opt-out says in asked_by who asked")
        if self.action is RegisterAction.REMOVE and self.reason is None:
            raise ValueError("a removal gives its reason")
        if self.figure is not None and self.figure.id != self.id:
            raise ValueError(f"the figure has another id ({self.figure.id!r}) than the line ({self.id!r})")
        return self


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds for one person today.

    Attributes:
        added: the line that added them, if one did.
        opted_out: the line that left them out, if one did.
    """

    added: RegisterLine | None = None
    opted_out: RegisterLine | None = None

    @property
    def figure(self) -> OperatorFigure | None:
        """The person, if the register describes them."""
        described = (line.figure for line in (self.opted_out, self.added) if line is not None)
        return next((figure for figure in described if figure is not None), None)


@dataclass(frozen=True, slots=True)
class Register:
    """The register as it was read.

    Attributes:
        path: the file.
        lines: all decisions, oldest first.
        standing: what holds, by the id of the figure.
    """

    path: Path
    lines: tuple[RegisterLine, ...]
    standing: Mapping[str, Standing]

    @classmethod
    def read(cls, path: Path) -> Register:
        """Read a register; one that is not there yet is empty.

        Raises:
            FigureDataError: the file cannot be read, or a line breaks a rule; file, line and rule are named.
        """
        return cls._of(path, _whole_lines(path))

    @classmethod
    def _of(cls, path: Path, whole: bytes) -> Register:
        lines: list[RegisterLine] = []
        standing: dict[str, Standing] = {}
        for number, text in enumerate(whole.split(b"\n")[:-1], start=1):
            try:
                line = RegisterLine.model_validate_json(text)
            except (ValidationError, ValueError) as error:
                raise _faulty(path, number, _rule(error)) from error
            _apply(standing, line, f"{path}, line {number}")
            lines.append(line)
        return cls(path, tuple(lines), standing)

    def with_line(self, line: RegisterLine) -> Register:
        """The register with one more decision, not yet written down.

        Raises:
            RegisterError: it contradicts the register, as removing somebody who is not in it does.
        """
        standing = dict(self.standing)
        _apply(standing, line, str(self.path))
        return Register(self.path, (*self.lines, line), standing)

    @staticmethod
    def append(path: Path, line: RegisterLine, allowed: Callable[[Register], object]) -> Register:
        """Write a decision down, and return the register with it. Others may be writing: theirs comes first.

        Args:
            path: the register; made, if it is not there.
            line: the decision.
            allowed: raises if the register with the decision does not hold together; then nothing is written.

        Raises:
            RegisterError: it contradicts the register, as removing somebody who is not in it does.
            FigureDataError: the file is faulty.
            FigureDataError: it cannot be written; it is as it was then.
        """
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            create = 0 if os.path.lexists(path) else os.O_CREAT  # none is made where a link leads nowhere
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND | create, 0o600)
            with os.fdopen(descriptor, "ab", buffering=0) as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                whole, size = _whole_lines(path), os.fstat(descriptor).st_size
                register = Register._of(path, whole).with_line(line)
                allowed(register)
                file.truncate(min(size, len(whole)))  # what a power cut left of a line
                try:
                    rest = memoryview(whole[size:] + line.model_dump_json(exclude_none=True).encode() + b"\n")
                    while rest:
                        rest = rest[file.write(rest) :]
                    os.fsync(descriptor)
                except OSError:
                    file.truncate(min(size, len(whole)))
                    raise
        except OSError as error:
            raise FigureDataError(
                f"the register cannot be written ({error.strerror})",
                subject=str(path),
                remedy="Free the disk, or make the folder yours; nothing was decided.",
            ) from error
        return register


def register_line(told: Mapping[str, object]) -> RegisterLine:
    """A line from what a person typed.

    Raises:
        RegisterError: it breaks a rule, which is named.
    """
    try:
        return RegisterLine.model_validate(told)
    except ValidationError as error:
        raise RegisterError(
            _rule(error), subject=str(told.get("id", "")), remedy="See touchmark figures --help."
        ) from error


def slug_of(name: str) -> str:
    """An id made from a name; its Unicode code points, where no Latin letter is in it.

    Raises:
        RegisterError: nothing is in it at all.
    """
    words = re.findall("[a-z0-9]+", folded_name(name)) or [f"{ord(letter):x}" for letter in folded_name(name)]
    if not words:
        raise RegisterError("the name holds no letter", subject=name[:100], remedy="Give a name, or an id with --id.")
    return "-".join(words)[:80].rstrip("-")


def with_register(data: FigureData, register: Register) -> FigureData:
    """A list of figures with an operator's additions and opt-outs.

    Who opted out keeps the forms they gave, whoever else they mean: of two people of one name the one who asked is
    left alone.

    Raises:
        FigureDataError: an addition has a form that means somebody else, or an opt-out is about nobody known.
    """
    figures = {figure.id: figure for figure in data.figures}
    forms = dict(data.forms)
    for person, standing in register.standing.items():
        opted_out = standing.opted_out is not None
        if standing.figure is not None:
            given = standing.figure
            line = standing.opted_out or standing.added
            assert line is not None
            figure = Figure(
                given.id, given.name, given.status, given.countries, given.roles, given.aliases, given.native,
                line.at.date(), opted_out,
            )  # fmt: skip
            if person in data.by_id and not opted_out:
                raise FigureDataError(
                    f"the addition {person!r} has the id of a figure in the list",
                    subject=str(register.path),
                    remedy="Remove it with touchmark figures remove, or add it under another id.",
                )
            claim_forms(register.path, figure, forms, over=opted_out)
        elif person in figures:
            figure = replace(figures[person], opted_out=True)
            claim_forms(register.path, figure, forms, over=True)
        else:
            raise FigureDataError(
                f"the opt-out of {person!r} is about nobody in the lists",
                subject=str(register.path),
                remedy="Describe the person in the opt-out: name, aliases, native forms.",
            )
        figures[person] = figure
    return replace(data, figures=tuple(figures.values()), forms=forms)


def _whole_lines(path: Path) -> bytes:
    """What a file holds in whole lines, the last of which may have lost its end."""
    if not os.path.lexists(path):  # a link that leads nowhere is no absent file: what it holds is out of reach
        return b""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise FigureDataError(
                f"the register holds more than {_MAX_BYTES >> 20} MiB",
                subject=str(path),
                remedy="Import a list instead.",
            )
        content = path.read_bytes()
    except OSError as error:
        raise FigureDataError(
            f"the register cannot be read: {error}", subject=str(path), remedy="Restore the file from a backup."
        ) from error
    end = content.rfind(b"\n") + 1  # and no other end of a line, such as U+2028, which a name may hold
    try:
        RegisterLine.model_validate_json(content[end:])
    except ValidationError:
        return content[:end]
    return content + b"\n"


def _apply(standing: dict[str, Standing], line: RegisterLine, where: str) -> None:
    before = standing.get(line.id, Standing())
    match line.action:
        case RegisterAction.ADD if before.added or before.opted_out:
            raise _contradiction(where, line, "is in the register already", "Remove the entry first.")
        case RegisterAction.ADD:
            after = replace(before, added=line)
        case RegisterAction.OPT_OUT if before.opted_out:
            raise _contradiction(where, line, "has opted out already", "Nothing is to be done.")
        case RegisterAction.OPT_OUT:
            after = replace(before, opted_out=line)
        case RegisterAction.REMOVE if before == Standing():
            raise _contradiction(where, line, "is not in the register", "See touchmark figures register.")
        case _:
            after = replace(before, opted_out=None) if before.opted_out else Standing()
    if after == Standing():
        del standing[line.id]
    else:
        standing[line.id] = after


def _contradiction(where: str, line: RegisterLine, problem: str, remedy: str) -> RegisterError:
    return RegisterError(f"{line.id!r} {problem}", subject=where, remedy=remedy)


def _faulty(path: Path, number: int, rule: str) -> FigureDataError:
    return FigureDataError(
        f"line {number}: {rule}", subject=str(path), remedy="Restore the file from a backup; no line is ever edited."
    )


def _rule(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    fault = error.errors(include_url=False)[0]
    return f"{'.'.join(map(str, fault['loc'])) or 'the line'}: {fault['msg']}"
