"""What kind of file is this, by its first bytes? Names, which strangers choose, are not asked.

    kind = kind_of(Path("photo.jpg"))
    kind.family, kind.media_type          # Family.PICTURE, "image/jpeg"

Only kinds that can carry a manifest or a mark are listed; of any other file nothing can be said.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final

from touchmark.provenance.media.boxes import FIRST_BOXES

_HEAD: Final = 4096
_SVG = re.compile(rb"^(?:\xef\xbb\xbf)?\s*<(?:\?xml|!--|!DOCTYPE svg|svg)[\s>]")


class Family(StrEnum):
    """What a file is to a person."""

    VIDEO = "video"
    SOUND = "sound"
    PICTURE = "picture"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Kind:
    """One form of file.

    Attributes:
        name: for people, with its article.
        family: what it is to a person.
        media_type: MIME type, as C2PA libraries name it; empty where C2PA has no place in such a file.
        suffix: what a file of this kind is usually called.
    """

    name: str
    family: Family
    media_type: str
    suffix: str


MP4 = Kind("an MP4 video", Family.VIDEO, "video/mp4", ".mp4")
MOV = Kind("a QuickTime video", Family.VIDEO, "video/quicktime", ".mov")
AVI = Kind("an AVI video", Family.VIDEO, "video/avi", ".avi")
MATROSKA = Kind("a Matroska video", Family.VIDEO, "", ".mkv")
M4A = Kind("an MPEG-4 sound file", Family.SOUND, "audio/mp4", ".m4a")
WAV = Kind("a WAV sound file", Family.SOUND, "audio/wav", ".wav")
MP3 = Kind("an MP3 sound file", Family.SOUND, "audio/mpeg", ".mp3")
OGG = Kind("an Ogg sound file", Family.SOUND, "", ".ogg")
FLAC = Kind("a FLAC sound file", Family.SOUND, "audio/flac", ".flac")
PNG = Kind("a PNG image", Family.PICTURE, "image/png", ".png")
JPEG = Kind("a JPEG image", Family.PICTURE, "image/jpeg", ".jpg")
WEBP = Kind("a WebP image", Family.PICTURE, "image/webp", ".webp")
TIFF = Kind("a TIFF image", Family.PICTURE, "image/tiff", ".tiff")
BIG_TIFF = Kind("a BigTIFF image", Family.PICTURE, "image/tiff", ".tiff")
AVIF = Kind("an AVIF image", Family.PICTURE, "image/avif", ".avif")
HEIC = Kind("a HEIC image", Family.PICTURE, "image/heic", ".heic")
GIF = Kind("a GIF image", Family.PICTURE, "image/gif", ".gif")
JXL = Kind("a JPEG XL image", Family.PICTURE, "image/jxl", ".jxl")
SVG = Kind("an SVG image", Family.PICTURE, "image/svg+xml", ".svg")
PDF = Kind("a PDF document", Family.DOCUMENT, "application/pdf", ".pdf")
ZIP = Kind("a ZIP archive (or a document in one)", Family.DOCUMENT, "application/zip", ".zip")
STORE = Kind("a C2PA manifest store without content", Family.DOCUMENT, "application/c2pa", ".c2pa")

BOXED: Final = frozenset((MP4, MOV, M4A, AVIF, HEIC))
"""Those made of the boxes of ISO/IEC 14496-12."""
TIFFS: Final = frozenset((TIFF, BIG_TIFF))

_SIGNATURES: tuple[tuple[bytes, int, Kind], ...] = (
    (b"\x89PNG\r\n\x1a\n", 0, PNG),
    (b"\xff\xd8\xff", 0, JPEG),
    (b"GIF8", 0, GIF),
    (b"II*\0", 0, TIFF),
    (b"MM\0*", 0, TIFF),
    (b"II+\0", 0, BIG_TIFF),
    (b"MM\0+", 0, BIG_TIFF),
    (b"ID3", 0, MP3),
    (b"fLaC", 0, FLAC),
    (b"OggS", 0, OGG),
    (b"\x1aE\xdf\xa3", 0, MATROSKA),
    (b"\0\0\0\x0cJXL \r\n\x87\n", 0, JXL),
    (b"\xff\x0a", 0, JXL),
    (b"jumb", 4, STORE),
    (b"%PDF", 0, PDF),  # a C2PA library asks for no more
    (b"PK\x03\x04", 0, ZIP),
)
_RIFF: Final = {b"WAVE": WAV, b"AVI ": AVI, b"WEBP": WEBP}
_BRANDS: Final = {
    b"avif": AVIF,
    b"avis": AVIF,
    b"heic": HEIC,
    b"heix": HEIC,
    b"hevc": HEIC,
    b"heim": HEIC,
    b"heis": HEIC,
    b"mif1": HEIC,
    b"msf1": HEIC,
    b"M4A ": M4A,
    b"M4B ": M4A,
    b"qt  ": MOV,
}


def kind_of(path: Path) -> Kind | None:
    """The kind of a file; None where it is of none that is listed, or cannot be read."""
    try:
        with regular_file(path) as file:
            return kind_of_file(file)
    except (OSError, ValueError):
        return None


@contextmanager
def regular_file(path: Path) -> Iterator[BinaryIO]:
    """Open one. Nothing is waited for: a named pipe may never have a writer.

    Raises:
        OSError, ValueError: it cannot be opened, or is none.
    """
    with open(path, "rb", opener=_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError("not a regular file")
        yield file


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def kind_of_file(file: BinaryIO) -> Kind | None:
    """The kind of an open, seekable file, which is left at its start."""
    file.seek(0)
    head = file.read(_HEAD)
    kind = kind_of_head(head)
    if kind is HEIC and b"avif" in head[16:64]:  # a general brand first, the special one among the others
        kind = AVIF
    elif kind is MP3 and head.startswith(b"ID3") and len(head) >= 10:
        # ID3v2.4, 3.1. A C2PA library puts such a tag before a FLAC too.
        file.seek(10 + seven_bits(head[6:10]) + (10 if head[5] & 0x10 else 0))
        kind = FLAC if file.read(4) == b"fLaC" else MP3
    file.seek(0)
    return kind


def kind_of_head(head: bytes) -> Kind | None:
    """The kind of a file that begins with ``head``."""
    for signature, offset, kind in _SIGNATURES:
        if head[offset : offset + len(signature)] == signature:
            return kind
    if head[:4] in (b"RIFF", b"RF64"):
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], MP4)
    if head[4:8] in FIRST_BOXES:
        return MOV
    if len(head) > 3 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2 and head[2] >> 4 not in (0, 15):
        return MP3  # a frame of MPEG audio, layer III (ISO/IEC 11172-3, 2.4.1.3)
    return SVG if _SVG.match(head) and b"<svg" in head else None


def seven_bits(size: bytes) -> int:
    """A number of four times seven bits (ID3v2.4, 6.2)."""
    a, b, c, d = size
    return a << 21 | b << 14 | c << 7 | d
