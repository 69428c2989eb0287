"""What is found of a mark too faint to be read, where the file's sound or manifest names the payload that it carries.

    python -m benchmarks.named_payload --clips FOLDER [--clips FOLDER ...] [--output FILE]

Each clip is marked, encoded and attacked as ``benchmarks.watermark`` does it, by the attacks that defeat the reader
most. *Read* is what it reads by itself; *named* what it finds besides when it is told the payload, as ``verify`` is by
a mark in the sound; *mistaken* is how often one of eight names that the copy does not carry was confirmed.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from benchmarks.films import films
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.encode import EncodeSettings, encode
from touchmark.provenance.media.video import RawVideo
from touchmark.provenance.watermark.bench.attacks import ATTACKS
from touchmark.provenance.watermark.bench.trial import KEY, PAYLOAD
from touchmark.provenance.watermark.protocol import Payload
from touchmark.provenance.watermark.video import LatticeWatermark

RESULTS: Final = Path(__file__).parent / "results" / "named_payload.json"
HARDEST: Final = ("h264_crf40", "h264_crf45", "h265_crf35", "h265_crf40", "combined_crf30", "combined_crf40")
_STRANGERS: Final = [Payload(0x9E37_79B9_7F4A_7C15 * number % 2**64) for number in range(1, 9)]


@dataclass(frozen=True)
class Row:
    """One copy.

    Attributes:
        clip, attack: which.
        read: whether the payload was read, wholly right.
        named: whether it was found by its name where it was not read.
        p_value: of what was read or found; 1 where nothing was.
        mistaken: whether a name that the copy does not carry was confirmed.
    """

    clip: str
    attack: str
    read: bool
    named: bool
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
                (alone,) = mark.search(video, [KEY])
                (told,) = mark.search(video, [KEY], expected=[PAYLOAD])
                (misled,) = mark.search(video, [KEY], expected=_STRANGERS)
            yield Row(
                clip=clip.stem,
                attack=name,
                read=alone.payload == PAYLOAD,
                named=alone.payload is None and told.payload == PAYLOAD,
                p_value=told.p_value,
                mistaken=misled.payload in _STRANGERS,
            )


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
        read, named, mistaken = (sum(getattr(row, what) for row in of) for what in ("read", "named", "mistaken"))
        print(f"{name}: {read} of {len(of)} read, {named} more named, {mistaken} mistaken")


if __name__ == "__main__":
    main()
