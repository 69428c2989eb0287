"""Draw a pattern into the planes of pictures of one size, at encoding speed."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.media.colour import Colour
from touchmark.provenance.media.picture import Planes, Samples
from touchmark.provenance.watermark.lattice import Lattice, Plane
from touchmark.provenance.watermark.masking import CHROMA_STRENGTH, strengths


class Painter:
    """The pattern of one payload under one key, drawn once for a picture size and then added to every frame."""

    def __init__(self, lattice: Lattice, code_bits: NDArray[np.uint8], height: int, width: int) -> None:
        self.size = (height, width)
        half = (-(-height // 2), -(-width // 2))
        blue, red = CHROMA_STRENGTH
        self._luma = lattice.draw(Plane.LUMA, code_bits, height, width)
        self._blue = lattice.draw(Plane.BLUE, code_bits, *half) * np.float32(blue)
        self._red = lattice.draw(Plane.RED, code_bits, *half) * np.float32(red)

    def paint(self, planes: Planes) -> Planes:
        """A marked copy of a picture; the input is left alone.

        Planes in limited range have room below black and above white, so nothing of the pattern is clipped there.
        """
        for_luma, for_chroma = strengths(planes)
        return Planes(
            _added(planes.luma, self._luma, for_luma, planes.colour),
            _added(planes.blue, self._blue, for_chroma, planes.colour),
            _added(planes.red, self._red, for_chroma, planes.colour),
            planes.colour,
        )


def _added(plane: Samples, pattern: NDArray[np.float32], strength: NDArray[np.float32], colour: Colour) -> Samples:
    height, width = plane.shape
    stretched = cv2.resize(strength * np.float32(colour.step), (width, height), interpolation=cv2.INTER_LINEAR)
    if colour.depth == 8:
        return np.asarray(cv2.add(plane, cv2.multiply(pattern, stretched), dtype=cv2.CV_8U), np.uint8)
    highest = (1 << colour.depth) - 1  # where a sample of 16 bits is not full yet
    return np.minimum(cv2.add(plane, cv2.multiply(pattern, stretched), dtype=cv2.CV_16U), highest).astype(np.uint16)
