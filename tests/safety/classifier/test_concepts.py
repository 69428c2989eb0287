"""One meaning is one feature, in whatever language it is written."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touchmark.safety.canonical import canonicalise
from touchmark.safety.classifier.concepts import concepts


def _found(text: str) -> set[str]:
    listed = concepts()
    return {listed.names[number] for _, number in listed.find(canonicalise(text).primary.text)}


@pytest.mark.parametrize(
    "text",
    [
        "a bomb", "una bomba casera", "uma bomba", "une bombe", "Sprengstoff", "merakit bom", "el yapımı bomba",
        "chế tạo bom", "самодельная бомба", "صنع القنبلة", "बम बनाना", "制造炸弹",
        "爆弾を作る", "폭탄을 만드는", "ทำระเบิด",
    ],
)  # fmt: skip
def test_a_meaning_is_found_in_every_language_served(text: str) -> None:
    assert "bomb" in _found(text)


@pytest.mark.parametrize(
    ("concept", "texts"),
    [
        (
            "covert",
            [
                "without anyone knowing", "sin que nadie lo vea", "sem que ninguém saiba", "en cachette", "heimlich",
                "diam-diam", "tanpa ketahuan", "gizlice", "lén lút", "незаметно", "دون أن يعلم أحد", "चुपके से",
                "不被发现", "こっそり", "몰래", "โดยไม่มีใครรู้",
            ],
        ),
        (
            "crimename",
            [
                "manslaughter", "el homicidio", "a difamação", "la trahison", "die Verleumdung", "pencemaran nama baik",
                "soykırım", "tội giết người", "клевета", "القتل غير العمد", "मानहानि", "过失杀人", "名誉毀損",
                "명예훼손", "การหมิ่นประมาท",
            ],
        ),
        (
            "idiom",
            [
                "kill two birds with one stone", "matar el tiempo", "quebrar o gelo", "tuer le temps",
                "das Eis brechen", "membunuh waktu", "vakit öldürmek", "giết thời gian", "убить время", "أقتل الوقت",
                "दिल चुराना", "一石二鸟", "一石二鳥", "시간 때우기", "ฆ่าเวลา",
            ],
        ),
        (
            "whatis",
            [
                "what is arson", "¿qué significa?", "o que é isso", "qu'est-ce que c'est", "was bedeutet das",
                "apa itu", "bu nedir", "nghĩa là gì", "что такое", "ما هو", "इसका मतलब क्या है", "什么是", "とは何ですか",
                "무슨 뜻이야", "คืออะไร",
            ],
        ),
    ],
)  # fmt: skip
def test_how_a_thing_is_asked_is_found_in_every_language_served(concept: str, texts: list[str]) -> None:
    assert [text for text in texts if concept not in _found(text)] == []


@pytest.mark.parametrize(
    ("concept", "texts"),
    [
        (
            "role",
            [
                "the jurors", "una jueza", "um policial", "une infirmière", "der Richter", "một thẩm phán", "свидетель",
                "القاضي", "पत्रकार", "法官", "看護師", "경찰", "ผู้พิพากษา",
            ],
        ),
        ("crowdplace", ["a petrol station", "una gasolinera", "محطة وقود", "trạm xăng", "ปั๊มน้ำมัน"]),
        ("defence", ["someone grabs me", "defensa personal", "الدفاع عن النفس", "tự vệ", "ป้องกันตัว"]),
        ("pastage", ["in the 19th century", "en la Edad Media", "الرومان", "thời xưa", "สมัยก่อน"]),
    ],
)  # fmt: skip
def test_whom_and_when_a_request_is_about_is_found_in_several_languages(concept: str, texts: list[str]) -> None:
    assert [text for text in texts if concept not in _found(text)] == []


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("a singer on stage", "dehuman"), ("the skilled potter", "kill"), ("a begun task", "gun"),
        ("hundred", "nature"), ("المدير في مكتبه", "crowdplace"), ("يحتاج إلى شيء", "role"),
    ],
)  # fmt: skip
def test_a_meaning_begins_a_word_and_some_are_whole_words(text: str, concept: str) -> None:
    assert concept not in _found(text)


def test_disguised_capitals_and_accents_make_no_difference() -> None:
    assert _found("SUICÍDIO") == _found("suicidio")


def test_places_are_in_reading_order_and_inside_the_text() -> None:
    found = concepts().find("how to poison a film about bombs")
    assert found == sorted(set(found)) and len(found) >= 4


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.text(max_size=200))
def test_any_text_can_be_searched(text: str) -> None:
    canonical = canonicalise(text).primary.text
    assert all(0 <= begin < len(canonical) for begin, _ in concepts().find(canonical))
