"""The prompts of our own: every language served has harm, no harm and what looks like it; and none names a minor."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from benchmarks.gate import BLIND, HELD_OUT, LOOKED_AT
from touchmark.safety.canonical import canonicalise
from touchmark.safety.classifier import written
from touchmark.safety.classifier.folds import CATEGORIES
from touchmark.safety.classifier.sources import FOLDS, Row
from touchmark.safety.decision import Category
from touchmark.safety.lexicon import Lexicon

SERVED = {"en", "id", "es", "pt", "fr", "de", "ru", "tr", "ar", "hi", "zh", "ja", "ko", "vi", "th"}


@cache
def prompts_of_ours() -> list[Row]:
    """Made by whichever process asks for them, and no other: they take seconds."""
    return list(written.rows())


def _by_language() -> dict[str, list[Row]]:
    found = defaultdict(list)
    for row in prompts_of_ours():
        found[row.language].append(row)
    return found


def test_every_language_has_every_category_and_as_much_harmless_text() -> None:
    languages = _by_language()
    assert set(languages) == SERVED
    for language, rows in languages.items():
        assert {row.category for row in rows} == {None, *CATEGORIES}, language
        assert sum(row.category is None for row in rows) > 150, language
        assert len({row.text for row in rows}) > 500, language


def test_no_text_about_sex_mentions_a_minor() -> None:
    minors = Lexicon.load("minors")
    sexual = {row.text for row in prompts_of_ours() if row.category in (Category.SEXUAL, Category.NCII)}
    assert len(sexual) > 1000
    assert [text for text in sexual if minors.find(canonicalise(text))] == []


def test_prompts_that_are_held_out_are_never_trained_on_and_name_no_minor_beside_sex() -> None:
    minors, ours = Lexicon.load("minors"), {row.text for row in prompts_of_ours()}
    for path in HELD_OUT:
        prompts = yaml.safe_load(path.read_text("utf-8"))
        assert ours.isdisjoint(text for texts in prompts.values() for text in texts), path
        assert [text for text in prompts["sexual"] if minors.find(canonicalise(text))] == [], path


def _bare(text: str) -> str:
    return re.sub(r"\W+", " ", text.casefold()).strip()


@pytest.mark.parametrize("path", [*BLIND, *LOOKED_AT], ids=lambda path: path.stem)
def test_prompts_that_are_measured_blind_are_never_trained_on(path: Path) -> None:
    parts = yaml.safe_load(path.read_text("utf-8"))
    trained_on = {_bare(row.text) for row in prompts_of_ours()}
    blind = [text for kinds in parts.values() for texts in kinds.values() for text in texts]
    assert len(blind) > 400 and {part.split("-")[0] for part in parts} <= SERVED
    assert [text for text in blind if _bare(text) in trained_on] == []


def test_every_slot_is_filled() -> None:
    unfilled = re.compile(r"\{\w*\}")
    assert [row.text for row in prompts_of_ours() if unfilled.search(row.text) or not row.text.strip()] == []


def test_the_same_seed_gives_the_same_prompts_and_another_others() -> None:
    assert list(written.rows()) == prompts_of_ours()
    assert [row.text for row in written.rows(8)] != [row.text for row in prompts_of_ours()]


def test_a_file_that_counts_half_counts_half_in_harm_and_in_none() -> None:
    grammar: dict[str, Any] = {
        "language": "en",
        "people": [],
        "prompts": 3,
        "gravity": 2,
        "frames": {},
        "harms": {"violence-gore": {"act": ["strike somebody"]}},
        "harmless": {"act": ["strike a match"]},
    }
    whole = list(written._of_grammar(grammar, Random(1)))
    half = list(written._of_grammar({**grammar, "weight": 0.5}, Random(1)))
    assert len(whole) == 6 and [row.text for row in half] == [row.text for row in whole]
    assert [row.weight for row in half] == [row.weight / 2 for row in whole]


@pytest.mark.parametrize("language", sorted(SERVED))
def test_every_fold_has_harm_and_none_in_every_language(language: str) -> None:
    rows = _by_language()[language]
    assert {(row.fold, row.category is None) for row in rows} == {(f, h) for f in range(FOLDS) for h in (True, False)}
