"""Draw a pattern into the planes of pictures of one size, at encoding speed."""

from __future__ import annotations

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from touchmark.provenance.media.picture import Pixels, Planes
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
            _added(planes.luma, self._luma, for_luma),
            _added(planes.blue, self._blue, for_chroma),
            _added(planes.red, self._red, for_chroma),
        )


def _added(plane: Pixels, pattern: NDArray[np.float32], strength: MatLike) -> Pixels:
    height, width = plane.shape
    stretched = cv2.resize(strength, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.add(plane, cv2.multiply(pattern, stretched), dtype=cv2.CV_8U), np.uint8)
