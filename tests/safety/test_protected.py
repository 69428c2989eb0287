"""Characters, marks of brands and styles of living artists: asked for in fifteen languages, and named in passing."""

from __future__ import annotations

import pytest

from touchmark.safety.canonical import canonicalise
from touchmark.safety.classifier import PromptClassifier
from touchmark.safety.decision import Action, Category, Rule
from touchmark.safety.figures.current import shipped_index
from touchmark.safety.judge import Judge
from touchmark.safety.lexicon import Lexicon
from touchmark.safety.policy import Policy

JUDGE = Judge(Policy.load("default"), PromptClassifier.load(), shipped_index())


@pytest.mark.parametrize(
    "prompt",
    [
        "Groot dancing in a disco",
        "Master Chief from Halo on a beach",
        "ellen ripley meets the xenomorph",
        "the Michelin Man rolling down a hill",
        "蜘蛛侠荡过纽约",
        "炭治郎が刀を抜く",
        "탄지로가 춤춘다",
        "геральт из ривии у костра",
        "هاري بوتر يطير",
        "पिकाचू नाचता है",
        "โดราเอมอนกินขนม",
        "người nhện leo tường",
        "el pato donald baila",
        "a mulher-maravilha voa",
        "les schtroumpfs dansent",
        "die schlümpfe tanzen",
        "örümcek adam uçuyor",
        "upin dan ipin bermain bola",
    ],
)
def test_a_character_is_found_in_its_language(prompt: str) -> None:
    assert Lexicon.load("protected-characters").find(canonicalise(prompt))


@pytest.mark.parametrize(
    "prompt",
    [
        "a Gucci logo spinning in gold",
        "the logo of Ferrari on a black wall",
        "une affiche avec le logo de Chanel",
        "a market stall of counterfeit Rolex watches",
        "耐克的标志",
        "トヨタのエンブレム",
        "나이키 로고가 빛난다",
        "шапка с логотипом Адидас",
        "قميص عليه شعار نايكي",
        "टाटा का लोगो",
        "โลโก้ไนกี้บนกำแพง",
    ],
)
def test_the_mark_of_a_brand_is_found(prompt: str) -> None:
    assert Lexicon.load("protected-characters").find(canonicalise(prompt))


@pytest.mark.parametrize(
    "prompt",
    [
        "a man drives a Mercedes along the coast",
        "a runner in Nike shoes ties her laces",
        "an apple on a table beside a logo design book",
        "a green lantern hangs on the porch",
        "a slender man walks a cat in a red hat",
        "two angry birds fight over a crumb",
        "a bowl of strawberry shortcake",
        "the old magneto of an aircraft engine",
        "whirlpools in the Naruto Strait",
        "surfers at Ala Moana",
        "the Iron Man triathlon at dawn",
        "柯南·道尔在伦敦写作",
        "エンドルフィンが放出される",
        "người đói ngồi bên đường",
        "a subscribe button and the YouTube logo",
    ],
)
def test_ordinary_words_and_brands_in_passing_are_not(prompt: str) -> None:
    assert not Lexicon.load("protected-characters").find(canonicalise(prompt))


STYLES = [
    "a village in the style of Hayao Miyazaki",
    "宫崎骏风格的村庄",
    "宮崎駿風の村",
    "미야자키 하야오 스타일의 마을",
    "деревня в стиле Хаяо Миядзаки",
    "قرية بأسلوب هاياو ميازاكي",
    "हायाओ मियाज़ाकी की शैली में एक गाँव",
    "หมู่บ้านสไตล์ฮายาโอะ มิยาซากิ",
    "un pueblo al estilo de Hayao Miyazaki",
    "un village dans le style de Hayao Miyazaki",
    "ein dorf im stil von Hayao Miyazaki",
    "gaya Hayao Miyazaki",
    "phong cách Hayao Miyazaki",
    "Hayao Miyazaki tarzında bir köy",
]


@pytest.mark.parametrize("prompt", STYLES)
def test_a_style_is_for_the_rights_desk_and_lets_its_artists_name_count_too(prompt: str) -> None:
    """*A man punched by Christopher Nolan* asks for him, however a style is asked for."""
    decision = JUDGE.decide("0" * 64, {"prompt": prompt})
    assert decision.action is not Action.ALLOW
    assert Category.LIVING_ARTISTS in {finding.category for finding in decision.findings}


@pytest.mark.parametrize(
    "prompt",
    ["a speech given by Wes Anderson", "a man punched by Christopher Nolan", "Steven Spielberg style smiling at us"],
)
def test_no_words_around_a_name_make_a_style_of_a_person(prompt: str) -> None:
    decision = JUDGE.decide("0" * 64, {"prompt": prompt})
    assert decision.action is Action.REFUSE
    assert any(finding.rule is Rule.FIGURE for finding in decision.findings)
