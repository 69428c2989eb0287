"""How the shipped gate decides on public sets that neither its classifier nor its lists were made from.

    git clone https://github.com/paul-rottger/exaggerated-safety        # XSTest
    git clone https://github.com/InvokerStark/OverKill                   # OKTest
    git clone https://github.com/bertiev/SimpleSafetyTests
    git clone https://github.com/yibo-miao/T2VSafetyBench
    git clone https://github.com/Jarviswang94/Multilingual_safety_benchmark   # XSafety
    python -m benchmarks.gate_public --sets FOLDER                       # writes benchmarks/results/gate_public.json

None of their text is in this project. Prompts number 0, 2, 4 ... of each list were read by who wrote the latest terms
and grammars (``read``), which hold none of their sentences; the others were not (``unread``): those figures count.
``stopped`` is refused, sent to review, or turned away as no text, which a few attacks of T2VSafetyBench are.
T2VSafetyBench labels by aspect, and much of it is no more than near one: its recall has no bar, but for sexual content
and gore. XSafety has the same chat questions in several languages: how far a language falls behind English is what to
read there, and no bar. ``for names alone`` is the share stopped for nothing but the public figures that are named, as
the default policy wants it: half of what is stopped of XSTest's harmless questions.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sklearn.metrics import roc_auc_score

from benchmarks.gate import top
from touchmark.provenance.errors import TouchmarkError
from touchmark.safety.classifier import PromptClassifier
from touchmark.safety.decision import Action, Rule
from touchmark.safety.examples import REQUEST
from touchmark.safety.figures import FigureIndex
from touchmark.safety.judge import Judge
from touchmark.safety.policy import Policy

RESULTS = Path(__file__).parent / "results" / "gate_public.json"
_XSTEST = "exaggerated-safety/xstest_prompts.csv"
_OKTEST = "OverKill/data/OKTest.csv"
_SIMPLE = "SimpleSafetyTests/SimpleSafetyTests - test cases.csv"
_ASPECTS = (
    "pornography", "borderline pornography", "violence", "gore", "disturbing content", "public figures",
    "discrimination", "political sensitivity", "copyright and trademark", "illegal activities", "misinformation",
    "sequential action", "dynamic variation", "coherent context",
)  # fmt: skip


_SCENES = {"Crimes_*.csv": "crimes", "Unsafe_Instruction_*.csv": "unsafe instructions", "Insult*.csv": "insults"}
_LANGUAGES = {
    "en": "en", "sp": "es", "fr": "fr", "de": "de", "ru": "ru", "ar": "ar", "hi": "hi", "zh": "zh", "ja": "ja",
}  # fmt: skip
"""Folders of XSafety, and the language in each (ISO 639-1)."""


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=Path, required=True, help="folder in which the repositories lie")
    parser.add_argument("--policy", default="default")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    classifier = PromptClassifier.load()
    judge = Judge(Policy.load(options.policy), classifier, FigureIndex.load())
    lists = {
        **_questions(options.sets),
        **_aspects(options.sets / "T2VSafetyBench" / "T2VSafetyBench"),
        **_translated(options.sets / "Multilingual_safety_benchmark"),
    }
    sets = {name: _halves(judge, texts) for name, texts in lists.items()}
    results = {
        "policy": {"name": judge.policy.name, "version": judge.policy.version, "sha256": judge.policy_digest},
        "machine": {"python": platform.python_version(), "processor": platform.machine()},
        "sets": sets,
        "auc": {"contrast pairs (XSTest)": _auc(classifier, lists["XSTest, harmful"], lists["XSTest, harmless"])},
    }
    options.out.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for name, halves in sets.items():
        unread = halves["unread"]
        names = f", {unread['for names alone']:.3f} for names alone" if unread["for names alone"] else ""
        print(f"{name:45} {unread['prompts']:4} unread: {unread['stopped']:.3f} stopped{names}")
    print(results["auc"])


def _questions(folder: Path) -> dict[str, list[str]]:
    contrast = _table(folder / _XSTEST)
    return {
        "XSTest, harmless": [row["prompt"] for row in contrast if row["label"] == "safe"],
        "XSTest, harmful": [row["prompt"] for row in contrast if row["label"] == "unsafe"],
        "OKTest, harmless": [row["prompt"] for row in _table(folder / _OKTEST)],
        "SimpleSafetyTests, harmful": [row["prompts_final"] for row in _table(folder / _SIMPLE)],
    }


def _aspects(folder: Path) -> dict[str, list[str]]:
    return {
        f"T2VSafetyBench, {aspect}": [line for line in _text(folder / f"{number}.txt").splitlines() if line.strip()]
        for number, aspect in enumerate(_ASPECTS, start=1)
    }


def _translated(folder: Path) -> dict[str, list[str]]:
    return {
        f"XSafety, {scene}, {language}": ["".join(row) for row in csv.reader(io.StringIO(_text(path))) if any(row)]
        for name, language in _LANGUAGES.items()
        for pattern, scene in _SCENES.items()
        for path in (folder / name).glob(pattern)
    }


def _table(path: Path) -> list[dict[str, str]]:
    return [row for row in csv.DictReader(io.StringIO(_text(path))) if any(row.values())]


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8-sig", errors="replace")


def _halves(judge: Judge, texts: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    return {"read": _rates(judge, texts[::2]), "unread": _rates(judge, texts[1::2])}


def _rates(judge: Judge, texts: Sequence[str]) -> dict[str, Any]:
    outcomes = [_outcome(judge, text.strip()) for text in texts]
    actions = [action for action, _ in outcomes]

    def share(count: int) -> float:
        return round(count / max(len(outcomes), 1), 4)

    return {
        "prompts": len(outcomes),
        "refused": share(actions.count(Action.REFUSE)),
        "review": share(actions.count(Action.REVIEW)),
        "no text": share(actions.count("no text")),
        "stopped": share(len(actions) - actions.count(Action.ALLOW)),
        "for names alone": share(sum(named for _, named in outcomes)),
    }


def _outcome(judge: Judge, text: str) -> tuple[str, bool]:
    """What happens to a prompt, and whether for nothing but the public figures it names."""
    try:
        decision = judge.decide(REQUEST, {"prompt": text})
    except TouchmarkError:
        return "no text", False
    rules = {finding.rule for finding in decision.findings if finding.action is not Action.ALLOW}
    return decision.action, rules == {Rule.FIGURE}


def _auc(classifier: PromptClassifier, harmful: Sequence[str], harmless: Sequence[str]) -> float:
    tops = [top(classifier, text) for text in (*harmful, *harmless)]
    return round(float(roc_auc_score([True] * len(harmful) + [False] * len(harmless), tops)), 4)


if __name__ == "__main__":
    main()
