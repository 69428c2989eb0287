"""Directories of a TIFF, which EXIF is too: what their entries are, and what these hold.

    tiff = Tiff.of(within(exif))
    for entry in tiff.entries() if tiff else ():
        entry.tag, tiff.number(entry), tiff.content(entry, 1000)

Written for TIFF 6.0, 2, EXIF 2.32, 4.6, and BigTIFF, whose numbers are wider. Files are hostile: places may lie
anywhere, and what is not there is empty.
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
_LONGS: Final = frozenset((4, 9, 13))
_MOST_DIRECTORIES: Final = 1024
_CLASSIC, _BIG = (b"II*\0", b"MM\0*"), (b"II+\0", b"MM\0+")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a directory.

    Attributes:
        tag, kind, count: its number, the number of its type, how many values of this type it has.
        value: four bytes, or eight: the values, or where they lie.
        at: where in the file it lies itself.
    """

    tag: int
    kind: int
    count: int
    value: bytes
    at: int


@dataclass(frozen=True, slots=True)
class Tiff:
    """A TIFF: the order of its bytes, where its first directory lies, how to read it, and whether numbers are wide."""

    order: Literal["little", "big"]
    first: int
    read: Read
    big: bool = False

    @classmethod
    def of(cls, read: Read) -> Tiff | None:
        """What begins like one; None of anything else."""
        head = read(0, 16)
        big = head[:4] in _BIG
        if head[:4] not in _CLASSIC + _BIG or len(head) < (16 if big else 8):
            return None
        order: Literal["little", "big"] = "little" if head[:1] == b"I" else "big"
        return cls(order, int.from_bytes(head[8:16] if big else head[4:8], order), read, big)

    def entries(self, at: int | None = None) -> Iterator[Entry]:
        """Of the directory at a place, or of the first; 65,535 at most."""
        at, width = self.first if at is None else at, self.width
        length, start, count = 4 + 2 * width, at + self._before_entries, self._number_of_entries(at)
        table = self.read(start, length * count)
        for place in range(0, len(table) - length + 1, length):
            tag, kind, values = (
                int.from_bytes(table[place + first : place + last], self.order)
                for first, last in ((0, 2), (2, 4), (4, 4 + width))
            )
            yield Entry(tag, kind, values, table[place + 4 + width : place + length], start + place)

    def directories(self) -> Iterator[int]:
        """Where each of those lies that follow one another from the first on: one for each page. Some, if there is no
        end to them."""
        at, met = self.first, set[int]()
        while at and at not in met and len(met) < _MOST_DIRECTORIES:
            yield at
            met.add(at)
            behind = at + self._before_entries + (4 + 2 * self.width) * self._number_of_entries(at)
            at = int.from_bytes(self.read(behind, self.width), self.order)

    @property
    def width(self) -> int:
        """Bytes of a number."""
        return 8 if self.big else 4

    @property
    def _before_entries(self) -> int:
        return 8 if self.big else 2

    def _number_of_entries(self, at: int) -> int:
        return min(int.from_bytes(self.read(at, self._before_entries), self.order), 0xFFFF)

    def number(self, entry: Entry) -> int:
        """Its first value, where it has one of two or four bytes without a sign; or the place of its values."""
        is_long = entry.kind in _LONGS and entry.count <= len(entry.value) // 4
        return int.from_bytes(entry.value[: 2 if entry.kind == SHORT else 4 if is_long else None], self.order)

    def content(self, entry: Entry, most: int) -> bytes:
        """Its values, where these are bytes, ``most`` at most; else nothing."""
        if entry.kind not in _OF_BYTES:
            return b""
        size = min(entry.count, most)
        return entry.value[:size] if entry.count <= len(entry.value) else self.read(self.number(entry), size)


def within(data: bytes) -> Read:
    """Reads from bytes that are at hand."""
    return lambda at, size: data[at : at + size]


def within_file(file: BinaryIO) -> Read:
    """Reads from an open, seekable file."""

    def read(at: int, size: int) -> bytes:
        file.seek(at)
        return file.read(size)

    return read
