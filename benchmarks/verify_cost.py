"""What ``touchmark verify`` costs of files without a mark where there is a key to look with, the start included.

    python -m benchmarks.verify_cost [FILE ...]

A film of ten seconds at 720p with sound and a minute of sound are drawn; further files may be named, and count by
their names. Each is verified by a process of its own, three times: the least of its processor seconds and its peak of
resident memory are kept, and written as data beside this program.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from benchmarks.audio_tracks import band
from touchmark.provenance.home import Home
from touchmark.provenance.keys.development import make_development_keys
from touchmark.provenance.media.encode import EncodeSettings, encode
from touchmark.provenance.media.sound import SoundInfo, write_sound
from touchmark.provenance.media.video import Frame, RawVideo, Sound

RESULTS = Path(__file__).parent / "results" / "verify_cost.json"
_ROUNDS = 3
_RATE = 48000


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    files = parser.parse_args().files
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        home = Home(folder / "home").ensure()
        make_development_keys(home.keys, organisation="Benchmark", now=datetime.now(UTC))
        drawn = [film(folder / "film of 10 s, 1280 x 720.mp4"), minute(folder / "minute of sound.flac")]
        result = {
            "date": datetime.now(UTC).date().isoformat(),
            "cores": os.cpu_count(),
            "load_before": round(os.getloadavg()[0], 2),
            "files": {path.stem if path in drawn else path.name: cost(path, home) for path in [*drawn, *files]},
        }
    RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


def cost(path: Path, home: Home) -> dict[str, float]:
    """Least processor seconds, and most MiB of resident memory, of a few runs."""
    runs = [verified(path, home, "--quiet") for _ in range(_ROUNDS)]
    return {
        "cpu_s": round(min(run.cpu_seconds for run in runs), 2),
        "peak_mib": round(max(run.peak_mib for run in runs)),
    }


# A process begins with the peak of the one that it was made by, so a small one stands between.
_SPAWN = """
import json, os, sys, time
command = [sys.executable, "-c", "from touchmark.cli.main import main; main()", *sys.argv[1:]]
begun = time.perf_counter()
process = os.posix_spawn(sys.executable, command, os.environ)
_, status, used = os.wait4(process, 0)
taken = time.perf_counter() - begun
print()
print(json.dumps([os.waitstatus_to_exitcode(status), taken, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
"""


@dataclass(frozen=True, slots=True)
class Run:
    """What a process that verified a file took.

    Attributes:
        status: its exit status; negative where a signal ended it.
        seconds, cpu_seconds: by the clock, and of processors.
        peak_mib: of resident memory.
        printed: what it printed.
    """

    status: int
    seconds: float
    cpu_seconds: float
    peak_mib: float
    printed: str


def verified(path: Path, home: Home, *options: str) -> Run:
    """Verify a file by a process of its own, with the keys in ``home``."""
    environment = {**os.environ, "TOUCHMARK_HOME": str(home.root)}
    command = [sys.executable, "-c", _SPAWN, "verify", *options, str(path)]
    printed = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    document, _, measured = printed.rstrip().rpartition("\n")
    status, seconds, cpu_seconds, peak_mib = json.loads(measured)
    return Run(status, seconds, cpu_seconds, peak_mib, document)


def film(path: Path) -> Path:
    """A landscape of noise that the camera passes, with a band playing."""
    samples = band(10, 5, _RATE)
    sound = Sound(_RATE, samples.shape[0], iter([samples]))
    encode(RawVideo(_passing(300), 1280, 720, Fraction(30), sound), path, EncodeSettings())
    return path


def _passing(count: int) -> Iterator[Frame]:
    random = np.random.default_rng(7)
    land = np.zeros((720, 2480, 3), np.float32)
    for coarse in (2, 8, 32, 128):
        few = random.normal(0, 12, (720 // coarse + 1, 2480 // coarse + 1, 3)).astype(np.float32)
        land += cv2.resize(few, (2480, 720), interpolation=cv2.INTER_CUBIC)
    pixels = np.clip(land + 128, 0, 255).astype(np.uint8)
    for number in range(count):
        yield Frame(np.ascontiguousarray(pixels[:, 4 * number : 4 * number + 1280]), Fraction(number, 30))


def minute(path: Path) -> Path:
    """A band playing."""
    samples = band(60, 6, _RATE)
    form = SoundInfo(_RATE, samples.shape[0], None, "flac", "flac", 16, "stereo", {})
    write_sound(Sound(_RATE, samples.shape[0], iter([samples])), path, form)
    return path


if __name__ == "__main__":
    main()
