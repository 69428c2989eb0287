"""A request is checked when it is made, and its digest stands for every field of it."""

from __future__ import annotations

import dataclasses
import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touchmark.generation.request import MAX_FRAME_RATE, MAX_SEED, MAX_TEXT, GenerationRequest, RequestError

words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40).filter(lambda text: text.strip())
models = st.none() | words.filter(lambda text: "\0" not in text)
sides = st.none() | st.integers(8, 4096).map(lambda half: 2 * half)
rates = st.none() | st.fractions(min_value=1, max_value=MAX_FRAME_RATE, max_denominator=1001)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "prompt": words,
    "negative_prompt": st.just("") | words,
    "model": models,
    "width": sides,
    "height": sides,
    "num_frames": st.none() | st.integers(1, 20_000),
    "frame_rate": rates,
    "steps": st.none() | st.integers(1, 1000),
    "guidance": st.none() | st.floats(0, 100),
    "seed": st.integers(0, MAX_SEED),
    "latent_mark": st.booleans(),
}
requests = st.builds(GenerationRequest, **FIELDS)


def test_strategies_cover_every_field() -> None:
    # Otherwise a field added later would escape the properties below.
    assert set(FIELDS) == {field.name for field in dataclasses.fields(GenerationRequest)}


@settings(max_examples=150, derandomize=True, deadline=None)
@given(request=requests, name=st.sampled_from(sorted(FIELDS)), data=st.data())
def test_any_change_of_any_field_changes_the_digest(request: GenerationRequest, name: str, data: st.DataObject) -> None:
    changed = dataclasses.replace(request, **{name: data.draw(FIELDS[name])})
    assert (changed.digest == request.digest) == (changed == request)


@settings(max_examples=50, derandomize=True, deadline=None)
@given(first=words, second=words)
def test_text_cannot_move_between_fields(first: str, second: str) -> None:
    a = GenerationRequest(prompt=first, negative_prompt=second)
    b = GenerationRequest(prompt=second, negative_prompt=first)
    joined = GenerationRequest(prompt=f'{first}","negative_prompt":"{second}')
    assert (a.digest == b.digest) == (first == second)
    assert joined.digest != a.digest


def test_digest_is_stable_between_versions() -> None:
    # Ledgers and clearances outlive a process: this value may change only together with DIGEST_DOMAIN.
    assert GenerationRequest(prompt="a red circle", seed=7, frame_rate=Fraction(30000, 1001)).digest == (
        "a36ebf6bdb8967237b75609502b4bad743bbdd057f565000075713d13a857e92"
    )


def test_spellings_of_one_number_are_one_request() -> None:
    a = GenerationRequest(prompt="p", guidance=5, frame_rate=24)  # type: ignore[arg-type]
    b = GenerationRequest(prompt="p", guidance=5.0, frame_rate=Fraction(48, 2))
    assert a == b
    assert a.digest == b.digest
    assert GenerationRequest(prompt="p", guidance=-0.0).digest == GenerationRequest(prompt="p", guidance=0.0).digest


def test_none_is_not_the_text_none() -> None:
    assert GenerationRequest(prompt="p", model=None).digest != GenerationRequest(prompt="p", model="null").digest


def test_digest_does_not_fold_look_alikes() -> None:
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    assert GenerationRequest(prompt=composed).digest != GenerationRequest(prompt=decomposed).digest


def test_texts_are_all_that_a_person_wrote() -> None:
    assert GenerationRequest(prompt="p").texts() == {"prompt": "p"}
    assert GenerationRequest(prompt="p", negative_prompt="n").texts() == {"prompt": "p", "negative_prompt": "n"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("prompt", ""),
        ("prompt", " \n\t\u3000"),
        ("prompt", None),
        ("prompt", b"bytes"),
        ("prompt", "x" * (MAX_TEXT + 1)),
        ("prompt", "half a \ud83d pair"),
        ("negative_prompt", None),
        ("negative_prompt", "x" * (MAX_TEXT + 1)),
        ("model", ""),
        ("model", "a\0b"),
        ("model", 3),
        ("width", 0),
        ("width", -128),
        ("width", 129),
        ("width", 128.0),
        ("width", True),
        ("height", 10_000),
        ("num_frames", 0),
        ("num_frames", 10**9),
        ("frame_rate", Fraction(0)),
        ("frame_rate", Fraction(-24)),
        ("frame_rate", 23.976),
        ("frame_rate", MAX_FRAME_RATE + 1),
        ("frame_rate", Fraction(1, 10**9)),
        ("steps", 0),
        ("steps", "20"),
        ("guidance", float("nan")),
        ("guidance", float("inf")),
        ("guidance", -1.0),
        ("guidance", True),
        ("seed", -1),
        ("seed", 2**63),
        ("seed", None),
        ("seed", 1.0),
        ("latent_mark", None),
        ("latent_mark", 1),
    ],
)
def test_bad_field_is_named(field: str, value: object) -> None:
    with pytest.raises(RequestError) as caught:
        GenerationRequest(**{"prompt": "a red circle", field: value})  # type: ignore[arg-type]
    assert caught.value.field == field
    assert caught.value.expected
    assert len(caught.value.got) <= 60
    assert caught.value.exit_status == 64
    assert field in str(caught.value)


def test_a_request_cannot_be_changed() -> None:
    request = GenerationRequest(prompt="p")
    with pytest.raises(dataclasses.FrozenInstanceError):
        request.prompt = "q"  # type: ignore[misc]
    with pytest.raises((AttributeError, TypeError)):
        request.note = "n"  # type: ignore[attr-defined]


def test_canonical_form_survives_json() -> None:
    request = GenerationRequest(prompt="p", guidance=0.1, frame_rate=Fraction(24000, 1001), seed=MAX_SEED)
    copied = GenerationRequest(
        prompt="p",
        guidance=json.loads(json.dumps(0.1)),
        frame_rate=Fraction("24000/1001"),
        seed=json.loads(str(MAX_SEED)),
    )
    assert copied.digest == request.digest
