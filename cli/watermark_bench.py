"""``touchmark watermark bench``: what the mark survives on the user's own clips. Decides nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from touchmark.cli.as_json import print_json
from touchmark.cli.as_table import print_table
from touchmark.cli.progress import patient
from touchmark.provenance.wording import printable

if TYPE_CHECKING:
    from touchmark.provenance.watermark.bench.attacks import Attack


@click.command(
    epilog="\b\nExamples:\n  touchmark watermark bench holiday.mp4 -o report.html\n"
    "  touchmark watermark bench clips/*.mp4 --attacks h264_crf28,crop_50,screen_recording\n"
    "  touchmark watermark bench --attacks geometric,temporal holiday.mp4\n\n"
    "\b\nExit status:\n  0   the table is made, whatever it says\n  3   a clip could not be read\n"
    "  64  the command was used wrongly\n  70  a picture that is too small, a disk that is full"
)
@click.argument("clips", nargs=-1, required=True, metavar="CLIP...", type=click.Path(path_type=Path))
@click.option("--attacks", metavar="NAME,...", help="Only these attacks, or all of a family: codec, geometric, ...")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="A page with pictures, a new .html file."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def bench(clips: tuple[Path, ...], attacks: str | None, output: Path | None, as_json: bool) -> None:
    """Find out what the mark survives on each CLIP.

    Every clip is marked with a key of the bench's own, attacked in some eighty ways through real encoders (H.264,
    H.265, AV1, VP9; crops, turns, filters, cuts, what social media do), and read back. Nothing marked is kept. It takes
    minutes: about as long as encoding the clip a hundred times.
    """
    from touchmark.cli.page_file import require_place, write_page
    from touchmark.provenance.watermark.bench.page import page
    from touchmark.provenance.watermark.bench.table import render
    from touchmark.provenance.watermark.bench.trial import Clip, Ours, run_trial

    chosen = _chosen(attacks)
    if output is not None:
        require_place(output)
    results = []
    for clip in clips:
        with patient() as progress:
            results.append(run_trial(Ours(), Clip(clip.name, clip), chosen, progress))
    if as_json:
        print_json({"results": [result.document() for result in results]})
    else:
        print_table(render(results))
    if output is not None:  # last: what took minutes to find out is told, whatever becomes of the page
        write_page(output, page(results))
    if output is not None and not as_json:
        click.echo(f"wrote {click.format_filename(output)}")


def _chosen(names: str | None) -> list[Attack]:
    from touchmark.provenance.watermark.bench.attacks import ATTACKS, Family

    if names is None:
        return list(ATTACKS.values())
    wanted = {name.strip() for name in names.split(",")}
    unknown = wanted - set(ATTACKS) - set(Family)
    if unknown:
        known = "\n".join(
            f"  {family.value}: {', '.join(a.name for a in ATTACKS.values() if a.family is family)}"
            for family in Family
        )
        raise click.BadParameter(
            f"there is no attack called {', '.join(sorted(map(printable, unknown)))}. There are\n{known}",
            param_hint="--attacks",
        )
    return [attack for attack in ATTACKS.values() if wanted & {attack.name, attack.family.value}]
