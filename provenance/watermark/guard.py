"""How strong a mark is meant to be, and the guard that makes it fainter where it would show.

The strength of a pattern is planned from the picture (:mod:`masking`); what it then does to the picture is measured,
once a second and after every cut, and where it does more than its preset allows, it is marked more faintly until the
next time. The first picture of a shot carries more (:mod:`shots`) and may show more; its luma has a limit of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from touchmark.provenance.media.picture import Planes
from touchmark.provenance.watermark.visibility import Visibility, colour_error, compare

_TRIES: Final = 3
_EASE: Final = 1.1
"""What is measured does not fall quite as fast as the pattern does: a little more is taken off than would do."""


_INSTANT: Final = 4.2
"""Decibels by which the first picture of a shot, which is seen for an instant, may be below what is promised of others.
At three, H.265 at CRF 40 took the mark from an old film with grain in black and white; at these, and at the limits for
colours, natural clips are marked as they were without."""


class Strength(StrEnum):
    """Presets. A stronger mark survives more and is seen sooner."""

    FAINT = "faint"
    STANDARD = "standard"
    STRONG = "strong"


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a preset allows.

    Attributes:
        amplitude: of the pattern, over that of the standard preset.
        least: the least of each measure, for luma in the steps in which it is stored.
        least_rgb: the least PSNR of red, green and blue, in decibels, of all but the first picture of a shot.
    """

    amplitude: float
    least: Visibility
    least_rgb: float


ALLOWANCES: Final = {
    Strength.FAINT: Allowance(0.75, Visibility(psnr=47.5, ssim=0.98, psnr_hvs_m=43.0), 43.0),
    Strength.STANDARD: Allowance(1.0, Visibility(psnr=45.0, ssim=0.97, psnr_hvs_m=40.5), 40.5),
    Strength.STRONG: Allowance(1.3, Visibility(psnr=43.0, ssim=0.95, psnr_hvs_m=38.0), 38.0),
}


class Guard:
    """Watches over the pictures of one video, given in their order."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._amplitude = allowance.amplitude
        self._due = -math.inf
        self._colours = 255**2 / 10 ** (allowance.least_rgb / 10)

    def marked(
        self,
        picture: Planes,
        time: float,
        paint: Callable[[float], Planes],
        *,
        is_instant: bool = False,
        is_cut: bool = False,
    ) -> Planes:
        """``picture``, as strongly marked as is allowed.

        Args:
            picture, time: the next of the video, and its second.
            paint: marks it with a given amplitude.
            is_instant: whether it is marked more strongly than those after it, as the first of its shot.
            is_cut: whether it has little in common with the one before.
        """
        if is_instant:
            self._due = -math.inf  # what it is allowed says nothing of the next
            return self._allowed(picture, paint, _INSTANT, math.inf)[1]
        if not (is_cut or time >= self._due):
            return paint(self._amplitude)
        self._due = time + 1
        self._amplitude, painted = self._allowed(picture, paint, 0.0, self._colours)
        return painted

    def _allowed(
        self, picture: Planes, paint: Callable[[float], Planes], eased: float, most: float
    ) -> tuple[float, Planes]:
        least, amplitude = _eased(self._allowance.least, eased), self._allowance.amplitude
        for _ in range(_TRIES):
            painted = paint(amplitude)
            seen = compare(picture.luma, painted.luma, picture.colour.step)
            too_much = max(_too_much(seen, least), math.sqrt(colour_error(picture, painted) / most))
            if too_much <= 1:
                return amplitude, painted
            amplitude /= too_much**_EASE
        return amplitude, paint(amplitude)


def _eased(least: Visibility, decibels: float) -> Visibility:
    """The same but for so many decibels; of structure, twice as far from perfect for every three."""
    ssim = 1 - (1 - least.ssim) * 10 ** (decibels / 10)
    return Visibility(least.psnr - decibels, ssim, least.psnr_hvs_m - decibels)


def _too_much(seen: Visibility, least: Visibility) -> float:
    """By what factor an amplitude is larger than it may be; 1 or less where it is not."""
    return max(
        10 ** ((least.psnr - seen.psnr) / 20),
        math.sqrt(max(1 - seen.ssim, 0) / (1 - least.ssim)),
        10 ** ((least.psnr_hvs_m - seen.psnr_hvs_m) / 20),
    )
