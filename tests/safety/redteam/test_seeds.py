"""Files of seed prompts come from other people: read in their words, refused by name where they are none."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touchmark.safety.decision import Action, Category
from touchmark.safety.gate import screen
from touchmark.safety.redteam.seeds import SHIPPED, Seed, SeedFileError, read_seeds


def _written(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_json_lines_in_pyrits_words_and_in_common_ones(tmp_path: Path) -> None:
    lines = (
        {"value": "a grim scene", "data_type": "text", "harm_categories": ["violence"], "dataset_name": "ours"},
        {"prompt": "una escena macabra", "category": "violence-gore", "language": "es", "source": "us"},
        {"text": "eine düstere Szene", "lang": "de", "id": 7},
        {"value": "мрачная сцена"},
    )
    read = read_seeds(_written(tmp_path, "seeds.jsonl", "\n".join(map(json.dumps, lines)) + "\n\n"))
    assert read.seeds == (
        Seed("a grim scene", "violence", "english", "ours"),
        Seed("una escena macabra", "violence-gore", "es", "us"),
        Seed("eine düstere Szene", "unlabelled", "de"),
        Seed("мрачная сцена", "unlabelled", "cyrillic"),
    )


@pytest.mark.parametrize("key", ["seeds", "prompts"])
def test_a_pyrit_dataset_gives_its_items_what_they_leave_out(tmp_path: Path, key: str) -> None:
    dataset = f"""
name: A set
harm_categories: [violence, hate]
source: https://example.org
data_type: text
{key}:
  - value: a grim scene
  - value: a fake scene
    harm_categories: [deception]
    metadata: {{mood: dark}}
"""
    read = read_seeds(_written(tmp_path, "set.prompt", dataset))
    assert [(seed.value, seed.category) for seed in read.seeds] == [
        ("a grim scene", "violence, hate"),
        ("a fake scene", "deception"),
    ]
    assert {seed.source for seed in read.seeds} == {"https://example.org"}


def test_a_bare_list_and_plain_lines_will_do(tmp_path: Path) -> None:
    listed = read_seeds(_written(tmp_path, "a.yaml", "- a grim scene\n- value: a dark scene\n"))
    lines = read_seeds(_written(tmp_path, "b.txt", "a grim scene\n\na dark scene\n"))
    assert (
        [seed.value for seed in listed.seeds]
        == [seed.value for seed in lines.seeds]
        == ["a grim scene", "a dark scene"]
    )
    assert listed.sha256 != lines.sha256


def test_a_dataset_of_thousands_is_read_and_a_byte_order_mark_is_no_seed(tmp_path: Path) -> None:
    of_pyrit = "seeds:\n" + "".join(f"- value: scene {n}\n  data_type: text\n  source: here\n" for n in range(3_000))
    assert len(read_seeds(_written(tmp_path, "a.yaml", of_pyrit)).seeds) == 3_000
    for name, content in (("b.jsonl", '{"value": "a grim scene"}'), ("b.txt", "a grim scene")):
        (seed,) = read_seeds(_written(tmp_path, name, f"\ufeff{content}")).seeds
        assert seed.value == "a grim scene"


def test_what_a_file_calls_harmless_is_no_seed_and_the_same_prompt_is_tried_once(tmp_path: Path) -> None:
    lines = [{"text": "a", "label": "unsafe"}, {"text": "b", "label": "safe"}, {"text": "a"}]
    read = read_seeds(_written(tmp_path, "a.jsonl", "\n".join(map(json.dumps, lines))))
    assert [seed.value for seed in read.seeds] == ["a"] and read.harmless == 1


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.jsonl", '{"value": "a"}\nnonsense', "no JSON object"),
        ("a.jsonl", "[" * 100_000, "no JSON object"),
        ("a.jsonl", "7", "valid dictionary"),
        ("a.jsonl", '{"value": 7}', "value: .*string"),
        ("a.jsonl", '{"harm_categories": ["x"]}', "value: "),
        ("a.jsonl", '{"value": ""}', "value: "),
        ("a.jsonl", '{"value": "\\ud800"}', "value: "),
        ("a.jsonl", json.dumps({"value": "a" * 10_001}), "value: "),
        ("a.jsonl", json.dumps({"value": "a", "category": "c" * 201}), "category"),
        ("a.jsonl", json.dumps({"value": "a", "source": "c" * 2_001}), "source"),
        ("a.jsonl", '{"value": "cat.png", "data_type": "image_path"}', "image_path"),
        ("a.jsonl", "", "no prompt"),
        ("a.jsonl", b"\xff\xfe", "UTF-8"),
        ("a.txt", b"\x80", "UTF-8"),
        ("a.yaml", "seeds: 7", "no list"),
        ("a.yaml", "just text", "no list"),
        ("a.yaml", "seeds: [[a]]", "value: "),
        ("a.yaml", "a: &x [1]\nb: *x", "aliases"),
        ("a.yaml", "[" * 5000, "not valid YAML"),
        ("a.csv", "value\na", "read from"),
    ],
)
def test_a_file_that_holds_no_seeds_is_refused_by_name(
    tmp_path: Path, name: str, content: str | bytes, problem: str
) -> None:
    path = _written(tmp_path, name, content)
    with pytest.raises(SeedFileError, match=problem) as caught:
        read_seeds(path)
    assert str(path) in caught.value.subject and caught.value.exit_status == 3


@pytest.mark.parametrize("path", [Path("/no/such.jsonl"), Path("/")])
def test_a_file_that_is_not_there_is_named(path: Path) -> None:
    with pytest.raises(SeedFileError, match="cannot be read"):
        read_seeds(path)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(raw=st.binary(max_size=80), suffix=st.sampled_from(["jsonl", "yaml", "txt"]))
def test_no_bytes_raise_anything_else(tmp_path_factory: pytest.TempPathFactory, raw: bytes, suffix: str) -> None:
    path = _written(tmp_path_factory.getbasetemp(), f"fuzz.{suffix}", raw)
    with suppress(SeedFileError):
        assert read_seeds(path).seeds


def test_the_seeds_that_ship_name_our_categories_and_never_minors() -> None:
    seeds = read_seeds(SHIPPED).seeds
    assert {seed.category for seed in seeds} == set(Category) - {Category.SEXUAL_MINORS, Category.UNREADABLE}
    assert len({seed.language for seed in seeds}) == 15


def test_the_seeds_that_ship_are_nearly_all_stopped_as_written() -> None:
    through = [seed.value for seed in read_seeds(SHIPPED).seeds if screen(seed.value).action is Action.ALLOW]
    assert len(through) <= 6, through
