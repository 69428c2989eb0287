"""``touchmark marks``: install marks of other makers. What they are worth is decided in ``provenance.watermark``."""

from __future__ import annotations

from pathlib import Path

import click

from touchmark.cli.as_json import print_json

_KINDS = ("videoseal", "trustmark", "trustmark-p", "audioseal")


@click.group()
def marks() -> None:
    """Install marks of other makers, for verify to look for: VideoSeal, TrustMark, AudioSeal.

    You supply the weights. They are code: install only files that you would run. What such a mark says is reported
    as a claim and decides no verdict, for whoever has its weights can write it.
    """


@marks.command(
    epilog="\b\nExamples:\n  touchmark marks add videoseal --kind videoseal y_256b_img.jit\n"
    "  touchmark marks add trustmark-q --kind trustmark decoder_Q.onnx --writer encoder_Q.onnx"
)
@click.argument("name")
@click.argument("reader", type=click.Path(path_type=Path))
@click.option("--kind", type=click.Choice(_KINDS), required=True, help="What the weights are.")
@click.option("--writer", type=click.Path(path_type=Path), help="The encoder, if it is a file of its own.")
def add(name: str, reader: Path, kind: str, writer: Path | None) -> None:
    """Copy the weights in READER (TorchScript or ONNX) and, after trying them, install them as NAME."""
    from touchmark.provenance.home import Home
    from touchmark.provenance.watermark.neural.claim import MarkKind
    from touchmark.provenance.watermark.neural.installed import install

    folder = Home.default().ensure().marks
    mark = install(folder, name, MarkKind(kind), reader=reader, writer=writer)
    click.echo(f"installed {mark.name}: {mark.kind}, {mark.bits} bits, sha256 {mark.weights}")


@marks.command("list", epilog="\b\nExample: touchmark marks list --json | jq -r '.[].name'")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def list_(as_json: bool) -> None:
    """List the marks that are installed and the messages that are known of each."""
    from touchmark.provenance.home import Home
    from touchmark.provenance.watermark.neural.installed import installed_marks

    installed = installed_marks(Home.default().marks)
    if as_json:
        document = [
            {
                "name": mark.name,
                "kind": mark.kind,
                "bits": mark.bits,
                "weights": mark.weights,
                "writes": mark.writes,
                "known": {known.label: known.bits for known in mark.known},
            }
            for mark in installed
        ]
        print_json(document)
        return
    if not installed:
        click.echo("none: verify looks for your own marks alone (touchmark marks add)")
    for mark in installed:
        click.echo(f"{mark.name}  {mark.kind}, {mark.bits} bits, sha256 {mark.weights[:16]}")
        for known in mark.known:
            click.echo(f"  knows {known.label}")


@marks.command(
    epilog='\b\nExamples:\n  touchmark marks enrol videoseal "Studio B"\n'
    '  touchmark marks enrol trustmark-q "A partner" --message 0110...'
)
@click.argument("name")
@click.argument("label")
@click.option("--message", metavar="BITS", help="The message, 0 and 1, as its owner gives it; drawn at random if not.")
def enrol(name: str, label: str, message: str | None) -> None:
    """Give a message of the mark NAME a LABEL, so that verify recognises it; prints the message.

    Without known messages nobody can tell the bits of a mark without a check, such as VideoSeal, from chance. The
    p-values hold for messages that were drawn at random, as those are that are drawn here.
    """
    from touchmark.provenance.home import Home
    from touchmark.provenance.watermark.neural.installed import enrol as enrol_message

    click.echo(enrol_message(Home.default().marks, name, label, message))


@marks.command(epilog="\b\nExample: touchmark marks remove videoseal")
@click.argument("name")
def remove(name: str) -> None:
    """Remove the mark NAME with its weights and known messages."""
    from touchmark.provenance.home import Home
    from touchmark.provenance.watermark.neural.installed import remove as remove_mark

    remove_mark(Home.default().marks, name)
    click.echo(f"removed {name}")
