"""Results on a terminal: what marking did to each clip, then a line for each attack."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from touchmark.provenance.watermark.bench.tally import by_mark, chance, tally, visible
from touchmark.provenance.watermark.bench.trial import Result


def render(results: Sequence[Result]) -> RenderableType:
    """Everything, one mark after the other."""
    parts: list[RenderableType] = []
    for mark, of_mark in by_mark(results):
        parts += [_fidelity(mark, of_mark), _robustness(mark, of_mark)]
    missing = dict.fromkeys(name for result in results for name in result.unavailable)
    if missing:
        parts.append(
            Text(
                f"left out, their encoder is missing here or they leave no picture of a clip: {', '.join(missing)}",
                style="yellow",
            )
        )
    return Group(*parts)


def _fidelity(mark: str, results: Sequence[Result]) -> Table:
    table = Table(title=f"{mark}: what marking did to the picture", title_justify="left")
    table.add_column("clip")
    for head in ("size", "PSNR luma", "PSNR RGB", "SSIM", "VMAF", "embedding"):
        table.add_column(head, justify="right")
    for result in results:
        found = result.fidelity
        table.add_row(
            Text(visible(result.clip)),
            f"{result.width}x{result.height}",
            f"{found.psnr_luma:.1f} dB",
            f"{found.psnr_rgb:.1f} dB",
            f"{found.ssim:.4f}",
            "-" if found.vmaf is None else f"{found.vmaf:.1f}",
            f"{result.embed_ms_per_frame:.1f} ms/frame",
        )
    return table


def _robustness(mark: str, results: Sequence[Result]) -> Table:
    table = Table(title=f"{mark}: what it survived", title_justify="left")
    table.add_column("attack")
    for head in ("decoded", "bits", "p at most", "extraction"):
        table.add_column(head, justify="right")
    family = None
    for line in tally(results):
        if line.family is not family:
            family = line.family
            table.add_section()
            table.add_row(Text(family.value, style="bold"))
        whole = line.decoded == line.tried
        table.add_row(
            f"  {line.label}",
            Text(
                f"{line.decoded} of {line.tried}", style="green" if whole else "red" if not line.decoded else "yellow"
            ),
            f"{line.bit_accuracy:.3f}",
            chance(line.weakest),
            f"{line.extract_ms_per_frame:.1f} ms/frame",
        )
    return table
