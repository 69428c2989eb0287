"""Every reading of a prompt leads back to the characters that were typed, and nothing typed can break the reading."""

from __future__ import annotations

import base64
import codecs
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touchmark.safety.canonical import (
    MAX_CHARACTERS,
    CanonicalText,
    PromptTooLongError,
    ViewKind,
    canonicalise,
    read_plainly,
)

HOMOGLYPHS = str.maketrans("aeopcx", "аеорсх")
SENTENCE = "a grim statue on the beach"


def _combine(word: str) -> str:
    return "".join(f"{c}\u0336\u0301" for c in word)


OBFUSCATIONS = {
    "plain": "grim",
    "upper case": "GRIM",
    "zero width": "g\u200br\u200ci\u2060m",
    "soft hyphen": "g\u00adr\u00adim",
    "tag characters": "gr\U000e0061\U000e0062im",
    "variation selectors": "g\ufe0fr\ufe0fim",
    "variation selectors of other planes": "g\U000e0100r\U000e0101im",
    "control characters": "g\x01r\x02im",
    "halves of characters": "g\ud800r\udfffim",
    "letters without a face": "g\u3164r\u115f\u1160\uffa0im",
    "patterns without a dot": "g\u2800r\u2800i\u2800m",
    "enclosing marks": "g\u0488r\u0489im",
    "combining marks": _combine("grim"),
    "accents": "gŕîm",
    "full width": "ｇｒｉｍ",
    "mathematical bold": "𝐠𝐫𝐢𝐦",
    "circled": "ⓖⓡⓘⓜ",
    "squared": "🅶🆁🅸🅼",
    "regional indicators": "🇬🇷🇮🇲",
    "small capitals": "ɢʀɪᴍ",
    "entities": "&#103;r&#x69;m",
    "nested entities": "&amp;amp;#103;rim",
    "entities without an end": "&#103r&#x69m",
    "an entity that is not seen": "g&ZeroWidthSpace;rim",
    "escapes in braces": "\\u{67}r\\u{69}m",
    "homoglyphs": "grіm",
    "leet": "gr1m",
    "symbols": "gr!m",
    "spaced": "g r i m",
    "dotted": "g.r.i.m",
    "underscored": "g_r_i_m",
    "stretched": "griiiiim",
}


@pytest.mark.parametrize("masked", OBFUSCATIONS.values(), ids=OBFUSCATIONS.keys())
def test_every_disguise_of_a_word_is_read_and_traced_to_what_was_typed(masked: str) -> None:
    # Given a word in disguise inside a sentence
    prompt = SENTENCE.replace("grim", masked)

    # When
    views = canonicalise(prompt).views

    # Then some reading has the word, and its span covers the disguise, with no letter of a neighbour
    spans = [v.span(v.text.index("grim"), v.text.index("grim") + 4) for v in views if "grim" in v.text]
    assert spans
    for start, end in spans:
        assert masked.startswith(prompt[start:end]) and len(prompt[start:end].strip()) > 0
        assert set(masked) - set(prompt[start:end]) <= set("\u0336\u0301\ufe0f")


@pytest.mark.parametrize(
    ("kind", "prompt"),
    [
        (ViewKind.ROT13, codecs.encode(SENTENCE, "rot13")),
        (ViewKind.REVERSED, SENTENCE[::-1]),
        (ViewKind.BASE64, f"draw {base64.b64encode(SENTENCE.encode()).decode()} please"),
        (ViewKind.BIDI, f"\u202e{SENTENCE[::-1]}\u202c"),
        (ViewKind.BIDI, f"\u202e{codecs.encode(SENTENCE, 'rot13')[::-1]}"),
        (ViewKind.UPSIDE_DOWN, "ɥɔɐǝq ǝɥʇ uo ǝnʇɐʇs ɯıɹƃ ɐ"),
        (ViewKind.DIGITS, f"draw {SENTENCE.encode().hex()} please"),
        (ViewKind.BASE64, f"draw {base64.b64encode(SENTENCE.replace('g', '&#103;').encode()).decode()} please"),
        (ViewKind.ROT13, codecs.encode(SENTENCE, "rot13").translate(HOMOGLYPHS)),
    ],
)
def test_whole_prompt_codings_get_a_view_of_their_own(kind: ViewKind, prompt: str) -> None:
    view = next(v for v in canonicalise(prompt).views if v.text == SENTENCE)
    assert view.kind is kind
    start, end = view.span(0, len(SENTENCE))
    assert prompt[:start] in ("", "draw ", "\u202e") and prompt[end:] in ("", " please", "\u202c")


