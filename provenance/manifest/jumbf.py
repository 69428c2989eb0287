"""The boxes of a manifest store, taken apart and never interpreted (JUMBF, ISO/IEC 19566-5). Pure.

store, end = read_box(data, 0, depth=3)
[manifest.label for manifest in store.inner]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MANIFESTS: Final = (b"c2ma", b"c2um")
"""Types of a manifest and of an update manifest (C2PA 2.4, 11.1.4)."""
COMPRESSED: Final = b"c2cm"
"""Type of a manifest that is compressed (C2PA 2.4, 11.1.4.3)."""
ASSERTIONS: Final = b"c2as"
"""Type of the box in a manifest that holds its assertions."""
_MOST_BOXES: Final = 20_000


@dataclass(frozen=True, slots=True)
class Box:
    """A box. Of a superbox: the content of its description, type and label first, and what it holds."""

    kind: bytes
    data: bytes
    description: bytes = b""
    inner: tuple[Box, ...] = ()

    @property
    def type(self) -> bytes:
        """Four characters: which of C2PA's superboxes it is."""
        return self.description[:4]

    @property
    def label(self) -> bytes:
        """What it is called in addresses."""
        return self.description[17:].partition(b"\0")[0]


def read_box(data: bytes, at: int, depth: int) -> tuple[Box, int]:
    """The box at ``at``, with superboxes in it down to ``depth``, and where it ends.

    Raises:
        ValueError: there is none, it is cut short, or it holds boxes without end.
    """
    size, head = int.from_bytes(data[at : at + 4], "big"), 8
    if size == 1:
        size, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
    elif size == 0:
        size = len(data) - at
    end, kind = at + size, data[at + 4 : at + 8]
    if size < head or end > len(data):
        raise ValueError("no box")
    payload = data[at + head : end]
    if kind != b"jumb" or depth < 0:
        return Box(kind, payload), end
    description, *inner = _walk(payload, depth - 1)
    return Box(kind, payload, description.data, tuple(inner)), end


def _walk(data: bytes, depth: int) -> Iterator[Box]:
    at = 0
    for _ in range(_MOST_BOXES):
        if at >= len(data):
            return
        box, at = read_box(data, at, depth)
        yield box
    raise ValueError("boxes without end")
