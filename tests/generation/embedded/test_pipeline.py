"""The pipeline that ships: it loads as every other, obeys its arguments and, mostly, its prompt."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pytest
import torch

from touchmark.generation.embedded.adherence import score
from touchmark.generation.embedded.captions import caption
from touchmark.generation.embedded.lessons import roughen
from touchmark.generation.embedded.pipeline import WEIGHTS, ClipOutput, TouchmarkPipeline
from touchmark.generation.embedded.scope import NOTE, outside_world
from touchmark.generation.embedded.sight import look
from touchmark.generation.embedded.text import answers
from touchmark.generation.embedded.world import Colour, Motion, Shape, draw_scene, render

PROMPT = "a red circle moves to the left on a blue background"


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_weights_are_small_half_precision_and_plain_data(pipeline: Any):
    assert type(pipeline) is TouchmarkPipeline
    files = [path for path in WEIGHTS.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 12_000_000
    assert {path.suffix for path in files} == {".json", ".md", ".safetensors"}
    half = TouchmarkPipeline.from_pretrained(WEIGHTS, local_files_only=True, dtype=torch.float16)
    for name in ("codec", "reader", "transformer"):
        stored, used = getattr(half, name).state_dict(), getattr(pipeline, name).state_dict()
        assert all(torch.equal(stored[key].float(), used[key].float()) for key in used)


@pytest.mark.parametrize(("width", "height", "frames"), [(256, 192, 5), (64, 96, 1), (96, 64, 9)])
def test_width_height_and_length_vary(pipeline: Any, width: int, height: int, frames: int):
    output = pipeline(PROMPT, width=width, height=height, num_frames=frames, num_inference_steps=2, generator=seeded())
    assert isinstance(output, ClipOutput)
    clip = output.frames[0]
    assert clip.shape == (frames, height, width, 3)
    assert np.isfinite(clip).all() and clip.min() >= 0.0 and clip.max() <= 1.0


def test_output_types_agree(pipeline: Any):
    def run(kind: str) -> Any:
        return pipeline(
            PROMPT, width=64, height=64, num_frames=4, num_inference_steps=2, generator=seeded(), output_type=kind
        ).frames

    arrays, tensors, images, latents = run("np"), run("pt"), run("pil"), run("latent")
    assert np.array_equal(arrays, tensors.permute(0, 1, 3, 4, 2).numpy())
    assert np.abs(np.asarray(images[0][0], np.float32) / 255 - arrays[0, 0]).max() <= 0.5 / 255 + 1e-6
    assert latents.shape == (1, 20, 1, 4, 4)
    with pytest.raises(ValueError, match="output_type"):
        run("gif")
    with pytest.raises(ValueError, match="multiples of 32"):
        pipeline(PROMPT, width=70, height=64)


def test_same_seed_same_clip_and_guidance_and_prompts_matter(pipeline: Any):
    def run(prompt: str = PROMPT, seed: int = 0, **more: Any) -> Any:
        small = {"width": 96, "height": 96, "num_frames": 4, "num_inference_steps": 3}
        return pipeline(prompt, generator=seeded(seed), **small, **more).frames

    clip = run()
    assert np.array_equal(clip, run())
    assert not np.array_equal(clip, run(seed=1))
    assert not np.array_equal(clip, run(guidance_scale=1.0))
    assert not np.array_equal(clip, run(negative_prompt="green"))
    assert not np.array_equal(clip, run("a green square on black"))


def test_each_step_is_reported_and_may_change_the_latents(pipeline: Any):
    seen: list[int] = []

    def on_step(_: Any, index: int, time: Any, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        seen.append(index)
        return {"latents": torch.zeros_like(tensors["latents"])}

    small = {"width": 64, "height": 64, "num_frames": 4, "num_inference_steps": 3, "output_type": "latent"}
    (latents,) = pipeline(PROMPT, generator=seeded(), callback_on_step_end=on_step, return_dict=False, **small)
    assert seen == [0, 1, 2]
    assert not latents.any()


def test_codec_keeps_clips(pipeline: Any):
    scene = draw_scene(random.Random(0), things=2)
    clip = torch.from_numpy(render(scene, num_frames=8)).permute(3, 0, 1, 2)[None].float() / 127.5 - 1
    with torch.no_grad():
        latents = pipeline.codec.encode(clip)
        back = pipeline.codec.decode(latents).clamp(-1, 1)
    psnr = 10 * torch.log10(4 / (back - clip).square().mean())
    assert latents.shape == (1, 16, 2, 16, 16)
    assert psnr > 26


def test_reader_says_what_unseen_captions_tell(pipeline: Any):
    rng = random.Random(7)
    pairs = [caption(draw_scene(rng, unseen=True), rng) for _ in range(120)]
    wanted = answers([reading for _, reading in pairs])
    for texts in ([text for text, _ in pairs], [roughen(text, rng) for text, _ in pairs]):
        with torch.no_grad():
            tokens, _ = pipeline.reader(*pipeline.reader.encode(texts))
            found = torch.stack([s.argmax(-1) for s in pipeline.reader.scores(tokens)], 1)
        right = ((found == wanted) | (wanted < 0)).all(1).float().mean()
        assert right > 0.9


def test_reader_is_not_disturbed_by_words_it_does_not_know(pipeline: Any):
    reading = pipeline.reader.read("a wonderful red ball slides towards the right over a blue wall in Paris")
    (thing,) = reading.things
    assert (thing.shape, thing.colour, thing.motion) == (Shape.CIRCLE, Colour.RED, Motion.RIGHT)
    assert reading.background is Colour.BLUE


def test_what_lies_outside_its_world_is_said(pipeline: Any):
    assert outside_world("A big red ball bounces in front of a white wall, quickly.") == ()
    assert any("dragon" in finding for finding in outside_world("a dragon over Paris"))
    assert any("circle, square or triangle" in finding for finding in outside_world("blue"))
    assert any("never more" in finding for finding in outside_world("three red circles"))
    assert pipeline.notes(PROMPT) == ()
    assert NOTE in pipeline.notes("a dragon")


def test_card_states_what_was_measured():
    card = (WEIGHTS / "README.md").read_text()
    assert "## Training" in card and "## Adherence" in card


def test_it_obeys(pipeline: Any):
    """A few prompts at few steps; the whole measurement is the adherence program's."""
    rng = random.Random(3)
    scores = []
    for number in range(3):
        text, asked = caption(draw_scene(rng, things=1, unseen=True), rng)
        clip = pipeline(text, num_frames=24, num_inference_steps=12, generator=seeded(number)).frames[0]
        scores.append(score(look((clip * 255).round().astype(np.uint8)), asked))
    assert sum(s.background for s in scores) == 3
    assert sum(s.colour for s in scores) >= 2


def test_index_names_only_what_ships():
    index = json.loads((WEIGHTS / "model_index.json").read_text())
    libraries = {value[0] for value in index.values() if isinstance(value, list)}
    assert {library.rpartition(".")[0] or library for library in libraries} == {
        "diffusers",
        "touchmark.generation.embedded",
    }
