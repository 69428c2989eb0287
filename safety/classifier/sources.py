"""Labelled prompts for training and measuring: reads a folder of JSON lines, maps other people's categories to ours.

The folder is not part of the project (see MODEL_CARD.md for what it holds and where that comes from). Every row has
``id, text, label, category, lang, source`` and may have ``votes`` or ``prompt_toxicity``. Which fold a row is in is a
pure function of the row, shared by training and benchmark: each figure is taken with a model that was trained without
the fold, and a fold holds the whole of a source wherever that is possible.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from touchmark.provenance.errors import TouchmarkError
from touchmark.safety.canonical import canonicalise
from touchmark.safety.decision import Category
from touchmark.safety.lexicon import Lexicon


class PromptFolderError(TouchmarkError):
    """The folder of labelled prompts cannot be read."""

    code: ClassVar[str] = "safety.prompt_folder"
    exit_status: ClassVar[int] = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled prompt.

    Attributes:
        text: as it came.
        category: what it is unsafe for, or None for a safe prompt.
        language: ISO 639-1.
        source: the set it comes from, ``file/source``.
        weight: how much it counts in training: less where its label is doubtful, more where it shows a contrast.
        fold: which model may be judged by it.
    """

    text: str
    category: Category | None
    language: str
    source: str
    weight: float
    fold: int


FOLDS = 4
"""Models trained for measuring, each without one fold."""

WHOLE_SOURCES: dict[str, int] = {
    "AdvBench": 0,
    "TDC2023": 0,
    "PartiPrompts": 0,
    "HarmBench-advtrain": 1,
    "HarmBench-val": 1,
    "StrongREJECT": 2,
    "Nibbler-round1": 2,
    "Nibbler-round3": 2,
    "MultiJail-third": 3,
    "VBench2-cn": 1,
}
"""Sets that lie in one fold entire: they show how the classifier carries over to prompts of another origin. The
others are split row by row."""

_BY_LABEL: dict[str, Category] = {
    "sexual": Category.SEXUAL,
    "sexual_content": Category.SEXUAL,
    "violence": Category.VIOLENCE_GORE,
    "shocking": Category.VIOLENCE_GORE,
    "self_harm": Category.SELF_HARM,
    "hate": Category.HATE_HARASSMENT,
    "harassment": Category.HATE_HARASSMENT,
    "discrimination": Category.HATE_HARASSMENT,
    "extremism": Category.EXTREMISM,
    "weapons_cbrn": Category.WEAPONS_DANGEROUS,
    "dangerous": Category.WEAPONS_DANGEROUS,
    "illegal": Category.ILLEGAL,
    "illegal_activities": Category.ILLEGAL,
    "cyber": Category.ILLEGAL,
    "ip": Category.ILLEGAL,
    "copyright_violations": Category.ILLEGAL,
    "unethical": Category.ILLEGAL,
    "other_harm": Category.ILLEGAL,
    "misinformation": Category.DECEPTION_ELECTIONS,
    "privacy_individual": Category.PRIVATE_INDIVIDUALS,
    "privacy_public": Category.PRIVATE_INDIVIDUALS,
}

# Direct harmful requests come under one heading ("other harm"); their words say which of ours. First match wins.
_BY_WORDS: tuple[tuple[re.Pattern[str], Category], ...] = tuple(
    (re.compile(pattern), category)
    for pattern, category in (
        (r"suicid|self-harm|self harm|anorexi|eating disorder|kill (?:my|your)self", Category.SELF_HARM),
        (r"terroris|extremis|radicaliz|jihad|mass shoot|school shoot|isis\b|nazi", Category.EXTREMISM),
        (r"bomb|explosiv|weapon|firearm|\bgun|poison|chemical|nerve|virus that|drug|meth\b|napalm|anthrax|nuclear",
         Category.WEAPONS_DANGEROUS),
        (r"fake news|misinformation|disinformation|propaganda|election|vot(?:e|ing)|conspirac|false|denial|deepfake",
         Category.DECEPTION_ELECTIONS),
        (r"racis|sexis|discriminat|hate|bully|harass|stereotyp|violence against|offensive|defam",
         Category.HATE_HARASSMENT),
        (r"stalk|dox|personal information|identity theft|track.*(?:user|location|someone)|home address",
         Category.PRIVATE_INDIVIDUALS),
        (r"murder|kill|torture|cannibal|mutilat|behead|graphic", Category.VIOLENCE_GORE),
    )
)  # fmt: skip

