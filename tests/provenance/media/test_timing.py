"""When fragments say that they play: read from headers alone, whatever is in them."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchmark.provenance.media.errors import DecodeError, LimitExceededError, MediaError
from touchmark.provenance.media.timing import Fragment, Span, fragments_of, ticks_of


def box(kind: bytes, *payload: bytes) -> bytes:
    content = b"".join(payload)
    return struct.pack(">I4s", 8 + len(content), kind) + content


def numbers(*values: int) -> bytes:
    return struct.pack(f">{len(values)}I", *values)


BEGINNING = box(b"ftyp", b"iso6", bytes(4)) + box(
    b"moov",
    box(b"mvhd", bytes(100)),
    box(b"mvex", box(b"trex", numbers(0, 1, 1, 40, 0, 0)), box(b"trex", numbers(0, 2, 1, 1024, 0, 0))),
)
OWN_TICKS = numbers(0x101, 3, 0, 30, 40, 50)  # after where its media lies, the ticks of each sample
SEGMENT = (
    box(b"styp", b"msdh", bytes(4))
    + box(
        b"moof",
        box(b"mfhd", numbers(0, 7)),
        box(b"traf", box(b"tfhd", numbers(0, 1)), box(b"tfdt", numbers(0, 900)), box(b"trun", numbers(0, 5))),
        box(
            b"traf",
            box(b"tfhd", numbers(0x2000B, 2, 0, 0, 1, 512)),
            box(b"tfdt", numbers(0x1000000, 1, 0)),
            box(b"trun", OWN_TICKS),
            box(b"trun", numbers(0, 4)),
        ),
    )
    + box(b"mdat", bytes(9))
)


def read(segment: bytes) -> tuple[Fragment, ...]:
    return fragments_of(io.BytesIO(segment), ticks_of(io.BytesIO(BEGINNING), "init"), "segment")


def test_ticks_are_those_of_the_samples_the_fragment_or_the_film() -> None:
    assert ticks_of(io.BytesIO(BEGINNING), "") == {1: 40, 2: 1024}
    assert read(SEGMENT) == (Fragment((Span(1, 900, 5 * 40), Span(2, 1 << 32, 30 + 40 + 50 + 4 * 512))),)
    assert read(SEGMENT + SEGMENT) == read(SEGMENT) * 2


def test_what_is_not_told_is_not_known() -> None:
    segment = box(b"styp", bytes(8)) + box(b"moof", box(b"traf", box(b"tfhd", numbers(0, 9)), box(b"trun", bytes(8))))
    assert read(segment) == (Fragment((Span(9, None, 0),)),)
    assert read(b"") == read(box(b"mdat", b"x")) == ()


@pytest.mark.parametrize(
    "head",
    [
        box(b"traf", box(b"tfhd", bytes(4))),
        box(b"traf", box(b"tfhd", numbers(8, 1))),
        box(b"traf", box(b"tfdt", b"\1", bytes(7))),
        box(b"traf", box(b"trun", bytes(7))),
        box(b"traf", box(b"trun", numbers(0x100, 3, 1, 2))),
        box(b"traf", box(b"trun", numbers(0xF01, 0xFFFFFFFF, 0))),
    ],
)
def test_a_head_that_is_cut_short_is_named(head) -> None:
    with pytest.raises(DecodeError, match="cut short") as raised:
        read(box(b"styp", bytes(8)) + box(b"moof", head))
    assert raised.value.subject == "segment"


def test_a_head_of_gigabytes_is_not_read() -> None:
    size = struct.pack(">I4s", 1 << 31, b"moof") + struct.pack(">I4s", 1 << 30, b"traf")
    with pytest.raises(LimitExceededError):
        read(box(b"styp", bytes(8)) + size + struct.pack(">I4s", 1 << 29, b"trun"))


@given(at=st.integers(0, len(SEGMENT) - 1), value=st.integers(0, 255), end=st.integers(0, len(SEGMENT)))
def test_broken_segments_are_read_or_refused(at, value, end) -> None:
    broken = (SEGMENT[:at] + bytes([value]) + SEGMENT[at + 1 :])[:end]
    try:
        fragments = read(broken)
    except MediaError:
        return
    assert all(span.ticks >= 0 for fragment in fragments for span in fragment.spans)
