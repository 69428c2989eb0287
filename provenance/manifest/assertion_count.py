"""How many assertions the manifests of a file hold: what a C2PA library takes grows with the square of that.

A megabyte of 8,000 small assertions costs it 13 seconds, and 1,500 half a second; generators write some ten.
"""

from __future__ import annotations

import os
from typing import BinaryIO, Final

from touchmark.provenance.manifest.jumbf import ASSERTIONS, MANIFESTS, read_box
from touchmark.provenance.manifest.traces import stores
from touchmark.provenance.media.errors import LimitExceededError

_MOST: Final = 1500
_FEWEST_BYTES: Final = 100 * _MOST
"""A box, its description, a label, and its hash in the claim: a smaller file cannot hold so many."""


def check_assertions(file: BinaryIO, subject: str) -> None:
    """Refuse a file whose manifests hold more assertions than a library reads in a moment.

    Raises:
        LimitExceededError: there are more than in any file that was not made for that.
    """
    if file.seek(0, os.SEEK_END) < _FEWEST_BYTES:
        return
    if sum(count * count for data in stores(file) for count in _counts(data)) > _MOST * _MOST:
        raise LimitExceededError(
            f"its manifest holds more than {_MOST:,} assertions",
            subject=subject,
            remedy="No generator writes that; do not open the file.",
        )


def _counts(data: bytes) -> list[int]:
    """Of each manifest in a store; of one that cannot be taken apart here, all that could be some."""
    try:
        store, _ = read_box(data, 0, depth=2)
    except ValueError:
        return [data.count(b"jumb")]
    return [
        len(part.inner)
        for manifest in store.inner
        if manifest.type in MANIFESTS
        for part in manifest.inner
        if part.type == ASSERTIONS
    ]