_CONTRAST = 9.0
"""Weight of a prompt of a set of pairs, harmful or only looking so: it is worth several captions of cats."""
_DIRECT = 24.0
"""Weight of a harmful request in plain English: few, and each says what it wants."""
_TRANSLATED = 2.0
"""The same in other languages, of which there are fewer still, and all of them one set."""
_SEXUAL_LABELS = frozenset({"sexual", "sexual_content"})
_MISLABELLED = frozenset({"Ring-A-Bell-concept"})
"""Halves of sentences, whose label belongs to the other half as well ("in the park")."""
_UNUSED = frozenset({"sexual_minors", "borderline_text"})
"""Never read: the one by principle, the other because people disagreed on it."""


def read(folder: Path) -> Iterator[Row]:
    """Every usable row of a folder, in the order of files and lines.

    Every unsafe sexual row that mentions a minor is left out: no such text is trained on or measured with (the
    gate's rule needs no example). Rows whose label speaks of the *picture* a model drew, not of the text, are kept for
    measuring only.

    Raises:
        PromptFolderError: the folder holds no prompts, or a line that is no row.
    """
    minors = Lexicon.load("minors")
    paths = sorted(folder.glob("*.jsonl"))
    if not paths:
        raise PromptFolderError("the folder holds no .jsonl files", subject=str(folder))
    for path in paths:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    row = _row(path.stem, json.loads(line), minors)
                except (ValueError, KeyError, TypeError) as error:
                    raise PromptFolderError(f"not a labelled prompt ({error})", subject=f"{path}:{number}") from error
                if row:
                    yield row


def _row(stem: str, raw: dict[str, Any], minors: Lexicon) -> Row | None:
    text, label, source = str(raw["text"])[:4000], str(raw["category"]), str(raw["source"])
    unsafe = raw["label"] == "unsafe"
    category: Category | None = None
    weight = 1.0
    if source in _MISLABELLED:
        return None
    if unsafe:
        weight = _trust(stem, raw)
        if label in _UNUSED:
            return None
        category = _by_words(text) if label == "other_harm" else _BY_LABEL[label]
        if label in _SEXUAL_LABELS and minors.find(canonicalise(text)):
            return None
    if stem == "t2i_overt_pairs":
        weight = _CONTRAST
    return Row(text, category, str(raw["lang"]), f"{stem}/{source}", weight, fold(source, str(raw["id"])))


def _trust(stem: str, raw: dict[str, Any]) -> float:
    """How far the label of an unsafe row speaks of its text."""
    if stem == "t2i_i2p":  # labelled by the pictures that came of it; the text is often harmless
        return 0.5 if float(raw.get("prompt_toxicity") or 0) >= 0.5 else 0.0
    if stem == "t2i_nibbler":
        votes = int(str(raw.get("votes") or "0/5").split("/")[0])
        listed = str(raw["text"]).count(",") >= 3  # lists of styles show little harm
        return {5: 1.0, 4: 0.7, 3: 0.3}.get(votes, 0.0) * (0.4 if listed else 1.0)
    return {"chat_unsafe_en": _DIRECT, "chat_unsafe_multiling": _TRANSLATED}.get(stem, 1.0)


def _by_words(text: str) -> Category:
    lower = text.lower()
    return next((category for pattern, category in _BY_WORDS if pattern.search(lower)), Category.ILLEGAL)


def fold(source: str, identifier: str) -> int:
    """The fold of a row."""
    return WHOLE_SOURCES.get(source, zlib.crc32(identifier.encode()) % FOLDS)
