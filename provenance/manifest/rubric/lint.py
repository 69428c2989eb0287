"""Hold a file's manifests against rubrics.

    report = lint(Path("clip.mp4"), ring.trust_anchors)
    report.passes, [finding.text for finding in report.failures]

A rubric judges how a manifest is written. Whether it tells the truth is asked in ``detectors``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.manifest.read import read_crjson
from touchmark.provenance.manifest.rubric.document import Finding, Result, Rubric


class NothingToLintError(TouchmarkError):
    """The file has no manifest that can be read."""

    code = "manifest.nothing_to_lint"
    exit_status = 2


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one rubric says of a file."""

    rubric: Rubric
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class LintReport:
    """What all of them say.

    Attributes:
        path: the file.
        sheets: one for each rubric.
    """

    path: Path
    sheets: tuple[Sheet, ...]

    @property
    def failures(self) -> tuple[Finding, ...]:
        """Rules that are broken, or could not be evaluated."""
        results = (Result.FAIL, Result.ERROR)
        return tuple(finding for sheet in self.sheets for finding in sheet.findings if finding.result in results)

    @property
    def passes(self) -> bool:
        """Whether no rule is broken."""
        return not self.failures


def lint(path: Path, anchors: bytes, rubrics: Sequence[Rubric] = (), *, segment: Path | None = None) -> LintReport:
    """Hold the manifests of ``path`` against each rubric.

    Args:
        path: any file.
        anchors: PEM roots of trusted signers; a rubric may ask whether the signer is one.
        rubrics: ours for C2PA 2.4 if none is given.
        segment: one of the film in segments that begins in the file, against which its manifest is held.

    Raises:
        UnreadableFileError: the file cannot be opened, or is no regular file.
        NothingToLintError: it has no manifest, or none that can be read.
        TrustAnchorsError: ``anchors`` is not PEM.
    """
    found = read_crjson(path, anchors, segment)
    if isinstance(found, str):
        raise NothingToLintError(
            f"there is no manifest that can be read ({found})",
            subject=str(path),
            remedy="`touchmark verify` says more.",
        )
    return LintReport(path, tuple(Sheet(rubric, rubric.hold(found)) for rubric in rubrics or (Rubric.ours(),)))
