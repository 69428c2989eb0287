"""How well the gate decides on prompts that its classifier never saw: one policy, one set of thresholds, no tuning.

    python -m benchmarks.gate --prompts FOLDER            # writes benchmarks/results/gate.json

Every labelled prompt lies in one of a few folds (``safety/classifier/sources.py``), most sets in one fold whole. For
each fold a classifier is trained and calibrated without it, and the gate with that classifier judges it. ``stopped``
is refused or sent to review: recall for harmful prompts, false positives for harmless ones. The disguises, and prompts
written by hand that are never trained on (``HELD_OUT``, ``LOOKED_AT``, ``BLIND``), are measured with the weights that
ship; for latency see ``gate_latency``. Peers (``gate_peers``) are measured on the same prompts; where one is not
installed, nothing is.

``LOOKED_AT`` were blind once. Then their misses were read, and grammars written of the kinds of sentence that they
showed, none of the sentences themselves: take their figures as an upper bound. ``BLIND`` is open to nobody who trains.
"""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from benchmarks.gate_peers import Scorer, tfidf_out_of_fold, word_filters
from touchmark.safety.canonical import canonicalise
from touchmark.safety.classifier import PromptClassifier, written
from touchmark.safety.classifier.calibration import calibrate, calibrated_out_of_fold, is_plain
from touchmark.safety.classifier.folds import Learner, scored_out_of_fold
from touchmark.safety.classifier.sources import FOLDS, WHOLE_SOURCES, Row, read
from touchmark.safety.decision import Action, Decision, Rule
from touchmark.safety.examples import REQUEST
from touchmark.safety.figures import FigureIndex
from touchmark.safety.judge import Judge
from touchmark.safety.policy import Policy
from touchmark.safety.redteam.mutations import MUTATIONS

RESULTS = Path(__file__).parent / "results" / "gate.json"
HELD_OUT = tuple(Path(__file__).with_name(f"gate_{name}.yaml") for name in ("held_out", "blind", "blind_further"))
LOOKED_AT = tuple(Path(__file__).with_name(f"gate_blind_{name}.yaml") for name in ("requests", "contrast"))
BLIND = (Path(__file__).with_name("gate_blind_latest.yaml"),)
LANGUAGES = ("en", "id", "es", "pt", "fr", "de", "ru", "tr", "ar", "hi", "zh", "ja", "ko", "vi", "th")
_DISGUISED = 150
"""Prompts that each disguise is tried on."""
_THINNED = ("benign_prompts/COCO", "written")
"""Sets of which every fourth prompt is judged: they are many and alike."""
_FILTERED = 1_000
"""Prompts that the word filters are tried on, which take up to a tenth of a second for each."""

Row_ = tuple[Row, Decision]


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=Path, required=True, help="folder of labelled prompts, *.jsonl")
    parser.add_argument("--policy", default="default")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    word_filters()  # first, since what follows takes minutes

    learner = Learner([*read(options.prompts), *written.rows()], seed=7)
    models = [learner.fit(without=fold) for fold in range(FOLDS)]
    results = measure(Policy.load(options.policy), learner, models, scored_out_of_fold(learner, models))
    options.out.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print_summary(results)


def measure(
    policy: Policy, learner: Learner, models: Sequence[PromptClassifier], raw: NDArray[np.float32]
) -> dict[str, Any]:
    """All figures.

    Args:
        models: one a fold, fitted without it.
        raw: scores of the rows by them, shape (n, k).
    """
    filters = word_filters()
    figures = FigureIndex.load()
    judges = [Judge(policy, calibrate(model, learner, raw, fold), figures) for fold, model in enumerate(models)]
    judged = [i for i, row in enumerate(learner.rows) if i % 4 == 0 or not row.source.startswith(_THINNED)]
    rows = [learner.rows[i] for i in judged]
    decisions = [decide(judges[row.fold], row.text) for row in rows]
    tops = calibrated_out_of_fold(learner, raw)[judged].max(axis=1).astype(np.float64)
    classifier = PromptClassifier.load()
    shipped = Judge(policy, classifier, figures)
    public = [index for index, row in enumerate(rows) if row.source != "written"]
    return {
        "policy": {"name": policy.name, "version": policy.version, "sha256": shipped.policy_digest},
        "machine": {"python": platform.python_version(), "processor": platform.machine()},
        "prompts": len(rows),
        "totals": totals([(rows[i], decisions[i]) for i in public]),
        "sets": by_set(rows, decisions),
        "auc": {
            "contrast pairs (OVERT)": auc(tops, rows, lambda row: "t2i_overt" in row.source),
            "contrast phrases (written, English)": auc(
                tops, rows, lambda row: row.source == "written" and row.language == "en"
            ),
            "harmful requests and video prompts against plain prompts, English": auc(
                tops, rows, lambda row: row.language == "en" and (is_plain(row) or bool(row.weight and row.category))
            ),
        },
        "categories": by_category(rows, decisions),
        "naming": naming(rows, decisions),
        "held out, by hand": held_out(shipped),
        "blind, by hand": {path.stem: by_part(shipped, classifier, path) for path in BLIND},
        "looked at, by hand": {path.stem: by_part(shipped, classifier, path) for path in LOOKED_AT},
        "languages": by_language(rows, decisions, tops),
        "techniques": by_technique(shipped, rows),
        "peers": peers([rows[i] for i in public], [decisions[i] for i in public], filters),
    }


