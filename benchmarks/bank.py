"""What searching hash banks costs, and what it finds: python -m benchmarks.bank

Banks of random hashes with one real clip among them are searched for copies of that clip and for other clips. Processor
time of one thread is the measure. The result is written to ``benchmarks/results/bank.json``.
"""

from __future__ import annotations

import json
import platform
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.clips import scene
from touchmark.provenance.media.video import Frame
from touchmark.safety.decision import Category
from touchmark.safety.output.bank import Bank, add, load_bank
from touchmark.safety.output.matching import BankIndex, Search
from touchmark.safety.output.pdq import pdq
from touchmark.safety.output.vpdq import Line, hash_frames

Pixels = NDArray[np.uint8]

RESULT = Path(__file__).parent / "results" / "bank.json"
SIZES = (10_000, 100_000, 1_000_000)
FRAMES_A_VIDEO = 240
_LOOKUPS = 400
_CLIPS = 12
_SECONDS = 3


def main() -> None:
    """Measure, print, write."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng(1)
    result = {
        "machine": {"processor": platform.machine(), "python": platform.python_version(), "numpy": np.__version__},
        "hashing": [_hashing(name, size) for name, size in {"720p": (1280, 720), "1080p": (1920, 1080)}.items()],
        "searching": [_searching(size, rng) for size in SIZES],
        "finding": _finding(rng),
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


def _hashing(name: str, size: tuple[int, int]) -> dict[str, Any]:
    """A frame with its mirror image; four are hashed for a second of video."""
    pictures = list(scene(*size, 12))
    pdq(pictures[0])
    return {"size": name, "ms_per_frame": _milliseconds([partial(pdq, picture) for picture in pictures])["median"]}


def _searching(size: int, rng: np.random.Generator) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="touchmark-bench-") as name:
        folder = Path(name)
        lines = [
            (f"video {video}", [Line(n, 100, rng.bytes(32), n / 4) for n in range(FRAMES_A_VIDEO)])
            for video in range(size // FRAMES_A_VIDEO + 1)
        ]
        _, writing = _timed(lambda: add(folder, "bank", lines, datetime.now(UTC), category=Category.ILLEGAL))
        bank, loading = _timed(lambda: load_bank(folder, "bank"))
        stored = (folder / "bank.bank").stat().st_size
    index, building = _timed(lambda: BankIndex([bank]))
    wanted = [rng.bytes(32) for _ in range(_LOOKUPS)]
    costs = _milliseconds([partial(index.near, bits) for bits in wanted])
    return {
        "hashes": int(bank.frames.size),
        "bytes": stored,
        "write_s": round(writing, 3),
        "load_s": round(loading, 3),
        "index_s": round(building, 3),
        "lookup_ms": costs,
        "found_at_random": sum(len(index.near(bits)) for bits in wanted),
    }


def _finding(rng: np.random.Generator) -> dict[str, Any]:
    """Copies of banked clips, and clips that are in no bank, among 100,000 other hashes."""
    clips = [list(scene(640, 360, 12 * _SECONDS, seed=seed)) for seed in range(2 * _CLIPS)]
    with tempfile.TemporaryDirectory(prefix="touchmark-bench-") as name:
        noise = [(str(n), [Line(k, 100, rng.bytes(32), k / 4) for k in range(FRAMES_A_VIDEO)]) for n in range(417)]
        known = [(f"clip {n}", list(hash_frames(_timed_frames(clip)))) for n, clip in enumerate(clips[:_CLIPS])]
        bank: Bank = add(Path(name), "bank", known + noise, datetime.now(UTC), category=Category.ILLEGAL)
    index = BankIndex([bank])
    found = {
        change: sum(_is_found(index, [make(p) for p in clip], n) for n, clip in enumerate(clips[:_CLIPS]))
        for change, make in _CHANGES.items()
    }
    others = sum(bool(_search(index, clip).matches()) for clip in clips[_CLIPS:])
    return {"clips": _CLIPS, "found": found, "other_clips": _CLIPS, "other_clips_found": others}


def _jpeg(quality: int) -> Callable[[Pixels], Pixels]:
    def change(pixels: Pixels) -> Pixels:
        _, packed = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return cast(Pixels, cv2.imdecode(packed, cv2.IMREAD_COLOR))

    return change


def _cropped(share: float) -> Callable[[Pixels], Pixels]:
    def change(pixels: Pixels) -> Pixels:
        height, width = pixels.shape[:2]
        y, x = int(height * share / 2), int(width * share / 2)
        return np.ascontiguousarray(pixels[y : height - y, x : width - x])

    return change


def _framed(pixels: Pixels, rows: int, columns: int, level: int = 0) -> Pixels:
    framed = cv2.copyMakeBorder(pixels, rows, rows, columns, columns, cv2.BORDER_CONSTANT, value=(level,) * 3)
    return _jpeg(60)(framed.astype(np.uint8))


_CHANGES: dict[str, Callable[[Pixels], Pixels]] = {
    "none": lambda pixels: pixels,
    "JPEG 30": _jpeg(30),
    "JPEG 10": _jpeg(10),
    "scaled to 240 lines": lambda pixels: cv2.resize(pixels, (426, 240), interpolation=cv2.INTER_AREA).astype(np.uint8),
    "mirrored": lambda pixels: np.ascontiguousarray(pixels[:, ::-1]),
    "brighter by 30": lambda pixels: np.clip(pixels.astype(int) + 30, 0, 255).astype(np.uint8),
    "grey": lambda pixels: cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB).astype(np.uint8),
    "blurred, 3 pixels": lambda pixels: cv2.GaussianBlur(pixels, (0, 0), 3).astype(np.uint8),
    "black bars above and below": lambda pixels: _framed(pixels, 110, 0),
    "white bars left and right": lambda pixels: _framed(pixels, 0, 200, 255),
    "cropped by 5%": _cropped(0.05),
    "cropped by 10%": _cropped(0.10),
    "turned by 180 degrees": lambda pixels: np.ascontiguousarray(pixels[::-1, ::-1]),
}


def _is_found(index: BankIndex, clip: list[Pixels], place: int) -> bool:
    return any(match.video.label == f"clip {place}" for match in _search(index, clip).matches())


def _search(index: BankIndex, clip: list[Pixels]) -> Search:
    search = Search(index)
    for frame in list(_timed_frames(clip))[::3]:
        search.look(frame)
    return search


def _timed_frames(clip: list[Pixels]) -> Iterator[Frame]:
    return (Frame(pixels, Fraction(place, 12)) for place, pixels in enumerate(clip))


def _milliseconds(calls: list[Callable[[], object]]) -> dict[str, float]:
    costs = sorted(1000 * _timed(call)[1] for call in calls)
    return {
        "median": round(statistics.median(costs), 3),
        "p99": round(costs[min(int(len(costs) * 0.99), len(costs) - 1)], 3),
    }


def _timed(call: Callable[[], Any]) -> tuple[Any, float]:
    began = time.process_time()
    return call(), time.process_time() - began


if __name__ == "__main__":
    main()
