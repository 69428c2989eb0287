"""Policies are read strictly, say where they are wrong, and decide their own examples as they claim."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from touchmark.safety.decision import Action, AgeProfile, Category, Severity
from touchmark.safety.examples import failing
from touchmark.safety.gate import judge_of
from touchmark.safety.language import LanguageGroup
from touchmark.safety.lexicon import Lexicon, LexiconFile
from touchmark.safety.policy import POLICIES, Agreement, Example, FigureMode, Policy, PolicyError, Thresholds

DEFAULT = POLICIES / "safety" / "default.yaml"
SHIPPED = sorted(path.stem for path in (POLICIES / "safety").glob("*.yaml"))


@pytest.mark.parametrize("name", SHIPPED)
def test_every_example_of_a_policy_is_decided_as_it_says(name: str) -> None:
    failures = failing(judge_of(name))
    assert not failures, [(failure.example.prompt, failure.problem) for failure in failures]


def test_an_example_that_does_not_hold_is_reported() -> None:
    policy = Policy.load("default")
    wrong = Example(prompt="hardcore porn", expect=Action.ALLOW)
    elsewhere = Example(prompt="hardcore porn", expect=Action.REFUSE, category=Category.SELF_HARM)
    failures = failing(judge_of(policy.model_copy(update={"examples": (wrong, elsewhere)})))
    assert [failure.example for failure in failures] == [wrong, elsewhere]
    assert failures[0].problem.startswith("expected allow, got refuse")
    assert "sexual" in failures[0].problem


@pytest.mark.parametrize("name", SHIPPED)
def test_examples_show_every_action(name: str) -> None:
    assert {example.expect for example in Policy.load(name).examples} == set(Action)


@pytest.mark.parametrize("name", SHIPPED)
def test_examples_show_every_category_and_every_kind_of_text(name: str) -> None:
    policy = Policy.load(name)
    stopped = {rule.id for rule in policy.categories if rule.actions.medium is not Action.ALLOW}
    shown = {example.category for example in policy.examples}
    assert stopped - shown <= {Category.SEXUAL_MINORS}  # no such text is written: tests/safety/test_judge.py has scores
    assert any(example.negative_prompt for example in policy.examples)
    assert any(example.enriched_prompt for example in policy.examples)


def test_the_published_schema_is_the_one_in_force() -> None:
    published = json.loads((POLICIES / "safety" / "schema.json").read_text(encoding="utf-8"))
    assert published == Policy.file_schema(), (
        "regenerate: python -m touchmark.safety.policy > policies/safety/schema.json"
    )
    for name in SHIPPED:
        jsonschema.validate(yaml.safe_load((POLICIES / "safety" / f"{name}.yaml").read_text("utf-8")), published)


@pytest.mark.parametrize("path", sorted((POLICIES / "lexicons").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_lexicon_loads_under_its_own_name_and_fits_the_schema(path: Path) -> None:
    assert Lexicon.load(path.stem).name == path.stem
    published = json.loads((POLICIES / "lexicons" / "schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(yaml.safe_load(path.read_text("utf-8")), published)


def test_the_published_schema_of_lexicons_is_the_one_in_force() -> None:
    published = json.loads((POLICIES / "lexicons" / "schema.json").read_text(encoding="utf-8"))
    assert {k: v for k, v in published.items() if k != "$schema"} == LexiconFile.model_json_schema()


def test_the_rules_that_the_docs_show_are_rules_of_a_policy() -> None:
    page = (Path(__file__).parents[2] / "docs" / "gate.md").read_text(encoding="utf-8")
    shown = yaml.safe_load(page.partition("```yaml\n")[2].partition("```")[0])
    whole = yaml.safe_load(DEFAULT.read_text(encoding="utf-8"))
    own = {rule["id"]: rule for rule in whole["categories"]} | {rule["id"]: rule for rule in shown["categories"]}
    policy = Policy.model_validate({**whole, **shown, "categories": list(own.values())})
    gore = policy.rule(Category.VIOLENCE_GORE)
    assert gore.terms is not None and gore.terms.also.weak == ("butchery",)
    assert not failing(judge_of(policy))


def test_the_digest_covers_every_value_and_no_layout(tmp_path: Path) -> None:
    original = DEFAULT.read_text(encoding="utf-8")
    copy = tmp_path / "copy.yaml"

    def digest_of(text: str) -> str:
        copy.write_text(text, encoding="utf-8")
        return Policy.load(copy).digest()

    digest = Policy.load("default").digest()
    assert digest_of("# a comment\n" + original) == digest
    assert digest_of(original.replace("clearance_minutes: 15", "clearance_minutes: 16")) != digest
    assert digest_of(original.replace("embed_prompt: false", "embed_prompt: true")) != digest
    assert digest_of(original.replace("living: consent_only", "living: review")) != digest
    assert digest_of(original.replace("medium: 0.5", "medium: 0.51", 1)) != digest


def _replaced(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (_replaced("embed_prompt: false", "embed_prompt: false\nsecret_door: true"), "secret_door"),
        (_replaced("living: consent_only", "living: sometimes"), r"figures\.living"),
        (_replaced("prompt: P101", "prompt: sex"), r"categories\.0\.reason_codes\.prompt"),
        (_replaced("prompt: P102", "prompt: P101"), "given twice"),
        (_replaced("output: V102", "output: V101"), "given twice"),
        (_replaced("id: ncii", "id: sexual"), "missing: .*ncii"),
        (
            _replaced(
                "categories:\n",
                "categories:\n  - {id: sexual, title: again, reason_codes: {prompt: P999, output: V999}, "
                "thresholds: {}, reviewers: [moderators]}\n",
            ),
            "category given twice: ..sexual",
        ),
        (_replaced("clearance_minutes: 15", "clearance_minutes: 0"), "clearance_minutes"),
        (_replaced("thresholds: {any: {high: 0.2}}", "thresholds: {any: {medium: 0.3}}"), "cannot be turned off"),
        (_replaced("thresholds: {any: {high: 0.2}}", "thresholds: {}"), "cannot be turned off"),
        (_replaced("    terms: {lexicon: minors}\n", ""), "cannot be turned off"),
        (_replaced("{any: {high: 0.2}}", "{any: {high: 0.5}}"), None),
        *(
            (_replaced("{lexicon: minors}", f"{{lexicon: minors}}\n    actions: {actions}"), "be turned off")
            for actions in ("{high: review}", "{medium: allow, high: allow}", "{medium: allow}")
        ),
        (_replaced("lexicon: minors", "lexicon: '../minors'"), r"terms\.lexicon"),
        *(
            (_replaced("{any: {high: 0.2}}", f"{{any: {{high: 0.2}}, {group}: {{high: 0.51}}}}"), "be turned off")
            for group in ("english", "thai")
        ),
        (_replaced("{any: {high: 0.2}}", "{any: {high: 0.2}, thai: {medium: 0.2}}"), "be turned off"),
        (_replaced("{any: {high: 0.2}}", "{any: {high: 1.0}}"), "be turned off"),
        *(
            (_replaced("{lexicon: minors}", f"{{lexicon: {terms}}}"), "excuses none of it")
            for terms in ("inversions", "minors, also: {unless: [a word]}", "minors, also: {unless_followed_by: [a]}")
        ),
        *(
            (_replaced("{lexicon: inversions", f"{{lexicon: {other}"), "negative_prompt uses the lexicon inversions")
            for other in ("minors", "sexual", "living-artists")
        ),
        (_replaced("    thresholds: {}\n    terms: {lexicon: weapons-dangerous}\n", ""), "find nothing: ..weapons"),
        (_replaced("appeal: Ask", "appeal: '  ' # Ask"), "appeal"),
        (_replaced("figures:\n", "figures:\n  <<: {living: refuse}\n"), "merge keys"),
        (_replaced("  any: {medium: 0.5, high: 0.8}", "  any: {medium: 0.5}\n  any: {high: 0.8}"), "given twice"),
        (_replaced("  any: {medium: 0.5, high: 0.8}", "  english: {medium: 0.5}"), "'any'"),
        (_replaced("any: {medium: 0.5, high: 0.8}", "any: {medium: 0.9, high: 0.8}"), "must not fall"),
        (_replaced("any: {medium: 0.5, high: 0.8}", "any: {medium: 0.5, high: .nan}"), "less than or equal|greater"),
        (_replaced("teen: {medium: refuse, high: refuse}", "teen: {high: review}"), "teen must be as strict"),
        (_replaced("actions: {medium: refuse, high: refuse}", "actions: {medium: refuse, high: review}"), "milder"),
        (_replaced("reviewers: [moderators]", "reviewers: [moderators, anybody]"), "does not describe: .*anybody"),
        (_replaced("reviewers: [moderators]", "reviewers: []"), r"categories\.0\.reviewers"),
        (_replaced("{lexicon: self-harm}", "{lexicon: self-harm, also: {weak: ['(a+)+$']}}"), "backtracks for ever"),
        (_replaced("{lexicon: self-harm}", "{lexicon: self-harm, also: {weak: ['...']}}"), "one letter or digit"),
        (_replaced("name: default", "name: default\nname: other"), "given twice"),
        (_replaced("name: default", "name: &a default"), None),
        (_replaced("name: default\nversion: \"2026.12\"", "name: &a default\nversion: *a"), "aliases"),
        (lambda _: "- just\n- a list\n", "the whole file"),
        (lambda _: "", "the whole file"),
        (lambda _: "name: [unclosed", "not valid YAML"),
        (lambda _: "!!python/object/apply:os.system ['true']", "not valid YAML"),
        *(
            (_replaced("clearance_minutes: 15", f"clearance_minutes: {tagged}"), "tags are not read")
            for tagged in ("!!timestamp foo", '!!int ""', '!!float ""', "!!bool maybe", "!mine 15", "!!set {a}")
        ),
        (_replaced("clearance_minutes: 15", "clearance_minutes: yes"), "clearance_minutes"),
        (_replaced("clearance_minutes: 15", "clearance_minutes: '15'"), "clearance_minutes"),
        (_replaced("embed_prompt: false", "embed_prompt: 1"), "embed_prompt"),
        (_replaced("any: {medium: 0.5, high: 0.8}", "any: {medium: 0.5, high: yes}"), r"thresholds\.any\.high"),
        (_replaced("any: {medium: 0.5, high: 0.8}", "any: {medium: '0.5', high: 0.8}"), r"thresholds\.any\.medium"),
        (lambda _: "\x00", "not valid YAML"),
        (lambda _: "[" * 5000, "not valid YAML"),
        (lambda _: "a: " + "[" * 30 + "]" * 30, "nested deeper"),
        (lambda _: "- a\n" * 200_000, "more values"),
        (lambda _: "[a, b]: c", "a key is one word"),
        (lambda _: "clearance_minutes: " + "9" * 5000, "a number of over 40 characters"),
        (lambda _: "clearance_minutes: " + ":".join(["59"] * 300_000), "a number of over 40 characters"),
        (lambda _: "clearance_minutes: " + ":".join(["59"] * 300_000) + ".0", "a number of over 40 characters"),
        (lambda _: "version: 2026-99-99", "not valid YAML"),
        (lambda _: "x" * 1_000_001, "over 1 MB"),
    ],
)  # fmt: skip
def test_a_file_that_breaks_a_rule_is_refused_by_name(
    tmp_path: Path, change: Callable[[str], str], problem: str | None
) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(change(DEFAULT.read_text(encoding="utf-8")), encoding="utf-8")
    if problem is None:
        assert Policy.load(path).name == "default"
        return
    with pytest.raises(PolicyError, match=problem) as caught:
        Policy.load(path)
    assert str(path) in caught.value.subject
    assert caught.value.exit_status == 64


def test_an_error_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    text = DEFAULT.read_text(encoding="utf-8").replace("deceased: review", "deceased: maybe")
    path.write_text(text, encoding="utf-8")
    line = text[: text.index("deceased: maybe")].count("\n") + 1
    with pytest.raises(PolicyError) as caught:
        Policy.load(path)
    assert caught.value.subject.endswith(f":{line}")


@pytest.mark.parametrize(
    "source",
    [
        "no-such-policy",
        "no/such/file.yaml",
        Path("/"),
        "x" * 5000,
        "",
        "..",
        "a\0b",
        "\ud800",
        "a\0/b",
        "x" * 5000 + ".yaml",
    ],
)
def test_a_policy_that_is_not_there_is_named(source: str | Path) -> None:
    with pytest.raises(PolicyError):
        Policy.load(source)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_bytes("name: café".encode("latin-1"))
    with pytest.raises(PolicyError, match="UTF-8"):
        Policy.load(path)


def test_thresholds_on_a_category_nobody_scores_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    changed = _replaced("    title: Public figures\n", "    title: Public figures\n    thresholds: {}\n")
    path.write_text(changed(DEFAULT.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(PolicyError, match="does not score"):
        judge_of(path)


def test_a_lexicon_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(_replaced("lexicon: illegal", "lexicon: unheard-of")(DEFAULT.read_text("utf-8")), "utf-8")
    with pytest.raises(PolicyError, match="cannot be read") as caught:
        judge_of(path)
    assert "unheard-of" in caught.value.subject


def test_a_policy_may_bring_words_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    own = "{lexicon: illegal, also: {strong: [moonlit heist], unless: [moonlit heist museum]}}"
    path.write_text(_replaced("{lexicon: illegal}", own)(DEFAULT.read_text("utf-8")), "utf-8")
    judge = judge_of(path)
    assert judge.decide("0" * 64, {"prompt": "a m00nlit h-e-i-s-t of cakes"}).action is Action.REFUSE
    assert judge.decide("0" * 64, {"prompt": "the moonlit heist museum"}).action is Action.ALLOW
    assert judge_of("default").decide("0" * 64, {"prompt": "a moonlit heist of cakes"}).action is Action.ALLOW


@settings(max_examples=200, derandomize=True)
@given(st.floats(0, 1), st.floats(0.01, 1), st.floats(0.01, 1), st.floats(0.01, 1))
def test_a_higher_score_is_never_milder(score: float, first: float, second: float, third: float) -> None:
    low, medium, high = sorted((first, second, third))
    limits = Thresholds(low=low, medium=medium, high=high)
    severity = limits.severity(score)
    rank = -1 if severity is None else severity.rank
    assert rank == sum(score >= least for least in (low, medium, high)) - 1


def test_a_prompt_in_two_languages_meets_the_stricter_threshold() -> None:
    shipped = Policy.load("default")
    stricter = {**shipped.thresholds, LanguageGroup.CYRILLIC: Thresholds(medium=0.35, high=0.55)}
    policy = shipped.model_copy(update={"thresholds": stricter})
    rule = policy.rule(Category.SEXUAL)
    alone, mixed = frozenset({LanguageGroup.ENGLISH}), frozenset({LanguageGroup.ENGLISH, LanguageGroup.CYRILLIC})
    for score, one, both in ((0.4, None, Severity.MEDIUM), (0.6, Severity.MEDIUM, Severity.HIGH)):
        assert policy.severity(rule, score, alone) is one
        assert policy.severity(rule, score, mixed) is both


def test_what_is_said_of_a_category_counts_before_what_is_said_of_all_and_a_language_before_the_others() -> None:
    english, cyrillic, thai = LanguageGroup.ENGLISH, LanguageGroup.CYRILLIC, LanguageGroup.THAI
    shared = {"any": Thresholds(medium=0.5), cyrillic: Thresholds(low=0.2)}
    policy = Policy.load("default").model_copy(update={"thresholds": shared})
    own = {"any": Thresholds(medium=0.3), thai: Thresholds(low=0.1, high=0.9)}
    for of_its_own, least, expected in (
        (own, 0.1, {thai: own[thai], cyrillic: own["any"], english: own["any"]}),
        ({}, 0.2, {thai: shared["any"], cyrillic: shared[cyrillic], english: shared["any"]}),
    ):
        rule = policy.rule(Category.SEXUAL).model_copy(update={"thresholds": of_its_own})
        assert {group: policy.limits(rule, frozenset({group})) for group in expected} == {
            group: (limits,) for group, limits in expected.items()
        }
        assert policy.least(rule) == least
    unscored = policy.rule(Category.SEXUAL).model_copy(update={"thresholds": None})
    assert policy.limits(unscored, frozenset({english})) == ()


def test_terms_of_a_category_that_is_not_scored_ask_for_no_agreement() -> None:
    policy = Policy.load("default").model_copy(update={"agreement": Agreement(strong=0.4)})
    rule = policy.rule(Category.WEAPONS_DANGEROUS)
    assert policy.agreement_on(rule) == policy.agreement
    assert policy.agreement_on(rule.model_copy(update={"thresholds": None})) == Agreement()


def test_only_users_under_age_are_judged_as_such() -> None:
    rule = Policy.load("default").rule(Category.SEXUAL)
    assert rule.teen is not None
    for severity in Severity:
        assert rule.action(severity, AgeProfile.TEEN) is rule.teen.of(severity)
        assert rule.action(severity, AgeProfile.ADULT) is rule.actions.of(severity)
    assert rule.teen != rule.actions


@pytest.mark.parametrize("group", LanguageGroup)
@pytest.mark.parametrize("age", AgeProfile)
def test_no_score_is_judged_milder_for_teens_than_by_default(group: LanguageGroup, age: AgeProfile) -> None:
    default, teen = Policy.load("default"), Policy.load("strict-teen")

    def action(policy: Policy, category: Category, score: float) -> Action:
        rule = policy.rule(category)
        severity = policy.severity(rule, score, frozenset({group}))
        return rule.action(severity, age) if severity else Action.ALLOW

    milder = [
        (rule.id, hundredths)
        for rule in default.categories
        for hundredths in range(101)
        if action(teen, rule.id, hundredths / 100).severity < action(default, rule.id, hundredths / 100).severity
    ]
    assert not milder


@pytest.mark.parametrize(
    ("mode", "without", "with_consent"),
    [
        (FigureMode.REFUSE, Action.REFUSE, Action.REFUSE),
        (FigureMode.REVIEW, Action.REVIEW, Action.REVIEW),
        (FigureMode.CONSENT_ONLY, Action.REFUSE, Action.ALLOW),
        (FigureMode.ALLOW_LABELLED, Action.ALLOW, Action.ALLOW),
    ],
)
def test_consent_opens_one_mode_and_no_other(mode: FigureMode, without: Action, with_consent: Action) -> None:
    assert mode.action(consented=False) is without
    assert mode.action(consented=True) is with_consent


def test_every_category_has_a_rule() -> None:
    policy = Policy.load("default")
    assert [policy.rule(category).id for category in Category] == list(Category)
