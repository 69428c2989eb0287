"""How much of a file's own word a contradiction leaves in doubt.

Who contradicts what is known has often only left something out, and what is proven besides is not untrue for that. The
less is in doubt, the more must be proven: that the operator signed, whose marks these are, and what is registered.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from touchmark.detectors.evidence import Evidence
from touchmark.detectors.history import MADE, content, named_payloads, sources, tells_itself_made

if TYPE_CHECKING:
    from touchmark.provenance.registry import Registration


class Doubt(StrEnum):
    """How much of what a file says of itself a contradiction leaves in doubt."""

    CLAIMS = "claims"
    """All of it."""
    STORY = "story"
    """By whom, when and from what a machine made it, but for what the registered manifest says too; that one did, both
    sides say."""
    RETOLD = "retold"
    """What of that the registered manifest says otherwise, and no more: who signed this signed that."""
    SILENCE = "silence"
    """That the manifest ought to have named the mark, and no more: who signed it put the mark there."""
    PROMISE = "promise"
    """That the mark is there which it names, and no more: who signed it puts such marks there."""
    UNSIGNED = "unsigned"
    """What no signature covers, and must prove itself as a time stamp does; what was signed is as it was published."""


def is_silent_of_its_own(evidence: Evidence) -> bool:
    """Whether nothing is in doubt of a manifest that does not name the mark, but that it ought to.

    Whoever has the signing key of the operator whose mark it is can have it named too. But the mark may be that of
    something else that this operator sealed, and that went in here. The registry would know that; and where what went
    in keeps silent about it, no word of those who signed that may be told as the operator's.
    """
    manifest = evidence.manifest
    known = evidence.registration is not None or evidence.manifest_registration is not None
    return not known and (manifest.is_sound or manifest.is_unbound) and _is_markers_word(evidence)


def of_another_registered(evidence: Evidence) -> Doubt:
    """Of a manifest over a mark that is not its own: all of it, unless it too says that a machine made the content."""
    registration = evidence.registration
    if registration is not None and not is_made(registration):
        return Doubt.CLAIMS
    if _is_retold(evidence):
        return Doubt.RETOLD
    return Doubt.STORY if sources(evidence.manifest) & MADE else Doubt.CLAIMS


def of_mismatch(evidence: Evidence) -> Doubt:
    """Of a manifest that names another mark than is there."""
    return Doubt.RETOLD if _is_retold(evidence) else Doubt.CLAIMS


def of_promise(evidence: Evidence) -> Doubt:
    """Of a manifest that names a mark which is not there."""
    return Doubt.PROMISE if evidence.manifest.is_sound and _is_markers_word(evidence) else Doubt.CLAIMS


def of_other_bytes(evidence: Evidence) -> Doubt:
    """Of a manifest that is registered for another file: a stranger could have signed his own under its name."""
    return Doubt.UNSIGNED if evidence.signed_by_marker and evidence.manifest.is_sound else Doubt.CLAIMS


def is_made(registration: Registration) -> bool:
    """Whether no sensor took all of what is registered."""
    return registration.source_type in {str(kind) for kind in MADE}


def _is_markers_word(evidence: Evidence) -> bool:
    """Whether the operator whose marks these are says that a machine made it, on nobody else's word."""
    return evidence.signed_by_marker and tells_itself_made(evidence.manifest)


def _is_retold(evidence: Evidence) -> bool:
    """Whether the operator signed anew what the operator had registered as made by a machine.

    That it is the same, and not what that went into, is known where the manifest names the mark as its own, or tells
    the same beginning to the second. It may have lost its source type on the way; none that it states is another.
    """
    manifest, known, before = evidence.manifest, evidence.registration, evidence.recovered
    if known is None or before is None or evidence.manifest_registration is not None or not evidence.signed_by_marker:
        return False
    if not (manifest.is_sound or manifest.is_sound_but_for_form):
        return False
    if not before.is_sound_but_for_content or before.label != known.manifest_label:
        return False
    untyped = manifest.beneath is None and not content(manifest) and not sources(manifest)
    if not untyped and not tells_itself_made(manifest):
        return False
    named = known.payload.to_bytes() in named_payloads(manifest, known.watermark_algorithm)
    begun, began = manifest.actions[:1], before.actions[:1]
    return named or (begun == began and any(action.when for action in begun))
