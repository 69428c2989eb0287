"""How a copy was changed in shape since it was marked, in words. Pure."""

from __future__ import annotations

from typing import Final

from touchmark.provenance.watermark.protocol import Transform

_SAME: Final = 0.015
"""Of a size: differences up to this are below what a reading tells apart."""
_UPRIGHT: Final = 0.5
"""Degrees, likewise."""


def shape_in_words(transform: Transform | None) -> str:
    """What was done to the picture, as in "mirrored, cropped to 71% of its sides"; empty if nothing is to be seen.

    A transform is relative to a picture of the same short side, so a copy that was scaled as a whole shows none.
    """
    if transform is None:
        return ""
    done = ["mirrored"] if transform.mirrored else []
    turned = transform.turn
    if abs(turned) > _UPRIGHT:
        done.append(f"turned by {abs(turned):.0f} degrees {'counter-clockwise' if turned > 0 else 'clockwise'}")
    if abs(transform.scale_x / transform.scale_y - 1) > _SAME:
        stretched = transform.scale_x / transform.scale_y
        done.append(f"{'stretched' if stretched > 1 else 'squeezed'} to {100 * stretched:.0f}% of its proportions")
    size = (transform.scale_x * transform.scale_y) ** 0.5
    if size > 1 + _SAME:
        done.append(f"cropped to {100 / size:.0f}% of its sides")
    elif size < 1 - _SAME:
        done.append(f"set in a frame of {100 / size:.0f}% of its sides")
    return ", ".join(done)
