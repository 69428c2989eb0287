"""The frames of an ID3v2 tag at the beginning of a sound file, by their heads (ID3v2.3, 3.3; ID3v2.4, 4).

    for name, content in id3_frames(file): ...
    frames, packed = burden(file)

What is compressed is not unpacked, and nothing is interpreted. Frames of 2.2, of three letters, are counted, not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

from touchmark.provenance.media.kinds import seven_bits

MOST_FRAMES: Final = 4096
"""FFmpeg searches those before for each; with so many it opens a file in a tenth of a second."""
_MOST: Final = 32 << 20
_UNSYNCHRONISED, _EXTENDED = 0x80, 0x40
_PACKED: Final = {3: 0x80, 4: 0x08}
"""The bit of a frame's second flags that says that it is compressed."""
_SOME: Final = re.compile(rb"[^\0]")
_FRAME: Final = re.compile(rb"[A-Z0-9]{4}|\0|\Z")
"""What follows a frame whose size is of four times seven bits; some programs write it in eight."""
_TIMES: Final = 16
"""Bytes between the name of a chapter and its frames."""
_DEEPEST: Final = 2


class Id3Frame(NamedTuple):
    """One frame: its name of four letters, whether it is compressed, and where in the tag its content lies."""

    name: bytes
    packed: bool
    content: slice


def id3_frames(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Names and contents of the first frames of the tag, of its first 32 MiB; none where there is no tag."""
    version, _, _, tag = _tag(file)
    yield from ((frame.name, tag[frame.content]) for frame in _frames(tag, 0, version))


def burden(file: BinaryIO) -> tuple[int, int]:
    """How many frames there are, ``MOST_FRAMES`` and one more at most, and bytes in those that are compressed.

    Each the most that a reader may find: it begins behind what an extended head may be, and of tags that are
    unsynchronised it takes zeros out. All beyond 32 MiB counts as compressed.
    """
    version, flags, size, tag = _tag(file)
    starts = [0]
    if flags & _EXTENDED and len(tag) >= 4:
        starts += [4 + int.from_bytes(tag[:4], "big"), seven_bits(tag[:4]), 4 + seven_bits(tag[:4])]
    most = [0, 0]
    for view in (tag, tag.replace(b"\xff\0", b"\xff")) if flags & _UNSYNCHRONISED else (tag,):
        for start in starts:
            frames = list(_frames(view, start, version))
            packed = sum(frame.content.stop - frame.content.start for frame in frames if frame.packed)
            most = [max(most[0], len(frames), _count(view, start, version)), max(most[1], packed)]
    return most[0], most[1] + max(size - _MOST, 0)


def _count(tag: bytes, at: int, version: int, depth: int = 0) -> int:
    """Frames that FFmpeg finds from ``at`` on, also behind empty ones, and in those of chapters."""
    if depth > _DEEPEST:  # no program puts chapters into chapters
        return MOST_FRAMES + 1
    count, named, head = 0, *((3, 6) if version == 2 else (4, 10))
    while at + head <= len(tag) and count <= MOST_FRAMES:
        if not tag[at]:  # nothing, of no length, is a frame too
            found = _SOME.search(tag, at)
            skipped = (found.start() - at if found else len(tag)) // head * head
            if skipped:
                at += skipped
                continue
        size = int.from_bytes(tag[at + named : at + 2 * named], "big")
        if version == 4 and _FRAME.match(tag, min(at + head + seven_bits(tag[at + 4 : at + 8]), len(tag))):
            size = seven_bits(tag[at + 4 : at + 8])
        if tag[at : at + 4] == b"CHAP":
            within = tag[at + head : at + head + size]
            count += _count(within, within.find(b"\0") + 1 + _TIMES, 3, depth + 1)
        at += head + size
        count += 1
    return count


def _tag(file: BinaryIO) -> tuple[int, int, int, bytes]:
    """Version, flags, size, and what follows the head, of which 32 MiB."""
    file.seek(0)
    head = file.read(10)
    if len(head) < 10 or not head.startswith(b"ID3"):
        return 0, 0, 0, b""
    size = seven_bits(head[6:10])
    return head[3], head[5], size, file.read(min(size, _MOST))


def _frames(tag: bytes, at: int, version: int) -> Iterator[Id3Frame]:
    for _ in range(MOST_FRAMES + 1 if version in _PACKED else 0):
        if at + 10 > len(tag) or not tag[at]:
            return
        size = tag[at + 4 : at + 8]
        end = at + 10 + (seven_bits(size) if version >= 4 else int.from_bytes(size, "big"))
        yield Id3Frame(tag[at : at + 4], bool(tag[at + 9] & _PACKED[version]), slice(at + 10, min(end, len(tag))))
        at = end
