"""What may be claimed: the null models hold, known messages are recognised, and the sentences say what is not known."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from touchmark.provenance.watermark.neural import bch
from touchmark.provenance.watermark.neural.carrier import message_of
from touchmark.provenance.watermark.neural.claim import (
    MATCH_LEVEL,
    Basis,
    ClaimState,
    KnownMessage,
    MarkClaim,
    MarkKind,
    agreement_tail,
    nearest,
)
from touchmark.provenance.watermark.neural.gathering import MOST_STRETCHES, Gathering
from touchmark.provenance.watermark.neural.judging import judge
from touchmark.provenance.watermark.protocol import Payload, WatermarkKey


def drawn(bits: int, seed: int) -> str:
    return f"{random.Random(seed).getrandbits(bits):0{bits}b}"


def gathered(message: str, wrong: int = 0, score: float = 0.0) -> Gathering:
    odds = np.array([1.0 if bit == "1" else -1.0 for bit in message], np.float32)
    odds[:wrong] *= -1
    gathering = Gathering(1.0)
    gathering.add(0.0, odds, score)
    return gathering


KNOWN = (KnownMessage("Studio A", drawn(256, 1)), KnownMessage("Studio B", drawn(256, 2)))


def test_the_tail_is_the_binomial_one() -> None:
    assert agreement_tail(4, 4) == 1 / 16
    assert agreement_tail(4, 3) == 5 / 16
    assert agreement_tail(4, 0) == 1.0
    assert agreement_tail(16, 16, known=3) == 3 / 2**16
    assert agreement_tail(512, 512) == 2.0**-512
    assert agreement_tail(4096, 4096) == 1e-300


@pytest.mark.parametrize("known", [1, 4])
@pytest.mark.parametrize("bits", ["0" * 64, "01" * 32, drawn(64, 7)])
def test_the_tail_holds_for_any_bits_a_network_may_give(bits: str, known: int) -> None:
    """The picture is fixed and as unfair as it likes; the messages are random."""
    chance, level, trials = random.Random(11), 0.05, 400
    hits = 0
    for _ in range(trials):
        match = nearest(bits, [KnownMessage(str(n), f"{chance.getrandbits(64):064b}") for n in range(known)])
        assert match is not None
        hits += match[2] <= level
    assert hits <= level * trials + 4 * math.sqrt(level * trials)


def test_a_known_message_is_recognised_with_many_wrong_bits() -> None:
    found = judge(MarkKind.VIDEOSEAL, gathered(KNOWN[1].bits, wrong=60), KNOWN, ())
    assert (found.state, found.known_as, found.agreeing) == (ClaimState.RECOGNISED, "Studio B", 196)
    assert found.p_value is not None
    assert found.p_value == agreement_tail(256, 196, 2) < MATCH_LEVEL
    assert found.basis is Basis.RANDOM_MESSAGE


def test_bits_of_nobody_are_no_mark() -> None:
    found = judge(MarkKind.VIDEOSEAL, gathered(drawn(256, 9)), KNOWN, ())
    assert (found.state, found.message, found.known_as) == (ClaimState.NOTHING_FOUND, "", "")
    assert found.p_value is not None
    assert found.p_value > 1e-3


def test_without_known_messages_nothing_is_decided_and_no_chance_is_stated() -> None:
    message = drawn(256, 9)
    found = judge(MarkKind.VIDEOSEAL, gathered(message), (), ())
    assert (found.state, found.message, found.p_value, found.basis) == (ClaimState.UNDECIDED, message, None, None)


def test_a_payload_under_the_operators_key_is_recognised_and_every_key_is_paid_for() -> None:
    keys = [WatermarkKey(bytes([n]) * 16) for n in range(3)]
    gathering = gathered(message_of(Payload(77), keys[2], 256), wrong=20)
    found = judge(MarkKind.VIDEOSEAL, gathering, (), keys)
    assert found.state is ClaimState.RECOGNISED
    assert found.known_as == f"payload {Payload(77)} under key {keys[2].key_id}"
    assert found.agreeing == 236
    assert found.p_value == 3 * judge(MarkKind.VIDEOSEAL, gathering, (), keys[2:]).p_value
    assert judge(MarkKind.VIDEOSEAL, gathering, (), keys[:2]).state is ClaimState.UNDECIDED


def test_trustmark_says_how_rare_its_word_is() -> None:
    data = drawn(61, 5)
    word = bch.encode(data, bch.Schema.BCH_5)
    found = judge(MarkKind.TRUSTMARK, gathered(word, wrong=3), (), ())
    assert (found.state, found.message, found.basis) == (ClaimState.CLAIMED, data, Basis.UNIFORM_BITS)
    assert found.p_value == pytest.approx(math.comb(96, 3) / 2**35, rel=0.05)
    known = (KnownMessage("Studio A", data), KnownMessage("Studio B", drawn(61, 6)))
    recognised = judge(MarkKind.TRUSTMARK_P, gathered(word, wrong=5), known, ())
    assert (recognised.state, recognised.known_as) == (ClaimState.RECOGNISED, "Studio A")
    assert (recognised.p_value, recognised.basis) == (2 * 2.0**-61, Basis.RANDOM_MESSAGE)


def test_a_word_of_a_weak_code_is_not_called_found() -> None:
    word = bch.encode(drawn(75, 5), bch.Schema.BCH_3)
    found = judge(MarkKind.TRUSTMARK, gathered(word, wrong=3), (), ())
    assert (found.state, found.message) == (ClaimState.NOTHING_FOUND, "")
    assert found.p_value == pytest.approx(0.07035, abs=1e-5)
    assert judge(MarkKind.TRUSTMARK, gathered(drawn(100, 1)), (), ()).state is ClaimState.NOTHING_FOUND


def test_audioseal_goes_by_its_score_and_sixteen_bits_recognise_nobody() -> None:
    message = drawn(16, 3)
    known = (KnownMessage("Studio A", message),)
    quiet = judge(MarkKind.AUDIOSEAL, gathered(message, score=0.2), known, ())
    assert (quiet.state, quiet.message, quiet.score) == (ClaimState.NOTHING_FOUND, "", 0.2)
    found = judge(MarkKind.AUDIOSEAL, gathered(message, score=0.9), known, ())
    assert (found.state, found.known_as, found.p_value) == (ClaimState.CLAIMED, "Studio A", 2.0**-16)
    assert judge(MarkKind.AUDIOSEAL, gathered(message, score=0.9), (), ()).p_value is None


@pytest.mark.parametrize("kind", MarkKind)
def test_nothing_read_is_nothing_found(kind: MarkKind) -> None:
    assert judge(kind, Gathering(1.0), KNOWN, ()).state is ClaimState.NOTHING_FOUND


@pytest.mark.parametrize("state", ClaimState)
@pytest.mark.parametrize("p_value", [None, 1e-9])
def test_every_claim_has_a_sentence_that_promises_nothing(state: ClaimState, p_value: float | None) -> None:
    claim = MarkClaim("seal", MarkKind.VIDEOSEAL, "0" * 64, state, "1011", "Studio A", 4, p_value, None, 0.5, 3)
    assert claim.message_hex == "b"
    said = claim.in_words
    disclaimers = ("proves nothing", "Anybody with the weights", "as they would be from any video", "says nothing")
    assert any(disclaimer in said for disclaimer in disclaimers)
    assert ("not known" in said) == (p_value is None and state in (ClaimState.RECOGNISED, ClaimState.CLAIMED))
    assert ("1e-09" in said) == (p_value is not None and state in (ClaimState.RECOGNISED, ClaimState.CLAIMED))


def test_hexadecimal_is_filled_up_at_the_end() -> None:
    claim = MarkClaim("seal", MarkKind.TRUSTMARK, "0" * 64, ClaimState.CLAIMED, "0000" + "1")
    assert claim.message_hex == "08"
    assert MarkClaim("seal", MarkKind.TRUSTMARK, "0" * 64, ClaimState.NOTHING_FOUND).message_hex == ""


@pytest.mark.parametrize("seconds", [1, 60, 3600])
def test_a_long_video_costs_little_more_than_a_short_one(seconds: int) -> None:
    gathering, read = Gathering(0.25), 0
    for tick in range(seconds * 24):
        if gathering.wants(tick / 24):
            gathering.add(tick / 24, np.ones(4, np.float32))
            read += 1
    assert len(gathering.stretches) <= MOST_STRETCHES
    assert gathering.samples == read <= MOST_STRETCHES * 7
    assert gathering.stretches[0].start == 0
    assert gathering.stretches[-1].end >= seconds - 0.3
    assert gathering.odds is not None
    assert list(gathering.odds) == [read] * 4


def test_a_network_that_gives_no_numbers_is_not_believed() -> None:
    gathering = Gathering(1.0)
    gathering.add(0.0, np.array([np.nan, np.inf, -np.inf, 1.0], np.float32))
    assert list(gathering.stretches[0].odds) == [0.0, 0.0, 0.0, 1.0]


@pytest.mark.parametrize("answer", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_was_not_read(answer: float) -> None:
    gathering = Gathering(1.0)
    gathering.add(0.0, np.full(256, answer, np.float32))
    assert (gathering.samples, gathering.odds) == (0, None)
    assert not gathering.wants(0.5)
    assert judge(MarkKind.VIDEOSEAL, gathering, (), ()).state is ClaimState.NOTHING_FOUND
    gathering.add(1.0, np.array([answer, 2.0], np.float32))
    assert gathering.odds is not None
    assert gathering.odds.tolist() == [0.0, 2.0]
