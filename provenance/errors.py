"""The one error family of touchmark.

Every error a user can meet derives from :class:`TouchmarkError` and says four things: a stable ``code`` to
search for, the ``subject`` it concerns (a file, a key, a prompt), what is wrong, and the ``remedy``. The command
line prints exactly that and leaves with ``exit_status``. Rooms define their own subclasses beside the code that
raises them; ``docs/errors.md`` lists them all.
"""

from __future__ import annotations

from typing import Any, ClassVar


class TouchmarkError(Exception):
    """Something a person can act on.

    Args:
        problem: what is wrong, one sentence, no trailing remedy.
        subject: what it concerns; a path, a key name, a policy rule.
        remedy: what to do about it, one sentence.
    """

    code: ClassVar[str] = "touchmark.error"
    """Stable, dotted, lower case: ``room.problem``."""

    exit_status: ClassVar[int] = 70
    """What the command line leaves with (``70`` is EX_SOFTWARE of sysexits.h: it could not be done)."""

    def __init__(self, problem: str, *, subject: str = "", remedy: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.subject = subject
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.subject}: {self.problem}" if self.subject else self.problem

    def diagnostics(self) -> str:
        """One line for a person: subject, problem, remedy, code."""
        problem = str(self).rstrip(".")
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{problem}.{remedy} [{self.code}]"

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON: the same, for a program."""
        return {"error": self.code, "subject": self.subject, "problem": self.problem, "remedy": self.remedy}
