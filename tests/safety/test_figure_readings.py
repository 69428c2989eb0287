"""Where readings of a text repeat one another: what is searched again, and that nobody is lost by it."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from touchmark.safety.figures.repeats import new_part

_WORDS = st.lists(st.sampled_from(["ab", "a", "ba ab", "ю", "中国"]), max_size=200).map(" ".join)


@given(_WORDS, _WORDS, _WORDS, _WORDS)
@example("ab " * 100, "ab", "", "ab " * 100)
def test_what_is_outside_the_new_part_stands_in_the_text_before(start: str, old: str, new: str, end: str) -> None:
    before, text = start + old + end, start + new + end
    part = new_part(text, [before])
    first, last = part.new
    assert part.begin <= first <= last <= part.end
    assert text[:first] + before[first : len(before) - (len(text) - last)] + text[last:] == before
    assert last - first <= len(new)


def test_a_text_is_searched_whole_where_none_was_before() -> None:
    part = new_part("donald trump", [])
    assert (part.begin, part.end) == (0, 12)
    assert part.concerns((0, 6)) and part.concerns((7, 12))


def test_only_what_holds_or_borders_on_something_new_is_told_of_a_repetition() -> None:
    part = new_part("angela merkel and donald trump", ["angela merkel and d0nald trump"])
    assert part.concerns((18, 30)) and not part.concerns((0, 13))


def test_letters_that_are_gone_are_news_to_what_they_parted() -> None:
    part = new_part("donald trump", ["don ald trump"])
    assert part.new == (3, 3)
    assert part.concerns((0, 12)) and not part.concerns((7, 12))


def test_the_nearest_of_the_texts_before_is_compared() -> None:
    part = new_part("a b c", ["x y z", "a b d", "a q d"])
    assert part.new == (4, 5)
