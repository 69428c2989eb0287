"""The model card of the embedded model: what it is, how it was made, how well it obeys; from the records of a run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from touchmark.generation.embedded.scope import NOTE
from touchmark.generation.embedded.world import HELD_OUT_SHARE

if TYPE_CHECKING:
    from pathlib import Path

_HEAD = """---
license: apache-2.0
pipeline_tag: text-to-video
library_name: diffusers
---

# The embedded model of touchmark

A text-to-video diffusion model small enough to ship inside a package. {note}
A prompt that asks for more gets a clip and a note that says so.

```python
import torch
import touchmark.generation.embedded.pipeline  # makes the pipeline's class known to diffusers
from diffusers import DiffusionPipeline

pipeline = DiffusionPipeline.from_pretrained("generation/embedded/weights", local_files_only=True, dtype=torch.float32)
frames = pipeline("a red circle bounces on a blue background").frames[0]  # (32, 256, 256, 3), 12 frames a second
```

## Parts

| part | parameters | file |
| --- | ---: | ---: |
{parts}

- **codec**: a convolutional autoencoder; four frames of 16x16 pixels become one site of sixteen numbers.
- **reader**: a bidirectional transformer over words, first taught to say what a caption tells, then frozen.
- **transformer**: a diffusion transformer over 2x2 sites of a slice, rectified flow with prediction of the clean clip,
  a noise level for each slice, captions as keys and values of attention and as modulation, dropped one time in ten for
  guidance; rotary positions and place features, so that width, height and length may vary; a convolutional part
  over single sites draws the outlines. In the
  training clips a thing begins near one place, so that the seed varies little more than where exactly it stands.
- **grain**: four more numbers a site, independent and normal, whose diffusion needs no network (`grain.py`): faint
  clouds, a level of 255 deep, in which the noise that a clip started from shows. The mark in the noise
  (`touchmark generate --latent-mark`) is read from them.

## Training

All data is drawn by `world.py` and described by `captions.py`; no picture, video or text of anybody's is in it. One in
{held_out} combinations of shape, colour, motion and background is never trained on and kept for the measurement.

| course | steps | minutes | last loss |
| --- | ---: | ---: | ---: |
{courses}

The pool held {clips} clips of three seconds. The machine was two shared processor cores, of which training had one.
Steps and minutes count all sessions of a course: the earlier ones were in a world with less certain starting places,
and each began with the weights of the one before. Weights are running means, kept in half precision.
"""

_MEASURED = """
## Adherence

{count} prompts over scenes that training never saw, {steps} steps, guidance {guidance}, found in the clips by OpenCV
(`adherence.py`, which describes {truth:.1%} of drawn clips rightly). A figure counts a clip only if it is right for
every thing that the prompt names.

| prompts | background | count | colour | shape | motion |
| --- | ---: | ---: | ---: | ---: | ---: |
{rows}

A default clip took {seconds:.1f} s of one processor core.
"""

_TAIL = """
## Limits

It knows nothing else: no people, no places, no text, no sound. It cannot show more than two things. It takes no part
in deciding what is safe: the gate does that before it runs.
"""


def card(run: Path, folder: Path, adherence: Path | None) -> str:
    """The card as Markdown; adherence: what `adherence` wrote, or None for a model not measured yet."""
    text = _HEAD.format(
        note=NOTE,
        parts="\n".join(_part(folder / name) for name in ("codec", "reader", "transformer")),
        courses="\n".join(_course(run / name) for name in ("codec", "decoder", "reader", "transformer")),
        held_out=HELD_OUT_SHARE,
        clips=64 * len(list((run / "pool").glob("*.npy"))),
    )
    if adherence is not None:
        found = json.loads(adherence.read_text())
        rows = "\n".join(_row(name, figures) for name, figures in found["adherence"].items())
        text += _MEASURED.format(
            count=found["prompts"],
            steps=found["steps"],
            guidance=found["guidance"],
            truth=found["analyser_on_drawn_clips"],
            seconds=found["cpu_seconds_per_clip"],
            rows=rows,
        )
    return text + _TAIL


def _part(folder: Path) -> str:
    from safetensors import safe_open

    file = folder / "diffusion_pytorch_model.safetensors"
    with safe_open(file, "np") as weights:
        count = sum(weights.get_tensor(key).size for key in weights.keys())  # noqa: SIM118 - not a mapping
    return f"| {folder.name} | {count:,} | {file.stat().st_size / 1e6:.2f} MB |"


def _course(folder: Path) -> str:
    ends = [json.loads(log.read_text().splitlines()[-1]) for log in (*folder.glob("log?.jsonl"), folder / "log.jsonl")]
    steps, minutes = sum(end["step"] for end in ends), sum(end["seconds"] for end in ends) / 60
    return f"| {folder.name} | {steps:,} | {minutes:.0f} | {ends[-1]['loss']:.4f} |"


def _row(name: str, figures: dict[str, Any]) -> str:
    values = " | ".join(f"{figures[key]:.1%}" for key in ("background", "count", "colour", "shape", "motion"))
    return f"| {name} | {values} |"
