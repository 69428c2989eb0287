"""The clip codec: four frames of 16x16 pixels become one site of sixteen numbers, and back.

A slice (four frames) is coded by itself, without a look at its neighbours in time: a clip can be coded, extended and
decoded slice by slice in constant memory. Most of the work is done at a quarter of the resolution, with frames and
sub-pixels as channels, so that two processor cores decode a clip in a fraction of a second.

The sixteen numbers have mean 0 and variance 1 over the training clips, and the decoder was trained under noise, so
that it bears the small errors that a diffusion model leaves.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - the name every reader of torch code expects
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn


class _Convolution(nn.Module):
    """A padded convolution whose weights are kept as a matrix, for optimisers that orthogonalise matrices."""

    def __init__(self, inputs: int, outputs: int, size: int, *, gain: float = 1.0) -> None:
        super().__init__()
        self.shape = (inputs, size, size)
        self.weight = nn.Parameter(torch.randn(outputs, inputs * size * size) * gain / (inputs * size * size) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        if self.shape[1] > 1:  # the border goes on beyond the frame, so that plain areas are plain up to their edge
            x = F.pad(x, (self.shape[1] // 2,) * 4, mode="replicate")
        return F.conv2d(x, torch.unflatten(self.weight, 1, self.shape), self.bias)


class _Residual(nn.Module):
    """Two 3x3 convolutions beside a straight path."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = _Convolution(channels, channels, 3)
        self.second = _Convolution(channels, channels, 3, gain=0.02)

    def forward(self, x: Tensor) -> Tensor:
        added: Tensor = self.second(F.silu(self.first(x)))
        return x + added


class ClipCodec(ModelMixin, ConfigMixin):
    """Convolutional autoencoder of clips.

    Clips are (batch, 3, frames, height, width) in -1 .. 1 with frames a multiple of `frames_per_slice` and height and
    width of 16; latents are (batch, channels, slices, height / 16, width / 16).
    """

    stride = 16

    @register_to_config  # type: ignore[untyped-decorator] # diffusers ships no types
    def __init__(
        self,
        latent_channels: int = 16,
        frames_per_slice: int = 4,
        fine: int = 56,
        coarse: int = 80,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # diffusers ships no types
        self.frames_per_slice = frames_per_slice
        pixels = 3 * frames_per_slice * 16  # a quarter of the resolution: 4x4 pixels of each frame
        self.encoder = nn.Sequential(
            nn.PixelUnshuffle(4),
            _Convolution(pixels, fine, 1),
            _Residual(fine),
            nn.PixelUnshuffle(2),
            _Convolution(4 * fine, coarse, 1),
            _Residual(coarse),
            nn.PixelUnshuffle(2),
            _Convolution(4 * coarse, coarse, 1),
            _Residual(coarse),
            _Convolution(coarse, latent_channels, 1, gain=0.1),
        )
        self.decoder = nn.Sequential(
            _Convolution(latent_channels, coarse, 3),
            _Residual(coarse),
            _Residual(coarse),
            _Convolution(coarse, 4 * coarse, 1),
            nn.PixelShuffle(2),
            _Residual(coarse),
            _Convolution(coarse, 4 * fine, 1),
            nn.PixelShuffle(2),
            _Residual(fine),
            _Residual(fine),
            _Convolution(fine, pixels, 3, gain=0.1),
            nn.PixelShuffle(4),
        )
        # The mean colour of a site takes a path of its own, so that plain areas are right from the first steps on.
        self.colour_in = _Convolution(3 * frames_per_slice, latent_channels, 1)
        self.colour_out = _Convolution(latent_channels, 3 * frames_per_slice, 1)
        # Batch statistics hold the latents at unit variance in training; afterwards the running ones are a fixed
        # scaling.
        self.scaling = nn.BatchNorm2d(latent_channels, affine=False, momentum=0.01, eps=1e-6)

    def encode(self, clip: Tensor) -> Tensor:
        """Clip (B, 3, T, H, W) in -1 .. 1 -> latents (B, C, T / 4, H / 16, W / 16)."""
        batch, _, frames, height, width = clip.shape
        depth = self.frames_per_slice
        slices = torch.unflatten(clip, 2, (frames // depth, depth)).permute(0, 2, 1, 3, 4, 5)
        slices = slices.reshape(-1, 3 * depth, height, width)
        z = self.encoder(slices) + self.colour_in(F.avg_pool2d(slices, self.stride))
        z = self._scaled(z.float())
        return torch.unflatten(z, 0, (batch, -1)).transpose(1, 2)

    def _scaled(self, z: Tensor) -> Tensor:
        """At unit variance, in float32 also where the weights are not: normalising mixes no precisions."""
        if self.training:
            return torch.as_tensor(self.scaling(z))
        mean, variance = (torch.as_tensor(s).float() for s in (self.scaling.running_mean, self.scaling.running_var))
        return F.batch_norm(z, mean, variance, eps=self.scaling.eps)

    def decode(self, latents: Tensor) -> Tensor:
        """Latents (B, C, S, h, w) -> clip (B, 3, 4 S, 16 h, 16 w), about -1 .. 1."""
        batch, _, count = latents.shape[:3]
        sites = latents.transpose(1, 2).flatten(0, 1)
        colour = F.interpolate(self.colour_out(sites), scale_factor=self.stride, mode="bilinear")
        pixels = self.decoder(sites) + colour
        pixels = torch.unflatten(torch.unflatten(pixels, 0, (batch, count)), 2, (3, self.frames_per_slice))
        return pixels.permute(0, 2, 1, 3, 4, 5).flatten(2, 3)
