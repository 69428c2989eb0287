"""What each part of the embedded model is taught: its data, its loss and its optimisers.

`course.follow` runs them; `train` is the program. Each lesson draws all that is random from the number of the step.
"""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name every reader of torch code expects
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from touchmark.generation.embedded.captions import Reading, caption
from touchmark.generation.embedded.codec import ClipCodec
from touchmark.generation.embedded.text import MAX_WORDS, PromptReader, answers, words_of
from touchmark.generation.embedded.world import Scene, draw_scene, render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from touchmark.generation.embedded.pool import Pool
    from touchmark.generation.embedded.transformer import ClipTransformer, Moments


class SliceCrops(Dataset[Tensor]):
    """Four frames each of random scenes, cropped round a thing; item n is batch n, (batch, 3, 4, side, side) uint8."""

    def __init__(self, *, seed: int, first: int, batch: int = 16, side: int = 128, count: int = 10**6) -> None:
        self._seed, self._first, self._batch, self._side, self._count = seed, first, batch, side, count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Tensor:
        rng = random.Random(f"crops {self._seed} {self._first + index}")
        crops = np.stack([self._crop(rng) for _ in range(self._batch)])
        return torch.from_numpy(crops).permute(0, 4, 1, 2, 3)

    def _crop(self, rng: random.Random) -> NDArray[np.uint8]:
        scene = draw_scene(rng)
        size, first, length = rng.choice((192, 256, 256, 256, 320)), rng.randrange(33), 36
        clip = render(scene, width=size, height=size, num_frames=4, first=first, of=length)
        x, y = rng.choice(scene.actors).place((first + 1.5 - (length - 1) / 2) / 12)
        reach = self._side // 2 + 32

        def start(centre: float) -> int:
            return min(size - self._side, max(0, round(size * (0.5 + centre)) - rng.randrange(32, reach)))

        top, left = start(y), start(x)
        return clip[:, top : top + self._side, left : left + self._side]


class CodecLesson:
    """Rebuild clips from noisy latents.

    decoder_only: leave the latents as they are and better what is made of them.
    """

    average_over = 300

    def __init__(
        self, codec: ClipCodec, *, seed: int = 0, device: str = "cpu", batch: int = 16, decoder_only: bool = False
    ) -> None:
        self.model, self._seed, self._device, self._batch = codec, seed, device, batch
        self._decoder_only = decoder_only
        torch.nn.Module.to(codec, device)

    def optimisers(self) -> list[torch.optim.Optimizer]:
        parts = [self.model.decoder, self.model.colour_out] if self._decoder_only else [self.model]
        weights = [p for part in parts for p in part.parameters()]
        return [
            torch.optim.Muon([p for p in weights if p.ndim == 2], lr=1e-2, momentum=0.95, weight_decay=0.01),
            torch.optim.AdamW([p for p in weights if p.ndim != 2], lr=1e-3, betas=(0.9, 0.99), weight_decay=0.0),
        ]

    def batches(self, first_step: int) -> Iterator[Tensor]:
        crops = SliceCrops(seed=self._seed, first=first_step, batch=self._batch)
        return iter(DataLoader(crops, batch_size=None, num_workers=1, prefetch_factor=4))

    def loss(self, batch: Any, step: int) -> Tensor:
        draw = torch.Generator().manual_seed(self._seed * 1_000_003 + step)
        clip = batch.to(self._device).float() / 127.5 - 1
        with torch.autocast(self._device, torch.bfloat16):
            self.model.scaling.train(not self._decoder_only)
            with torch.set_grad_enabled(not self._decoder_only):
                z = self.model.encode(clip)
            # Half of the clips bear no noise, so that what is exact stays exact.
            level = (torch.rand(len(z), 1, 1, 1, 1, generator=draw) - 0.5).clamp(min=0) * 0.4
            noise = torch.randn(z.shape, generator=draw) * level
            out = self.model.decode(z + noise.to(self._device))
        error = out.float() - clip
        loss: Tensor = error.abs().mean() + 0.5 * error.square().mean()
        return loss


@torch.no_grad()
def settle(codec: ClipCodec, *, seed: int = 0, batches: int = 40) -> ClipCodec:
    """Measure the latents' mean and variance anew, for weights that no longer change; returns it, ready."""
    codec.scaling.reset_running_stats()
    codec.scaling.momentum, kept = None, codec.scaling.momentum  # None: a plain mean over all batches
    codec.train()
    crops = SliceCrops(seed=seed, first=10**7)
    for index in range(batches):
        codec.encode(crops[index].float() / 127.5 - 1)
    codec.scaling.momentum = kept
    codec.eval()
    return codec


def common_words(*, draws: int = 30_000) -> tuple[str, ...]:
    """Every word that captions hold, in order."""
    rng = random.Random("vocabulary")
    return tuple(sorted({w for _ in range(draws) for w in words_of(caption(draw_scene(rng), rng)[0])}))


def roughen(text: str, rng: random.Random) -> str:
    """A caption as people type it: at times with words the reader does not know, or with a small word missing."""
    chance = rng.random()
    if chance > 0.25:
        return text
    words = words_of(text)
    for _ in range(rng.choice((1, 1, 2, 3))):
        at = rng.randrange(len(words) + 1)
        if chance < 0.18:
            letters = [rng.choice("aeioubcdfghklmnprstvwyz") for _ in range(rng.randint(3, 9))]
            words.insert(at, "".join(letters))
        elif at < len(words) and words[at] in {"a", "an", "the", ",", "is", "background", "wall", "moving", "moves"}:
            del words[at]
    return " ".join(words)


