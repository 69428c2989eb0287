"""``touchmark report``: a verification as one page to attach to a case. ``detectors`` decides what stands on it."""

from __future__ import annotations

from pathlib import Path

import click

from touchmark.cli.fragments import fragments_option, segments_of
from touchmark.cli.trusted import trust_option

_EPILOG = """\b
Examples:
  touchmark report clip.mp4 -o report.html
  touchmark report --trust partner-roots.pem clip.mp4 -o case-1234.html
  touchmark report init.mp4 --fragments 'segment*.m4s' -o report.html

\b
Exit status: as of touchmark verify; the page is written for every file that can be read.
  0   the origin is known
  1   evidence of tampering, or evidence that contradicts itself
  2   no evidence of origin
  3   the file could not be read; nothing is written
  64  the command was used wrongly, or the page exists already
"""


@click.command(epilog=_EPILOG)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="PAGE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The page to write, an .html file.",
)
@trust_option
@click.option("--thorough", is_flag=True, help="Look for a mark in every picture and second of a video; takes longer.")
@fragments_option
@click.option("--force", is_flag=True, help="Replace the page if it exists.")
def report(
    file: Path, output: Path, trusted: tuple[Path, ...], thorough: bool, fragments: tuple[str, ...], force: bool
) -> int:
    """Verify FILE and write the result as one self-contained HTML page.

    The page shows the verdict, pictures of the video, the manifest tree, the watermark over time and all evidence. It
    loads nothing from elsewhere and runs no script, so it can be mailed, archived and printed.
    """
    from touchmark.cli.page_file import require_place, write_page
    from touchmark.cli.progress import examining
    from touchmark.cli.verify import verifier_of
    from touchmark.detectors.acceptance import Acceptance
    from touchmark.detectors.frames import stills, stills_of_film
    from touchmark.detectors.look import MarkSearch
    from touchmark.detectors.page import page

    require_place(output, overwrite=force)
    search = MarkSearch.THOROUGH if thorough else MarkSearch.GLANCE
    segments, verifier = segments_of(file, fragments), verifier_of(trusted)
    with examining() as progress:
        verification = verifier.verify(file, progress, search=search, segments=segments)
    limits = verifier.limits
    shown = stills_of_film(file, segments, limits) if segments else stills(file, limits)
    write_page(output, page(verification, shown))
    click.echo(f"{verification.verdict.outcome.value}: wrote {click.format_filename(output)}")
    return int(Acceptance().exit_status(verification.verdict.outcome))
