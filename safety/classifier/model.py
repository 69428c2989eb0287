"""The classifier at work: one weight a feature and category, calibrated by language. Reads weights, never fits.

    classifier = PromptClassifier.load()
    classifier.scores(canonicalise("a lighthouse at dawn"))[Category.SEXUAL].value     # 0.00...

The weights are a NumPy archive without pickles. Their SHA-256 is part of the program: other weights, or damaged ones,
are an error at start, not a gate that lets everything through.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.errors import TouchmarkError
from touchmark.safety.canonical import CanonicalText
from touchmark.safety.classifier.features import buckets
from touchmark.safety.classifier.meanings import digest
from touchmark.safety.classifier.stretches import LONGEST, stretches
from touchmark.safety.classifier.weighing import WeighedText, weigh
from touchmark.safety.classifier.weights import WEIGHTS_SHA256
from touchmark.safety.decision import Category
from touchmark.safety.language import LanguageGroup, language_groups, latin_languages
from touchmark.safety.reading import Score

WEIGHTS = Path(__file__).with_name("weights.npz")
"""The weights that ship."""


class ClassifierBrokenError(TouchmarkError):
    """The classifier's weights are missing, damaged or not the ones that belong to this release."""

    code: ClassVar[str] = "safety.classifier_broken"


CONTRAST = 6.0
"""How many times as far as the weights say a kind of harm lies behind the likeliest kind of the same stretch. All kinds
share the measure of there being harm at all, so a plain harm would score high in every category without it."""

_CALM, _RELIEF, MOST_RELIEF = -8.0, 0.7, 3.5
"""Raw score of the midmost stretch of a harmless text, what is taken off for each unit above it, and at most."""

GROUPS = tuple(LanguageGroup)
"""The groups of languages that scores are calibrated for, in the order of the columns."""


