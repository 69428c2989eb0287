"""A manifest of thousands of assertions is refused before a library sees it, however its boxes are put together."""

from __future__ import annotations

import io
import struct
import zlib

import brotli
import cbor2
import pytest

from tests.detectors.jumbf import box, compressed, inner, superbox
from touchmark.provenance.manifest.assertion_count import check_assertions
from touchmark.provenance.manifest.kept import kept_stores
from touchmark.provenance.manifest.read import read_stream
from touchmark.provenance.manifest.report import ManifestPresence
from touchmark.provenance.media.errors import LimitExceededError

TEXT = cbor2.dumps({"x": b"a" * 500_000})


def manifest(assertions: int) -> bytes:
    one = superbox(b"json", "org.example.a", box(b"json", b'{"said": "' + b"x" * 60 + b'"}'))
    return superbox(b"c2ma", "urn:c2pa:1", superbox(b"c2as", "c2pa.assertions", *[one] * assertions))


def png(*manifests: bytes) -> io.BytesIO:
    store = superbox(b"c2pa", "c2pa", *manifests)
    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"caBX", store), (b"IDAT", zlib.compress(bytes(4))), (b"IEND", b""))
    parts = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return io.BytesIO(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


@pytest.mark.parametrize(
    "made",
    [png(manifest(2000)), png(*[manifest(1100)] * 2), png(manifest(1600), b"\0" * 9)],
    ids=["one", "two together", "no box behind them"],
)
def test_assertions_by_the_thousand_are_refused(made: io.BytesIO) -> None:
    with pytest.raises(LimitExceededError, match="assertions"):
        read_stream(made, b"")


def large(count: int, kind: bytes = b"cbor") -> bytes:
    one = superbox(kind, "org.example.a", box(kind, TEXT))
    return superbox(b"c2ma", "urn:c2pa:1", superbox(b"c2as", "c2pa.assertions", *[one] * count))


def wrapped(kind: bytes) -> bytes:
    """A compressed manifest by another name: a library unpacks it all the same."""
    return superbox(kind, "urn:c2pa:1", *inner(compressed(manifest(1)))[1:])


@pytest.mark.parametrize(
    "made",
    [
        png(large(3)),
        png(large(3, b"json")),
        png(*[large(1)] * 3),
        png(large(3), b"\0" * 9),
        png(superbox(b"c2ma", "urn:c2pa:1", superbox(b"c2cl", "c2pa.claim.v2", box(b"cbor", TEXT * 3)))),
        png(compressed(manifest(1)), large(1)),
        png(*[compressed(manifest(n)) for n in range(90, 92)]),
        png(*[wrapped(b"c2ma")] * 2),
        png(*[wrapped(b"c2md")] * 2),
        png(*[wrapped(b"json")] * 2),
        png(*[compressed(manifest(1))] * 2, b"\0" * 9),
        png(superbox(b"c2md", "urn:c2pa:1", *inner(large(3))[1:])),
    ],
    ids=[
        "cbor",
        "json",
        "in three manifests",
        "no box behind",
        "a claim",
        "compressed",
        "two compressed",
        "two that are called no compressed ones",
        "two that are called another kind of manifest",
        "two that are called no manifests",
        "two compressed and no box behind",
        "of another kind",
    ],
)
def test_assertions_that_a_library_would_need_gigabytes_for_are_refused(made: io.BytesIO) -> None:
    """A byte of a string becomes a number of its report; it takes 150 bytes for each."""
    with pytest.raises(LimitExceededError, match="bytes of assertions"):
        read_stream(made, b"")


def test_addresses_without_end_are_counted_where_they_are_compressed_too() -> None:
    one = superbox(b"cbor", "org.example.a", box(b"cbor", cbor2.dumps(["self#jumbf=/c2pa/x"] * 30_000)))
    many = superbox(b"c2ma", "urn:c2pa:1", superbox(b"c2as", "c2pa.assertions", one))
    packed = superbox(b"c2cm", "urn:c2pa:1", box(b"brob", brotli.compress(many)))
    for made in (png(many), png(packed)):
        with pytest.raises(LimitExceededError, match="addresses"):
            read_stream(made, b"")


def test_a_compressed_manifest_that_unpacks_to_much_is_refused_and_not_called_damaged() -> None:
    with pytest.raises(LimitExceededError, match="holds more than 1 MiB"):
        read_stream(png(compressed(large(3))), b"", subject="bomb.png")
    assert read_stream(png(compressed(large(1))), b"").presence is ManifestPresence.UNREADABLE, "it has no claim"


def test_manifests_of_many_generators_are_read() -> None:
    check_assertions(kept_stores(png(large(2)), "film.mp4").stores, "film.mp4")
    check_assertions(kept_stores(png(compressed(manifest(90))), "small.png").stores, "small.png")
    picture = superbox(b"@", "c2pa.thumbnail", box(b"bidb", b"cbor" * 900_000))
    thumbs = superbox(b"c2ma", "urn:c2pa:1", superbox(b"c2as", "c2pa.assertions", picture))
    check_assertions(kept_stores(png(thumbs), "picture.png").stores, "picture.png")
    check_assertions(kept_stores(png(*[manifest(30)] * 200), "collage.png").stores, "collage.png")


def items(count: int, kind: bytes = b"cbor", rest: bytes = b"") -> io.BytesIO:
    """One assertion with so many items in it, the list itself not counted."""
    text = b"\x9a" + struct.pack(">I", count) + b"\x80" * count
    if kind == b"json":
        text = b"[" + b"[]," * count + b"0]"
    one = superbox(kind, "org.example.a", box(kind, text))
    return png(superbox(b"c2ma", "urn:c2pa:1", superbox(b"c2as", "c2pa.assertions", one)), *([rest] if rest else []))


@pytest.mark.parametrize(
    "made",
    [
        items(250_000),
        items(250_000, b"json"),
        items(250_000, rest=b"\0" * 9),
        items(900_000),
    ],
    ids=["CBOR", "JSON", "no box behind", "as many as fit"],
)
def test_small_items_by_the_hundred_thousand_are_refused(made: io.BytesIO) -> None:
    with pytest.raises(LimitExceededError, match="items"):
        read_stream(made, b"")


@pytest.mark.parametrize("kind", [b"cbor", b"json"])
def test_fewer_and_long_texts_are_not(kind: bytes) -> None:
    for made in (items(150_000, kind), png(large(1, kind))):
        check_assertions(kept_stores(made, "").stores, "")


def made_from(count: int) -> bytes:
    assertions = [
        superbox(b"cbor", f"c2pa.ingredient.v3__{n}", box(b"cbor", cbor2.dumps({"title": "a" * 200})))
        for n in range(count)
    ]
    claim = superbox(b"c2cl", "c2pa.claim.v2", box(b"cbor", cbor2.dumps(["c2pa.ingredient.v3"] * count)))
    return superbox(b"c2ma", "urn:c2pa:1", superbox(b"c2as", "c2pa.assertions", *assertions), claim)


@pytest.mark.parametrize(
    "made",
    [png(made_from(301)), png(*[made_from(151)] * 2), png(made_from(301), b"\0" * 9)],
    ids=["one", "two together", "no box behind"],
)
def test_ingredients_by_the_hundred_are_refused(made: io.BytesIO) -> None:
    """Seven hundred took a library four seconds."""
    with pytest.raises(LimitExceededError, match="300 ingredients"):
        read_stream(made, b"")
    check_assertions(kept_stores(png(made_from(300)), "").stores, "")


def test_manifests_by_the_hundred_are_refused() -> None:
    one = superbox(b"c2ma", "urn:c2pa:1", superbox(b"c2as", "c2pa.assertions", box(b"free", bytes(400))))
    with pytest.raises(LimitExceededError, match="200 manifests"):
        read_stream(png(*[one] * 201), b"")
    check_assertions(kept_stores(png(*[one] * 200), "").stores, "")
