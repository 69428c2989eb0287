"""Whether a film or a HEIF picture says that a part of it alone is to be shown: its clean aperture.

    cuts(descriptions, 1920, 1080)      # True where viewers that obey leave much of such a picture out

QuickTime's players and browsers cut it out (ISO/IEC 14496-12:2022, 12.1.4; ISO/IEC 23008-12:2022, 6.5.9); our decoders
give all. What is searched is short, or holds no such words but as a box; files are hostile.
"""

from __future__ import annotations

import re
import struct
from typing import Final

_APERTURE: Final = re.compile(rb"(?s)(?=\0\0\0[\0\x01\x28]clap(.{16}))")
"""Width and height, each a fraction; in front of them the size of the box, also in its other two forms. It looks ahead,
so that one that is laid over the head of another does not hide it."""
_MOST: Final = 16
_LEAST: Final = 0.9
"""Of each side: films of television leave out a few columns at their edges."""


def cuts(data: bytes, width: int, height: int) -> bool:
    """Whether boxes in ``data`` leave more than a tenth of either side out, or are too many or too odd to tell."""
    for number, found in enumerate(_APERTURE.finditer(data)):
        wide, by_wide, high, by_high = struct.unpack(">4I", found[1])
        if number == _MOST or wide < _LEAST * width * by_wide or high < _LEAST * height * by_high:
            return True
        if not (by_wide and by_high):
            return True
    return False
