"""Words that are used alike share features, in English alone, and the table knows words as they stand in a prompt."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from touchmark.safety.classifier.clusters import numbers_of, read
from touchmark.safety.classifier.cutting import code_points, cut
from touchmark.safety.classifier.features import _first_likeness, buckets, units, word_numbers
from touchmark.safety.classifier.likeness import NONE, likeness


def test_an_english_word_shares_what_it_is_used_like_with_words_that_no_prompt_held() -> None:
    def alike(text: str, latin: frozenset[str] = frozenset({"en"})) -> set[int]:
        return {bucket for bucket in units(text, latin).buckets.tolist() if bucket >= _first_likeness()}

    assert alike("carrot") & alike("turnip") and not alike("carrot") & alike("parliament")
    assert alike("peel the carrot") & alike("peel the turnip") > alike("carrot") & alike("turnip") | alike("peel the")
    assert alike("boil carrot") ^ alike("carrot boil")  # in pairs with the words beside it, in their order
    assert not alike("carrot", frozenset({"de"})) and not alike("морковь") and not alike("frobnicator")
    first = units("the dog bites", frozenset({"en"}))
    assert all(0 <= bucket < buckets() for bucket in first.buckets.tolist())


def test_a_word_is_looked_up_by_the_number_that_it_has_in_any_text() -> None:
    def numbers(text: str) -> list[int]:
        code = code_points(text)
        found: list[int] = word_numbers(code, cut(code)).tolist()
        return found

    apart = [numbers(word)[0] for word in ("cat", "x" * 60, "猫", "tac")]
    assert numbers(f"cat, {'x' * 90}猫 tac") == apart  # of a long word the beginning counts
    assert len(set(apart)) == 4
    table = likeness()
    assert (np.diff(table.words.astype(np.int64)) > 0).all()
    edges = np.array([0, table.words[0], table.words[-1], 2**32 - 1], dtype=np.uint32)
    assert table.of(edges).tolist() == [NONE, table.of_word[0], table.of_word[-1], NONE]
    assert table.of_word.min() >= 0 and table.of_word.max() < len(table.realms)


def test_vectors_are_read_as_directions_of_plain_words(tmp_path: Path) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text("the 1 0\n, 9 9\nCats 3 3\ncat 0 2\na 5 5\ndog 0.5 -8e-1\n", encoding="utf-8")
    words, directions = read(path)
    assert words == ["the", "cat", "dog"]
    assert np.allclose(np.linalg.norm(directions, axis=1), 1)


def test_the_table_that_ships_knows_words_by_what_they_are_used_like() -> None:
    carrot, turnip, car, truck, frobnicator = (
        likeness().of(numbers_of(["carrot", "turnip", "car", "truck", "frobnicator"])).tolist()
    )
    assert carrot == turnip != car == truck and frobnicator == NONE
