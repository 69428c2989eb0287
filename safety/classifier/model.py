"""The classifier at work: hashed features, one weight a bucket and category, calibrated. Reads weights, never fits.

    classifier = PromptClassifier.load()
    classifier.scores(canonicalise("a lighthouse at dawn"))[Category.SEXUAL].value     # 0.00...

The weights are a NumPy archive without pickles. Their SHA-256 is part of the program: other weights, or damaged ones,
are an error at start, not a gate that lets everything through.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.errors import TouchmarkError
from touchmark.safety.canonical import CanonicalText
from touchmark.safety.classifier.features import BUCKETS, stretches, units
from touchmark.safety.classifier.weights import WEIGHTS_SHA256
from touchmark.safety.decision import Category
from touchmark.safety.judge import Score

WEIGHTS = Path(__file__).with_name("weights.npz")
"""The weights that ship."""


class ClassifierBrokenError(TouchmarkError):
    """The classifier's weights are missing, damaged or not the ones that belong to this release."""

    code: ClassVar[str] = "safety.classifier_broken"


class PromptClassifier:
    """Linear scores over hashed n-grams, the maximum over views, sentences and windows, through a logistic curve."""

    __slots__ = ("_categories", "bias", "offset", "slope", "weights")

    def __init__(
        self,
        categories: tuple[Category, ...],
        weights: NDArray[np.float32],
        bias: NDArray[np.float32],
        slope: NDArray[np.float32],
        offset: NDArray[np.float32],
    ) -> None:
        """Prefer :meth:`load`.

        Args:
            categories: the k categories scored.
            weights: shape (BUCKETS, k).
            bias: shape (k,).
            slope, offset: shape (k,); calibrated score = logistic(slope * raw + offset) (Platt, 1999).
        """
        self._categories = categories
        self.weights = weights
        self.bias = bias
        self.slope = slope
        self.offset = offset

    @classmethod
    def load(cls, path: Path = WEIGHTS, expected_sha256: str = WEIGHTS_SHA256) -> PromptClassifier:
        """Read weights.

        Raises:
            ClassifierBrokenError: they are missing, have another digest, or do not fit this program.
        """
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise _broken(path, f"cannot be read ({error.strerror})") from error
        digest = hashlib.sha256(raw).hexdigest()
        if digest != expected_sha256:
            raise _broken(path, f"have another digest (got {digest[:12]}, expected {expected_sha256[:12]})")
        try:
            with np.load(io.BytesIO(raw), allow_pickle=False) as archive:
                categories = tuple(Category(str(name)) for name in archive["categories"])
                parts = {name: archive[name].astype(np.float32) for name in ("weights", "bias", "slope", "offset")}
        except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
            raise _broken(path, f"do not hold what is expected ({error})") from error
        shapes = {"weights": (BUCKETS, len(categories))}
        for name, part in parts.items():
            if part.shape != shapes.get(name, (len(categories),)) or not np.isfinite(part).all():
                raise _broken(path, f"hold a malformed array {name!r}")
        return cls(categories, **parts)

    @property
    def categories(self) -> frozenset[Category]:
        """What is scored."""
        return frozenset(self._categories)

    def raw(self, text: str) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
        """Uncalibrated scores of one view.

        Returns:
            the highest score of each category, shape (k,), and for each the stretch of ``text`` it was reached on,
            ints of shape (k, 2). A text without words scores as the empty text does.
        """
        cut = units(text)
        if not len(cut):
            return self.bias, np.zeros((len(self._categories), 2), dtype=np.intp)
        sums = np.zeros((len(cut) + 1, len(self._categories)), dtype=np.float32)
        np.cumsum(np.add.reduceat(self.weights[cut.features], cut.first[:-1], axis=0), axis=0, out=sums[1:])
        pairs = stretches(text, cut)
        begin, end = pairs[:, 0], pairs[:, 1]
        length = np.sqrt(cut.first[end] - cut.first[begin]).astype(np.float32)
        scores = (sums[end] - sums[begin]) / length[:, None] + self.bias
        best = scores.argmax(axis=0)
        return scores.max(axis=0), np.stack([cut.starts[begin[best]], cut.ends[end[best] - 1]], axis=1)

    def scores(self, text: CanonicalText) -> Mapping[Category, Score]:
        """Calibrated score of each category, the highest over all views, with where it was reached."""
        found: dict[Category, Score] = {}
        for view in text.views:
            raw, where = self.raw(view.text)
            values = 1 / (1 + np.exp(-(self.slope * raw + self.offset)))
            for index, category in enumerate(self._categories):
                value = float(values[index])
                if category not in found or value > found[category].value:
                    found[category] = Score(value, view.span(int(where[index, 0]), int(where[index, 1])))
        return found


def _broken(path: Path, problem: str) -> ClassifierBrokenError:
    return ClassifierBrokenError(
        f"the classifier's weights {problem}",
        subject=path.name,
        remedy="Reinstall touchmark; no prompt is allowed until the weights are whole.",
    )
