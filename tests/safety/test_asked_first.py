"""What is asked of a text first, because it is told quickly, never says no where the slower question says yes."""

from __future__ import annotations

import re
import unicodedata

from hypothesis import example, given, settings
from hypothesis import strategies as st

from touchmark.safety import codings, folding, unmasking
from touchmark.safety.backwards import backwards
from touchmark.safety.language import LanguageGroup, language_groups
from touchmark.safety.traced import Traced

_MANY = settings(max_examples=300, derandomize=True, deadline=None)
_TEXTS = st.text("abz019 .,·-_@$!0x中文カ。ａ１　éåя\u0301\u0640\u064b\u0627\u0915\u093c\u0958ﬁ=", max_size=40)


def _spans(found: object) -> list[tuple[int, int]]:
    return [match.span() for match in found]  # type: ignore[attr-defined]


@_MANY
@given(_TEXTS)
@example("a n a k e d")
def test_letters_in_a_row(text: str) -> None:
    if unmasking._SPACED_LETTERS.search(text):
        assert unmasking._LETTERS_APART.search(text)


@_MANY
@given(st.text("中文カ ,.·-a\n", max_size=20))
@example("炸-弹")
@example("中, 文")
def test_gaps_between_ideographs(text: str) -> None:
    gaps = [(begin, end) for begin, end, _ in unmasking._gaps_between_ideographs(text)]
    assert gaps == _spans(unmasking._SPACED_IDEOGRAPHS.finditer(text))


@_MANY
@given(st.text("ab_.+- 中", max_size=20))
def test_words_that_a_sign_joins(text: str) -> None:
    assert _spans(unmasking._UNDERSCORES.finditer(text)) == _spans(re.finditer(r"(?<=[^\W_])_+(?=[^\W_])", text))
    joined = re.finditer(r"(?<=[^\W_])[_.+/\-]+(?=[^\W_])", text)
    assert _spans(unmasking._JOINED_WORDS.finditer(text)) == _spans(joined)


@_MANY
@given(st.text("abc ", max_size=12))
def test_letters_repeated(text: str) -> None:
    drawn_out, doubled = unmasking._repeats(text)
    assert drawn_out or not unmasking._LONG_RUN.search(text)
    assert doubled or not unmasking._DOUBLED_WORD.search(text)


@_MANY
@given(st.text("aZ0+/-_ .", max_size=40))
@example("a" * 12)
@example(" " + "a" * 11)
def test_blobs_in_a_text_without_an_equals_sign(text: str) -> None:
    assert _spans(codings._BLOB_WITHOUT_END.finditer(text)) == _spans(codings._BLOB.finditer(text))


@_MANY
@given(st.text("01aFx ,:g", max_size=30))
@example("0x6e0x610x6b0x65")
@example("01100001 01100010 01100011")
def test_runs_of_digits(text: str) -> None:
    if codings._DIGIT_RUN.search(text):
        assert codings._PAIRS_OF_DIGITS.search(text)


@_MANY
@given(_TEXTS)
@example("，ａ")
def test_full_width_forms_are_what_nfkc_makes_of_them(text: str) -> None:
    read, normal = folding._normalised(Traced.of(text))
    assert normal == unicodedata.normalize("NFKC", text)
    if len(read.text) == len(text):
        assert unicodedata.normalize("NFKC", read.text) == normal


@_MANY
@given(_TEXTS)
def test_marks_and_stretched_letters(text: str) -> None:
    stretched = re.finditer("(?<=[\u0620-\u064a])[\u0640\u064b-\u065f\u0670]+", text)
    assert _spans(folding._STRETCHED_ARABIC.finditer(text)) == _spans(stretched)
    assert _spans(folding._MARKS.finditer(text)) == _spans(re.finditer(f"{folding._MARK}+", text))


def test_the_languages_of_a_text_are_told_by_its_whole_words() -> None:
    assert language_groups("a cat of mine") == {LanguageGroup.ENGLISH}
    assert language_groups("el gato-con botas") == {LanguageGroup.LATIN}
    assert language_groups("kot елена of") == {LanguageGroup.CYRILLIC, LanguageGroup.ENGLISH}
    assert language_groups("elena contra") == {LanguageGroup.ENGLISH}


def test_a_text_reads_backwards_whatever_else_it_holds() -> None:
    text = "Мама мыла раму, а потом она пошла домой."
    assert backwards(text) == ()
    turned = f"\U0001f600{text[::-1]}\ud800"
    assert backwards(turned) == ((0, len(turned)),)
