"""Writes the model card: what the classifier learnt from, how it does on what it never saw, and where it fails."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from touchmark.safety.classifier.calibration import (
    ANCHOR,
    CONTRAST_ANCHOR,
    ENGLISH_ANCHOR,
    ENGLISH_CONTRAST_ANCHOR,
)
from touchmark.safety.classifier.features import HASHED
from touchmark.safety.classifier.folds import CATEGORIES
from touchmark.safety.classifier.likeness import likeness
from touchmark.safety.classifier.meanings import meanings
from touchmark.safety.classifier.model import CONTRAST, MOST_RELIEF
from touchmark.safety.classifier.sources import FOLDS, WHOLE_SOURCES, Row

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
    "StrongREJECT": "MIT",
    "TDC2023": "MIT",
    "Tatoeba-LASER-v1": "CC-BY-2.0-FR",
    "VBench2": "Apache-2.0",
    "VBench2-cn": "Apache-2.0",
    "written": "this project, Apache-2.0",
}

_HEAD = """\
# Prompt classifier

A linear multi-label classifier of text-to-video prompts. Features are {hashed:,} hashed words, pairs of words and
character n-grams over the canonical views of a prompt; {concepts} concepts found by the beginnings of their words in
fifteen languages (`concepts.yaml`, `concepts/`), pairs of concepts, and concepts with the words and the concept that
follow on them, so that what a verb is done to counts; {glosses:,} glosses, which say what a word of any of these
languages is in English (`glosses/`), and pairs of these that stand beside each other, in whichever order; and what an
English word is used like: {words:,} words are of {likenesses:,} likenesses and these of {realms} realms, clusters of
the GloVe vectors of 6 billion words (Pennington, Socher and Manning, 2014; public domain, PDDL 1.0), alone and in pairs
with the very words beside them, so that what is learnt of the carrot holds for the turnip. One logistic
regression tells harm from no harm, another each kind of harm from the others; a category's weights are their sum.
Scores are taken over a short whole, each sentence and overlapping windows, and the highest counts. In each of these a
kind of harm lies {apart:g} times as far behind the likeliest kind as its weights say, so that what is named is what it
is; in a long text whose passages are all somewhat suspect, such as a dark tale, up to {relief:g} of raw score is taken
off. `weights.npz` has SHA-256 `{digest}`; other weights do not load.
Trained by `python -m touchmark.safety.classifier.train --prompts FOLDER` with scikit-learn {sklearn}; the same folder
and grammars give the same bytes. This page is written by that program.

A score of 0.5 is what {anchor:g} in 1,000 plain harmless prompts reach, or {contrast:g} in 1,000 harmless prompts that
look harmful ({english:g} and {contrast_english:g} in English), whichever is stricter, in each group of languages.

**For:** the first look at a prompt, in front of a policy, a figure list and human review. **Not for:** judging people,
chat moderation, or standing alone.

**How the figures were taken.** Every row lies in one of {folds} folds. As many models were trained, each without one
fold, and judged by it. The sets marked *whole* lie in one fold entire, so their figures are for prompts of an origin
the model never met; OVERT, COCO, VBench2 and Tatoeba are split row by row, our own prompts phrase by phrase. One number
a group of languages, where 0.5 lies, is set on harmless prompts of the fold itself: the recall is what to read, since
false positives over a whole group are what they were set to be. The weights that ship are trained on all folds.
"""

_FAILURES = """\
## Known failures

- **Harm without harmful words.** Metaphor, allusion, lists of artists and styles, and scenes that only a picture makes
  harmful pass (I2P and Nibbler, below). Output checks have to catch them.
- **Languages.** Unsafe text of others is English, and some ninety chat questions in nine more languages. In the
  fifteen languages served most of what is known comes from our own phrases, concepts and glosses, and from English by
  way of these; Bengali, Swahili, Javanese and others not served are near chance.
- **Our own phrases judge kindly.** Rows named "written" were held out by phrase, but share their slots and have one
  author; take them as an upper bound. `benchmarks/gate_held_out.yaml`, `gate_blind.yaml`,
  `gate_blind_further.yaml` and `gate_blind_requests.yaml` have prompts written by hand that no grammar makes, by that
  author too; `gate_blind_contrast.yaml` has look-alikes of another author, who had seen no grammar. The last two are
  blind no longer: what was missed in them was read before the latest grammars were written. None of their sentences
  is trained on, but the kinds are, so their figures are an upper bound too.
- **Sets that were read.** What was missed of StrongREJECT, HarmBench and AdvBench and stopped of VBench2, PartiPrompts,
  COCO and OVERT was read by who wrote the latest grammars, which hold none of their sentences; the models that judge
  these sets never saw them, but the kinds of deed are known to the grammars, so take these figures as an upper bound.
- **One kind of harm.** A prompt that is harmful in two ways in one sentence is often named for the graver alone.
- **Dark tales.** Some long harmless stories about death and curses are held back; a harm that is told inside one
  needs a higher score than it would need alone.
- **Words in an innocent frame.** "A film scene in which ...", satire, education and prevention share their words with
  harm; the harmless rows of OVERT and of our own show how many are held back.
- **Canonical text has no accents**, so a few Vietnamese and Turkish words that differ by accent alone look the same.
- **Rare categories.** Extremism, intimate imagery and private individuals were learnt from few prompts, many our own.
- **Misspelt or coined slang** beyond what the canonical views undo.
- **Labels.** Some sets label by the picture that came of a prompt, and give each prompt one category.

