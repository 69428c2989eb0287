"""How many assertions the manifests of a file hold, and how much is in them: what it takes to read them.

A C2PA library's time grows with the square of their number: a megabyte of 8,000 small assertions costs it 13 seconds,
and 1,500 half a second; generators write some ten. Its memory is some 150 times their CBOR and JSON: a byte of a string
becomes a number in its report. A million of empty lists in one assertion took it four seconds and 300 MB. Compressed,
15 kB of them took 4.5 GB. Generators write some 20 kB; pictures in a manifest are neither. Addresses are followed here
(``unsigned``), one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Final

from touchmark.provenance.manifest import cbor
from touchmark.provenance.manifest.jumbf import ADDRESS, ASSERTIONS, CLAIM, PACKED, Box
from touchmark.provenance.manifest.kept import KeptStore, refused
from touchmark.provenance.media.errors import LimitExceededError

_MOST: Final = 1500
_MOST_INGREDIENTS, _MOST_MANIFESTS = 300, 200
"""A library takes five to ten milliseconds over each. With more than 256 ingredients nothing is relied upon."""
_MOST_TEXT: Final = 5 << 18
_MOST_ITEMS: Final = 200_000
"""Of CBOR, each with a head of a byte or more, and of JSON, each with a comma; honest ones have a few thousand."""
_UNPACKED: Final = 1 << 20
"""What a library may unpack of each compressed manifest (``context``); where we did not, it is taken to be text."""
_INGREDIENT: Final = b"c2pa.ingredient"
_MOST_ADDRESSES: Final = 20_000
_PARTS: Final = (ASSERTIONS, CLAIM, b"c2vc")
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
    if sum(len(one.manifests) for one in kept) > _MOST_MANIFESTS:
        raise _too_long_a_history(f"it holds more than {_MOST_MANIFESTS:,} manifests", subject)
    if sum(map(_ingredients, kept)) > _MOST_INGREDIENTS:
        raise _too_long_a_history(f"its manifest holds more than {_MOST_INGREDIENTS:,} ingredients", subject)
    found = [manifest for one in kept for manifest in _manifests(one)]
    if sum(count * count for count, _ in found) > _MOST * _MOST:
        raise refused(f"its manifest holds more than {_MOST:,} assertions", subject)
    if sum(size for _, size in found) > _MOST_TEXT:
        raise refused(f"its manifest holds more than {_MOST_TEXT:,} bytes of assertions, or may when unpacked", subject)
    if sum(size for _, size in found) > _MOST_ITEMS and _has_many_items(kept):
        raise refused(f"its manifest holds more than {_MOST_ITEMS:,} items of assertions", subject)


def _ingredients(kept: KeptStore) -> int:
    """Assertions that say what something was made from; where they cannot be told apart, as often as they are named."""
    if kept.store is None:
        return kept.data.count(_INGREDIENT) // 2  # each by itself and in a claim
    assertions = (part for manifest in kept.manifests for part in manifest.inner if part.type == ASSERTIONS)
    return sum(box.label.startswith(_INGREDIENT) for part in assertions for box in part.inner)


def _too_long_a_history(problem: str, subject: str) -> LimitExceededError:
    remedy = "Verify what it was made from by itself; a C2PA library takes too long for all together."
    return LimitExceededError(problem, subject=subject, remedy=remedy)


def _has_many_items(kept: Sequence[KeptStore]) -> bool:
    left = _MOST_ITEMS
    for kind, data in (text for one in kept for text in _of_store(one)):
        left -= data.count(b",") if kind == b"json" else _heads(data, left)
        if left < 0:
            return True
    return False


def _of_store(kept: KeptStore) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of what is read of a store as CBOR or JSON; where it cannot be taken apart, of what may be."""
    if kept.store is None:
        for head in _HEAD.finditer(kept.data):
            yield head[0], kept.data[head.end() :][: _size(kept.data, head)]
        return
    for manifest in kept.manifests:
        yield from ((inner.kind, inner.data) for inner in _read(manifest))


def _heads(data: bytes, most: int) -> int:
    """Items of CBOR, which follow each other head by head; no more are counted than one above ``most``."""
    count = 0
    with suppress(ValueError):  # there it ends, for a library too
        for _ in islice(cbor.heads(data), most + 1):
            count += 1
    return count


def _addresses(kept: KeptStore) -> int:
    """In the bytes of a store, or in its manifests, which may have been unpacked."""
    return max(kept.data.count(ADDRESS), sum(manifest.data.count(ADDRESS) for manifest in kept.manifests))


def _manifests(kept: KeptStore) -> list[tuple[int, int]]:
    """Of each manifest in a store, how many assertions it holds, and bytes of CBOR and JSON in them and in its claim.

    Of a store that cannot be taken apart here, all that could be some.
    """
    if kept.store is None:
        return [(kept.data.count(b"jumb"), sum(_stated(kept.data)) + kept.data.count(PACKED) * _UNPACKED)]
    return [
        (0, _UNPACKED)
        if manifest.is_packed
        else (
            sum(len(part.inner) for part in manifest.inner if part.type == ASSERTIONS),
            sum(inner.size for inner in _read(manifest)),
        )
        for manifest in kept.manifests
    ]


def _stated(data: bytes) -> Iterator[int]:
    """Bytes that what looks like the head of such a box says are in it, as far as there are so many."""
    yield from (_size(data, head) for head in _HEAD.finditer(data))


def _size(data: bytes, head: re.Match[bytes]) -> int:
    start = max(head.start() - 4, 0)
    size, rest = int.from_bytes(data[start : head.start()], "big"), len(data) - start
    return min(size, rest) if size > 1 else rest


def _read(manifest: Box) -> Iterator[Box]:
    """What a library reads of a manifest as CBOR or JSON."""
    for part in manifest.inner:
        for box in (part, *part.inner):
            if part.type in _PARTS:
                yield from (inner for inner in box.inner if inner.kind in (b"cbor", b"json"))
