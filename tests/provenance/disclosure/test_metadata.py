"""AIGC records and XMP packets: written, read back, and read from what strangers made of them."""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.clips import moving_clip, scene
from tests.heif import box, heif
from touchmark.provenance.disclosure.aigc import AIGC_KEY, AigcRecord
from touchmark.provenance.disclosure.xmp import XMP_UUID, XmpNote, read_xmp, xmp_box, xmp_part
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.encode import EncodeSettings, encode
from touchmark.provenance.media.items import XMP
from touchmark.provenance.media.picture import Orientation
from touchmark.provenance.media.still import Still, StillKind, read_still, suffixes, write_still

NOTE = XmpNote("http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia", "Wän <2> & co", "2.2")
RECORD = AigcRecord("1", "示例工作室", "0123456789abcdef")
# What XML can hold, and no white space at the ends, which readers drop.
_TEXT = st.text(st.characters(min_codepoint=0x21, max_codepoint=0xD7FF, exclude_categories=("Cc", "Cs")), max_size=40)


@given(_TEXT, _TEXT, _TEXT)
def test_what_is_written_in_xmp_is_read(source_type: str, system: str, aigc: str) -> None:
    note = XmpNote(source_type.strip(), system.strip(), aigc=aigc.strip())
    assert XmpNote.parse(note.packet()) == note


@given(_TEXT, _TEXT)
def test_what_is_written_in_aigc_is_read(producer: str, number: str) -> None:
    record = AigcRecord("1", producer, number)
    assert AigcRecord.parse(record.to_json()) == record
    assert AigcRecord.parse(json.dumps({"AIGC": json.loads(record.to_json())})) == record


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "1", "{}", '{"Label": 1}', "[" * 100_000, RECORD.to_json().replace('"1"', "1"), " " * 5000],
)
def test_what_is_no_record_is_none(text: str) -> None:
    assert AigcRecord.parse(text) is None


@pytest.mark.parametrize("name", json.loads(RECORD.to_json()))
def test_a_record_without_a_field_is_read_for_the_others(name: str) -> None:
    fields = {key: value for key, value in json.loads(RECORD.to_json()).items() if key != name}
    assert AigcRecord.parse(json.dumps(fields)) == AigcRecord.parse(json.dumps(fields | {name: ""}))
    assert AigcRecord.parse(json.dumps(fields)) is not None


def test_attributes_and_resources_are_read_as_elements_are() -> None:
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:i="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" i:AISystemUsed="Wan">'
        '<i:DigitalSourceType rdf:resource="http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic"/>'
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    note = XmpNote.parse(packet.encode())
    assert note and note.source_type.endswith("compositeSynthetic") and note.system == "Wan"


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"<a",
        b"\xff\xfe\x00",
        b"<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><x>&b;</x>",
        b"<a>" * 200_000,
        b" " * ((1 << 20) + 1),
    ],
)
def test_what_is_no_packet_is_none(packet: bytes) -> None:
    assert XmpNote.parse(packet) is None


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "noted.mp4"
    settings = EncodeSettings(metadata={AIGC_KEY: RECORD.to_json()}, boxes=xmp_box(NOTE.packet()))
    encode(moving_clip(count=3), path, settings)
    return path


def test_an_mp4_carries_both_where_others_look(film: Path) -> None:
    assert read_xmp(film) == NOTE
    with open_video(film) as video:
        assert AigcRecord.parse(video.info.labels[AIGC_KEY]) == RECORD
        assert sum(1 for _ in video.frames()) == 3
    assert b"mdtaAIGC" in film.read_bytes()


def test_a_box_that_lies_about_its_size_is_survived(film: Path, tmp_path: Path) -> None:
    path = tmp_path / "lying.mp4"
    data = film.read_bytes()
    for size in (b"\xff\xff\xff\xff", b"\0\0\0\x18", b"\0\0\0\1"):
        at = data.index(XMP_UUID) - 8
        path.write_bytes(data[:at] + size + data[at + 4 :])
        assert read_xmp(path) in (None, NOTE)


