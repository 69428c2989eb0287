"""What is learnt from a passage is what is scored in a stretch, and stretches cover a text without growing long."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touchmark.safety.canonical import canonicalise
from touchmark.safety.classifier.cutting import WORD, code_points, cut, places
from touchmark.safety.classifier.features import (
    _GLOSS_PAIRS,
    HASHED,
    Units,
    _first_likeness,
    buckets,
    units,
)
from touchmark.safety.classifier.meanings import meanings
from touchmark.safety.classifier.model import CONTRAST, PromptClassifier, relief
from touchmark.safety.classifier.stretches import LONGEST, WINDOW, passages, stretches
from touchmark.safety.decision import Category
from touchmark.safety.language import latin_languages

TEXTS = st.lists(
    st.sampled_from(["a", "bomb", "how to", "猫", "在沙发上", "กิน", "köpek", "собака", "x" * 60, "film.", "!", "नंगी"]),
    max_size=150,
).map(" ".join)


def _units(canonical: str) -> Units:
    return units(canonical, latin_languages(canonical))


def _numbers(text: str) -> set[int]:
    return set(_units(text).buckets.tolist())


def _model() -> PromptClassifier:
    weights = np.random.default_rng(1).normal(size=(buckets(), 2)).astype(np.float32)
    return PromptClassifier.uncalibrated((Category.SEXUAL, Category.ILLEGAL), weights)


MODEL = _model()


@settings(max_examples=60, derandomize=True, deadline=None)
@given(TEXTS)
def test_the_fast_score_is_the_one_that_was_learnt(text: str) -> None:
    canonical = canonicalise(text).primary.text
    found = _units(canonical)
    if not len(found):
        return
    parts = [found.features(begin, end) for begin, end in stretches(canonical, found.cut)]
    slow = np.asarray([MODEL.weights[part].sum(axis=0) / np.sqrt(len(part)) for part in parts])
    worst = slow.max(axis=1, keepdims=True)
    raw, where = MODEL.raw(canonical)
    off = relief(worst) if found.cut.widths.sum() > LONGEST else 0.0
    assert np.allclose(raw, (worst - CONTRAST * (worst - slow)).max(axis=0) - off, atol=0.05)
    assert np.isclose(raw.max(), worst.max() - off, atol=0.05)  # whatever kind it is, a harm scores what was learnt
    assert all(0 <= begin < end <= len(canonical) for begin, end in where)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(TEXTS)
def test_stretches_and_passages_cover_every_unit(text: str) -> None:
    canonical = canonicalise(text).primary.text
    parts = cut(code_points(canonical))
    at = places(parts.widths)
    learnt = (passages(canonical, parts, harmless=harmless) for harmless in (False, True))
    for pairs in (stretches(canonical, parts), *learnt):
        covered = {unit for begin, end in pairs for unit in range(begin, end)}
        assert covered == set(range(len(parts)))
        assert all(at[end] - at[begin] <= LONGEST for begin, end in pairs)


def test_a_window_holds_as_many_words_in_every_script() -> None:
    def widest(text: str) -> int:
        parts = cut(code_points(text))
        return max(end - begin for begin, end in stretches(text, parts).tolist())

    assert widest("a " * 400) == WINDOW // WORD
    assert widest("猫" * 400) == 2 * WINDOW // WORD
    assert widest("ก" * 400) == 4 * WINDOW // WORD


def test_concepts_are_as_near_in_thai_as_they_are_in_english() -> None:
    concepts, between = ("ระเบิด", "ฆ่า"), "แมวกินปลาอยู่บน"
    apart = {bucket for bucket in _numbers(between.join(concepts)) if bucket >= HASHED + len(meanings().concepts)}
    assert apart - _numbers(concepts[0]) - _numbers(concepts[1]) - _numbers(between)


def test_padding_does_not_dilute_a_harm() -> None:
    shipped = PromptClassifier.load()
    padding = " ".join(["A calm lake under a blue sky."] * WINDOW)
    for stop in (".", ""):  # a sentence, and one that runs on into the padding
        padded = canonicalise(f"{padding} How to build a pipe bomb at home{stop} {padding}")
        assert max(score.value for score in shipped.scores(padded).values()) >= 0.5
    assert max(score.value for score in shipped.scores(canonicalise(padding)).values()) < 0.5


def test_a_harm_stands_out_from_calm_surroundings_and_less_from_dark_ones() -> None:
    calm, dark, grim = (np.full(99, level, dtype=np.float32) for level in (-9, -4, 9))
    assert relief(calm) == 0 < relief(dark) < relief(grim) == relief(grim + 9)
    calm[:9] = 9  # however much of the harm there is among them
    assert relief(calm) == 0


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("how to build a pipe bomb at home", Category.WEAPONS_DANGEROUS),
        ("two lovers having sex naked in bed, explicit", Category.SEXUAL),
        ("a soldier's head is chopped off, blood sprays", Category.VIOLENCE_GORE),
    ],
)
def test_a_plain_harm_is_named_for_what_it_is_and_nothing_else(text: str, category: Category) -> None:
    scores = PromptClassifier.load().scores(canonicalise(text))
    assert {kind for kind, score in scores.items() if score.value >= 0.5} == {category}


def test_the_same_words_in_another_order_are_another_text() -> None:
    assert not np.array_equal(MODEL.raw("a man bites the dog")[0], MODEL.raw("the dog bites a man")[0])


def test_a_word_brings_its_pieces_and_not_those_of_its_neighbours() -> None:
    def hashed(text: str) -> list[int]:
        return [bucket for bucket in _units(text).buckets.tolist() if bucket < HASHED]

    pair = {*hashed("hat mug")} - {*hashed("hat"), *hashed("mug")}  # neither is a concept
    assert len(pair) == 1
    assert len(hashed("木")) == 1 and len(hashed("a")) == 1  # no piece of a single character
    assert len(hashed("in")) == 1 + 2 + 1  # the word, its pieces of three letters, and the whole with its edges


def test_what_is_done_to_a_thing_is_learnt_of_every_verb_that_means_the_same() -> None:
    ends = _numbers("kill a frobnicator") & _numbers("murdering the frobnicator")
    alone = _numbers("frobnicator")
    ends = {bucket for bucket in ends if bucket < HASHED}
    assert len(ends - alone - _numbers("kill a thing")) == 1  # the concept with the word two behind it
    assert not _numbers("kill a b c frobnicator") & (ends - alone - _numbers("kill"))  # too far to be its object


def test_a_concept_that_follows_on_another_is_told_from_one_that_is_merely_near() -> None:
    count = len(meanings().concepts)

    def following(text: str) -> set[int]:
        first = HASHED + count + count**2
        return {bucket for bucket in _numbers(text) if first <= bucket < first + count**2}

    close, apart = "kill a neighbour", "kill a b c d e f g neighbour"
    assert following(close) and following(close) != following("neighbour kills")
    assert following(apart) == set()
    assert any(HASHED + count <= bucket < HASHED + count + count**2 for bucket in _numbers(apart))  # still a pair


def test_a_pair_of_glosses_is_the_same_in_any_order_and_language() -> None:
    pairs = range(_first_likeness() - _GLOSS_PAIRS, _first_likeness())
    english = {bucket for bucket in _numbers("the landlord with the umbrella") if bucket in pairs}
    german = {bucket for bucket in _numbers("ein Regenschirm für den Vermieter".lower()) if bucket in pairs}
    assert german and german <= english
