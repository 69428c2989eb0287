"""The grain of the embedded model's clips: drawn as diffusion draws, seen again, and hardly seen by anybody else."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

pytest.importorskip("diffusers")

import torch

from touchmark.generation.embedded import grain
from touchmark.generation.embedded.pipeline import WEIGHTS, TouchmarkPipeline
from touchmark.generation.embedded.world import draw_scene, render

PROMPT = "a green triangle moves up over a yellow background"


def normal(*shape: int, seed: int = 0) -> Any:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.8, 0.95])
def test_what_is_expected_of_the_clean_is_what_least_squares_finds(share: float) -> None:
    clean, noise = normal(400_000), normal(400_000, seed=1)
    noisy = share * clean + (1 - share) * noise
    slope = float((clean * noisy).sum() / noisy.square().sum())
    expected = grain.clean(torch.ones(1), torch.tensor(share))
    assert float(expected) == pytest.approx(slope, abs=0.01)


@pytest.mark.parametrize("steps", [4, 16, 50])
def test_each_number_ends_where_it_began_but_for_its_size(steps: int) -> None:
    began = normal(1, grain.CHANNELS, 3, 8, 8)
    ended = began
    for level, after in pairwise(torch.linspace(1, 0, steps + 1)):
        ended = ended + (after - level) * (ended - grain.clean(ended, 1 - level)) / level
    assert torch.equal(torch.sign(ended), torch.sign(began))
    assert float(ended.std()) == pytest.approx(1, abs=0.3)


def test_it_is_a_level_deep_and_holds_for_a_slice() -> None:
    clouds = grain.drawn(normal(2, grain.CHANNELS, 3, 16, 16), 4)
    assert clouds.shape == (2, 1, 12, 256, 256)
    assert float(clouds.std()) * 127.5 == pytest.approx(0.9, abs=0.15)
    assert torch.equal(clouds[:, :, 0], clouds[:, :, 3])
    assert not torch.equal(clouds[:, :, 3], clouds[:, :, 4])


def test_it_is_seen_again_in_drawn_scenes(pipeline: Any) -> None:
    scene = render(draw_scene(random.Random(1), things=2), num_frames=8)
    clip = torch.from_numpy(scene).permute(3, 0, 1, 2)[None].float() / 127.5 - 1
    sown = normal(1, grain.CHANNELS, 2, 16, 16)
    latents = pipeline.encode((clip + grain.drawn(sown, 4)).clamp(-1, 1))
    assert latents.shape == (1, 16 + grain.CHANNELS, 2, 16, 16)
    seen = latents[:, 16:]
    assert float((torch.sign(seen) == torch.sign(sown)).float().mean()) > 0.7
    bare = pipeline.encode(clip)[:, 16:]
    assert abs(float((torch.sign(bare) == torch.sign(sown)).float().mean()) - 0.5) < 0.05


def test_it_is_seen_by_a_model_in_half_precision_too() -> None:
    half = TouchmarkPipeline.from_pretrained(WEIGHTS, local_files_only=True, dtype=torch.bfloat16)
    scene = render(draw_scene(random.Random(2), things=1), num_frames=4)
    clip = torch.from_numpy(scene).permute(3, 0, 1, 2)[None].float() / 127.5 - 1
    sown = normal(1, grain.CHANNELS, 1, 16, 16)
    latents = half.encode(clip + grain.drawn(sown, 4))
    assert latents.dtype == torch.float32
    assert float((torch.sign(latents[:, 16:]) == torch.sign(sown)).float().mean()) > 0.7


def test_a_clip_without_any_is_no_division_by_nothing() -> None:
    flat = torch.zeros(1, 3, 4, 32, 32)
    assert not grain.seen(flat, flat, 4).any()


def test_the_scene_of_a_seed_is_the_same_whatever_its_grain(pipeline: Any) -> None:
    small = {"width": 96, "height": 96, "num_frames": 8, "num_inference_steps": 16, "output_type": "latent"}
    own = pipeline(PROMPT, generator=torch.Generator().manual_seed(3), **small).frames
    start = pipeline.prepare_latents(1, 8, 96, 96, torch.device("cpu"), torch.Generator().manual_seed(3))
    start[:, 16:] = normal(1, grain.CHANNELS, 2, 6, 6, seed=9)
    other = pipeline(PROMPT, latents=start, **small).frames
    assert torch.equal(own[:, :16], other[:, :16])
    assert not torch.equal(own[:, 16:], other[:, 16:])
    pictures = [(pipeline.decode(latents) * 127.5).numpy() for latents in (own, other)]
    assert 0.5 < float(np.std(pictures[0] - pictures[1])) < 2.0


def test_noise_of_another_shape_is_refused(pipeline: Any) -> None:
    with pytest.raises(ValueError, match=r"\(1, 20, 1, 2, 2\)"):
        pipeline(PROMPT, width=32, height=32, num_frames=4, latents=normal(1, 16, 1, 2, 2))
