"""Makes the classifier's weights from labelled prompts, and writes down how good they are.

    python -m touchmark.safety.classifier.train --prompts FOLDER --out safety/classifier/weights.npz

Same folder, same grammars and same versions of the libraries, same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import logging
import time
import zipfile
from pathlib import Path

import numpy as np

from touchmark.safety.classifier import written
from touchmark.safety.classifier.calibration import calibrate, calibrated_out_of_fold
from touchmark.safety.classifier.card import write_card
from touchmark.safety.classifier.folds import Learner, scored_out_of_fold
from touchmark.safety.classifier.meanings import digest
from touchmark.safety.classifier.model import PromptClassifier
from touchmark.safety.classifier.sources import FOLDS, read

_log = logging.getLogger(__name__)


def save(model: PromptClassifier, path: Path) -> str:
    """Write the archive with fixed times, so that equal weights are equal files; returns its SHA-256."""
    arrays = {
        "categories": np.asarray([category.value for category in model.order]),
        "lists": np.asarray(digest()),
        "weights": model.weights.astype(np.float16),
        "bias": model.bias,
        "slope": model.slope,
        "offset": model.offset,
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
    rows = [*read(options.prompts), *written.rows(options.seed)]
    learner = Learner(rows, options.seed)
    _log.info("%d prompts read in %.0f s", len(rows), time.perf_counter() - begin)
    raw = scored_out_of_fold(learner, [learner.fit(without=fold) for fold in range(FOLDS)])
    model = calibrate(learner.fit(), learner, raw)
    sha256 = save(model, options.out)
    code = options.out.with_name("weights.py")
    head = (
        '"""The digest of the weights that belong to this release. Written by ``touchmark.safety.classifier.train``."""'
    )
    code.write_text(f'{head}\n\nWEIGHTS_SHA256 = "{sha256}"\n', encoding="utf-8")
    write_card(options.out.with_name("MODEL_CARD.md"), learner.rows, calibrated_out_of_fold(learner, raw), sha256)
    _log.info("%s, %.1f MB, in %.0f s", options.out, options.out.stat().st_size / 1e6, time.perf_counter() - begin)


if __name__ == "__main__":
    main()
