"""Files that are small, and of so many parts that a library would take minutes, are refused before it is asked."""

from __future__ import annotations

import io
import struct
import zlib

import pytest

from tests.forms import FORMS
from touchmark.provenance.manifest.parts import check_parts
from touchmark.provenance.manifest.read import read_stream
from touchmark.provenance.media.errors import LimitExceededError


def _chunk(name: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


GIF = b"GIF89a\x08\0\x08\0\x80\0\0\0\0\0\xff\xff\xff"
PICTURE = b"\x21\xf9\4\0\1\0\0\0\x2c\0\0\0\0\x08\0\x08\0\0\2\7\x84\x8f\xa9\xcb\xed\x0f\x63\0"
ENDLESS = {
    "a PNG of texts": b"\x89PNG\r\n\x1a\n" + _chunk(b"tEXt", b"a\0b") * 40_000,
    "a WAV of nothing": b"RIFF\xff\xff\xff\x7fWAVE" + b"JUNK\0\0\0\0" * 40_000,
    "a GIF of comments": GIF + b"\x21\xfe\1a\0" * 40_000 + b";",
    "a GIF of pictures": GIF + PICTURE * 40_000 + b";",
    "a GIF of one comment in pieces": GIF + b"\x21\xfe" + b"\1a" * 60_000 + b"\0;",
    "a JPEG of segments": b"\xff\xd8" + b"\xff\xe1\0\4ab" * 40_000,
    "a film of padding": struct.pack(">I4s", 16, b"ftyp") + b"isom\0\0\0\0" + struct.pack(">I4s", 8, b"free") * 10_000,
}


def _seven(size: int) -> bytes:
    return bytes(size >> shift & 127 for shift in (21, 14, 7, 0))


def _tagged(frames: bytes, version: int = 4, flags: int = 0) -> bytes:
    return b"ID3" + bytes([version, 0, flags]) + _seven(len(frames)) + frames + b"\xff\xfb\x90\0" + bytes(400)


def _frame(data: bytes, version: int = 4, *, packed: bool = False, name: bytes = b"GEOB") -> bytes:
    size = _seven(len(data)) if version == 4 else struct.pack(">I", len(data))
    return name + size + bytes([0, packed * (8 if version == 4 else 0x80)]) + data


FULL = b"\xff\0" * 8192
TAGS = {
    "frames of nothing": _tagged(_frame(b"") * 12_000),
    "packed": _tagged(_frame(bytes(16_384), packed=True) * 5),
    "packed, of 2.3": _tagged(_frame(bytes(16_384), 3, packed=True) * 5, 3),
    "packed, of another name": _tagged(_frame(bytes(16_384), name=b"TXXX", packed=True) * 5),
    "packed, behind a picture": _tagged(_frame(bytes(99_999), name=b"APIC") + _frame(bytes(70_000), packed=True)),
    "packed, behind an extended head of 2.3": _tagged(
        struct.pack(">I", 6) + bytes(6) + _frame(bytes(70_000), 3, packed=True), 3, 0x40
    ),
    "packed, behind an extended head": _tagged(_seven(6) + bytes(2) + _frame(bytes(70_000), packed=True), 4, 0x40),
    "packed perhaps, beyond 32 MiB": _tagged(
        _frame(bytes(33 << 20), name=b"APIC") + _frame(bytes(70_000), packed=True)
    ),
    "packed, behind what is unsynchronised": _tagged(
        b"GEOB" + struct.pack(">I", 8192) + bytes(2) + FULL + _frame(bytes(70_000), 3, packed=True), 3, 0x80
    ),
}


@pytest.mark.parametrize("name", TAGS)
def test_tags_that_a_library_would_unpack_to_much_are_refused(name) -> None:
    """It unpacks all frames of a tag before it looks for a manifest: a megabyte took it 3 s and 700 MB."""
    with pytest.raises(LimitExceededError, match="ID3"):
        read_stream(io.BytesIO(TAGS[name]), b"")


def test_tags_as_taggers_write_them_are_not_refused() -> None:
    picture = _frame(bytes(300_000), name=b"APIC")
    texts = _frame(zlib.compress(b"words " * 9999), name=b"USLT", packed=True)
    for version in (2, 3, 4):
        check_parts(io.BytesIO(_tagged(picture + texts, version)), "song.mp3")
    for cut in range(60):
        check_parts(io.BytesIO(_tagged(picture, 4, 0xC0)[:cut] + bytes(70_000)), "song.mp3")


@pytest.mark.parametrize("name", ENDLESS)
def test_parts_without_end_are_refused(name) -> None:
    with pytest.raises(LimitExceededError, match="more than"):
        read_stream(io.BytesIO(ENDLESS[name]), b"")


@pytest.mark.parametrize("name", FORMS)
def test_a_file_of_any_form_is_not_refused(tmp_path, name) -> None:
    _, make = FORMS[name]
    with make(tmp_path / name).open("rb") as file:
        check_parts(file, name)


def test_a_long_animation_of_full_blocks_is_not_refused() -> None:
    picture = b"\x2c\0\0\0\0\x08\0\x08\0\0\2" + (b"\xff" + bytes(255)) * 400 + b"\0"
    check_parts(io.BytesIO(GIF + picture * 200 + b";"), "gif")  # 80,000 blocks in 20 MB
    for cut in (0, 6, 12, 14, 40):
        check_parts(io.BytesIO((GIF + PICTURE)[:cut]), "gif")
