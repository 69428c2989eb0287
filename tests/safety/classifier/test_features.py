"""What is learnt from a passage is what is scored in a stretch, and stretches cover a text without growing long."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from touchmark.safety.canonical import canonicalise
from touchmark.safety.classifier.features import LONGEST, WINDOW, buckets, passages, stretches, units
from touchmark.safety.classifier.model import PromptClassifier
from touchmark.safety.decision import Category

TEXTS = st.lists(
    st.sampled_from(["a", "bomb", "how to", "猫", "在沙发上", "กิน", "köpek", "собака", "x" * 60, "film.", "!", "नंगी"]),
    max_size=150,
).map(" ".join)


def _model() -> PromptClassifier:
    weights = np.random.default_rng(1).normal(size=(buckets(), 2)).astype(np.float32)
    return PromptClassifier.uncalibrated((Category.SEXUAL, Category.ILLEGAL), weights)


MODEL = _model()


@settings(max_examples=60, derandomize=True, deadline=None)
@given(TEXTS)
def test_the_fast_score_is_the_one_that_was_learnt(text: str) -> None:
    canonical = canonicalise(text).primary.text
    cut = units(canonical)
    if not len(cut):
        return
    slow = []
    for begin, end in stretches(canonical, cut):
        features = cut.features(begin, end)
        slow.append(MODEL.weights[features].sum(axis=0) / np.sqrt(len(features)))
    raw, where = MODEL.raw(canonical)
    assert np.allclose(raw, np.max(slow, axis=0), atol=0.05)
    assert all(0 <= begin < end <= len(canonical) for begin, end in where)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(TEXTS)
def test_stretches_and_passages_cover_every_unit(text: str) -> None:
    canonical = canonicalise(text).primary.text
    cut = units(canonical)
    for pairs in (stretches(canonical, cut), passages(cut)):
        covered = {unit for begin, end in pairs for unit in range(begin, end)}
        assert covered == set(range(len(cut)))
        assert all(end - begin <= LONGEST for begin, end in pairs)


def test_padding_does_not_dilute_a_harm() -> None:
    shipped = PromptClassifier.load()
    padding = " ".join(["A calm lake under a blue sky."] * WINDOW)
    for stop in (".", ""):  # a sentence, and one that runs on into the padding
        padded = canonicalise(f"{padding} How to build a pipe bomb at home{stop} {padding}")
        assert max(score.value for score in shipped.scores(padded).values()) >= 0.5
    assert max(score.value for score in shipped.scores(canonicalise(padding)).values()) < 0.5


def test_the_same_words_in_another_order_are_another_text() -> None:
    assert not np.array_equal(MODEL.raw("a man bites the dog")[0], MODEL.raw("the dog bites a man")[0])


def test_a_word_brings_its_pieces_and_not_those_of_its_neighbours() -> None:
    def numbers(text: str) -> set[int]:
        return set(units(text).buckets.tolist())

    alone = numbers("cat") | numbers("dog")
    assert numbers("cat dog") - alone  # the pair
    assert len(numbers("cat dog") - alone) == 1
    assert len(units("木").buckets) == 1 and len(units("a").buckets) == 1  # no piece of a single character
    assert len(units("in").buckets) == 1 + 2 + 1  # the word, its pieces of three letters, and the whole with its edges
