"""How strong a mark is meant to be, and the guard that makes it fainter where it would show.

The strength of a pattern is planned from the picture (:mod:`masking`); what it then does to the picture is measured,
once a second, and where it does more than its preset allows, that second is marked more faintly.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from touchmark.provenance.media.picture import Planes
from touchmark.provenance.watermark.visibility import Visibility, compare

_TRIES: Final = 3
_EASE: Final = 0.97
"""What is measured does not fall quite as fast as the pattern does: a little more is taken off than would do."""


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
    """

    amplitude: float
    least: Visibility


ALLOWANCES: Final = {
    Strength.FAINT: Allowance(0.75, Visibility(psnr=47.5, ssim=0.98, psnr_hvs_m=43.0)),
    Strength.STANDARD: Allowance(1.0, Visibility(psnr=45.0, ssim=0.97, psnr_hvs_m=40.5)),
    Strength.STRONG: Allowance(1.3, Visibility(psnr=43.0, ssim=0.95, psnr_hvs_m=38.0)),
}


class Guard:
    """Watches over the pictures of one video, given in their order."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._second: int | None = None
        self._amplitude = allowance.amplitude

    def amplitude(self, picture: Planes, time: float, paint: Callable[[float], Planes]) -> float:
        """How strongly to mark ``picture``; ``paint`` marks it with a given amplitude."""
        if self._second != (second := math.floor(time)):
            self._second = second
            self._amplitude = self._allowed(picture, paint)
        return self._amplitude

    def _allowed(self, picture: Planes, paint: Callable[[float], Planes]) -> float:
        amplitude = self._allowance.amplitude
        for _ in range(_TRIES):
            seen = compare(picture.luma, paint(amplitude).luma, picture.colour.step)
            too_much = _too_much(seen, self._allowance.least)
            if too_much <= 1:
                break
            amplitude *= _EASE / too_much
        return amplitude


def _too_much(seen: Visibility, least: Visibility) -> float:
    """By what factor an amplitude is larger than it may be; 1 or less where it is not."""
    return max(
        10 ** ((least.psnr - seen.psnr) / 20),
        math.sqrt(max(1 - seen.ssim, 0) / (1 - least.ssim)),
        10 ** ((least.psnr_hvs_m - seen.psnr_hvs_m) / 20),
    )
