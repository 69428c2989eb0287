"""The boxes of an ISO base media file (mp4, mov, m4a, heif), walked without a media library.

A box is a 32-bit size, a four-character type and a payload (ISO/IEC 14496-12:2022, 4.2). Only headers are read, plus
the payloads of the boxes that the C2PA hash leaves out, so that a hostile size costs nothing. Files of other kinds
have no boxes: every function then answers "none" rather than failing.

It is deliberately no parser of what is inside a movie; PyAV does that.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

from touchmark.provenance.media.errors import LimitExceededError

C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
"""The ``uuid`` box that carries a manifest store (C2PA specification 2.2, annex A.5, BMFF-based assets)."""

_MAX_BOXES = 100_000  # a fragmented hour at two fragments a second has fewer than 30,000
_MOST_BESIDE, _MOST_IN_ALL, _MOST_DEEP = 8_000, 60_000, 12
_CONTAINERS = frozenset(
    ("moov", "trak", "mdia", "minf", "stbl", "dinf", "edts", "udta", "mvex", "moof", "traf", "mfra")
)
_CHUNK = 1 << 20
_MOST_BRANDS = 64
_MOST_TABLES = {"tfra": 16, "mfro": 1}
"""Of a ``mfra`` box: one for each track, and one that says how long all is. Much could be said in thousands of them."""
_MOST_ENTRIES = 8
"""Of a table for each fragment; programs write one."""
_PADDING_HEAD = re.compile(rb".{4}(?:free|skip)", re.DOTALL)
_MOST_HEADS = 4
_LONGEST_NOTE = 96
_MAKERS_NOTE = re.compile(rb"IsoMedia File Produced with GPAC [0-9A-Za-z.+-]{1,48}(?:\0|\Z)")
"""What a program that puts films together leaves in a box of its own, which is padding to whoever signs the film."""
_BRAND = re.compile(rb"[0-9A-Za-z ._+-]{4}|\0{4}")  # QuickTime fills up with zeros
_STORES = (b"manifest", b"original", b"update")
"""Purposes of a C2PA box that holds a manifest store (C2PA 2.4, A.5.1)."""

FIRST_BOXES = frozenset(
    {b"ftyp", b"styp", b"moov", b"mdat", b"moof", b"sidx", b"free", b"skip", b"wide", b"uuid", b"pnot"}
)
"""Types that a file of this family may begin with."""


@dataclass(frozen=True, slots=True)
class Box:
    """One top-level box, as its header declares it.

    Attributes:
        type: four characters, bytes outside ASCII shown as ``\\xNN``.
        offset: of the header, in bytes from the start of the file.
        size: in bytes with the header, as declared; it may reach past the end of the file.
        header_size: 8, 16 with a 64-bit size, 16 more for ``uuid``.
        uuid: the extended type of a ``uuid`` box.
        whole: whether the file holds all of it.
    """

    type: str
    offset: int
    size: int
    header_size: int
    uuid: bytes | None
    whole: bool


def scan_boxes(path: Path) -> tuple[Box, ...]:
    """Top-level boxes of ``path`` in file order; empty where it is no such file.

    The walk ends at the end of the file, at the first header that makes no sense (a size smaller than the header),
    or after a box that reaches past the end.

    Raises:
        OSError: the file cannot be opened.
        LimitExceededError: it has more boxes than any honest file.
    """
    with path.open("rb") as file:
        return tuple(top_level(file, str(path)))


def top_level(file: BinaryIO, subject: str) -> Iterator[Box]:
    """Boxes of an open, seekable file; see :func:`scan_boxes`."""
    file.seek(0)
    if file.read(8)[4:] in FIRST_BOXES:
        yield from walk(file, 0, file.seek(0, os.SEEK_END), subject)


def walk(file: BinaryIO, start: int, end: int, subject: str) -> Iterator[Box]:
    """Boxes that lie side by side from ``start`` on; a box is whole if it ends by ``end``."""
    for _ in range(_MAX_BOXES):
        box = _read_box(file, start, end)
        if box is None:
            return
        yield box
        if not box.whole:
            return
        start += box.size
    raise LimitExceededError(f"it has more than {_MAX_BOXES:,} boxes in a row", subject=subject)


def inside(file: BinaryIO, box: Box, subject: str, behind: int = 0) -> Iterator[Box]:
    """Boxes in a box, ``behind`` bytes after its header: four in a full box, which has version and flags there."""
    return walk(file, box.offset + box.header_size + behind, box.offset + box.size, subject)


def check_boxes(file: BinaryIO, subject: str) -> int:
    """How many boxes there are; a file is refused that has more than a C2PA library reads in a moment, whose time grows
    with their number squared.

    Raises:
        LimitExceededError: there are more side by side, or in all, than an hour in fragments of a second has.
    """
    places = [(0, file.seek(0, os.SEEK_END))] if next(top_level(file, subject), None) is not None else []
    total = 0
    for _ in range(_MOST_DEEP):
        inner: list[tuple[int, int]] = []
        for start, end in places:
            for beside, box in enumerate(walk(file, start, end, subject), start=1):
                total += 1
                if beside > _MOST_BESIDE or total > _MOST_IN_ALL:
                    raise LimitExceededError(
                        f"it has more than {min(beside, total) - 1:,} boxes",
                        subject=subject,
                        remedy="Put its fragments together into one film first.",
                    )
                if box.type in _CONTAINERS:
                    inner.append((box.offset + box.header_size, min(box.offset + box.size, end)))
        places = inner
    return total


def has_c2pa_box(path: Path) -> bool:
    """Whether a C2PA manifest store box lies at the top level, readable or not.

    A damaged store can read as "no manifest" in a C2PA library; the box itself cannot hide.
    """
    return any(box.uuid == C2PA_UUID for box in scan_boxes(path))


def unhashed_bytes(path: Path, most: int = 64 * 1024**2) -> int:
    """As :func:`unhashed_content`, of the file at ``path``."""
    with path.open("rb") as file:
        return unhashed_content(file, str(path), most)


def unhashed_content(
    file: BinaryIO, subject: str, most: int = 64 * 1024**2, bound: Mapping[int, int] = MappingProxyType({})
) -> int:
    """Bytes of content in places that the C2PA hard binding leaves out (C2PA 2.4, A.5.3): what nobody signed.

    Counted are non-zero bytes in top-level ``free`` and ``skip`` boxes, where padding is zeros or, in one of them, a
    program's name; bytes of a ``mfra`` box that are no random-access table of this film's fragments; non-zero bytes of
    a C2PA box after its manifest store, and all of one that has a purpose of its own; what is no brand in the ``ftyp``
    box; and all of a second ``mfra`` or ``ftyp`` box.

    Args:
        file: open and seekable.
        subject: what to call it in an error.
        most: bytes read at most; what lies beyond counts as content, since nothing has so much padding.
        bound: by the offset of a C2PA box without a store, up to where its content is held against what is signed.
    """
    size = file.seek(0, os.SEEK_END)
    boxes = tuple(top_level(file, subject))
    first = next((box for box in boxes if box.type == "ftyp"), None)
    count, heads = _no_brands(file, first) if first is not None else 0, _MOST_HEADS
    for start, end in _unsigned_stretches(file, boxes, subject, bound):
        found, read, heads = _content(file, start, min(end, start + most), heads)
        count += found + max(min(end, size) - start - read, 0)
        most -= read
    return count


def _unsigned_stretches(
    file: BinaryIO, boxes: Sequence[Box], subject: str, bound: Mapping[int, int]
) -> Iterator[tuple[int, int]]:
    fragments = frozenset(box.offset for box in boxes if box.type == "moof")
    alone = {"ftyp", "mfra"}  # of each the first is what it says
    is_noted = False
    for box in boxes:
        start, end = box.offset + box.header_size, box.offset + box.size
        if box.type in ("free", "skip"):
            file.seek(start)
            note = None if is_noted else _MAKERS_NOTE.match(file.read(max(min(end - start, _LONGEST_NOTE), 0)))
            is_noted = is_noted or note is not None
            yield start + (note.end() if note else 0), end
        elif box.type in alone:
            alone.remove(box.type)
            if box.type == "mfra":
                yield from _in_access_tables(file, start, end, fragments, subject)
        elif box.type in ("ftyp", "mfra"):
            yield box.offset, end
        elif box.uuid == C2PA_UUID and box.offset in bound:
            yield bound[box.offset], end
        elif box.uuid == C2PA_UUID:
            yield _behind_store(file, start, end), end


def _in_access_tables(
    file: BinaryIO, start: int, end: int, fragments: frozenset[int], subject: str
) -> Iterator[tuple[int, int]]:
    room = dict(_MOST_TABLES)
    for inner in walk(file, start, end, subject):
        if room.get(inner.type, 0) and _is_access_table(file, inner, fragments):
            room[inner.type] -= 1
        else:
            yield inner.offset, inner.offset + inner.size
        start = inner.offset + inner.size
    yield start, end


def _behind_store(file: BinaryIO, start: int, end: int) -> int:
    """Where the manifest store in a C2PA box ends; where the box begins, if it holds none.

    It is a full box: version and flags, a purpose that ends in zero, where there is a store an offset, the content.
    """
    file.seek(start)
    purpose, ended, _ = file.read(min(64, max(end - start, 0)))[4:].partition(b"\0")
    content = start + 4 + len(purpose) + 1 + 8
    store = _read_box(file, content, end) if ended and purpose in _STORES else None
    return store.offset + store.size if store is not None and store.whole and store.type == "jumb" else start


def _is_access_table(file: BinaryIO, box: Box, fragments: frozenset[int]) -> bool:
    """Whether a box of a ``mfra`` box says where the film's fragments begin, and nothing else.

    It says when, too (ISO/IEC 14496-12:2022, 8.8.10), and a player may jump there: to another moment of the same film.
    """
    size = box.size - box.header_size
    file.seek(box.offset + box.header_size)
    if box.type == "mfro":
        return size == 8
    if box.type != "tfra" or not box.whole or size > _CHUNK:
        return False
    payload = file.read(size)
    if size < 16:
        return False
    half = 8 if payload[0] == 1 else 4  # version 1 has 64 bits
    lengths, count = int.from_bytes(payload[8:12], "big"), int.from_bytes(payload[12:16], "big")
    entry = 2 * half + (lengths >> 4 & 3) + (lengths >> 2 & 3) + (lengths & 3) + 3
    if size != 16 + count * entry or payload[0] > 1 or any(payload[1:4]) or lengths > 63:
        return False
    starts = [at + half for at in range(16, size, entry)]
    places = [int.from_bytes(payload[at : at + half], "big") for at in starts]
    times = [int.from_bytes(payload[at - half : at], "big") for at in starts]
    in_order = places == sorted(places) and times == sorted(times)
    return in_order and count <= _MOST_ENTRIES * len(fragments) and fragments.issuperset(places)


def _no_brands(file: BinaryIO, ftyp: Box) -> int:
    """Non-zero bytes of a ``ftyp`` box (ISO/IEC 14496-12:2022, 4.3) that no reader takes for brands."""
    file.seek(ftyp.offset + ftyp.header_size)
    payload = file.read(min(max(ftyp.size - ftyp.header_size, 0), _CHUNK))
    brands = [payload[:4], *(payload[at : at + 4] for at in range(8, len(payload), 4))]  # between them a version
    odd = [brand for brand in brands[:_MOST_BRANDS] if not _BRAND.fullmatch(brand)]
    odd += brands[_MOST_BRANDS:]
    return sum(len(brand) - brand.count(0) for brand in odd)


def _content(file: BinaryIO, start: int, end: int, heads: int) -> tuple[int, int, int]:
    """Non-zero bytes from ``start`` on, how many bytes were read for that, and how many heads of padding are left.

    So many within padding do not count: editors join boxes, and leave them there.
    """
    file.seek(start)
    count = read = 0
    while start + read < end and (chunk := file.read(min(end - start - read, _CHUNK))):
        read += len(chunk)
        chunk, removed = _PADDING_HEAD.subn(b"", chunk, heads) if heads else (chunk, 0)
        heads -= removed
        count += len(chunk) - chunk.count(0)
    return count, read, heads


def _read_box(file: BinaryIO, offset: int, end: int) -> Box | None:
    file.seek(offset)
    head = file.read(min(32, max(end - offset, 0)))
    if len(head) < 8:
        return None
    size, kind = int.from_bytes(head[:4], "big"), head[4:8]
    header_size = 8
    if size == 1:  # the size follows as 64 bits
        if len(head) < 16:
            return None
        size, header_size = int.from_bytes(head[8:16], "big"), 16
    elif size == 0:  # to the end of the file
        size = end - offset
    uuid = None
    if kind == b"uuid":
        uuid, header_size = head[header_size : header_size + 16], header_size + 16
        if len(uuid) < 16:
            return None
    if size < header_size:
        return None
    return Box(kind.decode("ascii", "backslashreplace"), offset, size, header_size, uuid, offset + size <= end)
