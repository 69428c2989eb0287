"""Directories of a TIFF, which EXIF is too: what their entries are, and what these hold.

    tiff = Tiff.of(within(exif))
    for entry in tiff.entries() if tiff else ():
        entry.tag, tiff.number(entry), tiff.content(entry, 1000)

Written for TIFF 6.0, 2 and EXIF 2.32, 4.6. Files are hostile: places may lie anywhere, and what is not there is empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final, Literal

Read = Callable[[int, int], bytes]
"""Gives so many bytes at a place; fewer, or none, where the file ends."""

SHORT: Final = 3
_OF_BYTES: Final = frozenset((1, 2, 7))
"""Types of bytes, text, and what the tag alone explains."""
_LENGTH: Final = 12


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a directory.

    Attributes:
        tag, kind, count: its number, the number of its type, how many values of this type it has.
        value: four bytes: the values, or where they lie.
        at: where in the file it lies itself.
    """

    tag: int
    kind: int
    count: int
    value: bytes
    at: int


@dataclass(frozen=True, slots=True)
class Tiff:
    """A TIFF: the order of its bytes, where its first directory lies, and how to read it."""

    order: Literal["little", "big"]
    first: int
    read: Read

    @classmethod
    def of(cls, read: Read) -> Tiff | None:
        """What begins like one; None of anything else."""
        head = read(0, 8)
        if len(head) < 8 or head[:4] not in (b"II*\0", b"MM\0*"):
            return None
        order: Literal["little", "big"] = "little" if head[:1] == b"I" else "big"
        return cls(order, int.from_bytes(head[4:], order), read)

    def entries(self, at: int | None = None) -> Iterator[Entry]:
        """Of the directory at a place, or of the first; 65,535 at most."""
        at = self.first if at is None else at
        table = self.read(at + 2, _LENGTH * int.from_bytes(self.read(at, 2), self.order))
        for place in range(0, len(table) - _LENGTH + 1, _LENGTH):
            tag, kind, count = (
                int.from_bytes(table[place + start : place + end], self.order)
                for start, end in ((0, 2), (2, 4), (4, 8))
            )
            yield Entry(tag, kind, count, table[place + 8 : place + _LENGTH], at + 2 + place)

    def number(self, entry: Entry) -> int:
        """Its first value, where it has one of two or four bytes without a sign; or the place of its values."""
        return int.from_bytes(entry.value[: 2 if entry.kind == SHORT else 4], self.order)

    def content(self, entry: Entry, most: int) -> bytes:
        """Its values, where these are bytes, ``most`` at most; else nothing."""
        if entry.kind not in _OF_BYTES:
            return b""
        size = min(entry.count, most)
        return entry.value[:size] if entry.count <= 4 else self.read(self.number(entry), size)


def within(data: bytes) -> Read:
    """Reads from bytes that are at hand."""
    return lambda at, size: data[at : at + size]


def within_file(file: BinaryIO) -> Read:
    """Reads from an open, seekable file."""

    def read(at: int, size: int) -> bytes:
        file.seek(at)
        return file.read(size)

    return read
