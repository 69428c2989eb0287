"""Does a colour profile show another picture than the samples hold?

    shows_otherwise(profile)

A profile tells viewers which colour each sample is (ICC.1:2022). Those of cameras and screens keep the order of levels,
and take green for the brightest of three. Others can draw a second picture out of the lowest bits of the first, out of
one channel, or out of a trace of it. What cannot be read is no profile: viewers pass it over.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

_MOST: Final = 1 << 22
_MOST_TAGS: Final = 100
_CURVES: Final = (b"rTRC", b"gTRC", b"bTRC", b"kTRC")
_TABLES: Final = frozenset((b"A2B0", b"A2B1", b"A2B2", b"D2B0", b"D2B1", b"D2B2"))
"""Tags of profiles that hold a table of all colours: of printers and scanners, mostly."""
_BRIGHTNESS: Final = {b"rXYZ": (0.1, 0.45), b"gXYZ": (0.45, 0.9), b"bXYZ": (-0.1, 0.25)}
"""Of what is white, how much each of three may be: from sRGB to ProPhoto and ACES."""
_ASKED: Final = _TABLES | {*_CURVES, *_BRIGHTNESS}
_LEAST_HUE, _MOST_HUE = -0.2, 1.2
"""How far each may be from grey: one that is further shows a trace of it as much."""
_STEEPEST: Final = 16
"""How much more of what is shown a step may be than of the levels: of film in logarithms, nine times. A picture that is
so much weaker in the samples than it is shown, is still looked at."""
_GAMMA: Final = (0.05, 5.0)
_CHROMATICITIES: Final = (
    *((0.25, 0.45), (0.25, 0.45)),
    *((0.55, 0.8), (0.2, 0.4)),
    *((0.0, 0.4), (0.5, 0.9)),
    *((0.0, 0.2), (-0.1, 0.2)),
)
"""Of white and of the three, again from sRGB to ProPhoto: how much is red, and how much green."""
_PARAMETERS: Final = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}
_STEPS: Final = 64
_ONE: Final = 65536


def shows_otherwise(profile: bytes) -> bool:
    """Whether levels or colours may be shown in another order than they have."""
    if len(profile) >= _MOST:
        return True
    try:
        tags = list(_tags(profile))
        several = len({name for name, _, _ in tags}) < len(tags)  # of which viewers take one, and others another
        # Any may be nearly all of the profile: of those that are not asked for none is kept.
        asked = {name: profile[start : start + size] for name, start, size in tags if name in _ASKED}
        return several or len(tags) > _MOST_TAGS or _is_odd(asked)
    except struct.error:
        return False
    except ArithmeticError:  # a curve that goes to infinity
        return True


def png_shows_otherwise(gamma: bytes, chromaticities: bytes) -> bool:
    """The same of what a PNG may say in chunks instead of a profile (PNG, 11.3.2.1 and 11.3.2.2), empty where it does
    not."""
    bounds = ((_GAMMA,) if gamma else ()) + (_CHROMATICITIES if chromaticities else ())
    said = gamma + chromaticities
    if len(said) != 4 * len(bounds):
        return False
    numbers = struct.unpack(f">{len(bounds)}i", said)
    return any(not least <= number / 100_000 <= most for number, (least, most) in zip(numbers, bounds, strict=True))


def jpeg_shows_otherwise(pieces: Iterable[bytes]) -> bool:
    """The same of a JPEG, whose segments hold a piece of one each, with its number and how many there are (ICC.1:2022,
    B.4).

    Of pieces that are not those of one profile, some viewers take none, and others as many as suit them.
    """
    in_order = sorted(set(pieces), key=lambda piece: piece[12:14])
    numbers = [(number, len(in_order)) for number in range(1, len(in_order) + 1)]
    is_one = [tuple(piece[12:14]) for piece in in_order] == numbers
    return (len(in_order) > 1 and not is_one) or shows_otherwise(b"".join(piece[14:] for piece in in_order))


def of_png(chunk: bytes) -> bytes:
    """The profile in a chunk (PNG, 11.3.2.3): a name, a method, and what is compressed by it."""
    try:
        return zlib.decompressobj().decompress(chunk.partition(b"\0")[2][1:], _MOST)
    except zlib.error:
        return b""


def _tags(profile: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and size of each, up to one more than there may be."""
    (count,) = struct.unpack_from(">I", profile, 128)
    for index in range(min(count, _MOST_TAGS + 1)):
        yield struct.unpack_from(">4sII", profile, 132 + 12 * index)


def _is_odd(tags: dict[bytes, bytes]) -> bool:
    if tags.keys() & _TABLES or not all(_rises(tags[name]) for name in _CURVES if name in tags):
        return True
    for name, (least, most) in _BRIGHTNESS.items():
        if name in tags:
            x, y, z = (number / _ONE for number in struct.unpack_from(">3i", tags[name], 8))
            if not (least <= y <= most and all(_LEAST_HUE <= hue <= _MOST_HUE for hue in (x, z))):
                return True
    return False


def _rises(curve: bytes) -> bool:
    """Whether more of a sample is never shown as less, nor as far more (ICC.1:2022, 10.6 and 10.18)."""
    if curve[:4] == b"para":
        kind = int.from_bytes(curve[8:10], "big")
        values = [number / _ONE for number in struct.unpack_from(f">{_PARAMETERS.get(kind, 0)}i", curve, 12)]
        levels = [_level(values, step / _STEPS) for step in range(_STEPS + 1)]
    else:
        (count,) = struct.unpack_from(">I", curve, 8)
        numbers = struct.unpack_from(f">{count}H", curve, 12)
        power = numbers[0] / 256 if count else 1.0
        levels = [number / 65535 for number in numbers]
        if count < 2:
            levels = [(step / _STEPS) ** power for step in range(_STEPS + 1)]
    most = _STEEPEST / (len(levels) - 1)
    return all(less <= more <= less + most for less, more in pairwise(levels)) and levels[0] < levels[-1]


def _level(values: list[float], sample: float) -> float:
    gamma, a, b, c, d, e, f = (*values, *(1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0)[len(values) :])
    if len(values) in (3, 4):  # zero, or what is added, up to where the power begins
        added = values[3] if len(values) == 4 else 0.0
        c, d, e, f = 0.0, -b / a, added, added
    power: float = max(a * sample + b, 0.0) ** gamma + e
    return power if sample >= d else c * sample + f
