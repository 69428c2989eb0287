"""A safety policy: which prompts are refused, which a person looks at first, and with what codes. Data, not code.

    policy = Policy.load("default")          # or a path to a YAML file, or in_force(home)
    policy.digest()                          # what a clearance and a ledger entry are bound to

A category says how severe a score or a term is (``thresholds``, ``terms``), what each severity leads to (``actions``,
and ``teen`` for users under age), which codes name it and who may review it. A file is read strictly: unknown keys,
missing categories, duplicate keys and rules that contradict each other are errors that name file, line and rule.
Every policy carries examples with the decision it must give; ``touchmark policy test`` runs them. This module holds no
rule itself: ``safety/judge.py`` applies what is written here.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from touchmark.provenance.home import Home
from touchmark.safety.decision import Action, AgeProfile, Category, Severity
from touchmark.safety.document import POLICIES, PolicyError, Strict, Terms, read_yaml, validated
from touchmark.safety.language import LanguageGroup
from touchmark.safety.lexicon import Strength
from touchmark.safety.stages import GuardRule, OutputRule
from touchmark.safety.thresholds import Thresholds

__all__ = ["POLICIES", "Policy", "PolicyError", "Thresholds"]

DEFAULT = "default"
"""The policy that ships for a general audience."""

_FOLDER = POLICIES / "safety"
_Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
_Share = Annotated[float, Field(ge=0, le=1, strict=True)]
"""Strict, since YAML reads "yes" as true, and true as a number is 1."""
_INVERSIONS = "inversions"
"""The lexicon of what a negative prompt must not push out, which no policy replaces either."""
_MINORS = "minors"
"""The lexicon of words for minors, which no policy replaces."""
_MOST_FOR_MINORS = 0.5
"""Of the sexual score, beside a word for a minor: what any policy refuses, whatever it allows adults."""
_FOUND_OTHERWISE = frozenset({Category.PUBLIC_FIGURES, Category.UNREADABLE})
_ByLanguage = Mapping[LanguageGroup | Literal["any"], Thresholds]


class FigureMode(StrEnum):
    """What happens to a prompt that names a public figure."""

    REFUSE = "refuse"
    REVIEW = "review"
    CONSENT_ONLY = "consent_only"
    """Refused, unless the figure, or who holds their rights, agreed to this use; then allowed with a label."""
    ALLOW_LABELLED = "allow_labelled"
    """Allowed, with a finding of which the release says that the video is to be labelled, if no profile labels it."""

    def action(self, *, consented: bool) -> Action:
        """The action of a finding under this mode."""
        match self:
            case FigureMode.CONSENT_ONLY:
                return Action.ALLOW if consented else Action.REFUSE
            case FigureMode.ALLOW_LABELLED:
                return Action.ALLOW
            case _:
                return Action(self.value)


class Actions(Strict):
    """What each severity leads to."""

    low: Action = Action.ALLOW
    medium: Action = Action.REVIEW
    high: Action = Action.REFUSE

    @model_validator(mode="after")
    def _ordered(self) -> Actions:
        if not self.low.severity <= self.medium.severity <= self.high.severity:
            raise ValueError("actions must not grow milder from low to high")
        return self

    def of(self, severity: Severity) -> Action:
        """The action for a severity."""
        return {Severity.LOW: self.low, Severity.MEDIUM: self.medium, Severity.HIGH: self.high}[severity]


class Agreement(Strict):
    """How high the classifier must score a prompt, in the category where it scores highest, for a term to count.

    Attributes:
        strong, weak: for strong and for weak terms; 0 for terms that count by themselves.
        asked: for either, at least, in a question about a thing that asks to see nothing (:mod:`.asking`).
    """

    strong: _Share = 0.0
    weak: _Share = 0.0
    asked: _Share = 0.0

    def least(self, strength: Strength, *, asked: bool) -> float:
        """The score from which a term counts, in a question or elsewhere."""
        least = self.strong if strength is Strength.STRONG else self.weak
        return max(least, self.asked) if asked else least


class TermRule(Strict):
    """Which words speak for a category, and how severe they are.

    Attributes:
        lexicon: a list of ``policies/lexicons``.
        strong, weak: the severity of its strong and weak terms.
        agreement: the score that must agree, in place of the policy's own.
        also: words of this policy's own, which ask for no agreement.
    """

    lexicon: _Slug
    strong: Severity = Severity.HIGH
    weak: Severity = Severity.MEDIUM
    agreement: Agreement | None = None
    also: Terms = Terms()


class ReasonCodes(Strict):
    """Stable, so that statistics over years compare: ``P`` for what a prompt asks for, ``V`` for what a video shows."""

    prompt: Annotated[str, Field(pattern=r"^P[0-9]{3}$")]
    output: Annotated[str, Field(pattern=r"^V[0-9]{3}$")]


class CategoryRule(Strict):
    """One category of the policy.

    Attributes:
        id: which category.
        title: for reviewers and pages.
        reason_codes: one for prompts, one for outputs.
        reviewers: the groups of ``Policy.reviewers`` who may decide about it.
        actions: what each severity leads to.
        teen: the same for users under age, where stricter.
        thresholds: when the classifier's score counts, by group of languages; ``any`` for the groups not named. What is
            not given here is taken from the policy's own; absent altogether, the category is not scored. For
            ``sexual-minors`` they apply to the score for ``sexual`` in a request that mentions minors.
        terms: words that speak for the category.
    """

    id: Category
    title: Annotated[str, Field(min_length=1, max_length=80)]
    reason_codes: ReasonCodes
    reviewers: Annotated[tuple[_Slug, ...], Field(min_length=1)]
    actions: Actions = Actions()
    teen: Actions | None = None
    thresholds: _ByLanguage | None = None
    terms: TermRule | None = None

    @model_validator(mode="after")
    def _teens_are_not_allowed_more(self) -> CategoryRule:
        if self.teen and any(self.teen.of(s).severity < self.actions.of(s).severity for s in Severity):
            raise ValueError("teen must be as strict as actions at every severity, or stricter")
        return self

    @property
    def finds_nothing(self) -> bool:
        """Whether nothing in a prompt can speak for the category; names and codes are found without terms."""
        return self.thresholds is None and self.terms is None and self.id not in _FOUND_OTHERWISE

    def action(self, severity: Severity, age: AgeProfile) -> Action:
        """What a severity leads to for a user of this age."""
        actions = self.teen if age is AgeProfile.TEEN and self.teen else self.actions
        return actions.of(severity)


class FigureRule(Strict):
    """Modes for public figures, by whether they live and what they asked for.

    Attributes:
        living: people alive at the date of the list.
        deceased: people who died within living memory, whose families and estates are around.
        historical: people of the past.
        opted_out: whoever asked not to be shown, themselves or through their estate; living or not.
    """

    living: FigureMode
    deceased: FigureMode
    historical: FigureMode
    opted_out: FigureMode = FigureMode.REFUSE


class NegativeRule(Strict):
    """Negative prompts may name any harm, to keep it out. What they must not push out is clothing.

    Attributes:
        lexicon: words of clothing and decency.
        severity: how severe such a word is, in the category ``sexual``.
    """

    lexicon: _Slug = _INVERSIONS
    severity: Severity = Severity.MEDIUM


class Example(Strict):
    """A request and the decision this policy must give it.

    Attributes:
        prompt, negative_prompt, enriched_prompt: the texts of the request; the last is what a rewriting model made.
        expect: the action.
        category: one that must be among the decisive findings.
        age: who asks.
        consents: ids of figures who agreed.
    """

    prompt: Annotated[str, Field(min_length=1)]
    expect: Action
    category: Category | None = None
    negative_prompt: str = ""
    enriched_prompt: str = ""
    age: AgeProfile = AgeProfile.ADULT
    consents: tuple[_Slug, ...] = ()


class Policy(Strict):
    """One safety policy, whole.

    Attributes:
        name, version: shown in decisions and manifests; the digest is what binds.
        description: one paragraph for whoever chooses between policies.
        appeal: one sentence for users: whom to ask when a decision seems wrong.
        clearance_minutes: how long an allowed request may wait for its render.
        embed_prompt: whether the prompt's text, rather than its digest, goes into the manifest of the video.
        reviewers: the groups of people who review, and who they are.
        figures: modes for public figures.
        negative_prompt: what a negative prompt must not push out.
        thresholds: for every category that is scored and does not set its own.
        agreement: for the terms of every category that is scored and does not set its own: a word alone does not tell a
            film about harm from harm. Beside a word for a minor strong sexual terms count by themselves.
        categories: every :class:`Category` exactly once.
        guard: a guard model that reads prompts after everything else, if any.
        output: what looks at videos before they are published.
        examples: requests with the decision expected of this policy.
    """

    name: _Slug
    version: Annotated[str, Field(min_length=1, max_length=32)]
    description: str
    appeal: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    clearance_minutes: Annotated[int, Field(ge=1, le=1440, strict=True)]
    embed_prompt: Annotated[bool, Field(strict=True)]
    reviewers: Annotated[Mapping[_Slug, str], Field(min_length=1)]
    figures: FigureRule
    negative_prompt: NegativeRule = NegativeRule()
    thresholds: _ByLanguage
    agreement: Agreement = Agreement()
    categories: tuple[CategoryRule, ...]
    guard: GuardRule | None = None
    output: OutputRule = OutputRule()
    examples: Annotated[tuple[Example, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _complete(self) -> Policy:
        listed = [rule.id for rule in self.categories]
        missing = [category.value for category in Category if category not in listed]
        if missing:
            raise ValueError(f"every category must be listed, so that none is off by oversight; missing: {missing}")
        _once("category", (category.value for category in listed))
        _once("reason code", (rule.reason_codes.prompt for rule in self.categories))
        _once("reason code", (rule.reason_codes.output for rule in self.categories))
        idle = [rule.id.value for rule in self.categories if rule.finds_nothing]
        if idle:
            raise ValueError(
                f"categories with neither thresholds nor terms find nothing: {idle}; to let one pass, say so in actions"
            )
        unknown = sorted({name for rule in self.categories for name in rule.reviewers} - set(self.reviewers))
        if unknown:
            raise ValueError(f"reviewers that the policy does not describe: {unknown}")
        if "any" not in self.thresholds:
            raise ValueError("thresholds need an entry 'any', for languages not named")
        if self.negative_prompt.lexicon != _INVERSIONS:
            # Another lexicon finds other words: clothes would be kept out of a picture, and only a diff would show it.
            raise ValueError(
                f"negative_prompt uses the lexicon {_INVERSIONS}; say how grave its words are by severity instead"
            )
        minors = self.rule(Category.SEXUAL_MINORS)
        if minors.thresholds is None or "any" not in minors.thresholds or minors.terms is None:
            raise ValueError("sexual-minors needs thresholds.any and terms; this category cannot be turned off")
        if any(limits.high is None for limits in minors.thresholds.values()):
            raise ValueError("sexual-minors needs a threshold for high; this category cannot be turned off")
        if any(limits.high > _MOST_FOR_MINORS for limits in minors.thresholds.values() if limits.high is not None):
            raise ValueError(f"sexual-minors counts from {_MOST_FOR_MINORS} or less; it cannot be turned off")
        if minors.terms.lexicon != _MINORS or minors.terms.also.unless or minors.terms.also.unless_followed_by:
            raise ValueError(
                f"sexual-minors uses the lexicon {_MINORS}, and excuses none of it; it cannot be turned off"
            )
        if minors.actions.high is not Action.REFUSE or minors.actions.medium is Action.ALLOW:
            # The rule that combines refuses whatever stands here; hash banks, detectors and guard models do not.
            raise ValueError("sexual-minors is refused at high and not allowed at medium; it cannot be turned off")
        return self

    @classmethod
    def load(cls, source: str | Path) -> Policy:
        """Read a policy.

        Args:
            source: the name of a policy that ships (``"default"``), or the path of a YAML file.

        Raises:
            PolicyError: no such policy, or the file breaks a rule; says which, in which line.
        """
        path = _find(source)
        return validated(path, read_yaml(path), cls)

    @classmethod
    def file_schema(cls) -> dict[str, Any]:
        """The JSON schema of a policy file, as published in ``policies/safety/schema.json``."""
        return {"$schema": "https://json-schema.org/draft/2020-12/schema", **cls.model_json_schema()}

    def rule(self, category: Category) -> CategoryRule:
        """The rule of a category."""
        return next(rule for rule in self.categories if rule.id is category)

    def severity(self, rule: CategoryRule, score: float, groups: frozenset[LanguageGroup]) -> Severity | None:
        """How severe a score is in a text of these groups of languages: the severest that any of them says."""
        return max(
            filter(None, (limits.severity(score) for limits in self.limits(rule, groups))),
            key=lambda severity: severity.rank,
            default=None,
        )

    def limits(self, rule: CategoryRule, groups: frozenset[LanguageGroup]) -> tuple[Thresholds, ...]:
        """The thresholds in force for a category in a text of these groups of languages; none if it is not scored."""
        if rule.thresholds is None:
            return ()
        own, shared = rule.thresholds, self.thresholds
        return tuple(own.get(group) or own.get("any") or shared.get(group) or shared["any"] for group in sorted(groups))

    def least(self, rule: CategoryRule) -> float:
        """The lowest threshold that may be in force for a category; what scores less is severe in no language."""
        every = (*(rule.thresholds or {}).values(), *self.thresholds.values())
        return min(score for limits in every for score in (limits.low, limits.medium, limits.high) if score is not None)

    def agreement_on(self, rule: CategoryRule) -> Agreement:
        """The agreement in force for the terms of a category; terms of what is not scored count by themselves."""
        own = rule.terms.agreement if rule.terms else None
        return own or (Agreement() if rule.thresholds is None else self.agreement)

    @property
    def clearance_lifetime(self) -> timedelta:
        """``clearance_minutes`` as a duration."""
        return timedelta(minutes=self.clearance_minutes)

    def digest(self) -> str:
        """SHA-256 (hexadecimal) over the canonical JSON of everything in the policy."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(content.encode("ascii")).hexdigest()


