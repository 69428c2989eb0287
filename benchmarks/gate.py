"""How well the gate decides, on labelled prompts that its classifier never saw: one policy, its thresholds, no tuning.

    python -m benchmarks.gate --prompts FOLDER            # writes benchmarks/results/gate.json

``stopped`` is refused or sent to review: recall for harmful prompts, false positives for harmless ones. The folder is
the one the classifier is trained from; only its held-out rows are read (``safety/classifier/sources.py``). Where the
package ``better_profanity`` is installed, it is measured on the same rows, as the filter that people use today.
"""

from __future__ import annotations

import argparse
import base64
import codecs
import json
import platform
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from touchmark.safety.canonical import canonicalise
from touchmark.safety.classifier import PromptClassifier
from touchmark.safety.classifier.sources import HELD_OUT_SOURCES, Row, Split, read
from touchmark.safety.decision import Action, Decision
from touchmark.safety.figures import FigureIndex
from touchmark.safety.judge import Judge
from touchmark.safety.policy import Policy

RESULTS = Path(__file__).parent / "results" / "gate.json"
REQUEST = "0" * 64
_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_BOLD = {ord("a") + i: 0x1D41A + i for i in range(26)} | {ord("A") + i: 0x1D400 + i for i in range(26)}
_CYRILLIC = str.maketrans("aeopcxyijs", "аеорсхуіјѕ")
_LEET = str.maketrans("aeiost", "431057")

TECHNIQUES: dict[str, Callable[[str], str]] = {
    "full-width": lambda text: text.translate(_FULL_WIDTH),
    "mathematical bold": lambda text: text.translate(_BOLD),
    "zero-width": "\u200b".join,
    "soft hyphens": "\u00ad".join,
    "combining marks": lambda text: "".join(f"{c}\u0336" if c.isalpha() else c for c in text),
    "html entities": lambda text: "".join(f"&#{ord(c)};" if c.isalpha() else c for c in text),
    "homoglyphs": lambda text: text.translate(_CYRILLIC),
    "leet": lambda text: text.translate(_LEET),
    "letter spacing": lambda text: "  ".join(" ".join(word) for word in text.split()),
    "dotted letters": lambda text: " ".join(".".join(word) for word in text.split()),
    "upper case": str.upper,
    "rot13": lambda text: codecs.encode(text, "rot13"),
    "reversed": lambda text: text[::-1],
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "right-to-left override": lambda text: f"\u202e{text[::-1]}\u202c",
    "friendly prefix": lambda text: f"A family-friendly cartoon for all ages. {text}",
    "padding": lambda text: f"{_PADDING} {text} {_PADDING}",
}
_PADDING = "A calm lake under a blue sky with birds, flowers and a small wooden house. Soft music plays." * 3


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=Path, required=True, help="folder of labelled prompts, *.jsonl")
    parser.add_argument("--policy", default="default")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()

    policy = Policy.load(options.policy)
    classifier = PromptClassifier.load()
    judge = Judge(policy, classifier, FigureIndex.load())
    rows = [row for row in read(options.prompts) if row.split is Split.HELD_OUT]
    decide(judge, rows[0].text)  # first use fills caches
    times: list[float] = []
    decisions = []
    for row in rows:
        begin = time.thread_time()
        decisions.append(decide(judge, row.text))
        times.append(time.thread_time() - begin)
    tops = [max(score.value for score in classifier.scores(canonicalise(row.text)).values()) for row in rows]
    results = {
        "policy": {"name": policy.name, "version": policy.version, "sha256": judge.policy_digest},
        "machine": {"python": platform.python_version(), "processor": platform.machine()},
        "prompts": len(rows),
        "totals": totals(rows, decisions),
        "sets": by_set(rows, decisions),
        "contrast_pairs_auc": contrast_auc(rows, tops),
        "categories": by_category(rows, decisions),
        "languages": by_language(rows, decisions),
        "techniques": by_technique(judge, rows, decisions),
        "cpu_ms": latency(rows, times),
        "peers": peers(rows),
    }
    options.out.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print_summary(results)


def decide(judge: Judge, text: str) -> Decision:
    """What the gate says to one prompt."""
    return judge.decide(REQUEST, {"prompt": text})


def rates(decisions: Sequence[Decision]) -> dict[str, float]:
    """Shares of a list of decisions."""
    actions = [decision.action for decision in decisions]
    refused, review = actions.count(Action.REFUSE), actions.count(Action.REVIEW)
    count = max(len(actions), 1)
    return {
        "prompts": len(actions),
        "refused": round(refused / count, 4),
        "review": round(review / count, 4),
        "stopped": round((refused + review) / count, 4),
    }


def totals(rows: Sequence[Row], decisions: Sequence[Decision]) -> dict[str, float]:
    """Precision, recall and false positives over the rows that are labelled by their text."""
    judged = [
        (row.category is not None, d.action is not Action.ALLOW) for row, d in pairs(rows, decisions) if row.weight
    ]
    true = sum(harmful and stopped for harmful, stopped in judged)
    false = sum(not harmful and stopped for harmful, stopped in judged)
    harmful = sum(harmful for harmful, _ in judged)
    return {
        "precision": round(true / max(true + false, 1), 4),
        "recall": round(true / max(harmful, 1), 4),
        "false_positive_rate": round(false / max(len(judged) - harmful, 1), 4),
    }


