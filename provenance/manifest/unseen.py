"""Whether what a manifest store holds beside what is signed could be looked at.

    unseen_in_store(tuple(stores(file)), report.label)     # () where it could

What lies there unsigned is counted (``unsigned``) in the stores that are found in a file (``traces``), uncompressed. A
C2PA library reads more: compressed manifests, which anybody can make of others without breaking a signature, and stores
in places that are not searched here. Of such a file it is not known what else is in it.
"""

from __future__ import annotations

from collections.abc import Sequence

from touchmark.provenance.manifest.unsigned import is_compressed


def unseen_in_store(kept: Sequence[bytes], label: str) -> tuple[str, ...]:
    """In words, what could not be looked at of a file whose manifest of this label holds, by the stores that were found
    in it; empty where all was."""
    found = [data for data in kept if label.encode() in data]
    if not found:
        return ("whatever its manifest store holds unsigned: it lies in a place that is not searched here",)
    if any(map(is_compressed, found)):
        return ("whatever its compressed manifests hold unsigned",)
    return ()
