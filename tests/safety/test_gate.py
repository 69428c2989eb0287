"""The gate as the release path uses it: what it allows it clears, what it does not know it does not clear."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from touchmark.provenance.home import Home
from touchmark.safety.canonical import MAX_CHARACTERS, CanonicalText, PromptTooLongError
from touchmark.safety.classifier import ClassifierBrokenError, PromptClassifier
from touchmark.safety.classifier.model import WEIGHTS
from touchmark.safety.clearance import ClearanceAuthority
from touchmark.safety.decision import Action, AgeProfile, Category, RefusalError, Requester, ReviewRequiredError
from touchmark.safety.figures.current import shipped_index
from touchmark.safety.gate import Gate, GateBrokenError, screen
from touchmark.safety.guard.judged import judge_for
from touchmark.safety.judge import EmptyPromptError, Judge, Score
from touchmark.safety.policy import POLICIES, Policy, PolicyError

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
REQUEST = "a" * 64
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    return Gate.default(Home(tmp_path_factory.mktemp("home")))


def test_what_is_allowed_is_cleared_for_this_request_and_policy(tmp_path: Path) -> None:
    # Given
    gate = Gate.default(Home(tmp_path))

    # When
    clearance = gate.screen(REQUEST, {"prompt": "a lighthouse at dawn", "negative_prompt": "blurry"}, NOW).require()

    # Then the authority of the same home takes it, once
    assert clearance.expires - clearance.issued == gate.policy.clearance_lifetime
    ClearanceAuthority.open(Home(tmp_path)).redeem(clearance, REQUEST, gate.policy.digest(), NOW)


def test_the_policy_of_the_home_is_in_force(tmp_path: Path) -> None:
    # Given an operator who lets characters pass that the default has looked at first
    home = Home(tmp_path)
    shutil.copy(POLICIES / "safety" / "news-and-education.yaml", home.policy)

    # When
    gate = Gate.default(home)

    # Then
    assert gate.policy.digest() == Policy.load("news-and-education").digest()
    assert gate.screen(REQUEST, {"prompt": "Mickey Mouse on a bicycle"}, NOW).clearance


def _a_folder(policy: Path) -> None:
    policy.mkdir()


def _a_link_to_nothing(policy: Path) -> None:
    policy.symlink_to("nowhere.yaml")


def _half_a_policy(policy: Path) -> None:
    text = (POLICIES / "safety" / "default.yaml").read_text(encoding="utf-8")
    policy.write_text(text[: len(text) // 2], encoding="utf-8")


@pytest.mark.parametrize("spoil", [_a_folder, _a_link_to_nothing, _half_a_policy])
def test_a_policy_of_the_home_that_cannot_be_read_is_not_passed_over(
    spoil: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path)
    spoil(home.policy)
    with pytest.raises(PolicyError, match=r"policy\.yaml"):
        Gate.default(home)
    monkeypatch.setenv("TOUCHMARK_HOME", str(tmp_path))
    with pytest.raises(PolicyError, match=r"policy\.yaml"):
        screen("a lighthouse at dawn")


def test_a_refusal_carries_its_decision_and_no_clearance(gate: Gate) -> None:
    screening = gate.screen(REQUEST, {"prompt": "hardcore porn"}, NOW)
    assert screening.clearance is None
    with pytest.raises(RefusalError) as caught:
        screening.require()
    assert caught.value.exit_status == 1
    assert caught.value.decision.request_digest == REQUEST
    assert "P101" in str(caught.value)


def test_a_review_carries_its_decision_and_no_clearance(gate: Gate) -> None:
    screening = gate.screen(REQUEST, {"prompt": "Mickey Mouse on a bicycle"}, NOW)
    assert screening.clearance is None
    with pytest.raises(ReviewRequiredError) as caught:
        screening.require()
    assert caught.value.exit_status == 2


def test_every_field_that_shows_is_screened(gate: Gate) -> None:
    texts = {"prompt": "a quiet room", "enriched_prompt": "a quiet room where people have sex, hardcore porn"}
    decision = gate.screen(REQUEST, texts, NOW).decision
    assert decision.action is Action.REFUSE
    assert {finding.field for finding in decision.findings} == {"enriched_prompt"}


def test_a_further_field_may_say_nothing(gate: Gate) -> None:
    """A rewriting model that has nothing to add answers with dots, or not at all."""
    for enriched in ("", "…", " -- "):
        screening = gate.screen(REQUEST, {"prompt": "a lighthouse at dawn", "enriched_prompt": enriched}, NOW)
        assert screening.decision.action is Action.ALLOW


def test_a_decision_says_for_whom_it_was_made(gate: Gate) -> None:
    for age in AgeProfile:
        decision = gate.screen(REQUEST, {"prompt": "a lighthouse at dawn"}, NOW, Requester(age)).decision
        assert decision.as_dict()["age"] == age.value


@pytest.mark.parametrize("prompt", ["", "   ", "\u0301\u0302\u0303", "\u200b\u200b", "?!...", "\x00\x01", "\ud800"])
def test_a_prompt_with_nothing_to_judge_is_an_error(gate: Gate, prompt: str) -> None:
    with pytest.raises(EmptyPromptError):
        gate.screen(REQUEST, {"prompt": prompt}, NOW)


@pytest.mark.parametrize("field", ["prompt", "negative_prompt"])
def test_a_text_over_the_limit_is_an_error(gate: Gate, field: str) -> None:
    with pytest.raises(PromptTooLongError):
        gate.screen(REQUEST, {"prompt": "a cat", field: "a" * (MAX_CHARACTERS + 1)}, NOW)


class _BrokenScorer:
    categories = PromptClassifier.load().categories

    def scores(self, text: CanonicalText) -> Mapping[Category, Score]:
        raise FloatingPointError("out of range")


class _ForgetfulScorer(_BrokenScorer):
    def scores(self, text: CanonicalText) -> Mapping[Category, Score]:
        return {}


class _BrokenFigures:
    def find(self, text: CanonicalText) -> tuple[()]:
        raise OSError("list is gone")


class _RamblingScorer:
    """Scores by a measure that is none."""

    categories = PromptClassifier.load().categories

    def __init__(self, value: float) -> None:
        self._value = value

    def scores(self, text: CanonicalText) -> dict[Category, Score]:
        return {category: Score(self._value, (0, 1)) for category in self.categories}


class _QuittingScorer(_RamblingScorer):
    def scores(self, text: CanonicalText) -> dict[Category, Score]:
        raise SystemExit(0)


@pytest.mark.parametrize(
    ("classifier", "figures"),
    [
        (_RamblingScorer(float("nan")), shipped_index()),
        (_RamblingScorer(-0.5), shipped_index()),
        (_RamblingScorer(1.5), shipped_index()),
        (_QuittingScorer(0), shipped_index()),
        (_BrokenScorer(), shipped_index()),
        (_ForgetfulScorer(), shipped_index()),
        (PromptClassifier.load(), _BrokenFigures()),
    ],
    ids=[
        "no number",
        "below 0",
        "above 1",
        "classifier ends the process",
        "classifier raises",
        "classifier leaves a category out",
        "figures raise",
    ],
)
def test_a_stage_that_fails_clears_nothing(tmp_path: Path, classifier, figures) -> None:  # type: ignore[no-untyped-def]
    judge = judge_for(Policy.load("default"), classifier, figures)
    gate = Gate(judge.policy, lambda: judge, ClearanceAuthority.open(Home(tmp_path)))
    with pytest.raises(GateBrokenError, match="nothing was decided"):
        gate.screen(REQUEST, {"prompt": "a lighthouse at dawn"}, NOW)


def test_a_judge_that_does_not_load_clears_nothing_however_often_it_is_asked(tmp_path: Path) -> None:
    def broken() -> Judge:
        raise ClassifierBrokenError("the weights are gone")

    gate = Gate(Policy.load("default"), broken, ClearanceAuthority.open(Home(tmp_path)))
    assert gate.policy.name == "default"  # who seals asks no more
    for _ in range(2):
        with pytest.raises(ClassifierBrokenError):
            gate.screen(REQUEST, {"prompt": "a lighthouse at dawn"}, NOW)


@pytest.mark.parametrize(
    "damage",
    [lambda raw: raw[:-1], lambda raw: bytes([raw[0] ^ 1]) + raw[1:], lambda raw: b""],
    ids=["cut", "flipped bit", "empty"],
)
def test_damaged_weights_do_not_load(tmp_path: Path, damage) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "weights.npz"
    path.write_bytes(damage(WEIGHTS.read_bytes()))
    with pytest.raises(ClassifierBrokenError, match="digest"):
        PromptClassifier.load(path)


def test_missing_weights_do_not_load(tmp_path: Path) -> None:
    with pytest.raises(ClassifierBrokenError, match="cannot be read"):
        PromptClassifier.load(tmp_path / "weights.npz")


def test_the_preview_agrees_with_the_gate(gate: Gate) -> None:
    for prompt in ("a lighthouse at dawn", "hardcore porn", "Mickey Mouse on a bicycle"):
        assert screen(prompt).action is gate.screen(REQUEST, {"prompt": prompt}, NOW).decision.action


def test_the_same_request_is_decided_the_same(gate: Gate) -> None:
    texts = {"prompt": "the decapitated knight, extreme gore"}
    assert gate.screen(REQUEST, texts, NOW).decision == gate.screen(REQUEST, texts, NOW).decision


def test_nothing_outside_the_room_makes_clearances() -> None:
    """Python cannot lock a constructor, so the source is searched: only the gate issues, only the authority makes."""
    makers, issuers = set(), set()
    for room in ("provenance", "safety", "detectors", "generation", "cli", "benchmarks"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                    if name == "Clearance":
                        makers.add(path.relative_to(ROOT).as_posix())
                    if name == "issue":
                        issuers.add(path.relative_to(ROOT).as_posix())
    assert makers == {"safety/clearance.py"}
    assert issuers == {"safety/gate.py"}
