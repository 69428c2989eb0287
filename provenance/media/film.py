"""A film in segments, as DASH and HLS deliver it: its beginning in one file, every few seconds of it in another.

    with film_of(Path("init.mp4"), [Path("seg1.m4s"), Path("seg2.m4s")], Limits()) as film:
        film.path                            # all of it in one file, for whoever decodes
        with film.opened(film.segments[0]) as segment: ...

The pieces are copied once, into a private place that goes when it is no longer needed: whoever writes to them meanwhile
changes nothing, and what is read piece by piece is what is decoded as a whole. What they are is asked first: a segment
that brings an index of its own could show another film than the one that was looked at.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader, BytesIO, FileIO, RawIOBase
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from touchmark.provenance.media import boxes
from touchmark.provenance.media.errors import LimitExceededError, MediaError, NotAVideoError, TruncatedError
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.media.source import SMALL, open_file, open_source

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MOST_SEGMENTS: Final = 4000
"""An hour in segments of a second has fewer."""
_NUMBER: Final = re.compile(r"([0-9]+)")
_REMEDY: Final = "Give the beginning (init segment) first, then the segments in the order in which they are played."


@dataclass(frozen=True, slots=True)
class Piece:
    """A file that is part of a film.

    Attributes:
        name: of the file, as given, for messages.
        offset: where it begins in the film, in bytes.
        size: in bytes.
    """

    name: str
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Film:
    """A film whose pieces lie one after another in one file.

    Attributes:
        path: of that file.
        beginning: the piece with the index of all tracks.
        segments: the other pieces, as they were given.
    """

    path: Path
    beginning: Piece
    segments: tuple[Piece, ...]

    @contextmanager
    def opened(self, piece: Piece) -> Iterator[BinaryIO]:
        """One piece, as if it were a file."""
        with FileIO(self.path) as file:
            window = _Window(file, piece)
            yield BytesIO(window.readall()) if piece.size < SMALL else BufferedReader(window)

    @contextmanager
    def told_of(self) -> Iterator[None]:
        """What is wrong with the film as a whole is said of its beginning, not of the place where it lies now."""
        try:
            yield
        except MediaError as error:
            if error.subject == str(self.path):
                error.subject = self.beginning.name
            raise


def in_order(segments: Iterable[Path]) -> list[Path]:
    """Files by the numbers in their names, so that ``seg10.m4s`` comes after ``seg9.m4s``."""

    def parts(path: Path) -> list[tuple[int, str]]:
        return [(int(part), "") if part.isdecimal() else (-1, part) for part in _NUMBER.split(str(path))]

    return sorted(segments, key=parts)


@contextmanager
def film_of(beginning: Path, segments: Sequence[Path], limits: Limits) -> Iterator[Film]:
    """Put a film together.

    Args:
        beginning: the init segment.
        segments: in the order in which they are played.
        limits: of the film as a whole.

    Raises:
        UnreadableFileError: a file is missing, or may not be opened.
        NotAVideoError: a file is no such piece.
        TruncatedError: a segment ends before its media.
        LimitExceededError: there are too many, or they are too large together.
    """
    if not segments:
        raise TruncatedError("has no segments", subject=str(beginning), remedy=_REMEDY)
    if len(segments) > MOST_SEGMENTS:
        raise LimitExceededError(
            f"there are {len(segments):,} segments; at most {MOST_SEGMENTS:,} are read",
            subject=str(beginning),
            remedy="Give a shorter stretch of them.",
        )
    with tempfile.TemporaryDirectory(prefix="touchmark-film-") as folder:  # for nobody else to read
        path = Path(folder) / "film.mp4"
        with path.open("w+b") as joined:
            pieces = []
            for source in (beginning, *segments):
                piece = _copied(source, joined, limits)
                limits.check_size(piece.offset + piece.size, str(beginning))
                pieces.append(piece)
        film = Film(path, pieces[0], tuple(pieces[1:]))
        _check(film)
        with film.told_of(), open_source(path, limits):  # its index is not larger than may be read
            pass
        yield film


def _copied(source: Path, joined: BinaryIO, limits: Limits) -> Piece:
    with open_file(source, limits) as (file, size):
        offset = joined.tell()
        window = BufferedReader(_Window(file, Piece(str(source), 0, size)))  # no more, should it grow meanwhile
        shutil.copyfileobj(window, joined, 1 << 20)
        return Piece(str(source), offset, joined.tell() - offset)


def _check(film: Film) -> None:
    with film.opened(film.beginning) as file:
        _check_beginning({box.type for box in boxes.top_level(file, film.beginning.name)}, film.beginning.name)
    for piece in film.segments:
        with film.opened(piece) as file:
            _check_segment(tuple(boxes.top_level(file, piece.name)), piece)


def _check_beginning(types: set[str], name: str) -> None:
    if "moov" not in types:
        raise NotAVideoError("is not the beginning of a film in segments", subject=name, remedy=_REMEDY)
    if types & {"moof", "mdat"}:
        raise NotAVideoError(
            "is a film with its media, not the beginning of one in segments",
            subject=name,
            remedy="Verify it by itself, without segments.",
        )


def _check_segment(found: tuple[boxes.Box, ...], piece: Piece) -> None:
    """It is whole, and nothing in it is for another film."""
    types = {box.type for box in found}
    if "moov" in types or "moof" not in types:
        raise NotAVideoError("is not a segment of a film", subject=piece.name, remedy=_REMEDY)
    if not found[-1].whole or found[-1].offset + found[-1].size != piece.size:
        raise TruncatedError(
            f"ends inside its '{found[-1].type}' box, or in what is no box",
            subject=piece.name,
            remedy="Fetch the segment again; part of it is missing.",
        )


class _Window(RawIOBase):
    """The bytes of one piece in an open file."""

    def __init__(self, file: FileIO, piece: Piece) -> None:
        self._file, self._piece, self._position = file, piece, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._piece.size}[whence]
        self._position = max(base + offset, 0)
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        wanted = max(min(len(view), self._piece.size - self._position), 0)
        data = os.pread(self._file.fileno(), wanted, self._piece.offset + self._position) if wanted else b""
        view[: len(data)] = data
        self._position += len(data)
        return len(data)
