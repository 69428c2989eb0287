"""The mark in the noise by itself: normal noise, an honest p-value, a payload that comes back; no model."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from touchmark.generation.latent_mark.pattern import SALTS, LatentMark, evidence, salt_of, streams
from touchmark.generation.latent_mark.reading import find, strongest
from touchmark.provenance.watermark.code import CODE_BITS, encode
from touchmark.provenance.watermark.protocol import Detection, MarkState, Payload, WatermarkKey
from touchmark.provenance.watermark.statistics import tail

KEY = WatermarkKey(b"the key of these tests")
OTHER = WatermarkKey(b"somebody else's key")
MARK = LatentMark(Payload(0x9E37_79B9_7F4A_7C15), KEY)
SHAPE = (6, 4096)
"""Slices, elements: as two seconds of the embedded model."""

Noise = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


def drawn(seed: int, shape: tuple[int, ...] = SHAPE) -> Noise:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def started(mark: LatentMark = MARK, seed: int = 0, shape: tuple[int, int] = SHAPE) -> Noise:
    return np.asarray(np.abs(drawn(seed, shape)) * mark.signs(*shape), np.float32)


def found(noise: Noise, strength: float, seed: int = 99) -> Noise:
    """What a poor inversion makes of noise: correlated with it by ``strength``."""
    return np.asarray(strength * noise + math.sqrt(1 - strength**2) * drawn(seed, noise.shape), np.float32)


# --- what the model gets ------------------------------------------------------------------------------------------


def test_marked_noise_is_standard_normal() -> None:
    noise = np.concatenate([started(LatentMark(Payload(n), KEY), n).ravel() for n in range(12)])
    assert stats.kstest(noise, "norm").pvalue > 0.01
    assert abs(noise.mean()) * math.sqrt(noise.size) < 4
    assert abs(noise.var() - 1) * math.sqrt(noise.size / 2) < 4


def test_marked_noise_is_white() -> None:
    noise = started().astype(np.float64)
    spectrum = np.abs(np.fft.fft(noise, axis=1)[:, 1 : SHAPE[1] // 2]) ** 2 / SHAPE[1]
    assert stats.kstest(spectrum.ravel(), "expon").pvalue > 0.01  # the periodogram of white noise
    for lag in (1, 2, 16, 256, CODE_BITS):
        products = (noise[:, lag:] * noise[:, :-lag]).ravel()
        assert abs(products.mean()) * math.sqrt(products.size) < 4.5
    slices = np.corrcoef(noise) - np.eye(SHAPE[0])
    assert np.abs(slices).max() * math.sqrt(SHAPE[1]) < 4.5


def test_magnitudes_are_the_seeds_own() -> None:
    np.testing.assert_array_equal(np.abs(started(seed=5)), np.abs(drawn(5)))


def test_each_number_takes_both_signs_alike_over_payloads() -> None:
    signs = np.stack([LatentMark(Payload(n), KEY).signs(1, 800)[0] for n in range(300)]).astype(int)
    # Binomial: of 800 means, the largest of so many standard normal scores is about 3.2.
    assert np.abs(signs.sum(axis=0)).max() / math.sqrt(300) < 5


@pytest.mark.parametrize(
    "other", [LatentMark(Payload(1), KEY), LatentMark(MARK.payload, OTHER)], ids=["payload", "key"]
)
def test_another_payload_or_key_shares_nothing(other: LatentMark) -> None:
    agreement = np.sum(MARK.signs(*SHAPE).astype(int) * other.signs(*SHAPE)) / math.sqrt(math.prod(SHAPE))
    assert abs(agreement) < 5


def test_pairs_that_agree_under_one_salt_do_not_under_another() -> None:
    # What a collector of many clips could add up: products of numbers that carry the same code bit.
    def products(salt: int) -> Noise:
        stream = streams(KEY, [salt], 0, 8 * CODE_BITS)[0].reshape(8, CODE_BITS).astype(np.float32)
        return np.asarray(stream[1:] * stream[:-1], np.float32)

    shared = np.mean([products(salt) for salt in range(64)], axis=0)
    assert abs(float(np.mean(shared**2)) * 64 - 1) < 0.2  # as of 64 coin tosses


def test_a_longer_clip_begins_as_a_shorter_one() -> None:
    np.testing.assert_array_equal(MARK.signs(6, 1000)[:3], MARK.signs(3, 1000))


# --- reading ------------------------------------------------------------------------------------------------------


@settings(max_examples=25, derandomize=True, deadline=None)
@given(
    value=st.integers(0, 2**64 - 1), slices=st.integers(1, 3), elements=st.integers(600, 3000), seed=st.integers(0, 9)
)
def test_every_payload_comes_back_whole(value: int, slices: int, elements: int, seed: int) -> None:
    mark = LatentMark(Payload(value), KEY)
    detection = find(started(mark, seed, (slices, elements)), KEY, 0.25)
    assert detection.state is MarkState.VERIFIED
    assert detection.payload == mark.payload
    assert detection.p_value < 1e-10
    assert 0 <= salt_of(mark.payload, KEY) < SALTS


def test_evidence_is_positive_for_zero() -> None:
    said = evidence(started()[2], KEY, [salt_of(MARK.payload, KEY)], 2)[0]
    np.testing.assert_array_equal(said < 0, encode(MARK.payload, KEY) == 1)


def test_a_weak_trace_is_enough() -> None:
    detection = find(found(started(), 0.15), KEY, 1 / 3)
    assert detection.payload == MARK.payload
    assert detection.p_value < 1e-20
    assert [round(segment.start * 3) for segment in detection.timeline] == [0, 1, 2, 3, 4, 5]


def test_presence_is_reported_where_the_payload_is_lost() -> None:
    states = {strength: find(found(started(), strength), KEY, 1 / 3) for strength in (0.0, 0.105)}
    assert states[0.0].state is MarkState.NOTHING_FOUND
    assert states[0.105].state in (MarkState.PRESENT, MarkState.VERIFIED)
    assert states[0.105].p_value < 1e-6
    assert (states[0.105].payload is None) == (states[0.105].state is MarkState.PRESENT)


@pytest.mark.parametrize(
    "noise",
    [
        drawn(3),
        started(LatentMark(MARK.payload, OTHER)),
        np.zeros(SHAPE, np.float32),
        np.full(SHAPE, np.nan, np.float32),
        np.ones((1, 1), np.float32),
        np.cumsum(drawn(4), axis=1),
    ],
    ids=["noise", "another key's", "nothing", "no numbers", "one number", "a drift"],
)
def test_nothing_is_found_in(noise: Noise) -> None:
    detection = find(noise, KEY, 1 / 3)
    assert detection == Detection(MarkState.NOTHING_FOUND, KEY.key_id)


def test_the_p_value_of_a_slice_keeps_its_promise() -> None:
    # Over random keys, on the noise that would suit a cheat best: constant, and with outliers.
    noise = np.where(np.arange(512) % 16, 1.0, 4.0)
    scores = [
        float(noise @ LatentMark(MARK.payload, WatermarkKey(n.to_bytes(16, "big"))).signs(1, 512)[0])
        / math.sqrt(float(noise @ noise))
        for n in range(600)
    ]
    for level in (0.5, 0.2, 0.05, 0.01):
        share = float(np.mean([tail(score) <= level for score in scores]))
        assert share <= level + 3 * math.sqrt(level / 600)
    assert stats.kstest(scores, "norm").pvalue > 0.01


# --- what happened to the clip ------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", [1, 3, 4])
def test_slices_may_be_missing_from_the_front(missing: int) -> None:
    detection = find(found(started(shape=(9, 4096)), 0.3)[missing:], KEY, 0.25)
    assert detection.payload == MARK.payload
    assert all(segment.p_value < 1e-6 for segment in detection.timeline)


def test_slices_may_stand_before_it() -> None:
    noise = np.concatenate([drawn(8, (2, 4096)), found(started(), 0.3)])
    detection = find(noise, KEY, 0.25)
    assert detection.payload == MARK.payload
    assert [segment.p_value < 1e-6 for segment in detection.timeline] == [False, False] + 6 * [True]


def test_the_timeline_shows_which_slice_is_not_ours() -> None:
    noise = found(started(), 0.3)
    noise[2] = 50 * drawn(77)[2]  # and it shouts
    detection = find(noise, KEY, 0.25)
    assert detection.payload == MARK.payload
    assert [segment.p_value < 1e-6 for segment in detection.timeline] == [True, True, False, True, True, True]
    assert (detection.timeline[2].start, detection.timeline[2].end) == (0.5, 0.75)


def test_every_look_is_paid_for() -> None:
    noise = found(started(), 0.16)
    once, often = (find(noise, KEY, 0.25, attempts=attempts).p_value for attempts in (1, 4))
    assert often == pytest.approx(4 * once)


def test_the_strongest_is_a_payload_before_presence() -> None:
    verified = Detection(MarkState.VERIFIED, "a", MARK.payload, 1e-9)
    present = Detection(MarkState.PRESENT, "a", None, 1e-12)
    nothing = Detection(MarkState.NOTHING_FOUND, "a")
    assert strongest([nothing, present, verified]) is verified
    assert strongest([nothing, present]) is present
