"""Does memory stay at a few frames, whatever the length of the clip? Seals and verifies clips of growing length.

    python -m benchmarks.memory --seconds 5 60 --size 1920x1080

Each length runs in a process of its own, whose peak resident memory is what the kernel reports for it. The bar of the
design is 1 GiB for 60 s of 1080p. Results go to benchmarks/results/memory.json.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import numpy as np

from touchmark.detectors.sources import Sources
from touchmark.detectors.verify import Verifier
from touchmark.provenance.keys.development import make_development_keys
from touchmark.provenance.manifest.claim import Claim, DigitalSourceType, SoftwareAgent
from touchmark.provenance.media.video import Frame, RawVideo
from touchmark.provenance.seal import Sealer
from touchmark.provenance.watermark.protocol import Payload

RESULTS = Path(__file__).parent / "results" / "memory.json"
RATE = 24


def frames(width: int, height: int, count: int) -> Iterator[Frame]:
    """A textured picture that pans, one frame at a time."""
    texture = np.random.default_rng(1).normal(128, 25, (height // 8, width // 4, 3)).clip(0, 255).astype(np.uint8)
    scene = texture.repeat(8, axis=0).repeat(8, axis=1)
    for index in range(count):
        left = 4 * index % width
        yield Frame(np.ascontiguousarray(scene[:height, left : left + width]), Fraction(index, RATE))


def seal_and_verify(width: int, height: int, seconds: int) -> dict[str, float]:
    """Seconds taken by sealing and by verifying, and the peak resident memory of this process in MiB."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ring = make_development_keys(folder / "keys", organisation="Benchmark", now=datetime.now(UTC))
        claim = Claim(
            title="clip",
            media_type="video/mp4",
            source_type=DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA,
            software_agent=SoftwareAgent("benchmark", "1"),
            created=datetime.now(UTC),
        )
        count = seconds * RATE
        raw = RawVideo(frames(width, height, count), width, height, Fraction(RATE), None, Fraction(seconds))
        began = time.monotonic()
        Sealer.of(ring).seal(raw, claim, Payload(0x1234), folder / "clip.mp4")
        sealed = time.monotonic()
        verifier = Verifier(Sources(anchors=ring.trust_anchors, keys=(ring.watermark_key,)))
        verification = verifier.verify(folder / "clip.mp4")
        mark = verification.evidence.mark
        if mark is None or mark.payload != Payload(0x1234):
            raise SystemExit("the mark did not read back: this run measures nothing")
        return {
            "seconds": seconds,
            "frames": count,
            "seal_s": round(sealed - began, 1),
            "verify_s": round(time.monotonic() - sealed, 1),
            "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        }


def main() -> None:
    """Run every length in its own process and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, nargs="+", default=[5, 60])
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    width, height = map(int, arguments.size.split("x"))
    if arguments.one:
        print(json.dumps(seal_and_verify(width, height, arguments.one)))
        return
    rows = []
    for seconds in arguments.seconds:
        command = [sys.executable, "-m", "benchmarks.memory", "--size", arguments.size, "--one", str(seconds)]
        rows.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
        print(rows[-1], flush=True)
    RESULTS.write_text(json.dumps({"size": arguments.size, "rate": RATE, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
