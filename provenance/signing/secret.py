"""Where a password or PIN comes from: a file, the environment, a person. Never the command line, never an address.

    read_secret("file:/run/secrets/pin", None, "the PIN of token=studio")

What is read is never shown, and errors name the place alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from touchmark.provenance.signing.errors import SecretError

Ask = Callable[[str], str]
"""Asks a person, given what for; the answer is not shown."""

_MAX_BYTES = 4096


def read_secret(source: str, ask: Ask | None, what: str) -> bytes:
    """The secret at ``file:PATH`` (its first line), ``env:NAME`` or ``prompt:``.

    Args:
        source: where it is.
        ask: how a person is asked; None where nobody is there.
        what: the secret is for, told to the person.

    Raises:
        SecretError: it is not there, is empty, or ``source`` is of another form.
    """
    kind, _, rest = source.partition(":")
    if kind == "file":
        secret = _first_line(Path(rest))
    elif kind == "env":
        secret = os.environ.get(rest, "").encode()
    elif kind == "prompt" and ask is not None:
        secret = ask(what).encode()
    elif kind == "prompt":
        raise SecretError("nobody is there to be asked", subject=what, remedy="Use file:PATH or env:NAME.")
    else:
        # What stands there may be the secret itself, so it is not repeated.
        raise SecretError(
            "the source of the secret is not of a known form",
            subject=what,
            remedy="Use file:PATH, env:NAME or prompt:.",
        )
    if not secret:
        raise SecretError("the secret is empty or not set", subject=what, remedy=f"Check {kind}:{rest}.")
    return secret


def _first_line(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.readline(_MAX_BYTES).rstrip(b"\r\n")
    except OSError as error:
        raise SecretError(
            f"the file of the secret cannot be read ({error.strerror})", subject=str(path), remedy="Check its owner."
        ) from error