class ReadingLesson:
    """Say what a caption tells."""

    average_over = 300

    def __init__(self, reader: PromptReader, *, seed: int = 0, device: str = "cpu", batch: int = 128) -> None:
        self.model, self._seed, self._device, self._batch = reader, seed, device, batch
        torch.nn.Module.to(reader, device)

    def optimisers(self) -> list[torch.optim.Optimizer]:
        return [torch.optim.AdamW(self.model.parameters(), lr=2.5e-3, betas=(0.9, 0.98), weight_decay=0.01)]

    def batches(self, first_step: int) -> Iterator[tuple[list[str], list[Reading]]]:
        step = first_step
        while True:
            rng = random.Random(f"reading {self._seed} {step}")
            pairs: list[tuple[str, Reading]] = []
            while len(pairs) < self._batch:
                text, reading = caption(draw_scene(rng), rng)
                if len(words_of(text)) <= MAX_WORDS - 3:
                    pairs.append((roughen(text, rng) if rng.random() > 0.02 else "", reading))
            pairs = [(text, reading if text else Reading(None, ())) for text, reading in pairs]
            yield [text for text, _ in pairs], [reading for _, reading in pairs]
            step += 1

    def loss(self, batch: Any, step: int) -> Tensor:
        texts, readings = batch
        tokens, _ = self.model(*self.model.encode(texts))
        wanted = answers(readings).to(self._device)
        scores = self.model.scores(tokens)
        return torch.stack([F.cross_entropy(s, wanted[:, i]) for i, s in enumerate(scores)]).nansum()


NOISE_SHIFT = 6.0
"""How far noise levels lean to the noisy end in sampling: what, where and which is decided there."""

LESSON_SHIFT = 2.5
"""The same in training."""


class DiffusionLesson:
    """Predict the clean clip from noise and a caption (rectified flow; the loss is that of the velocity)."""

    average_over = 400

    def __init__(
        self,
        transformer: ClipTransformer,
        reader: PromptReader,
        pool: Pool,
        *,
        seed: int = 0,
        device: str = "cpu",
        patches: int = 4096,
        windows: tuple[int, ...] = (8, 8, 8, 8, 8, 8, 8, 6, 7, 9),
        sparse: float = 0.6,
    ) -> None:
        self.model, self._reader, self._pool = transformer, reader, pool
        for model in (transformer, reader.eval()):
            torch.nn.Module.to(model, device)
        self._seed, self._device, self._patches, self._windows, self._sparse = seed, device, patches, windows, sparse

    def optimisers(self) -> list[torch.optim.Optimizer]:
        # Orthogonalised updates for the matrices inside the blocks; the ends, which face data, learn by AdamW.
        inside = {id(p) for m in self.model.blocks.modules() if isinstance(m, torch.nn.Linear) for p in m.parameters()}
        inside |= {id(p) for p in self.model.outlines.parameters()}
        weights = [p for p in self.model.parameters() if p.requires_grad]
        return [
            torch.optim.Muon([p for p in weights if id(p) in inside], lr=1e-2, momentum=0.95, weight_decay=0.01),
            torch.optim.AdamW(
                [p for p in weights if id(p) not in inside], lr=1.5e-3, betas=(0.9, 0.98), weight_decay=0.0
            ),
        ]

    def batches(self, first_step: int) -> Iterator[tuple[Tensor, Moments, list[Scene]]]:
        step = first_step
        while True:
            if step % 50 == 0:
                self._pool.refresh()
            rng = random.Random(f"clips {self._seed} {step}")
            yield self._pool.draw(rng, patches=self._patches, windows=self._windows, sparse=self._sparse)
            step += 1

    def loss(self, batch: Any, step: int) -> Tensor:
        latents, moments, scenes = batch
        rng = random.Random(f"captions {self._seed} {step}")
        draw = torch.Generator().manual_seed(self._seed * 1_000_003 + step)
        texts = [roughen(caption(s, rng)[0], rng) if rng.random() > 0.1 else "" for s in scenes]
        count, slices = len(latents), latents.shape[2]
        # Levels of noise are spread evenly over the batch (each in its own stratum), which steadies small batches. They
        # lean less to the noisy end than sampling does: outlines are drawn where there is little noise.
        strata = (torch.randperm(count, generator=draw)[:, None] + torch.rand(count, 1, generator=draw)) / count
        clean = torch.sigmoid(torch.special.ndtri(strata.clamp(1e-4, 1 - 1e-4)) * 1.5 - math.log(LESSON_SHIFT))
        # Sampling begins in pure noise, where the caption alone decides: more clips are taken from there.
        start = 0.08 * torch.rand(count, 1, generator=draw).square()
        clean = torch.where(torch.rand(count, 1, generator=draw) < 0.15, start, clean).repeat(1, slices)
        # One clip in ten begins with slices that are given, so that the model also learns to continue a clip.
        given = torch.randint(1, max(2, slices), (count, 1), generator=draw) > torch.arange(slices)
        given &= torch.rand(count, 1, generator=draw) < (0.1 if slices > 1 else 0.0)
        clean = torch.where(given, 1.0, clean)
        noise = torch.randn(latents.shape, generator=draw)
        latents, noise, clean, given = (t.to(self._device) for t in (latents, noise, clean, given))
        share = clean[:, None, :, None, None]
        with torch.autocast(self._device, torch.bfloat16):
            with torch.no_grad():
                words, summary = self._reader(*self._reader.encode(texts))
            found = self.model(share * latents + (1 - share) * noise, clean, words, summary, moments)
        error = (found.float() - latents).square().mean((1, 3, 4)) / (1 - clean).clamp(min=0.2).square()
        loss: Tensor = (error * ~given).mean()
        return loss
