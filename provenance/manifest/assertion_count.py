"""How many assertions the manifests of a file hold, and how much is in them: what it takes to read them.

A C2PA library's time grows with the square of their number: a megabyte of 8,000 small assertions costs it 13 seconds,
and 1,500 half a second; generators write some ten. Its memory is some 150 times their CBOR and JSON: a byte of a string
becomes a number in its report. Compressed, 15 kB of them took 4.5 GB. Generators write some 20 kB; pictures in a
manifest are neither. Addresses are followed here (``unsigned``), one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from touchmark.provenance.manifest.jumbf import ADDRESS, ASSERTIONS, PACKED, Box
from touchmark.provenance.manifest.kept import KeptStore, refused

_MOST: Final = 1500
_MOST_TEXT: Final = 5 << 18
_UNPACKED: Final = 1 << 20
"""What a library may unpack of each compressed manifest (``context``); where we did not, it is taken to be text."""
_MOST_ADDRESSES: Final = 20_000
_READ: Final = (ASSERTIONS, b"c2cl", b"c2vc")
_HEAD: Final = re.compile(rb"(?:cbor|json)(?!\x00\x11\x00\x10)")  # that would be a type
_ROOM: Final = 41 * _MOST
"""Smaller stores have room for neither, where none is compressed: the shortest assertion takes so many bytes."""


def check_assertions(kept: Sequence[KeptStore], subject: str) -> None:
    """Refuse a file whose stores, the ``kept``, hold more than a library reads in a moment, and in little memory.

    Raises:
        LimitExceededError: there is more than in any file that was not made for that.
    """
    if sum(len(one.data) for one in kept) < _ROOM and not any(PACKED in one.data for one in kept):
        return
    if sum(map(_addresses, kept)) > _MOST_ADDRESSES:
        raise refused(f"its manifest holds more than {_MOST_ADDRESSES:,} addresses", subject)
    found = [manifest for one in kept for manifest in _manifests(one)]
    if sum(count * count for count, _ in found) > _MOST * _MOST:
        raise refused(f"its manifest holds more than {_MOST:,} assertions", subject)
    if sum(size for _, size in found) > _MOST_TEXT:
        raise refused(f"its manifest holds more than {_MOST_TEXT:,} bytes of assertions, or may when unpacked", subject)


def _addresses(kept: KeptStore) -> int:
    """In the bytes of a store, or in its manifests, which may have been unpacked."""
    manifests = kept.store.inner if kept.store else ()
    return max(kept.data.count(ADDRESS), sum(manifest.data.count(ADDRESS) for manifest in manifests))


def _manifests(kept: KeptStore) -> list[tuple[int, int]]:
    """Of each manifest in a store, how many assertions it holds, and bytes of CBOR and JSON in them and in its claim.

    Of a store that cannot be taken apart here, all that could be some.
    """
    if kept.store is None:
        return [(kept.data.count(b"jumb"), sum(_stated(kept.data)) + kept.data.count(PACKED) * _UNPACKED)]
    return [
        (0, _UNPACKED)
        if manifest.is_packed
        else (sum(len(part.inner) for part in manifest.inner if part.type == ASSERTIONS), sum(_texts(manifest)))
        for manifest in kept.store.inner
    ]


def _stated(data: bytes) -> Iterator[int]:
    """Bytes that what looks like the head of such a box says are in it, as far as there are so many."""
    for head in _HEAD.finditer(data):
        start = max(head.start() - 4, 0)
        size, rest = int.from_bytes(data[start : head.start()], "big"), len(data) - start
        yield min(size, rest) if size > 1 else rest


def _texts(manifest: Box) -> Iterator[int]:
    for part in manifest.inner:
        for box in (part, *part.inner):
            if part.type in _READ:
                yield sum(inner.size for inner in box.inner if inner.kind in (b"cbor", b"json"))
