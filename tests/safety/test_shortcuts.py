"""What is read in fewer steps where a text allows it reads as in all steps."""

from __future__ import annotations

import unicodedata

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from touchmark.safety.canonical import _normalised_around, _normalised_clusters
from touchmark.safety.legibility import BACKWARDS, ROT13, Stretch, Turn, likelier_turned, pairs
from touchmark.safety.traced import Traced
from touchmark.safety.unmasking import unmasked


@given(st.text("aกำ้นีคक़\u0958\u093cा，…ㄱ가ﾞｶé\u0301\u0323 b中", max_size=30))
def test_text_is_normalised_around_what_changes_as_letter_by_letter(text: str) -> None:
    around = Traced.of(text).rewrite(_normalised_around(text))
    if around.text == unicodedata.normalize("NFKC", text):
        assert around == Traced.of(text).rewrite(_normalised_clusters(text))


@given(st.text("etaoinqzx ж中.", max_size=80), st.sampled_from((ROT13, BACKWARDS)))
def test_the_stretch_that_gains_most_is_found_among_letters_alone(text: str, turn: Turn) -> None:
    sums = np.append(0, np.cumsum(turn.gains[pairs(text)]))
    end = int((sums - np.minimum.accumulate(sums)).argmax())
    begin = int(sums[: end + 1].argmin())
    most = Stretch(max(begin - 1, 0), min(end, len(text)), int(sums[end] - sums[begin]))
    assert likelier_turned(pairs(text), turn) == most


DRAWN_OUT = st.sampled_from(("see", "woood", "book", "looook", "ab", "oooo", "éte", "жжж", "12"))


@given(st.lists(DRAWN_OUT, max_size=12))
def test_words_are_shortened_only_where_they_are_drawn_out(words: list[str]) -> None:
    text = " ".join(words)
    readings = [reading.text for reading in unmasked(Traced.of(text))]
    kept = [word for word in words if not any(letter * 3 in word for letter in "eo")]
    for reading in readings:
        assert [word for word in reading.split(" ") if word in kept] == kept
        assert not any(letter * 3 in reading for letter in "eo")
