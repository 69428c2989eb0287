"""A release whose noise was marked too: both marks carry the one payload."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

pytest.importorskip("diffusers")

from benchmarks.clouds import clouds
from touchmark.detectors.verdict import Outcome
from touchmark.generation.diffusers_pipeline import DiffusersGenerator
from touchmark.generation.release import Studio
from touchmark.generation.request import GenerationRequest
from touchmark.provenance.manifest.claim import ModelIdentity
from touchmark.provenance.media.decode import open_video


def test_picture_and_noise_carry_the_same_payload(studio: Studio, folder: Path) -> None:
    generator = DiffusersGenerator("clouds", ModelIdentity("clouds", "sha256:" + "0" * 64), Fraction(16), clouds())
    request = GenerationRequest(
        prompt="clouds over a wide plain",
        model="clouds",
        width=256,
        height=192,
        num_frames=21,
        steps=8,
        latent_mark=True,
    )
    release = studio.generate(request, folder / "out.mp4", generator=generator)
    assert release.verification.verdict.outcome is Outcome.GENERATED
    assert [detection.payload for detection in release.verification.evidence.detections] == [release.payload]
    with open_video(release.path) as video:
        frames = [frame.pixels for frame in video.frames()]
    (detection,) = generator.read_latent_mark(frames, [studio.sealer.key])
    assert detection.payload == release.payload
