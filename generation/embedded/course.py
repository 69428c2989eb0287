"""A course of training that may be cut off at any moment and goes on where it was.

    follow(lesson, out=Path("runs/codec"), budget=Budget(minutes=15))

The lesson says what is learned and what a step's loss is; this module owns the clock, the rate, the averaged weights,
the log and the checkpoint. Every random draw of a lesson derives from the number of the step, so no generator's state
is kept and a course that was cut off gives the same weights as one that was not. It knows nothing of clips or
captions.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHECKPOINT = "checkpoint.pt"
LOG = "log.jsonl"


class Lesson(Protocol):
    """What is learned."""

    average_over: int
    """The averaged weights are a running mean over about this many steps."""

    @property
    def model(self) -> nn.Module:
        """The module whose weights are learned."""
        ...

    def optimisers(self) -> list[torch.optim.Optimizer]:
        """Optimisers over all weights, at their highest rates."""
        ...

    def batches(self, first_step: int) -> Iterator[Any]:
        """Training data, step by step, from `first_step` on."""
        ...

    def loss(self, batch: Any, step: int) -> Tensor:
        """The loss of one batch; randomness must derive from `step`."""
        ...


@dataclass(frozen=True, slots=True)
class Budget:
    """How long a course lasts: minutes at the clock, over all its sessions, or steps."""

    minutes: float | None = None
    steps: int | None = None

    def __post_init__(self) -> None:
        if (self.minutes is None) == (self.steps is None):
            raise ValueError("a budget is either minutes or steps")

    def spent(self, steps: int, seconds: float) -> float:
        """Fraction of the budget that is spent."""
        if self.steps is not None:
            return steps / self.steps
        return seconds / (60 * (self.minutes or 1.0))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a course came to: steps done, seconds at the clock, and the last smoothed loss."""

    steps: int
    seconds: float
    loss: float


def rate(spent: float, step: int, *, warm_up: int = 50, flat: float = 0.2) -> float:
    """Factor on the learning rates: a linear rise, a level part, and a cosine down to zero."""
    fall = 1.0 if spent < flat else 0.5 * (1 + math.cos(math.pi * min(1.0, (spent - flat) / (1 - flat))))
    return min(1.0, (step + 1) / warm_up) * fall


def averaged(out: Path) -> dict[str, Tensor]:
    """The averaged weights of a course, finished or not."""
    return dict(torch.load(out / CHECKPOINT, weights_only=True)["average"])


def follow(
    lesson: Lesson,
    *,
    out: Path,
    budget: Budget,
    stop_at: int | None = None,
    save_every: float = 90.0,
    log_every: int = 50,
) -> Outcome:
    """Train until the budget is spent, resuming what `out` holds; returns what it came to.

    stop_at: leave after this step with a checkpoint, as if cut off (tests). save_every: seconds between checkpoints.
    """
    out.mkdir(parents=True, exist_ok=True)
    model = lesson.model
    optimisers = lesson.optimisers()
    highest = [[float(g["lr"]) for g in o.param_groups] for o in optimisers]
    average = {k: v.detach().clone() for k, v in model.state_dict().items()}
    step, before, smooth = 0, 0.0, float("nan")
    if (out / CHECKPOINT).exists():
        kept = torch.load(out / CHECKPOINT, weights_only=True)
        model.load_state_dict(kept["model"])
        average, step, before, smooth = kept["average"], kept["step"], kept["seconds"], kept["loss"]
        for optimiser, state in zip(optimisers, kept["optimisers"] or (), strict=kept["optimisers"] is not None):
            optimiser.load_state_dict(state)
    began = saved = time.monotonic()

    def seconds() -> float:
        return before + time.monotonic() - began

    def save() -> None:
        state = {
            "model": model.state_dict(),
            "average": average,
            "optimisers": [o.state_dict() for o in optimisers],
            "step": step,
            "seconds": seconds(),
            "loss": smooth,
        }
        torch.save(state, out / (CHECKPOINT + ".tmp"))
        (out / (CHECKPOINT + ".tmp")).replace(out / CHECKPOINT)

    model.train()
    batches = lesson.batches(step)
    while budget.spent(step, seconds()) < 1.0 and step != stop_at:
        factor = rate(budget.spent(step, seconds()), step)
        for optimiser, rates in zip(optimisers, highest, strict=True):
            for group, top in zip(optimiser.param_groups, rates, strict=True):
                group["lr"] = top * factor
        loss = lesson.loss(next(batches), step)
        for optimiser in optimisers:
            optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimiser in optimisers:
            optimiser.step()
        step += 1
        _mix(average, model, 1.0 / min(lesson.average_over, 1 + step / 10))
        value = float(loss.detach())
        smooth = value if math.isnan(smooth) else 0.98 * smooth + 0.02 * value
        if step % log_every == 0:
            line = {"step": step, "seconds": round(seconds(), 1), "loss": round(smooth, 5), "rate": round(factor, 4)}
            print(json.dumps(line), flush=True)
            with (out / LOG).open("a") as log:
                log.write(json.dumps(line) + "\n")
        if time.monotonic() - saved > save_every:
            save()
            saved = time.monotonic()
    save()
    return Outcome(step, seconds(), smooth)


@torch.no_grad()
def _mix(average: dict[str, Tensor], model: nn.Module, share: float) -> None:
    for key, value in model.state_dict().items():
        if value.is_floating_point():
            average[key].lerp_(value, share)
        else:
            average[key].copy_(value)
