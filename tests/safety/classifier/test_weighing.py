"""Another reading of a text weighs to the letter what it weighs alone, however little of it is weighed again."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from touchmark.safety.classifier.features import buckets
from touchmark.safety.classifier.weighing import weigh

WEIGHTS = np.random.default_rng(1).normal(size=(buckets(), 2)).astype(np.float32)

_WORDS = ["a", "bomb", "how to", "bom", "making", "猫", "在沙发上", "炸弹", "กิน", "собака", "x" * 60, "film.", "नंगी"]
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
    known = weigh(joint.join([first, " ".join(old), last]), WEIGHTS)
    text = another.join([first, " ".join(new), last])
    alone, again = weigh(text, WEIGHTS), weigh(text, WEIGHTS, [weigh("something else", WEIGHTS), known])
    for part in ("starts", "ends", "counts", "sums"):
        assert np.array_equal(getattr(alone, part), getattr(again, part)), part
