"""Where shots begin, and how much more of the mark their first picture carries.

For a tenth of a second and more after a cut the eye is all but blind to detail (Seyler and Budrikis, "Detail perception
after scene changes in television image presentations", IEEE Trans. Inf. Theory 11, 1965). A coder spends most on that
same picture, and at high compression lets what it kept of a faint pattern there stand until the next key picture: so
amplitude in the first picture of a shot outlives compression, and in the others hardly. It does so where there is
detail for the coder to keep; on plain ground it would only be seen by whoever stops there, so most of it goes where
detail hides it (:mod:`emphasis`). At H.265 CRF 40 the payload was read from 18 of 24 passages of natural video so,
before larger pictures carried less, and from 16 where colours were 1.7 times stronger everywhere: clouds were seen.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.media.picture import Planes
from touchmark.provenance.watermark.emphasis import Emphasis
from touchmark.provenance.watermark.plain import is_plain

# Of the first picture of a shot, over one that stands alone, by lines of the short side: luma and chroma where there is
# texture, and chroma on plain ground, of which a coder keeps nothing where it is much fainter. In a larger picture each
# wave of the pattern is the mean of more samples, so less of it is lost: at H.265 CRF 40 pictures of 1,600 lines and
# more keep twice what reading takes, those of 400 barely enough.
LINES: Final = (480, 720, 1080)
_LUMA, _CHROMA, _PLAIN = (1.9, 1.5, 1.2), (2.6, 1.5, 1.2), (1.0, 1.0, 0.9)
_TANGLED: Final = (480, 720), (1.6, 1.0)
"""Of chroma besides, by lines, where detail runs all ways."""
_SATURATION: Final = (480, 540), (1.0, 0.0)
"""How far saturation counts on plain ground, by lines: without it a blue wall of 256 is lost to AV1 at CRF 50."""
_OTHERS: Final = 0.9
"""Of all else, whatever the size: a second that is cut out and made small is read from these alone."""
SELDOM: Final = 1
"""Seconds from one first picture to the next, at least: flashes are not marked more strongly throughout."""

_ROWS: Final = 24
_SAMPLED: Final = 4 * _ROWS
_CHANGE: Final = 0.8
"""How much of the picture's own contrast is new in a cut. Of pictures with nothing in common it is 1.4; in natural
clips without cuts never more than .5."""
_LEAST: Final = 6.0
"""The same in 8-bit steps: noise in the dark is no cut."""


def emphasis_of(lines: int, *, begins_shot: bool, in_use: float | None = None) -> Emphasis:
    """How much of the mark a picture of a video carries, over one that stands alone.

    What the others give up weighs as much, in SSIM, as what one in twelve is given.

    Args:
        lines: of its short side.
        begins_shot: whether it is the first of its shot.
        in_use: as many of these as matter, where most of it is too dark or too light to keep a mark.
    """
    if not begins_shot:
        return Emphasis(luma=(_OTHERS, _OTHERS), chroma=(_OTHERS, _OTHERS))
    used = lines if in_use is None else in_use
    luma, chroma, plain = (float(np.interp(used, LINES, factors)) for factors in (_LUMA, _CHROMA, _PLAIN))
    saturation = float(np.interp(lines, *_SATURATION))
    tangled = float(np.interp(lines, *_TANGLED))
    return Emphasis(luma=(1.0, luma), chroma=(plain, chroma), plain_saturation=saturation, tangled=tangled)


class Shots:
    """Tells which pictures of one video, given one by one in their order, begin a shot.

    Attributes:
        cut: whether the last one has little in common with the one before, however soon after another.
    """

    def __init__(self) -> None:
        self.cut = False
        self._last: NDArray[np.float32] | None = None
        self._begun: Fraction | None = None

    def begins(self, picture: Planes, time: Fraction) -> bool:
        """Whether ``picture`` is the first, or the first that shows something, or has little in common with the one
        before; of those that show something at most once in SELDOM."""
        last, self._last = self._last, _glimpse(picture)
        self.cut = _is_cut(last, self._last)
        if self._begun is None:
            begins = last is None or not is_plain(picture)
        else:
            begins = time - self._begun >= SELDOM and self.cut
        if begins and not is_plain(picture):  # a film that opens in black has not begun
            self._begun = time
        return begins


def _is_cut(last: NDArray[np.float32] | None, seen: NDArray[np.float32]) -> bool:
    if last is None or last.shape != seen.shape:
        return True
    contrast = float(np.mean(np.abs(seen - seen.mean())))
    return float(np.mean(np.abs(seen - last))) > max(_LEAST, _CHANGE * contrast)


def _glimpse(picture: Planes) -> NDArray[np.float32]:
    """A few rows of luma, averaged from a few more, in 8-bit steps."""
    short = min(picture.luma.shape)
    step = max(1, short // _SAMPLED)
    sampled = picture.luma[::step, ::step].astype(np.float32) / np.float32(picture.colour.step)
    rows, columns = (max(1, round(side * _ROWS / short)) for side in picture.luma.shape)
    return np.asarray(cv2.resize(sampled, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)
