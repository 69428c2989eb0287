"""Draws the words of a label: anti-aliased masks at any size, from strokes. Pure.

width_of("generated")            # in units of the capitals' height
draw(canvas, "generated", x, y, height)
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.disclosure.glyphs import GLYPHS

PEN: Final = 0.125
"""Width of a stroke, in units of the capitals' height."""
_GAP: Final = 0.27  # between the centre lines of neighbouring letters
_SHIFT: Final = 6  # OpenCV takes coordinates in 1/64 pixel
_CURVE_POINTS: Final = 16
_TOKEN = re.compile(r"([MLCO])([^MLCO]*)")

Mask = NDArray[np.uint8]


def width_of(text: str) -> float:
    """From the left edge of the first letter's ink to the right edge of the last one's, capitals being 1 high.

    Raises:
        KeyError: a character has no drawing.
    """
    return (
        sum(GLYPHS[character].width * GLYPHS[character].size / 100 for character in text) + _GAP * (len(text) - 1) + PEN
    )


def draw(canvas: Mask, text: str, left: float, top: float, height: float, value: int = 255) -> None:
    """Write ``text`` into ``canvas``.

    Args:
        canvas: ndarray of shape (height, width), uint8; written into, without anti-aliasing.
        left: where the ink of the first letter begins, in pixels.
        top: where the ink of a capital begins.
        height: of a capital, ink included.
        value: to write.
    """
    unit = height / (1 + PEN)
    position = left + PEN * unit / 2
    for character in text:
        glyph = GLYPHS[character]
        thickness = max(round(PEN * unit * glyph.weight), 1)
        for stroke in glyph.strokes:
            points = (_points(stroke) * glyph.size + (0, (1 - glyph.size) / 2)) * unit + (
                position,
                top + PEN * unit / 2,
            )
            fixed = np.rint(points * (1 << _SHIFT)).astype(np.int32)
            cv2.polylines(canvas, [fixed], False, value, thickness, cv2.LINE_8, _SHIFT)
        position += (glyph.width * glyph.size / 100 + _GAP) * unit


@cache
def _points(stroke: str) -> NDArray[np.float64]:
    """A stroke as a chain of points, capitals being 1 high."""
    chain: list[NDArray[np.float64]] = []
    for command, rest in _TOKEN.findall(stroke):
        numbers = np.array([[float(n) for n in pair.split(",")] for pair in rest.split()])
        if command == "O":
            turn = np.linspace(0, 2 * np.pi, 4 * _CURVE_POINTS + 1)[:, None]
            chain.append(numbers[0] + numbers[1] * np.hstack([np.cos(turn), np.sin(turn)]))
        elif command == "C":
            chain.append(_curve(chain[-1][-1], *numbers))
        else:
            chain.append(numbers)
    return np.concatenate(chain) / 100


def _curve(
    start: NDArray[np.float64], first: NDArray[np.float64], second: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.float64]:
    t = np.linspace(0, 1, _CURVE_POINTS + 1)[1:, None]
    return np.asarray((1 - t) ** 3 * start + 3 * t * (1 - t) ** 2 * first + 3 * t**2 * (1 - t) * second + t**3 * end)
