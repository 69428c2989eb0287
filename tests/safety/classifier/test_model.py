"""Weights that do not fit this program are an error at start; scores of mixed texts are the strictest."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from touchmark.safety.canonical import canonicalise
from touchmark.safety.classifier.features import buckets
from touchmark.safety.classifier.model import GROUPS, ClassifierBrokenError, PromptClassifier
from touchmark.safety.classifier.train import save
from touchmark.safety.decision import Category
from touchmark.safety.language import LanguageGroup

TWO = (Category.SEXUAL, Category.ILLEGAL)


def _small() -> PromptClassifier:
    weights = np.random.default_rng(2).normal(size=(buckets(), 2)).astype(np.float16).astype(np.float32)
    return PromptClassifier.uncalibrated(TWO, weights)


def _altered(path: Path, **changed: np.ndarray) -> str:  # type: ignore[type-arg]
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files} | changed
    np.savez(path, **arrays)  # type: ignore[arg-type]
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_is_saved_is_loaded_and_equal_weights_are_equal_files(tmp_path: Path) -> None:
    model = _small()
    first, second = save(model, tmp_path / "a.npz"), save(model, tmp_path / "b.npz")
    loaded = PromptClassifier.load(tmp_path / "a.npz", first)
    assert first == second
    assert loaded.order == TWO and np.array_equal(loaded.raw("a text")[0], model.raw("a text")[0])


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"lists": np.asarray("0" * 64)}, "other lists of concepts and glosses"),
        ({"weights": np.zeros((10, 2), dtype=np.float16)}, "'weights'"),
        ({"offset": np.zeros((2, 1), dtype=np.float32)}, "'offset'"),
        ({"slope": np.asarray([1.0, np.nan], dtype=np.float32)}, "'slope'"),
        ({"categories": np.asarray(["sexual", "no such"])}, "do not hold"),
    ],
)
def test_weights_that_do_not_fit_are_named(tmp_path: Path, changed: dict[str, np.ndarray], problem: str) -> None:  # type: ignore[type-arg]
    save(_small(), tmp_path / "w.npz")
    digest = _altered(tmp_path / "w.npz", **changed)
    with pytest.raises(ClassifierBrokenError, match=problem):
        PromptClassifier.load(tmp_path / "w.npz", digest)


def test_of_several_groups_of_languages_the_strictest_counts() -> None:
    model = _small()
    model.offset[:, GROUPS.index(LanguageGroup.THAI)] = 2.0
    raw = np.zeros(2, dtype=np.float32)
    english, mixed = (
        model.calibrated(raw, groups)
        for groups in (frozenset({LanguageGroup.ENGLISH}), frozenset({LanguageGroup.ENGLISH, LanguageGroup.THAI}))
    )
    assert (mixed > english).all()


def test_the_span_of_a_score_lies_where_the_words_were_typed() -> None:
    shipped = PromptClassifier.load()
    text = "A calm lake. A man is beheaded and blood sprays everywhere. Birds sing."
    start, end = shipped.scores(canonicalise(text))[Category.VIOLENCE_GORE].span
    assert "beheaded" in text[start:end] and "lake" not in text[start:end]
