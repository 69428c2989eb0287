from __future__ import annotations

import shutil
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.clips import scene
from touchmark.provenance.media.video import Frame
from touchmark.provenance.watermark.bench.fidelity import Fidelity, FidelityMeter, Pixels, has_vmaf, ssim, vmaf
from touchmark.provenance.watermark.bench.transcode import write

PICTURES = list(scene(160, 120, 6))


def _measured(before: Sequence[Pixels], after: Sequence[Pixels]) -> Fidelity:
    meter = FidelityMeter()
    for old, new in zip(before, after, strict=True):
        meter.compare(old, new)
    return meter.result()


def test_psnr_is_what_its_formula_says() -> None:
    before = np.full((64, 64, 3), 100, np.uint8)
    found = _measured([before], [before + np.uint8(2)])
    assert found.psnr_luma == found.psnr_rgb == pytest.approx(10 * np.log10(255**2 / 4), abs=0.01)
    blue = before.copy()
    blue[..., 2] += 10
    found = _measured([before], [blue])
    assert found.psnr_rgb == pytest.approx(10 * np.log10(255**2 / (100 / 3)), abs=0.01)
    assert found.psnr_luma == pytest.approx(10 * np.log10(255**2 / 1.14**2), abs=0.01)


def test_what_is_the_same_is_perfect_and_nothing_cannot_be_measured() -> None:
    found = _measured(PICTURES, PICTURES)
    assert (found.psnr_luma, found.psnr_rgb, found.ssim, found.vmaf) == (100, 100, 1, None)
    with pytest.raises(ValueError, match="no picture"):
        FidelityMeter().result()


def test_ssim_falls_with_noise_and_forgives_an_even_shift() -> None:
    luma = PICTURES[0][..., 1].astype(np.float32)
    noise = np.random.default_rng(3).normal(0, 1, luma.shape).astype(np.float32)
    found = [ssim(luma, luma + amount * noise) for amount in (0, 4, 16)]
    assert found[0] == pytest.approx(1) and found == sorted(found, reverse=True) and found[2] < 0.9
    assert ssim(luma, luma + 4) > found[1]


def test_without_ffmpeg_there_is_no_vmaf(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not has_vmaf()
    assert vmaf(tmp_path / "a.mp4", tmp_path / "b.mp4") is None


@pytest.mark.skipif(not has_vmaf(), reason="no ffmpeg with libvmaf on the PATH")
def test_vmaf_prefers_what_is_nearer(tmp_path: Path) -> None:
    assert shutil.which("ffmpeg")
    paths = [tmp_path / f"{crf}.mp4" for crf in (0, 20, 45)]
    for path in paths:
        frames = (Frame(pixels, Fraction(index, 12)) for index, pixels in enumerate(PICTURES))
        write(frames, Fraction(12), path, crf=int(path.stem))
    same, near, far = (vmaf(paths[0], path) for path in paths)
    assert same > near > far
    assert same > 95
