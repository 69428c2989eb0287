"""What people use today in place of a gate, on the same prompts: two word filters, and a plain TF-IDF classifier.

Each takes texts and gives a score; a word filter that only says yes or no gives 1 or 0. The TF-IDF baseline is what a
tutorial shows: words and characters of the text as typed, one logistic regression, no canonicalisation, no concepts,
no phrases of ours. It is trained like our classifier without the fold it is judged by, and its threshold stops as many
plain harmless English prompts as ours does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from touchmark.safety.classifier.sources import FOLDS, Row

Scorer = Callable[[Sequence[str]], NDArray[np.float64]]


def word_filters() -> dict[str, Scorer]:
    """The word filters that are installed, by the name of their package; of one that is not, a line says so.

    They ask for old versions of what we use: ``pip install --no-deps better-profanity alt-profanity-check``.
    """
    found: dict[str, Scorer] = {}
    try:
        from better_profanity import profanity  # type: ignore[import-not-found]

        found["better-profanity"] = lambda texts: np.asarray([float(profanity.contains_profanity(t)) for t in texts])
    except ImportError:
        print("better-profanity is not installed, and is left out", file=sys.stderr)
    try:
        from profanity_check import predict_prob  # type: ignore[import-not-found]

        found["alt-profanity-check"] = lambda texts: np.asarray(predict_prob(list(texts)), dtype=np.float64)
    except ImportError:
        print("alt-profanity-check is not installed, and is left out", file=sys.stderr)
    return found


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
