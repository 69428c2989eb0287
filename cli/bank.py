"""``touchmark bank``: keeps hash banks and searches them. How that is done is decided in ``safety.output``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from touchmark.cli.as_json import print_json
from touchmark.provenance.wording import number_of, printable
from touchmark.safety.decision import Category

if TYPE_CHECKING:
    from touchmark.safety.output.bank import Bank

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def bank() -> None:
    """Keep hash banks: videos that must not be shown again, as hashes, never as pictures.

    Every release and `touchmark screen-video` search all banks. Hashes are PDQ, files are vPDQ lines
    (frame,quality,pdqhex,timestamp), as platforms exchange them.
    """


@bank.command(
    epilog="\b\nExamples:\n"
    '  touchmark bank add takedowns clip.mp4 --category ncii --reason "court order" --owner "rights desk"\n'
    "  touchmark bank add partner hashes/*.vpdq --category extremism"
)
@click.argument("name")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--category", type=click.Choice([category.value for category in Category]), help="What a new bank's videos show."
)
@click.option("--reason", metavar="TEXT", help="Why they are in it, for reviewers.")
@click.option("--owner", metavar="TEXT", help="Who keeps the bank.")
def add(name: str, files: tuple[Path, ...], category: str | None, reason: str | None, owner: str | None) -> None:
    """Put FILES into the bank NAME, all or none: videos, or vPDQ lines in .vpdq, .txt or .csv files."""
    from datetime import UTC, datetime
    from functools import partial

    from touchmark.cli.progress import shown
    from touchmark.provenance.home import Home
    from touchmark.safety.output.bank import add as add_videos
    from touchmark.safety.output.bank import banks_folder
    from touchmark.safety.output.files import hashed_file

    with shown() as progress:
        videos = [(file.name, hashed_file(file, partial(progress, file.name))) for file in files]
    folder = banks_folder(Home.default().ensure())
    kind = Category(category) if category else None
    now = datetime.now(UTC)
    kept = add_videos(folder, name, videos, now, category=kind, reason=reason, owner=owner)
    added = sum(video.added == now for video in kept.videos)
    click.echo(
        f"{name}: {added} added, {len(files) - added} there already, {len(kept.videos)} in all "
        f"({number_of(kept.frames.size, 'hash', 'hashes')})"
    )


@bank.command(
    epilog="\b\nExamples:\n  touchmark bank match upload.mp4\n  touchmark bank match upload.vpdq --bank partner --json"
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--bank", "names", multiple=True, metavar="NAME", help="Search this bank; all, if none is named.")
@_JSON
def match(file: Path, names: tuple[str, ...], as_json: bool) -> int:
    """Look for FILE, a video or vPDQ lines, in the banks, also mirrored if it is a video.

    \b
    Exit status: 0 found, 2 not found, 3 the file could not be read.
    """
    from touchmark.cli.progress import shown
    from touchmark.provenance.home import Home
    from touchmark.safety.output.bank import banks_folder, load_banks
    from touchmark.safety.output.files import search_file
    from touchmark.safety.output.matching import BankIndex, Search

    banks = load_banks(banks_folder(Home.default()), names or None)
    search = Search(BankIndex(banks))
    with shown() as progress:
        search_file(search, file, lambda done, of_all: progress(file.name, done, of_all))
    matches = search.matches()
    if as_json:
        document = {"compared": search.compared, "matches": [found.as_dict() for found in matches]}
        print_json(document)
    elif not banks:
        click.echo("Not found: there is no bank to look in (touchmark bank add).")
    elif not matches:
        click.echo(f"Not found. {search.compared} distinct frames were good enough to be compared.")
    else:
        for found in matches:
            click.echo(
                f"{found.bank.name}/{found.video.id}  {found.bank.category.value}  {found.share:.0%} of its frames, "
                f"{found.banked_share:.0%} of the banked video's, from {float(found.start):.2f} to "
                f"{float(found.end):.2f} s  ({found.video.label})"
            )
    return 0 if matches else 2


@bank.command(epilog="\b\nExample: touchmark bank export takedowns hashes/")
@click.argument("name")
@click.argument("folder", type=click.Path(path_type=Path))
def export(name: str, folder: Path) -> None:
    """Write the bank NAME into a new FOLDER as vPDQ lines, one file a video."""
    from touchmark.provenance.home import Home
    from touchmark.safety.output.bank import banks_folder, load_bank
    from touchmark.safety.output.bank import export as export_bank

    paths = export_bank(load_bank(banks_folder(Home.default()), name), folder)
    click.echo(f"wrote {number_of(len(paths), 'file')}")


@bank.command("list", epilog="\b\nExamples:\n  touchmark bank list\n  touchmark bank list takedowns --json")
@click.argument("name", required=False)
@_JSON
def list_(name: str | None, as_json: bool) -> None:
    """List the banks, or the videos of the bank NAME."""
    from touchmark.provenance.home import Home
    from touchmark.safety.output.bank import banks_folder, load_banks

    banks = load_banks(banks_folder(Home.default()), None if name is None else [name])
    if as_json:
        print_json([_document(each, videos=name is not None) for each in banks])
        return
    if not banks:
        click.echo("none: no video is known that must not be shown again (touchmark bank add)")
    for each in banks:
        said = "; ".join(filter(None, (each.reason, each.owner and f"kept by {each.owner}")))
        size = f"{number_of(len(each.videos), 'video')}, {number_of(each.frames.size, 'hash', 'hashes')}"
        click.echo(f"{each.name}  {each.category.value}, {size}" + (f"  ({printable(said)})" if said else ""))
        if name is not None:
            for video in each.videos:
                click.echo(f"  {video.id}  {video.added:%Y-%m-%d}  {video.label}")


@bank.command(
    epilog="\b\nExamples:\n  touchmark bank remove takedowns 0123456789abcdef\n  touchmark bank remove takedowns"
)
@click.argument("name")
@click.argument("video", required=False)
def remove(name: str, video: str | None) -> None:
    """Remove the bank NAME, or one VIDEO from it."""
    from touchmark.provenance.home import Home
    from touchmark.safety.output.bank import banks_folder
    from touchmark.safety.output.bank import remove as remove_from

    remove_from(banks_folder(Home.default()), name, video)
    click.echo(f"removed {name if video is None else f'{video} from {name}'}")


def _document(bank: Bank, *, videos: bool) -> dict[str, object]:
    document: dict[str, object] = {
        "name": bank.name,
        "category": bank.category.value,
        "reason": bank.reason,
        "owner": bank.owner,
        "videos": len(bank.videos),
        "hashes": bank.frames.size,
    }
    if videos:
        document["videos"] = [
            {"id": video.id, "label": video.label, "added": video.added.isoformat()} for video in bank.videos
        ]
    return document