No text that sexualises minors was used or written: every sexual row that mentions a minor was dropped before training.
The gate handles that case by rule.
"""


def write_card(path: Path, rows: Sequence[Row], scores: NDArray[np.float32], digest: str) -> None:
    """Write the card.

    Args:
        scores: of the rows, shape (n, k), each by a model that never saw its row.
    """
    table = likeness()
    head = _HEAD.format(
        hashed=HASHED,
        concepts=len(meanings().concepts),
        glosses=len(meanings().glosses),
        words=len(table.words),
        likenesses=len(table.realms),
        realms=table.features - len(table.realms),
        digest=digest,
        sklearn=sklearn.__version__,
        anchor=1000 * ANCHOR,
        contrast=1000 * CONTRAST_ANCHOR,
        english=1000 * ENGLISH_ANCHOR,
        contrast_english=1000 * ENGLISH_CONTRAST_ANCHOR,
        apart=CONTRAST,
        relief=MOST_RELIEF,
        folds=FOLDS,
    )
    sections = (head, _sources(rows), _by_category(rows, scores), _by_source(rows, scores), _by_language(rows, scores))
    path.write_text("\n".join((*sections, _FAILURES)), encoding="utf-8")


def _table(title: str, heads: Sequence[str], lines: Sequence[Sequence[object]]) -> str:
    rule = "|".join(["---"] + ["---:"] * (len(heads) - 1))
    body = "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)
    return f"## {title}\n\n| {' | '.join(heads)} |\n|{rule}|\n{body}\n"


def _short(row: Row) -> str:
    return row.source.split("/", 1)[-1]


def _sources(rows: Sequence[Row]) -> str:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        kind = "harmless" if row.category is None else "harmful" if row.weight else "unused"
        counts[_short(row)][kind] += 1
    lines = [
        (name, _LICENCES.get(name, "?"), count["harmful"], count["harmless"], count["unused"])
        for name, count in sorted(counts.items())
    ]
    return _table("Sources", ("set", "licence", "harmful", "harmless", "harmful by picture, not trained on"), lines)


def _by_category(rows: Sequence[Row], scores: NDArray[np.float32]) -> str:
    lines = []
    harmless = np.asarray([row.category is None for row in rows])
    own = np.asarray([row.source == "written" for row in rows])
    for index, category in enumerate(CATEGORIES):
        harmful = np.asarray([row.category is category and row.weight > 0 for row in rows])
        for name, chosen in (("public", ~own), ("written", own)):
            hits, others = scores[harmful & chosen, index], scores[harmless & chosen, index]
            if len(hits):
                anything = scores[harmful & chosen].max(axis=1)
                lines.append(
                    (f"{category.value}, {name}", _count(len(hits)), _auc(hits, others), _share(hits >= 0.5),
                     _share(anything >= 0.5), _share(anything >= 0.8))
                )  # fmt: skip
    heads = ("category", "harmful", "AUC", "recall at 0.5", "by any category", "by any at 0.8")
    return _table("By category, against the harmless prompts of the same origin", heads, lines)


def _by_source(rows: Sequence[Row], scores: NDArray[np.float32]) -> str:
    top = scores.max(axis=1)
    lines = []
    for name in sorted({row.source for row in rows}):
        for harmful in (False, True):
            own = top[[row.source == name and (row.category is not None) is harmful for row in rows]]
            if len(own):
                short = name.split("/", 1)[-1]
                whole = " (whole)" if short in WHOLE_SOURCES else ""
                whole += " (labelled by the picture)" if short.startswith(("I2P", "Nibbler")) and harmful else ""
                kind = "harmful" if harmful else "harmless"
                lines.append((short + whole, kind, _count(len(own)), _share(own >= 0.5), _share(own >= 0.8)))
    heads = ("set", "label", "prompts", "any category at 0.5", "at 0.8")
    return _table("By set: recall where harmful, false positives where harmless", heads, lines)


def _by_language(rows: Sequence[Row], scores: NDArray[np.float32]) -> str:
    top = scores.max(axis=1)
    languages = np.asarray([row.language for row in rows])
    written = np.asarray([row.source == "written" for row in rows])
    harmful = np.asarray([row.category is not None and row.weight > 0 for row in rows])
    harmless = np.asarray([row.category is None for row in rows])
    lines = []
    for language in sorted(set(languages)):
        here = languages == language
        plain, look = top[here & harmless & ~written], top[here & harmless & written]
        public, own = top[here & harmful & ~written], top[here & harmful & written]
        lines.append(
            (language, _count(len(plain)), _share(plain >= 0.5), _count(len(public)), _share(public >= 0.5),
             _auc(public, plain), _count(len(own)), _share(own >= 0.5), _share(look >= 0.5), _auc(own, look))
        )  # fmt: skip
    heads = (
        "language", "public harmless", "stopped at 0.5", "public harmful", "recall", "AUC", "written harmful", "recall",
        "written harmless stopped", "AUC",
    )  # fmt: skip
    return _table("By language", heads, lines)


def _auc(harmful: NDArray[np.float32], harmless: NDArray[np.float32]) -> str:
    if not len(harmful) or not len(harmless):
        return "-"
    labels = np.concatenate([np.ones(len(harmful)), np.zeros(len(harmless))])
    return f"{roc_auc_score(labels, np.concatenate([harmful, harmless])):.3f}"


def _share(hits: NDArray[np.bool_]) -> str:
    return f"{hits.mean():.3f}" if len(hits) else "-"


def _count(number: int) -> str:
    return f"{number} (few)" if 0 < number < _FEW else str(number)
