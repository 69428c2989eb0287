"""Writes the model card: what the classifier learnt from, how it does on held-out prompts, and where it fails."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from touchmark.safety.canonical import canonicalise
from touchmark.safety.classifier.model import PromptClassifier
from touchmark.safety.classifier.sources import HELD_OUT_SOURCES, Row, Split
from touchmark.safety.decision import Category

_FEW = 20
"""Below this many prompts a figure says little; the card marks it."""

_LICENCES: Mapping[str, str] = {
    "AdvBench": "MIT",
    "COCO-captions": "CC-BY-4.0",
    "HarmBench-advtrain": "MIT",
    "HarmBench-val": "MIT",
    "I2P": "MIT",
    "MultiJail-third": "MIT",
    "Nibbler-round1": "CC-BY-4.0",
    "Nibbler-round3": "CC-BY-4.0",
    "OVERT-full minus OVERT-mini": "Apache-2.0",
    "OVERT-unsafe (half)": "Apache-2.0",
    "PartiPrompts": "Apache-2.0",
    "Ring-A-Bell-concept": "MIT",
    "StrongREJECT": "MIT",
    "TDC2023": "MIT",
    "Tatoeba-LASER-v1": "CC-BY-2.0-FR",
    "VBench2": "Apache-2.0",
    "VBench2-cn": "Apache-2.0",
    "written": "this project, Apache-2.0",
}

_HEAD = """\
# Prompt classifier

A linear multi-label classifier of text-to-video prompts: {buckets:,} hashed features (words, pairs of words, character
n-grams over the canonical views of a prompt), one logistic regression a category, scored on the whole, each sentence
and overlapping windows. `weights.npz` has SHA-256 `{digest}`; other weights do not load.
Trained by `python -m touchmark.safety.classifier.train --prompts FOLDER` with scikit-learn {sklearn}; the same folder
gives the same bytes. This page is written by that program.

A score of 0.5 is what {anchor} in 1,000 harmless prompts reach in the calibration split, for each category alone.

**For:** the first look at a prompt, in front of a policy, a figure list and human review. **Not for:** judging people,
chat moderation, or standing alone.
"""

_FAILURES = """\
## Known failures

- **Harm without harmful words.** Metaphor, allusion and scenes that only a picture makes harmful pass ("red paint
  everywhere", the Nibbler-round3 row above). Output checks have to catch them.
- **Languages.** Unsafe text for training is English, but for ten languages with about ninety chat questions each. In
  the other languages the classifier knows harmless text only and leans on the lexicons of the policy.
- **Words in an innocent frame.** "A film scene in which ...", satire, education and prevention share their words with
  harm; the contrast row above shows how many are held back.
- **Rare categories.** Extremism, weapons and deception were learnt from few prompts, many of them our own.
- **Misspelt or coined slang** beyond what the canonical views undo.
- **Labels.** Some sets label by the picture that came of a prompt, and give each prompt one category. Rows whose text
  did not bear the label out were left out or weigh less.

No text that sexualises minors was used or written: every sexual row that mentions a minor was dropped before training.
The gate handles that case by rule.
"""


def write_card(
    path: Path, model: PromptClassifier, public: Sequence[Row], trained: Sequence[Row], digest: str, anchor: float
) -> None:
    """Measure ``model`` on the held-out rows of ``public`` and write the card.

    Args:
        trained: the rows that were trained on, our own included.
        anchor: share of harmless calibration prompts that reach 0.5.
    """
    held_out = [row for row in public if row.split is Split.HELD_OUT]
    order = sorted(model.categories)
    opinions = [model.scores(canonicalise(row.text)) for row in held_out]
    scores = np.asarray([[found[category].value for category in order] for found in opinions])
    head = _HEAD.format(
        buckets=len(model.weights), digest=digest, sklearn=sklearn.__version__, anchor=f"{1000 * anchor:g}"
    )
    sections = (
        head,
        _sources(public, trained),
        _by_category(held_out, scores, order),
        _by_source(held_out, scores),
        _by_language(held_out, scores),
        _FAILURES,
    )
    path.write_text("\n".join(sections), encoding="utf-8")


def _table(title: str, heads: Sequence[str], lines: Sequence[Sequence[object]]) -> str:
    rule = "|".join(["---"] + ["---:"] * (len(heads) - 1))
    body = "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)
    return f"## {title}\n\n| {' | '.join(heads)} |\n|{rule}|\n{body}\n"


def _sources(public: Sequence[Row], trained: Sequence[Row]) -> str:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in [*public, *(row for row in trained if row.source == "written")]:
        counts[row.source.split("/", 1)[-1]][row.split.value] += 1
    lines = [
        (name, _LICENCES.get(name, "?"), count["train"], count["calibrate"], count["held-out"])
        for name, count in sorted(counts.items())
    ]
    return _table("Sources", ("set", "licence", "trained on", "calibrated on", "held out"), lines)


def _by_category(rows: Sequence[Row], scores: NDArray[np.float64], order: Sequence[Category]) -> str:
    lines = []
    for index, category in enumerate(order):
        harmful = np.asarray([row.category is category and row.weight > 0 for row in rows])
        harmless = np.asarray([row.category is None for row in rows])
        own, other = scores[harmful, index], scores[harmless, index]
        auc = roc_auc_score([1] * len(own) + [0] * len(other), np.concatenate([own, other]))
        lines.append((category.value, _count(len(own)), f"{auc:.3f}", _share(own >= 0.5), _share(own >= 0.8)))
    heads = ("category", "harmful held out", "AUC", "recall at 0.5", "recall at 0.8")
    return _table("By category, against all harmless held-out prompts (labelled by text)", heads, lines)


def _by_source(rows: Sequence[Row], scores: NDArray[np.float64]) -> str:
    top = scores.max(axis=1)
    lines = []
    for name in sorted({row.source for row in rows}):
        for harmful in (False, True):
            own = top[[row.source == name and (row.category is not None) is harmful for row in rows]]
            if len(own):
                short = name.split("/", 1)[-1]
                whole = " (no row trained on)" if short in HELD_OUT_SOURCES else ""
                whole += " (labelled by the picture)" if short.startswith(("I2P", "Nibbler")) and harmful else ""
                kind = "harmful" if harmful else "harmless"
                lines.append((short + whole, kind, _count(len(own)), _share(own >= 0.5), _share(own >= 0.8)))
    heads = ("set", "label", "prompts", "any category at 0.5", "at 0.8")
    return _table("By set: recall where harmful, false positives where harmless", heads, lines)


def _by_language(rows: Sequence[Row], scores: NDArray[np.float64]) -> str:
    top = scores.max(axis=1)
    lines = []
    for language in sorted({row.language for row in rows}):
        harmless = top[[row.language == language and row.category is None for row in rows]]
        harmful = top[[row.language == language and row.category is not None for row in rows]]
        lines.append(
            (language, _count(len(harmless)), _share(harmless >= 0.5), _count(len(harmful)), _share(harmful >= 0.5))
        )
    heads = ("language", "harmless", "false positives at 0.5", "harmful", "recall at 0.5")
    return _table("By language", heads, lines)


def _share(hits: NDArray[np.bool_]) -> str:
    return f"{hits.mean():.3f}" if len(hits) else "-"


def _count(number: int) -> str:
    return f"{number} (few)" if 0 < number < _FEW else str(number)
