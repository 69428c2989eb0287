"""Waits for code that may never come back, no longer than told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class _Answer(Generic[T]):
    def __init__(self) -> None:
        self.value: list[T] = []
        self.error: BaseException | None = None


def within(seconds: float, work: Callable[[], T]) -> T:
    """What ``work`` returns, or raises, if it does so in time.

    Python cannot stop a thread: work that hangs goes on in the background, where it holds up neither the caller nor the
    end of the process, and its result is lost.

    Raises:
        TimeoutError: it did not.
    """
    answer = _Answer[T]()

    def run() -> None:
        try:
            answer.value.append(work())
        except BaseException as error:
            answer.error = error

    thread = threading.Thread(target=run, name="bounded", daemon=True)
    thread.start()
    thread.join(seconds)
    if answer.error is not None:
        raise answer.error
    if not answer.value:
        raise TimeoutError(f"no answer within {seconds:g} s")
    return answer.value[0]
