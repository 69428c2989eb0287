"""How many tags a file has, counted before a media library opens it.

    check_tags(file, "matroska", "film.mkv")

FFmpeg keeps tags in a list that it searches entry by entry: the time grows with their number squared, in Matroska, of
which it converts all names anew after each tag, cubed. Half a megabyte would take minutes, in which nothing can stop
it. So what it might take for a tag is counted, wherever it might look; what is counted too often is no matter, since
honest files have some hundreds at most. Heads that begin nothing are counted too, so that the counting ends soon.
"""

from __future__ import annotations

import math
import os
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from types import MappingProxyType
from typing import BinaryIO, Final

from touchmark.provenance.media.boxes import top_level
from touchmark.provenance.media.errors import LimitExceededError
from touchmark.provenance.media.id3 import burden
from touchmark.provenance.media.index import chapter_samples
from touchmark.provenance.media.kinds import seven_bits

MOST_TAGS: Final = 4096
"""With so many a file is opened in a tenth of a second."""
_OF_MATROSKA: Final = 8
"""Tags of other files that cost what one of Matroska does, where there are as many as may be."""
_OF_PROTECTION: Final = 32
"""The same of boxes of keys (``pssh``), of which all are copied for each; a film has one for each shop."""
_MOST_PLACES: Final = 1 << 16
"""Heads that are looked at in a file, whatever they begin: by chance a gigabyte of media holds one."""
_CHUNK: Final = 1 << 20


class _TooManyPlacesError(Exception):
    """More heads than are looked at."""


def check_tags(file: BinaryIO, demuxer: str, subject: str) -> None:
    """Refuse an open, seekable file that holds more tags than FFmpeg's ``demuxer`` opens in a moment.

    Raises:
        LimitExceededError: it does.
    """
    total = 0
    try:
        for tags in _TAGS_OF[demuxer](file, subject):
            total += tags
            if total > MOST_TAGS:
                raise _TooManyPlacesError
    except _TooManyPlacesError:
        raise LimitExceededError(
            "it holds more tags than are read", subject=subject, remedy="Write it anew without its tags."
        ) from None


def _places(
    file: BinaryIO, names: tuple[bytes, ...], start: int = 0, end: int | None = None, *, most: float = _MOST_PLACES
) -> Iterator[int]:
    """Where the bytes of one of ``names``, four each, lie, whatever structure is around them; up to ``most``."""
    places = 0
    while True:
        file.seek(start)
        data = file.read(_CHUNK if end is None else min(_CHUNK, max(end - start, 0)))
        for name in names:
            found = data.find(name)
            while found >= 0:
                places += 1
                if places > most:
                    raise _TooManyPlacesError
                yield start + found
                found = data.find(name, found + 1)
        if len(data) < 4:
            return
        start += len(data) - 3


def _at(file: BinaryIO, place: int, size: int) -> bytes:
    file.seek(max(place, 0))
    return file.read(size)


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")


# Boxes (mp4, mov, avif) ----------------------------------------------------------------------------------------------


def _of_boxes(file: BinaryIO, subject: str) -> Iterator[int]:
    """Boxes in ``udta`` and ``ilst``, and those that are a tag by themselves, anywhere but in the media; chapters."""
    start = 0
    for box in top_level(file, subject):
        if box.type == "moov":
            yield chapter_samples(file, box, subject)
        if box.type == "mdat":
            yield from _of_stretch(file, start, box.offset)
            start = box.offset + box.size
    yield from _of_stretch(file, start, file.seek(0, os.SEEK_END))


def _of_stretch(file: BinaryIO, start: int, end: int) -> Iterator[int]:
    for place in _places(file, (b"udta", b"ilst", b"----", b"trex", b"pssh"), start, end):
        head = _at(file, place - 4, 8)
        if head[4:] in (b"udta", b"ilst"):
            beyond = min(place - 4 + (int.from_bytes(head[:4], "big") or end), end)
            yield from _in_box(file, place + 4, beyond)
        else:
            yield _OF_PROTECTION if head[4:] == b"pssh" else 1


def _in_box(file: BinaryIO, at: int, end: int) -> Iterator[int]:
    while at + 8 <= end:
        head = _at(file, at, 16)
        size = int.from_bytes(head[:4], "big")
        if size == 1:
            size = max(int.from_bytes(head[8:], "big"), 16)
        if size < 8:
            return
        yield 1
        at += size


# RIFF (avi, wav) -----------------------------------------------------------------------------------------------------


def _of_riff(file: BinaryIO, _: str) -> Iterator[int]:
    """Chunks of each list of information, wherever it lies."""
    for place in _places(file, (b"INFO",)):
        head = _at(file, place - 8, 8)
        if head[:4] == b"LIST":
            yield from _in_list(file, place + 4, place + _little(head[4:]))


