"""``touchmark generate``: parses, shows progress, prints the result. The way itself is ``generation.release``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from touchmark.cli.as_json import print_json
from touchmark.cli.background import background_options
from touchmark.cli.disclosure import disclosure_options
from touchmark.cli.signer import asking, signer_options

if TYPE_CHECKING:
    from touchmark.generation.declaration import Background
    from touchmark.generation.disclosure import Disclosure
    from touchmark.generation.release import Release
    from touchmark.provenance.keys.selection import SignerChoice


@click.command(
    epilog="\b\nExamples:\n"
    '  touchmark generate "a red circle moves left to right over a blue background" -o circle.mp4\n'
    '  touchmark generate "a lighthouse in a storm" -o storm.mp4 --model /models/wan2.2 --size 832x480\n'
    '  echo "two squares bounce" | touchmark generate - -o squares.mp4 --seed 7 --json\n'
    '  touchmark generate "a square rotates" -o square.mp4 --profile cn-gb45438 --profile iptc'
)
@click.argument("prompt")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The .mp4 to publish.")
@click.option("--negative", default="", metavar="TEXT", help="What to steer away from; it is screened too.")
@click.option("--model", metavar="FOLDER|ID", help="A diffusers video pipeline. Default: the small embedded model.")
@click.option("--size", metavar="WIDTHxHEIGHT", help="In pixels. Default: the model's own.")
@click.option("--frames", type=int, metavar="N", help="How many frames. Default: the model's own.")
@click.option("--steps", type=int, metavar="N", help="Denoising steps. Default: the model's own.")
@click.option("--guidance", type=float, metavar="X", help="Classifier-free guidance. Default: the model's own.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same video.")
@click.option("--latent-mark", is_flag=True, help="Mark the noise that the model starts from too.")
@click.option(
    "--age",
    type=click.Choice(["teen", "adult"]),
    default="adult",
    show_default=True,
    help="Who asks; the policy may be stricter with teens.",
)
@click.option(
    "--consented",
    multiple=True,
    metavar="ID",
    help="A public figure who agreed to be shown in this very video, by the id that touchmark figures find prints.",
)
@background_options
@disclosure_options
@signer_options
@click.option("--force", is_flag=True, help="Replace the output if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def generate(
    prompt: str,
    output: Path,
    negative: str,
    model: str | None,
    size: str | None,
    frames: int | None,
    steps: int | None,
    guidance: float | None,
    seed: int,
    latent_mark: bool,
    age: str,
    consented: tuple[str, ...],
    background: Background,
    disclosure: Disclosure,
    signer: SignerChoice,
    force: bool,
    as_json: bool,
) -> None:
    """Make a video from PROMPT ("-" reads standard input).

    The prompt is screened before a model is loaded, under policy.yaml in $TOUCHMARK_HOME if it is there and the policy
    named default if not; the video is watermarked, signed, verified with the bundled detector and only then published.
    Exit status 1: refused. 2: waits for human review.
    """
    from touchmark.cli.progress import shown
    from touchmark.generation.release import Studio
    from touchmark.generation.request import GenerationRequest
    from touchmark.provenance.home import Home
    from touchmark.safety.decision import AgeProfile, Requester

    width, height = parsed_size(size) or (None, None)
    request = GenerationRequest(
        prompt=sys.stdin.read().strip() if prompt == "-" else prompt,
        negative_prompt=negative,
        model=model,
        width=width,
        height=height,
        num_frames=frames,
        steps=steps,
        guidance=guidance,
        seed=seed,
        latent_mark=latent_mark,
    )
    studio = Studio.open(Home.default(), signer=signer, ask=asking())
    with shown() as progress:
        release = studio.generate(
            request,
            output,
            disclosure=disclosure,
            background=background,
            requester=Requester(AgeProfile(age), frozenset(consented)),
            overwrite=force,
            progress=progress,
        )
    print_release(release, as_json)


def print_release(release: Release, as_json: bool) -> None:
    """Say what was published."""
    from touchmark.detectors.text import safe_text

    if as_json:
        document = {
            "path": str(release.path),
            "manifest": release.manifest_label,
            "payload": str(release.payload),
            "outcome": release.verification.verdict.outcome.value,
            "headline": release.verification.verdict.headline,
            "profiles": list(release.profiles),
            "notes": list(release.notes),
        }
        print_json(document)
        return
    click.echo(f"published {click.format_filename(release.path)}")
    click.echo(f"  manifest   {release.manifest_label}")
    click.echo(f"  watermark  {release.payload}")
    click.echo(f"  verified   {release.verification.verdict.headline}")
    if release.profiles:
        click.echo(f"  complies   {', '.join(release.profiles)} (no legal advice)")
    for note in release.notes:  # may quote a certificate
        click.echo(f"  note       {safe_text(note, 400)}")


def parsed_size(text: str | None) -> tuple[int, int] | None:
    """Width and height of an option of the form 832x480; None where it is not given.

    Raises:
        click.BadParameter: it is of another form.
    """
    if text is None:
        return None
    width, cross, height = text.lower().partition("x")
    if not (cross and width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise click.BadParameter(f"{text!r} is not of the form 832x480", param_hint="--size")
    return int(width), int(height)
