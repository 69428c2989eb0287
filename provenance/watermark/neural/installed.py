"""Marks of other makers that an operator has installed: one folder each, with the weights and what they are.

    folder = Home.default().marks
    mark = install(folder, "videoseal", MarkKind.VIDEOSEAL, reader=Path("y_256b_img.jit"))
    bits = enrol(folder, "videoseal", "Studio B")           # a random message, to write into Studio B's videos
    for mark in installed_marks(folder):
        claim = mark.ask(video, keys)

Weights are code (:mod:`network`). They are copied into the operator's home when they are installed, their SHA-256 is
written down, and they are opened only as long as it holds; what was hashed is what runs. Installing needs the library
that runs them, because the networks are tried; listing and removing need none.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from touchmark.provenance.durability import replacing
from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.media.decode import VideoReader
from touchmark.provenance.media.video import Frame, Sound
from touchmark.provenance.watermark.neural import bch
from touchmark.provenance.watermark.neural.claim import KnownMessage, MarkClaim, MarkKind
from touchmark.provenance.watermark.neural.judging import judge
from touchmark.provenance.watermark.neural.network import NeuralMarkError, Role, offers_writer, open_network
from touchmark.provenance.watermark.neural.picture import (
    TRUSTMARK,
    TRUSTMARK_P,
    VIDEOSEAL,
    MessageError,
    PictureMark,
    require_message,
)
from touchmark.provenance.watermark.neural.sound import AudioSealMark
from touchmark.provenance.watermark.protocol import WatermarkKey

MAX_BYTES: Final = 2 << 30
"""Largest file of weights; protobuf, so ONNX, ends here."""

_ENTRY: Final = "mark.json"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_MAX_ENTRY: Final = 8 << 20
_MAX_KNOWN: Final = 1000
_MAX_LABEL: Final = 80
_FEW_SECONDS: Final = 60
"""Of longer videos only key frames are read."""
_SIGNATURES: Final = {
    MarkKind.VIDEOSEAL: VIDEOSEAL,
    MarkKind.TRUSTMARK: TRUSTMARK,
    MarkKind.TRUSTMARK_P: TRUSTMARK_P,
}


class MarkNameError(TouchmarkError):
    """A name or label that cannot be used, or is taken, or unknown."""

    code = "mark.name"
    exit_status = 64


class MarkChangedError(NeuralMarkError):
    """The files of a mark are not what was installed."""

    code = "mark.changed"


class WeightsUnreadableError(TouchmarkError):
    """A file of weights cannot be read."""

    code = "mark.unreadable"
    exit_status = 3


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Weights(_Model):
    file: Literal["reader", "writer"]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class _Known(_Model):
    label: Annotated[str, Field(min_length=1, max_length=_MAX_LABEL)]
    bits: Annotated[str, Field(pattern="^[01]+$")]


class _Entry(_Model):
    schema_version: Literal[1] = 1
    kind: MarkKind
    bits: Annotated[int, Field(ge=1)]
    reader: _Weights
    writer: _Weights | None = None
    known: Annotated[tuple[_Known, ...], Field(max_length=_MAX_KNOWN)] = ()


class InstalledMark:
    """One mark, as installed. Weights are opened when they are first needed and then kept.

    Attributes:
        name: the operator's.
        kind: what it is.
        bits: of a message that :meth:`write_pictures` or :meth:`write_sound` takes and :func:`enrol` draws.
        known: messages that have been given names.
        weights: SHA-256 of the reader's file, hexadecimal.
        writes: whether there is a writer.
    """

    def __init__(self, folder: Path, entry: _Entry) -> None:
        self.name = folder.name
        self.kind = entry.kind
        self.bits = bch.Schema.BCH_5.data_bits if _is_trustmark(entry.kind) else entry.bits
        self.known = tuple(KnownMessage(known.label, known.bits) for known in entry.known)
        self.weights = entry.reader.sha256
        self.writes = entry.writer is not None
        self._folder, self._entry = folder, entry
        self._reader: PictureMark | AudioSealMark | None = None

    def ask(self, video: VideoReader, keys: Sequence[WatermarkKey] = ()) -> MarkClaim:
        """Read the mark in one video: a few pictures of it, or its sound.

        Args:
            video: an open video; one pass is made over it.
            keys: the operator's, for payloads of their own.

        Raises:
            MediaError: the video cannot be read.
            NeuralMarkError: the weights were changed, or cannot be run.
        """
        mark = self._reader = self._reader or self.open(Role.READER)
        if isinstance(mark, AudioSealMark):
            gathering = mark.gather(video.sound())
        else:
            duration = video.info.duration
            gathering = mark.gather(video.frames(key_frames_only=duration is None or duration > _FEW_SECONDS))
        found = judge(self.kind, gathering, self.known, keys)
        return MarkClaim(
            mark=self.name,
            kind=self.kind,
            weights=self.weights,
            state=found.state,
            message=found.message,
            known_as=found.known_as,
            agreeing=found.agreeing,
            p_value=found.p_value,
            basis=found.basis,
            score=found.score,
            samples=gathering.samples,
        )

    def write_pictures(self, frames: Iterable[Frame], message: str) -> Iterator[Frame]:
        """Write a message of ``bits`` bits into pictures; see :meth:`PictureMark.write`.

        Raises:
            MessageError: the message has another length, or this is a mark in sound.
            NeuralMarkError: there is no writer, or it cannot be run.
        """
        mark = self.open(Role.WRITER)
        if isinstance(mark, AudioSealMark):
            raise MessageError("this mark goes into sound", subject=self.name, remedy="Mark the sound with it.")
        require_message(message, self.bits)
        return mark.write(frames, bch.encode(message, bch.Schema.BCH_5) if _is_trustmark(self.kind) else message)

    def write_sound(self, sound: Sound, message: str) -> Sound:
        """Write a message of ``bits`` bits into sound; see :meth:`AudioSealMark.write`. Raises as for pictures."""
        mark = self.open(Role.WRITER)
        if isinstance(mark, PictureMark):
            raise MessageError("this mark goes into pictures", subject=self.name, remedy="Mark the pictures with it.")
        return mark.write(sound, message)

    def open(self, role: Role) -> PictureMark | AudioSealMark:
        """The mark with its reader and, for the role of a writer, its writer where there is one.

        Raises:
            NeuralMarkError: the weights were changed, or cannot be run.
        """
        wanted = [self._entry.reader]
        if role is Role.WRITER and self._entry.writer:
            wanted.append(self._entry.writer)
        return _open(self.kind, [_checked(self._folder / weights.file, weights) for weights in wanted], self.name)


def installed_marks(folder: Path) -> tuple[InstalledMark, ...]:
    """Every mark in ``folder``, by name; none where it does not exist. Opens no weights.

    Raises:
        MarkChangedError: an entry cannot be read, or others could have written it.
    """
    if not folder.is_dir():
        return ()
    # A folder with a dot is one that was being installed when the machine stopped.
    names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    return tuple(installed_mark(folder, name) for name in names)


def installed_mark(folder: Path, name: str) -> InstalledMark:
    """The mark called ``name``.

    Raises:
        MarkNameError: there is none.
        MarkChangedError: its entry cannot be read, or others could have written it.
    """
    place = _place(folder, name)
    if not place.is_dir():
        raise MarkNameError("no mark of this name is installed", subject=name, remedy="Run: touchmark marks list")
    path = place / _ENTRY
    try:
        _require_own(place)
        _require_own(path)
        with path.open("rb") as file:
            return InstalledMark(place, _Entry.model_validate_json(file.read(_MAX_ENTRY)))
    except (OSError, ValidationError) as error:
        raise _changed(path, "the entry of this mark cannot be read") from error


def install(folder: Path, name: str, kind: MarkKind, *, reader: Path, writer: Path | None = None) -> InstalledMark:
    """Copy weights into ``folder``, having tried them: all of it, or nothing.

    Args:
        folder: of all marks; made where it does not exist.
        name: up to 40 lower-case letters, digits, hyphens and underscores.
        kind: what the weights are.
        reader: their file, or that of the reader.
        writer: that of the writer. A VideoSeal archive is both, and need not be given twice.

    Raises:
        MarkNameError: the name cannot be used or is taken.
        WeightsUnreadableError: a file cannot be read or is too large.
        NeuralMarkError: the weights are not of that kind, or the library that runs them is missing.
    """
    place = _place(folder, name)
    if place.exists():
        raise MarkNameError("a mark of this name is installed", subject=name, remedy="Remove it, or give another name.")
    contents = [_read(reader)]
    if writer is not None:
        contents.append(_read(writer))
    both = writer is None and offers_writer(contents[0], subject=str(reader))
    bits = _open(kind, contents * 2 if both else contents, name).bits
    entry = _Entry(
        kind=kind,
        bits=bits,
        reader=_Weights(file="reader", sha256=_digest(contents[0])),
        writer=_Weights(file="reader" if both else "writer", sha256=_digest(contents[-1])) if both or writer else None,
    )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".", dir=folder))
    try:
        for role, content in zip(Role, contents, strict=False):
            (staging / role).touch(mode=0o600)
            (staging / role).write_bytes(content)
        _write_entry(staging, entry)
        staging.rename(place)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return InstalledMark(place, entry)


def remove(folder: Path, name: str) -> None:
    """Remove a mark and its weights, also one that is damaged.

    Raises:
        MarkNameError: there is none of this name.
    """
    place = _place(folder, name)
    if not place.is_dir():
        raise MarkNameError("no mark of this name is installed", subject=name, remedy="Run: touchmark marks list")
    shutil.rmtree(place)


def enrol(folder: Path, name: str, label: str, message: str | None = None) -> str:
    """Give a message a name, so that it is recognised; returns it.

    Args:
        folder: of all marks.
        name: of the mark.
        label: whose message it is; 1 to 80 printable characters.
        message: as its owner gives it; drawn at random where not given. p-values hold only if it was drawn at random.

    Raises:
        MarkNameError: there is no such mark, or the label cannot be used or is taken.
        MessageError: the message does not fit the mark.
        MarkChangedError: the entry cannot be read.
    """
    mark = installed_mark(folder, name)
    if not 0 < len(label) <= _MAX_LABEL or not label.isprintable() or label in {known.label for known in mark.known}:
        raise MarkNameError(
            f"a label is 1 to {_MAX_LABEL} printable characters that are not taken",
            subject=ascii(label[:_MAX_LABEL]),
            remedy="Give another.",
        )
    if len(mark.known) >= _MAX_KNOWN:
        raise MarkNameError(
            f"{_MAX_KNOWN:,} messages are known; each costs certainty",
            subject=name,
            remedy="Install the weights again under another name.",
        )
    if message is None:
        message = f"{secrets.randbits(mark.bits):0{mark.bits}b}"
    elif _is_trustmark(mark.kind) and len(message) in {schema.data_bits for schema in bch.Schema}:
        require_message(message, len(message))
    else:
        require_message(message, mark.bits)
    entry = mark._entry
    known = (*entry.known, _Known(label=label, bits=message))
    _write_entry(_place(folder, name), entry.model_copy(update={"known": known}))
    return message


def _is_trustmark(kind: MarkKind) -> bool:
    return kind in (MarkKind.TRUSTMARK, MarkKind.TRUSTMARK_P)


def _open(kind: MarkKind, contents: Sequence[bytes], subject: str) -> PictureMark | AudioSealMark:
    """A mark from the bytes of its reader and, where given, its writer."""
    networks = [open_network(content, role, subject=subject) for role, content in zip(Role, contents, strict=False)]
    if kind is MarkKind.AUDIOSEAL:
        return AudioSealMark(*networks)
    return PictureMark(_SIGNATURES[kind], *networks)


def _place(folder: Path, name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise MarkNameError(
            "the name of a mark is up to 40 lower-case letters, digits, hyphens and underscores",
            subject=ascii(name[:80]),
            remedy="Give another name.",
        )
    return folder / name


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise WeightsUnreadableError(
            f"the file cannot be read ({error.strerror})", subject=str(path), remedy="Check the path."
        ) from error
    if len(content) > MAX_BYTES:
        raise WeightsUnreadableError(
            "a file of weights has at most 2 GiB", subject=str(path), remedy="Check what it is."
        )
    return content


def _checked(path: Path, weights: _Weights) -> bytes:
    """The bytes of a file of weights, if they are still those that were installed."""
    try:
        content = _read(path)
    except WeightsUnreadableError as error:
        raise _changed(path, error.problem) from error
    if _digest(content) != weights.sha256:
        raise _changed(path, "the weights are not those that were installed")
    return content


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _require_own(path: Path) -> None:
    if stat.S_IMODE(path.stat().st_mode) & 0o022:
        raise _changed(path, "other users of this machine can change it")


def _write_entry(place: Path, entry: _Entry) -> None:
    with replacing(place / _ENTRY) as file:
        file.write(entry.model_dump_json(indent=2).encode() + b"\n")


def _changed(path: Path, problem: str) -> MarkChangedError:
    return MarkChangedError(
        problem, subject=str(path), remedy="Remove the mark with: touchmark marks remove; and install it again."
    )
