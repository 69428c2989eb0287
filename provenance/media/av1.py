"""How many pictures one AV1 packet would give, told before it is decoded.

AV1 can show a stored picture again with three bytes. A packet of such commands is a bomb: 600 kB of them became 200,000
frames and 600 MB in one call of the decoder. The standard allows one shown picture a packet (a "temporal unit"), or one
for each spatial layer. Of pictures that are not shown, which later ones refer to, encoders put a few into a packet, and
a hostile file as many as it likes. This counts them; it parses nothing else.
"""

from __future__ import annotations

# AV1 Bitstream & Decoding Process Specification, version 1.0.0 with errata 1, 5.3 (OBU syntax) and 6.2.2 (types).
_FRAME_HEADER, _FRAME = 3, 6
_HAS_EXTENSION, _HAS_SIZE = 0x04, 0x02
_SHOW_EXISTING_FRAME, _SHOW_FRAME = 0x80, 0x10  # 5.9.2: the first bit of a frame header, and the fourth where it is 0


MOST_SHOWN = 8
_NOT_SHOWN = 8
"""So many pictures that are not shown count as one that is."""


def shown_pictures(packet: bytes | memoryview, most: int) -> int:
    """Pictures that a temporal unit shows, counted up to ``most`` + 1. What cannot be parsed is not counted, what
    is not shown counts little."""
    data = memoryview(packet)
    count = position = 0
    while position < len(data) and count < (most + 1) * _NOT_SHOWN:
        header = data[position]
        position += 2 if header & _HAS_EXTENSION else 1
        size = len(data) - position
        if header & _HAS_SIZE:
            size, position = _leb128(data, position)
        kind = header >> 3 & 0x0F
        if kind in (_FRAME_HEADER, _FRAME) and size > 0 and position < len(data):
            count += _NOT_SHOWN if data[position] & (_SHOW_EXISTING_FRAME | _SHOW_FRAME) else 1
        position += size
    return min(count // _NOT_SHOWN, most + 1)


def _leb128(data: memoryview, position: int) -> tuple[int, int]:
    """A little-endian number of 7 bits a byte (4.10.5), and the position after it."""
    value = 0
    for index, byte in enumerate(data[position : position + 8]):
        value |= (byte & 0x7F) << (7 * index)
        if not byte & 0x80:
            return value, position + index + 1
    return 0, len(data)
