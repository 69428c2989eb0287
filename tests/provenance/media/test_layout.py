"""Tables of chunks: what a muxer writes is in order, and nothing that was moved is."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.forms import FORMS, film_of_chunks, film_of_chunks_and_fragments
from touchmark.provenance.media.layout import are_fragments_in_place, is_in_order, names_chunks


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return film_of_chunks(tmp_path_factory.mktemp("layout") / "v.mp4").read_bytes()


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return film_of_chunks_and_fragments(tmp_path_factory.mktemp("layout") / "both.mp4").read_bytes()


@pytest.mark.parametrize("name", ["v.mp4", "v.mov", "a.m4a"])
def test_what_a_muxer_writes_is_in_order(tmp_path: Path, name: str) -> None:
    with FORMS[name][1](tmp_path / name).open("rb") as file:
        assert is_in_order(file, name)


@pytest.mark.parametrize("name", ["fragments.mp4", "p.jpg", "a.wav"])
def test_what_has_no_such_tables_is_in_no_order(tmp_path: Path, name: str) -> None:
    with FORMS[name][1](tmp_path / name).open("rb") as file:
        assert not is_in_order(file, name)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(data=st.data())
def test_a_chunk_that_was_moved_is_seen(film: bytes, data: st.DataObject) -> None:
    assert is_in_order(io.BytesIO(film), "film")
    tables = [at for at in range(len(film)) if film.startswith(b"stco", at)]
    assert len(tables) == 2
    at = data.draw(st.sampled_from(tables))
    (count,) = struct.unpack_from(">I", film, at + 8)
    assert count > 2
    place = at + 12 + 4 * data.draw(st.integers(0, count - 1))
    others = [struct.unpack_from(">I", film, t + 12 + 4 * n)[0] for t in tables for n in range(count)]
    moved = data.draw(st.sampled_from(others) | st.integers(0, 2**32 - 1))
    if moved != struct.unpack_from(">I", film, place)[0]:
        assert not is_in_order(io.BytesIO(film[:place] + struct.pack(">I", moved) + film[place + 4 :]), "film")


def test_fragments_have_their_media_right_behind_them(both: bytes) -> None:
    assert are_fragments_in_place(io.BytesIO(both), "film")
    media, run = both.rindex(b"mdat") - 4, both.rindex(b"trun")
    for moved in (
        both[:media] + struct.pack(">I4s", 8, b"free") + both[media:],
        both[:media],
        both[: run + 12] + struct.pack(">i", -1) + both[run + 16 :],
        both[: run + 4] + bytes(4) + both[run + 8 :],
    ):
        assert not are_fragments_in_place(io.BytesIO(moved), "film")


def test_tables_and_fragments_may_name_the_media_of_a_film(tmp_path: Path, both: bytes) -> None:
    assert names_chunks(io.BytesIO(both), "film")
    fragments = FORMS["fragments.mp4"][1](tmp_path / "fragments.mp4").read_bytes()
    assert not names_chunks(io.BytesIO(fragments), "film")
    assert not are_fragments_in_place(io.BytesIO(fragments), "film"), "they count from the start of the file"


@settings(max_examples=200, derandomize=True, deadline=None)
@given(data=st.data())
def test_tables_of_nonsense_are_survived(film: bytes, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([b"stco", b"stsc", b"stsz", b"stbl", b"mdia", b"trak", b"mdat", b"moov"]))
    place = film.index(name) + data.draw(st.integers(-4, 24))
    piece = data.draw(
        st.sampled_from([b"\0" * 4, b"\xff" * 4, b"\0\0\0\1", b"\x7f\xff\xff\xff"]) | st.binary(max_size=8)
    )
    assert is_in_order(io.BytesIO(film[:place] + piece + film[place + len(piece) :]), "film") in (True, False)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(data=st.data())
def test_fragments_of_nonsense_are_survived(both: bytes, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([b"moof", b"traf", b"tfhd", b"trun", b"mdat"]))
    place = both.rindex(name) + data.draw(st.integers(-4, 24))
    piece = data.draw(st.sampled_from([b"\0" * 4, b"\xff" * 4, b"\0\0\0\1"]) | st.binary(max_size=8))
    for broken in (both[:place] + piece + both[place + len(piece) :], both[:place], b""):
        assert are_fragments_in_place(io.BytesIO(broken), "film") in (True, False)
        assert names_chunks(io.BytesIO(broken), "film") in (True, False)
