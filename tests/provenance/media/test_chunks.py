"""One walk over the segments of a JPEG: as decoders go, to the end, and never twice over the same bytes."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touchmark.provenance.media.chunks import APP1, END, MOST_PARTS, SCAN, LongFillError, jpeg_segments, segment_data

HEAD = b"\xff\xd8"
NOTE = b"\xff\xe1\0\x06note"
PICTURE = b"\xff\xda\0\x04ab" + b"a\xff\0\xff\xd0b"


def markers(content: bytes) -> list[int]:
    return [segment.marker for segment in jpeg_segments(io.BytesIO(content))]


def test_fill_and_zeros_between_segments_are_skipped() -> None:
    content = HEAD + NOTE + b"\xff\xff" + NOTE + bytes(70_000) + NOTE + PICTURE + b"\xff\xd9" + NOTE
    assert markers(content) == [APP1, APP1, APP1, SCAN, END]
    file = io.BytesIO(content)
    assert {segment_data(file, segment) for segment in jpeg_segments(file) if segment.marker == APP1} == {b"note"}


@pytest.mark.parametrize("between", [b"x", b"\xff\0\xff\xff\0", b"\xff\xd0\0\xff", b"\xff\1\xff", b"\xff\xd8\2\3"])
def test_markers_that_stand_alone_have_no_length(between) -> None:
    """They would lead a walk past what a decoder finds."""
    assert markers(HEAD + NOTE + between + NOTE + PICTURE + b"\xff\xd9") == [APP1, APP1, SCAN, END]


def test_a_walk_begins_where_it_is_told_and_skips_no_more_than_that() -> None:
    content = 9 * b"\xff\xd9" + HEAD + 3 * (NOTE + bytes(1000)) + PICTURE + bytes(300_000) + b"\xff\xd9"
    assert [one.marker for one in jpeg_segments(io.BytesIO(content), 18, 1000)] == [APP1, APP1, APP1, SCAN, END]
    walk = jpeg_segments(io.BytesIO(HEAD + NOTE + bytes(200_000) + NOTE), 0, 100_000)
    assert next(walk).marker == APP1
    with pytest.raises(LongFillError):
        next(walk)


def test_a_walk_ends() -> None:
    assert len(markers(HEAD + b"\xff\xe5\0\x02" * (MOST_PARTS + 9))) == MOST_PARTS
    assert markers(HEAD + b"\xff" * 200_000) == []
    assert markers(HEAD + NOTE[:-1]) == [APP1], "what is cut short is told, and whoever asks sees that it is"


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from([NOTE, PICTURE, b"\xff", b"\0", b"\xff\xd9", b"\xff\xe0\0", b"x"]), max_size=12))
def test_it_goes_forward_whatever_comes(pieces: list[bytes]) -> None:
    starts = [segment.start for segment in jpeg_segments(io.BytesIO(HEAD + b"".join(pieces)))]
    assert starts == sorted(set(starts))
