"""What a mark in a single picture survives: frames of natural clips, marked as stills and read back from one copy each.

    python -m benchmarks.still --clips CLIPS --out benchmarks/results/still.json

A still is harder than a video: there is no second frame to be read together with. Each picture is marked with a key of
its own payload, written, changed and read through real encoders; unmarked pictures are read as well, and counted.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.picture import Orientation
from touchmark.provenance.media.still import Still, StillKind
from touchmark.provenance.watermark.bench.fidelity import FidelityMeter
from touchmark.provenance.watermark.protocol import Payload, WatermarkKey
from touchmark.provenance.watermark.still import find_in_still, mark_still

Pixels = NDArray[np.uint8]
KEY = WatermarkKey(b"the key of the benchmark of stills")
_PER_CLIP = 3


def coded(form: str, *settings: int) -> Callable[[Pixels], Pixels]:
    """Through OpenCV's encoder and back."""

    def there_and_back(pixels: Pixels) -> Pixels:
        data = cv2.imencode(form, pixels[..., ::-1], settings)[1]
        decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
        assert decoded is not None
        return np.asarray(decoded[..., ::-1], np.uint8)

    return there_and_back


def jpeg(quality: int) -> Callable[[Pixels], Pixels]:
    return coded(".jpg", cv2.IMWRITE_JPEG_QUALITY, quality)


def scaled(share: float) -> Callable[[Pixels], Pixels]:
    def scale(pixels: Pixels) -> Pixels:
        return np.asarray(cv2.resize(pixels, None, fx=share, fy=share, interpolation=cv2.INTER_AREA), np.uint8)

    return scale


def cropped(area: float) -> Callable[[Pixels], Pixels]:
    """A part of the same shape, up and to the left of the middle."""

    def crop(pixels: Pixels) -> Pixels:
        height, width = (round(side * area**0.5) for side in pixels.shape[:2])
        top, left = (pixels.shape[0] - height) // 3, (pixels.shape[1] - width) // 3
        return pixels[top : top + height, left : left + width]

    return crop


def turned(degrees: float) -> Callable[[Pixels], Pixels]:
    def turn(pixels: Pixels) -> Pixels:
        height, width = pixels.shape[:2]
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
        return np.asarray(cv2.warpAffine(pixels, matrix, (width, height)), np.uint8)

    return turn


ATTACKS: dict[str, Sequence[Callable[[Pixels], Pixels]]] = {
    "png": [coded(".png")],
    "jpeg_90": [jpeg(90)],
    "jpeg_75": [jpeg(75)],
    "jpeg_50": [jpeg(50)],
    "jpeg_30": [jpeg(30)],
    "webp_80": [coded(".webp", cv2.IMWRITE_WEBP_QUALITY, 80)],
    "half_png": [scaled(0.5), coded(".png")],
    "half_jpeg_75": [scaled(0.5), jpeg(75)],
    "crop_75_jpeg_90": [cropped(0.75), jpeg(90)],
    "crop_50_jpeg_90": [cropped(0.5), jpeg(90)],
    "crop_50_half_jpeg_75": [cropped(0.5), scaled(0.5), jpeg(75)],
    "turned_2_jpeg_90": [turned(2), jpeg(90)],
    "screenshot": [scaled(0.83), cropped(0.85), jpeg(80)],
}


def pictures(clips: Path) -> Iterator[tuple[str, Pixels]]:
    """A few frames of each clip, evenly spread over its first ten seconds."""
    for path in sorted([*clips.glob("*.mp4"), *clips.glob("*.webm")]):
        with open_video(path) as video:
            length = min(float(video.info.duration or 10), 10.0)
            wanted = [Fraction(length * (index + 0.5) / _PER_CLIP) for index in range(_PER_CLIP)]
            for frame in video.frames():
                if wanted and frame.time >= wanted[0]:
                    wanted.pop(0)
                    yield path.stem, frame.pixels
                if not wanted:
                    break


def _still(pixels: Pixels) -> Still:
    return Still(pixels, Orientation(), StillKind.PNG, lossless=True)


def _changed(pixels: Pixels, steps: Sequence[Callable[[Pixels], Pixels]]) -> Pixels:
    for step in steps:
        pixels = step(pixels)
    return pixels


def measure(clips: Path) -> dict[str, Any]:
    """Everything, as JSON writes it; a line on the way for each picture."""
    read, read_in_grey = Counter[str](), Counter[str]()
    total, falsely = 0, 0
    fidelity: dict[str, dict[str, float]] = {}
    by_clip: dict[str, list[Pixels]] = defaultdict(list)
    for name, pixels in pictures(clips):
        by_clip[name].append(pixels)
    seconds: list[float] = []
    for name, found in by_clip.items():
        meter, here = FidelityMeter(), Counter[str]()
        for pixels in found:
            payload = Payload(0xA5A5_0000_0000_0000 + total)
            marked = mark_still(_still(pixels), payload, KEY).upright
            meter.compare(pixels, marked)
            grey = mark_still(_still(pixels[..., 1:2]), payload, KEY).upright
            for attack, steps in ATTACKS.items():
                in_grey = find_in_still(_still(_changed(grey, steps)), KEY)
                read_in_grey[attack] += in_grey.payload == payload
                copy = _changed(marked, steps)
                began = time.process_time()
                detection = find_in_still(_still(copy), KEY)
                seconds.append(time.process_time() - began)
                here[attack] += detection.payload == payload
            falsely += find_in_still(_still(jpeg(75)(pixels)), KEY).payload is not None
            total += 1
        fidelity[name] = {key: value for key, value in asdict(meter.result()).items() if value is not None}
        read += here
        print(name, {k: round(v, 4) for k, v in fidelity[name].items()}, dict(here), flush=True)
    return {
        "pictures": total,
        "read": {attack: read[attack] for attack in ATTACKS},
        "read_in_grey": {attack: read_in_grey[attack] for attack in ATTACKS},
        "read_in_unmarked": falsely,
        "fidelity": fidelity,
        "median_seconds_to_read": round(float(np.median(seconds)), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=Path, required=True, help="A folder of .mp4 and .webm clips.")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    result = measure(options.clips)
    print(json.dumps(result, indent=1))
    if options.out:
        options.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
