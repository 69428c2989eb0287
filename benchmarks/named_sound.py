"""What is found of a mark in a sound too faint to be read, where the picture or a manifest names its payload.

    python -m benchmarks.named_sound [--clips FOLDER]

Each sound is marked, encoded as a release encodes and attacked harder than any sound has to withstand. *Read* is what
is read by itself; *named* what is found besides when the payload is told, as a picture tells it; *mistaken* how often
one of eight payloads that the copy does not carry was confirmed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from benchmarks.audio_attacks import coded, cut, faster, mixed_down, noisy
from benchmarks.audio_tracks import Track, drawn_tracks, folder_tracks
from touchmark.provenance.watermark.audio import LoudnessMark
from touchmark.provenance.watermark.protocol import Payload, WatermarkKey

RESULTS: Final = Path(__file__).parent / "results" / "named_sound.json"
KEY: Final = WatermarkKey(b"the key of the sound benchmark")
PAYLOAD: Final = Payload(0x0123_4567_89AB_CDEF)
_STRANGERS: Final = [Payload(0x9E37_79B9_7F4A_7C15 * number % 2**64) for number in range(1, 9)]

ATTACKS: Final[dict[str, Callable[[Track], Track]]] = {
    "noise at 10 dB": lambda track: noisy(track, 10),
    "noise at 5 dB": lambda track: noisy(track, 5),
    "noise at 0 dB": lambda track: noisy(track, 0),
    "speed +3%, noise at 10 dB": lambda track: noisy(faster(track, 1.03), 10),
    "Opus 16": lambda track: coded(track, "libopus", 16_000, "ogg"),
    "Opus 9": lambda track: coded(track, "libopus", 9_000, "ogg"),
    "AAC 24": lambda track: coded(track, "aac", 24_000, "adts"),
    "excerpt of 2 s": lambda track: cut(track, 3, 2),
    "excerpt of 1 s": lambda track: cut(track, 3, 1),
}


@dataclass(frozen=True)
class Row:
    """One copy.

    Attributes:
        track, attack: which.
        read: whether the payload was read, wholly right.
        named: whether it was found by its name where it was not read.
        mistaken: whether a payload that the copy does not carry was confirmed.
        p_value: of what was read, or found by its name; 1 where nothing was.
    """

    track: str
    attack: str
    read: bool
    named: bool
    mistaken: bool
    p_value: float


def measured(track: Track) -> Iterator[Row]:
    """Every attack on one sound."""
    mark = LoudnessMark()
    marked = Track.of(track.name, mark.embed(track.sound(), PAYLOAD, KEY))
    marked = mixed_down(marked) if marked.samples.shape[0] > 2 else marked
    released = coded(marked, "aac", 80_000 * marked.samples.shape[0], "adts")
    for name, attack in ATTACKS.items():
        copy = attack(released)
        alone, told, misled = (
            mark.extract(copy.sound(), [KEY], named)[0] for named in ((), (PAYLOAD,), tuple(_STRANGERS))
        )
        read = alone.payload == PAYLOAD
        wrong = [found.payload not in (None, PAYLOAD) for found in (alone, told, misled)]
        yield Row(
            track=track.name,
            attack=name,
            read=read,
            named=not read and told.payload == PAYLOAD,
            mistaken=any(wrong),
            p_value=told.p_value,
        )


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, help="a folder of files whose sound to use besides the drawn ones")
    asked = parser.parse_args()
    tracks = [*drawn_tracks(), *(folder_tracks(asked.clips) if asked.clips else ())]
    rows = [row for track in tracks for row in measured(track)]
    RESULTS.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    for name in ATTACKS:
        of = [row for row in rows if row.attack == name]
        told = ", ".join(f"{sum(getattr(row, what) for row in of)} {what}" for what in ("read", "named", "mistaken"))
        print(f"{name}: of {len(of)} {told}")


if __name__ == "__main__":
    main()