@pytest.mark.parametrize("sign", ["\u202c", "\u202d", "\u2069", "\n"])
def test_an_override_ends_where_a_screen_ends_it(sign: str) -> None:
    views = canonicalise(f"\u202e{SENTENCE[::-1]}{sign}, by day").views
    assert any(view.text.replace(" ,", ",") == f"{SENTENCE}, by day" for view in views)


def _in_tags(text: str) -> str:
    return "".join(chr(0xE0000 + ord(letter)) for letter in text)


def test_what_no_screen_shows_is_read() -> None:
    assert [view.text for view in canonicalise(f"a lake{_in_tags('hex')}").views] == ["a lake", "hex"]
    assert canonicalise("a\u2800lake").primary.text == "a lake"
    breaks = "a\u200bgrim\u200bstatue\u2060of\ufeffstone"
    assert any(view.text == "a grim statue of stone" for view in canonicalise(breaks).views)


@pytest.mark.parametrize(
    "sentence",
    [
        "женщина идёт по улице", "امرأة تمشي في الشارع", "एक औरत सड़क पर चलती है", "一个女人在街上走",
        "女の人が道を歩いている", "여자가 길을 걷고 있다", "ผู้หญิงเดินบนถนน", "μια γυναίκα περπατά στον δρόμο",
    ],
)  # fmt: skip
def test_other_scripts_backwards_are_read_and_traced_too(sentence: str) -> None:
    plain = canonicalise(sentence).primary
    view = next(v for v in canonicalise(sentence[::-1]).views if v.kind is ViewKind.REVERSED)
    assert view.text == plain.text
    assert view.span(0, 1)[1] == len(sentence)  # what is read first was typed last
    assert [v.kind for v in canonicalise(sentence).views] == [ViewKind.PLAIN]


@pytest.mark.parametrize(
    "coded",
    [
        lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
        lambda text: "".join(f"&#{ord(letter)};" for letter in text),
        lambda text: "".join(f"\\u{ord(letter):04x}" for letter in text),
    ],
    ids=["percent", "entities", "escapes"],
)
def test_a_word_in_a_prompt_that_is_coded_letter_by_letter_is_traced_to_its_own_letters(
    coded: Callable[[str], str],
) -> None:
    before, word, after = "eine Brücke in ", "größer", ", 100% Nebel"
    read = canonicalise(coded(before + word + after)).primary
    begin = read.text.index("grosser")
    assert read.span(begin, begin + 7) == (len(coded(before)), len(coded(before + word)))


def _in_base64(text: str, times: int = 1) -> str:
    for _ in range(times):
        text = base64.b64encode(text.encode()).decode()
    return text


@pytest.mark.parametrize("pieces", [1, 4, 9, 40])
def test_a_coded_passage_is_read_however_many_others_stand_before_it(pieces: int) -> None:
    # Given that readings of one prompt are limited
    padding = ", ".join(_in_base64(f"a calm lake at dawn, picture {number}") for number in range(pieces))
    hidden = _in_base64("a grim statue")

    # When
    text = canonicalise(f"{padding}, {hidden}")

    # Then the last passage is read too, and traced
    spans = [v.span(v.text.index("grim"), v.text.index("grim") + 4) for v in text.views if "grim" in v.text]
    assert (len(padding) + 2, len(padding) + 2 + len(hidden)) in spans
    assert not text.unreadable


def test_what_is_coded_deeper_than_is_undone_is_unreadable() -> None:
    for depth in range(1, 8):
        prompt = f"draw {_in_base64('a grim statue at dusk', depth)} please"
        text = canonicalise(prompt)
        assert any("grim" in view.text for view in text.views) is (depth <= 3)
        assert (prompt[5:-7] in [prompt[slice(*span)] for span in text.unreadable]) is (depth > 3)


_NOISE = [
    "Nn9ahj/VhcRAiYozLT+FsRTWArDIwTvcfyWo1tPq1K5sSEZEzddCww==",
    "vc0EyyZEANDUB4Vq2Afv0qPf5ag+ElXmkH6DqG1Fio+dEvrh7D9d0w==",
]
_HIDDEN = [_in_base64("a grim statue", 3), _in_base64("a grim statue"), b"a grim statue".hex()]
_BESIDE = [
    *_NOISE,
    *(_in_base64("two boats on a river", times) for times in (1, 2, 3)),
    b"the old man and the sea".hex(),
    codecs.encode("people walk in the park", "rot13"),
    "people walk in the park"[::-1],
    "the old man and the sea",
]


