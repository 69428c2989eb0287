"""A diffusion model that needs no training: drifting clouds, whose best denoiser is known in closed form.

    pipeline = clouds()
    frames = pipeline(prompt="", height=256, width=256, num_frames=33, output_type="np").frames[0]

If clips are a Gaussian field with a known spectrum, the velocity that a perfectly trained flow model would say is a
Wiener filter (every mode of the field is one-dimensional and normal), and everything else can be real: the pipeline
is diffusers' own `WanPipeline`, with a real scheduler, a prompt that is ignored, and a codec that keeps the longer
waves of a picture. It stands for models whose pictures are rich: all of the noise that a clip starts from shows in it.
It is the best case of a mark in the noise, as the embedded model, whose world is plain, is the worst.
"""

# mypy: allow-untyped-calls
from __future__ import annotations

import math
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from diffusers.pipelines.wan.pipeline_wan import WanPipeline
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from torch import Tensor, nn

STRIDE, DEPTH = 8, 4
"""Pixels across and frames in one site of the latents."""
_MODES = 2
"""Waves in time that a slice keeps: its mean and a slope."""
_CHANNELS = 6
"""Of each mode: four of brightness, which has twice the resolution, and two of colour."""
_DEVIATIONS = tuple(
    contrast * scale * math.sqrt(DEPTH)
    for steadiness in (1.0, 0.25)
    for contrast, scale in ((0.34 * steadiness, STRIDE / 2),) * 4 + ((0.08 * steadiness, STRIDE),) * 2
)
"""How strong each channel is, by the contrast of the pictures, which are -1 .. 1."""
_KNEE = 0.04
"""Cycles a sample, above which the spectrum falls."""


def _cosines(size: int) -> Tensor:
    """Orthonormal DCT-II: rows are waves."""
    at = torch.arange(size) + 0.5
    rows = torch.cos(math.pi / size * at * torch.arange(size)[:, None]) * math.sqrt(2 / size)
    rows[0] /= math.sqrt(2)
    return rows


def _in_waves(field: Tensor, *, back: bool = False) -> Tensor:
    """The last three axes of a field as cosine waves, or back."""
    for axis in (-3, -2, -1):
        matrix = _cosines(field.shape[axis]).to(field)
        field = torch.tensordot(field, matrix, ([axis], [0 if back else 1])).movedim(-1, axis)
    return field


