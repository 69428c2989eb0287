"""Update manifests that bind content, which none may (C2PA 2.4, 11.2.3.2).

    faults = bound_updates(kept.stores)     # by label of the manifest

That a manifest is an update is said by the type of its box alone, which no signature covers. A C2PA library takes the
type's word, and holds the content of the file against what lies beneath: where a program opened a file, saved it anew
and signed that, somebody else can call it an update, and lay it over the file that was opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from touchmark.provenance.manifest.jumbf import ASSERTIONS, UPDATE
from touchmark.provenance.manifest.kept import KeptStore
from touchmark.provenance.manifest.status import StatusCode

_CODE: Final = "manifest.update.invalid"
_HASH: Final = b"c2pa.hash."


def bound_updates(kept: Sequence[KeptStore]) -> dict[str, StatusCode]:
    """By label, those that do, each with its fault."""
    return {
        manifest.label.decode(errors="replace"): StatusCode(_CODE, "an update manifest has a hash of content")
        for one in kept
        for manifest in one.manifests
        if manifest.type == UPDATE
        if any(box.label.startswith(_HASH) for part in manifest.inner if part.type == ASSERTIONS for box in part.inner)
    }
