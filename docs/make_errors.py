"""Write docs/errors.md: every error a user can meet, from the code itself. `python docs/make_errors.py`"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from pathlib import Path

import touchmark
from touchmark.provenance.errors import TouchmarkError

PAGE = Path(__file__).parent / "errors.md"
ROOMS = ("provenance", "safety", "detectors", "generation", "cli")
HEAD = """# Errors

For operators, and for programs that call touchmark: look a code up and know what happened. Every error says what it
concerns, what is wrong, what to do about it, and a code to search for. With `--json` the same is one object on standard
output, `{"error": code, "subject": ..., "problem": ..., "remedy": ...}`; of a prompt that is not made it holds the
gate's `decision` too, as `touchmark screen --json` prints it. In Python every error is a `TouchmarkError` with these
fields and `as_dict()`. This page is written by `python docs/make_errors.py` from the code; a test keeps it in step.

| code | exit | what happened | raised as |
| --- | --- | --- | --- |
"""


def errors() -> list[type[TouchmarkError]]:
    """All error classes of all rooms, by code."""
    for room in ROOMS:
        package = importlib.import_module(f"touchmark.{room}")
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not module.name.startswith("touchmark.generation.embedded"):  # models and training; torch
                importlib.import_module(module.name)
    found: set[type[TouchmarkError]] = set()
    waiting = [TouchmarkError]
    while waiting:
        subclasses = [c for c in waiting.pop().__subclasses__() if c.__module__.startswith(touchmark.__name__ + ".")]
        found.update(subclasses)
        waiting.extend(subclasses)
    return sorted(found, key=lambda error: (error.code, error.__name__))


def page() -> str:
    """The whole page."""
    rows = (f"| `{e.code}` | {e.exit_status} | {_said(e)} | `{e.__module__}.{e.__name__}` |" for e in errors())
    return HEAD + "\n".join(rows) + "\n"


def _said(error: type[TouchmarkError]) -> str:
    """The first line of what is said of an error."""
    return (inspect.getdoc(error) or "").partition("\n")[0]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
