"""How long work looks on a terminal: a bar a step, or a line that turns; on standard error, gone when it is done."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

Update = Callable[[str, int, int], None]
"""Called with (step, done, of all)."""
_PATIENCE = 2.0
"""Seconds before a progress bar is worth showing."""


@contextmanager
def shown() -> Iterator[Update]:
    """A callback that draws, from its first call on; draws nothing where standard error is no terminal."""
    with ExitStack() as stack:
        bars: list[Update] = []

        def update(step: str, done: int, of_all: int) -> None:
            if not sys.stderr.isatty():
                return
            if not bars:  # what draws takes longer to load than many a file to verify
                bars.append(stack.enter_context(_bars()))
            bars[0](step, done, of_all)

        yield update


@contextmanager
def patient() -> Iterator[Update]:
    """The same, of which nothing shows where all is done in a moment."""
    began = time.monotonic()
    with shown() as show:

        def update(step: str, done: int, of_all: int) -> None:
            if time.monotonic() - began > _PATIENCE:
                show(step, done, of_all)

        yield update


@contextmanager
def examining() -> Iterator[Callable[[int, int], None]]:
    """The same for the one step of examining files; called with (done, of all)."""
    with patient() as show:
        yield partial(show, "examining")


@contextmanager
def _bars() -> Iterator[Update]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description:<10}"), BarColumn(), TextColumn("{task.completed}"), TimeElapsedColumn())
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:

        def update(step: str, done: int, of_all: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step, total=of_all or None)
            bars.update(tasks[step], completed=done)

        yield update


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Says what is waited for where no end can be told, as a list is loaded; nothing where there is no terminal."""
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(Text(what)):
        yield
