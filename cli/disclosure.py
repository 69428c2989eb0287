"""Options of the commands that write what disclosure profiles ask for; what that is, is decided in ``generation``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from touchmark.cli.option_group import option_group

if TYPE_CHECKING:
    from touchmark.generation.disclosure import Disclosure

PROFILES_VARIABLE = "TOUCHMARK_PROFILES"
"""Environment: profiles for every file, separated by blanks, where the command line names none."""


def disclosure(
    profiles: tuple[str, ...], label_languages: tuple[str, ...], label_position: str | None, label_track: bool
) -> Disclosure:
    """What the options come to.

    Raises:
        TouchmarkError: a profile cannot be read, or they cannot be had together.
    """
    from touchmark.generation.disclosure import Disclosure
    from touchmark.provenance.disclosure.label import Position

    place = Position(label_position) if label_position else None
    return Disclosure.of(profiles, languages=label_languages, position=place, track=label_track)


disclosure_options = option_group(
    "disclosure",
    disclosure,
    click.option(
        "--profile",
        "profiles",
        multiple=True,
        envvar=PROFILES_VARIABLE,
        show_envvar=True,
        metavar="NAME|FILE",
        help="Write what a disclosure profile asks for, and check it. May be given more than once.",
    ),
    click.option(
        "--label-language",
        "label_languages",
        multiple=True,
        metavar="LANGUAGE",
        help="Of the visible label, where a profile asks for one: en, de, fr, es, it or zh. At most two.",
    ),
    click.option(
        "--label-position",
        type=click.Choice(["top-left", "top-right", "bottom-left", "bottom-right"]),
        help="Of the visible label. Default: what the profiles prefer.",
    ),
    click.option("--label-track", is_flag=True, help="The label as timed text too, for screen readers."),
)
