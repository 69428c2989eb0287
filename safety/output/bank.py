"""Hash banks: named sets of videos that must not be shown again, as hashes, never as pictures.

    folder = banks_folder(Home.default())
    bank = add(folder, "takedowns", [("clip.mp4", lines)], now, category=Category.NCII, owner="rights desk")
    for bank in load_banks(folder): ...

A bank is one file in the operator's home: a line of JSON that says what it is, then one record a frame. It is written
aside and moved into place, so that a crash leaves the old or the new bank; its digest tells a damaged file from a whole
one. A bank that cannot be read is an error, never an empty bank: what is in it would be let through.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, ClassVar, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from touchmark.provenance.durability import replacing
from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.home import Home
from touchmark.provenance.wording import printable
from touchmark.safety.decision import Category
from touchmark.safety.output.pdq import BYTES
from touchmark.safety.output.vpdq import Line, written

QUALITY: Final = 50
"""Frames below this quality are not compared (vPDQ's default): flat pictures are alike whatever they show."""

RECORD: Final = np.dtype(
    [("video", "<u4"), ("frame", "<u4"), ("time", "<f8"), ("quality", "u1"), ("bits", "u1", (BYTES,))]
)
"""One frame: ``video`` counts the videos of the bank from 0; the rest as in :class:`~.vpdq.Line`."""

_MAGIC = b"touchmark bank 1\n"
_SUFFIX = ".bank"
_MAX_BYTES = 4 << 30
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_Text = Annotated[str, Field(max_length=500)]
_TEXT: TypeAdapter[str] = TypeAdapter(_Text)


class BankError(TouchmarkError):
    """A hash bank cannot be used as asked: its name, its category, or a video that is not in it."""

    code: ClassVar[str] = "safety.bank"
    exit_status: ClassVar[int] = 64


class BankDamagedError(TouchmarkError):
    """A hash bank cannot be read, or is not what was written; nothing is let through in its place."""

    code: ClassVar[str] = "safety.bank_damaged"


class BankWriteError(TouchmarkError):
    """A hash bank could not be written; the one that was there is left as it was."""

    code: ClassVar[str] = "safety.bank_write"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BankedVideo(_Strict):
    """A video in a bank.

    Attributes:
        id: the first 16 hexadecimal digits of the SHA-256 over its hashes: the same hashes, the same id.
        label: what it was called when it was added. Somebody's text: escape it.
        added: when.
    """

    id: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    label: Annotated[str, Field(max_length=200)]
    added: AwareDatetime


class _Header(_Strict):
    name: Annotated[str, Field(pattern=f"^{_NAME.pattern}$")]
    category: Category
    reason: _Text
    owner: _Text
    videos: tuple[BankedVideo, ...]
    records: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


@dataclass(frozen=True, slots=True, eq=False)
class Bank:
    """A set of videos.

    Attributes:
        name: up to 40 lower-case letters, digits, hyphens and underscores.
        category: what its videos show; the policy says what follows.
        reason: why they are in it, for reviewers.
        owner: who keeps it and is to be asked.
        videos: what is in it.
        frames: ndarray of :data:`RECORD`.
    """

    name: str
    category: Category
    reason: str
    owner: str
    videos: tuple[BankedVideo, ...]
    frames: NDArray[np.void]

    def lines(self, video: int) -> Iterator[Line]:
        """The hashes of a video, by its place in ``videos``."""
        for record in self.frames[self.frames["video"] == video]:
            yield Line(int(record["frame"]), int(record["quality"]), record["bits"].tobytes(), float(record["time"]))


def banks_folder(home: Home) -> Path:
    """Where an operator's banks lie."""
    return home.root / "banks"


def load_banks(folder: Path, names: Sequence[str] | None = None) -> tuple[Bank, ...]:
    """The banks of these names, or all, by name; none where there is no folder.

    Raises:
        BankError: there is none of a name.
        BankDamagedError: one cannot be read.
    """
    if names is None:
        names = _names(folder)
    return tuple(load_bank(folder, name) for name in names)


def _names(folder: Path) -> list[str]:
    """Every bank in a folder; ``Path.glob`` would find none in one that it may not read."""
    if not os.path.lexists(folder):  # a link that leads nowhere is no absent folder: its banks are out of reach
        return []
    try:
        return sorted(
            path.stem for path in folder.iterdir() if path.suffix == _SUFFIX and not path.name.startswith(".")
        )
    except OSError as error:
        raise BankDamagedError(
            f"the folder of the banks cannot be read ({error.strerror})",
            subject=str(folder),
            remedy="Make it a folder that can be read; nothing is let through in its place.",
        ) from error


def load_bank(folder: Path, name: str) -> Bank:
    """The bank of this name. Raises as :func:`load_banks`."""
    path = _place(folder, name)
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if stat.S_IMODE(status.st_mode) & 0o022:
                raise _damaged(path, "other users of this machine can change it")
            if status.st_size > _MAX_BYTES:
                raise _damaged(path, f"it has {status.st_size:,} bytes")
            raw = file.read()
    except FileNotFoundError as error:
        raise BankError("there is no bank of this name", subject=name, remedy="Run: touchmark bank list") from error
    except OSError as error:
        raise _damaged(path, f"it cannot be read ({error.strerror})") from error
    return _parsed(raw, path)


def add(
    folder: Path,
    name: str,
    videos: Sequence[tuple[str, Sequence[Line]]],
    now: datetime,
    *,
    category: Category | None = None,
    reason: str | None = None,
    owner: str | None = None,
) -> Bank:
    """Put videos into a bank, all or none; the bank is made where there is none of this name.

    A video whose hashes are in the bank already is left as it is.

    Args:
        folder: of all banks; made where it does not exist.
        videos: label and hashes of each.
        now: with zone.
        category: what a new bank's videos show; for a bank that exists, it must be the same.
        reason, owner: replace what the bank says, where given.

    Raises:
        BankError: the name cannot be used, the category is missing or another, a video has no frame to compare, or the
            reason or the owner is no text of up to 500 characters.
        BankDamagedError: the bank cannot be read.
        BankWriteError: it cannot be written.
    """
    path = _place(folder, name)
    for what, told in (("reason", reason), ("owner", owner)):
        _require_text(what, told or "", name)
    for label, lines in videos:
        _require_comparable(label, lines)
    with _locked(folder):
        bank = load_bank(folder, name) if path.exists() else _new(name, category)
        if category is not None and category is not bank.category:
            raise BankError(
                f"holds {bank.category.value}, not {category.value}",
                subject=name,
                remedy="Use a bank for each category.",
            )
        bank = replace(
            _with(bank, videos, now),
            reason=bank.reason if reason is None else reason,
            owner=bank.owner if owner is None else owner,
        )
        _write(path, bank)
    return bank


def _require_text(what: str, told: str, bank: str) -> None:
    try:
        _TEXT.validate_python(told)
    except ValidationError as error:
        raise BankError(
            f"the {what} is no text of up to 500 characters", subject=bank, remedy="Say it shorter, in UTF-8."
        ) from error


def _require_comparable(label: str, lines: Sequence[Line]) -> None:
    if all(line.quality < QUALITY for line in lines):
        raise BankError(
            f"no frame has a quality of {QUALITY} or more, so nothing could ever match it",
            subject=label,
            remedy="Flat pictures (a title, a plain colour) cannot be told apart by their hashes; leave it out.",
        )


def _with(bank: Bank, videos: Sequence[tuple[str, Sequence[Line]]], now: datetime) -> Bank:
    """The bank with those of some videos that are not in it."""
    entries, frames = list(bank.videos), [bank.frames]
    for label, lines in videos:
        records = _records(lines, len(entries))
        entry = BankedVideo(id=_identity(records), label=printable(label)[:200], added=now)
        if entry.id not in {known.id for known in entries}:
            entries.append(entry)
            frames.append(records)
    return replace(bank, videos=tuple(entries), frames=np.concatenate(frames))


def remove(folder: Path, name: str, video: str | None = None) -> None:
    """Remove a bank, also a damaged one; or one video from it, by its id. Raises as :func:`add`."""
    path = _place(folder, name)
    if not path.exists():
        raise BankError("there is no bank of this name", subject=name, remedy="Run: touchmark bank list")
    with _locked(folder):
        if video is None:
            path.unlink()
            return
        bank = load_bank(folder, name)
        kept = [place for place, entry in enumerate(bank.videos) if entry.id != video]
        if len(kept) == len(bank.videos):
            raise BankError(f"holds no video {video[:40]!a}", subject=name, remedy=f"Run: touchmark bank list {name}")
        frames = bank.frames[np.isin(bank.frames["video"], kept)].copy()
        frames["video"] = np.searchsorted(kept, frames["video"])
        entries = tuple(bank.videos[place] for place in kept)
        _write(path, Bank(name, bank.category, bank.reason, bank.owner, entries, frames))


def export(bank: Bank, folder: Path) -> tuple[Path, ...]:
    """Write every video of a bank as vPDQ lines into a new or empty folder, one file each, named for its id.

    Raises:
        BankError: there is something in the folder, or it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise BankError("the folder is not empty", subject=str(folder), remedy="Give a new one.")
        paths = []
        for place, video in enumerate(bank.videos):
            paths.append(folder / f"{video.id}.vpdq")
            paths[-1].write_text(written(bank.lines(place)), encoding="ascii")
    except OSError as error:
        raise BankError(f"cannot be written ({error.strerror})", subject=str(folder), remedy="Check it.") from error
    return tuple(paths)


def _new(name: str, category: Category | None) -> Bank:
    if category is None:
        raise BankError(
            "there is no bank of this name yet", subject=name, remedy="Say what its videos show, with --category."
        )
    return Bank(name, category, "", "", (), np.empty(0, RECORD))


def _place(folder: Path, name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise BankError(
            "the name of a bank is up to 40 lower-case letters, digits, hyphens and underscores",
            subject=ascii(name[:80]),
            remedy="Give another name.",
        )
    return folder / (name + _SUFFIX)


def _records(lines: Iterable[Line], video: int) -> NDArray[np.void]:
    rows = [(video, line.frame, line.time, line.quality, np.frombuffer(line.bits, np.uint8)) for line in lines]
    return np.array(rows, RECORD)


def _identity(records: NDArray[np.void]) -> str:
    return hashlib.sha256(records["bits"].tobytes()).hexdigest()[:16]


def _parsed(raw: bytes, path: Path) -> Bank:
    end = raw.find(b"\n", len(_MAGIC))
    if not raw.startswith(_MAGIC) or end < 0:
        raise _damaged(path, "it does not begin as a bank does")
    body = raw[end + 1 :]
    try:
        header = _Header.model_validate_json(raw[len(_MAGIC) : end])
    except ValidationError as error:
        raise _damaged(path, "its first lines cannot be read") from error
    if header.name != path.stem:
        raise _damaged(path, f"it is the bank {header.name} under another name")
    if len(body) != header.records * RECORD.itemsize or header.sha256 != _sealed(header, body):
        raise _damaged(path, "it was cut short or changed")
    frames = np.frombuffer(body, RECORD)
    if frames.size and int(frames["video"].max()) >= len(header.videos):
        raise _damaged(path, "a frame belongs to no video")
    return Bank(header.name, header.category, header.reason, header.owner, header.videos, frames)


def _write(path: Path, bank: Bank) -> None:
    body = bank.frames.tobytes()
    header = _Header(
        name=bank.name,
        category=bank.category,
        reason=bank.reason,
        owner=bank.owner,
        videos=bank.videos,
        records=bank.frames.size,
        sha256="0" * 64,
    )
    header = header.model_copy(update={"sha256": _sealed(header, body)})
    with replacing(path) as file:
        file.write(_MAGIC + header.model_dump_json().encode("utf-8") + b"\n" + body)


def _sealed(header: _Header, body: bytes) -> str:
    """SHA-256 over what the header says, without this, and the records."""
    said = json.dumps(header.model_dump(mode="json", exclude={"sha256"}), sort_keys=True).encode("utf-8")
    return hashlib.sha256(said + b"\n" + body).hexdigest()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One writer at a time, so that of two that add at once neither loses what the other added."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
    except OSError as error:
        raise BankWriteError(
            f"cannot be written ({error.strerror})",
            subject=str(folder),
            remedy="Check the disk and the folder's owner.",
        ) from error


def _damaged(path: Path, problem: str) -> BankDamagedError:
    return BankDamagedError(
        problem,
        subject=str(path),
        remedy="Restore it from a backup, or remove it with: touchmark bank remove; and import it again.",
    )
