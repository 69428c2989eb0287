"""Say something more of a signed file, or take something back, without touching its content.

    publish(source, destination, signer, anchors)                            # an update manifest: c2pa.published
    redact(source, destination, ["c2pa.embedded-data"], RedactionReason.PII, signer, anchors)

The manifest that is there stays, as the parent of a new one. A redaction takes assertions out of it and leaves their
hashes, so that everybody sees that something was taken out, by whom, and why (C2PA 2.4, 6.8 and 18.15.4.7). Actions
and hard bindings cannot be taken out.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.manifest.definition import GENERATOR
from touchmark.provenance.manifest.draft import Draft, IngredientFile
from touchmark.provenance.manifest.read import read_crjson, read_manifest
from touchmark.provenance.manifest.report import ManifestPresence, ManifestReport
from touchmark.provenance.manifest.write import SignedManifest, sign_draft
from touchmark.provenance.media.kinds import AVI, FLAC, MP3, TIFFS, WAV, WEBP, kind_of
from touchmark.provenance.signing import Signer

_PARENT = "parent"
_LASTING = ("c2pa.actions", "c2pa.hash.")
_LINK = "c2pa.ingredient"
_SIZES_ARE_SIGNED = frozenset({WAV, AVI, WEBP, FLAC, MP3}) | TIFFS
"""Forms in which a manifest of another size changes bytes that the first one's hash covers (found by trying each)."""


class UpdateError(TouchmarkError):
    """The manifest cannot be updated or redacted as asked."""

    code = "manifest.update"
    exit_status = 64


class RedactionReason(StrEnum):
    """Why something is taken out, in C2PA's words (C2PA 2.4, 18.15.4.7)."""

    PII = "c2pa.PII.present"
    INVALID = "c2pa.invalid.data"
    TRADE_SECRET = "c2pa.trade-secret.present"
    GOVERNMENT = "c2pa.government.confidential"


def publish(source: Path, destination: Path, signer: Signer, anchors: bytes) -> SignedManifest:
    """Record that ``source`` was published, in an update manifest over the one that it carries.

    Raises:
        UnreadableFileError: ``source`` cannot be read.
        UpdateError: it carries no manifest that holds, or its form cannot be updated.
        SigningError: and its kin, as ``write.sign_file`` raises; nothing is then at ``destination``.
    """
    report = _sound_manifest(source, anchors)
    kind = kind_of(source)
    if kind is not None and kind in _SIZES_ARE_SIGNED:
        raise UpdateError(
            f"{kind.name} cannot be updated: where its parts lie, or how large they are, is among what was signed",
            subject=str(source),
            remedy="Seal it anew; its manifest is then kept as that of the parent.",
        )
    actions = [{"action": "c2pa.published", "when": _now()}]
    draft = Draft(report.title, _media_type(source), _definition(report, actions), is_update=True)
    return sign_draft(source, destination, draft, signer, anchors, lambda new: _unlinked(new, report))


def redact(
    source: Path,
    destination: Path,
    labels: Sequence[str],
    reason: RedactionReason,
    signer: Signer,
    anchors: bytes,
) -> SignedManifest:
    """Take assertions out of the manifest that ``source`` carries, under a new one that says so.

    Args:
        source: a file whose manifest holds.
        destination: another path.
        labels: of assertions, such as ``c2pa.embedded-data`` (a prompt's words): of its active manifest, or of the one
            that was made with the content, where that is updated.
        reason: why.
        signer: who takes them out.
        anchors: PEM roots under which both manifests must be trusted.

    Raises: as :func:`publish`; UpdateError also where an assertion is not there, or must stay.
    """
    report = _sound_manifest(source, anchors)
    there = _addresses(source, anchors, report)
    for label in labels:
        if label.startswith(_LASTING):
            raise UpdateError(f"{label} cannot be taken out", subject=str(source), remedy="Make the file anew.")
        if label not in there:
            held = ", ".join(sorted(one for one in there if not one.startswith(_LASTING)))
            remedy = f"Name one that it has: {held}." if held else "It has none that can be taken out."
            raise UpdateError(f"{label} is not there", subject=str(source), remedy=remedy)
    addresses = [there[label] for label in dict.fromkeys(labels)]
    if not addresses:
        raise UpdateError("nothing to take out is named", subject=str(source), remedy="Name an assertion.")
    actions: list[dict[str, Any]] = [
        {"action": "c2pa.opened", "when": _now(), "parameters": {"ingredientIds": [_PARENT]}},
        *(
            {"action": "c2pa.redacted", "when": _now(), "reason": reason.value, "parameters": {"redacted": address}}
            for address in addresses
        ),
    ]
    media_type = _media_type(source)
    parent = {"title": report.title or source.name, "relationship": "parentOf", "label": _PARENT}
    draft = Draft(
        report.title,
        media_type,
        {**_definition(report, actions), "redactions": addresses},
        ingredients=(IngredientFile(parent, media_type, source),),
    )

    def problem_of(new: ManifestReport) -> str:
        active = json.loads(new.raw_json)["manifests"][new.label]
        listed = sorted(active.get("redactions", [])) == sorted(addresses)  # that they are gone, soundness says
        return _unlinked(new, report) or ("" if listed else "what was taken out is not listed")

    return sign_draft(source, destination, draft, signer, anchors, problem_of)


def _sound_manifest(source: Path, anchors: bytes) -> ManifestReport:
    report = read_manifest(source, anchors)
    if report.presence is not ManifestPresence.PRESENT or not report.is_sound:
        raise UpdateError(
            "it carries no manifest that holds",
            subject=str(source),
            remedy="Only a file whose manifest is trusted here can be updated; `touchmark verify` says what is wrong.",
        )
    return report


def _definition(report: ManifestReport, actions: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "claim_version": 2,
        "title": report.title,
        "claim_generator_info": [GENERATOR],
        "assertions": [
            {"label": "c2pa.actions.v2", "created": True, "data": {"actions": actions, "allActionsIncluded": True}}
        ],
    }


def _media_type(source: Path) -> str:
    kind = kind_of(source)
    assert kind is not None  # it carries a manifest that was read
    return kind.media_type


def _unlinked(new: ManifestReport, old: ManifestReport) -> str:
    parents = [i.label for i in new.ingredients if i.depth == 1 and i.relationship == "parentOf"]
    return "" if parents == [old.label] else "the manifest that was there is not its parent"


def _addresses(source: Path, anchors: bytes, report: ManifestReport) -> dict[str, str]:
    """Of the assertions of the active manifest, and of the one that says how the content was made, by their labels."""
    read = read_crjson(source, anchors)
    assert isinstance(read, dict)  # it was read a moment ago
    assertions = {manifest["label"]: list(manifest.get("assertions", {})) for manifest in read["manifests"]}
    if report.beneath is not None:  # what leads from an update to what it updates stays
        assertions[report.label] = [label for label in assertions[report.label] if not label.startswith(_LINK)]
    found: dict[str, str] = {}
    for manifest in (report.label, report.of_content.label):
        for label in assertions.get(manifest, []):
            found.setdefault(label, f"self#jumbf=/c2pa/{manifest}/c2pa.assertions/{label}")
    return found


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