def decide(judge: Judge, text: str) -> Decision:
    """What the gate says to one prompt."""
    return judge.decide(REQUEST, {"prompt": text})


def stopped(decision: Decision) -> bool:
    """Refused, or sent to review."""
    return decision.action is not Action.ALLOW


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


def totals(judged: Sequence[Row_]) -> dict[str, float]:
    """Precision, recall and false positives over the rows that are labelled by their text."""
    told = [(row.category is not None, stopped(decision)) for row, decision in judged if row.weight]
    true = sum(harmful and hit for harmful, hit in told)
    false = sum(not harmful and hit for harmful, hit in told)
    harmful = sum(harmful for harmful, _ in told)
    return {
        "precision": round(true / max(true + false, 1), 4),
        "recall": round(true / max(harmful, 1), 4),
        "false_positive_rate": round(false / max(len(told) - harmful, 1), 4),
    }


def by_set(rows: Sequence[Row], decisions: Sequence[Decision]) -> list[dict[str, Any]]:
    """Rates of each set, harmful and harmless apart, with what stopped harmless ones; our own by language elsewhere."""
    table = []
    for name in sorted({row.source for row in rows}):
        for harmful in (False, True):
            own = [
                decision
                for row, decision in zip(rows, decisions, strict=True)
                if row.source == name and (row.category is not None) is harmful
            ]
            if not own:
                continue
            entry: dict[str, Any] = {"set": name, "label": "harmful" if harmful else "harmless", **rates(own)}
            entry["source_held_out_whole"] = name.split("/", 1)[-1] in WHOLE_SOURCES
            if not harmful:
                rules = [d.decisive[0].rule.value for d in own if stopped(d) and d.decisive]
                entry["stopped_by_rule"] = {rule: rules.count(rule) for rule in sorted(set(rules))}
            table.append(entry)
    return table


def auc(tops: NDArray[np.float64], rows: Sequence[Row], chosen: Any) -> float | None:
    """AUC of the highest category score between the harmful and the harmless rows chosen."""
    some = [index for index, row in enumerate(rows) if chosen(row)]
    labels = [rows[index].category is not None for index in some]
    return round(float(roc_auc_score(labels, tops[some])), 4) if len(set(labels)) == 2 else None


def by_category(rows: Sequence[Row], decisions: Sequence[Decision]) -> dict[str, dict[str, Any]]:
    """For each category: stopped at all, and stopped for that very category; rows labelled by their text."""
    table: dict[str, dict[str, Any]] = {}
    for category in sorted({row.category for row in rows if row.category}):
        for origin in ("public", "written"):
            own = [
                decision
                for row, decision in zip(rows, decisions, strict=True)
                if row.category is category and row.weight and (row.source == "written") is (origin == "written")
            ]
            named = sum(any(f.category is category and f.action is not Action.ALLOW for f in d.findings) for d in own)
            if own:
                table.setdefault(category.value, {})[origin] = {**rates(own), "named": round(named / len(own), 4)}
    return table


def naming(rows: Sequence[Row], decisions: Sequence[Decision]) -> dict[str, dict[str, float]]:
    """How well the classifier's reasons fit: kinds of harm that it names for a harmful prompt that it stops.

    A row has one label, though some prompts are harmful in two ways, so precision has its limit below one.
    """
    table = {}
    for origin in ("public", "written"):
        named = [
            (row.category, {f.category for f in decision.findings if f.rule is Rule.SCORE})
            for row, decision in zip(rows, decisions, strict=True)
            if row.category and row.weight and (row.source == "written") is (origin == "written")
        ]
        named = [(category, kinds) for category, kinds in named if kinds]
        right, count = sum(category in kinds for category, kinds in named), sum(len(kinds) for _, kinds in named)
        table[origin] = {
            "prompts": len(named),
            "categories named per prompt": round(count / max(len(named), 1), 3),
            "label among them": round(right / max(len(named), 1), 4),
            "precision": round(right / max(count, 1), 4),
        }
    return table


