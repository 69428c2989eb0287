"""What marking did to the picture: PSNR, SSIM, and VMAF where there is an ffmpeg that knows it.

None of them is an eye. PSNR forgives mottling on walls and SSIM forgives colour: look at the difference pictures too.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.watermark.visibility import decibels

Pixels = NDArray[np.uint8]
Real = NDArray[np.float32]

_LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)
_PATIENCE: Final = 1800
"""Seconds after which ffmpeg is given up."""


@dataclass(frozen=True, slots=True)
class Fidelity:
    """How near a marked clip is to what it was, before any encoder.

    Attributes:
        psnr_luma: decibels, of the mean squared error over all pictures compared (peak 255, ITU-R BT.601 luma).
        psnr_rgb: the same over the three channels.
        ssim: mean structural similarity of luma, 1 for the same picture.
        vmaf: mean VMAF of 0 to 100, None where it was not measured.
    """

    psnr_luma: float
    psnr_rgb: float
    ssim: float
    vmaf: float | None = None


class FidelityMeter:
    """Compares pictures pair by pair while they stream past."""

    def __init__(self) -> None:
        self._count = 0
        self._luma = self._rgb = self._ssim = 0.0

    def compare(self, before: Pixels, after: Pixels) -> None:
        """Take in one pair: ndarrays of one shape (height, width, 3), uint8, RGB."""
        x, y = before.astype(np.float32), after.astype(np.float32)
        self._rgb += float(np.mean((x - y) ** 2))
        x, y = x @ _LUMA, y @ _LUMA
        self._luma += float(np.mean((x - y) ** 2))
        self._ssim += ssim(x, y)
        self._count += 1

    def result(self) -> Fidelity:
        """Over everything compared so far; there must be a pair."""
        if not self._count:
            raise ValueError("no picture was compared")
        luma, rgb = (decibels(total / self._count) for total in (self._luma, self._rgb))
        return Fidelity(round(luma, 2), round(rgb, 2), round(self._ssim / self._count, 5))


def ssim(x: Real, y: Real) -> float:
    """Mean structural similarity of two planes in 8-bit steps (Wang et al. 2004, Gaussian window of 1.5)."""
    mean_x, mean_y = _blur(x), _blur(y)
    variance_x, variance_y = _blur(x * x) - mean_x**2, _blur(y * y) - mean_y**2
    covariance = _blur(x * y) - mean_x * mean_y
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    likeness = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    return float(np.mean(likeness / ((mean_x**2 + mean_y**2 + c1) * (variance_x + variance_y + c2))))


def has_vmaf() -> bool:
    """Whether the ``ffmpeg`` on the PATH was built with libvmaf."""
    program = shutil.which("ffmpeg")
    if program is None:
        return False
    known = subprocess.run([program, "-hide_banner", "-filters"], capture_output=True, text=True, check=False)
    return " libvmaf " in known.stdout


def vmaf(reference: Path, marked: Path) -> float | None:
    """Mean VMAF of one file against another of the same pictures; None where ffmpeg cannot tell."""
    program = shutil.which("ffmpeg")
    if program is None:
        return None
    inputs = [part for path in (marked, reference) for part in ("-i", f"file:{path.absolute()}")]
    measuring = "[0:v]setpts=N/TB[m];[1:v]setpts=N/TB[r];[m][r]libvmaf=log_fmt=json:log_path=vmaf.json"
    command = [
        program,
        "-nostdin",
        "-v",
        "error",
        *inputs,
        "-filter_threads",
        "1",
        "-lavfi",
        measuring,
        "-f",
        "null",
        "-",
    ]
    with tempfile.TemporaryDirectory() as folder:
        try:
            subprocess.run(command, cwd=folder, capture_output=True, check=True, timeout=_PATIENCE)
            report = json.loads((Path(folder) / "vmaf.json").read_text(encoding="utf-8"))
        except (subprocess.SubprocessError, OSError, ValueError):
            return None
    return round(float(report["pooled_metrics"]["vmaf"]["mean"]), 2)


def _blur(values: Real) -> Real:
    return np.asarray(cv2.GaussianBlur(values, (11, 11), 1.5), np.float32)
