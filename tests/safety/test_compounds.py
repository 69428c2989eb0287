"""In scripts without spaces a word stands in another by accident, and means nothing there."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from touchmark.safety.automaton import Enclosures
from touchmark.safety.canonical import canonicalise, read_plainly
from touchmark.safety.classifier.meanings import meanings
from touchmark.safety.document import POLICIES
from touchmark.safety.lexicon import Lexicon, compounds
from touchmark.safety.policy import Policy

HARMLESS = [
    "两位女性交谈，在咖啡馆里喝咖啡",  # women talk
    "动画片中角色情绪激动，流下眼泪",  # a character is moved
    "蓝色情人节的餐桌",  # a blue Valentine's Day
    "一家人做爱心早餐",  # breakfast in the shape of a heart
    "十字路口交通繁忙，夜景",  # traffic at a crossing
    "志愿者独自慰问老人",  # a volunteer looks after the old
    "人群交谈的集市",  # a crowd talks
    "黄片岩的地质纹理",  # yellow schist
    "弓箭手射精准的一箭",  # an archer's exact shot
    "赤いフェラーリが走る",  # a Ferrari
    "カフェラテの泡",  # a latte
    "イエローのドレス",  # yellow
    "サセックスの海岸",  # Sussex
    "同性愛者のパレード",  # a parade
    "전성기의 축구 선수",  # a player in his prime
    "청소년 성교육 강의실",  # lessons on sex
    "자위대 헬기",  # a helicopter of the forces
    "नंगे पांव चलता किसान",  # barefoot
    "โป๊ป ฟรานซิส โบกมือ",  # the Pope
]
HARMFUL = [
    "男女性交的视频",
    "女人口交",
    "做爱好爽",
    "可以自慰",
    "人物色情影片",
    "和情人做爱",
    "口交特写",
    "独自自慰",
    "フェラ動画",
    "セックスする二人",
    "자위행위 영상",
]


def _concepts(text: str) -> set[str]:
    found, _ = meanings().find(canonicalise(text).primary.text)
    return {meanings().concepts[number] for number in found.numbers}


@pytest.fixture(scope="module")
def sexual() -> Lexicon:
    return Lexicon.load("sexual")


@pytest.mark.parametrize("text", HARMLESS)
def test_what_letters_spell_by_accident_is_neither_term_nor_concept(sexual: Lexicon, text: str) -> None:
    read = canonicalise(text)
    assert not sexual.find(read)
    assert not _concepts(text) & {"sexact", "porn", "bodypart", "nude"}


@pytest.mark.parametrize("text", HARMFUL)
def test_what_they_spell_on_purpose_is_found(sexual: Lexicon, text: str) -> None:
    assert sexual.find(canonicalise(text))


@pytest.mark.parametrize(("accident", "harm"), list(itertools.product(HARMLESS[:9], HARMFUL[:5])))
def test_an_accident_excuses_nothing_beside_it(sexual: Lexicon, accident: str, harm: str) -> None:
    assert sexual.find(canonicalise(accident + harm))
    assert sexual.find(canonicalise(harm + accident))


def test_every_compound_holds_a_term_or_a_concept() -> None:
    lexicons = [yaml.safe_load(path.read_bytes()) for path in (POLICIES / "lexicons").glob("*.yaml")]
    held = {read_plainly(term) for file in lexicons for kind in ("strong", "weak") for term in file.get(kind, ())}
    listed = yaml.safe_load(Path("safety/classifier/concepts.yaml").read_bytes())
    held |= {
        read_plainly(str(beginning).partition("@")[0].rstrip("$"))
        for beginnings in listed.values()
        for beginning in beginnings
    }
    assert [word for word in compounds() if not any(term in word and term != word for term in held)] == []


@pytest.mark.parametrize("text", ["كرة القدم", "يستخدم الحاسوب", "خادم المنزل", "الميكانيكي والسيارة", "نزهة بيكنيك"])
def test_the_end_of_an_arabic_word_is_not_another_word(text: str) -> None:
    assert not {"blood", "sexact"} & _concepts(text)


@pytest.mark.parametrize("text", ["بالدم", "والدم", "للدم", "قتله", "وقتل", "سيقتل", "القتل", "مقتل الجندي"])
def test_arabic_particles_join_on_in_front(text: str) -> None:
    assert {"blood", "kill"} & _concepts(text)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30))), st.tuples(st.integers(0, 30), st.integers(0, 30)))
def test_stretches_hold_what_one_of_them_holds(spans: list[tuple[int, int]], asked: tuple[int, int]) -> None:
    begin, end = asked
    assert Enclosures(spans).hold(begin, end) == any(b <= begin and end <= e for b, e in spans)


def test_a_policy_reads_compounds_whatever_terms_it_adds() -> None:
    terms = Policy.load("default").categories[0].terms
    assert terms is not None
    also = terms.also.model_copy(update={"strong": ("性交",)})
    assert not Lexicon.load("sexual", also).find(canonicalise("女性交谈"))
