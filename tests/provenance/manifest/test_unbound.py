"""The end of a picture, found by its parts: wherever in a block of what is read it lies."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touchmark.provenance.manifest.unbound import unbound
from touchmark.provenance.media.chunks import _BLOCK

HEAD = b"\xff\xd8\xff\xe0\0\x04ab"
SCAN = b"\xff\xda\0\x04ab"


def jpeg(data: bytes, rest: bytes = b"") -> bytes:
    return HEAD + SCAN + data + b"\xff\xd9" + rest


@pytest.mark.parametrize("short", range(-2, 4))
def test_the_end_is_found_across_blocks(short: int) -> None:
    data = b"\xff\0" + bytes(_BLOCK - short - 2)
    assert unbound(io.BytesIO(jpeg(data))) == ()
    assert unbound(io.BytesIO(jpeg(data, b"xyz"))) == ("3 bytes behind the end of the picture",)


def test_several_scans_and_restarts_are_one_picture() -> None:
    table = b"\xff\xc4\0\x04xy"
    assert unbound(io.BytesIO(jpeg(b"a\xff\xd0b\xff\xff" + table + SCAN + b"c"))) == ()


def test_a_store_among_the_scans_is_none() -> None:
    assert unbound(io.BytesIO(jpeg(b"a\xff\xeb\0\x06JPxx"))) == ("8 bytes among the parts of the picture",)


def test_what_decoders_skip_between_segments_lies_in_no_part() -> None:
    assert unbound(io.BytesIO(HEAD + bytes(9) + b"\xff\xff" + SCAN + b"a\xff\xd9")) == ()
    hidden = HEAD + b"hidden" + SCAN + b"a\xff\xd9"
    assert unbound(io.BytesIO(hidden)) == ("6 bytes among the parts of the picture",)


def test_what_ends_nowhere_and_what_is_not_walked_is_not_vouched_for() -> None:
    assert unbound(io.BytesIO(HEAD))
    assert unbound(io.BytesIO(b"\x89PNG\r\n\x1a\n" + bytes(4) + b"IHDR" + bytes(4)))
    assert unbound(io.BytesIO(b"II*\0" + bytes(100))) == ("whatever lies between its parts",)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.binary(max_size=200))
def test_anything_is_survived(data: bytes) -> None:
    for content in (HEAD + data, HEAD + SCAN + data, b"\x89PNG\r\n\x1a\n" + data):
        assert isinstance(unbound(io.BytesIO(content)), tuple)
