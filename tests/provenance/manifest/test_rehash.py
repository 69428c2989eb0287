"""Content held against a hash that leaves stretches out."""

from __future__ import annotations

import hashlib
import io
from itertools import pairwise

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.provenance.manifest.test_binding import manifest, store
from touchmark.provenance.manifest.binding import DataHash, data_hash
from touchmark.provenance.manifest.rehash import content_matches


def over(content: bytes, *left_out: tuple[int, int]) -> DataHash:
    kept, at = b"", 0
    for start, length in left_out:
        kept += content[at:start]
        at = start + length
    return DataHash("sha384", hashlib.sha384(kept + content[at:]).digest(), left_out)


@given(st.binary(min_size=1, max_size=200), st.lists(st.integers(0, 200), max_size=8), st.data())
def test_what_is_hashed_counts_and_what_is_left_out_does_not(
    content: bytes, cuts: list[int], data: st.DataObject
) -> None:
    places = sorted(min(cut, len(content)) for cut in cuts)
    left_out = [(start, end - start) for start, end in list(pairwise(places))[::2]]
    signed = over(content, *left_out)
    assert content_matches(io.BytesIO(content), signed)
    at = data.draw(st.integers(0, len(content) - 1))
    edited = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
    free = any(start <= at < start + length for start, length in left_out)
    assert content_matches(io.BytesIO(edited), signed) is free


@pytest.mark.parametrize("left_out", [((0, 11),), ((5, 1), (3, 1)), ((2, 4), (4, 2)), ((1 << 70, 1),), ((0, 1 << 70),)])
def test_stretches_that_overlap_or_reach_beyond_the_end_match_nothing(left_out: tuple[tuple[int, int], ...]) -> None:
    assert not content_matches(io.BytesIO(bytes(10)), over(bytes(10), *left_out))


GOOD = {"exclusions": [{"start": 3, "length": 4}, {"start": 0, "length": 1}], "alg": "sha256", "hash": bytes(32)}


def test_a_hash_is_read_as_it_was_signed() -> None:
    read = data_hash(store(manifest("x", ("c2pa.hash.data", cbor2.dumps(GOOD)))), "x")
    assert read == DataHash("sha256", bytes(32), ((0, 1), (3, 4)))


@pytest.mark.parametrize(
    "change",
    [
        {"alg": "md5"},
        {"alg": None},
        {"hash": bytes(31)},
        {"hash": None},
        {"exclusions": [{"start": -1, "length": 4}]},
        {"exclusions": [{"start": 1}]},
        {"exclusions": [{"start": True, "length": 1}]},
        {"exclusions": [{"start": "1", "length": 1}]},
    ],
)
def test_what_cannot_be_read_is_none(change: dict[str, object]) -> None:
    assert data_hash(store(manifest("x", ("c2pa.hash.data", cbor2.dumps(GOOD | change)))), "x") is None


def test_another_kind_of_hash_or_more_than_one_is_none() -> None:
    one = ("c2pa.hash.data", cbor2.dumps(GOOD))
    assert data_hash(store(manifest("x", ("c2pa.hash.bmff", cbor2.dumps(GOOD)))), "x") is None
    assert data_hash(store(manifest("x", one, ("c2pa.hash.data__1", cbor2.dumps(GOOD)))), "x") is None
    assert data_hash(store(manifest("x", one)), "y") is None
