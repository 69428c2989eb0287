"""How long the gate takes over what is no prompt, and over prompts and policies made to be slow.

    python -m benchmarks.gate_hostile            # writes benchmarks/results/gate_hostile.json

Each input is tried ``REPEATS`` times; the figures are milliseconds of processor time, which other work on the machine
changes little. The first two groups are to end within 50 ms, by a named error or a refusal; the third is prompts of
10,000 characters, the longest that are read, and shows that none is slow out of proportion.
"""

from __future__ import annotations

import argparse
import base64
import json
import platform
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from touchmark.provenance.errors import TouchmarkError
from touchmark.safety.canonical import MAX_CHARACTERS
from touchmark.safety.examples import REQUEST
from touchmark.safety.gate import judge_of, screen
from touchmark.safety.judge import Judge
from touchmark.safety.policy import POLICIES, Policy

RESULTS = Path(__file__).parent / "results" / "gate_hostile.json"
REPEATS = 20
BAR_MS = 50

NO_PROMPTS: Mapping[str, str] = {
    "empty": "",
    "1 MB of words": "a calm lake " * 83_333,
    "1 MB of one letter": "a" * 1_000_000,
    "1 MB of combining marks": "\u0301" * 500_000,
    "1 MB of nulls": "\x00" * 1_000_000,
    "halves of surrogate pairs": "\ud800\udfff" * 5_000,
    "text with half a surrogate pair": "a lighthouse \ud83c at dawn",
    "binary, 10,000 bytes": (bytes(range(256)) * 40).decode("latin-1")[:MAX_CHARACTERS],
    "only combining marks, 10,000": "\u0301\u0336" * 5_000,
    "only invisible, 10,000": "\u200b\u2060" * 5_000,
}

_DEFAULT = (POLICIES / "safety" / "default.yaml").read_text(encoding="utf-8")
POLICY_FILES: Mapping[str, str] = {
    "unknown key": _DEFAULT.replace("embed_prompt: false", "embed_prompt: false\nsecret_door: true"),
    "regular expression that backtracks for ever": _DEFAULT.replace(
        "{lexicon: violence-gore}", "{lexicon: violence-gore, also: {weak: ['(a+)+$']}}"
    ),
    "aliases that multiply": "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
    "1 MB of values": "- a\n" * 250_000,
    "1 MB of one value": f"name: {'a' * 999_000}\n",
    "1 MB of brackets": "[" * 1_000_000,
    "1 MB of one number, in minutes of minutes": f"clearance_minutes: {':'.join(['59'] * 333_000)}\n",
    "over 1 MB": "a" * 1_000_001,
    "binary": "\x00\x01\x02",
    "empty": "",
}

SLOW_PROMPTS: Mapping[str, str] = {
    "one word": "a" * MAX_CHARACTERS,
    "two letters": "ab" * (MAX_CHARACTERS // 2),
    "doubled letters": "aab" * (MAX_CHARACTERS // 3),
    "drawn-out letters": "aaab" * (MAX_CHARACTERS // 4),
    "letters and digits": "a1" * (MAX_CHARACTERS // 2),
    "digits": "01000001" * (MAX_CHARACTERS // 8),
    "dotted letters": "a.b." * (MAX_CHARACTERS // 4),
    "spaced letters": "a " * (MAX_CHARACTERS // 2),
    "joined words": "a_" * (MAX_CHARACTERS // 2),
    "one blob": "aB3" * (MAX_CHARACTERS // 3),
    "many blobs": "aB3aB3aB3aB3aB3aB3aB3= " * (MAX_CHARACTERS // 23),
    "base64 in base64": base64.b64encode(base64.b64encode(b"a porn film " * 460)).decode(),
    "look-alikes": "aбв" * (MAX_CHARACTERS // 3),
    "marks on every letter": "a\u0301\u0323" * (MAX_CHARACTERS // 3),
    "entities in entities": f"&{'amp;' * 2_499}",
    "percent signs": "%41" * (MAX_CHARACTERS // 3),
    "right-to-left overrides": "\u202ea" * (MAX_CHARACTERS // 2),
    "rot13": "uneqpber cbea " * (MAX_CHARACTERS // 14),
    "ideographs apart": "一 " * (MAX_CHARACTERS // 2),
    "katakana": "ｶﾞ" * (MAX_CHARACTERS // 2),
    "names": "donald trump " * (MAX_CHARACTERS // 13),
    "offices": "the president of the president of " * (MAX_CHARACTERS // 34),
    "every disguise at once": "".join(Random(1).choices("аeοрcхyiјs0134&#;%.*- \u200b\u0301", k=MAX_CHARACTERS)),
}


def screened(text: str) -> str:
    """What the gate does with a text."""
    return screen(text).action.value


def judged(judge: Judge, text: str) -> str:
    """What a loaded gate does with a prompt."""
    return judge.decide(REQUEST, {"prompt": text}).action.value


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    judge = judge_of("default")
    screen("a lighthouse at dawn")  # loads, once a process
    no_prompts = {name: measured(partial(screened, text)) for name, text in NO_PROMPTS.items()}
    slow = {name: measured(partial(judged, judge, text)) for name, text in SLOW_PROMPTS.items()}
    with tempfile.TemporaryDirectory() as folder:
        policies = {name: of_policy(Path(folder) / "policy.yaml", text) for name, text in POLICY_FILES.items()}
    results = {
        "machine": {"python": platform.python_version(), "processor": platform.machine()},
        "repeats": REPEATS,
        "bar_ms": BAR_MS,
        "no_prompts": no_prompts,
        "policy_files": policies,
        "prompts_of_10000_characters": slow,
    }
    options.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    for group in (no_prompts, policies, slow):
        print_group(group)


def of_policy(path: Path, text: str) -> dict[str, Any]:
    """The figures of loading one policy file."""
    path.write_text(text, encoding="utf-8")
    return measured(lambda: Policy.load(path).name)


def measured(act: Callable[[], str]) -> dict[str, Any]:
    """What an act ends in, and its processor time in milliseconds: the median and the longest of all repeats."""
    times = []
    ended = ""
    for _ in range(REPEATS):
        begin = time.thread_time()
        try:
            ended = act()
        except TouchmarkError as error:
            ended = error.code
        times.append(1000 * (time.thread_time() - begin))
    times.sort()
    return {"ends_in": ended, "median_ms": round(times[len(times) // 2], 2), "longest_ms": round(times[-1], 2)}


def print_group(group: Mapping[str, Mapping[str, Any]]) -> None:
    """What a person looks at first, slowest first."""
    for name, row in sorted(group.items(), key=lambda entry: -entry[1]["longest_ms"]):
        print(f"{row['longest_ms']:9.2f} {row['median_ms']:9.2f} ms  {name}: {row['ends_in']}")
    print()


if __name__ == "__main__":
    main()