def _in_list(file: BinaryIO, at: int, end: int) -> Iterator[int]:
    stepped_back = False
    while at + 8 <= end:
        head = _at(file, at, 8)
        if len(head) < 8:
            return
        yield 1
        size = _little(head[4:])
        if at + 8 + size > end:  # then it is looked for one byte before: some programs do not fill up
            if stepped_back:
                return
            at, stepped_back = at - 1, True
        else:
            at, stepped_back = at + 8 + size + size % 2, False


def _of_wav(file: BinaryIO, _: str) -> Iterator[int]:
    yield from _of_riff(file, _)
    yield from _of_id3(file, _)


# ID3, FLAC and Ogg ---------------------------------------------------------------------------------------------------

_ID3_HEAD: Final = re.compile(rb"ID3[\2-\4][^\xff].[\0-\x7f]{4}", re.DOTALL)
_MOST_ID3, _LARGEST_ID3 = 16, 32 << 20
_LARGEST_BLOCK: Final = 1 << 24
_MOST_FLAC: Final = 64
"""Files of FLAC in a file, or tracks of it: each may be looked through to its end."""
_COMMENT: Final = 4
"""Type of a FLAC block (RFC 9639, 8.1)."""


def _of_id3(file: BinaryIO, _: str) -> Iterator[int]:
    """Frames of each ID3v2 tag: several may follow one another, and in a WAV lie anywhere."""
    found = 0
    for place in _places(file, (b"ID3\2", b"ID3\3", b"ID3\4")):
        head = _at(file, place, 10)
        if not _ID3_HEAD.match(head):
            continue
        found += 1
        size = seven_bits(head[6:])
        if found > _MOST_ID3 or size > _LARGEST_ID3:
            yield MOST_TAGS + 1
        yield burden(BytesIO(_at(file, place, 10 + size)))[0]


def _of_flac(file: BinaryIO, _: str) -> Iterator[int]:
    yield from _of_id3(file, _)
    for place in _places(file, (b"fLaC",), most=_MOST_FLAC):
        yield from _in_blocks(file, place + 4)


def _in_blocks(file: BinaryIO, at: int) -> Iterator[int]:
    while len(head := _at(file, at, 4)) == 4:
        size = int.from_bytes(head[1:], "big")
        yield max(_comments(_at(file, at + 4, size), 0), 1) if head[0] & 0x7F == _COMMENT else 1
        if head[0] & 0x80:
            return
        at += 4 + size


def _comments(data: bytes, at: int) -> int:
    """Comments of Vorbis that ``data`` hold from ``at`` on: a text, a number, and so many texts."""
    at += 4 + _little(data[at : at + 4])
    most = min(_little(data[at : at + 4]), MOST_TAGS + 1)
    at += 4
    for count in range(most):
        at += 4 + _little(data[at : at + 4])
        if at > len(data):
            return count
    return most


_HEADS: Final = (0, 4, 6, 7, 8)
"""Bytes before the comments of Speex, FLAC, Daala, Vorbis and Theora, and Opus."""
_FEWEST: Final = 16
"""Comments that no packet of sound or pictures seems to hold."""
_MOST_FALSE_PAGES: Final = 1024
"""Heads of no page: for each as much as a page is summed up."""
_REVERSED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def _of_ogg(file: BinaryIO, _: str) -> Iterator[int]:
    """Comments in any packet that holds some, of each stream, and of those that follow one another (RFC 3533)."""
    yield from _of_id3(file, _)
    begun: dict[bytes, bytearray] = {}
    held = 0
    for serial, continued, pieces in _ogg_pages(file):
        packet = begun.setdefault(serial, bytearray())
        if not continued:
            held -= len(packet)
            packet.clear()
        for piece, ended in pieces:
            packet += piece
            held += len(piece)
            if held > _LARGEST_BLOCK or len(begun) > MOST_TAGS:
                yield MOST_TAGS + 1
            if ended:
                found = max(_comments(bytes(packet), at) for at in _HEADS)
                yield found if found >= _FEWEST else 0
                held -= len(packet)
                packet.clear()


def _ogg_pages(file: BinaryIO) -> Iterator[tuple[bytes, bool, list[tuple[bytes, bool]]]]:
    """Serial number of each page, whether it goes on with a packet, and its pieces of packets: do they end there?"""
    beyond = 0
    false = 0
    for place in _places(file, (b"OggS",), most=math.inf):
        if place < beyond:
            continue
        head = _at(file, place, 27)
        sizes = _at(file, place + 27, head[26]) if len(head) == 27 else b""
        content = _at(file, place + 27 + len(sizes), sum(sizes))
        if len(content) != sum(sizes) or not sizes or not _is_page(head, sizes + content):
            false += 1
            if false > _MOST_FALSE_PAGES:
                raise _TooManyPlacesError
            continue  # a reader then looks for one within
        beyond = place + 27 + len(sizes) + len(content)
        yield head[14:18], bool(head[5] & 1), _pieces(sizes, content)


