"""A pipeline's sampler turned round: from the latents of a video back to the noise that they started from.

    with exchanged(pipeline, "scheduler", reversed_scheduler(pipeline.scheduler)):
        pipeline(prompt="", latents=latents, ...)      # walks from the picture to the noise
    pipeline.scheduler.reached                         # where it arrived (while exchanged)

A sampler that adds no noise of its own solves an ordinary differential equation, and the equation can be followed
backwards (Song et al., "Denoising Diffusion Implicit Models", ICLR 2021, section 4.3). The pipeline itself does the
walking, with its own way to feed its own model; only its scheduler is exchanged for one whose steps lead back. A step
of Euler's from x to y = x + ds v(x, t) is undone by x = y - ds v(x, t), whose right side needs the x that is sought:
y stands in for it, which is the usual inversion, or it is found by repeating (Pan et al., "Effective real image editing
with accelerated iterative diffusion inversion", ICCV 2023).

Known are Euler's steps along a flow and DDIM's; the deterministic multistep solvers of flows follow the same curve, so
Euler's steps lead back along it, nearly.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from touchmark.generation.generator import GenerationError

if TYPE_CHECKING:
    from torch import Tensor

REPEATS = 1
"""How often each step is made. On the clouds of `benchmarks`, at 10 to 40 steps, repeating found 0 to 1% more signs."""

_EULER = frozenset({"FlowMatchEulerDiscreteScheduler"})
_MULTISTEP = frozenset({"UniPCMultistepScheduler", "DPMSolverMultistepScheduler"})
_DDIM = frozenset({"DDIMScheduler", "CogVideoXDDIMScheduler"})


class NotInvertibleError(GenerationError):
    """The pipeline's noise cannot be chosen, or not be found again."""

    code: ClassVar[str] = "generation.not_invertible"
    exit_status: ClassVar[int] = 64


class ClipNotInvertibleError(NotInvertibleError):
    """The pipeline makes no clip like this one, of this size; others it may walk back."""

    code: ClassVar[str] = "generation.clip_not_invertible"


def reversed_scheduler(scheduler: Any, repeats: int = REPEATS) -> Any:
    """A scheduler that makes a pipeline walk from the picture to the noise.

    It takes part in a pipeline's call as its class does. Its ``reached`` is the last tensor that it gave.

    Args:
        scheduler: of diffusers.
        repeats: how often each step is made, to solve for where it began; 1 is the plain inversion.

    Raises:
        NotInvertibleError: its steps are of an unknown kind, or add noise, or clip.
    """
    require_invertible(scheduler)
    undo = _undo_ddim if type(scheduler).__name__ in _DDIM else _undo_euler
    return _backwards(type(scheduler), undo, repeats).from_config(scheduler.config)


def require_invertible(scheduler: Any) -> None:
    """Raise NotInvertibleError where the steps of ``scheduler`` cannot be followed backwards."""
    name, config = type(scheduler).__name__, getattr(scheduler, "config", {})
    problem = ""
    if name not in _EULER | _MULTISTEP | _DDIM:
        problem = "steps of a kind that is not known to be invertible"
    elif name in _MULTISTEP and not (
        config.get("use_flow_sigmas") and config.get("prediction_type") == "flow_prediction"
    ):
        problem = "steps that do not follow a flow"
    elif config.get("stochastic_sampling") or "sde" in str(config.get("algorithm_type")):
        problem = "steps that add noise"
    elif name == "DDIMScheduler" and (config.get("clip_sample") or config.get("thresholding")):
        problem = "steps that clip what the model says"
    elif name in _DDIM and config.get("prediction_type") not in ("epsilon", "v_prediction"):
        problem = "steps towards a picture, from which no noise can be told at their end"
    if problem:
        raise NotInvertibleError(
            f"the scheduler takes {problem}",
            subject=name,
            remedy="Use a model whose scheduler is DDIM or a flow's, such as FlowMatchEulerDiscreteScheduler.",
        )


@contextmanager
def exchanged(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Put another value in an attribute's place for a while."""
    had = name in vars(owner)
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if had:
            setattr(owner, name, before)
        else:
            delattr(owner, name)  # a method of the class, which shows again


def _backwards(kind: Any, undo: Any, repeats: int) -> Any:
    """A class of schedulers as ``kind``, whose steps lead back."""

    class Backwards(kind):  # type: ignore[misc] # diffusers ships no types
        """See :func:`reversed_scheduler`."""

        timesteps: Any
        sigmas: Any

        @functools.wraps(kind.set_timesteps)  # pipelines ask it for its parameters
        def set_timesteps(self, *args: Any, **kwargs: Any) -> None:
            import torch

            super().set_timesteps(*args, **kwargs)
            self._walk = self.timesteps.flip(0)
            self._line = getattr(self, "sigmas", None)
            self.timesteps = self._walk.repeat_interleave(repeats)
            if self._line is not None:  # pipelines may look up the noise level of a step
                self.sigmas = torch.cat([self._line[:-1].flip(0).repeat_interleave(repeats), self._line[:1]])
            self._visits = 0
            self._after: Tensor | None = None
            self.reached: Tensor | None = None

        def step(self, model_output: Tensor, _timestep: Any, sample: Tensor, *_: Any, **options: Any) -> Any:
            number, repetition = divmod(self._visits, repeats)
            self._visits += 1
            if repetition == 0:
                self._after = sample.float()
            self.reached = undo(self, number, model_output.float(), sample.float(), self._after)
            found = self.reached.to(sample.dtype)
            if options.get("return_dict", True):
                from diffusers.schedulers.scheduling_utils import SchedulerOutput

                return SchedulerOutput(prev_sample=found)
            # Some pipelines take a second thing from a step: what it thought of the clean picture.
            return (found, found)

    return Backwards


def _undo_euler(scheduler: Any, number: int, velocity: Tensor, _guess: Tensor, after: Tensor) -> Tensor:
    """Where a step of Euler's along a flow began: x = y - (s' - s) v."""
    levels = scheduler._line  # of the forward walk: n and one more
    steps = len(levels) - 1
    return after - float(levels[steps - number] - levels[steps - number - 1]) * velocity


def _undo_ddim(scheduler: Any, number: int, said: Tensor, guess: Tensor, after: Tensor) -> Tensor:
    """Where a step of DDIM's began (Song et al., 2021, equations 12 and 13)."""
    time = int(scheduler._walk[number])
    before = time - scheduler.config.num_train_timesteps // scheduler.num_inference_steps
    signal = float(scheduler.alphas_cumprod[time])
    signal_after = float(scheduler.alphas_cumprod[before] if before >= 0 else scheduler.final_alpha_cumprod)
    noise = said
    if scheduler.config.prediction_type == "v_prediction":
        noise = signal**0.5 * said + (1 - signal) ** 0.5 * guess
    clean = (after - (1 - signal_after) ** 0.5 * noise) / signal_after**0.5
    before_step: Tensor = signal**0.5 * clean + (1 - signal) ** 0.5 * noise
    return before_step
