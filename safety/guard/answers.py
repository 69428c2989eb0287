"""Reads what guard models say, and says it in our categories. Anything that is no whole answer is an error.

Formats: the model cards of Llama Guard 3 (github.com/meta-llama/PurpleLlama; MLCommons hazards S1 to S14) and of
Qwen3Guard-Gen (github.com/QwenLM/Qwen3Guard).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from touchmark.safety.decision import Category, Severity
from touchmark.safety.guard.model import Flag, GuardAnswerError

LLAMA_GUARD: Final[Mapping[str, Category]] = {
    "S1": Category.VIOLENCE_GORE,  # violent crimes
    "S2": Category.ILLEGAL,  # non-violent crimes
    "S3": Category.SEXUAL,  # sex-related crimes
    "S4": Category.SEXUAL_MINORS,
    "S5": Category.DECEPTION_ELECTIONS,  # defamation
    "S6": Category.WEAPONS_DANGEROUS,  # advice that says that what is dangerous is safe
    "S7": Category.PRIVATE_INDIVIDUALS,  # privacy
    "S8": Category.PROTECTED_CHARACTERS,  # intellectual property
    "S9": Category.WEAPONS_DANGEROUS,
    "S10": Category.HATE_HARASSMENT,
    "S11": Category.SELF_HARM,
    "S12": Category.SEXUAL,
    "S13": Category.DECEPTION_ELECTIONS,  # elections
    "S14": Category.ILLEGAL,  # abuse of code interpreters
}
"""Hazards of Llama Guard 3, and the nearest of our categories."""

QWEN3GUARD: Final[Mapping[str, Category]] = {
    "Violent": Category.VIOLENCE_GORE,
    "Non-violent Illegal Acts": Category.ILLEGAL,
    "Sexual Content or Sexual Acts": Category.SEXUAL,
    "PII": Category.PRIVATE_INDIVIDUALS,
    "Suicide & Self-Harm": Category.SELF_HARM,
    "Unethical Acts": Category.HATE_HARASSMENT,
    "Politically Sensitive Topics": Category.DECEPTION_ELECTIONS,
    "Copyright Violation": Category.PROTECTED_CHARACTERS,
    "Jailbreak": Category.UNREADABLE,  # what it asks for is not what it says
}
"""Categories of Qwen3Guard-Gen, and the nearest of ours."""

_QWEN = re.compile(r"Safety: (Safe|Unsafe|Controversial)\nCategories: ([^\n]+)")


def read_llama_guard(said: str) -> tuple[Flag, ...]:
    """``safe``, or ``unsafe`` and a line of hazards. Raises GuardAnswerError for anything else."""
    lines = [line.strip() for line in said.strip().split("\n")]
    if lines == ["safe"]:
        return ()
    if len(lines) != 2 or lines[0] != "unsafe":
        raise _no_answer(said)
    return _flags(lines[1], LLAMA_GUARD, Severity.HIGH, said)


def read_qwen3guard(said: str) -> tuple[Flag, ...]:
    """A line of safety and a line of categories. Raises GuardAnswerError for anything else."""
    match = _QWEN.fullmatch("\n".join(line.strip() for line in said.strip().split("\n")))
    if not match:
        raise _no_answer(said)
    safety, categories = match.groups()
    if safety == "Safe":
        if categories != "None":  # it contradicts itself
            raise _no_answer(said)
        return ()
    return _flags(categories, QWEN3GUARD, Severity.HIGH if safety == "Unsafe" else Severity.MEDIUM, said)


def _flags(listed: str, known: Mapping[str, Category], severity: Severity, said: str) -> tuple[Flag, ...]:
    labels = [label.strip() for label in listed.split(",")]
    if not all(label in known for label in labels):
        raise _no_answer(said)
    return tuple(Flag(known[label], severity, 1.0, label) for label in labels)


def _no_answer(said: str) -> GuardAnswerError:
    return GuardAnswerError(
        f"the guard model said {said[:100]!a}, which is no answer",
        remedy="A reviewer has to look; if it persists, check that the weights are of the family that is named.",
    )
