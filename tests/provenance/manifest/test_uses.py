"""What is said of training and mining: a permission is what is written as one, and nothing else ever is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touchmark.provenance.manifest.inputs import PURPOSES, TrainingMining, Use
from touchmark.provenance.manifest.uses import ReportedUse, uses_of


def _entries(**of: Any) -> dict[str, Any]:
    return {"entries": {f"cawg.{purpose}": entry for purpose, entry in of.items()}}


@pytest.mark.parametrize("prefix", ["cawg.", "c2pa."])
@pytest.mark.parametrize("use", Use)
def test_what_the_standard_says_is_read(use: Use, prefix: str) -> None:
    constraint = "ask us first" if use is Use.CONSTRAINED else ""
    data = TrainingMining(use, constraint).assertion()["data"]
    data = {"entries": {name.replace("cawg.", prefix): entry for name, entry in data["entries"].items()}}
    assert uses_of([data]) == tuple(ReportedUse(purpose, use, constraint) for purpose in PURPOSES)


def test_a_wish_without_the_map_around_it_is_heard_and_a_permission_is_not() -> None:
    data = {"cawg.data_mining": {"use": "notAllowed"}, "cawg.ai_training": {"use": "allowed"}}
    assert uses_of([data]) == (ReportedUse("ai_training", None), ReportedUse("data_mining", Use.NOT_ALLOWED))


@pytest.mark.parametrize(
    "entry",
    [
        {"use": "maybe"},
        {"use": "Allowed"},
        {"use": "allowed "},
        {"use": True},
        {"use": ["allowed"]},
        {"use": {"allowed": "allowed"}},
        {"use": "allowed", "constraint_info": "for a fee"},
        {"use": "constrained"},
        {"use": "constrained", "constraint_info": " "},
        {"use": "constrained", "constraint_info": 7},
        {},
        None,
        "allowed",
        ["allowed"],
        True,
    ],
)
def test_nonsense_is_unknown(entry: Any) -> None:
    assert uses_of([_entries(ai_training=entry)]) == (ReportedUse("ai_training", None),)


@pytest.mark.parametrize("data", [None, [], {}, "allowed", {"entries": None}, {"entries": {}}, {"entries": ["x"]}])
def test_what_has_no_entries_is_unknown(data: Any) -> None:
    assert uses_of([data]) == (ReportedUse("", None),)


def test_more_than_anybody_writes_is_unknown() -> None:
    assert uses_of([_entries(**{f"x{i}": {"use": "allowed"} for i in range(10_000)})]) == (ReportedUse("", None),)


def test_a_purpose_that_is_not_known_is_named() -> None:
    (told,) = uses_of([{"entries": {"com.example." + "x" * 5000: {"use": "allowed"}}}])
    assert told.use is None
    assert len(told.purpose) <= 200


def test_who_says_two_things_permits_nothing() -> None:
    allowed, refused = _entries(data_mining={"use": "allowed"}), _entries(data_mining={"use": "notAllowed"})
    for said in ([allowed, refused], [refused, allowed], [allowed, refused, allowed]):
        assert uses_of(said) == (ReportedUse("data_mining", None),)
    assert uses_of([allowed, allowed]) == (ReportedUse("data_mining", Use.ALLOWED),)


def test_a_condition_of_a_megabyte_is_cut() -> None:
    (told,) = uses_of([_entries(data_mining={"use": "constrained", "constraint_info": "x" * (1 << 20)})])
    assert told.use is Use.CONSTRAINED
    assert len(told.constraint) == 200


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["allowed", "use", "entries", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["entries", "use", "cawg.ai_training", "constraint_info"]), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(data=st.lists(values, max_size=3))
def test_nothing_but_a_permission_is_one(data: list[Any]) -> None:
    allowed = [told for told in uses_of(data) if told.use is Use.ALLOWED]
    written = all(
        isinstance(one, dict) and one.get("entries", {}).get("cawg.ai_training", {}).get("use") == "allowed"
        for one in data
        if allowed
    )
    assert not allowed or written
