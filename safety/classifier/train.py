"""Makes the classifier's weights from labelled prompts, and writes down how good they are.

    python -m touchmark.safety.classifier.train --prompts FOLDER --out safety/classifier/weights.npz

One logistic regression a category (scikit-learn, liblinear) on the hashed features of ``features.py``; then a logistic
curve from raw scores to 0..1, from rows that were not trained on. Same folder and versions, same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import logging
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags
from sklearn.linear_model import LogisticRegression

from touchmark.safety.canonical import canonicalise
from touchmark.safety.classifier import written
from touchmark.safety.classifier.card import write_card
from touchmark.safety.classifier.features import BUCKETS, units
from touchmark.safety.classifier.model import PromptClassifier
from touchmark.safety.classifier.sources import Row, Split, read
from touchmark.safety.decision import Category

CATEGORIES = (
    Category.SEXUAL,
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

_OTHER_HARM_WEIGHT = 0.15
"""How much a prompt that is harmful in another way counts as harmless for a category. Little: the sets give each
prompt one label, and many deserve two."""
_POSITIVE_SHARE = 0.25
"""Weight of the harmful prompts of a category among all, however few they are."""
ANCHOR = 0.0015
"""Share of the harmless calibration prompts, contrast pairs included, that a category scores 0.5 or more."""
_STRENGTH = 20.0
"""Inverse regularisation (C of scikit-learn)."""

_log = logging.getLogger(__name__)


def matrix(texts: Sequence[str]) -> csr_matrix:
    """Features of canonical texts, shape (n, BUCKETS), float32: counts over the root of their number.

    This is what :class:`PromptClassifier` computes for a stretch of text, without the weights.
    """
    indices: list[NDArray[np.intp]] = []
    data: list[NDArray[np.float32]] = []
    ends = [0]
    for text in texts:
        features = units(text).features
        buckets, counts = np.unique(features, return_counts=True)
        indices.append(buckets)
        data.append((counts / np.sqrt(max(len(features), 1))).astype(np.float32))
        ends.append(ends[-1] + len(buckets))
    return csr_matrix((np.concatenate(data), np.concatenate(indices), np.asarray(ends)), shape=(len(texts), BUCKETS))


def fit(rows: Sequence[Row], seed: int) -> PromptClassifier:
    """Learn weights from rows, uncalibrated (slope 1, offset 0)."""
    counted = matrix([canonicalise(row.text).primary.text for row in rows])
    # Rare features count for more (inverse document frequency); the factor is folded into the weights.
    rarity = np.log((1 + len(rows)) / (1 + counted.getnnz(axis=0))) + 1
    rarity /= rarity.mean()
    features = (counted @ diags(rarity)).tocsr()
    weights = np.zeros((BUCKETS, len(CATEGORIES)), dtype=np.float32)
    bias = np.zeros(len(CATEGORIES), dtype=np.float32)
    for index, category in enumerate(CATEGORIES):
        positive = np.asarray([row.category is category for row in rows])
        trust = np.asarray(
            [row.weight if row.category in (category, None) else row.weight * _OTHER_HARM_WEIGHT for row in rows]
        )
        trust[positive] *= _POSITIVE_SHARE / (1 - _POSITIVE_SHARE) * trust[~positive].sum() / trust[positive].sum()
        model = LogisticRegression(C=_STRENGTH, solver="liblinear", random_state=seed, max_iter=200)
        model.fit(features, positive, sample_weight=trust)
        weights[:, index] = (model.coef_[0] * rarity).astype(np.float16)  # before calibration: what the file holds
        bias[index] = model.intercept_[0]
        _log.info("%-20s %5d harmful of %d rows", category.value, positive.sum(), len(rows))
    one = np.ones(len(CATEGORIES), dtype=np.float32)
    return PromptClassifier(CATEGORIES, weights, bias, one, np.zeros_like(one))


def calibrate(model: PromptClassifier, rows: Sequence[Row]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Slope and offset of each category's logistic curve, from CALIBRATE rows; shapes (k,), (k,).

    The slope is fitted (Platt, 1999). The offset is not, since it would depend on how much harm happens to be in the
    sets: it is set so that 0.5 means the same for every category, a false-positive rate of ``ANCHOR``.
    """
    raw = np.stack([model.raw(canonicalise(row.text).primary.text)[0] for row in rows])
    harmless = np.asarray([row.category is None for row in rows])
    slope = np.ones(len(CATEGORIES), dtype=np.float32)
    for index, category in enumerate(CATEGORIES):
        harmful = np.asarray([row.category is category for row in rows])
        use = harmful | harmless
        curve = LogisticRegression(C=1.0, class_weight="balanced").fit(raw[use, index : index + 1], harmful[use])
        slope[index] = curve.coef_[0, 0]
    anchor = np.quantile(raw[harmless], 1 - ANCHOR, axis=0)
    for category, at, steepness in zip(CATEGORIES, anchor, slope, strict=True):
        _log.info("%-20s 0.5 at raw score %.2f, slope %.2f", category.value, at, steepness)
    return slope, (-slope * anchor).astype(np.float32)


def save(model: PromptClassifier, slope: NDArray[np.float32], offset: NDArray[np.float32], path: Path) -> str:
    """Write the archive with fixed times, so that equal weights are equal files; returns its SHA-256."""
    arrays = {
        "categories": np.asarray([category.value for category in CATEGORIES]),
        "weights": model.weights.astype(np.float16),
        "bias": model.bias,
        "slope": slope,
        "offset": offset,
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, array, allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, buffer.getvalue())
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> None:
    """Train, calibrate, save, and write digest and model card beside the weights."""
    parser = argparse.ArgumentParser(prog="python -m touchmark.safety.classifier.train", description=__doc__)
    parser.add_argument("--prompts", type=Path, required=True, help="folder of labelled prompts, *.jsonl")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("weights.npz"))
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")

    begin = time.perf_counter()
    public = list(read(options.prompts))
    rows = [row for row in public if row.split is Split.TRAIN] + list(written.rows(options.seed))
    model = fit(rows, options.seed)
    slope, offset = calibrate(model, [row for row in public if row.split is Split.CALIBRATE])
    digest = save(model, slope, offset, options.out)
    code = options.out.with_name("weights.py")
    head = (
        '"""The digest of the weights that belong to this release. Written by ``touchmark.safety.classifier.train``."""'
    )
    code.write_text(f'{head}\n\nWEIGHTS_SHA256 = "{digest}"\n', encoding="utf-8")
    trained = PromptClassifier.load(options.out, digest)
    write_card(options.out.with_name("MODEL_CARD.md"), trained, public, rows, digest, ANCHOR)
    _log.info("%s, %.1f MB, in %.0f s", options.out, options.out.stat().st_size / 1e6, time.perf_counter() - begin)


if __name__ == "__main__":
    main()
