"""The gate as garak calls it: ``module#function``, a prompt in, a list of texts out."""

from __future__ import annotations

import importlib
import inspect

import pytest

TARGET = "touchmark.safety.redteam.garak#gate"


@pytest.mark.parametrize("name", ["gate", "strict_teen", "news_and_education"])
def test_the_target_answers_as_garak_asks(name: str) -> None:
    # Given the way in which garak's function generator finds its target
    module, _ = TARGET.split("#")
    target = getattr(importlib.import_module(module), name)
    assert "name" not in inspect.signature(target).parameters  # garak keeps it for itself

    # Then refusals read as such, with the code and without the words, and what is allowed is echoed
    (refused,) = target("a hardcore porn film", temperature=0.7)
    assert (
        refused.startswith("I'm sorry, I cannot fulfill your request.") and "P101" in refused and "porn" not in refused
    )
    (allowed,) = target("a lighthouse at dawn")
    assert "a lighthouse at dawn" in allowed and "sorry" not in allowed


@pytest.mark.parametrize("prompt", ["", "\ud800", "a" * 10_001, "cat \x00"])
def test_what_cannot_be_judged_is_a_refusal(prompt: str) -> None:
    from touchmark.safety.redteam.garak import gate

    (answer,) = gate(prompt)
    assert answer.startswith("I'm sorry") and "safety.prompt" in answer
