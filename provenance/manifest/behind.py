"""Where the C2PA library writes a signed file: it goes on while another thread writes and digests what it wrote.

    with SignedOutput(part) as output:
        builder.sign(signer, media_type, source, output)
        output.settle()
        durable = output.fsync()
        ...read part back...
        durable.result(), output.sha256()

The library copies a film in pieces of eight kilobytes; here they become blocks of a quarter megabyte. The digest is
that of the blocks, if they were written from the first byte to the last, each once and in order. Forms of file that are
written otherwise are read again for it.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

BLOCK = 256 << 10
"""Bytes that are read or written at once."""
_MOST_WAITING = 8


class SignedOutput(io.BufferedRandom):
    """A new file, open for writing and reading."""

    def __init__(self, path: Path) -> None:
        """Raises OSError: something stands there, or the folder cannot be written to."""
        self._behind = _Behind(path)
        super().__init__(self._behind, BLOCK)

    def settle(self) -> None:
        """Return when everything has been handed to the file system. Raises OSError."""
        self.flush()
        self._behind.settle()

    def fsync(self) -> Future[None]:
        """Have the disk hold what is written by now; at the same time the file may be read."""
        return self._behind.aside.submit(os.fsync, self.fileno())

    def sha256(self) -> str:
        """Of the whole file, hexadecimal."""
        self.settle()
        return self._behind.sha256()


class _Behind(io.FileIO):
    """Writes each block on another thread, in the order in which they come; all else waits until they are written."""

    def __init__(self, path: Path) -> None:
        # Not tempfile: what is published gets the permissions that the umask gives any new file.
        super().__init__(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666), "r+b")
        self.aside = ThreadPoolExecutor(1)
        self._waiting: deque[Future[None]] = deque()
        self._failure: OSError | None = None
        self._restart()

    def _restart(self) -> None:
        self._digest, self._digested, self._in_order = hashlib.sha256(), 0, True

    def write(self, block: ReadableBuffer, /) -> int:
        data = bytes(block)  # the buffer that this is a view of is filled anew meanwhile
        self._wait(_MOST_WAITING)
        self._waiting.append(self.aside.submit(self._put, data))
        return len(data)

    def _put(self, data: bytes) -> None:
        self._in_order = self._in_order and super().tell() == self._digested
        left = memoryview(data)
        while left:
            left = left[super().write(left) :]
        self._digest.update(data)
        self._digested += len(data)

    def settle(self) -> None:
        self._wait(0)

    def _wait(self, most: int) -> None:
        while len(self._waiting) > most:
            try:
                self._waiting.popleft().result()
            except OSError as error:
                self._failure = self._failure or error
        if self._failure:  # the library swallows it; it is raised again when the file is closed
            raise self._failure

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        self.settle()
        return super().seek(offset, whence)

    def tell(self) -> int:
        self.settle()
        return super().tell()

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        self.settle()
        return super().readinto(buffer) or 0

    def truncate(self, size: int | None = None, /) -> int:
        self.settle()
        length = super().truncate(size)
        if length == 0:
            self._restart()
        else:
            self._in_order = False
        return length

    def sha256(self) -> str:
        if self._in_order and self._digested == os.fstat(self.fileno()).st_size:
            return self._digest.hexdigest()
        with open(os.dup(self.fileno()), "rb") as file:  # noqa: PTH123 (a descriptor, not a path)
            file.seek(0)
            return hashlib.file_digest(file, "sha256").hexdigest()

    def close(self) -> None:
        try:
            if not self.closed:
                self.settle()
        finally:
            self.aside.shutdown()
            super().close()
