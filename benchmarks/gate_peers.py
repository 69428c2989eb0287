"""What people use today in place of a gate, on the same prompts: two word filters, and a plain TF-IDF classifier.

Each takes texts and gives a score; a word filter that only says yes or no gives 1 or 0. The TF-IDF baseline is what a
tutorial shows: words and characters of the text as typed, one logistic regression, no canonicalisation, no concepts,
no phrases of ours. It is trained like our classifier without the fold it is judged by, and its threshold stops as many
plain harmless English prompts as ours does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from touchmark.safety.classifier.sources import FOLDS, Row

Scorer = Callable[[Sequence[str]], NDArray[np.float64]]


_MODULES = {"better_profanity": "better-profanity", "profanity_check": "alt-profanity-check"}
"""What is imported, and the package that brings it."""
_INSTALL = f"pip install --no-deps {' '.join(_MODULES.values())}"
"""Their dependencies stay out: they ask for old versions of what we use."""


def word_filters() -> dict[str, Scorer]:
    """The word filters, by the name of their package.

    Raises:
        SystemExit: one is not installed. Results without it would look like a run of the whole.
    """
    missing = [package for module, package in _MODULES.items() if find_spec(module) is None]
    if missing:
        raise SystemExit(f"not installed: {', '.join(missing)}. Nothing was measured. Install with: {_INSTALL}")
    from better_profanity import profanity  # type: ignore[import-not-found]
    from profanity_check import predict_prob  # type: ignore[import-not-found]

    return {
        "better-profanity": lambda texts: np.asarray([float(profanity.contains_profanity(t)) for t in texts]),
        "alt-profanity-check": lambda texts: np.asarray(predict_prob(list(texts)), dtype=np.float64),
    }


def tfidf_out_of_fold(rows: Sequence[Row]) -> NDArray[np.float64]:
    """Scores of the baseline, each row by a model fitted without its fold; shape (n,)."""
    texts = [row.text for row in rows]
    words = TfidfVectorizer(min_df=2, ngram_range=(1, 2), sublinear_tf=True)
    letters = TfidfVectorizer(min_df=3, ngram_range=(3, 4), analyzer="char_wb", sublinear_tf=True, max_features=200_000)
    features = hstack([words.fit_transform(texts), letters.fit_transform(texts)]).tocsr()
    harmful = np.asarray([row.category is not None for row in rows])
    fold = np.asarray([row.fold for row in rows])
    trusted = np.asarray([row.weight > 0 for row in rows])
    scores = np.zeros(len(rows))
    for held_out in range(FOLDS):
        use = (fold != held_out) & trusted
        model = LogisticRegression(C=10, solver="liblinear", class_weight="balanced", tol=1e-3)
        model.fit(features[use], harmful[use])
        scores[fold == held_out] = model.predict_proba(features[fold == held_out])[:, 1]
    return scores
