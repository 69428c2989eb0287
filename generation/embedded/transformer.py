"""The diffusion transformer of the embedded model: noisy latents, noise levels and a caption in, the clean clip out.

Spacetime patches (2x2 sites of one slice, that is 32x32 pixels of four frames) and the words of the caption stand in
one sequence of attention; rotary positions in three dimensions, counted from the middle of the picture, let width,
height and length vary. Each slice has a noise level of its own: a clip whose first slices are clean is a clip to be
continued.

What a patch of 2x2 sites cannot say well, an exact outline that lies anywhere within it, is said by a convolutional
network over single sites, which sees the noisy latents and what the transformer made of them (as the local levels of
an hourglass transformer do: Crowson et al. 2024, "Scalable High-Resolution Pixel-Space Image Synthesis with Hourglass
Diffusion Transformers").

Words are read by the patches and are not changed by them, which halves the work of a short sequence: they enter every
block as keys and values only. Padding words are zero vectors, which as keys attract nothing in particular and as
values add nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - the name every reader of torch code expects
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Moments:
    """Which slices of a clip are shown: their numbers, and how many slices the whole clip has."""

    numbers: tuple[int, ...]
    length: int


_EDGE = 1e-3  # noise levels are told apart between this and one less this
_PLACE_WAVES = (0.2, 0.4, 0.8, 1.6)
_PLACE_FEATURES = 3 * (2 * len(_PLACE_WAVES) + 2)


def _rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


class _Block(nn.Module):
    """Attention and a two-layer network, both modulated by the noise level and the caption's summary."""

    def __init__(self, dim: int, heads: int, widening: int, text_dim: int, *, whole: bool) -> None:
        super().__init__()
        self.heads, self.whole = heads, whole
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.context = nn.Linear(text_dim, 2 * dim, bias=False)
        self.out = nn.Linear(dim, dim, bias=False)
        self.up = nn.Linear(dim, widening * dim, bias=False)
        self.down = nn.Linear(widening * dim, dim, bias=False)
        self.gain = nn.Parameter(torch.ones(dim // heads))
        self.table = nn.Parameter(torch.zeros(6, dim))

    def forward(self, x: Tensor, modulation: Tensor, words: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """x (B, slices, patches, dim), modulation (B, slices, 1, 6, dim), words (B, L, text_dim)."""
        batch, slices, patches, dim = x.shape
        scale1, shift1, gate1, scale2, shift2, gate2 = (modulation + self.table).unbind(-2)
        y = torch.addcmul(shift1, F.layer_norm(x, (dim,)), 1 + scale1)
        heads = (self.heads, dim // self.heads)
        # A block that sees one slice takes slices as batch, and each of them reads the whole caption.
        group = 1 if self.whole else slices
        q, k, v = torch.unflatten(self.qkv(y.reshape(batch * group, -1, dim)), -1, (3, *heads)).permute(2, 0, 3, 1, 4)
        word_k, word_v = torch.unflatten(self.context(words), -1, (2, *heads)).permute(2, 0, 3, 1, 4)
        q = _rotate(F.layer_norm(q, heads[1:]) * self.gain.to(q.dtype), cos, sin).to(v.dtype)
        k = _rotate(F.layer_norm(k, heads[1:]), cos, sin).to(v.dtype)
        word_k = F.layer_norm(word_k, heads[1:], eps=1e-4).to(v.dtype)
        k = torch.cat([word_k.repeat_interleave(group, 0), k], 2)
        v = torch.cat([word_v.repeat_interleave(group, 0), v], 2)
        if self.whole:
            mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2)
        else:  # for short sequences the plain formula is three times as fast in training on a processor
            mixed = (torch.softmax(q @ k.mT * heads[1] ** -0.5, -1) @ v).transpose(1, 2)
        mixed = self.out(mixed.reshape(batch, slices, patches, dim))
        x = torch.addcmul(x, gate1, mixed.to(x.dtype))
        y = torch.addcmul(shift2, F.layer_norm(x, (dim,)), 1 + scale2)
        return torch.addcmul(x, gate2, self.down(F.gelu(self.up(y))).to(x.dtype))


class _Outline(nn.Module):
    """Two 3x3 convolutions over the sites of a slice beside a straight path, modulated like a block."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inputs = channels * 9
        # Weights are kept as matrices, for optimisers that orthogonalise matrices.
        self.first = nn.Parameter(torch.randn(channels, inputs) * inputs**-0.5)
        self.second = nn.Parameter(torch.randn(channels, inputs) * 0.02 * inputs**-0.5)

    def forward(self, x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
        """x (N, h, w, channels), scale and shift (N, 1, 1, channels)."""
        channels = x.shape[-1]
        y = torch.addcmul(shift, F.layer_norm(x, (channels,)), 1 + scale).permute(0, 3, 1, 2)
        y = F.gelu(F.conv2d(y, self.first.view(channels, channels, 3, 3), padding=1))
        y = F.conv2d(y, self.second.view(channels, channels, 3, 3), padding=1)
        return x + y.permute(0, 2, 3, 1)


def place_features(moments: Moments, rows: int, columns: int, device: torch.device) -> Tensor:
    """Where each patch is (N, 30): slices counted from the first, rows and columns from the middle of the picture."""
    axes = (
        (torch.tensor(moments.numbers, device=device) * 1.0, moments.length),
        (torch.arange(rows, device=device) - (rows - 1) / 2, rows),
        (torch.arange(columns, device=device) - (columns - 1) / 2, columns),
    )
    features = []
    for place, (_, whole) in zip(torch.meshgrid(*(axis for axis, _ in axes), indexing="ij"), axes, strict=True):
        at = place.flatten()[:, None]
        waves = at * torch.tensor(_PLACE_WAVES, device=device)
        features += [waves.cos(), waves.sin(), at / 4, torch.full_like(at, whole / 8)]
    return torch.cat(features, 1)


class ClipTransformer(ModelMixin, ConfigMixin):
    """Single-stream diffusion transformer over clip latents, predicting the clean latents."""

    @register_to_config  # type: ignore[untyped-decorator] # diffusers ships no types
    def __init__(
        self,
        latent_channels: int = 16,
        patch: int = 2,
        dim: int = 192,
        depth: int = 6,
        heads: int = 3,
        widening: int = 3,
        text_dim: int = 128,
        summary_dim: int = 384,
        outline: int = 96,
        outline_depth: int = 5,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # diffusers ships no types
        self.latent_channels, self.patch = latent_channels, patch
        self._pairs = dim // heads // 2  # each pair of numbers in a head turns by one angle
        values = latent_channels * patch * patch
        self.entry = nn.Linear(values, dim)
        self.place = nn.Linear(_PLACE_FEATURES, dim)
        self.sketch_place = nn.Linear(_PLACE_FEATURES, 256)
        self.sketch_caption = nn.Linear(summary_dim, 256)
        sketched = nn.Linear(256, dim)
        self.sketch = nn.Sequential(nn.Linear(256, 256), nn.SiLU(), sketched)
        self.level = nn.Sequential(nn.Linear(64, dim), nn.SiLU(), nn.Linear(dim, dim))
        self.summary = nn.Sequential(nn.Linear(summary_dim, dim), nn.SiLU(), nn.Linear(dim, dim))
        self.modulation = nn.Linear(dim, 6 * dim)
        self.blocks = nn.ModuleList(
            _Block(dim, heads, widening, text_dim, whole=index % 2 == 1) for index in range(depth)
        )
        self.last = nn.Linear(dim, 2 * dim)
        self.exit = nn.Linear(dim, values)
        self.outline_in = nn.Linear(latent_channels, outline)
        self.outline_from = nn.Linear(dim, patch * patch * outline)
        self.outline_modulation = nn.Linear(dim, outline_depth * 2 * outline)
        self.outlines = nn.ModuleList(_Outline(outline) for _ in range(outline_depth))
        self.outline_exit = nn.Linear(outline, latent_channels)
        for layer in (self.last, self.exit, self.place, sketched, self.outline_exit):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        for layer in (self.modulation, self.outline_modulation):
            nn.init.normal_(layer.weight, std=0.02)
            nn.init.zeros_(layer.bias)

    def _turns(self, moments: Moments, rows: int, columns: int, device: torch.device) -> tuple[Tensor, Tensor]:
        """Cosines and sines (N, half a head) of the patches' rotations."""
        across = 3 * self._pairs // 8
        axes = (
            (torch.tensor(moments.numbers, device=device) * 1.0, self._pairs - 2 * across),
            (torch.arange(rows, device=device) - (rows - 1) / 2, across),
            (torch.arange(columns, device=device) - (columns - 1) / 2, across),
        )
        angles = [
            place.flatten()[:, None] * 2.0 * 60.0 ** (-torch.arange(count, device=device) / count)
            for place, (_, count) in zip(torch.meshgrid(*(a for a, _ in axes), indexing="ij"), axes, strict=True)
        ]
        turns = torch.cat(angles, 1)
        return turns.cos(), turns.sin()

    @staticmethod
    def _working_type(x: Tensor) -> torch.dtype:
        kind = x.device.type
        return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else x.dtype

    def forward(
        self, latents: Tensor, clean: Tensor, words: Tensor, summary: Tensor, moments: Moments | None = None
    ) -> Tensor:
        """Predict the clean latents.

        latents (B, C, S, h, w): signal and noise, `clean * signal + (1 - clean) * noise`. clean (B, S): share of
        signal in each slice, 1 for a slice that is given. words (B, L, text_dim) and summary (B, summary_dim): from
        `PromptReader`.
        """
        batch, channels, slices, height, width = latents.shape
        p = self.patch
        rows, columns = height // p, width // p
        x = latents.reshape(batch, channels, slices, rows, p, columns, p).permute(0, 2, 3, 5, 1, 4, 6)
        share = clean.float().clamp(_EDGE, 1 - _EDGE)
        # Under heavy noise the latents are almost silent, so that place and caption are heard (a Wiener estimate).
        heard = (share / (share.square() + (1 - share).square()))[..., None, None]
        x = self.entry(x.reshape(batch, slices, rows * columns, -1) * heard.to(x.dtype))
        # The logarithm of signal to noise spreads out evenly what differs: most of it is decided under heavy noise.
        ratio = (share / (1 - share)).log()[..., None]
        waves = ratio * torch.exp(torch.linspace(math.log(0.1), math.log(8.0), 32, device=x.device))
        state = self.level(torch.cat([waves.cos(), waves.sin()], -1).to(x.dtype)) + self.summary(summary)[:, None]
        state = F.silu(state)
        modulation = torch.unflatten(self.modulation(state), -1, (1, 6, -1))
        moments = moments or Moments(tuple(range(slices)), slices)
        places = place_features(moments, rows, columns, x.device).to(x.dtype)
        # What the caption alone says of each place, before any patch has looked at another: the sketch of a motion.
        sketch = self.sketch(F.silu(self.sketch_place(places) + self.sketch_caption(summary)[:, None]))
        x = x + (self.place(places) + sketch).view(batch, slices, rows * columns, -1)
        rotations = self._turns(moments, rows, columns, x.device)
        turns = tuple(t.to(self._working_type(x)) for t in rotations)
        here = tuple(t[: rows * columns] for t in turns)  # rotations within one slice
        for block in self.blocks:
            x = block(x, modulation, words, *(turns if block.whole else here))
        scale, shift = self.last(state)[:, :, None].chunk(2, -1)
        x = torch.addcmul(shift, F.layer_norm(x, x.shape[-1:]), 1 + scale)

        def sites(values: Tensor) -> Tensor:
            """Numbers of patches as numbers of sites: (B S, h, w, numbers / p^2)."""
            spread = values.reshape(batch * slices, rows, columns, -1, p, p).permute(0, 1, 4, 2, 5, 3)
            return spread.reshape(batch * slices, height, width, -1)

        noisy = latents.transpose(1, 2).flatten(0, 1).permute(0, 2, 3, 1) * heard.view(-1, 1, 1, 1).to(x.dtype)
        fine = sites(self.outline_from(x)) + self.outline_in(noisy)
        changes = torch.unflatten(self.outline_modulation(state).flatten(0, 1), -1, (-1, 2, 1, 1, fine.shape[-1]))
        for index, outline in enumerate(self.outlines):
            fine = outline(fine, *changes[:, index].unbind(1))
        found = sites(self.exit(x)) + self.outline_exit(F.layer_norm(fine, fine.shape[-1:]))
        return torch.unflatten(found, 0, (batch, slices)).permute(0, 4, 1, 2, 3)
