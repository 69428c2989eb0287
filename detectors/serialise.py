"""A verification as JSON, in the form that ``document`` publishes.

    print(line(report_of(verification)))

Text that comes from the file is passed on as it was read, in ASCII escapes: whoever decodes and shows it makes it safe
for where it is shown.
"""

from __future__ import annotations

import json
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, cast

import numpy as np

from touchmark.detectors import document as form
from touchmark.detectors.acceptance import Acceptance
from touchmark.detectors.contradictions import Contradiction
from touchmark.detectors.evidence import Container, Evidence
from touchmark.detectors.extent import Extent
from touchmark.detectors.labels import ContainerLabels
from touchmark.detectors.origin import Origin
from touchmark.detectors.segments import SegmentFault, Stream
from touchmark.detectors.statement import Statement
from touchmark.detectors.verdict import Verdict
from touchmark.detectors.verify import Verification
from touchmark.provenance.manifest.report import (
    ManifestReport,
    ReportedAction,
    ReportedIngredient,
    ReportedSoftBinding,
    SignerIdentity,
)
from touchmark.provenance.manifest.status import StatusCode
from touchmark.provenance.manifest.uses import ReportedUse
from touchmark.provenance.media.errors import MediaError
from touchmark.provenance.watermark.neural.claim import MarkClaim
from touchmark.provenance.watermark.protocol import Detection, Payload, Segment, Transform

_FORMS: dict[type, type] = {
    ContainerLabels: form.OwnLabelsModel,
    Contradiction: form.ContradictionModel,
    Detection: form.DetectionModel,
    Extent: form.ExtentModel,
    ManifestReport: form.ManifestModel,
    MarkClaim: form.MarkClaimModel,
    ReportedAction: form.ActionModel,
    ReportedIngredient: form.IngredientModel,
    ReportedSoftBinding: form.SoftBindingModel,
    ReportedUse: form.UseModel,
    Segment: form.SegmentModel,
    SegmentFault: form.SegmentFaultModel,
    SignerIdentity: form.SignerModel,
    Statement: form.StatementModel,
    StatusCode: form.FaultModel,
    Stream: form.StreamModel,
    Transform: form.TransformModel,
    Verdict: form.VerdictModel,
}
"""What is shown by those of its attributes that its form names. A name that does not exist there fails."""


def report_of(verification: Verification, acceptance: Acceptance | None = None) -> form.VerificationReport:
    """The report of a verification, under an acceptance policy (the default one if not given)."""
    return {
        "schema_version": 1,
        "file": _text(str(verification.path)),
        "accepted": (acceptance or Acceptance()).accepts(verification.verdict.outcome),
        "verdict": _shown(verification.verdict),
        "evidence": _evidence(verification.evidence),
        "seconds": verification.seconds,
        "notes": [_text(note) for note in verification.notes],
    }


def report_of_unreadable(path: Path, error: MediaError) -> form.UnreadableReport:
    """What is said of a file that could not be read."""
    return {"schema_version": 1, "file": _text(str(path)), "error": error.code, "problem": _text(error.problem)}


def line(report: form.VerificationReport | form.UnreadableReport) -> str:
    """As one line of JSON, in ASCII: no control or direction character of a stranger's reaches a terminal."""
    return json.dumps(report, ensure_ascii=True)


def _evidence(evidence: Evidence) -> form.EvidenceModel:
    # Of the registry's rows the type is not named: who keeps no registry needs no database library.
    def registered(row: object | None) -> form.RegistrationModel | None:
        return None if row is None else cast(form.RegistrationModel, _named(row, form.RegistrationModel))

    return {
        "container": _container(evidence.container),
        "manifest": _shown(evidence.manifest),
        "recovered_manifest": _shown(evidence.recovered),
        "watermark_algorithm": evidence.algorithm,
        "watermarks": _shown(evidence.detections),
        "watermark_extent": _shown(evidence.extent),
        "sound_watermark_algorithm": evidence.sound.algorithm,
        "sound_watermarks": _shown(evidence.sound.detections),
        "other_marks": _shown(evidence.claims),
        "own_labels": _shown(evidence.labels),
        "registry_consulted": evidence.registry_consulted,
        "registration_by_watermark": registered(evidence.registration),
        "registration_by_sound": registered(evidence.sound.registration),
        "recovered_manifest_by_sound": _shown(evidence.sound.recovered),
        "registration_by_manifest": registered(evidence.manifest_registration),
        "likeness": evidence.likeness,
        "stream": _shown(evidence.stream),
    }


def _container(container: Container) -> form.ContainerModel:
    info = container.info
    return {
        "sha256": container.sha256,
        "size": container.size,
        "family": container.family,
        "unseen": _text(container.unseen),
        "container": _text(info.container),
        "codec": _text(info.codec),
        "width": info.width,
        "height": info.height,
        "frame_rate": float(info.frame_rate),
        "duration": None if info.duration is None else float(info.duration),
        "has_sound": info.has_sound,
        "labels": {_text(name): _text(value) for name, value in info.labels.items()},
        "damage": container.damage + container.sound_damage,
        "has_manifest_box": container.has_manifest_box,
        "unhashed": container.unhashed,
    }


def _shown(value: Any) -> Any:
    """A value as JSON has it: by its form where there is one, item by item where it is several."""
    match value:
        case Enum() | bool() | int() | float() | None:
            return value
        case str():
            return _text(value)
        case bytes():
            return value.hex()
        case Payload():
            return str(value)
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case tuple() | list():
            return [_shown(item) for item in value]
        case np.generic():
            return value.item()
        case Origin():
            return {**_named(value, form.OriginModel), "payload": value.payload or None}
    return _named(value, _FORMS[type(value)])


def _named(value: object, shape: type) -> dict[str, Any]:
    return {name: _shown(getattr(value, name)) for name in shape.__annotations__}


def _text(text: str) -> str:
    """Without the lone surrogates that a hostile file (or an odd file name) brings."""
    return text.encode("utf-8", "backslashreplace").decode()
