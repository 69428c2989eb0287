"""How long the gate takes to decide: prompts as they come, and prompts of 1,000 characters in each language served.

    python -m benchmarks.gate_latency --prompts FOLDER    # writes benchmarks/results/gate_latency.json

The judge is warm, as in a service, but decides each prompt once: nothing that it remembers of a prompt helps with the
same prompt. Three processes do so one after the other, and the least time of each prompt counts, because no core of a
shared machine is idle for long. Prompts of 1,000 characters are joined from shorter ones, which is harder than what
people write: whatever looks like a disguise in any of twenty prompts is read again in all of them.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import platform
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.gate import LANGUAGES, decide
from touchmark.safety.canonical import canonicalise
from touchmark.safety.classifier import PromptClassifier
from touchmark.safety.classifier.sources import read
from touchmark.safety.figures import FigureIndex
from touchmark.safety.gate import judge_of
from touchmark.safety.policy import Policy

RESULTS = Path(__file__).parent / "results" / "gate_latency.json"
LENGTH: Final = 1_000
_JOINED: Final = 200
"""Prompts of full length, for each language."""
_AS_THEY_COME: Final = 3_000
_TO_WARM_UP: Final = 500
_TURNS: Final = 3
_UNSPACED = frozenset({"zh", "ja", "th"})


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=Path, required=True, help="folder of labelled prompts, *.jsonl")
    parser.add_argument("--policy", default="default")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()

    by_language: dict[str, list[str]] = {}
    for row in read(options.prompts):
        by_language.setdefault(row.language, []).append(row.text)
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=fresh, max_tasks_per_child=1) as pool:
        turns = [pool.submit(measure, options.policy, by_language).result() for _ in range(_TURNS)]
    least = {name: np.min([turn[name] for turn in turns], axis=0) for name in turns[0]}
    table = {name: percentiles(times) for name, times in least.items()}
    policy = Policy.load(options.policy)
    results = {
        "policy": {"name": policy.name, "version": policy.version},
        "machine": {"python": platform.python_version(), "processor": platform.machine()},
        "turns": _TURNS,
        "milliseconds": table,
    }
    options.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    for name, of in table.items():
        print(f"{name:32} p50 {of['p50']:7.2f}  p90 {of['p90']:7.2f}  p99 {of['p99']:7.2f}  ({of['n']})")


def measure(policy: str, by_language: dict[str, list[str]]) -> dict[str, list[float]]:
    """The processor time of each decision, in milliseconds, by kind of prompt; for English of its stages too."""
    chance = Random(5)
    everything = [text for texts in by_language.values() for text in texts if len(text) <= LENGTH]
    ask = partial(decide, judge_of(policy))
    for text in chance.sample(everything, _TO_WARM_UP):
        ask(text)
    times = {"as they come": timed(ask, chance.sample(everything, _AS_THEY_COME))}
    prompts: dict[str, list[str]] = {}
    for language in LANGUAGES:
        texts = [text for text in by_language.get(language, ()) if len(text) <= LENGTH]
        if len(texts) >= _JOINED // 2:
            joint = "" if language in _UNSPACED else " "
            prompts[language] = [full_length(texts, chance, joint) for _ in range(_JOINED)]
            times[f"1,000 characters, {language}"] = timed(ask, prompts[language])
    times["1,000 characters, mixed"] = timed(ask, [full_length(everything, chance, " ") for _ in range(_JOINED)])
    return times | by_stage(prompts["en"])


def by_stage(prompts: Sequence[str]) -> dict[str, list[float]]:
    """Its stages, each alone; the words of the prompts have been met by now."""
    classifier, figures = PromptClassifier.load(), FigureIndex.load()
    views = [canonicalise(prompt) for prompt in prompts]
    return {
        "of English canonicalisation": timed(canonicalise, prompts),
        "of English the classifier": timed(classifier.scores, views),
        "of English the figures": timed(figures.find, views),
    }


def full_length(texts: Sequence[str], chance: Random, joint: str) -> str:
    """Prompts one after another, cut to ``LENGTH``."""
    prompt = chance.choice(texts)
    while len(prompt) < LENGTH:
        prompt += joint + chance.choice(texts)
    return prompt[:LENGTH]


def timed(act: Callable[[Any], object], inputs: Sequence[Any]) -> list[float]:
    """The processor time of each act, in milliseconds."""
    times = []
    for given in inputs:
        begin = time.thread_time()
        act(given)
        times.append(1000 * (time.thread_time() - begin))
    return times


def percentiles(times: NDArray[np.float64]) -> dict[str, float]:
    """The median and what nine in ten, and 99 in 100, do not exceed."""
    return {f"p{q}": round(float(np.percentile(times, q)), 3) for q in (50, 90, 99)} | {"n": len(times)}


if __name__ == "__main__":
    main()