@pytest.mark.parametrize(
    "pieces",
    [
        [*_NOISE, _HIDDEN[0], "the old man and the sea", "two boats on a river"],
        [_HIDDEN[0], b"two boats on a river".hex(), _in_base64("people walk in the park"), _BESIDE[5]],
    ],
)
def test_what_there_is_no_room_to_decode_is_unreadable(pieces: list[str]) -> None:
    _assert_read_or_reported(pieces, _HIDDEN[0])


@settings(max_examples=40, derandomize=True, deadline=None)
@given(st.lists(st.sampled_from(_BESIDE), max_size=5), st.sampled_from(_HIDDEN), st.integers(0, 5))
def test_whatever_stands_beside_it_what_is_coded_is_read_or_reported(beside: list[str], hidden: str, at: int) -> None:
    _assert_read_or_reported([*beside[:at], hidden, *beside[at:]], hidden)


def _assert_read_or_reported(pieces: list[str], hidden: str) -> None:
    prompt = ", ".join(pieces)
    text, begin = canonicalise(prompt), prompt.index(hidden)
    reported = any(first <= begin and begin + len(hidden) <= last for first, last in text.unreadable)
    assert reported or any("grim" in view.text for view in text.views)


@pytest.mark.parametrize("times", [0, 1, 2])
def test_what_looks_coded_and_is_not_is_unreadable_inside_a_coding_too(times: int) -> None:
    noise = base64.b64encode(Random(1).randbytes(60)).decode()
    coded = _in_base64(f"a picture of {noise}", times) if times else noise
    assert canonicalise(f"draw {coded} please").unreadable == ((5, 5 + len(coded)),)


@pytest.mark.parametrize(
    "prompt", ["tom &amp;amp; jerry at 100%", "tom & jerry at 100%25", "tom %26 jerry at 100&percnt;"]
)
def test_signs_that_are_coded_are_undone_and_percentages_are_none(prompt: str) -> None:
    assert canonicalise(prompt).primary.text == "tom & jerry at 100%"
    assert canonicalise(f"50%ff, {prompt}").primary.text == "50%ff, tom & jerry at 100%"


@pytest.mark.parametrize("times", [3, 4, 40, 2_000])
def test_a_percent_sign_coded_again_and_again_is_undone(times: int) -> None:
    prompt = f"a %{'25' * times}67rim statue"
    assert canonicalise(prompt).primary.text == "a grim statue"


def test_entities_inside_entities_are_undone() -> None:
    prompt = "grim"
    for _ in range(4):
        prompt = "".join(f"&#{ord(letter)};" for letter in prompt)
    text = canonicalise(prompt)
    assert text.primary.text == "grim" and text.primary.span(0, 4) == (0, len(prompt))


@pytest.mark.parametrize(
    "prompt",
    [
        SENTENCE,
        "a red circle moves left to right over a blue background",
        "drone shot, 8k, 60fps, 35mm film, 3d render, 1080p!",
        "обычный день в парке",
        "一只猫在花园里奔跑",
        "镜头缓缓推进，展示老人的双手，背景是雪山。苏珊·柯林斯走过石桥",
        "un train de 8h30 arrive",
        "Internationalisierungsbeauftragte",
        f"a flag of England \U0001f3f4{_in_tags('gbeng')}\U000e007f in the wind",
    ],
)
def test_honest_text_has_one_reading(prompt: str) -> None:
    assert [view.kind for view in canonicalise(prompt).views] == [ViewKind.PLAIN]


@pytest.mark.parametrize("sign", ["，", ",", ".", "·", " ", "*", "-"])
def test_signs_between_chinese_characters_are_undone_where_a_character_stands_alone(sign: str) -> None:
    for masked in (sign.join("一个裸体的人"), f"画里有人，裸{sign}体的人在走"):
        assert any("裸体的人" in view.text for view in canonicalise(masked).views)


@pytest.mark.parametrize("prompt", ["g r i m   s t a t u e", "g.r.i.m s.t.a.t.u.e", "g r i m  s t a t u e ,  t a l l"])
def test_the_gaps_between_words_outlast_those_between_letters(prompt: str) -> None:
    assert any("grim statue" in view.text for view in canonicalise(prompt).views)


@pytest.mark.parametrize(
    ("drawn", "word"),
    [("griiiim", "grim"), ("balloooot", "ballot"), ("seeee", "see"), ("ppoottss", "pots"), ("aaaa ppoottss", "pots")],
)
def test_drawn_out_and_doubled_letters_are_read_each_way(drawn: str, word: str) -> None:
    assert any(word in view.text.split() for view in canonicalise(f"a {drawn} there").views)


