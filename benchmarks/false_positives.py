"""How often the picture's mark is found where there is none: keys by the hundred thousand against unmarked video.

    python -m benchmarks.false_positives --clips FOLDER [--keys 100000] [--searches 200]

Every clip is looked at unmarked, as it is and after H.264 at CRF 28. Each key is tested three ways:

- *one test*: the template at one place fixed beforehand, with no choice of anything. Its p-values must be uniform
  (Kolmogorov and Smirnov), and their tail must be that of a uniform number: the index that Hill's estimator finds in
  the smallest thousandth ("A simple general approach to inference about the tail of a distribution", Ann. Stat. 1975)
  is 1 for p-values that are exact, more for bounds, less for p-values that promise too much.
- *nominal*: the best of all places at the geometry of the original, as extraction begins, and a decoding where the
  pattern seems to be there.
- *search*: the whole extraction, on fewer keys, because it takes a second for each.

What an unmarked video costs in processor time is measured on the way.
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rich.progress import track
from scipy.stats import kstest

from benchmarks.films import films
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.watermark.alignment import Aligner
from touchmark.provenance.watermark.bench.attacks import ATTACKS
from touchmark.provenance.watermark.extraction import WORTH_READING
from touchmark.provenance.watermark.geometry import Geometry
from touchmark.provenance.watermark.lattice import Lattice
from touchmark.provenance.watermark.measuring import Gauge
from touchmark.provenance.watermark.protocol import Detection, MarkState, WatermarkKey
from touchmark.provenance.watermark.reading import Reader, Reading, Sight
from touchmark.provenance.watermark.residual import Evidence, gather, weighted
from touchmark.provenance.watermark.statistics import PRESENCE_LEVEL, exact_tail
from touchmark.provenance.watermark.video import LatticeWatermark

RESULTS = Path(__file__).parent / "results" / "false_positives.json"
_FIXED = Geometry(shift_x=17.0, shift_y=5.0)
_TAIL = 1000
"""One in so many p-values belongs to the tail that is fitted."""


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--clips", type=Path, required=True, help="a folder of unmarked videos")
    parser.add_argument("--keys", type=int, default=100_000, help="how many tests of each kind, over all clips")
    parser.add_argument("--searches", type=int, default=200, help="how many whole extractions, over all clips")
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory(prefix="touchmark-bench-") as folder:
        copies = list(_copies(arguments.clips, Path(folder)))
        report = {
            "machine": f"{platform.machine()}, times of one core, shared",
            "videos": [path.stem for path in copies],
            "one_test_and_nominal": _tests(copies, arguments.keys),
            "search": _searches(copies, arguments.searches),
        }
    arguments.output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=1))


def _copies(folder: Path, scratch: Path) -> Iterator[Path]:
    for path in films(folder):
        yield path
        coded = scratch / f"{path.stem}_h264_crf28.mp4"
        ATTACKS["h264_crf28"](path, coded)
        yield coded


def _tests(copies: list[Path], count: int) -> dict[str, Any]:
    alone: list[float] = []
    nominal: list[float] = []
    decoded = verified = tested = 0
    for number, path in enumerate(copies):
        with open_video(path) as video:
            evidence = weighted(gather(video.frames(key_frames_only=True)))
        gauge = Gauge()
        of_this = range(number * count // len(copies), (number + 1) * count // len(copies))
        for at in track(of_this, description=path.stem):
            p_alone, p_best, reading = _test(evidence, gauge, _key(at))
            alone.append(p_alone)
            nominal.append(p_best)
            decoded += reading is not None
            verified += reading is not None and reading.payload is not None
            tested += 1
    return {
        "tests": tested,
        "one_test": {
            "kolmogorov_smirnov_p": float(kstest(alone, "uniform").pvalue),
            "least_p": min(alone),
            "share_below": {
                f"{level:g}": float(np.mean(np.array(alone) <= level)) for level in (0.1, 1e-2, 1e-3, 1e-4)
            },
            "tail_index": (index := _tail_index(alone)),
            "fitted_rate_where_p_is_1e-12": float(10 ** (-12 * index)),
        },
        "nominal": {
            "least_p": min(nominal),
            "called_present": int(np.sum(np.array(nominal) < PRESENCE_LEVEL)),
            "decoded": decoded,
            "called_verified": verified,
        },
    }


def _test(evidence: Evidence, gauge: Gauge, key: WatermarkKey) -> tuple[float, float, Reading | None]:
    lattice = Lattice.of(key)
    reader = Reader(lattice, key, gauge)
    fit, _ = reader.template(Sight(evidence, _FIXED))
    place = Aligner(lattice, gauge).shifted(evidence, Geometry())
    best, _ = reader.template(Sight(evidence, place.geometry))
    p_best = exact_tail(best.amplitudes, best.z, tests=place.compared)
    reading = reader.read([Sight(evidence, place.geometry)]) if place.z > WORTH_READING else None
    return exact_tail(fit.amplitudes, fit.z), p_best, reading


def _tail_index(p_values: list[float]) -> float:
    smallest = np.sort(p_values)[: max(2, len(p_values) // _TAIL)]
    return float(1 / np.mean(np.log(smallest[-1] / smallest[:-1])))


def _searches(copies: list[Path], count: int) -> dict[str, Any]:
    """Whole extractions, one key to a search, as a verifier with one key makes them."""
    found: list[Detection] = []
    began = time.process_time()
    for number in track(range(count), description="searches"):
        with open_video(copies[number % len(copies)]) as video:
            found += LatticeWatermark().search(video, [_key(-1 - number)])
    seconds = (time.process_time() - began) / max(count, 1)
    return {
        "searches": count,
        "called_present": sum(detection.state is MarkState.PRESENT for detection in found),
        "called_verified": sum(detection.state is MarkState.VERIFIED for detection in found),
        "least_p": min((detection.p_value for detection in found), default=1.0),
        "seconds_each_with_decoding": round(seconds, 2),
    }


def _key(number: int) -> WatermarkKey:
    return WatermarkKey(b"nobody's key" + number.to_bytes(8, "big", signed=True))


if __name__ == "__main__":
    main()
