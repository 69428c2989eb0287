"""How well the embedded model obeys: clips of prompts that training never saw, judged by what `sight` finds in them.

    python -m touchmark.generation.embedded.adherence --prompts 200 --out benchmarks/results/embedded_model.json

The same judge looks at drawn clips of the same scenes: unless it describes nearly all of those rightly, its figures say
nothing about the model.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from touchmark.generation.embedded.captions import Reading, ThingRead, caption
from touchmark.generation.embedded.sight import Look, Seen, look
from touchmark.generation.embedded.world import Scene, draw_scene, render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

TWO_THINGS_SHARE = 0.3
"""Share of the prompts that name two things."""

DRAWN_CLIPS = 60
"""How many drawn clips the judge is checked on."""


@dataclass(frozen=True, slots=True)
class Score:
    """What of one prompt was met: each is true only if it holds for every thing asked for."""

    background: bool
    count: bool
    colour: bool
    shape: bool
    motion: bool


def score(found: Look, asked: Reading) -> Score:
    """Hold what was found against what was asked; things are paired so that most agrees, what was left free is met."""
    best: tuple[int, tuple[bool, bool, bool]] = (-1, (False, False, False))
    orders = ((0,), (1,)) if len(asked.things) == 1 else ((0, 1), (1, 0))
    for order in orders:
        seen = [found.things[i] if i < len(found.things) else None for i in order]
        agree = [_agreement(s, thing) for s, thing in zip(seen, asked.things, strict=True)]
        worth = sum(2 * colour + shape + motion for colour, shape, motion in agree)
        if worth > best[0]:
            best = (worth, (all(a[0] for a in agree), all(a[1] for a in agree), all(a[2] for a in agree)))
    background = asked.background in (None, found.background)
    return Score(background, len(found.things) == len(asked.things), *best[1])


def _agreement(seen: Seen | None, asked: ThingRead) -> tuple[bool, bool, bool]:
    if seen is None:
        return False, False, False
    return asked.colour in (None, seen.colour), asked.shape in (None, seen.shape), seen.motion is asked.motion


def unseen_prompts(count: int, seed: int) -> list[tuple[str, Reading, Scene]]:
    """Prompts over scenes that are kept from training, with what they ask for; the same for the same seed."""
    rng = random.Random(f"adherence {seed}")
    prompts = []
    for index in range(count):
        scene = draw_scene(rng, things=2 if index < count * TWO_THINGS_SHARE else 1, unseen=True)
        prompts.append((*caption(scene, rng), scene))
    rng.shuffle(prompts)
    return prompts


def generate(folder: Path, steps: int, guidance: float, work: tuple[int, str]) -> tuple[NDArray[np.uint8], Look, float]:
    """A clip for (seed, prompt), what is found in it, and the processor seconds that making it took."""
    import torch

    pipeline = _pipeline(folder)
    began = time.process_time()
    frames = pipeline(
        work[1],
        num_inference_steps=steps,
        guidance_scale=guidance,
        generator=torch.Generator().manual_seed(work[0]),
    ).frames[0]
    seconds = time.process_time() - began
    clip = (frames * 255).round().astype(np.uint8)
    return clip, look(clip), seconds


@cache
def _pipeline(folder: Path) -> Any:
    """The pipeline of a folder, loaded once in each process."""
    import torch

    from touchmark.generation.embedded.pipeline import TouchmarkPipeline

    torch.set_num_threads(1)
    pipeline = TouchmarkPipeline.from_pretrained(folder, local_files_only=True, dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)  # type: ignore[no-untyped-call] # diffusers ships no types
    return pipeline


def shares(scores: Sequence[Score]) -> dict[str, float]:
    """Share of prompts that met each demand, and all of them at once under "everything"."""
    rows = [asdict(s) for s in scores]
    found = {name: sum(row[name] for row in rows) / len(rows) for name in rows[0]}
    return {**found, "everything": sum(all(row.values()) for row in rows) / len(rows)}


def sheet(clips: Sequence[NDArray[np.uint8]], captions: Sequence[str], *, columns: int = 8) -> NDArray[np.uint8]:
    """A contact sheet: one row of evenly spaced frames a clip, under its caption."""
    rows = []
    for clip, text in zip(clips, captions, strict=True):
        chosen = clip[np.linspace(0, len(clip) - 1, columns).round().astype(int)]
        small = [cv2.resize(frame, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for frame in chosen]
        row = np.concatenate(
            [cv2.copyMakeBorder(f, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(128,) * 3) for f in small], 1
        )
        label = np.full((18, row.shape[1], 3), 255, np.uint8)
        cv2.putText(label, text, (4, 13), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (0, 0, 0), 1, cv2.LINE_AA)
        rows.append(np.concatenate([label, row]))
    wide = max(row.shape[1] for row in rows)
    rows = [cv2.copyMakeBorder(r, 0, 0, 0, wide - r.shape[1], cv2.BORDER_CONSTANT, value=(255,) * 3) for r in rows]
    return np.asarray(np.concatenate(rows), np.uint8)


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=16)
    parser.add_argument("--guidance", type=float, default=2.0)
    parser.add_argument("--folder", type=Path, default=Path(__file__).with_name("weights"))
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, help="where to write the figures as JSON")
    parser.add_argument("--sheet", type=Path, help="where to draw the first two dozen clips as PNG")
    chosen = parser.parse_args()

    prompts = unseen_prompts(chosen.prompts, chosen.seed)
    task = partial(generate, chosen.folder, chosen.steps, chosen.guidance)
    # Spawned, not forked: a forked torch may wait for threads that it does not have.
    with ProcessPoolExecutor(chosen.processes, mp_context=get_context("spawn")) as workers:
        made = list(workers.map(task, [(n, text) for n, (text, _, _) in enumerate(prompts)]))
    scores = [score(found, asked) for (_, found, _), (_, asked, _) in zip(made, prompts, strict=True)]
    drawn = [score(look(render(scene)), asked) for _, asked, scene in prompts[:DRAWN_CLIPS]]
    one = [s for s, (_, asked, _) in zip(scores, prompts, strict=True) if len(asked.things) == 1]
    two = [s for s, (_, asked, _) in zip(scores, prompts, strict=True) if len(asked.things) == 2]
    results = {
        "prompts": len(prompts),
        "seed": chosen.seed,
        "steps": chosen.steps,
        "guidance": chosen.guidance,
        "analyser_on_drawn_clips": shares(drawn)["everything"],
        "cpu_seconds_per_clip": round(float(np.median([seconds for _, _, seconds in made])), 2),
        "adherence": {
            name: {key: round(value, 4) for key, value in shares(group).items()}
            for name, group in (("all", scores), ("one thing", one), ("two things", two))
            if group
        },
        "failed": [
            {"prompt": text, "missed": [k for k, v in asdict(s).items() if not v]}
            for (text, _, _), s in zip(prompts, scores, strict=True)
            if not all(asdict(s).values())
        ],
    }
    print(json.dumps({k: v for k, v in results.items() if k != "failed"}, indent=2))
    print(Counter(name for failure in results["failed"] for name in failure["missed"]))
    if chosen.out:
        chosen.out.parent.mkdir(parents=True, exist_ok=True)
        chosen.out.write_text(json.dumps(results, indent=2) + "\n")
    if chosen.sheet:
        picture = sheet([clip for clip, _, _ in made[:24]], [text for text, _, _ in prompts[:24]])
        cv2.imwrite(str(chosen.sheet), picture[:, :, ::-1])


if __name__ == "__main__":
    main()
