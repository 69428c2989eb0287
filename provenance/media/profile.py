"""Does a colour profile show another picture than the samples hold?

    shows_otherwise(profile)

A profile tells viewers which colour each sample is (ICC.1:2022). Those of cameras and screens keep the order of levels,
and take green for the brightest of three. Others can draw a second picture out of the lowest bits of the first, or out
of one channel. What cannot be read is no profile: viewers pass it over.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

_MOST: Final = 1 << 22
_MOST_TAGS: Final = 100
_CURVES: Final = (b"rTRC", b"gTRC", b"bTRC", b"kTRC")
_TABLES: Final = frozenset((b"A2B0", b"A2B1", b"A2B2", b"D2B0", b"D2B1", b"D2B2"))
"""Tags of profiles that hold a table of all colours: of printers and scanners, mostly."""
_BRIGHTNESS: Final = {b"rXYZ": (0.1, 0.45), b"gXYZ": (0.45, 0.9), b"bXYZ": (-0.02, 0.25)}
"""Of what is white, how much each of three may be: from sRGB to ProPhoto."""
_ASKED: Final = _TABLES | {*_CURVES, *_BRIGHTNESS}
_PARAMETERS: Final = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}
_STEPS: Final = 64
_ONE: Final = 65536


def shows_otherwise(profile: bytes) -> bool:
    """Whether levels or colours may be shown in another order than they have."""
    try:
        return _is_odd(_tags(profile[:_MOST]))
    except struct.error:
        return False
    except ArithmeticError:  # a curve that goes to infinity
        return True


def of_jpeg(pieces: Iterable[bytes]) -> bytes:
    """The profile in segments that hold a piece of one each (ICC.1:2022, B.4)."""
    return b"".join(piece[14:] for piece in sorted(pieces, key=lambda piece: piece[12:13]))


def of_png(chunk: bytes) -> bytes:
    """The profile in a chunk (PNG, 11.3.2.3): a name, a method, and what is compressed by it."""
    try:
        return zlib.decompressobj().decompress(chunk.partition(b"\0")[2][1:], _MOST)
    except zlib.error:
        return b""


def _tags(profile: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">I", profile, 128)
    entries = [struct.unpack_from(">4sII", profile, 132 + 12 * index) for index in range(min(count, _MOST_TAGS))]
    # Any may be nearly all of the profile: of those that are not asked for none is kept.
    return {name: profile[start : start + size] for name, start, size in entries if name in _ASKED}


def _is_odd(tags: dict[bytes, bytes]) -> bool:
    if tags.keys() & _TABLES or not all(_rises(tags[name]) for name in _CURVES if name in tags):
        return True
    for name, (least, most) in _BRIGHTNESS.items():
        if name in tags and not least <= struct.unpack_from(">i", tags[name], 12)[0] / _ONE <= most:
            return True
    return False


def _rises(curve: bytes) -> bool:
    """Whether more of a sample is never shown as less (ICC.1:2022, 10.6 and 10.18)."""
    if curve[:4] == b"para":
        kind = int.from_bytes(curve[8:10], "big")
        values = [number / _ONE for number in struct.unpack_from(f">{_PARAMETERS.get(kind, 0)}i", curve, 12)]
        levels = [_level(values, step / _STEPS) for step in range(_STEPS + 1)]
    else:
        (count,) = struct.unpack_from(">I", curve, 8)
        levels = [*struct.unpack_from(f">{count}H", curve, 12)] if count > 1 else [0, 1]
    return all(less <= more for less, more in pairwise(levels)) and levels[0] < levels[-1]


def _level(values: list[float], sample: float) -> float:
    """But for what some kinds add to all of them, which changes no order."""
    gamma, a, b, c, d, e, f = (*values, *(1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0)[len(values) :])
    power: float = max(a * sample + b, 0.0) ** gamma + e
    return power if sample >= d else c * sample + f
