"""Where the pattern's tiles begin: somewhere else in every video, and again somewhere else after every minute or so.

A pattern that lay in the same place everywhere could be had by averaging what many marked videos have in common. So it
is shifted, by a keyed function of the payload, of what is seen and of when. It moves at cuts only: a coder carries a
faint pattern along from picture to picture, and one that moved within a shot would lie there twice. And it moves
seldom: a mark that hardly outlives compression is read from many seconds together. Finding the place costs a reader
one Fourier transform (:mod:`alignment`).
"""

from __future__ import annotations

import hashlib
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.media.picture import Planes
from touchmark.provenance.watermark.keyring import subkey
from touchmark.provenance.watermark.protocol import Payload, WatermarkKey

EPOCH: Final = 60
"""Seconds for which the pattern stays where it is, at least."""
_LOOKED_AT = 24
"""Rows of the picture that are compared to find a cut."""
_CUT = 24.0
"""Mean difference from one picture to the next, in 8-bit steps, that is a cut."""


class Placement:
    """Places the pattern of one payload in the pictures of one video, given one by one in their order.

    Args:
        places: where it may lie, :attr:`Lattice.places`.
        payload, key: what is marked.
    """

    def __init__(self, places: NDArray[np.intp], payload: Payload, key: WatermarkKey) -> None:
        self._places = places
        self._payload = payload
        self._secret = subkey(key, "placement")
        self._epochs = 0
        self._since: Fraction | None = None
        self._last: NDArray[np.float32] | None = None
        self._shift = (0, 0)

    def shift(self, picture: Planes, time: Fraction) -> tuple[int, int]:
        """The pattern's coordinate at the picture's top left corner, across and down, in units."""
        if self._since is not None and time - self._since < EPOCH:
            return self._shift
        seen = _glimpse(picture)
        last, self._last = self._last, seen
        if self._since is not None and not _is_cut(last, seen):
            return self._shift
        said = self._payload.to_bytes() + self._epochs.to_bytes(4, "big") + seen.tobytes()
        drawn = int.from_bytes(hashlib.blake2b(said, digest_size=8, key=self._secret).digest(), "big")
        across, down = self._places[drawn % len(self._places)].tolist()
        self._shift = (across, down)
        self._since, self._last = time, None
        self._epochs += 1
        return self._shift


def _glimpse(picture: Planes) -> NDArray[np.float32]:
    step = max(1, min(picture.luma.shape) // _LOOKED_AT)
    return picture.luma[::step, ::step].astype(np.float32) / np.float32(picture.colour.step)


def _is_cut(last: NDArray[np.float32] | None, seen: NDArray[np.float32]) -> bool:
    if last is None:
        return False
    return last.shape != seen.shape or float(np.mean(np.abs(seen - last))) > _CUT
