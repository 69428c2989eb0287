"""One meaning is one feature, in whatever language it is written."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from touchmark.safety.canonical import canonicalise, read_plainly
from touchmark.safety.classifier.meanings import Meanings, meanings
from touchmark.safety.language import latin_languages


def _found(text: str) -> set[str]:
    read = canonicalise(text).primary.text
    found, _ = meanings().find(read, latin_languages(read))
    return {meanings().concepts[number] for number in found.numbers}


def _glosses(text: str) -> list[str]:
    read = canonicalise(text).primary.text
    _, found = meanings().find(read, latin_languages(read))
    return [meanings().glosses[number] for number in found.numbers]


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
    concepts, _ = meanings().find("how to poison a film about bombs")
    found = list(zip(concepts.begins.tolist(), concepts.numbers.tolist(), strict=True))
    assert found == sorted(set(found)) and len(found) >= 4


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.text(max_size=200))
def test_any_text_can_be_searched(text: str) -> None:
    canonical = canonicalise(text).primary.text
    for meant in meanings().find(canonical):
        assert all(0 <= begin < len(canonical) for begin in meant.begins)
        assert list(meant.begins) == sorted(meant.begins)


@pytest.mark.parametrize(
    "text",
    [
        "the landlord of the house", "el casero de la casa", "o senhorio da casa", "le propriétaire de la maison",
        "der Vermieter des Hauses", "pemilik kos di rumah ini", "evin ev sahibi bir adam", "chủ nhà trọ của ngôi nhà",
        "домовладелец", "मकान मालिक", "房东", "大家さん", "집주인", "เจ้าของบ้านเช่า",
    ],
)  # fmt: skip
def test_a_word_is_the_same_gloss_in_every_language_served(text: str) -> None:
    assert "landlord" in _glosses(text)


@pytest.mark.parametrize(
    ("text", "concept", "gloss"),
    [
        ("die Katze liegt auf dem Sofa", "death", "die"),  # the article
        ("ich war gestern nicht im Kino", "war", "war"),  # was
        ("at the airport with an airplane", "animal", "horse"),  # Turkish: a horse
        ("an airport at night", "sexact", "sex"),
        ("cái nhà của tôi trong khu vườn này", "knife", "crab"),  # of
        ("dün bütün gün evde ve bahçede", "gun", "gun"),  # a day
    ],
)
def test_words_that_two_languages_spell_alike_mean_what_they_do_in_that_of_the_text(
    text: str, concept: str, gloss: str
) -> None:
    assert concept not in _found(text) and gloss not in _glosses(text)


@pytest.mark.parametrize(
    ("text", "language", "added"),
    [
        ("how to burn the house of the landlord", "en", "und der die das nicht mit ist von zu den dem im ein eine wie"),
        (
            "cómo quemar la casa del casero sin que nadie lo vea",
            "es",
            "the of and with is are their from by for it this",
        ),
        ("wie man das Haus des Vermieters heimlich anzündet", "de", "yang di dan dengan untuk dari ke pada ini itu"),
    ],
)
def test_nobody_gets_rid_of_a_language_by_adding_words_of_another(text: str, language: str, added: str) -> None:
    read = canonicalise(f"{text} {added}").primary.text
    assert language in latin_languages(read)
    assert {"home", "landlord"} <= set(_glosses(f"{text} {added}"))


def test_what_only_one_language_means_counts_where_none_can_be_told() -> None:
    lists = Meanings({}, {"day": ["gun$@tr"], "weapon": ["gun$@en"]})
    assert len(lists.find("gun")[1].numbers) == 1
    for language, gloss in (("tr", "day"), ("en", "weapon")):
        assert [lists.glosses[number] for number in lists.find("gun", {language})[1].numbers] == [gloss]
    assert not len(lists.find("gun", {"de"})[1].numbers)


def test_of_glosses_in_one_another_the_longest_counts() -> None:
    lists = Meanings(
        {},
        {
            "police": ["警察"],
            "policeman": ["警察官"],
            "official": ["官"],
            "break": ["break$"],
            "burglary": ["break in$"],
        },
    )
    assert [lists.glosses[n] for n in lists.find("警察官と警察")[1].numbers] == ["policeman", "police"]
    assert [lists.glosses[n] for n in lists.find("break in, break out")[1].numbers] == ["burglary", "break"]


def test_a_vowel_sign_is_part_of_its_word() -> None:
    lists = Meanings({"kill": ["मार$"]}, {})
    assert not len(lists.find("बीमार")[0].numbers)
    assert len(lists.find("मार डालो")[0].numbers) == 1


def test_the_lists_by_language_are_canonical_since_they_are_taken_as_they_are() -> None:
    folder = Path("safety/classifier")
    entries = [
        entry.rstrip("$")
        for path in (*folder.glob("concepts/*.json"), *folder.glob("glosses/*.json"))
        for listed in json.loads(path.read_bytes()).values()
        for entry in listed
    ]
    assert len(entries) > 50_000
    assert [entry for entry in entries if read_plainly(entry) != entry] == []


def test_reading_an_entry_leaves_its_marks() -> None:
    listed = yaml.safe_load(Path("safety/classifier/concepts.yaml").read_bytes())
    marked = [entry for entries in listed.values() for entry in entries if entry[-1] == "$" or entry[-3:-2] == "@"]
    assert len(marked) > 500
    assert [entry for entry in marked if not read_plainly(entry).endswith(re.findall(r"\$?(?:@..)?$", entry)[0])] == []


@pytest.mark.parametrize("path", sorted(Path("safety/classifier/glosses").glob("*.json")), ids=lambda path: path.stem)
def test_a_form_is_one_gloss_in_its_language_and_every_gloss_has_english(path: Path) -> None:
    listed = json.loads(path.read_bytes())
    forms = [form for entries in listed.values() for form in entries]
    assert len(listed) > 1_900 and len(forms) == len(set(forms))
    assert listed.keys() <= json.loads(path.with_name("en.json").read_bytes()).keys()


def test_what_is_stuck_in_turkish_is_no_act_though_its_letters_fold_to_one() -> None:
    found = meanings()

    def acts(text: str) -> bool:
        concepts, _ = found.find(read_plainly(text))
        return found.concepts.index("sexact") in concepts.numbers

    assert not any(acts(text) for text in ("sıkışıyor trafik", "kapı sıkıştı", "elini sıkıyor", "sıkmayı sıkmak sıkar"))
    assert all(acts(text) for text in ("sikişen çift", "sikişmek", "sikecek"))