def pairs(rows: Sequence[Row], decisions: Sequence[Decision]) -> list[tuple[Row, Decision]]:
    """Rows with their decisions."""
    return list(zip(rows, decisions, strict=True))


def by_set(rows: Sequence[Row], decisions: Sequence[Decision]) -> list[dict[str, Any]]:
    """Rates of each set, harmful and harmless apart, with what stopped harmless ones."""
    table = []
    for name in sorted({row.source for row in rows}):
        for harmful in (False, True):
            own = [
                d for row, d in pairs(rows, decisions) if row.source == name and (row.category is not None) is harmful
            ]
            if not own:
                continue
            entry: dict[str, Any] = {"set": name, "label": "harmful" if harmful else "harmless", **rates(own)}
            entry["source_held_out_whole"] = name.split("/", 1)[-1] in HELD_OUT_SOURCES
            if not harmful:
                rules = [d.decisive[0].rule.value for d in own if d.decisive]
                entry["stopped_by_rule"] = {rule: rules.count(rule) for rule in sorted(set(rules))}
            table.append(entry)
    return table


def contrast_auc(rows: Sequence[Row], tops: Sequence[float]) -> float:
    """AUC of the highest category score between harmful prompts and harmless ones that look like them."""
    chosen = [(row.category is not None, top) for row, top in zip(rows, tops, strict=True) if "t2i_overt" in row.source]
    return round(float(roc_auc_score([label for label, _ in chosen], [top for _, top in chosen])), 4)


def by_category(rows: Sequence[Row], decisions: Sequence[Decision]) -> dict[str, dict[str, float]]:
    """For each category: stopped at all, and stopped for that very category; rows labelled by their text."""
    table = {}
    for category in sorted({row.category for row in rows if row.category}):
        own = [d for row, d in pairs(rows, decisions) if row.category is category and row.weight]
        named = sum(any(f.category is category and f.action is not Action.ALLOW for f in d.findings) for d in own)
        table[category.value] = {**rates(own), "named": round(named / max(len(own), 1), 4)}
    return table


def by_language(rows: Sequence[Row], decisions: Sequence[Decision]) -> dict[str, dict[str, Any]]:
    """Rates of each language, harmful and harmless apart."""
    table: dict[str, dict[str, Any]] = {}
    for language in sorted({row.language for row in rows}):
        own = [(row, d) for row, d in pairs(rows, decisions) if row.language == language and row.weight]
        table[language] = {
            "harmless": rates([d for row, d in own if row.category is None]),
            "harmful": rates([d for row, d in own if row.category is not None]),
        }
    return table


def by_technique(judge: Judge, rows: Sequence[Row], decisions: Sequence[Decision]) -> dict[str, float]:
    """Of harmful English prompts that are stopped plain, the share still stopped in each disguise."""
    stopped = [
        row.text
        for row, d in pairs(rows, decisions)
        if row.category and row.language == "en" and row.weight and d.action is not Action.ALLOW and len(row.text) < 500
    ][:200]
    return {
        name: round(sum(decide(judge, disguise(t)).action is not Action.ALLOW for t in stopped) / len(stopped), 4)
        for name, disguise in TECHNIQUES.items()
    }


def latency(rows: Sequence[Row], times: Sequence[float]) -> dict[str, float]:
    """Milliseconds of processor time that a decision takes, prompts up to 1,000 characters."""
    chosen = [1000 * t for row, t in zip(rows, times, strict=True) if len(row.text) <= 1000]
    return {f"p{q}": round(float(np.percentile(chosen, q)), 3) for q in (50, 90, 99)} | {"n": len(chosen)}


def peers(rows: Sequence[Row]) -> dict[str, Any]:
    """The same rows through a word list that is widely used, if it is installed."""
    try:
        from better_profanity import profanity  # type: ignore[import-not-found]
    except ImportError:
        return {}
    judged = [(row, bool(profanity.contains_profanity(row.text))) for row in rows if row.weight]
    harmful = [hit for row, hit in judged if row.category]
    harmless = [hit for row, hit in judged if not row.category]
    return {
        "better_profanity": {
            "recall": round(sum(harmful) / len(harmful), 4),
            "false_positive_rate": round(sum(harmless) / len(harmless), 4),
        }
    }


def print_summary(results: dict[str, Any]) -> None:
    """What a person looks at first."""
    print(results["totals"], "contrast AUC", results["contrast_pairs_auc"])
    for entry in results["sets"]:
        print(f"{entry['set'][:48]:48} {entry['label']:9}{entry['prompts']:6} stopped {entry['stopped']:.3f}")
    print(results["techniques"])
    print(results["cpu_ms"], results["peers"])


if __name__ == "__main__":
    main()
