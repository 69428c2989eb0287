"""Ask a key that is elsewhere, for so long and no longer.

    signature = within(60.0, lambda: callback(data), "token=studio")

A token's driver that hangs can be neither called back nor interrupted, not even by Ctrl-C, and a vendor's own limits
start anew with each byte that drips in. So whoever asks waits beside the call, and leaves it behind in its thread.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import Final, TypeVar

from touchmark.provenance.signing.errors import SignerUnreachableError

PATIENCE: Final = 60.0
"""Seconds: twice what the vendors' libraries take with their own attempts, and time to touch a token that wants it."""

_T = TypeVar("_T")


def within(seconds: float, ask: Callable[[], _T], subject: str) -> _T:
    """What ``ask`` returns or raises.

    Raises:
        SignerUnreachableError: it did neither in time. It may do so later, and nobody looks.
    """
    answer: Future[_T] = Future()

    def run() -> None:
        try:
            answer.set_result(ask())
        except BaseException as error:
            answer.set_exception(error)

    Thread(target=run, name="signer", daemon=True).start()  # a daemon: the process can end all the same
    try:
        return answer.result(seconds)
    except TimeoutError:
        if answer.done():  # its own, or just in time
            return answer.result()
        raise SignerUnreachableError(
            f"the signer did not answer within {seconds:g} seconds",
            subject=subject,
            remedy="Check that what holds the key (token, driver, network) is up, and try again. Nothing was signed.",
        ) from None
