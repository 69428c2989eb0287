"""What diffusers' pipelines call things, how fast their pictures follow one another, and how they tell of their steps.

A new family of pipelines usually needs nothing here: its ``__call__`` says what it knows.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "negative_prompt": ("negative_prompt",),
    "width": ("width",),
    "height": ("height",),
    "num_frames": ("num_frames", "frames", "video_length"),
    "frame_rate": ("frame_rate", "fps"),
    "steps": ("num_inference_steps",),
    "guidance": ("guidance_scale",),
}
"""Field of a request -> what pipelines call it."""

_FRAME_RATES: Mapping[str, int] = {
    "Allegro": 15,
    "AnimateDiff": 8,
    "CogVideoX": 8,
    "ConsisID": 8,
    "Cosmos": 16,
    "EasyAnimate": 8,
    "Hunyuan": 24,
    "Kandinsky": 24,
    "LTX": 25,
    "Latte": 8,
    "Mochi": 30,
    "Motif": 24,
    "Sana": 16,
    "SkyReels": 24,
    "TextToVideoSD": 8,
    "Wan": 16,
}
"""Pictures a second that a family of models was trained at, by the start of its class name, for pipelines that say it
nowhere themselves. From the model cards and the examples in diffusers' documentation."""

_COMMON_FRAME_RATE = 24


def call_parameters(pipeline: Any) -> Mapping[str, inspect.Parameter]:
    """What the ``__call__`` of a pipeline, or of a class of pipelines, takes."""
    return inspect.signature(pipeline.__call__).parameters


def telling(pipeline: Any, progress: Callable[[int, int], None] | None, steps: int | None) -> dict[str, Any]:
    """What to call a pipeline with so that it tells of its steps: (step, of all); nothing where it cannot.

    Args:
        pipeline: of diffusers.
        progress: told; whatever it raises stops the pipeline.
        steps: how many were asked for.
    """
    if progress is None or "callback_on_step_end" not in call_parameters(pipeline):
        return {}

    def on_step(running: Any, step: int, _timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        # Schedulers of second order take more steps than were asked for.
        progress(step + 1, max(step + 1, getattr(running, "num_timesteps", None) or steps or 0))
        return tensors

    return {"callback_on_step_end": on_step}


def native_frame_rate(pipeline: Any) -> Fraction:
    """What the call's own default says, else the pipeline itself, else what its family was trained at."""
    known = call_parameters(pipeline)
    said = [known[name].default for name in SPELLINGS["frame_rate"] if name in known]
    said += [pipeline.config.get("frame_rate"), getattr(type(pipeline), "frame_rate", None)]
    for rate in said:
        if isinstance(rate, int | float) and 0 < rate <= 240:
            return Fraction(rate).limit_denominator(1001)
    name = type(pipeline).__name__
    if name == "WanPipeline" and pipeline.config.get("expand_timesteps"):
        return Fraction(24)  # Wan 2.2 TI2V
    return Fraction(next((rate for start, rate in _FRAME_RATES.items() if name.startswith(start)), _COMMON_FRAME_RATE))
