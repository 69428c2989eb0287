"""How well the public-figure list finds whom a prompt means, and how often it finds somebody where nobody is meant.

    python -m benchmarks.figures            # writes benchmarks/results/figures.json

Reads ``benchmarks/figures.yaml`` and ``figures_held_out.yaml``: mentions by kind with the figure each one means, and
text that names nobody; and people as scripts other than the Latin write them: ``figures_native.yaml``,
``figures_native_further.yaml`` and ``figures_native_seen.yaml``, which the lists were mended by after a first
measurement; and whole prompts in many scripts, ``figures_native_blind3.yaml``, of which one half was read; and
foreigners in scripts that are not their own, ``figures_foreign.yaml``, which the lists were mended by too. Nobody mends
the lists by what ``figures_held_out.yaml`` misses. Each mention is set into sentences of its script. Misspellings are
made from the names by seeded random edits, one in every name and a second in every third. ``found`` counts a mention
when its figure is among the matches; ``named`` when anybody is, which is what the gate acts on. With ``--prompts
FOLDER`` the harmless prompts there are searched as well: whatever they name is printed, for a person to read. With
``--imported COUNT`` so many made-up people, who bear the names of listed ones in other pairs, are imported by ``figures
import`` into a home of their own, and timed beside them.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from touchmark.safety.canonical import canonicalise
from touchmark.safety.figures import FigureIndex, FigureMatch
from touchmark.safety.figures.current import load_index

MENTIONS = Path(__file__).parent / "figures.yaml"
HELD_OUT = Path(__file__).parent / "figures_held_out.yaml"
NATIVE = tuple(Path(__file__).parent / f"figures_{name}.yaml" for name in ("native", "native_further", "native_seen"))
PROMPTS = Path(__file__).parent / "figures_native_blind3.yaml"
FOREIGN = Path(__file__).parent / "figures_foreign.yaml"
RESULTS = Path(__file__).parent / "results" / "figures.json"
SEED = 20251231
_LETTERS = "abcdefghijklmnopqrstuvwxyz"

SENTENCES = {
    "latin": (
        "a video of {} dancing in the rain",
        "{} eating ice cream on a beach, cinematic",
        "photorealistic clip, {} gives a speech to a crowd",
        "close-up portrait of {}, 85mm, film grain",
    ),
    "cyrillic": ("видео, где {} танцует под дождём", "{} ест мороженое на пляже"),
    "han": ("{}在雨中跳舞的视频", "一段{}吃冰淇淋的视频"),
    "kana": ("{}が雨の中で踊る動画", "浜辺でアイスを食べる{}"),
    "hangul": ("{}가 빗속에서 춤추는 영상", "해변에서 아이스크림을 먹는 {}"),
    "arabic": ("فيديو {} يرقص تحت المطر", "{} يأكل الآيس كريم على الشاطئ"),
    "hebrew": ("סרטון של {} רוקד בגשם", "{} אוכל גלידה בחוף"),
    "devanagari": ("{} का बारिश में नाचने का वीडियो", "समुद्र तट पर आइसक्रीम खाते {}"),
    "bengali": ("{} বৃষ্টিতে নাচছেন", "একটি ভিডিওতে {} হাসছেন"),
    "thai": ("วิดีโอ {} เต้นรำกลางสายฝน", "{} กินไอศกรีมที่ชายหาด"),
    "other": ("{}", "video: {}, 4k"),
}
_SCRIPTS = (
    ("kana", "[\u3040-\u30ff]"),
    ("han", "[\u4e00-\u9fff]"),
    ("hangul", "[\uac00-\ud7a3]"),
    ("cyrillic", "[\u0400-\u04ff]"),
    ("arabic", "[\u0600-\u06ff]"),
    ("hebrew", "[\u0590-\u05ff]"),
    ("devanagari", "[\u0900-\u097f]"),
    ("bengali", "[\u0980-\u09ff]"),
    ("thai", "[\u0e00-\u0e7f]"),
    ("other", "[\u0370-\u03ff\u0530-\u058f\u0a00-\u0dff\u10a0-\u10ff]"),
)


@dataclass(frozen=True, slots=True)
class Case:
    """A prompt and the figure that it means; None where it means nobody."""

    text: str
    figure: str | None


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=Path, help="folder of labelled prompts, *.jsonl; the harmless ones are read")
    parser.add_argument("--imported", type=int, default=200_000, help="how many made-up people to import; 0 for none")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    before = _memory()
    began = time.thread_time()
    index = FigureIndex.load()
    loaded, memory = time.thread_time() - began, _memory() - before
    texts: list[str] = []
    results: dict[str, Any] = {
        "figures": statuses(index),
        "machine": {
            "python": platform.python_version(),
            "processor": platform.machine(),
            "load": round(os.getloadavg()[0], 1),
        },
        "load_cpu_seconds": round(loaded, 2),
        "memory_mb": memory,
        "seen": measured(index, MENTIONS, texts),
        "held_out": measured(index, HELD_OUT, texts),
        **{path.stem.removeprefix("figures_"): native(index, path) for path in NATIVE},
        PROMPTS.stem.removeprefix("figures_"): native_prompts(index, PROMPTS),
        FOREIGN.stem.removeprefix("figures_"): foreign(index, FOREIGN),
    }
    if options.prompts:
        results["harmless_prompts"] = harmless(index, options.prompts, texts)
    long = long_prompts(texts)
    results["cpu_ms"] = {"prompts": latency(index, texts), "of_1000_characters": latency(index, long)}
    if options.imported:
        results["beside_imported"] = beside_imported(index, options.imported, texts, long)
    options.out.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def measured(index: FigureIndex, path: Path, texts: list[str]) -> dict[str, Any]:
    """Recall by kind and false positives on one list of mentions; its prompts are added to ``texts``."""
    mentions: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    innocent = [Case(text, None) for text in mentions.pop("none")]
    kinds = {kind: list(cases(named)) for kind, named in mentions.items()}
    kinds["misspellings"] = list(misspelt(mentions["names"]))
    texts += (case.text for of_kind in (*kinds.values(), innocent) for case in of_kind)
    by_kind = {kind: recall(index, of_kind) for kind, of_kind in kinds.items()}
    found = sum(kind["found"] * kind["prompts"] for kind in by_kind.values())
    return {
        "kinds": by_kind,
        "recall": round(found / sum(kind["prompts"] for kind in by_kind.values()), 4),
        "innocent": false_positives(index, innocent),
    }


def native(index: FigureIndex, path: Path) -> dict[str, Any]:
    """Recall of people as their own scripts write them."""
    return recall(index, [*cases(yaml.safe_load(path.read_text(encoding="utf-8"))["native"])])


def native_prompts(index: FigureIndex, path: Path) -> dict[str, Any]:
    """Recall and false positives on whole prompts, each half by itself; what the unread half missed is not told."""
    prompts: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    results: dict[str, Any] = {}
    for half in ("first_half", "second_half"):
        found = recall(index, [Case(text, figure) for text, figure in prompts[half].items()])
        innocent = false_positives(index, [Case(text, None) for text in prompts[f"none_{half}"]])
        results[half] = {**found, "innocent": innocent}
    del results["second_half"]["missed"], results["second_half"]["innocent"]["wrong"]
    return results


def foreign(index: FigureIndex, path: Path) -> dict[str, Any]:
    """Recall of people in scripts that are not their own, by language."""
    languages: dict[str, dict[str, str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {
        language: recall(index, [Case(text, figure) for text, figure in prompts.items()])
        for language, prompts in languages.items()
    }


def cases(named: dict[str, str]) -> Iterator[Case]:
    """Every mention in every sentence of its script."""
    for mention, figure in named.items():
        script = next((name for name, letters in _SCRIPTS if re.search(letters, mention)), "latin")
        for sentence in SENTENCES[script]:
            yield Case(sentence.format(mention), figure)


def misspelt(named: dict[str, str]) -> Iterator[Case]:
    """Names of two words and more, each three times, with random edits."""
    chance = random.Random(SEED)
    for name, figure in named.items():
        for turn in range(3 if " " in name else 0):
            wrong = edited(name, chance)
            wrong = edited(wrong, chance) if turn == 2 else wrong
            yield Case(SENTENCES["latin"][turn].format(wrong), figure)


def edited(name: str, chance: random.Random) -> str:
    """A name with one letter dropped, doubled, replaced, or swapped with the next."""
    places = [i for i in range(1, len(name) - 1) if name[i].isalpha() and name[i + 1].isalpha()]
    here = chance.choice(places)
    kind = chance.choice(("drop", "double", "replace", "swap", "insert"))
    before, letter, after = name[:here], name[here], name[here + 1 :]
    match kind:
        case "drop":
            return before + after
        case "double":
            return before + letter + letter + after
        case "replace":
            return before + chance.choice(_LETTERS) + after
        case "insert":
            return before + chance.choice(_LETTERS) + letter + after
        case _:
            return before + after[0] + letter + after[1:]


def find(index: FigureIndex, text: str) -> tuple[FigureMatch, ...]:
    """Whom a prompt names."""
    return index.find(canonicalise(text))


def recall(index: FigureIndex, of_kind: Sequence[Case]) -> dict[str, Any]:
    """Shares of prompts whose figure was found, and of those in which anybody was; what was missed."""
    found, named, missed = 0, 0, []
    for case in of_kind:
        matches = find(index, case.text)
        meant = index.named(case.figure or "")
        hit = meant is not None and any(match.figure.id == meant.id for match in matches)
        found += hit
        named += bool(matches)
        if not hit:
            missed.append(case.text)
    return {
        "prompts": len(of_kind),
        "found": round(found / len(of_kind), 4),
        "named": round(named / len(of_kind), 4),
        "missed": missed,
    }


def false_positives(index: FigureIndex, innocent: Sequence[Case]) -> dict[str, Any]:
    """How many prompts that mean nobody name somebody, and which."""
    wrong = {case.text: matches[0].matched for case in innocent if (matches := find(index, case.text))}
    return {"prompts": len(innocent), "false_positive_rate": round(len(wrong) / len(innocent), 4), "wrong": wrong}


def harmless(index: FigureIndex, folder: Path, texts: list[str]) -> dict[str, Any]:
    """By source: how many harmless prompts name somebody. Most of those do name somebody; the counts are a ceiling."""
    counts: dict[str, list[int]] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").split("\n")[:-1]:
            row = json.loads(line)
            if row["label"] == "safe" and len(row["text"]) <= 1000:
                texts.append(row["text"])
                matches = find(index, row["text"])
                count = counts.setdefault(f"{row['source']} {row['lang']}", [0, 0])
                count[0] += 1
                count[1] += bool(matches)
                for match in matches:
                    print(match.kind, match.matched, repr(row["text"][slice(*match.span)]), repr(row["text"][:100]))
    return {source: {"prompts": n, "naming_somebody": named} for source, (n, named) in sorted(counts.items())}


def long_prompts(texts: Sequence[str], count: int = 500) -> list[str]:
    """Prompts of 1,000 characters each, made of others at random."""
    chance = random.Random(SEED)
    return [" ".join(chance.choices(texts, k=60))[:1000] for _ in range(count)]


def latency(index: FigureIndex, texts: Sequence[str], most: int = 4000) -> dict[str, float]:
    """Milliseconds of processor time of a search; some 4,000 texts, spread over the given ones."""
    times = []
    for text in texts[:: max(1, len(texts) // most)]:
        canonical = canonicalise(text)
        began = time.thread_time()
        index.find(canonical)
        times.append(1000 * (time.thread_time() - began))
    return {f"p{q}": round(float(np.percentile(times, q)), 3) for q in (50, 90, 99)}


def beside_imported(index: FigureIndex, count: int, texts: Sequence[str], long: Sequence[str]) -> dict[str, Any]:
    """Seconds and memory to load the list with so many made-up people, and the times of searches in both."""
    chance = random.Random(SEED)
    words = [figure.name.split() for figure in index.figures if " " in figure.name and figure.name.isascii()]
    names: dict[str, None] = {}
    while len(names) < count:
        names[f"{chance.choice(words)[0]} {chance.choice(words)[-1]}"] = None
    with tempfile.TemporaryDirectory() as home:
        people = Path(home) / "people.csv"
        with people.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["name"], *([name] for name in names)])
        command = [sys.executable, "-m", "touchmark.cli.main", "figures", "import", str(people)]
        began = time.perf_counter()
        subprocess.run(
            [*command, "--name", "made-up", "--reviewer", "r-1"],
            check=True,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "TOUCHMARK_HOME": home},
        )
        imported = time.perf_counter() - began
        loads, before = [], _memory()
        for _ in range(2):
            began = time.thread_time()
            beside = load_index(Path(home) / "figures")
            loads.append(round(time.thread_time() - began, 2))
    return {
        "people": len(beside) - len(index),
        "import_seconds": round(imported, 1),
        "load_cpu_seconds": {"first": loads[0], "again": loads[1]},
        "memory_mb": _memory() - before,
        "cpu_ms": {"prompts": latency(beside, texts), "of_1000_characters": latency(beside, long)},
    }


def _memory() -> int:
    """Most megabytes that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def statuses(index: FigureIndex) -> dict[str, int]:
    """How many figures of each status the list holds."""
    states = [str(figure.status) for figure in index.figures]
    return {state: states.count(state) for state in sorted(set(states))}


if __name__ == "__main__":
    main()
