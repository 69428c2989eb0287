"""The language of a profile's conditions: small objects with one ``verify``, each about one fact.

    check = AtLeast(fact=Fact.LABEL_SHARE, at_least=0.05)
    check.verify(facts)        # None, or raises MismatchError("watermark.state does not match (got ..., expected ...)")

The shape is that of sigstore-python's verification policies. In a file each is a mapping, and its keys say which one:
``{fact: watermark.state, is: verified}``, ``{any_of: [...]}``. There are no expressions: what cannot be said with these
needs another fact. A fact that is not known matches nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from touchmark.detectors.disclosure.facts import Fact, Facts, Value
from touchmark.detectors.text import safe_text
from touchmark.safety.document import Strict

_Word = Annotated[str, Field(min_length=1, max_length=200)]


class MismatchError(ValueError):
    """A condition that a file does not meet; the message says what does not match, what is there, what should be."""


class _Check(Strict, ABC):
    """What every check can do."""

    @abstractmethod
    def verify(self, facts: Facts) -> None:
        """Raises MismatchError where ``facts`` do not meet the condition."""

    @abstractmethod
    def mentioned(self) -> Iterator[Fact]:
        """The facts that it asks for."""


class _OfOne(_Check):
    """A check of one fact."""

    fact: Fact

    def mentioned(self) -> Iterator[Fact]:
        """See :class:`_Check`."""
        yield self.fact

    def _mismatch(self, facts: Facts, expected: str) -> MismatchError:
        got = _shown(facts.get(self.fact))
        why = facts.why(self.fact)
        return MismatchError(
            f"{self.fact.value} does not match (got {got}{f', because {why}' if why else ''}; expected {expected})"
        )


class Is(_OfOne):
    """The fact is this."""

    equals: bool | _Word = Field(alias="is")

    def verify(self, facts: Facts) -> None:
        """See :class:`_Check`."""
        value = facts.get(self.fact)
        if type(value) is not type(self.equals) or value != self.equals:
            raise self._mismatch(facts, _shown(self.equals))


class OneOf(_OfOne):
    """The fact is one of these."""

    one_of: Annotated[tuple[_Word, ...], Field(min_length=2)]

    def verify(self, facts: Facts) -> None:
        """See :class:`_Check`."""
        if facts.get(self.fact) not in self.one_of:
            raise self._mismatch(facts, f"one of {', '.join(self.one_of)}")


class AtLeast(_OfOne):
    """The fact is a number, and not below this."""

    at_least: Annotated[float, Field(allow_inf_nan=False)]

    def verify(self, facts: Facts) -> None:
        """See :class:`_Check`."""
        value = facts.get(self.fact)
        if isinstance(value, bool) or not isinstance(value, int | float) or value < self.at_least:
            raise self._mismatch(facts, f"at least {self.at_least:g}")


class Includes(_OfOne):
    """The fact is a list, and at least one of these is in it."""

    includes_any: Annotated[tuple[_Word, ...], Field(min_length=1)]

    def verify(self, facts: Facts) -> None:
        """See :class:`_Check`."""
        value = facts.get(self.fact)
        if not isinstance(value, tuple) or not set(value) & set(self.includes_any):
            raise self._mismatch(facts, f"a list with one of {', '.join(self.includes_any)}")


class Present(_OfOne):
    """The fact is known, and not empty (text has a letter or a digit); or, with ``false``, it is known to be empty."""

    present: bool

    def verify(self, facts: Facts) -> None:
        """See :class:`_Check`."""
        value = facts.get(self.fact)
        blank = isinstance(value, str) and not any(map(str.isalnum, value))  # blanks and dashes name nobody
        if self.present and (blank or value in (None, "", (), False)):
            raise self._mismatch(facts, "something")
        if not self.present and value not in ("", (), False):
            raise self._mismatch(facts, "nothing")


class AllOf(_Check):
    """Every one of these holds; the first that does not is named."""

    all_of: Annotated[tuple[Check, ...], Field(min_length=2)]

    def verify(self, facts: Facts) -> None:
        """See :class:`_Check`."""
        for check in self.all_of:
            check.verify(facts)

    def mentioned(self) -> Iterator[Fact]:
        """See :class:`_Check`."""
        for check in self.all_of:
            yield from check.mentioned()


class AnyOf(_Check):
    """At least one of these holds; where none does, all are named."""

    any_of: Annotated[tuple[Check, ...], Field(min_length=2)]

    def verify(self, facts: Facts) -> None:
        """See :class:`_Check`."""
        missed: list[str] = []
        for check in self.any_of:
            try:
                check.verify(facts)
            except MismatchError as mismatch:
                missed.append(str(mismatch))
            else:
                return
        raise MismatchError("; nor: ".join(missed))

    def mentioned(self) -> Iterator[Fact]:
        """See :class:`_Check`."""
        for check in self.any_of:
            yield from check.mentioned()


Check = Is | OneOf | AtLeast | Includes | Present | AllOf | AnyOf
AllOf.model_rebuild()
AnyOf.model_rebuild()


def _shown(value: Value) -> str:
    """A fact in words; text of the file is made safe to show."""
    if value is None:
        return "nothing known"
    if value in ("", ()):
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return safe_text(", ".join(value), 120)
    return f"{value:.3g}" if isinstance(value, float) else safe_text(value, 120)
