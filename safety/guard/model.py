"""What the gate asks of a guard model, and what it may answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

from touchmark.provenance.errors import TouchmarkError
from touchmark.safety.decision import Category, Severity


class GuardError(TouchmarkError):
    """The guard model that the policy names cannot be used; nothing is cleared until it can."""

    code: ClassVar[str] = "safety.guard"


class GuardAnswerError(GuardError):
    """The guard model gave an answer that is none, so a person has to look."""

    code: ClassVar[str] = "safety.guard_answer"


@dataclass(frozen=True, slots=True)
class Flag:
    """Something that a guard model finds in a text.

    Attributes:
        category: in our terms.
        severity: high for what the model calls unsafe, medium for what it calls controversial or is less sure of.
        score: 0..1; 1 where the model gives none.
        label: in the model's terms.
    """

    category: Category
    severity: Severity
    score: float
    label: str


class GuardModel(Protocol):
    """A model that reads a prompt. Usable from many threads."""

    @property
    def name(self) -> str:
        """What it is called in findings."""

    def flags(self, text: str) -> tuple[Flag, ...]:
        """What speaks against a text, all of it, however long; nothing if it is safe.

        Raises:
            GuardAnswerError: it said neither.
        """
