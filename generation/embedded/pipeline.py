"""The embedded model as a diffusers pipeline.

    import touchmark.generation.embedded.pipeline  # makes the class known to diffusers
    from diffusers import DiffusionPipeline

    pipeline = DiffusionPipeline.from_pretrained(WEIGHTS, local_files_only=True, torch_dtype=torch.float32)
    frames = pipeline("a red circle bounces on a blue background").frames[0]  # (32, 256, 256, 3) float32 in 0..1

The call has the shape of diffusers' own text-to-video pipelines. It knows nothing of files, marks or manifests: what
it gives is raw video, which only `touchmark.generation.release` may hand out.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import diffusers
import numpy as np
import torch
from diffusers.pipelines.pipeline_utils import DiffusionPipeline
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from diffusers.utils.outputs import BaseOutput
from diffusers.utils.torch_utils import randn_tensor
from PIL import Image
from torch import Tensor

from touchmark.generation.embedded import grain
from touchmark.generation.embedded.codec import ClipCodec
from touchmark.generation.embedded.scope import NOTE, outside_world
from touchmark.generation.embedded.text import PromptReader
from touchmark.generation.embedded.transformer import ClipTransformer
from touchmark.generation.embedded.world import FRAME_RATE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WEIGHTS = Path(__file__).with_name("weights")
"""The pipeline folder that ships with touchmark."""


@dataclass
class ClipOutput(BaseOutput):
    """What a call gives.

    frames: (B, T, H, W, 3) float32 in 0..1 for "np"; (B, T, 3, H, W) for "pt"; lists of images for "pil"; or latents.
    """

    frames: Any


class TouchmarkPipeline(DiffusionPipeline):
    """Text to video in a small world of shapes."""

    model_cpu_offload_seq = "reader->transformer->codec"  # type: ignore[assignment] # None in the base class
    _callback_tensor_inputs = ("latents",)
    frame_rate = FRAME_RATE
    noise_shows_in = grain.CHANNELS
    """How many channels of the latents, the last ones, show what noise they started from."""

    codec: ClipCodec
    reader: PromptReader
    transformer: ClipTransformer
    scheduler: Any

    def __init__(
        self,
        codec: ClipCodec,
        reader: PromptReader,
        transformer: ClipTransformer,
        scheduler: FlowMatchEulerDiscreteScheduler,
    ) -> None:
        super().__init__()
        parts = {"codec": codec, "reader": reader, "transformer": transformer, "scheduler": scheduler}
        self.register_modules(**parts)  # type: ignore[no-untyped-call] # diffusers ships no types

    def notes(self, prompt: str) -> tuple[str, ...]:
        """Sentences for a person whose prompt asks for more than the model knows; none if it does not."""
        findings = outside_world(prompt)
        return (f"The embedded model {'; '.join(findings)}.", NOTE) if findings else ()

    @torch.no_grad()
    def __call__(
        self,
        prompt: str | list[str],
        negative_prompt: str | list[str] | None = None,
        height: int = 256,
        width: int = 256,
        num_frames: int = 32,
        num_inference_steps: int = 16,
        guidance_scale: float = 2.0,
        generator: torch.Generator | None = None,
        latents: Tensor | None = None,
        output_type: str = "np",
        return_dict: bool = True,
        callback_on_step_end: Callable[..., dict[str, Tensor] | None] | None = None,
        callback_on_step_end_tensor_inputs: Sequence[str] = ("latents",),
    ) -> ClipOutput | tuple[Any]:
        """Generate clips.

        height, width: multiples of 32. num_frames: any; frames are made by fours and what is too much is cut off.
        negative_prompt: what guidance leads away from (default: no caption). latents: the noise to begin with, of shape
        (B, 20, slices, height / 16, width / 16): sixteen numbers of the scene and four of the grain. Raises ValueError
        for sizes and types it cannot make.
        """
        grid = self.codec.stride * self.transformer.patch
        if height % grid or width % grid or min(height, width, num_frames, num_inference_steps) < 1:
            raise ValueError(f"height and width must be positive multiples of {grid} (got {height} and {width})")
        if output_type not in {"np", "pt", "pil", "latent"}:
            raise ValueError(f"output_type must be np, pt, pil or latent (got {output_type!r})")
        prompts = [prompt] if isinstance(prompt, str) else list(prompt)
        against = [negative_prompt or ""] * len(prompts) if not isinstance(negative_prompt, list) else negative_prompt
        if len(against) != len(prompts):
            raise ValueError(f"{len(prompts)} prompts need as many negative prompts (got {len(against)})")

        device, kind = self._execution_device, self.transformer.dtype
        guided = guidance_scale != 1.0
        words, summary = self.reader(*self.reader.encode(prompts + against if guided else prompts))
        words, summary = words.to(kind), summary.to(kind)
        slices = -(-num_frames // self.codec.frames_per_slice)
        latents = self.prepare_latents(len(prompts), num_frames, height, width, device, generator, latents)

        self.scheduler.set_timesteps(
            sigmas=np.linspace(1.0, 1.0 / num_inference_steps, num_inference_steps), device=device
        )
        with self.progress_bar(total=num_inference_steps) as bar:
            for index, (time, noise) in enumerate(zip(self.scheduler.timesteps, self.scheduler.sigmas, strict=False)):
                scene, grained = latents[:, : -grain.CHANNELS], latents[:, -grain.CHANNELS :]
                seen = torch.cat([scene, scene]) if guided else scene
                share = (1 - noise).to(device)
                found = self.transformer(seen.to(kind), share.expand(len(seen), slices), words, summary).float()
                if guided:
                    with_caption, without = found.chunk(2)
                    found = without + guidance_scale * (with_caption - without)
                found = torch.cat([found, grain.clean(grained, share)], 1)
                velocity = (latents - found) / noise  # diffusers' convention: along growing noise
                latents = self.scheduler.step(velocity, time, latents, return_dict=False)[0]
                if callback_on_step_end is not None:
                    offered = {name: latents for name in callback_on_step_end_tensor_inputs if name == "latents"}
                    latents = (callback_on_step_end(self, index, time, offered) or {}).get("latents", latents)
                bar.update()

        frames = latents if output_type == "latent" else self._frames(latents, num_frames, output_type)
        self.maybe_free_model_hooks()  # type: ignore[no-untyped-call] # diffusers ships no types
        return ClipOutput(frames=frames) if return_dict else (frames,)

    def prepare_latents(
        self,
        batch_size: int,
        num_frames: int,
        height: int,
        width: int,
        device: torch.device,
        generator: torch.Generator | None = None,
        latents: Tensor | None = None,
    ) -> Tensor:
        """The noise to begin with: ``latents`` if given. Raises ValueError if these have another shape."""
        slices, stride = -(-num_frames // self.codec.frames_per_slice), self.codec.stride
        kinds = (self.transformer.latent_channels, grain.CHANNELS)
        if latents is None:  # the scene's noise is drawn first: it is what a seed stood for before there was a grain
            shapes = [(batch_size, channels, slices, height // stride, width // stride) for channels in kinds]
            return torch.cat([randn_tensor(shape, generator=generator, device=device) for shape in shapes], 1)
        shape = (batch_size, sum(kinds), slices, height // stride, width // stride)
        if tuple(latents.shape) != shape:
            raise ValueError(f"latents must have shape {shape} (got {tuple(latents.shape)})")
        return latents.to(device, torch.float32)

    @torch.no_grad()
    def encode(self, clip: Tensor) -> Tensor:
        """Clip (B, 3, T, H, W) in -1 .. 1, float32 -> latents (B, 20, T / 4, H / 16, W / 16), float32."""
        scene = self.codec.encode(clip.to(self.codec.dtype))
        redrawn = self.codec.decode(scene.to(self.codec.dtype)).float()
        return torch.cat([scene.float(), grain.seen(clip, redrawn, self.codec.frames_per_slice)], 1)

    @torch.no_grad()
    def decode(self, latents: Tensor) -> Tensor:
        """Latents (B, 20, S, h, w) -> clip (B, 3, 4 S, 16 h, 16 w), about -1 .. 1."""
        scene, grained = latents[:, : -grain.CHANNELS], latents[:, -grain.CHANNELS :]
        clip = self.codec.decode(scene.to(self.codec.dtype)).float()
        return clip + grain.drawn(grained.float(), self.codec.frames_per_slice)

    def _frames(self, latents: Tensor, num_frames: int, output_type: str) -> Any:
        """Decode slice by slice, straight into the array that is handed out."""
        batch, _, slices, height, width = latents.shape
        depth, stride = self.codec.frames_per_slice, self.codec.stride
        pixels = torch.empty(batch, num_frames, height * stride, width * stride, 3)
        for index in range(slices):
            piece = self.decode(latents[:, :, index : index + 1])
            piece = piece.add_(1).div_(2).clamp_(0, 1).permute(0, 2, 3, 4, 1)
            first = index * depth
            pixels[:, first : first + depth] = piece[:, : num_frames - first]
        if output_type == "pt":
            return pixels.permute(0, 1, 4, 2, 3)
        if output_type == "np":
            return pixels.numpy()
        levels = pixels.mul_(255).round_().to(torch.uint8).numpy()
        return [[Image.fromarray(frame) for frame in clip] for clip in levels]


# `DiffusionPipeline.from_pretrained` looks a pipeline's class up by name among diffusers' own. Adding ours there,
# where this module is imported, is what lets one call load every pipeline without ever running code from a model's
# folder.
diffusers.TouchmarkPipeline = TouchmarkPipeline  # type: ignore[attr-defined] # a new name there
