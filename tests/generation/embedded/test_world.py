"""The small world, its captions and the judge that looks at clips."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from touchmark.generation.embedded.adherence import score, shares, unseen_prompts
from touchmark.generation.embedded.captions import Reading, ThingRead, caption
from touchmark.generation.embedded.sight import look
from touchmark.generation.embedded.world import RGB, Colour, Motion, Shape, Size, Speed, draw_scene, held_out, render

seeds = st.integers(0, 2**32)


def test_judge_describes_drawn_clips_rightly():
    prompts = unseen_prompts(16, seed=3)
    scores = [score(look(render(scene, num_frames=24)), asked) for _, asked, scene in prompts]
    assert shares(scores)["everything"] >= 0.97


def test_judge_is_not_pleased_by_another_clip():
    """A judge that agrees with anything would make every figure worthless."""
    prompts = unseen_prompts(12, seed=4)
    clips = [render(scene, num_frames=24) for _, _, scene in prompts]
    scores = [score(look(clip), asked) for clip, (_, asked, _) in zip(clips[1:] + clips[:1], prompts, strict=True)]
    assert shares(scores)["everything"] == 0.0
    assert shares(scores)["colour"] < 0.5


def test_judge_sees_noise_as_nothing():
    noise = np.random.default_rng(0).integers(0, 256, (12, 128, 128, 3), np.uint8)
    asked = Reading(Colour.RED, (ThingRead(Shape.CIRCLE, Colour.BLUE, Size.MEDIUM, Motion.LEFT, Speed.NORMAL),))
    found = score(look(noise), asked)
    assert not (found.colour and found.shape and found.motion)


@settings(max_examples=40, derandomize=True, deadline=None)
@given(seeds)
def test_scenes_for_training_and_for_testing_never_meet(seed: int):
    rng = random.Random(seed)
    assert not held_out(draw_scene(rng))
    assert held_out(draw_scene(rng, unseen=True))


def test_hold_out_depends_on_the_four_names_alone():
    rng = random.Random(0)
    verdicts: dict[tuple[str, ...], set[bool]] = {}
    for _ in range(400):
        scene = draw_scene(rng, things=1, unseen=rng.random() < 0.5)
        thing = scene.actors[0]
        verdicts.setdefault((thing.shape, thing.colour, thing.motion, scene.background), set()).add(held_out(scene))
    assert all(len(verdict) == 1 for verdict in verdicts.values())
    assert {True} in verdicts.values() and {False} in verdicts.values()


@settings(max_examples=30, derandomize=True, deadline=None)
@given(seeds, st.sampled_from([(192, 192), (256, 320), (320, 192)]), st.integers(1, 6))
def test_clips_have_the_size_asked_for_and_the_background_asked_for(seed: int, size: tuple[int, int], length: int):
    scene = draw_scene(random.Random(seed))
    clip = render(scene, width=size[0], height=size[1], num_frames=length)
    assert clip.shape == (length, size[1], size[0], 3)
    assert tuple(np.median(clip.reshape(-1, 3), 0)) == RGB[scene.background]


@settings(max_examples=60, derandomize=True, deadline=None)
@given(seeds)
def test_captions_tell_what_their_reading_says(seed: int):
    rng = random.Random(seed)
    scene = draw_scene(rng)
    text, reading = caption(scene, rng)
    assert text == text.lower() == " ".join(text.split())
    assert [t.motion for t in reading.things] == [a.motion for a in scene.actors]
    told = [t.colour for t in reading.things] + [reading.background]
    named = {Colour.PURPLE: "violet", Colour.RED: "crimson"}
    for colour in told:
        assert colour is None or colour.value in text or named[colour] in text
