"""Draw a pattern into the frames of one size, at encoding speed."""

from __future__ import annotations

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from touchmark.provenance.watermark.lattice import Lattice, Plane
from touchmark.provenance.watermark.masking import CHROMA_STRENGTH, headroom, strengths

Pixels = NDArray[np.uint8]


class Painter:
    """The pattern of one payload under one key, drawn once for a picture size and then added to every frame."""

    def __init__(self, lattice: Lattice, code_bits: NDArray[np.uint8], height: int, width: int) -> None:
        self.size = (height, width)
        half = (-(-height // 2), -(-width // 2))
        blue, red = CHROMA_STRENGTH
        self._luma = lattice.draw(Plane.LUMA, code_bits, height, width)
        self._blue = lattice.draw(Plane.BLUE, code_bits, *half) * np.float32(blue)
        self._red = lattice.draw(Plane.RED, code_bits, *half) * np.float32(red)
        self._headroom = headroom().reshape(1, 256, 3)

    def paint(self, pixels: Pixels) -> Pixels:
        """A marked copy of a picture: ndarray of shape (height, width, 3), uint8, RGB; the input is left alone."""
        for_luma, for_chroma = strengths(np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8))
        for_chroma = _resized(for_chroma, *self._blue.shape)
        luma = cv2.multiply(self._luma, _resized(for_luma, *self.size))
        blue = _resized(cv2.multiply(self._blue, for_chroma), *self.size)
        red = _resized(cv2.multiply(self._red, for_chroma), *self.size)
        # Y'CbCr to R'G'B' by ITU-R BT.601.
        changes = (
            cv2.scaleAdd(red, 1.402, luma),
            cv2.scaleAdd(red, -0.714, cv2.scaleAdd(blue, -0.344, luma)),
            cv2.scaleAdd(blue, 1.772, luma),
        )
        channels = cv2.split(cv2.LUT(pixels, self._headroom))
        marked = [cv2.add(c, change, dtype=cv2.CV_8U) for c, change in zip(channels, changes, strict=True)]
        return np.asarray(cv2.merge(marked), np.uint8)


def _resized(plane: MatLike, height: int, width: int) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
