"""``touchmark verify``: parses, shows, leaves with the status. What a file is, is decided in ``detectors``."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from touchmark.cli.as_table import print_table
from touchmark.cli.fragments import fragments_option, segments_of
from touchmark.cli.progress import examining
from touchmark.cli.trusted import trust_option

if TYPE_CHECKING:
    from touchmark.detectors.acceptance import ExitStatus
    from touchmark.detectors.look import MarkSearch
    from touchmark.detectors.verify import Verification, Verifier
    from touchmark.provenance.media.errors import MediaError

_WORTH_PROCESSES = 200
"""Files whose manifests alone are read faster by several processes, which take as long to start as two hundred."""

_EPILOG = """\b
Examples:
  touchmark verify clip.mp4
  touchmark verify --trust partner-roots.pem uploads/*.mp4
  touchmark verify --manifest-only --quiet archive/*.jpg
  touchmark verify --thorough suspicious.mp4
  touchmark verify --json clip.mp4 | jq -r .verdict.outcome
  touchmark verify init.mp4 --fragments 'segment*.m4s'
  touchmark verify clip.mp4 --sidecar clip.c2pa

\b
Exit status (of several files, the worst: 1, then 3, then 2, then 0):
  0   the origin is known: generated or captured, and nothing speaks against it
  1   evidence of tampering, or evidence that contradicts itself
  2   no evidence of origin; that is not evidence of authenticity
  3   the file could not be read
  64  the command was used wrongly
"""


@click.command(epilog=_EPILOG)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a file, each on one line.")
@trust_option
@click.option(
    "--manifest-only",
    is_flag=True,
    help="Look for no mark: hundreds of files a second. With a key here, a camera's claim is then not accepted.",
)
@click.option(
    "--thorough",
    is_flag=True,
    help="Look for a mark in every picture of a video, not only in as many as mostly tell, and tell every second of it "
    "rather than what lies between key frames: as long as decoding, and more.",
)
@fragments_option
@click.option(
    "--sidecar",
    type=click.Path(path_type=Path),
    metavar="C2PA",
    help="The manifest of FILE, kept beside it (.c2pa). FILE must have none in it.",
)
@click.option("-j", "--jobs", type=click.IntRange(1), metavar="N", help="Processes. Default: as many as cores.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors; the exit status tells.")
def verify(
    files: tuple[Path, ...],
    as_json: bool,
    trusted: tuple[Path, ...],
    manifest_only: bool,
    thorough: bool,
    fragments: tuple[str, ...],
    sidecar: Path | None,
    jobs: int | None,
    quiet: bool,
) -> int:
    """Find out where each FILE comes from: video, sound, picture, or a document with a manifest.

    Reads the C2PA manifest, looks for the invisible watermark with your key, asks your registry, and gives one verdict:
    generated, captured, tampered, contradictory or unknown. It never says that a file is real, opens no network
    connection, and needs no model. The schema of --json is docs/schemas/verify.schema.json.
    """
    if manifest_only and thorough:
        raise click.UsageError("--manifest-only looks for no mark, and --thorough looks everywhere: give one of them.")
    if fragments and len(files) > 1:
        raise click.UsageError("--fragments are of one film: give one FILE, its beginning (init segment).")
    if sidecar is not None and (fragments or len(files) > 1):
        raise click.UsageError("--sidecar is of one file in one piece: give one FILE, without --fragments.")
    from touchmark.detectors.acceptance import Acceptance, ExitStatus
    from touchmark.detectors.look import MarkSearch
    from touchmark.provenance.media.errors import MediaError

    search = MarkSearch.NONE if manifest_only else MarkSearch.THOROUGH if thorough else MarkSearch.GLANCE
    segments = segments_of(files[0], fragments)
    acceptance = Acceptance()
    statuses: list[ExitStatus] = []
    for file, found in _found(files, trusted, jobs, search, segments, sidecar):
        if isinstance(found, MediaError):
            statuses.append(ExitStatus.UNREADABLE)
            _print_unreadable(file, found, as_json)
            continue
        statuses.append(acceptance.exit_status(found.verdict.outcome))
        if not quiet:
            _print(found, as_json)
    return int(ExitStatus.worst(statuses))


def _found(
    files: tuple[Path, ...],
    trusted: tuple[Path, ...],
    jobs: int | None,
    search: MarkSearch,
    segments: list[Path],
    sidecar: Path | None,
) -> Iterator[tuple[Path, Verification | MediaError]]:
    from touchmark.detectors.look import MarkSearch
    from touchmark.provenance.media.errors import MediaError

    if (jobs or len(files)) > 1 and len(files) >= (_WORTH_PROCESSES if search is MarkSearch.NONE else 2):
        from touchmark.detectors.batch import verify_all

        with examining() as progress:
            answers = verify_all(files, _making(trusted), search=search, workers=jobs)
            for done, found in enumerate(answers, 1):
                yield found
                progress(done, len(files))
        return
    verifier = verifier_of(trusted)
    for file in files:
        try:
            with examining() as progress:
                verification = verifier.verify(file, progress, search=search, segments=segments, sidecar=sidecar)
        except MediaError as error:
            yield file, error
        else:
            yield file, verification


def verifier_of(trusted: tuple[Path, ...]) -> Verifier:
    """The verifier of this operator's home, believing further roots."""
    return _making(trusted)()


def _making(trusted: tuple[Path, ...]) -> partial[Verifier]:
    from touchmark.detectors.verify import Verifier, require_certificates
    from touchmark.provenance.home import Home

    given = {str(path): path.read_bytes() for path in trusted}
    for subject, roots in given.items():
        require_certificates(roots, subject)
    return partial(Verifier.default, Home.default(), anchors=b"\n".join(given.values()))


def _print(verification: Verification, as_json: bool) -> None:
    if as_json:
        from touchmark.detectors.serialise import line, report_of

        click.echo(line(report_of(verification)))
        return
    from touchmark.detectors.terminal import render

    print_table(render(verification))


def _print_unreadable(file: Path, error: MediaError, as_json: bool) -> None:
    from touchmark.detectors.text import safe_text

    if as_json:
        from touchmark.detectors.serialise import line, report_of_unreadable

        click.echo(line(report_of_unreadable(file, error)))
    click.echo(f"touchmark: {safe_text(error.diagnostics(), 1000)}", err=True)