class PromptClassifier:
    """Linear scores over features, the maximum over views, sentences and windows, through a logistic curve."""

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
            weights: shape (buckets(), k).
            bias: shape (k,).
            slope: shape (k,).
            offset: shape (k, len(GROUPS)); calibrated score = logistic(slope * raw + offset) (Platt, 1999), of the
                groups that a text is written in the one that scores it highest.
        """
        self._categories = categories
        self.weights = weights
        self.bias = bias
        self.slope = slope
        self.offset = offset

    @classmethod
    def uncalibrated(
        cls, categories: tuple[Category, ...], weights: NDArray[np.float32], bias: NDArray[np.float32] | None = None
    ) -> PromptClassifier:
        """A model as it is fitted: slope 1, offset 0."""
        one = np.ones(len(categories), dtype=np.float32)
        flat = np.zeros((len(one), len(GROUPS)), dtype=np.float32)
        return cls(categories, weights, 0 * one if bias is None else bias, one, flat)

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
        found = hashlib.sha256(raw).hexdigest()
        if found != expected_sha256:
            raise _broken(path, f"have another digest (got {found[:12]}, expected {expected_sha256[:12]})")
        try:
            with np.load(io.BytesIO(raw), allow_pickle=False) as archive:
                categories = tuple(Category(str(name)) for name in archive["categories"])
                parts = {name: archive[name].astype(np.float32) for name in ("weights", "bias", "slope", "offset")}
                lists = str(archive["lists"])
        except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
            raise _broken(path, f"do not hold what is expected ({error})") from error
        if lists != digest():
            raise _broken(path, "were made for other lists of concepts and glosses")
        shapes = {"weights": (buckets(), len(categories)), "offset": (len(categories), len(GROUPS))}
        for name, part in parts.items():
            if part.shape != shapes.get(name, (len(categories),)) or not np.isfinite(part).all():
                raise _broken(path, f"hold a malformed array {name!r}")
        return cls(categories, **parts)

    @property
    def order(self) -> tuple[Category, ...]:
        """What is scored, in the order of the columns."""
        return self._categories

    @property
    def categories(self) -> frozenset[Category]:
        """What is scored."""
        return frozenset(self._categories)

    def raw(self, text: str) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
        """Uncalibrated scores of one view.

        Returns:
            the highest score of each category (in a long text less its relief), shape (k,), and for each the stretch
            of ``text`` it was reached on, ints of shape (k, 2). A text without words scores as the empty text does.
        """
        return self._scored(weigh([text], self.weights, latin_languages(text)))[0]

    def _scored(self, texts: Sequence[WeighedText]) -> list[tuple[NDArray[np.float32], NDArray[np.intp]]]:
        """What :meth:`raw` says of each of some texts."""
        kinds, places = len(self._categories), [0, *accumulate(len(text) + 1 for text in texts)]
        sums = np.zeros((kinds, places[-1]), dtype=np.float32)
        features = np.zeros(places[-1], dtype=np.intp)
        parts = []
        for text, place, until in zip(texts, places[:-1], places[1:], strict=True):
            text.sums.T.cumsum(axis=1, out=sums[:, place + 1 : until])
            text.counts.cumsum(out=features[place + 1 : until])
            parts.append(stretches(text.text, text.cut))
        begin, end = np.concatenate([part + place for part, place in zip(parts, places[:-1], strict=True)]).T
        scores = sums.take(end, axis=1)
        scores -= sums.take(begin, axis=1)
        scores /= np.sqrt(features.take(end) - features.take(begin)).astype(np.float32)
        scores += self.bias[:, None]
        worst = scores.max(axis=0)
        behind = worst - scores
        behind *= CONTRAST
        np.subtract(worst, behind, out=scores)
        scored = []
        done = 0
        for text, part in zip(texts, parts, strict=True):
            chosen = slice(done, done + len(part))
            done = chosen.stop
            scored.append(self._highest(text, part, scores[:, chosen], worst[chosen]))
        return scored

    def _highest(
        self, text: WeighedText, parts: NDArray[np.intp], scores: NDArray[np.float32], worst: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
        if not len(text):
            return self.bias, np.zeros((len(self._categories), 2), dtype=np.intp)
        if text.cut.widths.sum() > LONGEST:
            scores = scores - relief(worst)
        begin, end = parts.take(scores.argmax(axis=1), axis=0).T
        return scores.max(axis=1), np.stack((text.cut.starts.take(begin), text.cut.ends.take(end - 1)), axis=1)

    def calibrated(self, raw: NDArray[np.float32], groups: frozenset[LanguageGroup]) -> NDArray[np.float32]:
        """Scores between 0 and 1 of raw ones, shape (k,), for a text in these groups of languages."""
        offset = self.offset.take([GROUPS.index(group) for group in groups], axis=1).max(axis=1)
        scores: NDArray[np.float32] = 1 / (1 + np.exp(-(self.slope * raw + offset)))
        return scores

    def scores(self, text: CanonicalText) -> Mapping[Category, Score]:
        """Calibrated score of each category, the highest over all views, with where it was reached."""
        highest: list[tuple[float, int, tuple[int, int]]] = []
        texts = [view.text for view in text.views]
        readings = weigh(texts, self.weights, latin_languages(*texts))
        for number, (reading, (raw, where)) in enumerate(zip(readings, self._scored(readings), strict=True)):
            values = self.calibrated(raw, language_groups(reading.text)).tolist()
            reached = [
                (value, number, (begin, end)) for value, (begin, end) in zip(values, where.tolist(), strict=True)
            ]
            highest = [max(pair, key=_value) for pair in zip(highest, reached, strict=True)] if number else reached
        spans = {place: text.views[place[0]].span(*place[1]) for place in {place[1:] for place in highest}}
        return {
            category: Score(value, spans[view, stretch])
            for category, (value, view, stretch) in zip(self._categories, highest, strict=True)
        }


def _value(reached: tuple[float, int, tuple[int, int]]) -> float:
    return reached[0]


def relief(worst: NDArray[np.float32]) -> float:
    """What to take off the scores of a long text whose stretches are all a little suspect.

    Of many stretches of a dark tale one scores high by chance. A harm stands out from its surroundings: harmless
    padding brings no relief, and in a text that is harmful throughout there is more than enough to spare.

    Args:
        worst: the highest score of each stretch, in any shape.
    """
    return min(max(_RELIEF * (_median(worst.ravel()) - _CALM), 0.0), MOST_RELIEF)


def _median(values: NDArray[np.float32]) -> float:
    """What :func:`numpy.median` says, in a fifth of the time."""
    lower, upper = (len(values) - 1) // 2, len(values) // 2
    sorted_there = np.partition(values, (lower, upper))
    return float((sorted_there[lower] + sorted_there[upper]) / 2)


def _broken(path: Path, problem: str) -> ClassifierBrokenError:
    return ClassifierBrokenError(
        f"the classifier's weights {problem}",
        subject=path.name,
        remedy="Reinstall touchmark; no prompt is allowed until the weights are whole.",
    )