def held_out(judge: Judge) -> dict[str, dict[str, dict[str, float]]]:
    """Rates of video prompts that were written by hand to measure by, by file and by what they show."""
    table = {}
    for path in HELD_OUT:
        prompts: dict[str, list[str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
        table[path.stem] = {kind: rates([decide(judge, text) for text in texts]) for kind, texts in prompts.items()}
    return table


def by_part(judge: Judge, classifier: PromptClassifier, path: Path) -> dict[str, dict[str, Any]]:
    """Rates of a file of prompts that were written by hand to measure by, by part, and AUC of the score."""
    parts: dict[str, dict[str, list[str]]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    table = {}
    for part, texts in parts.items():
        labels = [label == "harmful" for label, own in texts.items() for _ in own]
        tops = [top(classifier, text) for own in texts.values() for text in own]
        entry: dict[str, Any] = {label: rates([decide(judge, t) for t in own]) for label, own in texts.items()}
        table[part] = {**entry, "auc": round(float(roc_auc_score(labels, tops)), 4)}
    return table


def top(classifier: PromptClassifier, text: str) -> float:
    """The highest score of a prompt, whatever the category."""
    return max(score.value for score in classifier.scores(canonicalise(text)).values())


def by_language(
    rows: Sequence[Row], decisions: Sequence[Decision], tops: NDArray[np.float64]
) -> dict[str, dict[str, Any]]:
    """Rates of each language: public and written prompts, harmful and harmless apart, and AUC."""
    table: dict[str, dict[str, Any]] = {}
    for language in sorted({row.language for row in rows}):
        entry: dict[str, Any] = {"served": language in LANGUAGES}
        for origin in ("public", "written"):
            own = [
                (row, decision)
                for row, decision in zip(rows, decisions, strict=True)
                if row.language == language and row.weight and (row.source == "written") is (origin == "written")
            ]
            if own:
                entry[origin] = {
                    "harmless": rates([d for row, d in own if row.category is None]),
                    "harmful": rates([d for row, d in own if row.category is not None]),
                }
        entry["auc_harmful_against_public_harmless"] = auc(
            tops,
            rows,
            lambda row, code=language: (
                row.language == code and bool(row.weight) and (row.category is not None or is_plain(row))
            ),
        )
        table[language] = entry
    return table


def by_technique(judge: Judge, rows: Sequence[Row]) -> dict[str, float]:
    """Of harmful English prompts that are stopped plain, the share still stopped in each disguise."""
    candidates = [row.text for row in rows if row.category and row.language == "en" and row.weight]
    short = [text for text in candidates if len(text) < 300 and text.isascii()]
    plain = [t for t in Random(3).sample(short, min(2 * _DISGUISED, len(short))) if stopped(decide(judge, t))]
    plain = plain[:_DISGUISED]
    return {
        name: round(
            sum(stopped(decide(judge, mutation.apply(t, Random(i)))) for i, t in enumerate(plain)) / len(plain), 4
        )
        for name, mutation in MUTATIONS.items()
    }


def peers(rows: Sequence[Row], decisions: Sequence[Decision], filters: Mapping[str, Scorer]) -> dict[str, Any]:
    """The same rows through word filters and a plain baseline, beside the gate at the same places."""
    trusted = np.asarray([row.weight > 0 for row in rows])
    harmful = np.asarray([row.category is not None for row in rows])
    english = np.asarray([row.language == "en" for row in rows])
    plain = np.asarray([is_plain(row) for row in rows])
    contrast = np.asarray(["t2i_overt" in row.source for row in rows])
    hits = np.asarray([stopped(decision) for decision in decisions])
    groups = {
        "recall, English": english & harmful & trusted,
        "recall, other languages": ~english & harmful & trusted,
        "false positives, plain English": english & plain,
        "false positives, plain other languages": ~english & plain,
        "false positives, look harmful": contrast & ~harmful,
    }
    table: dict[str, Any] = {"touchmark": _shares(hits, groups)}
    texts = [row.text for row in rows]
    some = np.asarray(sorted(Random(11).sample(range(len(rows)), min(_FILTERED, len(rows)))))
    sampled = {name: chosen[some] for name, chosen in groups.items()}
    for name, score in filters.items():
        scores = score([texts[i] for i in some])
        shares = _shares(scores >= 0.5, sampled)
        table[name] = {**shares, "auc, contrast": _auc(scores, harmful[some], contrast[some]), "prompts": len(some)}
    scores = tfidf_out_of_fold(rows)
    allowed = float(hits[groups["false positives, plain English"]].mean())
    threshold = np.quantile(scores[groups["false positives, plain English"]], 1 - allowed)
    table["plain TF-IDF"] = {**_shares(scores > threshold, groups), "auc, contrast": _auc(scores, harmful, contrast)}
    return table


def _shares(hits: NDArray[np.bool_], groups: dict[str, NDArray[np.bool_]]) -> dict[str, float]:
    return {name: round(float(hits[rows].mean()), 4) for name, rows in groups.items()}


def _auc(scores: NDArray[np.float64], harmful: NDArray[np.bool_], among: NDArray[np.bool_]) -> float:
    return round(float(roc_auc_score(harmful[among], scores[among])), 4)


def print_summary(results: dict[str, Any]) -> None:
    """What a person looks at first."""
    print(results["totals"], results["auc"])
    for entry in results["sets"]:
        print(f"{entry['set'][:48]:48} {entry['label']:9}{entry['prompts']:6} stopped {entry['stopped']:.3f}")
    print(results["techniques"])
    for name, figures in results["peers"].items():
        print(f"{name:20} {figures}")


if __name__ == "__main__":
    main()
