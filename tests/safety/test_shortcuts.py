"""What is read in fewer steps where a text allows it reads as in all steps."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from touchmark.safety.figures.forms import _LATIN_WITH_MARKS, _latin_base, plain
from touchmark.safety.folding import _WITHOUT_ACCENTS, _normalised_around, _normalised_clusters, _without_accents
from touchmark.safety.language import LATIN, LanguageGroup, language_groups, latin_languages
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


def test_letters_are_bared_together_as_each_alone() -> None:
    alone = {letter: bare for letter, bare in _WITHOUT_ACCENTS.items() if len(bare) == 1}
    others = "".join(alone) + "aб中\u1f00\uffff\ud800\U0001f600"
    assert _without_accents(others) == "".join(alone.get(letter, letter) for letter in others)


def test_no_letter_with_a_latin_base_is_passed_over_in_a_name() -> None:
    letters = [letter for letter in map(chr, range(128, 0x10000)) if _latin_base(letter) != letter]
    assert [letter for letter in letters if not _LATIN_WITH_MARKS.match(letter)] == []
    assert plain("Beyonc\u00e9 \u0141o\u0301\u0323\u200bdz \u05d0\u0301") == "beyonce lodz \u05d0\u0301"


@given(st.text("the ofdi que-中é1ß\ud800", max_size=60))
def test_words_in_latin_letters_are_parted_by_all_else(text: str) -> None:
    apart = "".join(letter if letter in "abcdefghijklmnopqrstuvwxyz" else " " for letter in text)
    assert latin_languages(text) == latin_languages(apart)
    assert latin_languages("的the猫of犬and") < LATIN


@given(st.lists(st.text("the oficunaéж中", max_size=20), min_size=1, max_size=4))
def test_readings_are_of_the_languages_of_all_their_words(readings: list[str]) -> None:
    assert latin_languages(*readings) == latin_languages(" ".join(readings))


def test_the_script_of_any_letter_is_told() -> None:
    scripts = {
        LanguageGroup.CYRILLIC: "[\u0400-\u052f]",
        LanguageGroup.ARABIC: "[\u0600-\u06ff\u0750-\u077f]",
        LanguageGroup.INDIC: "[\u0900-\u0dff]",
        LanguageGroup.EAST_ASIAN: "[\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]",
        LanguageGroup.KOREAN: "[\u1100-\u11ff\uac00-\ud7a3]",
        LanguageGroup.THAI: "[\u0e00-\u0e7f]",
    }
    for letter in map(chr, (*range(128, 0x20010, 7), *range(0x3FFF0, 0x40010), 0xAC00, 0xD7A3, 0xD7A4, 0x10FFFF)):
        told = next((group for group, script in scripts.items() if re.match(script, letter)), LanguageGroup.OTHER)
        assert language_groups(letter) == {told}
        assert language_groups(f"{letter} que") == {LanguageGroup.LATIN} | ({told} - {LanguageGroup.OTHER})
