"""Labelled prompts are read with care: doubtful labels count less, some rows are never read, folds are stable."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from touchmark.safety.classifier.sources import FOLDS, WHOLE_SOURCES, PromptFolderError, fold, read
from touchmark.safety.decision import Category


def _folder(path: Path, stem: str, *rows: dict[str, Any]) -> Path:
    base = {"lang": "en", "category": "none", "label": "safe", "source": "COCO-captions"}
    lines = [json.dumps({**base, "id": str(number), **row}) for number, row in enumerate(rows)]
    (path / f"{stem}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return path


def test_categories_of_others_become_ours(tmp_path: Path) -> None:
    folder = _folder(
        tmp_path,
        "chat",
        {"text": "a cat"},
        {"text": "a grim thing", "label": "unsafe", "category": "shocking"},
        {"text": "how to make a bomb", "label": "unsafe", "category": "other_harm"},
    )
    assert [row.category for row in read(folder)] == [None, Category.VIOLENCE_GORE, Category.WEAPONS_DANGEROUS]


def test_rows_that_no_one_should_learn_from_are_left_out(tmp_path: Path) -> None:
    folder = _folder(
        tmp_path,
        "chat",
        {"text": "anything", "label": "unsafe", "category": "sexual_minors"},
        {"text": "in the park", "label": "unsafe", "category": "sexual", "source": "Ring-A-Bell-concept"},
        {"text": "disputed", "label": "unsafe", "category": "borderline_text"},
    )
    assert list(read(folder)) == []


def test_a_label_that_speaks_of_the_picture_is_measured_but_not_learnt(tmp_path: Path) -> None:
    rows = read(
        _folder(
            tmp_path,
            "t2i_i2p",
            {"text": "something", "label": "unsafe", "category": "violence", "prompt_toxicity": 0.1, "source": "I2P"},
            {"text": "a killing", "label": "unsafe", "category": "violence", "prompt_toxicity": 0.9, "source": "I2P"},
        )
    )
    assert [row.weight for row in rows] == [0.0, 0.5]


def test_a_fold_holds_the_whole_of_a_named_source() -> None:
    for source, number in WHOLE_SOURCES.items():
        assert {fold(source, str(i)) for i in range(20)} == {number}
    assert {fold("COCO-captions", str(i)) for i in range(100)} == set(range(FOLDS))


@pytest.mark.parametrize("line", ["{", "[]", '{"text": "a"}'])
def test_a_line_that_is_no_prompt_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "x.jsonl").write_text(line)
    with pytest.raises(PromptFolderError, match="not a labelled prompt") as caught:
        list(read(tmp_path))
    assert caught.value.subject.endswith("x.jsonl:1")


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PromptFolderError, match=r"no \.jsonl"):
        list(read(tmp_path))
