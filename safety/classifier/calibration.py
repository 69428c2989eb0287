"""From raw scores to 0..1, by category and by group of languages, so that one threshold means the same everywhere.

The slope is Platt's (1999). Where 0.5 lies is not, since it would depend on how much harm happens to
be in the sets: it is the raw score that a share ``ANCHOR`` of the plain harmless prompts of a group of languages reach
in any category, or a share ``CONTRAST_ANCHOR`` of those that look harmful, whichever is higher. Raw scores of different
categories compare, since all hold the same measure of there being harm at all (``folds.py``). Slopes of their own, and
as many false positives for the rare ones as for the common, were tried: both cost recall and AUC of the highest score.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from touchmark.safety.classifier.folds import CATEGORIES, Learner
from touchmark.safety.classifier.model import GROUPS, PromptClassifier
from touchmark.safety.classifier.sources import FOLDS, Row
from touchmark.safety.language import LanguageGroup

ANCHOR = 0.006
"""Share of plain harmless prompts of a language that reach 0.5 in some category, at most."""
CONTRAST_ANCHOR = 0.08
"""The same for harmless prompts that look harmful."""
ENGLISH_ANCHOR, ENGLISH_CONTRAST_ANCHOR = 0.006, 0.08
"""The same in English, where others have made sets of prompts that look harmful, which are harder than ours."""


def is_plain(row: Row) -> bool:
    """Whether a row is a harmless prompt that does not look like anything else."""
    return row.category is None and not is_contrast(row)


def is_contrast(row: Row) -> bool:
    """Whether a row is a harmless prompt that looks harmful."""
    return row.category is None and row.source.startswith(("t2i_overt", "written", "t2i_nibbler"))


def calibrate(
    model: PromptClassifier, learner: Learner, raw: NDArray[np.float32], fold: int | None = None
) -> PromptClassifier:
    """A model with slopes and offsets.

    Args:
        raw: scores of the rows by models that did not see them, shape (n, k).
        fold: of a model fitted without this fold, which must be calibrated by scores of its own: those of the fold.
    """
    used = np.asarray([fold in (None, row.fold) for row in learner.rows])
    plain = used & np.asarray([is_plain(row) for row in learner.rows])
    contrast = used & np.asarray([is_contrast(row) for row in learner.rows])
    harmful = used & np.asarray([row.category is not None and row.weight > 0 for row in learner.rows])
    use = harmful | plain | contrast
    highest = raw.max(axis=1)
    curve = LogisticRegression(C=1.0, class_weight="balanced").fit(highest[use, None], harmful[use])
    slope = np.full(len(CATEGORIES), curve.coef_[0, 0], dtype=np.float32)
    offset = np.zeros((len(CATEGORIES), len(GROUPS)), dtype=np.float32)
    for column, group in enumerate(GROUPS):
        written_in = np.asarray([group in groups for groups in learner.groups])
        of_plain, of_contrast = _anchors(group)
        at = max(
            np.quantile(_some(highest, plain, written_in), 1 - of_plain),
            np.quantile(_some(highest, contrast, written_in), 1 - of_contrast),
        )
        offset[:, column] = -slope * at
    return PromptClassifier(CATEGORIES, model.weights, model.bias, slope, offset)


def calibrated_out_of_fold(learner: Learner, raw: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores of all rows, each by a model that never saw its fold; shape (n, k)."""
    scores = np.zeros_like(raw)
    bare = PromptClassifier.uncalibrated(CATEGORIES, np.zeros((0, len(CATEGORIES)), dtype=np.float32))
    for fold in range(FOLDS):
        model = calibrate(bare, learner, raw, fold)
        for index, row in enumerate(learner.rows):
            if row.fold == fold:
                scores[index] = model.calibrated(raw[index], learner.groups[index])
    return scores


def _anchors(group: LanguageGroup) -> tuple[float, float]:
    english = group is LanguageGroup.ENGLISH
    return (ENGLISH_ANCHOR, ENGLISH_CONTRAST_ANCHOR) if english else (ANCHOR, CONTRAST_ANCHOR)


def _some(scores: NDArray[np.float32], of: NDArray[np.bool_], written_in: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The rows of a group of languages, or all where it has none."""
    return scores[of & written_in] if (of & written_in).any() else scores[of]
