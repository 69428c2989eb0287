"""Words of Vietnamese and Turkish that differ by their marks alone, told apart where the marks were typed."""

from __future__ import annotations

import unicodedata

import pytest

from touchmark.safety.canonical import canonicalise
from touchmark.safety.document import Terms
from touchmark.safety.lexicon import Lexicon
from touchmark.safety.marks import is_another_word

LEXICON = Lexicon("test", Terms(strong=("tự sát", "khoả thân", "maricón", "là khỉ"), weak=("chặt đầu",)))


def found(text: str) -> list[str]:
    return [match.term for match in LEXICON.find(canonicalise(text))]


@pytest.mark.parametrize(
    "text",
    [
        "một cái tủ sắt",
        "khám ở khoa thần kinh",
        "giúp nhau là khi ta mở lòng",  # a letter that has no mark here and one in the term
        "chất đầu tiên",
        "MỘT CÁI TỦ SẮT",
        unicodedata.normalize("NFD", "một cái tủ sắt"),
    ],
)
def test_other_words_with_the_same_letters_are_not_found(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("tự sát", "tự sát"),
        ("TỰ SÁT", "tự sát"),
        (unicodedata.normalize("NFD", "tự sát"), "tự sát"),
        ("tu sat", "tự sát"),  # typed without marks
        ("khỏa thân", "khoả thân"),  # the tone on the other vowel
        ("khoả thân", "khoả thân"),
        ("t\u0337ủ\u0337 s\u0337á\u0337t\u0337", "tự sát"),  # decoration all over
        ("ţủ sắt", "tự sát"),
        ("tùs\u200bát tủ-sát tu\u200b sat", "tự sát"),
        ("một cái tự sát buồn trên phố"[::-1], "tự sát"),  # backwards
        ("märicon", "maricón"),  # not Vietnamese: any mark may be a disguise
        ("màricon", "maricón"),
    ],
)
def test_terms_are_found_typed_with_their_marks_with_none_or_in_disguise(text: str, term: str) -> None:
    assert term in found(text)


def test_a_term_of_another_language_is_never_another_word() -> None:
    assert not is_another_word("porno", "pórnò")
    assert not is_another_word("", "")
    assert not is_another_word("tự sát", "")


@pytest.mark.parametrize(
    ("typed", "stays"),
    [
        ("sıkışıyor", False),
        ("sikişiyor", True),
        ("sikisiyor", True),
        ("SİKİŞİYOR", True),
        ("s1k1şiyor", True),
        ("sıkişiyor", True),
    ],
)
def test_in_turkish_a_dot_makes_a_letter(typed: str, stays: bool) -> None:
    lexicon = Lexicon("test", Terms(strong=("sikişiyor",)))
    assert bool(lexicon.find(canonicalise(f"orada {typed}"))) is stays


def test_a_disguise_without_dots_is_none_in_other_languages() -> None:
    assert Lexicon("test", Terms(strong=("kill",))).find(canonicalise("kıll him"))
