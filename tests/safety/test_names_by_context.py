"""Names that are words or first names too: what stands beside them, or how they sound, tells whom they mean."""

from __future__ import annotations

import pytest

from touchmark.safety.canonical import canonicalise
from touchmark.safety.figures.current import shipped_index
from touchmark.safety.figures.misspelling import Misspellings
from touchmark.safety.figures.performers import Performers
from touchmark.safety.figures.slip_text import SlipText

INDEX = shipped_index()
PERFORMERS = Performers(("singing", "on stage"), ("singer",), ("concert", "guitar"))


def who(text: str) -> list[str]:
    return [match.figure.id for match in INDEX.find(canonicalise(text))]


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("Adele performing at a small street concert", "adele-adkins"),
        ("adele performing at a small street concert", "adele-adkins"),
        ("a crowd in the rain, adele on stage", "adele-adkins"),
        ("Adele is singing. It rains.", "adele-adkins"),
        ("the singer madonna walking a dog", "madonna-louise-ciccone"),
        ("Seal performing at a concert", "seal-singer"),
        ("Prince playing guitar on stage", "prince-rogers-nelson"),
        ("Pink performing at a concert", "pink-singer"),
        ("Drake rapping into a microphone", "aubrey-graham"),
    ],
)
def test_a_performer_of_one_name_is_found_by_what_is_told(text: str, figure: str) -> None:
    assert who(text) == [figure]


@pytest.mark.parametrize(
    "text",
    [
        "a seal performing at a small circus",
        "seal performing at a concert",
        "Seal performing tricks in a pool",
        "a prince singing",
        "Prince singing to a princess",
        "Young Seal performing at a concert",
        "the prince on stage at a concert",
        "Pink flowers",
        "Pink flowers on a stage at a concert",
        "a drake on a pond",
        "drake singing at a concert of birds",
        "Rain falling on a stage",
        "my adele performing at a small street concert",
        "jelly roll cake on a plate",
        "rip torn jeans on a chair",
        "a man looking into a crystal ball",
    ],
)
def test_words_that_are_names_too_name_nobody(text: str) -> None:
    assert who(text) == []


@pytest.mark.parametrize("before", ["a ", "the ", "my ", "Another ", "called "])
def test_behind_an_article_nobody_performs(before: str) -> None:
    text = f"{before}Adele singing at a concert"
    start = len(before)
    assert not PERFORMERS.are_told(text, (start, start + 5), is_word=False)
    assert PERFORMERS.are_told(text[start:], (0, 5), is_word=False)


def test_of_a_word_a_stage_is_asked_and_of_a_name_is_not() -> None:
    for text, of_word in (("Adele singing at a concert", True), ("Adele singing at dusk", False)):
        assert PERFORMERS.are_told(text, (0, 5), is_word=False)
        assert PERFORMERS.are_told(text, (0, 5), is_word=True) is of_word


def test_a_list_without_such_words_tells_nobody() -> None:
    assert not Performers((), (), ()).are_told("Adele singing at a concert", (0, 5), is_word=False)


@pytest.mark.parametrize(
    ("written", "figure"), [("Sophia Vergara", "sofia-vergara"), ("Sophia Richie", "sofia-richie")]
)
def test_a_first_name_spelt_as_it_sounds_is_a_slip(written: str, figure: str) -> None:
    assert who(f"{written} in a white dress") == [figure]


def test_a_common_name_is_a_slip_only_of_what_sounds_alike() -> None:
    listed = ["gemma jones", "bryan cranston"]
    text = SlipText.of("emma jones and brian cranston")
    borne = Misspellings(listed, frozenset(), borne=frozenset({"emma", "brian"}))
    assert [slip.name for slip in borne.find(text)] == [1]
    assert [slip.name for slip in Misspellings(listed, frozenset()).find(text)] == [0, 1]
