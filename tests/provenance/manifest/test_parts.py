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
