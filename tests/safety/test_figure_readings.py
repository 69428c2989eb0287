"""Where readings of a text repeat one another: what is searched again, and that nobody is lost by it."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from touchmark.safety.figures.forms import fold, is_whole, plain
from touchmark.safety.figures.refolding import refolded
from touchmark.safety.figures.repeats import Excerpts, new_part, whole
from touchmark.safety.repeats import differences

_WORDS = st.lists(st.sampled_from(["ab", "a", "ba ab", "ю", "中国"]), max_size=200).map(" ".join)
_LETTERS = st.text("ab1 -'_.漢カंनत्\u0640\u064b", max_size=3)
_SHARED = st.text("abc -'.漢カ中ंनत्\u0640يا", max_size=20)
_CHANGES = st.lists(st.tuples(_WORDS, _WORDS, _WORDS), max_size=4)


@given(_CHANGES)
@example([("a" * 3_000, "b", "c")])
def test_what_is_between_differences_stands_in_the_other_text(changes: list[tuple[str, str, str]]) -> None:
    other = "".join(shared + old for shared, old, _ in changes)
    text = "".join(shared + new for shared, _, new in changes)
    done, put_together = 0, ""
    for place in differences(text, other):
        assert text[place.begin : place.end] != other[place.other_begin : place.other_end]
        put_together += other[done : place.other_begin] + text[place.begin : place.end]
        done = place.other_end
    assert put_together + other[done:] == text


@given(st.lists(st.tuples(_SHARED, _LETTERS, _LETTERS), max_size=4))
@example([("ab 'c", "-", " "), ("donald", "", ""), (" --", "x", "")])
@example([("ناـ", "a", ""), ("ـي", "", "b")])
def test_a_text_folds_as_it_does_alone_and_what_is_not_new_stands_in_the_other(
    changes: list[tuple[str, str, str]],
) -> None:
    other = "".join(shared + old for shared, old, _ in changes)
    text = "".join(shared + new for shared, _, new in changes)
    folded, new = refolded(text, other, fold(other))
    assert folded == fold(text)
    was, begin = fold(other).text, 0
    for place in (*new, (len(folded.text), None)):
        assert folded.text[begin : place[0]] in was
        begin = place[1] or 0


def test_a_text_is_searched_whole_where_none_was_before() -> None:
    part = whole("donald trump")
    assert (part.begin, part.end) == (0, 12)
    assert part.concerns((0, 6)) and part.concerns((7, 12))
    assert part.windows("donald trump") == [(0, 12)]


def test_only_what_holds_or_borders_on_something_new_is_told_of_a_repetition() -> None:
    part = new_part("angela merkel and donald trump and a", [(3, 4), (19, 20)])
    assert part.concerns((0, 13)) and part.concerns((18, 30)) and not part.concerns((7, 17))


def test_letters_that_are_gone_are_news_to_what_they_parted() -> None:
    part = new_part("donald trump", [(3, 3)])
    assert part.concerns((0, 12)) and not part.concerns((7, 12))


@given(_CHANGES, st.text("ab ", max_size=5))
def test_what_is_new_stands_in_a_window_of_whole_words_with_those_beside_it(
    changes: list[tuple[str, str, str]], more: str
) -> None:
    before = " ".join(f"{shared} {old}" for shared, old, _ in changes)
    text = " ".join(f"{shared} {new}" for shared, _, new in changes) + more
    if before == text:
        return
    part = new_part(text, [place[:2] for place in differences(text, before)])
    windows = part.windows(text)
    assert all(end < begin for (_, end), (begin, _) in pairwise(windows))
    for new in part.new:
        (window,) = [(begin, end) for begin, end in windows if begin <= new[0] and new[1] <= end]
        assert f" {text} "[window[0]] == " " == f"{text} "[window[1]]
        assert not text[: window[0]] or text[window[0] : new[0]].count(" ") >= 4
        assert not text[window[1] :] or text[new[1] : window[1]].count(" ") >= 4


def test_what_is_found_in_an_excerpt_is_told_where_it_stands() -> None:
    texts = {3: "a cat and donald trump", 5: "trump and a dog"}
    excerpts = Excerpts([(3, texts[3], [(0, 5), (10, 22)]), (5, texts[5], [(0, 5)])])
    for word in ("cat", "donald trump"):
        begin = excerpts.text.index(word)
        number, (start, end) = excerpts.source((begin, begin + len(word)))
        assert (number, texts[number][start:end]) == (3, word)
    begin = excerpts.text.rindex("trump")
    assert excerpts.source((begin, begin + 5)) == (5, (0, 5))
    assert "trump trump" not in " ".join(excerpts.text.split())


@given(st.text(max_size=60))
def test_every_letter_of_a_folded_text_has_a_place_in_its_source(text: str) -> None:
    source = plain(text)
    folded = fold(source)
    places = [folded.origin(place) for place in range(len(folded.text))]
    assert places == sorted(places)
    assert all(0 <= place < len(source) for place in places)


def test_a_place_in_a_folded_text_is_that_of_the_letters() -> None:
    folded = fold("ach, donald -- j. trump")
    assert folded.text == "ach donald j trump"
    assert [folded.origin(folded.text.index(name)) for name in ("donald", "j", "trump")] == [5, 15, 18]
    assert is_whole(folded.text, 4, 10)
