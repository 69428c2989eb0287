"""Applies one policy to the texts of one request: views in, findings out, and the strictest of them decides.

    judge = Judge(policy, PromptClassifier.load(), FigureIndex.load())
    judge.decide(request.digest, {"prompt": "a lighthouse at dawn", "negative_prompt": "blurry"})

The same texts under the same policy always give the same decision. The judge hands out no permission (``gate.py``
does), remembers nothing, and has no opinion that is not in the policy, but for two rules no policy can loosen: words
for minors beside sexual content, and real people in content that harms them.

Negative prompts say what to keep *out* of the picture, so words for harm and names are welcome there. What is not:
pushing clothes out, which pulls nudity in. Such a negative prompt goes to review. (A caller whose sampler would turn
a negative prompt around, by a guidance below one, must pass it under another field name.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from touchmark.provenance.errors import TouchmarkError
from touchmark.safety.canonical import CanonicalText, canonicalise
from touchmark.safety.decision import Action, Category, Decision, Finding, Rule
from touchmark.safety.lexicon import Lexicon, Strength, TermMatch
from touchmark.safety.policy import Policy, PolicyError

if TYPE_CHECKING:
    from touchmark.safety.figures import FigureMatch

NEGATIVE_PROMPT = "negative_prompt"
"""The field whose text says what to keep out."""

_INVERSIONS = "inversions"
"""Lexicon of what a negative prompt must not push out."""

_HARMS_TO_A_PERSON = frozenset(
    {
        Category.SEXUAL,
        Category.NCII,
        Category.VIOLENCE_GORE,
        Category.HATE_HARASSMENT,
        Category.EXTREMISM,
        Category.DECEPTION_ELECTIONS,
        Category.ILLEGAL,
    }
)
_HARMS_TO_A_HISTORICAL_PERSON = frozenset({Category.SEXUAL, Category.NCII, Category.HATE_HARASSMENT})
"""History holds violence, and films about it show it."""


_AGE_OF_A_MINOR = re.compile(
    r"(?<!\d)(?:1[0-7]|[1-9])[ -]*(?:(?:years?|yrs?)[ -]*old|y/?o)\b|\bage[d:]? (?:1[0-7]|[1-9])\b"
)


class EmptyPromptError(TouchmarkError):
    """The prompt has no letter and no digit in any reading, so there is nothing that could be judged."""

    code: ClassVar[str] = "safety.prompt_empty"
    exit_status: ClassVar[int] = 64


@dataclass(frozen=True, slots=True)
class Score:
    """The classifier's opinion on one category.

    Attributes:
        value: calibrated, 0..1.
        span: in the original, the sentence or window that scored highest.
    """

    value: float
    span: tuple[int, int]


class Scorer(Protocol):
    """What the judge asks of a classifier."""

    @property
    def categories(self) -> frozenset[Category]:
        """The categories it scores."""

    def scores(self, text: CanonicalText) -> Mapping[Category, Score]:
        """One score for each of ``categories``; the highest over views, sentences and windows."""


class FigureFinder(Protocol):
    """What the judge asks of a list of public figures."""

    def find(self, text: CanonicalText) -> tuple[FigureMatch, ...]:
        """Every figure named in a text."""


class Judge:
    """A policy with everything it takes to apply it, loaded once, usable from many threads."""

    __slots__ = ("_classifier", "_figures", "_inversions", "_lexicons", "policy", "policy_digest")

    def __init__(self, policy: Policy, classifier: Scorer, figures: FigureFinder) -> None:
        """
        Raises:
            PolicyError: the policy sets a threshold on a category that the classifier does not score, or names a
                lexicon that is missing.
        """
        self.policy = policy
        self.policy_digest = policy.digest()
        self._classifier = classifier
        self._figures = figures
        self._lexicons = {r.id: Lexicon.load(r.terms.lexicon) for r in policy.categories if r.terms}
        self._inversions = Lexicon.load(_INVERSIONS)
        for rule in policy.categories:
            if rule.scores and rule.id not in classifier.categories | {Category.SEXUAL_MINORS}:
                raise PolicyError(
                    f"{rule.id.value}: scores: the classifier does not score this category",
                    subject=policy.name,
                    remedy="Remove the thresholds, or use terms.",
                )

    def decide(self, request_digest: str, texts: Mapping[str, str]) -> Decision:
        """Judge the texts of a request together.

        Args:
            request_digest: SHA-256 of the request; carried into the decision.
            texts: by field name; ``negative_prompt`` says what to keep out, every other field what to show.

        Raises:
            PromptTooLongError, EmptyPromptError
        """
        shown = {field: canonicalise(text) for field, text in texts.items() if field != NEGATIVE_PROMPT}
        if not any(c.isalnum() for text in shown.values() for view in text.views for c in view.text):
            raise EmptyPromptError(
                "the prompt has no letters or digits", subject="prompt", remedy="Describe what the video shows."
            )
        findings = [finding for field, text in shown.items() for finding in self._findings(field, text)]
        findings += self._combined(shown, findings)
        if texts.get(NEGATIVE_PROMPT):
            findings += self._inverted(canonicalise(texts[NEGATIVE_PROMPT]))
        findings.sort(key=lambda f: (-f.action.severity, -f.score, f.field, f.span))
        return Decision(
            action=findings[0].action if findings else Action.ALLOW,
            findings=tuple(findings),
            policy_name=self.policy.name,
            policy_digest=self.policy_digest,
            request_digest=request_digest,
        )

    def _findings(self, field: str, text: CanonicalText) -> Iterator[Finding]:
        scores = self._classifier.scores(text)
        for rule in self.policy.categories:
            if rule.id is Category.SEXUAL_MINORS:
                continue  # a word for a minor is no finding by itself; see _combined
            if rule.scores:
                score = scores[rule.id]
                action = rule.scores.action(score.value)
                if action is not Action.ALLOW:
                    why = f"The classifier scores this passage {score.value:.2f} for {rule.title.lower()}."
                    yield Finding(rule.id, action, field, score.span, rule.reason_code, score.value, Rule.SCORE, why)
            if rule.terms:
                for match in self._lexicons[rule.id].find(text):
                    action = rule.terms.strong if match.strength is Strength.STRONG else rule.terms.weak
                    why = f"“{match.term}” is a {match.strength.value} term of the lexicon {rule.terms.lexicon}."
                    yield Finding(rule.id, action, field, match.span, rule.reason_code, 1.0, Rule.TERM, why)
        for figure in self._figures.find(text):
            yield self._named(field, figure)

    def _named(self, field: str, match: FigureMatch) -> Finding:
        modes = {
            "living": self.policy.figures.living,
            "deceased": self.policy.figures.deceased,
            "historical": self.policy.figures.historical,
        }
        status = str(match.figure.status)
        mode = modes[status]
        return Finding(
            category=Category.PUBLIC_FIGURES,
            action=mode.action,
            field=field,
            span=match.span,
            reason_code=self.policy.rule(Category.PUBLIC_FIGURES).reason_code,
            score=match.score,
            rule=Rule.FIGURE,
            explanation=f"Names {match.figure.name}; for {status} figures the policy says {mode.value}.",
        )

    def _combined(self, shown: Mapping[str, CanonicalText], findings: list[Finding]) -> list[Finding]:
        return [*self._minors(shown, findings), *self._harmed_figures(shown, findings)]

    def _minors(self, shown: Mapping[str, CanonicalText], findings: list[Finding]) -> Iterator[Finding]:
        """A word for a minor in any field, sexual content in any field: refused."""
        rule = self.policy.rule(Category.SEXUAL_MINORS)
        lexicon = self._lexicons[rule.id]
        mentions = [
            (field, span)
            for field, text in shown.items()
            for span in (*(match.span for match in lexicon.find(text)), *_ages_of_minors(text))
        ]
        if not mentions:
            return
        score = max(self._classifier.scores(text)[Category.SEXUAL].value for text in shown.values())
        by_term = any(f.category in (Category.SEXUAL, Category.NCII) and f.rule is Rule.TERM for f in findings)
        by_score = rule.scores is not None and rule.scores.action(score) is Action.REFUSE
        if by_term or by_score:
            field, span = mentions[0]
            yield Finding(
                category=rule.id,
                action=Action.REFUSE,
                field=field,
                span=span,
                reason_code=rule.reason_code,
                score=1.0 if by_term else score,
                rule=Rule.MINOR_AND_SEXUAL,
                explanation="A word for a minor stands beside sexual content; this is refused under every policy.",
            )

    def _harmed_figures(self, shown: Mapping[str, CanonicalText], findings: list[Finding]) -> Iterator[Finding]:
        """A named person in content that the policy would at least review: refused, as that harm."""
        harms = [f for f in findings if f.category in _HARMS_TO_A_PERSON and f.action is not Action.ALLOW]
        if not harms:
            return
        for field, text in shown.items():
            for match in self._figures.find(text):
                historical = str(match.figure.status) == "historical"
                covered = _HARMS_TO_A_HISTORICAL_PERSON if historical else _HARMS_TO_A_PERSON
                worst = max((h for h in harms if h.category in covered), key=lambda h: h.score, default=None)
                if worst is None:
                    continue
                category = Category.NCII if worst.category is Category.SEXUAL else worst.category
                yield Finding(
                    category=category,
                    action=Action.REFUSE,
                    field=field,
                    span=match.span,
                    reason_code=self.policy.rule(category).reason_code,
                    score=worst.score,
                    rule=Rule.FIGURE_AND_HARM,
                    explanation=f"Puts {match.figure.name}, a real person, into {worst.category.value} content.",
                )

    def _inverted(self, negative: CanonicalText) -> Iterator[Finding]:
        matches: tuple[TermMatch, ...] = self._inversions.find(negative)
        rule = self.policy.rule(Category.SEXUAL)
        for match in matches:
            yield Finding(
                category=rule.id,
                action=Action.REVIEW,
                field=NEGATIVE_PROMPT,
                span=match.span,
                reason_code=rule.reason_code,
                score=1.0,
                rule=Rule.TERM,
                explanation=f"The negative prompt keeps “{match.term}” out of the picture, which undresses people.",
            )


def _ages_of_minors(text: CanonicalText) -> Iterator[tuple[int, int]]:
    """Stretches of the original that state an age under eighteen."""
    for view in text.views:
        for match in _AGE_OF_A_MINOR.finditer(view.text):
            yield view.span(match.start(), match.end())
