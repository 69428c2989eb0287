"""What is read of all words of a prompt at once is what would be read of each, and no name is lost by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from touchmark.safety.automaton import Automaton
from touchmark.safety.figures.checksums import Words, bit_map, letters_of, may_hold
from touchmark.safety.figures.heard import smooth
from touchmark.safety.figures.romanisation import all_romanised, keys_of, romanised, word_key
from touchmark.safety.figures.slip_keys import MIN_NAME, SlipKeys
from touchmark.safety.figures.slip_text import MAX_WORD, MAX_WORDS, MIN_WORD, SlipText
from touchmark.safety.figures.sound_pairs import Beside, SoundPairs, Stood

LETTERS = "абвгжцшчяकखगजটรเแโกไาアキシッャョーン가힣한국앙עבפشتחრნոაz1中"
NAMES = (
    "jan van eyck", "anna maria lopez", "anna lopez", "annas lopes", "peter of the hill", "lee li lo", "pele",
    "mark zuckerberg", "marc zukerberg", "иван петров", "иванна петрова", "xi li", "aya oui", "li li chen", "beyonced",
)  # fmt: skip


@st.composite
def near_names(draw: st.DrawFn) -> str:
    """Words of names among others, some with a letter wrong."""
    words = draw(
        st.lists(st.sampled_from((*NAMES, "the", "a cat", "", "x" * 25)), min_size=1, max_size=5).map(" ".join)
    ).split(" ")
    for number in draw(st.sets(st.integers(0, len(words) - 1), max_size=3)):
        word = words[number]
        at = draw(st.integers(0, len(word)))
        tail = draw(st.sampled_from((word[at:], word[at + 1 :])))
        words[number] = word[:at] + draw(st.sampled_from(("", "e", "и"))) + tail
    return " ".join(words)


TEXTS = near_names()


@given(st.lists(st.text(LETTERS, max_size=8), min_size=1, max_size=20))
def test_words_sound_together_as_each_alone(words: list[str]) -> None:
    latin = [romanised(word) for word in words]
    assert keys_of(words) == [word_key(word) for word in latin]
    assert all_romanised(words) == latin
    assert smooth(latin) == [smooth([word])[0] for word in latin]


@given(TEXTS)
def test_a_word_less_a_letter_has_the_checksum_of_what_is_left(text: str) -> None:
    words = Words(letters_of(text))
    checksums, owners = words.shortened(words.lengths > 0)
    parts = text.split(" ")
    left = [part[:at] + part[at + 1 :] for part in parts for at in range(len(part))]
    alone = [int(Words(letters_of(part)).in_a_row(np.array([0]))[0]) for part in left]
    assert checksums.tolist() == alone
    assert owners.tolist() == [number for number, part in enumerate(parts) for _ in part]


@given(st.lists(st.integers(0, (1 << 64) - 1)))
def test_a_bit_map_holds_all_that_it_was_made_of(numbers: list[int]) -> None:
    checksums = np.array(numbers, dtype=np.uint64)
    assert may_hold(bit_map(checksums), checksums).all()


@given(TEXTS)
def test_every_name_is_proposed_that_the_rules_propose(text: str) -> None:
    ordinary = frozenset({"anna"})
    begins, names = SlipKeys.of(NAMES).proposed(SlipText.of(text), ordinary)
    found = set(zip(begins.tolist(), names.tolist(), strict=True))
    assert found >= {(at, number) for number, name in enumerate(NAMES) for at in _by_the_rules(text, name, ordinary)}


def _by_the_rules(text: str, name: str, ordinary: frozenset[str]) -> Iterator[int]:
    """Where a name is proposed by its rarest word or by two words side by side, worked out name by name."""
    words, parts = text.split(" "), name.split(" ")
    if len(name) < MIN_NAME or len(parts) > MAX_WORDS:
        return
    usual = [word if 0 < len(word) <= MAX_WORD else "" for word in words]
    rarest = _rarest(parts)
    for at, word in enumerate(usual):
        after, before = (words[at + 1] if at + 1 < len(words) else ""), (words[at - 1] if at else "")
        if _is_near(word, parts[rarest]) and word not in ordinary and _has_initial(parts, rarest, before, after):
            yield at - rarest
        for place, part in enumerate(parts):
            if word == part and place + 1 < len(parts) and _is_like(parts[place + 1], after, part):
                yield at - place
            if word == part and place and _is_like(parts[place - 1], before, part):
                yield at - place


def _rarest(parts: Sequence[str]) -> int:
    often = Counter(
        word
        for name in NAMES
        if len(name) >= MIN_NAME and len(name.split(" ")) <= MAX_WORDS
        for word in name.split(" ")
    )
    return min(range(len(parts)), key=lambda at: (len(parts[at]) < MIN_WORD, often[parts[at]], -len(parts[at])))


def _is_near(word: str, right: str) -> bool:
    left = [{one, *(one[:at] + one[at + 1 :] for at in range(len(one)))} for one in (word, right)]
    return min(len(word), len(right)) >= MIN_WORD and not left[0].isdisjoint(left[1])


def _has_initial(parts: Sequence[str], at: int, before: str, after: str) -> bool:
    if at + 1 < len(parts):
        return after[:1] == parts[at + 1][0]
    return not at or before[:1] == parts[at - 1][0]


def _is_like(right: str, word: str, beside: str) -> bool:
    ends = [0, -1] if len(beside) >= MIN_WORD else [0]
    near = 0 < len(word) <= MAX_WORD and abs(len(word) - len(right)) <= 1
    return near and any(word[end] == right[end] for end in ends)


@given(
    st.dictionaries(st.text("ab中국", min_size=1, max_size=4), st.integers(), max_size=8),
    st.text("ab中국\ud800", max_size=30),
)
def test_every_phrase_is_found_wherever_it_stands(meanings: dict[str, int], text: str) -> None:
    places = [
        (start, start + len(phrase), meaning) for phrase, meaning in meanings.items() for start in range(len(text))
    ]
    there = [place for place in places if meanings.get(text[place[0] : place[1]]) == place[2] and place[1] <= len(text)]
    assert set(Automaton(meanings).find(text)) == set(there)
    phrases = sorted(filter(None, meanings))
    found = Automaton(meanings).found(text).tolist()
    assert {(start, end, meanings[phrases[number]]) for number, start, end in found} == set(there)


KEYS = ("", "K", "LN", "MST")
NUMBERS = st.integers(0, len(KEYS) - 1)
STOOD = st.builds(
    Stood,
    NUMBERS,
    st.sampled_from((1, -1)),
    NUMBERS,
    st.none() | st.tuples(st.sampled_from((-3, -2, 2)), NUMBERS),
)
ROWS = st.lists(st.lists(NUMBERS, max_size=3), min_size=1, max_size=7)


@given(st.lists(STOOD, max_size=6), ROWS, st.lists(st.integers(0, 6), min_size=7, max_size=7))
def test_no_words_that_stand_as_in_a_name_are_passed_over(
    stood: list[Stood], words: list[list[int]], least: list[int]
) -> None:
    pairs = {way[:3] for way in stood}
    near, sure = [], []
    for here, side, (place, key) in (
        (here, side, each) for here, word in enumerate(words) for each in enumerate(word) for side in (1, -1)
    ):
        there = words[here + side] if 0 <= here + side < len(words) else []
        for sound, neighbour in enumerate(there):
            beside: Beside = (here, place, side, sound)
            near.append(beside)
            ways = [way.third for way in stood if way[:3] == (key, side, neighbour)]
            enough = len(KEYS[key]) + len(KEYS[neighbour]) >= least[here]
            if any(enough if third is None else _stands(third, here, words) for third in ways):
                sure.append(beside)
    near.sort(key=lambda beside: (beside[0], beside[1], -beside[2], beside[3]))
    told = SoundPairs(KEYS, stood).among(words, least[: len(words)])
    assert set(sure) <= set(told) <= set(near)
    assert told == sorted(set(told), key=near.index)
    assert pairs or not told


def _stands(third: tuple[int, int], here: int, words: Sequence[Sequence[int]]) -> bool:
    there = here + third[0]
    return 0 <= there < len(words) and third[1] in words[there]
