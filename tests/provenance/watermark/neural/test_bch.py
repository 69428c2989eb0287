"""TrustMark's code: against its published example, up to its limits, and how often it takes noise for a word."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touchmark.provenance.watermark.neural import bch
from touchmark.provenance.watermark.neural.bch import WORD_BITS, Decoded, Schema, decode, encode

# The one whole word in the tests of adobe/trustmark (rust/src/bits.rs).
PUBLISHED = "1011011110011000111111000000011111011111011100000110110110111000110010101101111010011011000010000001"


def flipped(word: str, places: list[int]) -> str:
    return "".join("10"[int(bit)] if place in places else bit for place, bit in enumerate(word))


def test_the_published_word_is_ours() -> None:
    assert encode(PUBLISHED[:61], Schema.BCH_5) == PUBLISHED
    assert decode(PUBLISHED) == Decoded(Schema.BCH_5, PUBLISHED[:61], 0)
    assert decode(flipped(PUBLISHED, [0])) == Decoded(Schema.BCH_5, PUBLISHED[:61], 1)


@given(st.data(), st.sampled_from(Schema))
@settings(max_examples=60, derandomize=True, deadline=None)
def test_as_many_wrong_bits_as_promised_are_put_right(drawn: st.DataObject, schema: Schema) -> None:
    data = f"{drawn.draw(st.integers(0, 2**schema.data_bits - 1)):0{schema.data_bits}b}"
    wrong = drawn.draw(st.sets(st.integers(0, 95), max_size=schema.corrects))
    assert decode(flipped(encode(data, schema), sorted(wrong))) == Decoded(schema, data, len(wrong))


def test_one_more_is_never_taken_for_the_same_word() -> None:
    chance = random.Random(2)
    for schema in Schema:
        data = f"{chance.getrandbits(schema.data_bits):0{schema.data_bits}b}"
        for _ in range(20):
            found = decode(flipped(encode(data, schema), chance.sample(range(96), schema.corrects + 1)))
            assert found is None or found.data != data


def test_noise_is_read_as_often_as_the_p_value_says() -> None:
    chance = random.Random(3)
    level, count = Decoded(Schema.BCH_3, "", 3).p_value, 1500
    found = [decode(f"{chance.getrandbits(98):098b}11") for _ in range(count)]
    read = sum(word is not None for word in found)
    assert level == pytest.approx(0.07035, abs=1e-5)
    assert abs(read - level * count) < 4 * (level * count) ** 0.5
    assert all(word.p_value <= level for word in found if word)


def test_a_correction_of_what_was_never_sent_is_none() -> None:
    """61 data bits are filled up with three zeros before they are checked, and the fill is not sent."""
    filled = 1 << 35  # the last bit of the fill, as the code sees it
    remainder = bch._remainder(filled, bch._generator(5))
    word = f"{0:061b}{remainder:035b}0001"  # a code word, were that bit one: one "wrong" bit away
    assert decode(word) is None


@pytest.mark.parametrize("schema", Schema)
def test_lengths(schema: Schema) -> None:
    assert len(encode("0" * schema.data_bits, schema)) == WORD_BITS
    with pytest.raises(ValueError, match="bits"):
        encode("0", schema)
