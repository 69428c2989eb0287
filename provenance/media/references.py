"""How many pictures a stream lets its decoder keep, told before it does: H.264 and H.265, which may say sixteen.

    kept_pictures("h264", extradata)     # 4; 0 where it is not said

Of a film of 4K these are two hundred megabytes and more. Read are parameter sets (ITU-T H.264, 7.3.2.1.1; H.265,
7.3.2.2), as a container keeps them (ISO/IEC 14496-15, 5.3.3 and 8.3.3) or as they stand in the stream. Files are
hostile: what cannot be read says nothing, and the largest number counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

_PARAMETERS: Final = {"h264": 7, "hevc": 33}
"""Types of units that say it."""
_WITH_CHROMA: Final = frozenset((100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135))
"""Profiles of H.264 whose parameters say more of colours and scales."""
_MOST_UNITS: Final = 256
_MOST_SUBLAYERS: Final = 7


def kept_pictures(codec: str, data: bytes) -> int:
    """As what precedes a stream, or a packet of it, says; 0 where that does not say it, or the codec is another."""
    most = 0
    for unit in islice(_units(codec, data), _MOST_UNITS):
        kind = unit[0] & 31 if codec == "h264" else unit[0] >> 1 & 63
        if kind == _PARAMETERS[codec]:
            bits = _Bits(unit[1 if codec == "h264" else 2 :])
            try:
                most = max(most, _of_h264(bits) if codec == "h264" else _of_h265(bits))
            except ValueError:
                continue
    return most


class _Bits:
    """Numbers of any length, one behind the other (H.264, 7.2 and 9.1)."""

    def __init__(self, unit: bytes) -> None:
        payload = unit[:4096].replace(b"\0\0\3", b"\0\0")
        self._bits, self._left = int.from_bytes(payload, "big"), 8 * len(payload)

    def number(self, size: int) -> int:
        self._left -= size
        if self._left < 0:
            raise ValueError("no more bits")
        return self._bits >> self._left & ((1 << size) - 1)

    def counted(self) -> int:
        """Of as many bits as zeros stand before it."""
        zeros = 0
        while not self.number(1):
            zeros += 1
            if zeros > 32:
                raise ValueError("a number without end")
        return (1 << zeros) - 1 + self.number(zeros)


def _of_h264(bits: _Bits) -> int:
    profile = bits.number(8)
    bits.number(16)
    bits.counted()
    if profile in _WITH_CHROMA:
        chroma = bits.counted()
        bits.number(chroma == 3)
        bits.counted()
        bits.counted()
        bits.number(1)
        if bits.number(1):
            for index in range(12 if chroma == 3 else 8):
                if bits.number(1):
                    _skip_scales(bits, 16 if index < 6 else 64)
    bits.counted()
    order = bits.counted()
    if order == 0:
        bits.counted()
    elif order == 1:
        bits.number(1)
        bits.counted()
        bits.counted()
        for _ in range(min(bits.counted(), 255)):
            bits.counted()
    return bits.counted()


def _skip_scales(bits: _Bits, size: int) -> None:
    scale = 8
    for _ in range(size):
        if scale:  # from a zero on, all are as the one before it
            value = bits.counted()
            scale = (scale + ((value + 1) // 2 if value % 2 else -(value // 2))) % 256


def _of_h265(bits: _Bits) -> int:
    bits.number(4)
    sublayers = min(bits.number(3), _MOST_SUBLAYERS)
    bits.number(1)
    bits.number(88)
    bits.number(8)
    present = [(bits.number(1), bits.number(1)) for _ in range(sublayers)]
    bits.number(2 * (8 - sublayers) if sublayers else 0)
    for has_profile, has_level in present:
        bits.number(88 * has_profile + 8 * has_level)
    bits.counted()
    if bits.counted() == 3:
        bits.number(1)
    bits.counted()
    bits.counted()
    if bits.number(1):
        for _ in range(4):
            bits.counted()
    for _ in range(3):
        bits.counted()
    most = 0
    for _ in range(1 if not bits.number(1) else sublayers + 1):
        most = max(most, bits.counted() + 1)
        bits.counted()
        bits.counted()
    return most


def _units(codec: str, data: bytes) -> Iterator[bytes]:
    if codec not in _PARAMETERS:
        return
    if data[:3] == b"\0\0\1" or data[:4] == b"\0\0\0\1":
        yield from filter(None, data.split(b"\0\0\1"))
    elif data[:1] == b"\1":
        yield from filter(None, _of_record(codec, data))
    else:  # each behind its length
        at = 0
        while at + 4 < len(data):
            size = int.from_bytes(data[at : at + 4], "big")
            yield data[at + 4 : at + 4 + min(size, 4096)] or b"\0"
            at += 4 + size


def _of_record(codec: str, data: bytes) -> Iterator[bytes]:
    """Units in what a container says of a stream: of H.264 one list of parameter sets, of H.265 some lists."""
    at = 5 if codec == "h264" else 23
    for _ in range(1 if codec == "h264" else min(data[22] if len(data) > 22 else 0, 16)):
        head = 1 if codec == "h264" else 3
        count = int.from_bytes(data[at + head - (1 if codec == "h264" else 2) : at + head], "big")
        at += head
        for _ in range(min(count & (31 if codec == "h264" else 0xFFFF), 64)):
            size = int.from_bytes(data[at : at + 2], "big")
            yield data[at + 2 : at + 2 + size]
            at += 2 + size
