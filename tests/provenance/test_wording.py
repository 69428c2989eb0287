from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchmark.provenance.wording import any_of, number_of, printable


@given(st.text())
def test_only_what_is_printed_is_left_and_nothing_is_lost(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert len(shown) == len(text)
    assert all(a == b for a, b in zip(shown, text, strict=True) if b.isprintable())


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 videos"), (1, "1 video"), (2, "2 videos"), (1000, "1,000 videos"), (-1, "-1 videos")]
)
def test_one_is_not_several(count: int, said: str) -> None:
    assert number_of(count, "video") == said


def test_other_plurals() -> None:
    assert (number_of(1, "entry", "entries"), number_of(3, "entry", "entries")) == ("1 entry", "3 entries")


def test_of_several_things_one_will_do() -> None:
    assert [any_of(one) for one in (("a",), ("a", "b"), ("a", "b", "c"))] == ["a", "a or b", "a, b or c"]
