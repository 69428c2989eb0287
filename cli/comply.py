"""``touchmark comply``: parses, shows, leaves with the status. What a line asks for stands in the profiles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from touchmark.cli.as_json import print_json
from touchmark.cli.as_table import print_table
from touchmark.cli.fragments import fragments_option, segments_of
from touchmark.cli.trusted import trust_option

if TYPE_CHECKING:
    from touchmark.detectors.disclosure.profile import Profile

_EPILOG = """\b
Examples:
  touchmark comply --list
  touchmark comply clip.mp4 --profile eu-ai-act
  touchmark comply clip.mp4 --profile cn-gb45438 --profile iptc --json | jq .passes
  touchmark comply init.mp4 --fragments 'segment*.m4s' --profile eu-ai-act

\b
Exit status:
  0   every line of every profile passes
  1   a line fails
  3   the file could not be read
  64  the command was used wrongly, or the profiles exclude each other
  70  it could not be done: keys, trust lists or a registry that cannot be used

\b
What a file carries is one thing, whether to believe it another: that is told by `touchmark verify`.
"""


@click.command(epilog=_EPILOG)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--profile",
    "profiles",
    multiple=True,
    metavar="NAME|FILE",
    help="To hold FILE against. May be given more than once.",
)
@click.option("--list", "list_profiles", is_flag=True, help="Name the profiles that ship, and what they ask for.")
@trust_option
@fragments_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def comply(
    file: Path | None,
    profiles: tuple[str, ...],
    list_profiles: bool,
    trusted: tuple[Path, ...],
    fragments: tuple[str, ...],
    as_json: bool,
) -> int:
    """Hold FILE against disclosure profiles, line by line: what passes, what fails, where it stands, what to do.

    The lines rest on the same evidence as `touchmark verify`: what a file says of itself is not believed where its
    pictures, its watermark or its signature say otherwise. Nothing here is legal advice.
    """
    from touchmark.detectors.disclosure.profile import Profile, shipped

    if list_profiles:
        _print([Profile.load(name) for name in profiles or shipped()], as_json)
        return 0
    if file is None or not profiles:
        raise click.UsageError("Give a FILE and at least one --profile; --list names those that ship.")
    asked = [Profile.load(name) for name in dict.fromkeys(profiles)]
    return _comply(file, segments_of(file, fragments), asked, trusted, as_json)


def _comply(file: Path, segments: list[Path], profiles: list[Profile], trusted: tuple[Path, ...], as_json: bool) -> int:
    from touchmark.cli.progress import examining
    from touchmark.cli.verify import verifier_of
    from touchmark.detectors.disclosure.comply import hold
    from touchmark.detectors.disclosure.page import document, render
    from touchmark.detectors.disclosure.profile import compose

    compose(profiles)
    verifier = verifier_of(trusted)
    with examining() as progress:
        verification = verifier.verify(file, progress, segments=segments)
        anchors, limits = verifier.sources.anchors, verifier.limits
        compliance = hold(verification, profiles, anchors, limits=limits, segments=segments)
    if as_json:
        print_json(document(compliance))
    else:
        print_table(render(compliance))
    return 0 if compliance.passes else 1


def _print(profiles: list[Profile], as_json: bool) -> None:
    from touchmark.detectors.disclosure.page import listing

    if as_json:
        print_json([profile.model_dump(mode="json", by_alias=True, exclude={"examples"}) for profile in profiles])
        return
    print_table(listing(profiles))
