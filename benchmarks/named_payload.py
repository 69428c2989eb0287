"""What is found of a mark too faint to be read, where the file or the registry names the payload that it carries.

    python -m benchmarks.named_payload --clips FOLDER [--clips FOLDER ...] [--output FILE]

Each clip is marked, encoded and attacked as ``benchmarks.watermark`` does it, by the attacks that defeat the reader
most. *Read* is what it reads by itself. Of what it does not read, *named* is what it finds when it is told the payload,
as ``verify`` is by a mark in the sound, and *registered* what it finds among a hundred thousand that are registered;
*mistaken* is how often it confirmed one of eight names or of a hundred thousand rows that the copy does not carry.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.films import films
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.encode import EncodeSettings, encode
from touchmark.provenance.media.video import Pictures, RawVideo
from touchmark.provenance.watermark.bench.attacks import ATTACKS
from touchmark.provenance.watermark.bench.trial import KEY, PAYLOAD
from touchmark.provenance.watermark.codebook import NOTHING_EXPECTED, Codebook, Expected
from touchmark.provenance.watermark.protocol import Detection, Payload, WatermarkKey
from touchmark.provenance.watermark.video import LatticeWatermark

RESULTS: Final = Path(__file__).parent / "results" / "named_payload.json"
HARDEST: Final = ("h264_crf40", "h264_crf45", "h265_crf35", "h265_crf40", "combined_crf30", "combined_crf40")
_COUNTED: Final = ("read", "named", "registered", "mistaken")
_REGISTERED: Final = 100_000
_STRANGERS: Final = [Payload(0x9E37_79B9_7F4A_7C15 * number % 2**64) for number in range(1, 9)]


@dataclass(frozen=True)
class Row:
    """One copy.

    Attributes:
        clip, attack: which.
        read: whether the payload was read, wholly right.
        named, registered: whether it was found so where it was not read.
        p_value: of what was read, or found by its name; 1 where nothing was.
        mistaken: whether a payload that the copy does not carry was confirmed.
    """

    clip: str
    attack: str
    read: bool
    named: bool
    registered: bool
    p_value: float
    mistaken: bool


def measured(clip: Path, attacks: Sequence[str]) -> Iterator[Row]:
    """Every attack on one clip."""
    mark = LatticeWatermark()
    with tempfile.TemporaryDirectory(prefix="touchmark-bench-") as folder:
        released = Path(folder) / "released.mp4"
        with open_video(clip) as video:
            frames, info = mark.embed(video.frames(), PAYLOAD, KEY), video.info
            encode(
                RawVideo(frames, info.width, info.height, info.frame_rate, colour=info.colour),
                released,
                EncodeSettings(),
            )
        for name in attacks:
            copy = released.with_name(f"copy{ATTACKS[name].suffix}")
            ATTACKS[name](released, copy)
            with open_video(copy) as video:
                yield _row(clip.stem, name, video)


def _row(clip: str, attack: str, video: Pictures) -> Row:
    mark = LatticeWatermark()

    def found(expected: Expected = NOTHING_EXPECTED) -> Detection:
        return mark.search(video, [KEY], expected=expected)[0]

    alone = found()
    if alone.payload is not None:
        right = alone.payload == PAYLOAD
        return Row(clip, attack, right, named=False, registered=False, p_value=alone.p_value, mistaken=False)
    by_name, by_registry = found(Expected([PAYLOAD])), found(Expected(registered=partial(_registry, [PAYLOAD.value])))
    misled = found(Expected(_STRANGERS, partial(_registry, [])))
    return Row(
        clip=clip,
        attack=attack,
        read=False,
        named=by_name.payload == PAYLOAD,
        registered=by_registry.payload == PAYLOAD,
        p_value=by_name.p_value,
        mistaken=misled.payload is not None,
    )


def _registry(known: Sequence[int], key: WatermarkKey) -> Codebook:
    """Of a hundred thousand sealed videos, ``known`` ones among them."""
    random = np.random.default_rng(len(known)).integers(0, 2**64, _REGISTERED, np.uint64)
    return Codebook(np.concatenate([np.array(known, np.uint64), random]), key)


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, action="append", required=True)
    parser.add_argument("--output", type=Path, default=RESULTS)
    asked = parser.parse_args()
    rows: list[Row] = []
    for clip in (clip for folder in asked.clips for clip in films(folder)):
        for row in measured(clip, HARDEST):
            rows.append(row)
            print(row, flush=True)
        asked.output.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    for name in HARDEST:
        of = [row for row in rows if row.attack == name]
        told = ", ".join(f"{sum(getattr(row, what) for row in of)} {what}" for what in _COUNTED)
        print(f"{name}: of {len(of)} {told}")


if __name__ == "__main__":
    main()