@pytest.mark.parametrize("sentence", ["एक औरत सड़क पर धीरे चलती है", "ผู้หญิงเดินบนถนน", "วิธีทำอาหารไทยที่บ้าน"])
@pytest.mark.parametrize(("sign", "gap"), [(" ", "   "), (".", " "), ("*", " "), ("-", " ")])
def test_vowel_signs_and_tone_marks_are_joined_to_their_letters_again(sentence: str, sign: str, gap: str) -> None:
    # Given every character apart, also those that stand above and below others
    prompt = gap.join(sign.join(word) for word in sentence.split())

    # When
    views = canonicalise(prompt).views

    # Then it is read as it was, and traced
    plain = canonicalise(sentence).primary.text
    view = next(v for v in views if v.text == plain)
    assert view.span(0, len(plain)) == (0, len(prompt))


@pytest.mark.parametrize("sentence", ["वह तो घर में ही है", "न तो मैं, न वह", "यह है तो सही"])
def test_short_words_of_hindi_stay_words(sentence: str) -> None:
    assert [v.kind for v in canonicalise(sentence).views] == [ViewKind.PLAIN]


def test_numbers_are_words_where_digits_stand_for_letters_throughout() -> None:
    throughout = canonicalise("h0w 70 dr4w 4 gr1m 574tu3 0n 7h3 b34ch").views
    assert any(view.text == "how to draw a grim statue on the beach" for view in throughout)
    here_and_there = canonicalise("70 people draw 4 gr1m statues in 2 hours for a film").views
    assert all("70 people draw 4" in view.text and "in 2 hours" in view.text for view in here_and_there)


def test_letters_of_another_script_stay_in_their_own_words() -> None:
    text = "красная машина едет по улице"
    assert canonicalise(text).primary.text == text


def test_scripts_are_composed_and_latin_is_stripped() -> None:
    composed = canonicalise("JOSÉ Łódź Straße Œuvre thực \u1112\u1161\u11ab ｶﾞ كِتَـــاب").primary.text
    assert canonicalise("thực").primary.text == "thuc"
    assert composed == "jose lodz strasse oeuvre thuc 한 ガ كتاب"


def test_the_size_limit_is_exact() -> None:
    assert canonicalise("a" * MAX_CHARACTERS).primary.text
    with pytest.raises(PromptTooLongError, match="10,001"):
        canonicalise("a" * (MAX_CHARACTERS + 1))


HOSTILE = st.text(
    alphabet=st.one_of(
        st.characters(),  # any code point, lone surrogates too
        st.sampled_from("\u202e\u202d\u202c\u200b\u0301\u0336&#x;amplt0123 .-_\n\u1100\u1161\u11a8\uff9e🅰🇦"),
    ),
    max_size=60,
)


def _assert_offsets_hold(text: CanonicalText) -> None:
    for view in text.views:
        assert len(view.offsets) == len(view.text) + 1
        assert len(view.ends) == len(view.text)
        for index, end in enumerate(view.ends):
            assert 0 <= view.offsets[index] < end <= len(text.original)
        if view.kind not in (ViewKind.REVERSED, ViewKind.BIDI, ViewKind.UPSIDE_DOWN):
            assert list(view.offsets) == sorted(view.offsets)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(HOSTILE)
def test_no_text_breaks_the_reading_or_its_offsets(text: str) -> None:
    _assert_offsets_hold(canonicalise(text))


@settings(max_examples=300, derandomize=True, deadline=None)
@given(HOSTILE | st.text(st.characters(codec="ascii")))
def test_the_plain_view_alone_is_the_plain_view(text: str) -> None:
    assert read_plainly(text) == canonicalise(text).primary.text


@settings(max_examples=200, derandomize=True, deadline=None)
@given(HOSTILE)
def test_reading_a_reading_changes_nothing(text: str) -> None:
    once = canonicalise(text).primary.text
    if "&" not in once:  # an entity nested beyond the rounds we undo is left for the next reader
        assert canonicalise(once).primary.text == once


@settings(max_examples=60, derandomize=True, deadline=None)
@given(HOSTILE, st.integers(0, 60), st.integers(0, 60))
def test_a_span_outside_the_view_is_an_error(text: str, start: int, length: int) -> None:
    view = canonicalise(text).primary
    for outside in ((-1, 0), (1, 0)):
        with pytest.raises(ValueError, match="not inside"):
            view.span(*outside)
    if start + length <= len(view.text):
        begin, end = view.span(start, start + length)
        assert 0 <= begin <= end <= len(text)
    else:
        with pytest.raises(ValueError, match="not inside"):
            view.span(start, start + length)
