"""Real diffusers pipelines, tiny and untrained, through the whole way: what they make is sealed like anything else."""

from __future__ import annotations

from pathlib import Path

from touchmark.detectors.verdict import Outcome
from touchmark.generation.release import Release, Studio
from touchmark.generation.request import GenerationRequest
from touchmark.provenance.media.decode import open_video


def _release(studio: Studio, folder: Path, model: Path, frames: int) -> Release:
    request = GenerationRequest(
        prompt="a red circle moves left to right", model=str(model), width=256, height=256, num_frames=frames, steps=2
    )
    return studio.generate(request, folder / "out.mp4")


def test_wan_through_the_whole_way(studio: Studio, folder: Path, tiny_wan_folder: Path) -> None:
    release = _release(studio, folder, tiny_wan_folder, frames=9)
    assert release.verification.verdict.outcome is Outcome.GENERATED
    manifest = studio.verifier.verify(release.path).evidence.manifest
    assert manifest.ai_disclosure is not None
    assert manifest.ai_disclosure.model_identifier.startswith("sha256:")
    with open_video(release.path) as video:
        assert not video.info.has_sound
        assert len(list(video.frames())) == 9


def test_ltx2_with_sound_through_the_whole_way(studio: Studio, folder: Path, tiny_ltx2_folder: Path) -> None:
    release = _release(studio, folder, tiny_ltx2_folder, frames=17)
    assert release.verification.verdict.outcome is Outcome.GENERATED
    with open_video(release.path) as video:
        assert video.info.has_sound
        sound = video.sound()
        assert sound is not None
        assert sound.channels == 2
        assert sum(block.shape[1] for block in sound.blocks) > sound.rate / 4
