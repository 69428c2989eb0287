from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from touchmark.provenance.watermark import code
from touchmark.provenance.watermark.code import CODE_BITS, decode, decode_from, encode
from touchmark.provenance.watermark.protocol import PAYLOAD_BITS, Payload, WatermarkKey

KEY = WatermarkKey(b"a key for tests only")
OTHER = WatermarkKey(b"another key, for tests")
payloads = st.integers(0, 2**64 - 1).map(Payload)


def evidence(bits: np.ndarray, noise: float, seed: int = 0) -> np.ndarray:
    sent = 1.0 - 2.0 * bits
    return (sent + np.random.default_rng(seed).normal(0, noise, CODE_BITS)).astype(np.float32)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(payloads)
def test_any_payload_round_trips_and_verifies(payload: Payload) -> None:
    bits = encode(payload, KEY)
    decoded = decode(evidence(bits, 0.0), KEY)
    assert decoded.payload == decoded.guess == payload
    assert np.array_equal(decoded.code_bits, bits)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(payloads, st.integers(0, 1000))
def test_errors_are_corrected(payload: Payload, seed: int) -> None:
    # One standard deviation of noise flips every sixth bit; the code lives on that nearly always.
    assert decode(evidence(encode(payload, KEY), 1.0, seed), KEY).payload == payload


@settings(max_examples=20, deadline=None, derandomize=True)
@given(payloads)
def test_a_payload_does_not_verify_under_another_key(payload: Payload) -> None:
    decoded = decode(evidence(encode(payload, KEY), 0.0), OTHER)
    assert decoded.payload is None
    assert decoded.guess == payload


def test_every_check_bit_counts() -> None:
    """Of each the account takes another half of all chances away (statistics.verified_tail)."""
    payload = Payload(7)
    whole = np.unpackbits(np.frombuffer(payload.to_bytes() + code._check(payload, KEY), np.uint8))
    assert code._read(whole, KEY) == (payload, True)
    assert whole.size == PAYLOAD_BITS + code.CHECK_BITS
    for bit in range(PAYLOAD_BITS, whole.size):
        other = whole.copy()
        other[bit] ^= 1
        assert code._read(other, KEY) == (payload, False)


def test_noise_never_verifies() -> None:
    noise = np.random.default_rng(1)
    for _ in range(50):
        assert decode(noise.normal(size=CODE_BITS).astype(np.float32), KEY).payload is None


def test_flipping_one_payload_bit_changes_many_code_bits() -> None:
    here, there = encode(Payload(0), KEY), encode(Payload(1), KEY)
    assert np.count_nonzero(here != there) >= 33


def test_evidence_of_nothing_at_all_does_not_verify() -> None:
    assert decode(np.zeros(CODE_BITS, np.float32), KEY).payload is None


def test_the_right_message_is_often_among_the_next_where_it_is_not_the_likeliest() -> None:
    bits = encode(Payload(0x0123_4567_89AB_CDEF), KEY)
    heard = [evidence(bits, 1.6, seed) for seed in range(24)]
    alone = [decode(soft, KEY).payload for soft in heard]
    among = [decode_from(soft, KEY, 16).payload for soft in heard]
    assert set(alone) <= {None, Payload(0x0123_4567_89AB_CDEF)} >= set(among)
    assert sum(payload is not None for payload in among) > sum(payload is not None for payload in alone)


def test_the_more_candidates_the_more_is_read() -> None:
    bits = encode(Payload(0x0123_4567_89AB_CDEF), KEY)
    heard = [evidence(bits, 1.75, seed) for seed in range(5)]
    few, many = ([decode_from(soft, KEY, count).payload for soft in heard] for count in (2, 256))
    assert set(many) <= {None, Payload(0x0123_4567_89AB_CDEF)}
    assert sum(payload is not None for payload in many) > sum(payload is not None for payload in few)


def test_of_several_candidates_none_verifies_in_noise_or_under_another_key() -> None:
    noise = np.random.default_rng(1)
    for _ in range(5):
        assert decode_from(noise.normal(size=CODE_BITS).astype(np.float32), KEY, 16).payload is None
    sent = decode_from(evidence(encode(Payload(5), KEY), 0.0), OTHER, 16)
    assert sent.payload is None
    assert sent.guess == Payload(5)
