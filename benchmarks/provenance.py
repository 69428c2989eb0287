"""What provenance costs beside bare c2pa-python: sealing and verifying a large film, and many small files.

    python -m benchmarks.provenance            # writes benchmarks/results/provenance.json

Each of ours is timed beside the bare library in turns, in one run, on the same files, so that other work on the machine
weighs on both; processor time is given beside what the clock says. Files are read once before anything is timed. "Bare"
is what a program that uses c2pa-python alone does: ``Builder.sign`` between open files, ``Reader(path).json()``.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from functools import partial
from pathlib import Path

import c2pa
import numpy as np

from touchmark.detectors.batch import verify_all
from touchmark.detectors.look import MarkSearch
from touchmark.detectors.verify import Verifier
from touchmark.provenance.home import Home
from touchmark.provenance.keys.development import make_development_keys
from touchmark.provenance.keys.ring import KeyRing
from touchmark.provenance.manifest.canary import run_canary
from touchmark.provenance.manifest.claim import Claim, DigitalSourceType, SoftBinding, SoftwareAgent
from touchmark.provenance.manifest.definition import definition
from touchmark.provenance.manifest.write import sign_file
from touchmark.provenance.media.encode import EncodeSettings, encode
from touchmark.provenance.media.picture import Planes
from touchmark.provenance.media.video import Frame, RawVideo

RESULTS = Path(__file__).parent / "results" / "provenance.json"
LARGE = 200 << 20


def film(path: Path, size: int) -> Path:
    """A film whose media box is filled up to ``size`` bytes: what is signed and hashed, without an hour of encoding."""
    rng = np.random.default_rng(1)
    frames = (
        Frame(Planes.of_rgb(rng.integers(0, 255, (64, 64, 3), np.uint8)), Fraction(index, 8)) for index in range(8)
    )
    encode(RawVideo(frames, 64, 64, Fraction(8), None, Fraction(1)), path, EncodeSettings())
    with path.open("ab") as file:
        left = size - file.tell()
        if left > 8:
            file.write(left.to_bytes(4, "big") + b"mdat")
            while (left := size - file.tell()) > 0:
                file.write(rng.bytes(min(left, 1 << 20)))
    return path


@dataclass(frozen=True)
class Taken:
    """Seconds that one way took, round by round: of the clock, and of all processors together."""

    clock: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)


def in_turns(rounds: int, **ways: Callable[[], object]) -> dict[str, Taken]:
    """What each way takes, again and again, one after the other."""
    taken = {name: Taken() for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            began, worked = time.perf_counter(), time.process_time()
            way()
            taken[name].clock.append(time.perf_counter() - began)
            taken[name].processor.append(time.process_time() - worked)
    return taken


def claim_of(path: Path) -> Claim:
    """What is signed, the same both ways."""
    return Claim(
        title=path.name,
        media_type="video/mp4",
        source_type=DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA,
        software_agent=SoftwareAgent("benchmark", "1"),
        created=datetime.now(UTC),
        soft_bindings=(SoftBinding("io.touchmark.video.lattice.1", bytes(8), 0.0, 1.0),),
    )


def bare_sign(source: Path, destination: Path, ring: KeyRing) -> None:
    """As a program does that uses c2pa-python alone, with its default settings."""
    signer = ring.signer()
    with c2pa.Signer.from_callback(
        signer.sign, c2pa.C2paSigningAlg.ES256, signer.certificate_chain.decode(), None
    ) as native:
        builder = c2pa.Builder(json.dumps(definition(claim_of(source))))
        with source.open("rb") as media, destination.open("w+b") as output:
            builder.sign(native, "video/mp4", media, output)


def bare_read(path: Path) -> str:
    """As a program does that uses c2pa-python alone, with its default settings."""
    with c2pa.Reader(str(path)) as reader:
        return str(reader.json())


def ratio(taken: dict[str, Taken], ours: str, bare: str) -> dict[str, float]:
    """Medians, and the median of ours over bare, round by round."""
    pairs = list(zip(taken[ours].clock, taken[bare].clock, strict=True))
    work = list(zip(taken[ours].processor, taken[bare].processor, strict=True))
    return {
        f"{bare}_s": round(statistics.median(taken[bare].clock), 4),
        f"{ours}_s": round(statistics.median(taken[ours].clock), 4),
        "ratio": round(statistics.median(a / b for a, b in pairs), 3),
        "best_ratio": round(min(taken[ours].clock) / min(taken[bare].clock), 3),
        "processor_ratio": round(statistics.median(a / b for a, b in work), 3),
    }


def measure_large(folder: Path, ring: KeyRing, home: Home, rounds: int) -> dict[str, object]:
    """Sealing (signing a finished, marked film) and verifying 200 MB."""
    source, ours, bare = film(folder / "large.mp4", LARGE), folder / "ours.mp4", folder / "bare.mp4"
    source.read_bytes()
    sealing = in_turns(
        rounds,
        bare_sign=lambda: bare_sign(source, bare, ring),
        seal=lambda: sign_file(source, ours, claim_of(source), ring.signer(), ring.trust_anchors),
    )
    verifier = Verifier.default(home)
    verifying = in_turns(
        rounds,
        bare_read=lambda: bare_read(ours),
        verify=lambda: verifier.verify(ours, search=MarkSearch.NONE),
    )
    return {
        "bytes": LARGE,
        "seal": ratio(sealing, "seal", "bare_sign"),
        "verify": ratio(verifying, "verify", "bare_read"),
    }


def measure_small(folder: Path, ring: KeyRing, home: Home, count: int, rounds: int) -> dict[str, object]:
    """Files a second on two cores: by two threads of one process, and by two processes, whose start counts."""
    source, signed = film(folder / "small.mp4", 0), folder / "signed.mp4"
    sign_file(source, signed, claim_of(source), ring.signer(), ring.trust_anchors)
    paths = []
    for index in range(count):
        paths.append(folder / f"small-{index}.mp4")
        paths[-1].write_bytes(signed.read_bytes())
    verifier = Verifier.default(home)
    make = partial(Verifier.default, home)
    taken = in_turns(
        rounds,
        bare_read=lambda: on_threads(paths, bare_read),
        verify=lambda: on_threads(paths, lambda path: verifier.verify(path, search=MarkSearch.NONE)),
        verify_all=lambda: list(verify_all(paths, make, search=MarkSearch.NONE, workers=2)),
    )
    pace = {name: round(count / statistics.median(times.clock), 1) for name, times in taken.items()}
    best = {name: round(count / min(times.clock), 1) for name, times in taken.items()}
    one = in_turns(
        5 * rounds,
        bare_read=lambda: [bare_read(path) for path in paths[:20]],
        verify=lambda: [verifier.verify(path, search=MarkSearch.NONE) for path in paths[:20]],
    )
    return {
        "files": count,
        "bytes_each": signed.stat().st_size,
        "files_a_second": pace,
        "best_files_a_second": best,
        "verify_of_20": ratio(one, "verify", "bare_read"),
    }


def on_threads(paths: Sequence[Path], look: Callable[[Path], object]) -> None:
    """The library works outside Python's lock, for a part of the time."""
    with ThreadPoolExecutor(2) as pool:
        for _ in pool.map(look, paths):
            pass


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--files", type=int, default=1000)
    options = parser.parse_args()
    run_canary()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        home = Home(folder / "home").ensure()
        ring = make_development_keys(home.keys, organisation="Benchmark", now=datetime.now(UTC))
        result = {
            "date": datetime.now(UTC).date().isoformat(),
            "cores": os.cpu_count(),
            "load_before": round(os.getloadavg()[0], 2),
            "c2pa": c2pa.sdk_version(),
            "rounds": options.rounds,
            "large": measure_large(folder, ring, home, options.rounds),
            "small": measure_small(folder, ring, home, options.files, 3),
            "load_after": round(os.getloadavg()[0], 2),
        }
    RESULTS.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
