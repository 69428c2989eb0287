"""The file behind a video: opened once, named for what it is, read through as many cursors as needed.

One descriptor serves all passes, so a file swapped under its name between two passes cannot show two faces. A media
library is given a cursor, never a path: it then has no reason to open anything else.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader, BytesIO, FileIO
from pathlib import Path
from typing import BinaryIO, Final

from touchmark.provenance.media import boxes, kinds
from touchmark.provenance.media.errors import NotAVideoError, PlaylistError, TruncatedError, UnreadableFileError
from touchmark.provenance.media.index import descriptions, index_entries
from touchmark.provenance.media.limits import DecodeClock, Limits
from touchmark.provenance.media.tags import check_tags
from touchmark.provenance.media.whole import check_boxes_are_whole

SMALL = 8 << 20
"""Bytes from which on a file is not held in memory."""
_HEAD = 512
_FARTHEST = 2**62  # a seek beyond stays a number that the operating system takes
ANY_VIDEO: Final = "Give an mp4, mov, webm, mkv or avi file."
_READABLE: Final = "Give the path of a file that you may read."
"""What to do where a file is no video."""
_NO_SUCH_PICTURE: Final = (
    "Convert it to PNG, JPEG or WebP, which are read and written (TIFF and AVIF are read only), or to a video: "
    "mp4, mov, webm, mkv or avi."
)
"""What to do where it is a picture of a kind that is not read, here or as a single picture."""

_OTHER_KINDS: tuple[tuple[bytes, int, str], ...] = (
    (b"\x89PNG", 0, "a PNG image"),
    (b"\xff\xd8\xff", 0, "a JPEG image"),
    (b"GIF8", 0, "a GIF image"),
    (b"WEBP", 8, "a WebP image"),
    (b"BM", 0, "a BMP image"),
    (b"II*\x00", 0, "a TIFF image"),
    (b"MM\x00*", 0, "a TIFF image"),
    (b"WAVE", 8, "a WAV sound file"),
    (b"ID3", 0, "an MP3 sound file"),
    (b"\xff\xfb", 0, "an MP3 sound file"),
    (b"fLaC", 0, "a FLAC sound file"),
    (b"OggS", 0, "an Ogg file"),
    (b"FLV", 0, "an FLV file"),
    (b"G@", 0, "an MPEG transport stream"),
    (b"ffconcat", 0, "a playlist"),
    (b"%PDF", 0, "a PDF document"),
    (b"PK\x03\x04", 0, "a ZIP archive"),
    (b"\x1f\x8b", 0, "a gzip archive"),
)
_PICTURES_NOT_READ = (b"GIF8", b"BM")
_OF_SEGMENTS = "Give its beginning and its segments together: touchmark verify init.mp4 --fragments 'segment*.m4s'"
_IMAGE_BRANDS = {b"avif": "an AVIF image", b"heic": "a HEIC image", b"mif1": "a HEIF image"}


class Cursor:
    """A read-only view of a shared open file, with a position of its own.

    Reports the end of the file once the clock is exhausted, which is what a media library understands; the caller
    then asks the clock. (An exception raised in here would be swallowed or printed by the library.)
    """

    name = ""  # a library must not guess a format from a name that a stranger chose

    def __init__(self, file: FileIO, size: int, clock: DecodeClock) -> None:
        self._file = file
        self._size = size
        self._clock = clock
        self._position = 0

    def read(self, size: int) -> bytes:
        if self._clock.exhausted:
            return b""
        # A pass that outlives its video must fail here: the bare number might by then be another file's.
        data = os.pread(self._file.fileno(), size, self._position)
        self._position += len(data)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        self._position = min(max(base + offset, 0), _FARTHEST)
        return self._position

    def tell(self) -> int:
        return self._position


@dataclass(frozen=True, slots=True)
class Source:
    """An open file that may be a video.

    Attributes:
        name: the path as given, for messages.
        demuxer: the only FFmpeg demuxer that is let near it.
        clock: the time budget shared by all passes.
        indexes: how many of a film of boxes are in it; a demuxer reads the first.
        described: what the tracks of such a film say of how their samples are meant.
    """

    name: str
    demuxer: str
    clock: DecodeClock
    _file: FileIO
    _size: int
    indexes: int = 1
    described: bytes = b""

    def cursor(self) -> Cursor:
        """A new cursor at the start of the file."""
        return Cursor(self._file, self._size, self.clock)


@contextmanager
def open_source(path: Path, limits: Limits, *, sound: bool = False) -> Iterator[Source]:
    """Open ``path`` if it is a whole file of a kind that can be a video, or with ``sound`` one that holds sound alone.

    Raises:
        UnreadableFileError, NotAVideoError, TruncatedError, LimitExceededError
    """
    name = str(path)
    with open_file(path, limits) as (file, size):
        descriptor = file.fileno()
        head = os.pread(descriptor, _HEAD, 0)
        demuxer = (_sound_demuxer(descriptor) if sound else None) or _demuxer(head, name)
        indexes, described = _check_boxes(descriptor, limits, name) if demuxer == "mov" else (1, b"")
        with open(os.dup(descriptor), "rb") as whole:  # noqa: PTH123 (a descriptor, not a path)
            check_tags(whole, demuxer, name)
        yield Source(name, demuxer, DecodeClock(limits.max_decode_seconds, name), file, size, indexes, described)


@contextmanager
def open_file(path: Path, limits: Limits) -> Iterator[tuple[FileIO, int]]:
    """Open ``path``, whatever it holds, and tell its size in bytes.

    Raises:
        UnreadableFileError, LimitExceededError
    """
    name = str(path)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # O_NONBLOCK: a FIFO must not hang us
    except (OSError, ValueError) as error:
        raise UnreadableFileError(_why_unopened(error), subject=name, remedy=_READABLE) from error
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        found = "a directory, not a file" if stat.S_ISDIR(mode) else "not a regular file"
        raise UnreadableFileError(f"is {found}", subject=name, remedy=_READABLE)
    with FileIO(descriptor) as file:
        try:
            size = file.seek(0, os.SEEK_END)
        except OSError as error:  # what some systems show as a file is none
            raise UnreadableFileError(_why_unopened(error), subject=name, remedy=_READABLE) from error
        limits.check_size(size, name)
        file.seek(0)
        yield file, size


def held(file: FileIO, size: int) -> BinaryIO:
    """An open file of ``size`` bytes for looking here and there: a small one in memory, where no look is a system call.

    Everything that is then found in a small file is of one moment.
    """
    return BytesIO(file.read(size)) if size < SMALL else BufferedReader(file)


def _why_unopened(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, PermissionError):
        return "it may not be read (permission denied)"
    return f"it cannot be opened ({error.strerror if isinstance(error, OSError) else error})"


def _demuxer(head: bytes, name: str) -> str:
    """The demuxer for a file that begins with ``head``; raises NotAVideoError that says what the file is."""
    if not head:
        raise NotAVideoError("the file is empty", subject=name, remedy=ANY_VIDEO)
    if head[4:8] == b"ftyp" and head[8:12] in _IMAGE_BRANDS:
        remedy = ANY_VIDEO if head[8:12] == b"avif" else _NO_SUCH_PICTURE
        raise NotAVideoError(f"is {_IMAGE_BRANDS[head[8:12]]}, not a video", subject=name, remedy=remedy)
    if head[4:8] in boxes.FIRST_BOXES:
        return "mov"
    if head[:4] == b"\x1aE\xdf\xa3":
        return "matroska"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    for signature, offset, kind in _OTHER_KINDS:
        if head[offset : offset + len(signature)] == signature:
            remedy = _NO_SUCH_PICTURE if signature in _PICTURES_NOT_READ else ANY_VIDEO
            raise NotAVideoError(f"is {kind}, not a video that can be read", subject=name, remedy=remedy)
    listed = "a DASH manifest" if b"<MPD" in head else "an HLS playlist" if head.startswith(b"#EXTM3U") else ""
    if listed:
        said = f"is {listed}: a list of where the segments of a film lie, not a film"
        raise PlaylistError(said, subject=name, remedy=_OF_SEGMENTS)
    if all(byte >= 0x20 or byte in b"\t\n\r" for byte in head):
        raise NotAVideoError("is a text file, not a video", subject=name, remedy=ANY_VIDEO)
    raise NotAVideoError("is not a video in a known container", subject=name, remedy=ANY_VIDEO)


def _sound_demuxer(descriptor: int) -> str | None:
    with open(os.dup(descriptor), "rb") as file:  # noqa: PTH123 (a descriptor, not a path)
        kind = kinds.kind_of_file(file)
    return {kinds.WAV: "wav", kinds.FLAC: "flac", kinds.MP3: "mp3", kinds.OGG: "ogg"}.get(kind or kinds.MP4)


def check_is_no_piece(file: BinaryIO, top_level: Iterable[boxes.Box], name: str) -> None:
    """Refuse what is one of a film's segments, or its beginning, and nothing else.

    Args:
        file: open, seekable.
        top_level: its boxes.
        name: what an error calls it.

    Raises:
        TruncatedError: it is.
        LimitExceededError: it has more boxes than any honest file.
    """
    found = {box.type: box for box in top_level}
    moov, piece = found.get("moov"), ""
    if moov is None and "moof" in found:
        piece = "a segment of a film (DASH, HLS) without its beginning"
    elif moov is not None and not found.keys() & {"moof", "mdat"}:
        is_beginning = any(box.type == "mvex" for box in boxes.inside(file, moov, name))
        piece = "the beginning of a film in segments (DASH, HLS) without the segments" if is_beginning else ""
    if piece:
        raise TruncatedError(f"is {piece}", subject=name, remedy=_OF_SEGMENTS)


def _check_boxes(descriptor: int, limits: Limits, name: str) -> tuple[int, bytes]:
    """Refuse a file of boxes whose index or media is cut off, or whose index is too large to load.

    Returns:
        How many it has, and what they say of how samples are meant.
    """
    with open(os.dup(descriptor), "rb") as file:  # noqa: PTH123 (a descriptor, not a path)
        found = tuple(boxes.top_level(file, name))
        check_boxes_are_whole(found, name)
        limits.check_index(
            size=sum(box.size for box in found if box.type in ("moov", "moof")),
            entries=sum(index_entries(file, box, name) for box in found if box.type in ("moov", "moof")),
            subject=name,
        )
        check_is_no_piece(file, found, name)
        indexes = [descriptions(file, box, name) for box in found if box.type == "moov"]
    if not indexes:
        raise TruncatedError(
            "has no index ('moov' box)",
            subject=name,
            remedy="Fetch the file again; it was cut short or never finished.",
        )
    return len(indexes), b"".join(indexes)
