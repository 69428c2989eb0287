"""The boxes of a manifest store, taken apart and never interpreted (JUMBF, ISO/IEC 19566-5). Pure.

store, end = read_box(data, 0, depth=3)
[manifest.label for manifest in store.inner]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

UPDATE: Final = b"c2um"
"""Type of an update manifest (C2PA 2.4, 11.1.4)."""
MANIFESTS: Final = (b"c2ma", UPDATE, b"c2md")
"""Types of a manifest, of an update manifest, and of one that a library takes for the first."""
COMPRESSED: Final = b"c2cm"
"""Type of a manifest that is compressed (C2PA 2.4, 11.1.4.3)."""
PACKED: Final = b"brob"
"""Kind of the box in one that holds it."""
ASSERTIONS: Final = b"c2as"
"""Type of the box in a manifest that holds its assertions."""
CLAIM: Final = b"c2cl"
"""Type of the one that holds its claim."""
SIGNATURE: Final = b"c2cs"
"""Type of the one that holds the signature over that."""
ADDRESS: Final = b"self#jumbf="
"""What every address in a store begins with."""
_MOST_BOXES: Final = 20_000


class ManyBoxesError(ValueError):
    """There are more boxes than in anything that was not made for that: honest stores have some 150."""


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """A box. Of a superbox: the content of its description, type and label first, and what it holds.

    It lies in the bytes of its store, which are not copied: a store may be as large as the memory that is left for it.
    """

    kind: bytes
    _store: bytes = field(repr=False)
    _start: int
    _end: int
    description: bytes = b""
    inner: tuple[Box, ...] = ()

    @property
    def data(self) -> bytes:
        """What is in it, behind its head."""
        return self._store[self._start : self._end]

    @property
    def size(self) -> int:
        """Bytes of that."""
        return self._end - self._start

    @property
    def type(self) -> bytes:
        """Four characters: which of C2PA's superboxes it is."""
        return self.description[:4]

    @property
    def label(self) -> bytes:
        """What it is called in addresses."""
        return self.description[17:].partition(b"\0")[0]

    @property
    def is_packed(self) -> bool:
        """Whether it is a compressed manifest: a library unpacks whatever begins like one, of any type."""
        return self.type == COMPRESSED or (len(self.inner) > 0 and self.inner[0].kind == PACKED)


def read_box(data: bytes, at: int, depth: int) -> tuple[Box, int]:
    """The box at ``at``, with superboxes in it down to ``depth``, and where it ends.

    Raises:
        ManyBoxesError: it holds too many.
        ValueError: there is none, or it is cut short.
    """
    return _read_box(data, at, len(data), depth, iter(range(_MOST_BOXES)))


def _read_box(data: bytes, at: int, limit: int, depth: int, left: Iterator[int]) -> tuple[Box, int]:
    if next(left, None) is None:
        raise ManyBoxesError("too many boxes")
    size, head = int.from_bytes(data[at : at + 4], "big"), 8
    if size == 1:
        size, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
    elif size == 0:
        size = limit - at
    start, end, kind = at + head, at + size, data[at + 4 : at + 8]
    if size < head or end > limit:
        raise ValueError("no box")
    if kind != b"jumb" or depth < 0:
        return Box(kind, data, start, end), end
    inner = []
    while start < end:
        box, start = _read_box(data, start, end, depth - 1, left)
        inner.append(box)
    if not inner:
        raise ValueError("no description")
    return Box(kind, data, at + head, end, inner[0].data, tuple(inner[1:])), end
