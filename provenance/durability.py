"""Make what was written outlive a power cut: the bytes of a file, the names in a folder, a file as a whole.

    with replacing(path) as file:      # whole, or as it was before
        file.write(content)

Files made here can be read by their owner alone.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


def flush(path: Path) -> None:
    """Return when the disk holds the file's bytes, or the folder's names. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_new(path: Path, content: bytes) -> None:
    """Make a file, whole or not at all, and return when its bytes are on the disk. Raises FileExistsError, OSError."""
    with _aside(path) as part:
        with _new(part) as file:
            file.write(content)
        os.link(part, path)  # which, unlike renaming, never takes the place of another
        flush(path.parent)


@contextmanager
def _aside(path: Path) -> Iterator[Path]:
    """A name beside it that is nobody else's, and that is gone in the end."""
    part = path.with_name(f".{path.name[:200]}.{secrets.token_hex(8)}.part")
    try:
        yield part
    finally:
        with suppress(OSError):
            part.unlink()


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Write what shall be at ``path``; it is there, and on the disk, when the block ends, or what was there still is.

    Until then it lies beside it, in a file of a name that is nobody else's (``.*.part``).

    Raises:
        OSError: it cannot be written.
    """
    with _aside(path) as part:
        with _new(part) as file:
            yield file
        part.replace(path)
        flush(path.parent)


@contextmanager
def _new(path: Path) -> Iterator[BinaryIO]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
