"""Prompts of our own, by grammar, where the public sets are thin: one file of phrases a language, dressed in frames.

The wording is the least that a filter must know. Nothing here mentions a minor beside anything sexual, nothing says
how a harm is done, and nothing here is a list that the gate matches: the classifier learns its words from it. Each
harm has harmless phrases with the same words, and harm and harmless phrases wear the same frames, so that neither a
word nor a frame decides alone. A fold holds phrases, not prompts: no phrase is ever judged by a model that knows it.
"""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from touchmark.safety.classifier.sources import FOLDS, Row
from touchmark.safety.classifier.written.salads import HARMS, salads
from touchmark.safety.classifier.written.shapes import shapes
from touchmark.safety.decision import Category

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class _Counts:
    """Prompts made from one phrase, and how much each counts."""

    prompts: int
    harmful: float
    harmless: float


_ENGLISH, _OTHERS = _Counts(6, 0.7, 2.0), _Counts(4, 0.5, 1.0)
_FRAMED = {"scene": 1.0, "act": 1.0, "work": 0.5, "question": 0.35}
"""Share of the prompts of a phrase by its kind: questions stand alone, so one or two are enough."""
_SLOT = re.compile(r"\{(\w+)\}")
_NESTED = 3
"""Depth to which slots stand within slots."""
_STYLED = 2_500
_STORIES = 500
"""Long harmless prompts, in which many sentences are each a little dark."""
_SHAPES = 900
_SALADS = 800
"""Of each harm, and as many harmless ones for each."""


def rows(seed: int = 7) -> Iterator[Row]:
    """The written prompts, the same for the same seed."""
    for path in sorted(_FOLDER.glob("*.yaml")):
        grammar = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
        yield from _of_grammar(grammar, random.Random(f"{seed} {path.stem}"))
    draw = random.Random(seed)
    for _ in range(_SHAPES):
        yield _row(shapes(draw), None, "en", 1.0)
    for _ in range(_SALADS):
        for harm in HARMS:
            yield _row(salads(draw, harm), harm, "en", 1.0)
            yield _row(salads(draw, None), None, "en", 1.0)


def _of_grammar(grammar: Mapping[str, Any], draw: random.Random) -> Iterator[Row]:
    language = str(grammar["language"])
    counts = _ENGLISH if language == "en" else _OTHERS
    slots = {"p": grammar["people"], **grammar.get("slots", {})}
    # Of a grammar whose phrases share their constructions each prompt says little that the last did not.
    share = grammar.get("weight", 1.0)
    parts: list[tuple[Category | None, Mapping[str, Sequence[str]], float]] = [
        (Category(name), phrases, counts.harmful * grammar.get("gravity", 1.0) * share)
        for name, phrases in grammar["harms"].items()
    ]
    for category, phrases, weight in [*parts, (None, grammar["harmless"], counts.harmless * share)]:
        for kind, framed in _FRAMED.items():
            for phrase in phrases.get(kind) or ():
                for _ in range(max(round(grammar.get("prompts", counts.prompts) * framed), 1)):
                    text = _dressed(phrase, grammar["frames"].get(kind, ("{x}",)), slots, draw)
                    yield _row(text, category, language, weight, phrase)
    if "styles" in grammar:
        for _ in range(_STYLED):
            yield _row(_styled(grammar, draw), None, language, 1.5)
    if "stories" in grammar:
        for _ in range(_STORIES):
            story = " ".join(draw.sample(grammar["stories"], draw.randint(2, 9)))
            yield _row(_filled(story, slots, draw), None, language, 1.5)


def _row(text: str, category: Category | None, language: str, weight: float, phrase: str = "") -> Row:
    return Row(text, category, language, "written", weight, zlib.crc32((phrase or text).encode()) % FOLDS)


def _dressed(phrase: str, frames: Sequence[str], slots: Mapping[str, Sequence[str]], draw: random.Random) -> str:
    return _filled(draw.choice(frames).replace("{x}", phrase), slots, draw)


def _filled(text: str, slots: Mapping[str, Sequence[str]], draw: random.Random) -> str:
    for _ in range(_NESTED):
        text = _SLOT.sub(lambda slot: draw.choice(slots[slot[1]]), text)
    return text


def _styled(grammar: Mapping[str, Any], draw: random.Random) -> str:
    """A harmless subject under a list of styles: style words come with harm and without, and mean nothing."""
    return ", ".join([draw.choice(grammar["places"]), *draw.sample(grammar["styles"], draw.randint(1, 6))])