class CloudCodec(ModelMixin, ConfigMixin):
    """Clips (1, 3, 4 n + 1, H, W) in -1 .. 1 <-> latents (1, 12, n + 1, H / 8, W / 8): cosine waves, the fine left out.

    As in Wan's codec the first frame is coded by itself.
    """

    @register_to_config  # type: ignore[untyped-decorator] # diffusers ships no types
    def __init__(
        self,
        z_dim: int = _MODES * _CHANNELS,
        latents_mean: tuple[float, ...] = (0.0,) * (_MODES * _CHANNELS),
        latents_std: tuple[float, ...] = _DEVIATIONS,
        scale_factor_temporal: int = DEPTH,
        scale_factor_spatial: int = STRIDE,
    ) -> None:
        super().__init__()
        turn = torch.tensor([[1.0, 1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 2.0, -1.0]])
        self.colours = nn.Parameter(turn / turn.norm(dim=1, keepdim=True), requires_grad=False)

    def encode(self, clip: Tensor) -> Any:
        """What diffusers' codecs give: a distribution, of which only the mode is there."""
        height, width = (side // STRIDE for side in clip.shape[-2:])
        clip = torch.cat([clip[:, :, :1].repeat(1, 1, DEPTH - 1, 1, 1), clip], 2).unflatten(2, (-1, DEPTH))
        clip = torch.einsum("dc,mt,bcsthw->bmdshw", self.colours, _cosines(DEPTH)[:_MODES], clip)
        bright = _resample(clip[:, :, 0], 2 * height, 2 * width)
        bright = nn.functional.pixel_unshuffle(bright, 2)  # (1, modes, slices * 4, h, w), slices outermost
        bright = bright.unflatten(2, (-1, 4)).transpose(2, 3)
        latents = torch.cat([bright, _resample(clip[:, :, 1:], height, width)], 2).flatten(1, 2)
        return SimpleNamespace(latent_dist=SimpleNamespace(mode=lambda: latents))

    def decode(self, latents: Tensor, return_dict: bool = True) -> tuple[Tensor]:
        """The clip, as diffusers' codecs give it without ``return_dict``."""
        height, width = (side * STRIDE for side in latents.shape[-2:])
        bright, colour = _parted(latents)
        waves = torch.cat([_resample(bright, height, width), _resample(colour, height, width)], 2)
        clip = torch.einsum("dc,mt,bmdshw->bcsthw", self.colours, _cosines(DEPTH)[:_MODES], waves)
        return (clip.flatten(2, 3)[:, :, DEPTH - 1 :],)


class CloudTransformer(ModelMixin, ConfigMixin):
    """The velocity that leads from noise to clouds: what a perfect model would say."""

    @register_to_config  # type: ignore[untyped-decorator] # diffusers ships no types
    def __init__(self, in_channels: int = _MODES * _CHANNELS, patch_size: tuple[int, int, int] = (1, 1, 1)) -> None:
        super().__init__()
        self.anchor = nn.Parameter(torch.zeros(1), requires_grad=False)  # tells device and type

    def cache_context(self, *_: Any, **__: Any) -> Any:
        """Wan's pipeline names the calls whose work could be kept; here is nothing to keep."""
        return nullcontext()

    def forward(self, hidden_states: Tensor, timestep: Tensor, **_: Any) -> tuple[Tensor]:
        """Velocity E[noise - clean | noisy] for hidden_states = (1 - s) clean + s noise, s = timestep / 1000."""
        level = float(timestep.flatten()[0]) / 1000
        bright, colour = (_velocity(part, level) for part in _parted(hidden_states))
        bright = nn.functional.pixel_unshuffle(bright.squeeze(2), 2).unflatten(2, (-1, 4)).transpose(2, 3)
        return (torch.cat([bright, colour], 2).flatten(1, 2),)


def _parted(latents: Tensor) -> tuple[Tensor, Tensor]:
    """Brightness (1, modes, 1, slices, 2 h, 2 w) and colour (1, modes, 2, slices, h, w) of latents."""
    latents = latents.unflatten(1, (_MODES, _CHANNELS))
    bright = nn.functional.pixel_shuffle(latents[:, :, :4].transpose(2, 3), 2)
    return bright.transpose(2, 3), latents[:, :, 4:]


def _velocity(noisy: Tensor, level: float) -> Tensor:
    axes = [torch.arange(size) / (2 * size) for size in noisy.shape[-3:]]
    time, y, x = torch.meshgrid(*axes, indexing="ij")
    # Flat up to the knee, then falling as natural pictures do; 1 on average.
    power = (1 + (time.square() + y.square() + x.square()) / _KNEE**2) ** -1.5
    power = power / power.mean()
    gain = (level - (1 - level) * power) / ((1 - level) ** 2 * power + level**2)
    return _in_waves(gain * _in_waves(noisy), back=True)


def _resample(field: Tensor, height: int, width: int) -> Tensor:
    """A field of another size, its last two axes, with the same waves, as far as both sizes have them."""
    for axis, size in ((-2, height), (-1, width)):
        had = field.shape[axis]
        kept = min(size, had)
        matrix = _cosines(size)[:kept].T @ _cosines(had)[:kept]
        field = torch.tensordot(field, matrix, ([axis], [1])).movedim(-1, axis)
    return field


class Clouds(WanPipeline):
    """Wan's pipeline, which every prompt tells the same."""

    def encode_prompt(self, *_: Any, **__: Any) -> tuple[Tensor, None]:
        return torch.zeros(1, 1, 1), None


def clouds() -> Clouds:
    """A pipeline of clouds, on the CPU."""
    unread: Any = None
    pipeline = Clouds(
        tokenizer=unread,
        text_encoder=unread,
        vae=CloudCodec(),
        transformer=CloudTransformer(),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline
