"""Where the pattern's tiles begin: somewhere else in every video, and again somewhere else after every minute or so.

A pattern that lay in the same place everywhere could be had by averaging what many marked videos have in common. So it
is shifted to one of a few places, which the key draws: to the one where the picture itself, by chance, already speaks
most for what is to be written. A picture is the loudest noise that a reader hears, and of 64 places one always has two
standard deviations of it on its side; what part of that outlives compression is had for nothing (the same thought as
in Cox, Miller and McKellips, "Watermarking as communications with side information", Proc. IEEE 1999).

The pattern moves at cuts only: a coder carries a faint pattern along from picture to picture, and one that moved within
a shot would lie there twice. And it moves seldom: a mark that hardly outlives compression is read from many seconds
together. Finding the place costs a reader one Fourier transform (:mod:`alignment`).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

import numpy as np

from touchmark.provenance.media.picture import Planes
from touchmark.provenance.watermark import code
from touchmark.provenance.watermark.geometry import Geometry
from touchmark.provenance.watermark.lattice import Lattice
from touchmark.provenance.watermark.protocol import Payload, WatermarkKey
from touchmark.provenance.watermark.reading import Reader, Sight
from touchmark.provenance.watermark.residual import residual

EPOCH: Final = 60
"""Seconds for which the pattern stays where it is, at least."""


class Placement:
    """Places the pattern of one payload in the pictures of one video, given one by one in their order."""

    def __init__(self, lattice: Lattice, payload: Payload, key: WatermarkKey) -> None:
        self._places = lattice.places
        self._reader = Reader(lattice, key)
        self._code_bits = code.encode(payload, key)
        self._since: Fraction | None = None
        self._shift = (0, 0)

    def shift(self, picture: Planes, time: Fraction, *, begins_shot: bool) -> tuple[int, int]:
        """The pattern's coordinate at the picture's top left corner, across and down, in units."""
        if self._since is None or (begins_shot and time - self._since >= EPOCH):
            self._shift, self._since = self._place(picture), time
        return self._shift

    def _place(self, picture: Planes) -> tuple[int, int]:
        """Where the unmarked picture agrees best with what is to be written over it."""
        fits = self._reader.fits(Sight(residual(picture), Geometry()), self._code_bits)
        across, down = self._places[int(np.argmax(fits[self._places[:, 1], self._places[:, 0]]))].tolist()
        return across, down
