"""How much an mp4's index would make a decoder allocate, told without allocating it.

The tables of a movie are run-length coded: a few dozen bytes can declare a hundred million samples, for each of which
FFmpeg makes an entry of some 40 bytes before the first picture is decoded. This reads just the counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from touchmark.provenance.media.boxes import Box, inside
from touchmark.provenance.media.errors import DecodeError

_CONTAINERS = frozenset({"moov", "trak", "mdia", "minf", "stbl", "moof", "traf"})
_SAMPLES_PER_ENTRY = 1024  # how FFmpeg groups uncompressed sound, which has a "sample" 48,000 times a second
_MOST_CHAPTERS = 1 << 16  # bytes of what names tracks of chapters


def index_entries(file: BinaryIO, movie: Box, subject: str) -> int:
    """Entries that the ``moov`` or ``moof`` box ``movie`` declares, over all its tracks.

    Raises:
        DecodeError: the index is compressed (``cmov``, unused since the 1990s), so that it cannot be judged.
    """
    total = 0
    for track in inside(file, movie, subject):
        if track.type == "cmov":
            raise DecodeError("its index is compressed, which is not read", subject=subject)
        if track.type == "trak":
            total += _track_entries(file, track, subject)
        elif track.type == "traf":
            total += sum(_number(file, box, 4) for box in inside(file, track, subject) if box.type == "trun")
    return total


def descriptions(file: BinaryIO, movie: Box, subject: str) -> bytes:
    """What the tracks of a ``moov`` box say of how their samples are meant (``stsd``), one after another."""
    tracks = (track for track in inside(file, movie, subject) if track.type == "trak")
    tables = (box for track in tracks for box in _descend(file, track, subject) if box.type == "stsd")
    return b"".join(_payload(file, box, 0, box.size) for box in tables)


def chapter_samples(file: BinaryIO, movie: Box, subject: str) -> int:
    """Samples in tracks of chapters, where a track names several: for each, FFmpeg searches those before it."""
    samples: Counter[int] = Counter()
    named: list[list[int]] = []
    for track in (box for box in inside(file, movie, subject) if box.type == "trak"):
        tables = list(_descend(file, track, subject))
        heads = [_payload(file, box, 0, 24) for box in tables if box.type == "tkhd"]
        declared = sum(_number(file, box, 8) for box in tables if box.type in ("stsz", "stz2"))
        for head in heads[-1:]:
            samples[int.from_bytes(head[20:24] if head[:1] == b"\1" else head[12:16], "big")] += declared
        for references in (box for box in tables if box.type == "tref"):
            for box in inside(file, references, subject):
                if box.type == "chap":
                    numbers = _payload(file, box, 0, min(box.size, _MOST_CHAPTERS))
                    named.append([int.from_bytes(numbers[at : at + 4], "big") for at in range(0, len(numbers), 4)])
    return max((sum(samples[one] for one in numbers) for numbers in named if len(numbers) > 1), default=0)


def _track_entries(file: BinaryIO, track: Box, subject: str) -> int:
    tables = list(_descend(file, track, subject))
    if _is_uncompressed_sound(file, tables):
        chunked = sum(_chunked_samples(file, box, tables) for box in tables if box.type == "stsc")
        return chunked // _SAMPLES_PER_ENTRY
    return sum(_number(file, box, 8) for box in tables if box.type in ("stsz", "stz2"))


def _is_uncompressed_sound(file: BinaryIO, tables: list[Box]) -> bool:
    """One tick a sample, throughout: FFmpeg's own criterion."""
    handlers = [_payload(file, box, 8, 4) for box in tables if box.type == "hdlr"]
    times = [_payload(file, box, 4, 12) for box in tables if box.type == "stts"]
    one_tick = [time[:4] == b"\0\0\0\1" and time[8:] == b"\0\0\0\1" for time in times]
    return bool(handlers) and all(handler == b"soun" for handler in handlers) and bool(one_tick) and all(one_tick)


def _chunked_samples(file: BinaryIO, table: Box, tables: list[Box]) -> int:
    """Samples that a sample-to-chunk table (ISO/IEC 14496-12:2022, 8.7.4) spreads over all chunks."""
    chunks = max((_number(file, box, 4) for box in tables if box.type in ("stco", "co64")), default=0)
    data = _payload(file, table, 8, 12 * _number(file, table, 4))
    first, samples, _ = np.frombuffer(data[: len(data) // 12 * 12], ">u4").reshape(-1, 3).T.astype(np.float64)
    runs = np.diff(first, append=chunks + 1)
    return int(np.maximum(runs, 0) @ samples)


def _descend(file: BinaryIO, box: Box, subject: str) -> Iterator[Box]:
    for child in inside(file, box, subject):
        if child.type in _CONTAINERS:
            yield from _descend(file, child, subject)
        else:
            yield child


def _payload(file: BinaryIO, box: Box, offset: int, size: int) -> bytes:
    """At most ``size`` bytes from ``offset`` on in the payload of ``box``, never beyond the box."""
    file.seek(box.offset + box.header_size + offset)
    return file.read(max(min(size, box.size - box.header_size - offset), 0))


def _number(file: BinaryIO, box: Box, offset: int) -> int:
    return int.from_bytes(_payload(file, box, offset, 4), "big")
