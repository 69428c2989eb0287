"""Draw a pattern into the planes of pictures of one size, at encoding speed."""

from __future__ import annotations

from copy import copy

import cv2
import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.media.colour import Colour
from touchmark.provenance.media.picture import Planes, Samples
from touchmark.provenance.watermark.emphasis import AS_PLANNED, Emphasis
from touchmark.provenance.watermark.lattice import Lattice, Plane
from touchmark.provenance.watermark.masking import CHROMA_STRENGTH, strengths

Real = NDArray[np.float32]


class Painter:
    """The pattern of one payload under one key, drawn once for a picture size and then added to every frame.

    Args:
        lattice, code_bits: what is drawn.
        height, width: of the pictures.
        shift: see :meth:`Lattice.draw`.
    """

    def __init__(
        self, lattice: Lattice, code_bits: NDArray[np.uint8], height: int, width: int, shift: tuple[int, int] = (0, 0)
    ) -> None:
        self.size, self.shift = (height, width), shift
        self._lattice, self._code_bits = lattice, code_bits
        half = (-(-height // 2), -(-width // 2))
        blue, red = CHROMA_STRENGTH
        self._luma = lattice.draw(Plane.LUMA, code_bits, height, width, shift)
        self._blue = lattice.draw(Plane.BLUE, code_bits, *half, shift) * np.float32(blue)
        self._red = lattice.draw(Plane.RED, code_bits, *half, shift) * np.float32(red)

    def leant(self, factors: Real) -> Painter:
        """One that draws each wave of luma with an amplitude of its own, over that of this one."""
        leant = copy(self)
        leant._luma = self._lattice.draw(Plane.LUMA, self._code_bits, *self.size, self.shift, factors)
        return leant

    def paint(self, planes: Planes, amplitude: float = 1.0, emphasis: Emphasis = AS_PLANNED) -> Planes:
        """A marked copy of a picture; the input is left alone. ``amplitude`` is a factor on all that is planned.

        Planes in limited range have room below black and above white, so nothing of the pattern is clipped there.
        """
        for_luma, for_blue, for_red = (strength * np.float32(amplitude) for strength in strengths(planes, emphasis))
        colour = planes.colour
        return Planes(
            _added(planes.luma, _stretched(self._luma, for_luma, colour), colour),
            _added(planes.blue, _stretched(self._blue, for_blue, colour), colour),
            _added(planes.red, _stretched(self._red, for_red, colour), colour),
            colour,
        )


def _stretched(pattern: Real, strength: Real, colour: Colour) -> Real:
    height, width = pattern.shape
    stretched = cv2.resize(strength * np.float32(colour.step), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.multiply(pattern, stretched), np.float32)


def _added(plane: Samples, addition: Real, colour: Colour) -> Samples:
    if colour.depth == 8:
        return np.asarray(cv2.add(plane, addition, dtype=cv2.CV_8U), np.uint8)
    highest = (1 << colour.depth) - 1  # where a sample of 16 bits is not full yet
    return np.minimum(cv2.add(plane, addition, dtype=cv2.CV_16U), highest).astype(np.uint16)
