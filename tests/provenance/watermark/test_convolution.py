from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touchmark.provenance.watermark.convolution import (
    _CLOSINGS,
    RATE,
    _branches,
    _likeliest_closings,
    convolve,
    likeliest,
    likeliest_path,
)

LENGTH = 15
ALL = ((np.arange(1 << LENGTH)[:, None] >> np.arange(LENGTH)) & 1).astype(np.uint8)


ENDS = ALL[:, ::-1][:, :12].astype(np.int64) @ (1 << np.arange(12))
"""The state in which each closes the ring: its last twelve bits, the last one lowest."""


def words(messages: np.ndarray) -> np.ndarray:
    return np.stack([convolve(message) for message in messages])


@pytest.fixture(scope="module")
def signs() -> np.ndarray:
    """Of the code words of all messages of a short ring: linear, so they are sums of those of single bits."""
    single = words(np.eye(LENGTH, dtype=np.uint8))
    return (1.0 - 2.0 * (ALL.astype(np.int64) @ single % 2)).astype(np.float32)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.integers(0, 2**LENGTH - 1), st.integers(0, 2**LENGTH - 1))
def test_the_code_is_linear_and_the_same_all_around_the_ring(one: int, other: int) -> None:
    a, b = ALL[one], ALL[other]
    assert np.array_equal(convolve(a ^ b), convolve(a) ^ convolve(b))
    assert np.array_equal(convolve(np.roll(a, 3)), np.roll(convolve(a), 3 * RATE))


@settings(max_examples=12, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_the_list_is_what_trying_every_message_that_closes_the_ring_there_gives(signs: np.ndarray, seed: int) -> None:
    draw = np.random.default_rng(seed)
    evidence = (0.7 * signs[draw.integers(len(ALL))] + draw.normal(size=RATE * LENGTH)).astype(np.float32)
    closed = np.isin(ENDS, _likeliest_closings(_branches(evidence))[:_CLOSINGS])
    score = np.where(closed, signs @ evidence, -np.inf)
    places = likeliest(evidence, 40).astype(np.int64) @ (1 << np.arange(LENGTH))
    assert len(set(places.tolist())) == 40
    assert score[places] == pytest.approx(np.sort(score)[:-41:-1], abs=1e-3)


def test_fewer_are_found_where_the_ring_has_fewer(signs: np.ndarray) -> None:
    assert len(likeliest(signs[77].copy(), 1000)) <= 1000
    assert np.array_equal(likeliest(signs[77].copy(), 1000)[0], ALL[77])


def test_the_likeliest_path_is_the_first_of_the_list() -> None:
    draw = np.random.default_rng(5)
    for _ in range(5):
        message = draw.integers(0, 2, 104).astype(np.uint8)
        evidence = (1.0 - 2.0 * convolve(message) + draw.normal(0, 1, RATE * 104)).astype(np.float32)
        assert np.array_equal(likeliest_path(evidence), message)
        assert np.array_equal(likeliest(evidence, 3)[0], message)


def test_nothing_heard_gives_messages_all_the_same() -> None:
    found = likeliest(np.zeros(RATE * 104, np.float32), 20)
    assert found.shape == (20, 104)
    assert len(np.unique(found, axis=0)) == 20
