"""What can be moved about in a file although it is signed, where its signer left the places of media out of the hash.

    movable(file, report.free_places, "clip.mp4")       # ("where its pictures and sounds lie in it",)

Generators of before 2024 left these numbers out, since whoever puts a manifest into a file moves what follows it (C2PA
1.3, A.4). A C2PA library says Valid whatever they are changed to. Of a film it can be told that they are as they were;
of a picture of several items, and of fragments whose tables were left out with them, it cannot.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import BinaryIO

from touchmark.provenance.media.boxes import top_level
from touchmark.provenance.media.layout import is_in_order


def movable(file: BinaryIO, places: Collection[str], subject: str) -> tuple[str, ...]:
    """In words; empty where nothing is.

    Args:
        file: open and seekable.
        places: paths of boxes that its hash leaves out, or parts of them.
        subject: what an error calls the file.

    Raises:
        LimitExceededError: it has more boxes than any honest file.
    """
    if not places:
        return ()
    types = {box.type for box in top_level(file, subject)}
    found = []
    if "meta" in types and "/meta/iloc" in places:
        found.append("which of its items lies where")
    if "moof" in types and any(place.startswith("/moof/") for place in places):
        found.append("where in its fragments pictures and sounds lie, and for how long they are shown")
    elif any(place.startswith("/moov/") for place in places) and not is_in_order(file, subject):
        found.append("where its pictures and sounds lie in it, which is in no order")
    return tuple(found)
