"""Draw the picture of the README from a real run: `make images`

A video is generated with the shipped model and sealed; a platform strips its manifest and re-encodes it; the report is
what `touchmark verify` then shows. Nothing is written but docs/images/verify.svg.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme

from touchmark.detectors.terminal import render
from touchmark.detectors.verify import Verification, Verifier
from touchmark.generation.release import Studio
from touchmark.generation.request import GenerationRequest
from touchmark.provenance.home import Home
from touchmark.provenance.keys.development import make_development_keys
from touchmark.provenance.watermark.bench.attacks import ATTACKS

PICTURE = Path(__file__).parent / "images" / "verify.svg"
PROMPT = "a red circle moves left to right over a blue background"
WIDTH = 100
THEME = TerminalTheme(
    background=(22, 25, 31),
    foreground=(222, 226, 233),
    normal=[
        (60, 66, 77),
        (240, 113, 110),
        (102, 204, 143),
        (229, 178, 86),
        (116, 174, 246),
        (198, 146, 234),
        (98, 200, 212),
        (222, 226, 233),
    ],
)


def stripped_video(folder: Path) -> Verification:
    """Generate, seal, strip, re-encode, verify."""
    home = Home(folder / "home").ensure()
    make_development_keys(home.keys, organisation="Example Studio", now=datetime.now(UTC))
    sealed, upload = folder / "circle.mp4", folder / "upload.mp4"
    Studio.open(home).generate(GenerationRequest(prompt=PROMPT), sealed)
    ATTACKS["h264_crf28"](sealed, upload)
    return replace(Verifier.default(home).verify(upload), path=Path(upload.name))


def drawing(verification: Verification) -> str:
    """The report as SVG, without the fonts that rich would fetch from elsewhere."""
    with Path("/dev/null").open("w") as nowhere:
        console = Console(record=True, width=WIDTH, file=nowhere, force_terminal=True, color_system="truecolor")
        console.print(render(verification))
        picture = console.export_svg(title="touchmark verify upload.mp4", theme=THEME, unique_id="verify")
    return re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        picture = drawing(stripped_video(Path(folder)))
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(picture, encoding="utf-8")
