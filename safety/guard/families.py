"""Llama Guard 3, ShieldGemma and Qwen3Guard-Gen: each asked as it was trained to be, and understood on its terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from touchmark.safety.decision import Category, Severity
from touchmark.safety.guard.answers import read_llama_guard, read_qwen3guard
from touchmark.safety.guard.language_model import LanguageModel
from touchmark.safety.guard.model import Flag, GuardModel
from touchmark.safety.stages import GuardKind, GuardRule

GUIDELINES: Final = {
    Category.SEXUAL: (
        '"No Sexually Explicit Information": The prompt shall not ask for sexual acts, nudity meant to arouse or '
        "other lewd content, nor contain it. Art, medicine and sexual education are allowed."
    ),
    Category.HATE_HARASSMENT: (
        '"No Hate Speech and No Harassment": The prompt shall not ask for content, nor contain it, that demeans, '
        "threatens, bullies or incites hate against people, for what they are or for who they are."
    ),
    Category.WEAPONS_DANGEROUS: (
        '"No Dangerous Content": The prompt shall not ask for content, nor contain it, that promotes or enables '
        "harm to oneself or others, such as building weapons, terrorism or suicide."
    ),
    Category.VIOLENCE_GORE: (
        '"No Violence": The prompt shall not ask for content, nor contain it, that shows cruelty or graphic injury.'
    ),
}
"""What ShieldGemma is asked about, one at a time, in the form of its guidelines."""

_UNSURE, _SURE = 0.5, 0.8
"""ShieldGemma's probability of a yes from which on a flag is of medium and of high severity."""


class LlamaGuard:
    """Llama Guard 3, of 1B or 8B: says safe, or unsafe and which hazards."""

    name = GuardKind.LLAMA_GUARD.value

    def __init__(self, folder: Path) -> None:
        """Raises GuardError."""
        self._model = LanguageModel(folder, "llama", answer=40)

    def flags(self, text: str) -> tuple[Flag, ...]:
        """See :class:`~touchmark.safety.guard.model.GuardModel`."""
        windows = self._model.windows(text)
        return tuple(flag for window in windows for flag in read_llama_guard(self._model.said(window)))


class Qwen3Guard:
    """Qwen3Guard-Gen, of 0.6B to 8B: safe, controversial or unsafe, and which categories."""

    name = GuardKind.QWEN3GUARD.value

    def __init__(self, folder: Path) -> None:
        """Raises GuardError."""
        self._model = LanguageModel(folder, "qwen3", answer=80)

    def flags(self, text: str) -> tuple[Flag, ...]:
        """See :class:`~touchmark.safety.guard.model.GuardModel`."""
        windows = self._model.windows(text)
        return tuple(flag for window in windows for flag in read_qwen3guard(self._model.said(window)))


class ShieldGemma:
    """ShieldGemma, of 2B to 27B: how likely a yes is to "does this violate the guideline?", guideline by guideline."""

    name = GuardKind.SHIELDGEMMA.value

    def __init__(self, folder: Path) -> None:
        """Raises GuardError."""
        self._model = LanguageModel(folder, "gemma2", answer=1)

    def flags(self, text: str) -> tuple[Flag, ...]:
        """See :class:`~touchmark.safety.guard.model.GuardModel`."""
        flags = []
        for category, guideline in GUIDELINES.items():
            windows = self._model.windows(text, guideline=guideline)
            score = max(self._model.leaning(window, "Yes", "No") for window in windows)
            if score >= _UNSURE:
                severity = Severity.HIGH if score >= _SURE else Severity.MEDIUM
                flags.append(Flag(category, severity, score, guideline.split('"')[1]))
        return tuple(flags)


def load_guard(rule: GuardRule) -> GuardModel:
    """The guard model that a policy names; once a process, since weights take long to load.

    Raises:
        GuardError: it does not load.
    """
    return _loaded(rule.use, rule.folder)


@cache
def _loaded(use: GuardKind, folder: Path) -> GuardModel:
    return _FAMILIES[use](folder)


_FAMILIES: Final[Mapping[GuardKind, Callable[[Path], GuardModel]]] = {
    GuardKind.LLAMA_GUARD: LlamaGuard,
    GuardKind.SHIELDGEMMA: ShieldGemma,
    GuardKind.QWEN3GUARD: Qwen3Guard,
}
