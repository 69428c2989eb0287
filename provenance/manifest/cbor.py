"""Where the items of CBOR begin and end (RFC 8949). Pure: lengths are walked, values are never interpreted.

    *entries, after = members(data, 0)       # of a map: name, value, name, value, ...
    kind, number, start = head(data, entries[0])

A decoder gives values, and takes for nothing what lies between and behind them; whoever looks for what is hidden needs
the places.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE = range(8)
"""Major types (RFC 8949, 3.1)."""
NULL: Final = b"\xf6"
_MOST_DEEP: Final = 32
_BREAK: Final = b"\xff"  # ends an item of no set length


def head(data: bytes, at: int) -> tuple[int, int, int]:
    """Major type, argument (-1 where a break ends the item) and where the head ends.

    Raises:
        ValueError: there is none.
    """
    if not 0 <= at < len(data):
        raise ValueError("cut short")
    major, short = data[at] >> 5, data[at] & 31
    if short < 24:
        return major, short, at + 1
    if short == 31:
        return major, -1, at + 1
    if short > 27:
        raise ValueError("no CBOR")
    stop = at + 1 + (1 << (short - 24))
    return major, int.from_bytes(data[at + 1 : stop], "big"), stop


def members(data: bytes, at: int, depth: int = _MOST_DEEP) -> list[int]:
    """Where each member of the array, map or tag at ``at`` begins, and where the last one ends.

    Raises:
        ValueError: they do not end, or lie too deep.
    """
    major, number, at = head(data, at)
    if depth == 0:
        raise ValueError("too deep")
    count = {ARRAY: number, MAP: 2 * number, TAG: 1}.get(major, 0) if number >= 0 else len(data)
    places = [at]
    for _ in range(count):
        if number < 0 and data[at : at + 1] == _BREAK:
            return [*places[:-1], at + 1]
        at = end(data, at, depth - 1)
        places.append(at)
    return places


def entries(data: bytes, at: int) -> list[tuple[int, int]]:
    """Where name and value of each entry of the map at ``at`` begin.

    Raises:
        ValueError: as :func:`members`, or it is no map.
    """
    if head(data, at)[0] != MAP:
        raise ValueError("no map")
    *places, _ = members(data, at)
    return list(zip(places[::2], places[1::2], strict=True))


def heads(data: bytes) -> Iterator[int]:
    """The kind of each item, one behind the other, those within others too.

    Raises:
        ValueError: there is no whole head where one has to be.
    """
    at = 0
    while at < len(data):
        major, number, at = head(data, at)
        at += number if major in (BYTES, TEXT) and number > 0 else 0
        yield major


def values(data: bytes, at: int, names: Sequence[bytes]) -> Iterator[int]:
    """Where the values of these names are, in the map at ``at``; of anything else, none.

    Raises:
        ValueError: it does not end.
    """
    if head(data, at)[0] == MAP:
        yield from (value for name, value in entries(data, at) if text(data, name) in names)


def string(data: bytes, at: int, kind: int) -> bytes:
    """The content of the string at ``at``, of bytes or of text, as ``kind`` says.

    Raises:
        ValueError: it is none of that kind, or in pieces, over which readers may differ.
    """
    major, length, start = head(data, at)
    if major != kind or length < 0:
        raise ValueError("no such string, or one in pieces")
    return data[start : start + length]


def text(data: bytes, at: int) -> bytes:
    """The text at ``at``, as a decoder gives it: of one in pieces (RFC 8949, 3.2.3), all of them; of anything else, "".

    Raises:
        ValueError: it does not end.
    """
    kind, length, start = head(data, at)
    if kind != TEXT:
        return b""
    if length < 0:
        return b"".join(text(data, piece) for piece in members(data, at)[:-1])
    return data[start : start + length]


def end(data: bytes, at: int, depth: int = _MOST_DEEP) -> int:
    """Where the item at ``at`` ends.

    Raises:
        ValueError: it does not.
    """
    major, number, start = head(data, at)
    stop = start + number if major in (BYTES, TEXT) and number >= 0 else start
    if major in (ARRAY, MAP, TAG) or number < 0:
        stop = members(data, at, depth)[-1]
    if stop > len(data):
        raise ValueError("cut short")
    return stop
