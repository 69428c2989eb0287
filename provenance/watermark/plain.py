"""Pictures in which nothing can be seen: before a fade, behind a title, between two scenes.

They are marked like others, and a coder may keep the mark in them better than in any: but there is little of it in
black, and none is left of it in white that was made brighter.
"""

from __future__ import annotations

from typing import Final

from touchmark.provenance.media.picture import Planes

_PLAIN: Final = 3.0
"""Steps of 8 bits by which the luma of such a picture varies at most."""
_EVERY: Final = 8


def is_plain(picture: Planes) -> bool:
    """Whether a picture says nothing of whether the others are marked."""
    return float(picture.luma[::_EVERY, ::_EVERY].std()) < _PLAIN * picture.colour.step
