"""Waits for code that may never come back, no longer than told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, work: Callable[[], T]) -> T:
    """What ``work`` returns, or raises, if it does so in time.

    Python cannot stop a thread: work that hangs goes on in the background, where it holds up neither the caller nor the
    end of the process, and its result is lost.

    Raises:
        TimeoutError: it did not.
        RuntimeError: it tried to end the process.
    """
    answers: list[T] = []
    errors: list[Exception] = []

    def run() -> None:
        try:
            answers.append(work())
        except Exception as error:
            errors.append(error)
        except BaseException as error:
            errors.append(RuntimeError(f"it raised {type(error).__name__}"))

    thread = threading.Thread(target=run, name="bounded", daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not answers:
        raise TimeoutError(f"no answer within {seconds:g} s")
    return answers[0]
