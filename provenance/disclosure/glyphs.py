"""The letters of visible labels: our own drawings, as strokes, so that a label looks the same on every machine.

No font is needed to write a label, nor to look for it. A text font with Chinese would add ten megabytes and another
maker's version numbers to what is but a few dozen shapes; and a label that is found by its looks must not change them.

Strokes are centre lines with round ends on a grid on which capitals are 100 high: y grows downwards, 0 is the top of a
capital, 32 that of small letters, 100 the line they stand on. ``M x,y`` begins a stroke, ``L x,y`` is a line,
``C x,y x,y x,y`` a cubic Bezier curve, and ``O x,y rx,ry`` an ellipse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character.

    Attributes:
        width: how far it reaches to the right of where it begins.
        strokes: its drawing.
        weight: width of its pen, relative to that of Latin letters; many strokes want a finer one.
        size: by which the drawing is enlarged about the middle of a capital: Han characters stand taller.
    """

    width: float
    strokes: tuple[str, ...]
    weight: float = 1.0
    size: float = 1.0


_FINE: Final = 0.85
_TALL: Final = 1.16

_E: Final = "M0,66 L50,66 C50,44 40,32 25,32 C10,32 0,46 0,66 C0,86 10,100 27,100 C36,100 43,96 48,89"

GLYPHS: Final = {
    "A": Glyph(76, ("M0,100 L38,0 L76,100", "M14,66 L62,66")),
    "I": Glyph(0, ("M0,0 L0,100",)),
    "K": Glyph(62, ("M0,0 L0,100", "M58,0 L0,64", "M22,42 L62,100")),
    "a": Glyph(48, ("O24,66 24,34", "M48,32 L48,100")),
    "b": Glyph(52, ("M0,0 L0,100", "O26,66 26,34")),
    "c": Glyph(46, ("M46,44 C41,36 35,32 26,32 C10,32 0,46 0,66 C0,86 10,100 26,100 C35,100 41,96 46,88",)),
    "d": Glyph(50, ("O25,66 25,34", "M50,0 L50,100")),
    "e": Glyph(50, (_E,)),
    "é": Glyph(50, (_E, "M23,13 L35,0")),
    "f": Glyph(32, ("M34,2 C20,-2 12,4 12,20 L12,100", "M0,34 L31,34")),
    "g": Glyph(50, ("O25,66 25,34", "M50,32 L50,106 C50,124 40,133 24,133 C15,133 9,131 4,127")),
    "i": Glyph(0, ("M0,32 L0,100", "M0,4 L0,6")),
    "m": Glyph(
        82,
        (
            "M0,32 L0,100",
            "M0,56 C3,40 12,32 23,32 C35,32 41,40 41,54 L41,100",
            "M41,56 C44,40 53,32 64,32 C76,32 82,40 82,54 L82,100",
        ),
    ),
    "n": Glyph(48, ("M0,32 L0,100", "M0,58 C3,41 13,32 26,32 C40,32 48,41 48,57 L48,100")),
    "o": Glyph(52, ("O26,66 26,34",)),
    "r": Glyph(27, ("M0,32 L0,100", "M0,60 C2,43 12,32 27,33")),
    "t": Glyph(32, ("M13,8 L13,82 C13,97 19,102 32,98", "M0,34 L31,34")),
    # 生: a slanting stroke, three level ones, and the upright through them.
    "生": Glyph(
        100,
        ("M24,4 C21,20 14,35 4,47", "M19,26 L92,26", "M15,61 L88,61", "M0,101 L100,101", "M53,-2 L53,101"),
        _FINE,
        _TALL,
    ),
    # 成: roof, long left sweep, hooked inner stroke, long right hook, right sweep, dot.
    "成": Glyph(
        100,
        (
            "M14,23 L98,23",
            "M14,23 C14,60 12,82 0,102",
            "M14,53 L45,53 C45,72 44,81 42,87 C40,92 35,91 26,88",
            "M58,-1 C60,42 67,78 84,96 C92,104 97,98 100,82",
            "M91,42 C83,67 67,87 47,100",
            "M75,1 L89,11",
        ),
        _FINE,
        _TALL,
    ),
    # 合: a roof of two sweeps, a level stroke, a mouth.
    "合": Glyph(
        104,
        (
            "M52,-3 C42,15 24,32 0,45",
            "M52,-3 C62,15 80,32 104,45",
            "M28,44 L76,44",
            "M20,64 L84,64 L84,102 L20,102 L20,64",
        ),
        _FINE,
        _TALL,
    ),
}
"""Every character that a label can hold."""
