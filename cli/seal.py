"""``touchmark seal``: mark and sign what another generator made. The way itself is ``generation.release``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from touchmark.cli.background import background_options
from touchmark.cli.disclosure import disclosure_options
from touchmark.cli.signer import asking, signer_options

if TYPE_CHECKING:
    from touchmark.generation.declaration import Background
    from touchmark.generation.disclosure import Disclosure
    from touchmark.provenance.keys.selection import SignerChoice

_SOURCES = {
    "generated": "TRAINED_ALGORITHMIC_MEDIA",
    "composite": "COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA",
}


@click.command(
    epilog='\b\nExamples:\n  touchmark seal raw.mp4 -o sealed.mp4 --made-with "Wan 2.2"\n'
    '  touchmark seal edited.mov -o sealed.mp4 --made-with "Our studio" --source composite\n'
    '  touchmark seal song.flac -o sealed.flac --made-with "Suno 5"\n'
    "  touchmark seal photo.jpg -o sealed.jpg --made-with FLUX --input face.jpg \\\n"
    "    --consent 'likeness of the person shown=release.pdf' --training not-allowed"
)
@click.argument("source_file", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="The file to publish: .mp4, or for a sound or a picture its own form.",
)
@click.option("--made-with", required=True, metavar="NAME", help="The generator, as you declare it in the manifest.")
@click.option("--made-with-version", default="", metavar="VERSION", help="Its version.")
@click.option(
    "--source",
    type=click.Choice(list(_SOURCES)),
    default="generated",
    show_default=True,
    help="Wholly generated, or a composite of generated and other material.",
)
@click.option("--prompt", metavar="TEXT", help="What was asked of it; recorded by its digest.")
@click.option(
    "--as-is",
    is_flag=True,
    help="Encode nothing anew: the file carries your watermark already (a farm marked it), and is signed.",
)
@background_options
@disclosure_options
@signer_options
@click.option("--force", is_flag=True, help="Replace the output if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def seal(
    source_file: Path,
    output: Path,
    made_with: str,
    made_with_version: str,
    source: str,
    prompt: str | None,
    as_is: bool,
    background: Background,
    disclosure: Disclosure,
    signer: SignerChoice,
    force: bool,
    as_json: bool,
) -> None:
    """Mark and sign FILE (a video, a sound or a picture), which another generator made, and publish it at OUTPUT.

    You declare where it comes from; touchmark does not let you declare a camera. A manifest that FILE carries is kept
    as its parent. A file that carries our watermark, or shows signs of tampering, is refused (exit status 1).
    """
    from touchmark.cli.generate import print_release
    from touchmark.cli.progress import shown
    from touchmark.generation.declaration import Declaration
    from touchmark.generation.release import Studio
    from touchmark.provenance.home import Home
    from touchmark.provenance.manifest.claim import DigitalSourceType

    declaration = Declaration(made_with, DigitalSourceType[_SOURCES[source]], made_with_version, prompt, background)
    studio = Studio.open(Home.default(), signer=signer, ask=asking())
    with shown() as progress:
        release = studio.seal(
            source_file, output, declaration, disclosure=disclosure, as_is=as_is, overwrite=force, progress=progress
        )
    print_release(release, as_json)