def _png(packet: bytes) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    text = b"XML:com.adobe.xmp\0\0\0\0\0" + packet
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13)) + chunk(b"iTXt", text) + chunk(b"IEND", b"")


def _jpeg(packet: bytes) -> bytes:
    data = b"http://ns.adobe.com/xap/1.0/\0" + packet
    return b"\xff\xd8\xff\xe1" + struct.pack(">H", len(data) + 2) + data + b"\xff\xd9"


def _webp(packet: bytes) -> bytes:
    body = b"WEBPXMP " + struct.pack("<I", len(packet)) + packet
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _tiff(packet: bytes) -> bytes:
    return struct.pack("<2sHIHHHIII", b"II", 42, 8, 1, 700, 1, len(packet), 26, 0) + packet


def _gif(packet: bytes) -> bytes:
    ramp = b"\1" + bytes(range(255, -1, -1)) + b"\0"
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6) + b"\x21\xf9\x04\0\0\0\0\0"
    return head + b"\x21\xff\x0bXMP DataXMP" + packet + ramp + b"\x3b"


def _heic(packet: bytes) -> bytes:
    return heif((XMP, packet))


def _of_a_phone(packet: bytes) -> bytes:
    return heif((b"Exif", bytes(4)), (XMP, b"http://ns.adobe.com/xap/1.0/\0" + packet + b"\0"))


def _avif(packet: bytes) -> bytes:
    return heif((XMP, packet), brand=b"avif", version=1, in_idat=True)


def _jxl(packet: bytes) -> bytes:
    return b"\0\0\0\x0cJXL \r\n\x87\n" + box(b"ftyp", b"jxl \0\0\0\0jxl ") + box(b"xml ", packet)


@pytest.mark.parametrize("make", [_png, _jpeg, _webp, _tiff, _gif, _heic, _of_a_phone, _avif, _jxl])
def test_pictures_are_read_and_cut_ones_survived(tmp_path: Path, make: object) -> None:
    assert callable(make)
    data, path = make(NOTE.packet()), tmp_path / "picture"
    path.write_bytes(data)
    assert read_xmp(path) == NOTE
    for length in range(0, data.index(b"</x:xmpmeta>"), 37):
        path.write_bytes(data[:length])
        assert read_xmp(path) is None


@pytest.mark.parametrize("kind", [StillKind.PNG, StillKind.JPEG, StillKind.WEBP])
@pytest.mark.parametrize("lossless", [False, True])
def test_a_written_picture_carries_it_and_reads_as_before(tmp_path: Path, kind: StillKind, lossless: bool) -> None:
    pixels = next(scene(64, 48, 1))
    path = tmp_path / f"picture{suffixes(kind)[0]}"
    note = replace(NOTE, aigc=RECORD.to_json())
    plain = Still(pixels, Orientation(), kind, lossless=lossless)
    write_still(replace(plain, carried=(xmp_part(note.packet(), kind),)), path)
    assert read_xmp(path) == note
    with_note = read_still(path).pixels
    write_still(plain, path)
    assert np.array_equal(with_note, read_still(path).pixels)
    assert cv2.imread(str(path)) is not None


def test_packets_without_end_that_cannot_be_read_are_not_all_tried(tmp_path: Path) -> None:
    """Each may be a megabyte of elements with a fault at its very end."""
    broken, sound = xmp_box(b"<x>" + b"<a/>" * 99), xmp_box(XmpNote(system="Wan").packet())
    path = tmp_path / "a.mp4"
    path.write_bytes(struct.pack(">I4s", 16, b"ftyp") + b"isom\0\0\0\0" + 3 * broken + sound)
    assert read_xmp(path) == XmpNote(system="Wan")
    path.write_bytes(path.read_bytes().replace(sound, broken + sound))
    assert read_xmp(path) is None
