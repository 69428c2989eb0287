"""The grain of the embedded model's clips: faint clouds over everything, drawn by diffusion without a network.

Drawn shapes show next to nothing of the noise that a clip starts from: whatever it was, a blue background is blue. So
each site has numbers beside those that the transformer knows, independent and normal, and what they become is a grain
a level or so deep. What a diffusion model has to learn of such numbers can be written down, so it has no weights; each
number ends where it began, but for its size, and whoever walks a clip back finds what it started from. That is what
the mark in the noise needs (`touchmark.generation.latent_mark`), and what pictures of large models bring of themselves.

Pure functions of tensors. Latents of grain are (batch, CHANNELS, slices, height / 16, width / 16).
"""

from __future__ import annotations

from typing import Final

import torch
import torch.nn.functional as F  # noqa: N812 - the name every reader of torch code expects
from torch import Tensor

CHANNELS: Final = 4
"""Numbers of a site, each for a quarter of its 16x16 pixels."""
LEVEL: Final = 1.0 / 127.5
"""Standard deviation at the middle of such a quarter, of pixels in -1 .. 1: one of 255 levels."""

_SIDE: Final = 8
"""Pixels of a quarter's side."""
_AROUND: Final = 5
"""Quarters over which a codec's error is taken to be even."""
_MIDDLE: Final = 0.6745
"""Half of all normal numbers are smaller than this many standard deviations."""
_LOUDEST: Final = 2.0
"""Standard deviations; what is louder is no louder sign."""


def clean(noisy: Tensor, share: Tensor) -> Tensor:
    """The clean numbers to be expected where noisy ones are seen.

    For x = share c + (1 - share) n with c and n normal, E(c | x) = x share / (share^2 + (1 - share)^2).
    """
    return noisy * (share / (share.square() + (1 - share).square()))


def drawn(grain: Tensor, frames_per_slice: int) -> Tensor:
    """What is added to a clip: (B, 1, frames, H, W), the same in every frame of a slice."""
    batch = len(grain)
    quarters = F.pixel_shuffle(grain.transpose(1, 2).flatten(0, 1), 2)
    clouds = F.interpolate(quarters, scale_factor=_SIDE, mode="bicubic") * LEVEL
    return torch.unflatten(clouds, 0, (batch, -1)).transpose(1, 2).repeat_interleave(frames_per_slice, 2)


def seen(clip: Tensor, scene: Tensor, frames_per_slice: int) -> Tensor:
    """The grain of a clip, of variance 1 but for what is loudest; nothing but noise if it has none.

    Args:
        clip: (B, 3, frames, H, W) in -1 .. 1, frames a multiple of ``frames_per_slice``.
        scene: the same clip as the codec draws it, which knows no grain.
        frames_per_slice: of the codec.
    """
    batch, slices = len(clip), clip.shape[2] // frames_per_slice
    left = torch.unflatten((clip - scene).mean(1), 1, (slices, frames_per_slice)).mean(2)
    quarters = F.avg_pool2d(left.flatten(0, 1)[:, None], _SIDE)
    # What the codec draws too light or too dark, it does over more than a quarter.
    quarters = quarters - F.avg_pool2d(quarters, _AROUND, 1, _AROUND // 2, count_include_pad=False)
    # By the middle one, not by the mean: along outlines, and under what was laid over a clip, the codec errs loudly.
    usual = quarters.abs().flatten(1).median(1).values.clamp_min(LEVEL / 100).view(-1, 1, 1, 1) / _MIDDLE
    quarters = (quarters / usual).clamp(-_LOUDEST, _LOUDEST)
    return torch.unflatten(F.pixel_unshuffle(quarters, 2), 0, (batch, slices)).transpose(1, 2)
