"""Whether what a manifest store holds beside what is signed could be looked at.

    unseen_in_stores(kept.stores, report.label)     # () where it could

What lies there unsigned is counted (``unsigned``) in the stores that are found in a file (``traces``), compressed
manifests unpacked (``unpacked``). A C2PA library reads more: manifests that are packed in other ways, which anybody can
do without breaking a signature, and stores in places that are not searched here. Of such a file it is not known what
else is in it.
"""

from __future__ import annotations

from collections.abc import Sequence

from touchmark.provenance.manifest.kept import KeptStore


def unseen_in_stores(kept: Sequence[KeptStore], label: str) -> tuple[str, ...]:
    """In words, what could not be looked at of a file whose manifest of this label holds, by the stores that were found
    in it; empty where all was."""
    found = [one for one in kept if label.encode() in one.data]
    if not found:
        return ("whatever its manifest store holds unsigned: it lies in a place that is not searched here",)
    if any(manifest.is_packed for one in found for manifest in one.manifests):
        return ("whatever its compressed manifests hold unsigned: they are packed in an unusual way",)
    return ()
