"""The training program learns, holds out what it says, and gives the same weights twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from touchmark.safety.classifier import written
from touchmark.safety.classifier.calibration import calibrate, calibrated_out_of_fold
from touchmark.safety.classifier.folds import CATEGORIES, Learner, scored_out_of_fold
from touchmark.safety.classifier.model import GROUPS
from touchmark.safety.classifier.sources import FOLDS
from touchmark.safety.language import LanguageGroup


@pytest.fixture(scope="module")
def learner() -> Learner:
    rows = [row for row in written.rows() if row.language == "en"]
    harmful = [row for row in rows if row.category][::12]
    harmless = [row for row in rows if not row.category][::30]
    plain = [replace(row, source="captions") for row in harmless[::2]]  # to calibrate by, beside what looks harmful
    return Learner([*harmful, *plain, *harmless[1::2]], seed=1)


def test_fits_repeat_exactly_harm_scores_above_no_harm_on_phrases_not_seen_and_calibration_keeps_the_order(
    learner: Learner,
) -> None:
    first, again, folds = learner.fit(), learner.fit(), [learner.fit(without=fold) for fold in range(FOLDS)]
    assert np.array_equal(first.weights, again.weights)
    assert not any(np.array_equal(first.weights, without.weights) for without in folds)

    raw = scored_out_of_fold(learner, folds)
    assert raw.shape == (len(learner.rows), len(CATEGORIES))
    harmful = np.asarray([row.category is not None for row in learner.rows])
    highest = raw.max(axis=1)
    assert np.median(highest[harmful]) > np.quantile(highest[~harmful], 0.75)

    scores = calibrated_out_of_fold(learner, raw).max(axis=1)
    assert ((scores >= 0) & (scores <= 1)).all()
    assert (scores[~harmful] >= 0.5).mean() <= 0.08  # what the anchors say, and one prompt more

    model = calibrate(first, learner, raw)
    assert model.offset.shape == (len(CATEGORIES), len(GROUPS))
    at = raw[np.argsort(highest)[-1]]
    assert model.calibrated(at, frozenset({LanguageGroup.ENGLISH})).max() > 0.5
