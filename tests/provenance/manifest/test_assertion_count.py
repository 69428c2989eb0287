"""A manifest of thousands of assertions is refused before a library sees it, however its boxes are put together."""

from __future__ import annotations

import io
import struct
import zlib

import pytest

from tests.detectors.jumbf import box, superbox
from touchmark.provenance.manifest.assertion_count import check_assertions
from touchmark.provenance.manifest.read import read_stream
from touchmark.provenance.media.errors import LimitExceededError


def manifest(assertions: int) -> bytes:
    one = superbox(b"json", "org.example.a", box(b"json", b'{"said": "' + b"x" * 60 + b'"}'))
    return superbox(b"c2ma", "urn:c2pa:1", superbox(b"c2as", "c2pa.assertions", *[one] * assertions))


def png(*manifests: bytes) -> io.BytesIO:
    store = superbox(b"c2pa", "c2pa", *manifests)
    chunk = struct.pack(">I", len(store)) + b"caBX" + store + struct.pack(">I", zlib.crc32(b"caBX" + store))
    return io.BytesIO(b"\x89PNG\r\n\x1a\n" + chunk)


@pytest.mark.parametrize(
    "made",
    [png(manifest(2000)), png(*[manifest(1100)] * 2), png(manifest(21_000)), png(manifest(1600), b"\0" * 9)],
    ids=["one", "two together", "more than are walked", "no box behind them"],
)
def test_assertions_by_the_thousand_are_refused(made: io.BytesIO) -> None:
    with pytest.raises(LimitExceededError, match="assertions"):
        read_stream(made, b"")


def test_manifests_of_many_generators_are_read() -> None:
    check_assertions(png(*[manifest(30)] * 200), "collage.png")
