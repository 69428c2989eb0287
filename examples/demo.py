"""`make demo`: one prompt, one sealed video, and what is left of it after a platform has had its way with it.

Writes to demo/: the sealed video, a stripped and re-encoded copy of it, and a report page for each.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from touchmark.cli.main import run
from touchmark.provenance.watermark.bench.attacks import ATTACKS

PROMPT = "a red circle moves left to right over a blue background"
FOLDER = Path("demo")


def step(title: str, *arguments: str, expect: int = 0) -> None:
    """Run one touchmark command, shown as it would be typed, and insist on its exit status."""
    print(f"\n# {title}\n$ touchmark {' '.join(repr(a) if ' ' in a else a for a in arguments)}", flush=True)
    status = run(list(arguments))
    if status != expect:
        raise SystemExit(f"expected exit status {expect}, got {status}")


def main() -> None:
    """Run the whole story; any surprise ends it with an error."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    # A home of its own: the demo neither needs nor touches the keys of whoever runs it.
    os.environ["TOUCHMARK_HOME"] = str(FOLDER / "home")
    sealed, stripped = FOLDER / "circle.mp4", FOLDER / "stripped.mp4"

    step("Keys for development, made once", "keys", "init")
    step(
        "A prompt that the gate refuses costs no GPU second",
        "screen",
        "a deepfake of Angela Merkel robbing a bank",
        expect=1,
    )
    step("A video: screened, rendered, marked, signed, verified, published", "generate", PROMPT, "-o", str(sealed))
    step("Where does it come from?", "verify", str(sealed))
    print("\n# A platform strips the metadata and re-encodes the picture (H.264, CRF 28)")
    ATTACKS["h264_crf28"](sealed, stripped)
    step("Where does the copy come from?", "verify", str(stripped))
    step("The same as a page", "report", str(stripped), "-o", str(FOLDER / "report.html"))
    step("The record of all this", "ledger", "verify")
    print(f"\nLook at {sealed} and {FOLDER / 'report.html'}.")


if __name__ == "__main__":
    main()
