"""``touchmark manifest``: check how one is written, and update one. What a file is, ``touchmark verify`` says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from touchmark.cli.as_json import print_json
from touchmark.cli.signer import asking, signer_options
from touchmark.cli.trusted import trust_option

if TYPE_CHECKING:
    from touchmark.provenance.keys.selection import SignerChoice
    from touchmark.provenance.manifest.rubric.lint import LintReport, Sheet
    from touchmark.provenance.signing import Signer


@click.group()
def manifest() -> None:
    """Check how a file's C2PA manifest is written, add to its history, take something out of it."""


@manifest.command(
    epilog="\b\nExamples:\n  touchmark manifest lint clip.mp4\n"
    "  touchmark manifest lint --rubric asset-rubric-conformance0.2-spec2.4.yml photo.jpg\n"
    "  touchmark manifest lint --json clip.mp4 | jq '.sheets[].findings[] | select(.result == \"fail\")'\n\n"
    "\b\nExit status:\n  0   every rule is kept\n  1   a rule is broken, or could not be evaluated\n"
    "  2   there is no manifest to look at\n  3   the file could not be read\n  64  a rubric is not understood"
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--rubric",
    "rubrics",
    multiple=True,
    metavar="YAML",
    type=click.Path(path_type=Path),
    help="Rules to use in place of ours, such as an asset rubric of the C2PA conformance programme. May be repeated.",
)
@trust_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def lint(file: Path, rubrics: tuple[Path, ...], trusted: tuple[Path, ...], as_json: bool) -> int:
    """Hold the manifest of FILE, anybody's, against the rules for C2PA 2.4 or against rubrics that you give.

    Shows the rules that are broken, and what else is noteworthy. It judges how the manifest is written, not whether it
    tells the truth.
    """
    from touchmark.cli.verify import verifier_of
    from touchmark.provenance.manifest.rubric.document import Rubric
    from touchmark.provenance.manifest.rubric.lint import lint as held

    report = held(file, verifier_of(trusted).sources.anchors, [Rubric.load(path) for path in rubrics])
    if as_json:
        print_json(_record(report))
    else:
        for sheet in report.sheets:
            _print(sheet)
    return 0 if report.passes else 1


_REASONS = {
    "personal": "c2pa.PII.present",
    "invalid": "c2pa.invalid.data",
    "trade-secret": "c2pa.trade-secret.present",
    "government": "c2pa.government.confidential",
}


@manifest.command(
    epilog="\b\nExample:\n"
    "  touchmark manifest redact sealed.mp4 -o public.mp4 --assertion c2pa.embedded-data --reason personal"
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The file to write.")
@click.option(
    "--assertion",
    "labels",
    multiple=True,
    required=True,
    metavar="LABEL",
    help="What to take out; c2pa.embedded-data holds a prompt's words, where the policy keeps them. May be given more "
    "than once.",
)
@click.option("--reason", type=click.Choice(list(_REASONS)), required=True, help="Why; everybody can read it.")
@signer_options
def redact(
    file: Path,
    output: Path,
    labels: tuple[str, ...],
    reason: str,
    signer: SignerChoice,
) -> None:
    """Take assertions out of the manifest of FILE, under a new one that says so, signed by you.

    Content and history stay; that something was taken out, by whom and why, can be read.
    """
    from touchmark.provenance.manifest.update import RedactionReason
    from touchmark.provenance.manifest.update import redact as taken_out

    _require_free(output)
    who, anchors = _who_signs(signer)
    click.echo(taken_out(file, output, labels, RedactionReason(_REASONS[reason]), who, anchors).label)


@manifest.command(epilog="\b\nExample:\n  touchmark manifest published sealed.mp4 -o published.mp4")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The file to write.")
@signer_options
def published(file: Path, output: Path, signer: SignerChoice) -> None:
    """Record in the manifest of FILE that it was published: an update manifest, signed by you."""
    from touchmark.provenance.manifest.update import publish

    _require_free(output)
    click.echo(publish(file, output, *_who_signs(signer)).label)


def _who_signs(said: SignerChoice) -> tuple[Signer, bytes]:
    """The operator's signer, and the anchors of all whom the operator believes: as ``seal`` has them."""
    from touchmark.cli.verify import verifier_of
    from touchmark.provenance.home import Home
    from touchmark.provenance.keys.ring import KeyRing
    from touchmark.provenance.keys.selection import select_signer

    home = Home.default()
    signer = select_signer(home, KeyRing.load(home.keys), said, asking())
    return signer, verifier_of(()).sources.anchors


def _require_free(output: Path) -> None:
    if output.exists():
        raise click.UsageError(f"{output} exists already; choose another name.")


def _print(sheet: Sheet) -> None:
    from touchmark.detectors.text import safe_text
    from touchmark.provenance.manifest.rubric.document import Result

    judged = [finding for finding in sheet.findings if finding.result not in (Result.SIGNAL, Result.NO_SIGNAL)]
    kept = sum(finding.result in (Result.PASS, Result.WARN) for finding in judged)
    count = f": {kept} of {len(judged)} rules are kept" if judged else ""
    click.echo(f"{safe_text(sheet.rubric.name, 120)}{count}")
    for finding in sheet.findings:
        if finding.result not in (Result.PASS, Result.NO_SIGNAL):
            click.echo(f"  {finding.result:6} {safe_text(finding.rule, 80)}: {safe_text(finding.text, 500)}")


def _record(report: LintReport) -> dict[str, object]:
    return {
        "file": str(report.path),
        "passes": report.passes,
        "sheets": [
            {
                "rubric": sheet.rubric.name,
                "version": sheet.rubric.version,
                "spec_version": sheet.rubric.spec_version,
                "findings": [
                    {
                        "rule": finding.rule,
                        "result": finding.result.value,
                        "text": finding.text,
                        "section": finding.section,
                    }
                    for finding in sheet.findings
                ],
            }
            for sheet in report.sheets
        ],
    }
