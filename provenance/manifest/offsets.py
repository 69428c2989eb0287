"""What can be moved about in a file although it is signed, where its signer left the places of media out of the hash.

    movable(file, report.free_places, "clip.mp4")       # ("where its pictures and sounds lie in it",)

Generators of before 2024 left these numbers out, since whoever puts a manifest into a file moves what follows it (C2PA
1.3, A.4). A C2PA library says Valid whatever they are changed to. The first version of the hash over boxes takes them
in, and not where the boxes are: with padding before the media they name other places in these. Of a film it can be told
that all is as it was; of a picture of several items, and of fragments whose tables were left out with them, it cannot.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import BinaryIO

from touchmark.provenance.manifest.binding import ANY_BOX, in_words
from touchmark.provenance.manifest.traces import STORE_TAG
from touchmark.provenance.media.boxes import Box, inside, top_level
from touchmark.provenance.media.layout import are_fragments_in_place, is_in_order, names_chunks
from touchmark.provenance.media.tiff import Tiff, within_file


def movable(file: BinaryIO, places: Collection[str], subject: str) -> tuple[str, ...]:
    """In words; empty where nothing is.

    Args:
        file: open and seekable.
        places: paths of boxes that its hash leaves out, or parts of them; see ``HardBinding.free_places``.
        subject: what an error calls the file.

    Raises:
        LimitExceededError: it has more boxes than any honest file.
    """
    if not places:
        return ()
    boxes = tuple(top_level(file, subject))
    types = {box.type for box in boxes}
    tables = {part for part in ("/meta/", "/moof/", "/moov/") if any(place.startswith(part) for place in places)}
    moves = ANY_BOX in places
    found = [place for place in places if not place.startswith("/") and place not in _lengths_of_store(file)]
    if "meta" in types and ("/meta/" in tables or (moves and _has_items(file, boxes, subject))):
        found.append("which of its items lies where")
    if "moof" in types and ("/moof/" in tables or (moves and not are_fragments_in_place(file, subject))):
        found.append("where in its fragments pictures and sounds lie, and for how long they are shown")
    elif ("/moov/" in tables or moves) and names_chunks(file, subject) and not is_in_order(file, subject):
        found.append("where its pictures and sounds lie in it, which is in no order")
    return tuple(found)


def _lengths_of_store(file: BinaryIO) -> set[str]:
    """Where a TIFF's directory says how long its store is; of other files nowhere."""
    tiff = Tiff.of(within_file(file))
    if tiff is None:
        return set()
    entries = (entry for directory in tiff.directories() for entry in tiff.entries(directory))
    return {in_words(entry.at + 4, tiff.width) for entry in entries if entry.tag == STORE_TAG}


def _has_items(file: BinaryIO, boxes: Iterable[Box], subject: str) -> bool:
    return any(inner.type == "iloc" for box in boxes if box.type == "meta" for inner in inside(file, box, subject, 4))