def _is_page(head: bytes, rest: bytes) -> bool:
    """Whether its sum is right: that of zlib, of bits in the other order, and from zero on."""
    page = head[:22] + bytes(4) + head[26:] + rest
    found = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return found.to_bytes(4, "big").translate(_REVERSED) == head[22:26]


def _pieces(sizes: bytes, content: bytes) -> list[tuple[bytes, bool]]:
    pieces, start, end = [], 0, 0
    for size in sizes:
        end += size
        if size < 255:
            pieces.append((content[start:end], True))
            start = end
    return [*pieces, (content[start:end], False)] if start < end or not pieces else pieces


# Matroska ------------------------------------------------------------------------------------------------------------

_SIMPLE_TAG, _TAG = b"\x67\xc8", b"\x73\x73"
_FIRST: Final = (b"\x12\x54\xc3\x67", b"\x10\x43\xa7\x70", b"\x16\x54\xae\x6b", b"\x19\x41\xa4\x69")
"""Tags, chapters, tracks and attachments (RFC 9559, 5.1)."""
_MASTERS: Final = frozenset((_TAG, _SIMPLE_TAG, b"\x45\xb9", b"\xb6", b"\xae", b"\x61\xa7"))
_NUMBERS: Final = frozenset((b"\x73\xc4", b"\x73\xc5", b"\x46\xae"))
"""Of chapters, tracks and attachments: a tag is for all that have the one that it names."""
_PRIVATE: Final = b"\x63\xa2"
_MOST_ELEMENTS: Final = 100_000


def _of_matroska(file: BinaryIO, _: str) -> Iterator[int]:
    """Tags, twice as many where they lie in one another: each may be there once with its language, and once without.

    A reader is sent to them from elsewhere, even into another element, and looks for their number after any damage:
    what lies where is not asked.
    """
    tags, elements, flacs = 0, 0, 0
    numbers: Counter[bytes] = Counter()
    end = file.seek(0, os.SEEK_END)
    for place in _places(file, _FIRST, most=MOST_TAGS):
        for name, at, size, depth in _elements(file, place, end):
            elements += 1
            if name in (_TAG, _SIMPLE_TAG):
                tags += 1 << max(depth - 2, 0)
            elif name in _NUMBERS:
                numbers[_at(file, at, min(size, 8)).lstrip(b"\0")] += 1
            elif name == _PRIVATE and _at(file, at, 4) == b"fLaC":
                flacs += 1
                yield from _in_blocks(file, at + 4)
            if elements > _MOST_ELEMENTS or flacs > _MOST_FLAC or tags * _OF_MATROSKA > MOST_TAGS:
                yield MOST_TAGS + 1
    yield tags * _OF_MATROSKA * max(numbers.values(), default=1)


def _elements(file: BinaryIO, at: int, end: int) -> Iterator[tuple[bytes, int, int, int]]:
    """Name, content's place and size, and depth of an element and of all in it, up to what makes no sense.

    Of what is of no known length, all that follows is in it.
    """
    open_until: list[int] = []
    while head := _at(file, at, 12):
        name_size = 9 - head[0].bit_length()
        if name_size > 4 or len(head) <= name_size or not head[name_size]:
            return
        size_size = 9 - head[name_size].bit_length()
        start, unknown = at + name_size + size_size, (1 << 7 * size_size) - 1
        size = int.from_bytes(head[name_size : name_size + size_size], "big") & unknown
        around = open_until[-1] if open_until else end
        stop = around if size == unknown else start + size
        if open_until and stop > around:
            return
        name = head[:name_size]
        yield name, start, stop - start, len(open_until)
        is_master = not open_until or name in _MASTERS
        at = start if is_master else stop
        if is_master:
            open_until.append(stop)
        while open_until and at >= open_until[-1]:
            open_until.pop()
        if not open_until:
            return


_TAGS_OF: Final[Mapping[str, Callable[[BinaryIO, str], Iterator[int]]]] = MappingProxyType(
    {
        "mov": _of_boxes,
        "avi": _of_riff,
        "wav": _of_wav,
        "mp3": _of_id3,
        "flac": _of_flac,
        "ogg": _of_ogg,
        "matroska": _of_matroska,
    }
)
"""By FFmpeg's name of a demuxer."""
