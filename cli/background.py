"""Options of the commands that publish: what content was made from, and what may be made from it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from touchmark.cli.option_group import option_group

if TYPE_CHECKING:
    from touchmark.generation.declaration import Background

_USES = ("allowed", "not-allowed", "constrained")


def background(
    inputs: tuple[Path, ...], consents: tuple[str, ...], training: str | None, training_constraint: str
) -> Background:
    """What the options say.

    Raises:
        ClaimError: a file cannot be read, or they cannot be claimed.
    """
    from touchmark.generation.declaration import Background
    from touchmark.provenance.manifest.inputs import ConsentRecord, InputFile, TrainingMining, Use

    records = []
    for consent in consents:
        scope, equals, path = consent.rpartition("=")
        if not equals or not scope:
            raise click.BadParameter(f"{consent!r} is not of the form SCOPE=FILE", param_hint="--consent")
        records.append(ConsentRecord.of(Path(path), scope))
    if training_constraint and training is None:
        raise click.UsageError("--training-constraint goes with --training constrained.")
    use = {"allowed": Use.ALLOWED, "not-allowed": Use.NOT_ALLOWED, "constrained": Use.CONSTRAINED}
    return Background(
        tuple(InputFile.of(path) for path in inputs),
        tuple(records),
        TrainingMining(use[training], training_constraint) if training else None,
    )


background_options = option_group(
    "background",
    background,
    click.option(
        "--input",
        "inputs",
        multiple=True,
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="A picture, clip or sound that the model was given; a manifest that it carries is kept.",
    ),
    click.option(
        "--consent",
        "consents",
        multiple=True,
        metavar="SCOPE=FILE",
        help="A consent under which it was made: what to, in words that name nobody, and its record, of which only "
        "the digest is written.",
    ),
    click.option(
        "--training",
        type=click.Choice(_USES),
        help="Whether models may be trained on it and data mined from it (cawg.training-mining).",
    ),
    click.option(
        "--training-constraint",
        default="",
        metavar="TEXT",
        help="Under what condition, with --training constrained.",
    ),
)
