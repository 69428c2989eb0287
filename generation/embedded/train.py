"""Train the embedded model from nothing, part by part.

    python -m touchmark.generation.embedded.train codec --minutes 15 --out runs/embedded
    python -m touchmark.generation.embedded.train decoder --minutes 5 --out runs/embedded
    python -m touchmark.generation.embedded.train reader --minutes 7 --out runs/embedded
    python -m touchmark.generation.embedded.train pool --shards 300 --out runs/embedded
    python -m touchmark.generation.embedded.train transformer --minutes 100 --out runs/embedded
    python -m touchmark.generation.embedded.train export --out runs/embedded
    python -m touchmark.generation.embedded.adherence --prompts 200 --out adherence.json
    python -m touchmark.generation.embedded.train card --out runs/embedded --adherence adherence.json

Every part resumes where it was cut off and keeps its log beside its checkpoint.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler

from touchmark.generation.embedded.card import card
from touchmark.generation.embedded.codec import ClipCodec
from touchmark.generation.embedded.course import CHECKPOINT, Budget, Lesson, averaged, follow
from touchmark.generation.embedded.lessons import (
    NOISE_SHIFT,
    CodecLesson,
    DiffusionLesson,
    ReadingLesson,
    common_words,
    settle,
)
from touchmark.generation.embedded.pipeline import WEIGHTS, TouchmarkPipeline
from touchmark.generation.embedded.pool import Pool, fill
from touchmark.generation.embedded.text import PromptReader
from touchmark.generation.embedded.transformer import ClipTransformer


def trained_codec(run: Path, seed: int = 0) -> ClipCodec:
    """The codec of a run, with averaged weights."""
    codec = ClipCodec()
    if (run / "decoder" / CHECKPOINT).exists():
        codec.load_state_dict(averaged(run / "decoder"))
        codec.eval()
        return codec  # type: ignore[no-any-return] # diffusers ships no types
    codec.load_state_dict(averaged(run / "codec"))
    return settle(codec, seed=seed)


def vocabulary(run: Path) -> tuple[str, ...]:
    """The words of a run's reader, drawn once and kept: numbers of words must not change with the grammar."""
    file = run / "reader" / "vocabulary.json"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(common_words()))
    return tuple(json.loads(file.read_text()))


def trained_reader(run: Path) -> PromptReader:
    """The reader of a run, with averaged weights."""
    reader = PromptReader(vocabulary=vocabulary(run))
    reader.load_state_dict(averaged(run / "reader"))
    reader.eval()
    return reader  # type: ignore[no-any-return] # diffusers ships no types


def assemble(run: Path, *, seed: int = 0) -> TouchmarkPipeline:
    """The pipeline of a run's averaged weights, as far as they are trained."""
    transformer = ClipTransformer()
    transformer.load_state_dict(averaged(run / "transformer"))
    return TouchmarkPipeline(
        codec=trained_codec(run, seed),
        reader=trained_reader(run),
        transformer=transformer.eval(),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=NOISE_SHIFT),
    )


def export(run: Path, folder: Path, *, seed: int = 0) -> None:
    """Write the averaged weights of a run as a pipeline folder, in half precision."""
    pipeline = assemble(run, seed=seed)
    for name in ("codec", "reader", "transformer"):
        getattr(pipeline, name).half()
    pipeline.save_pretrained(folder)
    weights = sum(path.stat().st_size for path in folder.rglob("*.safetensors"))
    print(f"{folder}: {weights / 1e6:.2f} MB of weights")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("codec", "decoder", "reader", "pool", "transformer", "export", "card"))
    parser.add_argument("--out", type=Path, required=True, help="folder of the run; checkpoints and logs lie there")
    parser.add_argument("--minutes", type=float, help="length of the course at the clock, over all its sessions")
    parser.add_argument("--steps", type=int, help="length of the course in steps, instead of minutes")
    parser.add_argument("--shards", type=int, default=100, help="size of the pool, in shards of 64 clips")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1, help="processor threads; one is best on a busy machine")
    parser.add_argument("--folder", type=Path, default=WEIGHTS, help="pipeline folder that export and card write")
    parser.add_argument("--adherence", type=Path, help="results of the adherence program, for the card")
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    torch.manual_seed(chosen.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    run, seed = chosen.out, chosen.seed
    lesson: Lesson
    match chosen.part:
        case "pool":
            codec = trained_codec(run, seed)
            torch.nn.Module.to(codec, device)
            for number in range(chosen.shards):
                fill(run / "pool", codec, number=number, seed=seed)
                print(f"shard {number + 1} of {chosen.shards}", flush=True)
            return
        case "export":
            export(run, chosen.folder, seed=seed)
            return
        case "card":
            (chosen.folder / "README.md").write_text(card(run, chosen.folder, chosen.adherence))
            return
        case "codec":
            lesson = CodecLesson(ClipCodec(), seed=seed, device=device)
        case "decoder":
            lesson = CodecLesson(trained_codec(run, seed), seed=seed + 1, device=device, decoder_only=True)
        case "reader":
            lesson = ReadingLesson(PromptReader(vocabulary=vocabulary(run)), seed=seed, device=device)
        case _:
            transformer = ClipTransformer()
            lesson = DiffusionLesson(transformer, trained_reader(run), Pool(run / "pool"), seed=seed, device=device)
    outcome = follow(lesson, out=run / chosen.part, budget=Budget(chosen.minutes, chosen.steps))
    print(f"{outcome.steps} steps in {outcome.seconds / 60:.1f} minutes, loss {outcome.loss:.4f}")


if __name__ == "__main__":
    main()
