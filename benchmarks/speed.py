"""What the picture mark costs: embedding, encoding with it over encoding without it, extraction over decoding.

Processor time of this process is the measure, because other work on a machine does not enter it; wall time stands
beside it. What is compared is interleaved in one run. The pictures are a panning scene with grain.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.encode import EncodeSettings, encode
from touchmark.provenance.media.video import Frame, RawVideo
from touchmark.provenance.watermark.bench.passages import each
from touchmark.provenance.watermark.bench.pictures import Change, cropped, rotated
from touchmark.provenance.watermark.bench.transcode import write
from touchmark.provenance.watermark.bench.trial import KEY, PAYLOAD, Candidate, Ours
from touchmark.provenance.watermark.protocol import MarkState
from touchmark.provenance.watermark.standalone import find

Pixels = NDArray[np.uint8]

SIZES = {"480p": (854, 480), "720p": (1280, 720), "1080p": (1920, 1080), "2160p": (3840, 2160)}
RATE = Fraction(24)
_FRAMES = {"480p": 96, "720p": 72, "1080p": 48, "2160p": 24}
_PAIRS = 3
_OF_PEERS = 2
"""Frames that a peer marks; it takes seconds for each."""
_MINUTE = 60


def measure(peer: Candidate | None) -> dict[str, Any]:
    """Everything, as JSON writes it; a line on the way for each size."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="touchmark-bench-") as name:
        folder = Path(name)
        for size in SIZES:
            rows.append(_at_size(size, folder, peer))
            print(rows[-1], flush=True)
        extraction = _extraction(folder)
        print(extraction, flush=True)
    return {"sizes": rows, "extraction_of_a_minute_at_1080p": extraction}


def _at_size(size: str, folder: Path, peer: Candidate | None) -> dict[str, Any]:
    width, height = SIZES[size]
    source = folder / "source.mp4"
    write(_scene(width, height, _FRAMES[size]), RATE, source, crf=8)
    with open_video(source) as video:
        frames = list(video.frames())  # as a decoder hands them out

    def encoded(pictures: Iterator[Frame]) -> None:
        encode(RawVideo(pictures, width, height, RATE), folder / "out.mp4", EncodeSettings())

    ours = Ours()
    began = time.process_time()
    next(ours.embed(iter(frames[:1])))
    setup = time.process_time() - began
    whole, _ = _cost(lambda: _exhaust(ours.embed(iter(frames))))
    plain, marked = [], []
    for _ in range(_PAIRS):
        plain.append(_cost(lambda: encoded(iter(frames))))
        marked.append(_cost(lambda: encoded(ours.embed(iter(frames)))))
    row: dict[str, Any] = {
        "size": size,
        "embed_ms_per_frame": round(1000 * max(whole - setup, 0) / (len(frames) - 1), 2),
        "setup_ms": round(1000 * setup, 1),
        "encode_ms_per_frame": round(1000 * statistics.median(cost for cost, _ in plain) / len(frames), 1),
        "encode_ratio": _ratio([cost for cost, _ in marked], [cost for cost, _ in plain]),
        "encode_ratio_wall": _ratio([wall for _, wall in marked], [wall for _, wall in plain]),
    }
    if peer is not None:
        cost, _ = _cost(lambda: _exhaust(peer.embed(iter(frames[:_OF_PEERS]))))
        row["peer"] = peer.name
        row["peer_embed_ms_per_frame"] = round(1000 * cost / _OF_PEERS, 1)
        row["times_faster_than_peer"] = round(row["peer_embed_ms_per_frame"] / max(row["embed_ms_per_frame"], 0.01), 1)
    return row


def _extraction(folder: Path) -> dict[str, Any]:
    width, height = SIZES["1080p"]
    marked, turned = folder / "minute.mp4", folder / "turned.mp4"
    settings = EncodeSettings(crf=23, preset="veryfast")
    frames = Ours().embed(_scene(width, height, int(_MINUTE * RATE)))
    encode(RawVideo(frames, width, height, RATE), marked, settings)
    with open_video(marked) as video:
        changed = each(rotated(3), cropped(0.7), _stretched(width, height))(video)
        encode(RawVideo(changed, width, height, RATE), turned, settings)
    return {"undisturbed": _extracted(marked), "turned_and_cropped": _extracted(turned)}


def _extracted(path: Path) -> dict[str, Any]:
    with open_video(path) as video:
        keys = sum(1 for _ in video.frames(key_frames_only=True))
    decoding, extracting = [], []
    for _ in range(_PAIRS):
        decoding.append(_cost(lambda: _decode_key_frames(path)))
        extracting.append(_cost(lambda: find(path, KEY)))
    found = find(path, KEY)
    return {
        "decoded": found.payload == PAYLOAD and found.state is MarkState.VERIFIED,
        "key_frames": keys,
        "decoding_s": round(statistics.median(cost for cost, _ in decoding), 2),
        "extraction_s": round(statistics.median(cost for cost, _ in extracting), 2),
        "ratio": _ratio([cost for cost, _ in extracting], [cost for cost, _ in decoding]),
        "ratio_wall": _ratio([wall for _, wall in extracting], [wall for _, wall in decoding]),
    }


def _decode_key_frames(path: Path) -> None:
    with open_video(path) as video:
        _exhaust(video.frames(key_frames_only=True))


def _exhaust(frames: Iterator[Frame]) -> None:
    for _ in frames:
        pass


def _cost(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of processor time of all threads, and of wall time."""
    wall, began = time.perf_counter(), time.process_time()
    work()
    return time.process_time() - began, time.perf_counter() - wall


def _ratio(of: list[float], over: list[float]) -> float:
    return round(statistics.median(x / y for x, y in zip(of, over, strict=True)), 3)


def _stretched(width: int, height: int) -> Change:
    return lambda pixels: np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _scene(width: int, height: int, count: int) -> Iterator[Frame]:
    """A textured backdrop that a camera pans over, back and forth, with grain that changes."""
    random = np.random.default_rng(11)
    backdrop = np.full((height, width + 256, 3), 118, np.float32)
    for octave in range(2, 8):
        cells = random.normal(0, 1, ((1 << octave), (1 << octave) * 2, 3)).astype(np.float32)
        cells = 0.7 * cells[..., :1] + 0.3 * cells
        layer = cv2.resize(cells, (width + 256, height), interpolation=cv2.INTER_CUBIC)
        backdrop += 60 / octave * layer
    backdrop = np.clip(backdrop, 8, 247)
    grains = [random.normal(0, 2, (height, width, 1)).astype(np.float32) for _ in range(4)]
    for index in range(count):
        left = round(128 + 120 * np.sin(index / 40))
        picture = backdrop[:, left : left + width] + grains[index % 4]
        yield Frame(np.clip(picture, 0, 255).astype(np.uint8), index / RATE)