def in_force(home: Home) -> str:
    """The policy of an operator, as :meth:`Policy.load` takes it: ``policy.yaml`` of the home, else ``default``.

    What stands there and cannot be read is no reason to fall back: loading it is then an error, and nothing is made.
    """
    return str(home.policy.absolute()) if os.path.lexists(home.policy) else DEFAULT


def shipped() -> tuple[str, ...]:
    """The names of the policies that ship, ``default`` first."""
    return tuple(sorted((path.stem for path in _FOLDER.glob("*.yaml")), key=lambda name: (name != DEFAULT, name)))


def _once(what: str, values: Iterable[str]) -> None:
    listed = list(values)
    twice = sorted({value for value in listed if listed.count(value) > 1})
    if twice:
        raise ValueError(f"{what} given twice: {twice}")


def _find(source: str | Path) -> Path:
    if isinstance(source, str) and "/" not in source and not source.endswith((".yaml", ".yml")):
        if source not in shipped():
            raise PolicyError(
                "there is no policy of this name",
                subject=ascii(source[:80]),
                remedy=f"Known: {', '.join(shipped())}; or a file whose name ends in .yaml.",
            )
        return _FOLDER / f"{source}.yaml"
    return Path(source)


if __name__ == "__main__":  # python -m touchmark.safety.policy > policies/safety/schema.json
    print(json.dumps(Policy.file_schema(), indent=2))
