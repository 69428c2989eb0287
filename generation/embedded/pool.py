"""A pool of coded clips on disk, from which the transformer is taught.

Drawing and coding a clip takes longer than learning from it once, so clips are kept, with the scene that each shows;
captions are drawn anew every time. A pool is a folder of shards, each one frame size: `<width>x<height>-<number>.npy`
(latents, float16) beside `.json` (scenes). It may grow while it is read, and any number of programs may fill it.
"""

from __future__ import annotations

import json
import random
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np
import torch

from touchmark.generation.embedded.transformer import Moments
from touchmark.generation.embedded.world import (
    Actor,
    Colour,
    Motion,
    Scene,
    Shape,
    Size,
    Speed,
    draw_scene,
    held_out,
    render,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from touchmark.generation.embedded.codec import ClipCodec

CLIP_SLICES = 9
"""Slices of every clip in a pool: three seconds."""

USUAL_SLICES = 8
"""Slices of the clip that a scene's paths are centred in; a longer clip goes on, a shorter one stops before."""

FRAME_SIZES = (*((256, 256),) * 11, (320, 256), (256, 320), (384, 256), (256, 384), (192, 192))
"""Width and height of a shard's clips, drawn evenly from these."""


def scene_to_json(scene: Scene) -> dict[str, object]:
    """A scene as plain values."""
    return asdict(scene)


def scene_from_json(values: dict[str, object]) -> Scene:
    """The inverse of `scene_to_json`."""
    actors = values["actors"]
    assert isinstance(actors, list)
    return Scene(
        Colour(str(values["background"])),
        tuple(
            Actor(
                shape=Shape(a["shape"]),
                colour=Colour(a["colour"]),
                size=Size(a["size"]),
                motion=Motion(a["motion"]),
                speed=Speed(a["speed"]),
                **{key: float(a[key]) for key in ("x", "y", "phase", "reach", "scale")},
            )
            for a in actors
        ),
    )


@torch.no_grad()
def fill(folder: Path, codec: ClipCodec, *, number: int, seed: int, clips: int = 64) -> None:
    """Write shard `number`, unless it is there."""
    rng = random.Random(f"pool {seed} {number}")
    width, height = rng.choice(FRAME_SIZES)
    target = folder / f"{width}x{height}-{number:05d}.npy"
    if target.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    scenes = [draw_scene(rng) for _ in range(clips)]
    latents = []
    device = codec.device
    for scene in scenes:
        frames = render(scene, width=width, height=height, num_frames=4 * CLIP_SLICES, of=4 * USUAL_SLICES)
        clip = torch.from_numpy(frames).to(device).permute(3, 0, 1, 2)[None].float() / 127.5 - 1
        with torch.autocast(device.type, torch.bfloat16):
            latents.append(codec.encode(clip)[0].float().cpu().numpy().astype(np.float16))
    target.with_suffix(".json").write_text(json.dumps([scene_to_json(s) for s in scenes]))
    unfinished = target.with_suffix(".tmp")
    with unfinished.open("wb") as file:
        np.save(file, np.stack(latents))
    unfinished.rename(target)  # a shard is there whole or not at all


class Pool:
    """Reads a pool's shards, those of one frame size together."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shards: dict[str, list[tuple[NDArray[np.float16], list[Scene]]]] = {}
        self._known: set[Path] = set()
        self.refresh()

    def refresh(self) -> None:
        """Look for new shards."""
        for path in sorted(self._folder.glob("*.npy")):
            if path not in self._known:
                self._known.add(path)
                scenes = [scene_from_json(v) for v in json.loads(path.with_suffix(".json").read_text())]
                if any(held_out(scene) for scene in scenes):
                    raise ValueError(f"{path.name} holds a scene that is kept for testing")
                shards = self._shards.setdefault(path.name.partition("-")[0], [])
                shards.append((np.load(path, mmap_mode="r"), scenes))

    def __len__(self) -> int:
        return sum(len(scenes) for shards in self._shards.values() for _, scenes in shards)

    def draw(
        self, rng: random.Random, *, patches: int, windows: Sequence[int], sparse: float = 0.0
    ) -> tuple[torch.Tensor, Moments, list[Scene]]:
        """Latents (n, C, S, h, w) of one frame size, which slices of how many they are, and their scenes.

        The window is drawn from `windows`; with probability `sparse` only half of its slices, drawn at random, are
        given. n is such that the batch has about `patches` patches of 2x2 sites.
        """
        sizes = sorted(self._shards)
        size = rng.choices(sizes, [len(self._shards[s]) for s in sizes])[0]
        shards, length = self._shards[size], rng.choice(windows)
        height, width = shards[0][0].shape[-2:]
        chosen = list(range(length))
        if rng.random() < sparse:
            chosen = sorted(rng.sample(chosen, length // 2))
        latents, scenes = [], []
        for _ in range(max(1, round(patches * 4 / (len(chosen) * height * width)))):
            coded, told = rng.choice(shards)
            index = rng.randrange(len(told))
            latents.append(coded[index][:, chosen])
            scenes.append(told[index])
        return torch.from_numpy(np.stack(latents)).float(), Moments(tuple(chosen), length), scenes
