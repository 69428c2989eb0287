"""Tags that FFmpeg would search entry by entry for minutes are counted first, wherever it would find them."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.forms import sound_file
from tests.provenance.media.conftest import find_box
from touchmark.provenance.media.errors import LimitExceededError
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.media.sound import open_sound
from touchmark.provenance.media.source import open_source
from touchmark.provenance.media.tags import MOST_TAGS, check_tags

MOST_IN_MATROSKA = MOST_TAGS // 8


def _box(name: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", 8 + len(data)) + name + data


def _names(count: int) -> Iterator[bytes]:
    return (b"k%d" % number for number in range(count))


def _boxes(count: int) -> bytes:
    return _box(b"moov", _box(b"udta", _box(b"ilst", b"".join(map(_box, _four(count - 1))))))


def _four(count: int) -> Iterator[bytes]:
    return (struct.pack(">I", number + 1) for number in range(count))


def _free_forms(count: int) -> bytes:
    return _box(b"moof", _box(b"traf", _box(b"----") * count))


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def _list(count: int) -> bytes:
    return _chunk(b"LIST", b"INFO" + b"".join(_chunk(b"%04x" % number, b"a") for number in range(count)))


def _avi(count: int) -> bytes:
    """With the tags behind the media."""
    return _chunk(b"RIFF", b"AVI " + _chunk(b"LIST", b"movi") + _list(count))


def _comments(count: int) -> bytes:
    texts = (name + b"=a" for name in _names(count))
    return struct.pack("<IcI", 1, b"x", count) + b"".join(struct.pack("<I", len(text)) + text for text in texts)


def _flac(count: int) -> bytes:
    """In two blocks."""
    halves = [_comments(count // 2), _comments(count - count // 2)]
    first, second = (
        kind + len(half).to_bytes(3, "big") + half for kind, half in zip((b"\x04", b"\x84"), halves, strict=True)
    )
    return b"fLaC" + first + second


def _seven(size: int) -> bytes:
    return bytes(size >> shift & 127 for shift in (21, 14, 7, 0))


def _id3(frames: bytes, version: int = 3) -> bytes:
    return b"ID3" + bytes([version, 0, 0]) + _seven(len(frames)) + frames


def _frame(name: bytes, data: bytes) -> bytes:
    return name + struct.pack(">I", len(data)) + bytes(2) + data


def _frames(count: int) -> bytes:
    return b"".join(_frame(b"TXXX", b"\0" + name + b"\0a") for name in _names(count))


def _old_frames(count: int) -> bytes:
    return _id3(b"".join(b"TXX\0\0\1a" for _ in range(count)), 2)


def _behind_nothing(count: int) -> bytes:
    return _id3(bytes(40) + _frames(count))


def _one_after_another(count: int) -> bytes:
    return _id3(_frames(count // 2)) + _id3(_frames(count - count // 2))


def _in_a_chapter(count: int) -> bytes:
    return _id3(_frame(b"CHAP", b"c\0" + bytes(16) + _frames(count - 1)))


def _wav(count: int) -> bytes:
    return _chunk(b"RIFF", b"WAVE" + _chunk(b"data", bytes(8)) + _chunk(b"id3 ", _id3(_frames(count))))


def _page(flags: int, sizes: bytes, content: bytes) -> bytes:
    """A page of Ogg; its sum is worked out bit by bit, as RFC 3533 has it."""
    page = b"OggS\0" + struct.pack("<BqII", flags, 0, 7, 0) + bytes(4) + bytes([len(sizes)]) + sizes + content
    total = 0
    for byte in page:
        total ^= byte << 24
        for _ in range(8):
            total = (total << 1 ^ (0x04C11DB7 if total >> 31 else 0)) & 0xFFFFFFFF
    return page[:22] + struct.pack("<I", total) + page[26:]


def _ogg(count: int) -> bytes:
    packet = b"OpusTags" + _comments(count)
    sizes = b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255])
    pages = [_page(2, b"\x08", b"OpusHead")]
    for start in range(0, len(sizes), 255):
        some = sizes[start : start + 255]
        pages.append(_page(int(start > 0), some, packet[start * 255 : start * 255 + sum(some)]))
    return b"".join(pages)


def _element(name: str, data: bytes = b"") -> bytes:
    return bytes.fromhex(name) + b"\1" + len(data).to_bytes(7, "big") + data


def _simple(count: int, inner: bytes = b"") -> bytes:
    return b"".join(_element("67C8", _element("45A3", name) + inner) for name in _names(count))


def _tags(count: int) -> bytes:
    return _element("1254C367", _element("7373", _simple(count - 1)))


def _matroska(data: bytes) -> bytes:
    return _element("1A45DFA3") + _element("18538067", data)


FILES: dict[str, tuple[str, Callable[[int], bytes]]] = {
    "boxes": ("mov", _boxes),
    "boxes that are tags, in a fragment": ("mov", _free_forms),
    "AVI": ("avi", _avi),
    "WAV": ("wav", _wav),
    "FLAC": ("flac", _flac),
    "Ogg": ("ogg", _ogg),
    "ID3": ("mp3", lambda count: _id3(_frames(count))),
    "ID3 of 2.2": ("mp3", _old_frames),
    "ID3 behind an empty frame": ("mp3", _behind_nothing),
    "ID3 twice": ("mp3", _one_after_another),
    "ID3 in a chapter": ("mp3", _in_a_chapter),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_with_so_many_tags_and_no_more(name: str) -> None:
    demuxer, made = FILES[name]
    check_tags(io.BytesIO(made(MOST_TAGS)), demuxer, "f")
    with pytest.raises(LimitExceededError, match="f: it holds more tags than are read"):
        check_tags(io.BytesIO(made(MOST_TAGS + 1)), demuxer, "f")


HIDDEN: dict[str, Callable[[bytes], bytes]] = {
    "side by side": lambda tags: tags,
    "in another element": lambda tags: _element("EC", b"nothing" + tags),
    "in media, behind what makes no sense": lambda tags: _element("1F43B675", bytes(99) + tags),
    "beyond a megabyte": lambda tags: _element("EC", bytes((1 << 20) - 60) + tags),
}


@pytest.mark.parametrize("place", HIDDEN)
def test_tags_of_matroska_are_counted_wherever_a_reader_may_be_sent(place: str) -> None:
    hide = HIDDEN[place]
    check_tags(io.BytesIO(_matroska(hide(_tags(MOST_IN_MATROSKA)))), "matroska", "f")
    with pytest.raises(LimitExceededError):
        check_tags(io.BytesIO(_matroska(hide(_tags(MOST_IN_MATROSKA + 1)))), "matroska", "f")


def test_tags_in_tags_of_matroska_count_for_what_they_become() -> None:
    """Each is there once with its language and once without, and so are those within."""
    nested = b""
    for _ in range(12):
        nested = _simple(1, nested)
    with pytest.raises(LimitExceededError):
        check_tags(io.BytesIO(_matroska(_element("1254C367", _element("7373", nested)))), "matroska", "f")


def test_tags_of_matroska_count_once_for_each_that_they_are_for() -> None:
    def chapters(same: bool) -> bytes:
        atoms = (_element("B6", _element("73C4", b"\0\1" if same else bytes([1, number]))) for number in range(100))
        return _element("1043A770", _element("45B9", b"".join(atoms)))

    check_tags(io.BytesIO(_matroska(chapters(same=False) + _tags(100))), "matroska", "f")
    with pytest.raises(LimitExceededError):
        check_tags(io.BytesIO(_matroska(chapters(same=True) + _tags(100))), "matroska", "f")


def _chapters_in_chapters(depth: int) -> bytes:
    inner = b""
    for _ in range(depth):
        inner = _frame(b"CHAP", b"c\0" + bytes(16) + inner)
    return _id3(inner)


@pytest.mark.parametrize(
    ("demuxer", "data"),
    [
        ("flac", b"fLaC\x84\xff\xff\xff" * 100),
        ("matroska", _element("12 54 C3 67")[:4] * 5000 + bytes(8)),
        ("matroska", b"".join(_element("12 54 C3 67", _element("63 A2", b"fLaC\x80\0\0\0")) for _ in range(100))),
        ("ogg", (b"OggS" + bytes(22) + b"\1\1a") * 2000),
        ("avi", b"INFO" * 70_000),
        ("mov", _box(b"free", b"\0\0\0\1udta" * 70_000)),
        ("mp3", _chapters_in_chapters(1500)),
    ],
)
def test_heads_that_begin_nothing_are_not_looked_at_for_ever(demuxer: str, data: bytes) -> None:
    with pytest.raises(LimitExceededError):
        check_tags(io.BytesIO(data), demuxer, "heads")


def test_boxes_of_keys_are_few() -> None:
    check_tags(io.BytesIO(_box(b"moov", _box(b"pssh") * 100)), "mov", "f")
    with pytest.raises(LimitExceededError):
        check_tags(io.BytesIO(_box(b"moov", _box(b"pssh") * 200)), "mov", "f")


@pytest.mark.parametrize(("lists", "is_read"), [(1, True), (2, False)])
def test_chapters_are_not_searched_for_those_of_another_list(lists: int, is_read: bool) -> None:
    table = _box(b"stsz", struct.pack(">III", 0, 4, MOST_TAGS))
    words = _box(
        b"trak",
        _box(b"tkhd", bytes(12) + struct.pack(">I", 9) + bytes(8))
        + _box(b"mdia", _box(b"minf", _box(b"stbl", table)))
        + _box(b"tref", _box(b"chap", struct.pack(">I", 9) * lists)),
    )
    film = io.BytesIO(_box(b"moov", words))
    if is_read:
        check_tags(film, "mov", "f")
    else:
        with pytest.raises(LimitExceededError):
            check_tags(film, "mov", "f")


def test_whoever_opens_a_film_or_a_sound_is_told(clip: Path, tmp_path: Path) -> None:
    whole = clip.read_bytes()
    at, size = find_box(whole, b"moov")
    tagged = _boxes(MOST_TAGS + 1)[8:]
    film = tmp_path / "film.mp4"
    film.write_bytes(whole[:at] + struct.pack(">I", size + len(tagged)) + whole[at + 4 : at + size] + tagged)
    sound = sound_file(tmp_path / "a.flac", "flac", "s16")
    tag = _id3(_frames(MOST_TAGS + 1))
    (tmp_path / "b.flac").write_bytes(tag + sound.read_bytes())
    with pytest.raises(LimitExceededError, match="more tags"), open_source(film, Limits()):
        pass
    with pytest.raises(LimitExceededError, match="more tags"), open_sound(tmp_path / "b.flac"):
        pass
    with open_sound(sound) as reader:
        assert reader.info.codec == "flac"
