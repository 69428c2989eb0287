"""Another reading of a text weighs to the letter what it weighs alone, however little of it is weighed again."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from touchmark.safety.classifier.features import buckets
from touchmark.safety.classifier.weighing import weigh
from touchmark.safety.language import LATIN

WEIGHTS = np.random.default_rng(1).normal(size=(buckets(), 2)).astype(np.float32)

_WORDS = [
    "a", "bomb", "how to", "bom", "making", "猫", "在沙发上", "炸弹", "กิน", "ฆ่าคน", "собака", "x" * 60, "film.", "नंगी",
    "landlord", "房东", "breaking",
]  # fmt: skip
_PARTS = st.lists(st.sampled_from(_WORDS), max_size=60)
_JOINTS = st.sampled_from([" ", "", ", ", "\u0301"])


@settings(max_examples=300, derandomize=True, deadline=None)
@given(_PARTS, _PARTS, _PARTS, _PARTS, _JOINTS, _JOINTS)
@example(["a"] * 60, ["bomb"], [], ["b"] * 60, " ", "")
@example(["x"], [], [], ["bomb", *["a"] * 11, "how to", *["a"] * 60], " ", "")
@example([], [], ["how to"], ["bomb"] * 60, "", "")
def test_a_reading_weighs_what_it_weighs_alone(
    start: list[str], old: list[str], new: list[str], end: list[str], joint: str, another: str
) -> None:
    first, last = " ".join(start), " ".join(end)
    known = joint.join([first, " ".join(old), last])
    text = another.join([first, " ".join(new), last])
    _assert_weighs_as_alone([known, "something else", text])


_FEW = st.lists(st.sampled_from(_WORDS), max_size=3)
_CHANGES = st.lists(st.tuples(_PARTS, _FEW, _FEW), max_size=5)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(_CHANGES, _JOINTS)
@example([(["a"] * 60, ["bomb"], ["how to"]), (["b"] * 60, ["how"], []), (["film."] * 60, [], ["bomb"])], " ")
def test_a_reading_that_is_new_in_several_places_weighs_what_it_weighs_alone(
    changes: list[tuple[list[str], list[str], list[str]]], joint: str
) -> None:
    known = joint.join(" ".join((*shared, *old)) for shared, old, _ in changes)
    text = joint.join(" ".join((*shared, *new)) for shared, _, new in changes)
    words = text.split(" ")
    swapped = [" ".join((*words[:at], "bomb", *words[at + 1 :])) for at in (1, 5, 20)]
    _assert_weighs_as_alone([known, text, f"bomb {text[3:]}", *swapped, known[1:]])


def _assert_weighs_as_alone(readings: list[str]) -> None:
    for reading, weighed in zip(readings, weigh(readings, WEIGHTS, LATIN), strict=True):
        (alone,) = weigh([reading], WEIGHTS, LATIN)
        assert weighed.text == reading
        for part in ("starts", "ends", "widths"):
            assert np.array_equal(getattr(alone.cut, part), getattr(weighed.cut, part)), part
        assert np.array_equal(alone.counts, weighed.counts) and np.array_equal(alone.sums, weighed.sums)
