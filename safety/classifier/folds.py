"""Fits the linear model, whole or without one fold of the prompts, so that it can be judged on what it never saw.

Two steps, both logistic regression (scikit-learn, liblinear). The first learns harm of any kind against no harm, from
all prompts; the second learns one kind of harm against the others, from the harmful ones. A category's weights are the
sum: what a rare category cannot learn alone, it takes from the others.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags
from sklearn.linear_model import LogisticRegression

from touchmark.safety.canonical import read_plainly
from touchmark.safety.classifier.features import HASHED, buckets, units
from touchmark.safety.classifier.model import PromptClassifier
from touchmark.safety.classifier.sources import Row
from touchmark.safety.classifier.stretches import passages
from touchmark.safety.decision import Category
from touchmark.safety.language import language_groups, latin_languages

CATEGORIES = (
    Category.SEXUAL,
    Category.NCII,
    Category.VIOLENCE_GORE,
    Category.SELF_HARM,
    Category.HATE_HARASSMENT,
    Category.EXTREMISM,
    Category.WEAPONS_DANGEROUS,
    Category.ILLEGAL,
    Category.DECEPTION_ELECTIONS,
    Category.PRIVATE_INDIVIDUALS,
)
"""What is learnt. The others are found by terms, names and rules."""

_POSITIVE_SHARE = 0.3
"""Weight of the positives of each regression among all, however few they are."""
_KIND = 0.2
"""How much the kind of harm counts beside there being any: little, since the likeliest of ten is high by chance. With
none of it direct requests were lost."""
_MEANING = 2.0
"""How much more a concept counts than a word or a piece of one."""
_STRENGTH = 20.0
"""Inverse regularisation (C of scikit-learn)."""

_log = logging.getLogger(__name__)


class Learner:
    """Rows with their features, counted once and fitted several times.

    Attributes:
        rows: as given.
        texts: canonical, one a row.
        groups: of languages, one set a row.
    """

    def __init__(self, rows: Sequence[Row], seed: int) -> None:
        self.rows = rows
        self.texts = [read_plainly(row.text) for row in rows]
        self.groups = [language_groups(text) for text in self.texts]
        self._seed = seed
        self._counted, self._of = _counted(self.texts, [row.category is None for row in rows])
        many = np.bincount(self._of, minlength=len(rows))
        self._weight = np.asarray([row.weight for row in rows])[self._of] / many[self._of] ** 0.5
        self._fold = np.asarray([row.fold for row in rows])[self._of]
        self._harmful = np.asarray([row.category is not None for row in rows])[self._of]
        order = {category: index for index, category in enumerate(CATEGORIES)}
        self._category = np.asarray([order[row.category] if row.category else -1 for row in rows])[self._of]

    def fit(self, without: int | None = None) -> PromptClassifier:
        """Weights from all rows, or from those outside one fold; uncalibrated (slope 1, offset 0)."""
        use = (self._weight > 0) & (self._fold != without)
        counted, weight, harmful = self._counted[use], self._weight[use], self._harmful[use]
        # Rare features count for more (inverse document frequency); the factor is folded into the weights.
        rarity = np.log((1 + counted.shape[0]) / (1 + counted.getnnz(axis=0))) + 1
        rarity /= rarity.mean()
        rarity[HASHED:] *= _MEANING
        features = (counted @ diags(rarity)).tocsr()
        any_harm, any_bias = self._regress(features, harmful, weight)
        kinds, kind_weight, category = features[harmful], weight[harmful], self._category[use][harmful]
        own, own_bias = zip(
            *(self._regress(kinds, category == index, kind_weight) for index in range(len(CATEGORIES))), strict=True
        )
        exact = (any_harm[:, None] + _KIND * np.stack(own, axis=1)) * rarity[:, None]
        weights = exact.astype(np.float16).astype(np.float32)  # what the file will hold
        bias = (any_bias + _KIND * np.array(own_bias)).astype(np.float32)
        _log.info("fitted %d passages, %d of them harmful, without fold %s", len(weight), harmful.sum(), without)
        return PromptClassifier.uncalibrated(CATEGORIES, weights, bias)

    def _regress(
        self, features: csr_matrix, positive: NDArray[np.bool_], weight: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], float]:
        weight = weight.copy()
        weight[positive] *= _POSITIVE_SHARE / (1 - _POSITIVE_SHARE) * weight[~positive].sum() / weight[positive].sum()
        model = LogisticRegression(C=_STRENGTH, solver="liblinear", random_state=self._seed, max_iter=100, tol=1e-3)
        model.fit(features, positive, sample_weight=weight)
        return model.coef_[0], float(model.intercept_[0])


def scored_out_of_fold(learner: Learner, models: Sequence[PromptClassifier]) -> NDArray[np.float32]:
    """Raw scores of all rows, each by the model that was fitted without its fold; shape (n, k).

    Args:
        models: one a fold.
    """
    raw = np.zeros((len(learner.rows), len(CATEGORIES)), dtype=np.float32)
    for fold, model in enumerate(models):
        for index, row in enumerate(learner.rows):
            if row.fold == fold:
                raw[index] = model.raw(learner.texts[index])[0]
    return raw


def _counted(texts: Sequence[str], harmless: Sequence[bool]) -> tuple[csr_matrix, NDArray[np.intp]]:
    """Features of the passages of canonical texts, float32: counts over the root of their number.

    This is what :class:`PromptClassifier` computes for a stretch of text, without the weights.

    Returns:
        shape (m, buckets()), and which text each passage is of, shape (m,).
    """
    indices: list[NDArray[np.intp]] = []
    data: list[NDArray[np.float32]] = []
    ends, of = [0], []
    for number, (text, safe) in enumerate(zip(texts, harmless, strict=True)):
        text_units = units(text, latin_languages(text))
        for begin, end in passages(text, text_units.cut, harmless=safe):
            features = text_units.features(begin, end)
            found, counts = np.unique(features, return_counts=True)
            indices.append(found)
            data.append((counts / np.sqrt(max(len(features), 1))).astype(np.float32))
            ends.append(ends[-1] + len(found))
            of.append(number)
    shape = (len(of), buckets())
    return csr_matrix((np.concatenate(data), np.concatenate(indices), np.asarray(ends)), shape=shape), np.asarray(of)
