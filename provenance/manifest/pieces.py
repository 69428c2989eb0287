"""A file that may be read in so many pieces and no more.

    file = Pieces(file, size, parts)
    try: ...a library reads it...
    except ...: file.exhausted

A C2PA library asks for a file piece by piece through a callback, some 4 microseconds each, and here and there byte by
byte for as long as no zero comes: 30 MB took it more than a minute. Which places these are is its own affair, and
changes. What honest files have in common is that they are read in few pieces for their size and their parts.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_MOST: Final = 50_000
"""Of a file without parts; most take some hundred."""
_OF_A_PART: Final = 12
"""A box takes 8, a chunk of PNG 6, a block of GIF 3: looked at, jumped over and hashed."""
_LEAST_BYTES: Final = 4096
"""A large file may be read in pieces of this size besides."""


class Pieces(io.BufferedIOBase):
    """An open file of ``size`` bytes and so many parts, for a library to read. Once too much was asked, every further
    piece is refused."""

    def __init__(self, file: BinaryIO, size: int, parts: int) -> None:
        self._file = file
        self._left = _MOST + _OF_A_PART * parts + size // _LEAST_BYTES

    @property
    def exhausted(self) -> bool:
        """Whether more was asked than any honest file takes."""
        return self._left < 0

    def readinto(self, buffer: WriteableBuffer) -> int:
        self._take()
        return self._file.readinto(buffer)  # type: ignore[attr-defined, no-any-return]

    def seek(self, offset: int, whence: int = 0) -> int:
        self._take()
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def _take(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise OSError("read in too many pieces")
