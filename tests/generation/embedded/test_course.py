"""Training that may be cut off at any moment."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
import torch

from touchmark.generation.embedded.codec import ClipCodec
from touchmark.generation.embedded.course import LOG, Budget, averaged, follow, rate
from touchmark.generation.embedded.lessons import CodecLesson, DiffusionLesson, ReadingLesson, common_words
from touchmark.generation.embedded.pool import Pool, fill, scene_from_json, scene_to_json
from touchmark.generation.embedded.text import PromptReader
from touchmark.generation.embedded.transformer import ClipTransformer
from touchmark.generation.embedded.world import Colour, Scene, draw_scene, held_out

BUDGET = Budget(steps=6)


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pool")
    torch.manual_seed(0)
    codec = ClipCodec(fine=8, coarse=8).eval()
    fill(folder, codec, number=0, seed=0, clips=2)
    return folder


def small_lesson(pool: Path) -> DiffusionLesson:
    torch.manual_seed(1)
    torch.set_num_threads(1)
    reader = PromptReader(vocabulary=("red", "circle"), dim=16, depth=1, heads=2)
    transformer = ClipTransformer(dim=32, depth=2, heads=2, text_dim=16, summary_dim=48)
    return DiffusionLesson(transformer, reader, Pool(pool), patches=64, windows=(2,))


def test_a_course_that_was_cut_off_ends_with_the_same_weights(pool: Path, tmp_path: Path):
    follow(small_lesson(pool), out=tmp_path / "whole", budget=BUDGET, log_every=2)
    follow(small_lesson(pool), out=tmp_path / "parts", budget=BUDGET, log_every=2, stop_at=3)
    halfway = averaged(tmp_path / "parts")
    outcome = follow(small_lesson(pool), out=tmp_path / "parts", budget=BUDGET, log_every=2)

    whole, parts = averaged(tmp_path / "whole"), averaged(tmp_path / "parts")
    assert outcome.steps == 6
    assert all(torch.equal(whole[key], parts[key]) for key in whole)
    assert not all(torch.equal(halfway[key], parts[key]) for key in whole), "training must have gone on"
    steps = [json.loads(line)["step"] for line in (tmp_path / "parts" / LOG).read_text().splitlines()]
    assert steps == [2, 4, 6]


def test_a_finished_course_does_nothing_more(pool: Path, tmp_path: Path):
    follow(small_lesson(pool), out=tmp_path, budget=Budget(steps=1))
    before = averaged(tmp_path)
    follow(small_lesson(pool), out=tmp_path, budget=Budget(steps=1))
    assert all(torch.equal(before[key], value) for key, value in averaged(tmp_path).items())


def test_codec_and_reader_learn(tmp_path: Path):
    torch.manual_seed(0)
    torch.set_num_threads(1)
    codec = CodecLesson(ClipCodec(fine=8, coarse=8), batch=2)
    batch = torch.randint(0, 256, (2, 3, 4, 32, 32), dtype=torch.uint8)
    reader = ReadingLesson(PromptReader(vocabulary=common_words(draws=200), dim=16, depth=1, heads=2), batch=16)
    for lesson, data in ((codec, batch), (reader, next(reader.batches(0)))):
        losses = []
        for _ in range(12):
            loss = lesson.loss(data, 0)
            losses.append(float(loss.detach()))
            loss.backward()
            for optimiser in lesson.optimisers()[-1:]:
                optimiser.step()
                optimiser.zero_grad()
        assert losses[-1] < losses[0]


def test_rate_rises_stays_and_falls_to_nothing():
    assert rate(0.0, 0) < rate(0.0, 10) < rate(0.1, 100) == 1.0
    assert 0.0 < rate(0.6, 100) < 1.0
    assert rate(1.0, 100) == pytest.approx(0.0)


def test_a_budget_is_minutes_or_steps():
    with pytest.raises(ValueError, match="either"):
        Budget()
    with pytest.raises(ValueError, match="either"):
        Budget(minutes=1, steps=1)


def test_a_pool_never_holds_what_is_kept_for_testing(pool: Path, tmp_path: Path):
    assert len(Pool(pool)) == 2
    shard = next(pool.glob("*.npy"))
    unseen = draw_scene(random.Random(1), unseen=True)
    assert held_out(unseen)
    (tmp_path / shard.name).write_bytes(shard.read_bytes())
    (tmp_path / shard.with_suffix(".json").name).write_text(json.dumps([scene_to_json(unseen)] * 2))
    with pytest.raises(ValueError, match="kept for testing"):
        Pool(tmp_path)


def test_scenes_survive_the_disk():
    scene = draw_scene(random.Random(2), things=2)
    assert scene_from_json(json.loads(json.dumps(scene_to_json(scene)))) == scene
    assert isinstance(scene, Scene) and isinstance(scene.background, Colour)
