"""Stores that are large, many, or of boxes without end cost no more than others before they are refused."""

from __future__ import annotations

import io
import struct
import zlib
from itertools import islice

import pytest

from tests.detectors.jumbf import box, superbox
from touchmark.provenance.manifest.kept import KeptStore, kept_stores
from touchmark.provenance.manifest.read import read_stream
from touchmark.provenance.manifest.report import ManifestPresence
from touchmark.provenance.manifest.traces import MOST_OF_STORE
from touchmark.provenance.manifest.unsigned import unsigned_in_store
from touchmark.provenance.media.boxes import C2PA_UUID
from touchmark.provenance.media.errors import LimitExceededError

FTYP = box(b"ftyp", b"isom\0\0\2\0isom")


def store(*parts: bytes) -> bytes:
    return superbox(b"c2pa", "c2pa", superbox(b"c2ma", "urn:c2pa:1", *parts))


def png(*stores: bytes) -> io.BytesIO:
    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), *((b"caBX", one) for one in stores), (b"IDAT", zlib.compress(bytes(4))), (b"IEND", b"")]
    parts = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return io.BytesIO(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


def film(*stores: bytes) -> io.BytesIO:
    place = C2PA_UUID + b"\0\0\0\0manifest\0" + bytes(8)
    return io.BytesIO(FTYP + b"".join(box(b"uuid", place + one) for one in stores))


def deep(boxes: bytes, levels: int) -> bytes:
    for _ in range(levels):
        boxes = superbox(b"cbor", "x", boxes)
    return superbox(b"c2as", "c2pa.assertions", boxes)


EMPTY = box(b"free", b"")
FEW = store()
LARGE = store(superbox(b"c2as", "c2pa.assertions", box(b"bidb", bytes(MOST_OF_STORE // 3))))
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'>" + b"<c2pa:manifest>AAAA</c2pa:manifest>" * 100 + b"</svg>"


@pytest.mark.parametrize(
    ("file", "rule"),
    [
        (png(LARGE, LARGE, LARGE), "larger than 32 MiB"),
        (png(box(b"jumb", bytes(MOST_OF_STORE))), "larger than 32 MiB"),
        (png(store(superbox(b"c2as", "c2pa.assertions", EMPTY * 21_000))), "boxes by the ten thousand"),
        (png(store(*[superbox(b"c2db", "d", EMPTY * 150)] * 150)), "boxes by the ten thousand"),
        (png(store(deep(superbox(b"cbor", "x", EMPTY * 21_000), 20))), "boxes by the ten thousand"),
        (png(*[FEW] * 65), "more than 64 times"),
        (film(*[FEW] * 65), "more than 64 times"),
        (film(FEW * 65), "more than 64 times"),
        (io.BytesIO(SVG), "more than 64 times"),
    ],
)
def test_what_no_generator_writes_is_refused(file: io.BytesIO, rule: str) -> None:
    with pytest.raises(LimitExceededError, match=rule):
        kept_stores(file, "file")


def test_what_generators_write_is_not() -> None:
    assert [len(one.data) for one in kept_stores(png(LARGE), "picture.png").stores] == [len(LARGE)]
    assert [one.store is not None for one in kept_stores(film(FEW, FEW), "film.mp4").stores] == [True, True]
    assert kept_stores(png(), "picture.png").stores == ()


def test_addresses_without_end_are_refused() -> None:
    """Each is followed."""
    many = store(superbox(b"c2as", "c2pa.assertions", box(b"bidb", b"self#jumbf=/c2pa/x" * 21_000)))
    with pytest.raises(LimitExceededError, match="20,000 addresses"):
        read_stream(png(many), b"")


def test_manifests_and_data_by_the_thousand_are_each_looked_at_once() -> None:
    """Comparing each with each took a minute."""
    labels = range(4500)
    manifests = superbox(b"c2pa", "c2pa", *(superbox(b"c2ma", str(label), box(b"free", b"x")) for label in labels))
    data = (superbox(b"c2db", "c2pa.databoxes", superbox(b"cbor", str(label), box(b"cbor", b"x"))) for label in labels)
    assert unsigned_in_store(KeptStore.of(manifests)) > 4499
    assert unsigned_in_store(KeptStore.of(store(*islice(data, 3000)))) == 0, "each a few bytes that were left behind"


@pytest.mark.parametrize(
    "hostile",
    [
        FTYP + box(b"uuid", C2PA_UUID + b"\0\0\0\0" + b"x" * 300_000),  # its purpose is read byte by byte
        box(b"ftyp", b"isom\0\0\2\0" + b"isom" * 300_000),
    ],
    ids=["a purpose", "brands"],
)
def test_what_a_library_would_read_byte_by_byte_is_refused(hostile: bytes) -> None:
    with pytest.raises(LimitExceededError, match="takes too long"):
        read_stream(io.BytesIO(hostile), b"", subject="film.mp4")


def test_films_of_many_fragments_and_pictures_of_many_chunks_are_read() -> None:
    """A library asks for a hundred thousand pieces of them."""
    fragment = box(b"moof", box(b"mfhd", bytes(8)) + box(b"traf", box(b"tfhd", bytes(8)) + box(b"trun", bytes(12))))
    fragments = film(FEW).getvalue() + (fragment + box(b"mdat", b"x")) * 3900
    picture = png(FEW).getvalue()
    texts = (struct.pack(">I4s", 3, b"tEXt") + b"a\0b" + struct.pack(">I", zlib.crc32(b"tEXta\0b"))) * 20_000
    for honest in (fragments, picture[:-12] + texts + picture[-12:]):
        report = read_stream(io.BytesIO(honest), b"")
        assert report.presence is ManifestPresence.UNREADABLE, "its store holds no claim"
        assert "claim" in report.reason
