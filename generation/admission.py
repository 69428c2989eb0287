"""What may be sealed, and named as what it was made from: a file in which nothing is that a new seal would hide.

    require_whole(inputs, verifier)                       # files that a model was given
    found = verifier.verify(source)
    require_unmarked(source, found, as_is=False)
    bindings = read_bindings(source, found, key_id)       # of a file that is signed as it is

Nothing is made before these have passed.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from touchmark.detectors.look import MarkSearch
from touchmark.detectors.text import safe_text
from touchmark.detectors.verdict import Outcome
from touchmark.detectors.verify import Verification, Verifier
from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.manifest.claim import SoftBinding
from touchmark.provenance.manifest.inputs import InputFile
from touchmark.provenance.manifest.report import ManifestPresence
from touchmark.provenance.watermark.protocol import MarkState


class AlreadyMarkedError(TouchmarkError):
    """The video to be sealed carries our watermark: it was sealed before, and sealing it anew would hide that."""

    code: ClassVar[str] = "release.already_marked"
    exit_status: ClassVar[int] = 1


class NotMarkedError(TouchmarkError):
    """The file to be signed as it is carries no mark of ours; nothing leaves with a manifest alone."""

    code: ClassVar[str] = "release.not_marked"
    exit_status: ClassVar[int] = 1


class SuspectInputError(TouchmarkError):
    """The file to be sealed, or an input of it, shows signs of tampering, which a new seal would cover up."""

    code: ClassVar[str] = "release.suspect_input"
    exit_status: ClassVar[int] = 1


class ManifestElsewhereError(TouchmarkError):
    """The file says that its manifest is somewhere on the network; sealed without it, its history would be lost."""

    code: ClassVar[str] = "release.manifest_elsewhere"
    exit_status: ClassVar[int] = 1


def read_bindings(source: Path, found: Verification, key_id: str) -> tuple[SoftBinding, ...]:
    """The mark that a finished file carries, as what its manifest will be bound to.

    Raises:
        NotMarkedError: there is none that can be read with the key.
        AlreadyMarkedError: it is registered.
    """
    evidence, mark = found.evidence, found.evidence.mark
    if mark is None or mark.payload is None or mark.key_id != key_id:
        raise NotMarkedError(
            "it carries no readable watermark of this operator, so it cannot be signed as it is",
            subject=str(source),
            remedy="Seal it without --as-is: it is then marked while it is encoded.",
        )
    if evidence.registration is not None:
        raise AlreadyMarkedError(
            "its watermark is registered: it is a copy of a sealed file",
            subject=str(source),
            remedy="Publish the sealed original; `touchmark verify` names it.",
        )
    length = float(evidence.container.info.duration or max((s.end for s in mark.timeline), default=0.0))
    algorithms = {evidence.algorithm: mark, evidence.sound.algorithm: evidence.mark_in_sound}
    return tuple(
        SoftBinding(algorithm, mark.payload.to_bytes(), 0.0, length)
        for algorithm, heard in algorithms.items()
        if heard is not None and heard.payload == mark.payload
    )


def require_whole(inputs: Iterable[InputFile], verifier: Verifier) -> None:
    """Refuse files that a model was given and that show signs of tampering.

    The C2PA library keeps what it finds wrong with an input's manifest, and finds none where its place was damaged or
    renamed, and nothing wrong where something was hidden beside it: such an input would come out clean.

    Raises:
        SuspectInputError, ManifestElsewhereError: of the first such file.
        MediaError: one cannot be read.
    """
    for given in inputs:
        _require_whole(given.path, verifier.verify(given.path, search=MarkSearch.NONE))


def require_unmarked(source: Path, found: Verification, *, as_is: bool) -> None:
    """Refuse what carries our mark, unless it is signed as it is, and what shows signs of tampering.

    Raises: AlreadyMarkedError, SuspectInputError, ManifestElsewhereError
    """
    evidence = found.evidence
    for what, detections in (("file", evidence.detections), ("file's sound", evidence.sound.detections)):
        if not as_is and any(detection.state is not MarkState.NOTHING_FOUND for detection in detections):
            raise AlreadyMarkedError(
                f"this {what} carries our watermark already",
                subject=str(source),
                remedy="Publish the sealed original; `touchmark verify` names it.",
            )
    _require_whole(source, found)


def _require_whole(path: Path, found: Verification) -> None:
    manifest = found.evidence.manifest
    unread = manifest.presence is ManifestPresence.UNSUPPORTED
    if unread or found.verdict.outcome in (Outcome.TAMPERED, Outcome.CONTRADICTORY):
        raise SuspectInputError(
            found.verdict.headline,
            subject=str(path),
            remedy="Get the file again from its source; a new seal must not cover this up.",
        )
    if manifest.presence is ManifestPresence.REMOTE_ONLY:
        raise ManifestElsewhereError(
            f"its manifest is not in it but at {safe_text(manifest.remote_url, 200)}, and nothing is fetched",
            subject=str(path),
            remedy="Get the file with its manifest embedded; sealed without it, what it says of its origin is lost.",
        )
