"""What the picture mark survives, what it costs, and how it compares: written as data beside this program.

    python -m benchmarks.watermark --clips FOLDER [--peers FOLDER] [--frames 48]
    python -m benchmarks.watermark --clips FOLDER --attacks h264_crf40,chain --marks touchmark
    python -m benchmarks.watermark --only-speed [--peers FOLDER]

Every clip is marked, encoded as a release encodes (H.264, CRF 18), attacked file to file by the suite that ships with
the package, and read back through the real decoder. Besides the clips of a folder there are drawings, flat discs on
flat grounds, which hide least. Peers run on the same clips where they can be imported (``--peers`` names a folder to
look in). VMAF is measured where the ``ffmpeg`` on the PATH has it.

What is run again takes the place of what stands in the results; what is not stays, so a part can be run alone. Delete
the file to begin anew. ``python -m docs.make_tables`` writes the tables.
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rich.console import Console

from benchmarks import speed
from benchmarks.films import films
from benchmarks.peers import SVD, peers
from touchmark.provenance.media.video import Frame
from touchmark.provenance.watermark.bench.attacks import ATTACKS, Attack
from touchmark.provenance.watermark.bench.table import render
from touchmark.provenance.watermark.bench.transcode import write
from touchmark.provenance.watermark.bench.trial import Candidate, Clip, Ours, run_trial

RESULTS = Path(__file__).parent / "results" / "watermark.json"
GROUNDS = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "red": (255, 0, 0),
    "blue": (0, 0, 255),
    "grey": (128, 128, 128),
}


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--clips", type=Path, help="a folder of videos to use besides the drawings")
    parser.add_argument("--only-clips", metavar="NAME,...", help="only clips whose names begin so")
    parser.add_argument("--peers", type=Path, help="a folder in which other marks are installed")
    parser.add_argument("--marks", metavar="NAME,...", help="only these marks")
    parser.add_argument("--attacks", metavar="NAME,...", help="only these attacks or families of them")
    parser.add_argument("--frames", type=int, default=48, help="how many frames of each clip")
    parser.add_argument("--only-speed", action="store_true", help="measure nothing but speed")
    parser.add_argument("--no-speed", action="store_true", help="do not measure speed")
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    marks: list[Candidate] = [Ours(), *(peers(arguments.peers) if arguments.peers else ())]
    svd = next((mark for mark in marks if mark.name == SVD), None)
    report = _read(arguments.output)
    report["machine"] = f"{platform.machine()}, times of one core, shared"
    if not arguments.only_speed:
        chosen = [mark for mark in marks if not arguments.marks or mark.name in arguments.marks.split(",")]
        results = []
        with tempfile.TemporaryDirectory(prefix="touchmark-bench-") as folder:
            for clip in _clips(arguments.clips, Path(folder), arguments.frames, arguments.only_clips):
                for mark in chosen:
                    result = run_trial(mark, clip, _attacks(arguments.attacks))
                    results.append(result)
                    missed = [f"{r.attack} {r.bit_accuracy:.2f}" for r in result.rows if not r.decoded]
                    print(f"{mark.name:22} {clip.name:16} missed: {', '.join(missed) or 'none'}", flush=True)
                    report["trials"] = merged(report["trials"], result.document())
                    _write(arguments.output, report)
        Console(width=110).print(render(results))
    if not arguments.no_speed:
        report["speed"] = speed.measure(svd)
        _write(arguments.output, report)


def merged(trials: list[dict[str, Any]], new: dict[str, Any]) -> list[dict[str, Any]]:
    """``trials`` with ``new`` in its place: same mark and clip; attacks that were not made anew are kept."""
    result = []
    for trial in trials:
        if (trial["mark"], trial["clip"]) != (new["mark"], new["clip"]):
            result.append(trial)
            continue
        rows = {row["attack"]: row for row in (*trial["attacks"], *new["attacks"])}
        order = [*ATTACKS, *rows]
        new = {**new, "attacks": sorted(rows.values(), key=lambda row: order.index(row["attack"]))}
    return [*result, new]


def _attacks(names: str | None) -> list[Attack]:
    wanted = set(names.split(",")) if names else None
    chosen = [a for a in ATTACKS.values() if wanted is None or wanted & {a.name, a.family.value}]
    if not chosen:
        raise SystemExit(f"no attack is called {names}")
    return chosen


def _clips(folder: Path | None, drawn: Path, count: int, only: str | None) -> Iterator[Clip]:
    for name, ground in GROUNDS.items():
        path = drawn / f"{name}.mp4"
        write(_drawing(ground, 32), Fraction(12), path, crf=0)
        yield from _wanted(Clip(f"drawing {name}", path, count), only)
    for path in films(folder) if folder else ():
        yield from _wanted(Clip(path.stem, path, count), only)


def _wanted(clip: Clip, only: str | None) -> Iterator[Clip]:
    if only is None or clip.name.startswith(tuple(only.split(","))):
        yield clip


def _drawing(ground: tuple[int, int, int], count: int) -> Iterator[Frame]:
    disc = (40, 120, 230) if sum(ground) > 380 else (240, 210, 50)
    for index in range(count):
        picture = np.full((256, 256, 3), ground, np.uint8)
        cv2.circle(picture, (60 + 4 * index, 128), 36, disc, -1, cv2.LINE_AA)
        yield Frame(picture, Fraction(index, 12))


def _read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if document.get("schema_version") != 2:
        return {"schema_version": 2, "machine": "", "trials": [], "speed": None}
    return document


def _write(path: Path, report: dict[str, Any]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
