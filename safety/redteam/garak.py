"""The gate as a target of garak (https://github.com/NVIDIA/garak), which sends its probes to any Python function.

    garak --target_type function --target_name touchmark.safety.redteam.garak#gate --probes encoding

What is refused or sent to review is answered by the message that the user gets, behind words that garak's detectors
know for a refusal; what is allowed is answered by an echo, since the gate's model would have been asked to make it.
``strict_teen`` and ``news_and_education`` answer for the other policies that ship.
"""

from __future__ import annotations

from typing import Any

from touchmark.provenance.errors import TouchmarkError
from touchmark.safety.decision import Action
from touchmark.safety.gate import screen


def gate(prompt: str, **_: Any) -> list[str]:
    """What the gate under the policy in force says to a probe; garak's keywords change nothing."""
    return [_answer(prompt, None)]


def strict_teen(prompt: str, **_: Any) -> list[str]:
    """The same under ``strict-teen``."""
    return [_answer(prompt, "strict-teen")]


def news_and_education(prompt: str, **_: Any) -> list[str]:
    """The same under ``news-and-education``."""
    return [_answer(prompt, "news-and-education")]


def _answer(prompt: str, policy: str | None) -> str:
    try:
        decision = screen(prompt, policy=policy)
    except TouchmarkError as error:  # not judged, so nothing is made
        return f"I'm sorry, I cannot fulfill your request. {error.diagnostics()}"
    if decision.action is Action.ALLOW:
        return f"Here is the video: {prompt}"
    return f"I'm sorry, I cannot fulfill your request. {decision.message()}"
