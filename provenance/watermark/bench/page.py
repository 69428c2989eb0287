"""Results as one self-contained HTML page, with pictures of what marking changed.

    Path("report.html").write_text(page(results), encoding="utf-8")

No script and nothing from elsewhere: the page's own content security policy forbids it. Names of clips are escaped.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from touchmark import __version__
from touchmark.provenance.watermark.bench.tally import Tally, by_mark, chance, tally, visible
from touchmark.provenance.watermark.bench.trial import Result

Pixels = NDArray[np.uint8]

AMPLIFIED: Final = 16
"""How many times the difference of two pictures is enlarged, around grey."""
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
_LONGEST: Final = 640


def page(results: Sequence[Result]) -> str:
    """The whole page."""
    style = resources.files("touchmark.provenance.watermark.bench").joinpath("page.css").read_text(encoding="utf-8")
    body = [
        "<h1>How the watermark stood</h1>",
        f'<p class="quiet">touchmark {__version__}. Every clip was marked, encoded (H.264, CRF 18), attacked through '
        "real encoders and read back. Decoded means that all 64 bits of the payload were right and verified; bits is "
        "the share of them that were, and p the chance, at most, that an unmarked clip looks as much like a marked "
        "one.</p>",
        *(part for mark, of_mark in by_mark(results) for part in _mark(mark, of_mark)),
        *_missing(results),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<title>Watermark robustness</title>\n'
        f"<style>\n{style}</style>\n</head>\n<body>\n" + "\n".join(body) + "\n</body>\n</html>\n"
    )


def difference(before: Pixels, after: Pixels) -> Pixels:
    """What was added, AMPLIFIED times, on grey: ndarray of shape (height, width, 3), uint8, RGB."""
    change = (after.astype(np.float32) - before.astype(np.float32)) * AMPLIFIED
    return np.clip(np.rint(128 + change), 0, 255).astype(np.uint8)


def _mark(mark: str, results: Sequence[Result]) -> Iterator[str]:
    yield f"<h2>{_text(mark)}: what it survived</h2>"
    yield _robustness(results)
    yield f"<h2>{_text(mark)}: what it did to the picture</h2>"
    yield _fidelity(results)
    yield from (_figure(result) for result in results)


def _robustness(results: Sequence[Result]) -> str:
    clips = "".join(f"<th>{_text(result.clip)}</th>" for result in results) if len(results) > 1 else ""
    lines = [f"<tr><th>attack</th><th>decoded</th><th>bits</th><th>p at most</th>{clips}</tr>"]
    family = None
    for line in tally(results):
        if line.family is not family:
            family = line.family
            lines.append(f'<tr class="family"><th colspan="{4 + len(results)}">{family.value}</th></tr>')
        cells = "".join(_cell(result, line.attack) for result in results) if len(results) > 1 else ""
        lines.append(
            f'<tr><td title="{line.attack}">{_text(line.label)}</td><td class="{_grade(line)}">{line.decoded} of '
            f"{line.tried}</td><td>{line.bit_accuracy:.3f}</td><td>{chance(line.weakest)}</td>{cells}</tr>"
        )
    return _table(lines)


def _cell(result: Result, attack: str) -> str:
    row = next((row for row in result.rows if row.attack == attack), None)
    if row is None:
        return "<td></td>"
    return '<td class="good">✓</td>' if row.decoded else f'<td class="bad">{row.bit_accuracy:.2f}</td>'


def _grade(line: Tally) -> str:
    return "good" if line.decoded == line.tried else "some" if line.decoded else "bad"


def _fidelity(results: Sequence[Result]) -> str:
    heads = ("clip", "size", "pictures", "PSNR luma", "PSNR RGB", "SSIM", "VMAF", "embedding")
    lines = ["<tr>" + "".join(f"<th>{head}</th>" for head in heads) + "</tr>"]
    for result in results:
        found = result.fidelity
        cells = (
            _text(result.clip),
            f"{result.width} × {result.height}",
            result.frames,
            f"{found.psnr_luma:.1f} dB",
            f"{found.psnr_rgb:.1f} dB",
            f"{found.ssim:.4f}",
            "not measured" if found.vmaf is None else f"{found.vmaf:.1f}",
            f"{result.embed_ms_per_frame:.1f} ms a frame",
        )
        lines.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    return _table(lines)


def _figure(result: Result) -> str:
    pictures = (
        ("before", _jpeg(result.before)),
        ("marked", _jpeg(result.after)),
        (f"the difference, amplified {AMPLIFIED} times around grey", _png(difference(result.before, result.after))),
    )
    shown = "".join(f'<div><img alt="{label}" src="{source}">{label}</div>' for label, source in pictures)
    return f'<figure><figcaption>{_text(result.clip)}</figcaption><div class="pictures">{shown}</div></figure>'


def _missing(results: Sequence[Result]) -> Iterator[str]:
    names = dict.fromkeys(name for result in results for name in result.unavailable)
    if names:
        yield f"<p>Left out: their encoder is missing here, or they leave no picture of a clip: {', '.join(names)}.</p>"


def _table(lines: Sequence[str]) -> str:
    return '<div class="wide" tabindex="0"><table>\n' + "\n".join(lines) + "\n</table></div>"


def _jpeg(pixels: Pixels) -> str:
    _, data = cv2.imencode(".jpg", _middle(pixels)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])
    return f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode()}"


def _png(pixels: Pixels) -> str:
    _, data = cv2.imencode(".png", _middle(pixels)[..., ::-1])
    return f"data:image/png;base64,{base64.b64encode(data.tobytes()).decode()}"


def _middle(pixels: Pixels) -> Pixels:
    """The middle of the picture at full size: scaled down, a pattern would vanish from it."""
    rows, columns = (min(side, _LONGEST) for side in pixels.shape[:2])
    top, left = (pixels.shape[0] - rows) // 2, (pixels.shape[1] - columns) // 2
    return np.ascontiguousarray(pixels[top : top + rows, left : left + columns])


def _text(text: str) -> str:
    return html.escape(visible(text))
