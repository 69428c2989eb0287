"""``touchmark watermark``: the invisible mark on its own. Decides nothing. ``watermark_bench.py`` has its test."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import click

from touchmark.cli.as_json import print_json
from touchmark.cli.progress import patient
from touchmark.cli.watermark_bench import bench
from touchmark.provenance.wording import any_of, printable

if TYPE_CHECKING:
    from touchmark.provenance.errors import TouchmarkError
    from touchmark.provenance.keys.ring import KeyRing
    from touchmark.provenance.watermark.protocol import Detection, Payload, WatermarkKey
    from touchmark.provenance.watermark.standalone import Found

_NOTHING_FOUND = 2
_TOO_FAINT = "too faint to be read by itself"
_NO_MANIFEST = "This file carries the mark alone: no manifest, no entry in a registry. `touchmark seal` makes both."


@click.group()
def watermark() -> None:
    """Mark videos, sounds and pictures of your own, look for the mark, and test what it survives.

    This is the invisible mark alone. `touchmark generate` and `touchmark seal` put it into what they publish, with a
    signed manifest; `touchmark verify` weighs all evidence that a file holds.
    """


watermark.add_command(bench)


@watermark.command(
    epilog="\b\nExamples:\n  touchmark watermark embed holiday.mov -o marked.mp4\n"
    "  touchmark watermark embed holiday.mov -o marked.mp4 --payload 00000000000000ff\n"
    "  touchmark watermark embed photo.jpg -o marked.jpg --strength faint\n"
    "  touchmark watermark embed song.flac -o marked.flac\n\n"
    "\b\nExit status:\n  0   marked, and the mark was read back\n  1   it is marked already\n"
    "  3   the file could not be read\n  64  the command was used wrongly, or the output exists\n"
    "  70  no key, a picture too small or a sound too short, a disk that is full"
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="The .mp4 to write; for a picture or a sound a file of its own kind: .png, .jpg, .webp, .wav, .flac, ...",
)
@click.option("--payload", "digits", metavar="HEX", help="The 64 bits to carry, as 16 digits; random if not given.")
@click.option(
    "--strength",
    type=click.Choice(["faint", "standard", "strong"]),
    default="standard",
    show_default=True,
    help="Of the mark in a picture: a fainter one is seen less and survives less.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def embed(file: Path, output: Path, digits: str | None, strength: str, as_json: bool) -> None:
    """Write a copy of FILE, a video, a sound or a single picture, that carries an invisible mark.

    A video is marked in its picture and in its sound, with the same payload: either is found without the other.

    The key is derived from the one of your home folder (`touchmark keys init` makes it, `touchmark keys show` names
    both). That one's own mark says that a video was sealed as generated, and `touchmark verify` does not take this mark
    for it. The output carries no manifest, also where FILE had one, and says nothing about where the video comes from
    to those without your key.
    """
    from touchmark.generation.staging import Staging, output_exists
    from touchmark.provenance.watermark.guard import Strength
    from touchmark.provenance.watermark.standalone import mark_file

    payload = _payload(digits)
    _check_suffix(file, output)
    if output.exists():
        raise output_exists(output, replaceable=False)
    key = _key()
    with Staging(output) as staging:
        with patient() as progress:
            marked = mark_file(file, staging.file, payload, key, progress, strength=Strength(strength))
        staging.publish(overwrite=False)
    found, parts = marked.read, {"picture": marked.found.picture, "sound": marked.found.sound}
    why_not = {"picture": None if parts["picture"] else "there is none", "sound": marked.sound_unmarked}
    by = {part: None if why_not[part] or not of else of.named_by for part, of in parts.items()}
    if as_json:
        document = {"path": str(output), "payload": str(payload), "key_id": found.key_id, "p_value": found.p_value}
        said = {
            part: {"marked": why is None, "why_not": why and str(why), "named_by": by[part]}
            for part, why in why_not.items()
        }
        print_json({**document, **said, "left_out": list(marked.left_out), "manifest": None})
        return
    click.echo(f"marked {click.format_filename(output)}")
    click.echo(f"  payload  {payload}")
    click.echo(f"  key      {found.key_id}")
    for part, why in why_not.items():
        faint = "" if by[part] is None else f", {_TOO_FAINT}: the picture names it"
        click.echo(f"  {part:8} {f'marked{faint}' if why is None else f'not marked: {why}'}")
    if marked.left_out:
        click.echo(f"  lost     {', '.join(marked.left_out)}: the copy has none of it")
    click.echo(f"  note     {_NO_MANIFEST}")


@watermark.command(
    epilog="\b\nExamples:\n  touchmark watermark extract copy.mp4\n"
    "  touchmark watermark extract --thorough suspicious.mp4\n"
    "  touchmark watermark extract --json uploads/*.mp4 | jq -r .payload\n\n"
    "\b\nExit status (of several files, the worst: 3, then 2, then 0):\n  0   a payload was read and verified\n"
    "  2   none was; that is not evidence of authenticity\n  3   the file could not be read\n"
    "  64  the command was used wrongly\n  70  no key"
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--thorough", is_flag=True, help="Look in every picture of a video, and tell each second; takes longer.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a file, each on one line.")
def extract(files: tuple[Path, ...], thorough: bool, as_json: bool) -> int:
    """Look for your mark in each FILE.

    Finds what `embed` wrote and what was sealed with the keys in your home folder, in copies that were scaled, cropped,
    turned or re-encoded as well, and in the sound of a video whose picture was replaced.
    """
    from touchmark.provenance.watermark.standalone import find_any

    ring = _ring()
    keys = ring.watermark_keys or (ring.watermark_key,)  # which says what is missing

    def look(file: Path) -> Found:
        with patient() as progress:
            return find_any(file, keys, progress, thorough=thorough)

    return _report_each(files, look, _document_of_both, _sentences, as_json)


class _Answer(Protocol):
    """What was found in a file."""

    @property
    def payload(self) -> Payload | None: ...


_T = TypeVar("_T", bound=_Answer)


def _report_each(
    files: tuple[Path, ...],
    look: Callable[[Path], _T],
    document: Callable[[Path, _T], dict[str, Any]],
    sentence: Callable[[Path, _T], str],
    as_json: bool,
    *unlike: type[TouchmarkError],
) -> int:
    """Say what was found in each file, and return the worst status. Beside a file that cannot be read, one of the
    errors ``unlike`` ends its examination, and not that of the others."""
    from touchmark.provenance.media.errors import MediaError

    statuses: list[int] = []
    of_one_file: tuple[type[TouchmarkError], ...] = (MediaError, *unlike)
    for file in files:
        try:
            found = look(file)
        except of_one_file as error:
            statuses.append(error.exit_status)
            if as_json:
                print_json({"file": str(file), "error": error.code, "problem": error.problem})
            click.echo(f"touchmark: {printable(error.diagnostics())}", err=True)
            continue
        statuses.append(_NOTHING_FOUND if found.payload is None else 0)
        if as_json:
            print_json(document(file, found))
        else:
            click.echo(sentence(file, found))
    return max(statuses)


@watermark.command(
    epilog="\b\nExamples:\n  touchmark watermark latent copy.mp4\n"
    "  touchmark watermark latent copy.mp4 --model /models/wan2.2\n"
    "  touchmark watermark latent small.mp4 --model Wan-AI/Wan2.1-T2V-1.3B-Diffusers --size 832x480 --json\n\n"
    "\b\nExit status (of several files, the worst: 64, then 3, 2, 0):\n  0   a payload was read and verified\n"
    "  2   none was; that is not evidence of authenticity\n  3   the file could not be read\n"
    "  64  the command was used wrongly, or the model cannot be walked back, or not at this file's size\n"
    "  70  no key, no such model, too little memory"
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option(
    "--model", metavar="FOLDER|ID", help="The diffusers pipeline that may have made it. Default: the embedded one."
)
@click.option("--size", metavar="WIDTHxHEIGHT", help="At which it was made, where it was scaled since.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a file, each on one line.")
def latent(files: tuple[Path, ...], model: str | None, size: str | None, as_json: bool) -> int:
    """Look for your mark in the noise that a model started FILE from.

    Finds what `touchmark generate --latent-mark` wrote, also where compression took the mark in the picture. It needs
    the very model that made the video, and takes one to four times as long as making it. Crops, turns and mirroring are
    not searched.
    """
    from touchmark.cli.generate import parsed_size
    from touchmark.generation.diffusers_pipeline import DiffusersGenerator
    from touchmark.generation.latent_mark.inversion import ClipNotInvertibleError
    from touchmark.generation.latent_mark.video_file import read_file

    made_at, key = parsed_size(size), _key()
    generator = DiffusersGenerator.load(model)

    def look(file: Path) -> Detection:
        with patient() as progress:
            return read_file(generator, file, [key], size=made_at, progress=partial(progress, "walking back"))[0]

    return _report_each(files, look, _document, _sentence, as_json, ClipNotInvertibleError)


def _payload(digits: str | None) -> Payload:
    import secrets

    from touchmark.provenance.watermark.protocol import PAYLOAD_BITS, Payload

    if digits is None:
        return Payload(secrets.randbits(PAYLOAD_BITS))
    try:
        return Payload.from_bytes(bytes.fromhex(digits))
    except ValueError:
        raise click.BadParameter(f"{digits!r} is not 16 hexadecimal digits", param_hint="--payload") from None


def _check_suffix(file: Path, output: Path) -> None:
    """A picture or a sound keeps its kind, the rest is written as .mp4; what is no video is refused when it is read."""
    from touchmark.provenance.media.kinds import Family, kind_of
    from touchmark.provenance.media.sound import WRITTEN
    from touchmark.provenance.media.still import still_kind, suffixes

    kind, form = still_kind(file), kind_of(file)
    if kind is None and file.is_file() and (form is None or form.family not in (Family.VIDEO, Family.SOUND)):
        return  # another name would not help
    is_sound = form is not None and form.family is Family.SOUND
    wanted = suffixes(kind) if kind is not None else (form.suffix,) if form is not None and is_sound else (".mp4",)
    if form is not None and is_sound and form not in WRITTEN:
        raise click.BadParameter(
            f"{form.name} is read, not written; convert it to WAV or FLAC first", param_hint="FILE"
        )
    if not wanted:
        raise click.BadParameter(f"{kind} pictures are read, not written; save it as PNG first", param_hint="FILE")
    if output.suffix.lower() not in wanted:
        raise click.BadParameter(f"the output must end in {any_of(wanted)}", param_hint="--output")


def _key() -> WatermarkKey:
    return _ring().watermark_key


def _ring() -> KeyRing:
    from touchmark.provenance.home import Home
    from touchmark.provenance.keys.ring import KeyRing

    return KeyRing.load(Home.default().keys)


def _document(file: Path, detection: Detection) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "file": str(file),
        "state": detection.state.value,
        "payload": None if detection.payload is None else str(detection.payload),
        "key_id": detection.key_id,
        "p_value": detection.p_value,
        "timeline": [asdict(segment) for segment in detection.timeline],
        "transform": None if detection.transform is None else asdict(detection.transform),
        "named_by": detection.named_by,
    }


def _document_of_both(file: Path, found: Found) -> dict[str, Any]:
    """The likeliest of picture and sound, then each."""
    each = {"picture": found.picture, "sound": found.sound}
    parts = {name: None if part is None else _document(file, part) for name, part in each.items()}
    for part in parts.values():
        if part is not None:
            del part["file"]
    return {**_document(file, found.likeliest), **parts}


def _sentences(file: Path, found: Found) -> str:
    """What to go by, and what else is there where picture and sound do not say the same."""
    if found.picture is None or found.sound is None:
        return _sentence(file, found.likeliest)
    picture, sound = found.picture, found.sound
    if (picture.payload, picture.state, picture.named_by) == (sound.payload, sound.state, sound.named_by):
        return _sentence(file, picture) + ("" if found.payload is None else ", in picture and sound")
    seen, heard = _finding(picture, "its sound"), _finding(sound, "its picture")
    return f"{printable(str(file))}: {seen}\n  in its sound: {heard}"


def _sentence(file: Path, detection: Detection) -> str:
    return f"{printable(str(file))}: {_finding(detection)}"


def _finding(detection: Detection, other: str = "") -> str:
    """``other`` is what names a payload that is not read by itself."""
    from touchmark.provenance.watermark.protocol import MarkState

    found = {
        MarkState.VERIFIED: f"{detection.payload}, with key {detection.key_id} (p {detection.p_value:.0e})"
        + (f", {_TOO_FAINT}: {other} names it" if detection.named_by else ""),
        MarkState.PRESENT: f"a mark of key {detection.key_id}, too damaged to be read (p {detection.p_value:.0e})",
        MarkState.NOTHING_FOUND: f"nothing found with key {detection.key_id}; that is not evidence of authenticity",
    }
    return found[detection.state]
