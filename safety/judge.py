"""Applies one policy to the texts of one request: views in, findings out, and the strictest of them decides.

    judge = Judge(policy, PromptClassifier.load(), FigureIndex.load())
    judge.decide(request.digest, {"prompt": "a lighthouse at dawn", "negative_prompt": "blurry"})

The same texts of the same requester under the same policy always give the same decision. The judge hands out no
permission (``gate.py`` does), remembers nothing, and has no opinion that is not in the policy, but for the rules that
combine, which no policy can loosen (``combinations.py``).

Negative prompts say what to keep *out* of the picture, so words for harm and names are welcome there. What is not:
pushing clothes out, which pulls nudity in, and pushing adulthood out of what is sexual. (A caller whose sampler would
turn a negative prompt around, by a guidance below one, must pass it under another field name.)
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import ClassVar

from touchmark.provenance.errors import TouchmarkError
from touchmark.safety.canonical import MAX_CHARACTERS, CanonicalText, canonicalise
from touchmark.safety.combinations import combined, is_sexual
from touchmark.safety.decision import Action, Category, Decision, Finding, Requester, Rule, Severity
from touchmark.safety.language import LanguageGroup, language_groups
from touchmark.safety.lexicon import Lexicon, Lexicons, Strength
from touchmark.safety.policy import CategoryRule, Policy, PolicyError
from touchmark.safety.reading import NEGATIVE_PROMPT, FigureFinder, Hit, Reading, Score, Scorer, standing

__all__ = ["NEGATIVE_PROMPT", "EmptyPromptError", "FigureFinder", "Judge", "MalformedPromptError", "Score", "Scorer"]

_ADULTHOOD = "adulthood"
"""Lexicon of what a negative prompt must not push out of sexual content."""


class EmptyPromptError(TouchmarkError):
    """The prompt has no letter and no digit in any reading, so there is nothing that could be judged."""

    code: ClassVar[str] = "safety.prompt_empty"
    exit_status: ClassVar[int] = 64


class MalformedPromptError(TouchmarkError):
    """The prompt holds bytes that are no text: what a model would make of them cannot be known."""

    code: ClassVar[str] = "safety.prompt_malformed"
    exit_status: ClassVar[int] = 64


class Judge:
    """A policy with everything it takes to apply it, loaded once, usable from many threads."""

    __slots__ = (
        "_adulthood",
        "_classifier",
        "_figures",
        "_inversions",
        "_least",
        "_lexicons",
        "policy",
        "policy_digest",
    )

    def __init__(self, policy: Policy, classifier: Scorer, figures: FigureFinder) -> None:
        """
        Raises:
            PolicyError: the policy sets a threshold on a category that the classifier does not score, or names a
                lexicon that is missing.
        """
        self.policy = policy
        self.policy_digest = policy.digest()
        self._least = {rule.id: policy.least(rule) for rule in policy.categories}
        self._classifier = classifier
        self._figures = figures
        self._lexicons = Lexicons(
            {rule.id: Lexicon.load(rule.terms.lexicon, rule.terms.also) for rule in policy.categories if rule.terms}
        )
        self._inversions = Lexicon.load(policy.negative_prompt.lexicon)
        self._adulthood = Lexicon.load(_ADULTHOOD)
        for rule in policy.categories:
            if rule.thresholds is not None and rule.id not in classifier.categories | {Category.SEXUAL_MINORS}:
                raise PolicyError(
                    f"{rule.id.value}: thresholds: the classifier does not score this category",
                    subject=policy.name,
                    remedy="Remove the thresholds, or use terms.",
                )

    def decide(self, request_digest: str, texts: Mapping[str, str], requester: Requester | None = None) -> Decision:
        """Judge the texts of a request together.

        Args:
            request_digest: SHA-256 of the request; carried into the decision.
            texts: by field name; ``negative_prompt`` says what to keep out, every other field what to show.
            requester: who asks; an adult without anybody's consent, if not given.

        Raises:
            PromptTooLongError, EmptyPromptError
            MalformedPromptError: a text that would not be refused holds what is no text.
        """
        requester = requester or Requester()
        _turn_away(texts)
        readings = [self.read(field, text) for field, text in texts.items() if field != NEGATIVE_PROMPT]
        if not any(_says_something(reading.text) for reading in readings):
            raise _empty()
        hits = [hit for reading in readings for hit in self.hits(reading)]
        if texts.get(NEGATIVE_PROMPT):
            hits += self._kept_out(canonicalise(texts[NEGATIVE_PROMPT]), readings, hits)
        hits += combined(self.policy, readings, hits)
        findings = sorted(
            filter(_is_told, (self._finding(hit, requester) for hit in hits)),
            key=lambda f: (-f.action.severity, -f.score, f.field, f.span),
        )
        decision = Decision(
            action=findings[0].action if findings else Action.ALLOW,
            findings=tuple(findings),
            policy_name=self.policy.name,
            policy_digest=self.policy_digest,
            request_digest=request_digest,
            appeal=self.policy.appeal,
            age=requester.age,
        )
        if decision.action is not Action.REFUSE:  # a refusal stands, whatever else is wrong
            for field, text in texts.items():
                _require_text(field, text)
        return decision

    def read(self, field: str, text: str) -> Reading:
        """Everything that the policy's rules look at in one text.

        Raises:
            PromptTooLongError
        """
        return self._reading(field, canonicalise(text))

    def _reading(self, field: str, text: CanonicalText) -> Reading:
        scores = self._classifier.scores(text)
        if not all(0 <= score.value <= 1 for score in scores.values()):  # no threshold is below what is no number
            raise ValueError("the classifier gave a score that is not from 0 to 1")
        return Reading(
            field=field,
            text=text,
            groups=frozenset[LanguageGroup]().union(*(language_groups(view.text) for view in text.views)),
            scores=scores,
            figures=self._figures.find(text),
            terms=self._lexicons.find(text),
        )

    def alone(self, reading: Reading) -> tuple[Reading, ...]:
        """The same text read in each of its views alone, under the thresholds that hold for the whole."""
        texts = (replace(reading.text, views=(view,)) for view in reading.text.views)
        return tuple(replace(self._reading(reading.field, text), groups=reading.groups) for text in texts)

    def hits(self, reading: Reading) -> Iterator[Hit]:
        """What speaks against a request in one text, rule by rule of the policy; what combines is not here."""
        highest = max((score.value for score in reading.scores.values()), default=0.0)
        for rule in self.policy.categories:
            if rule.id is Category.SEXUAL_MINORS:
                continue  # a word for a minor is no finding by itself; see combinations.py
            if rule.thresholds is not None:
                yield from self._scored(rule, reading)
            if rule.terms and (matches := reading.terms[rule.id]):
                agreement = self.policy.agreement_on(rule)
                asked = agreement.asked > 0 and reading.asks
                own = {*rule.terms.also.strong, *rule.terms.also.weak}
                for match in matches:
                    if match.term not in own and highest < agreement.least(match.strength, asked=asked):
                        continue
                    severity = rule.terms.strong if match.strength is Strength.STRONG else rule.terms.weak
                    why = f"“{match.term}” is a {match.strength.value} term of the lexicon {rule.terms.lexicon}."
                    yield Hit(rule.id, severity, reading.field, match.span, 1.0, Rule.TERM, why)
        for found in reading.figures:
            category, field, why = Category.PUBLIC_FIGURES, reading.field, f"Names {found.figure.name}"
            yield Hit(category, Severity.HIGH, field, found.span, found.score, Rule.FIGURE, why, found.figure)
        for span in reading.text.unreadable:
            why = "This passage looks coded and could not be decoded; what it asks for is not known."
            yield Hit(Category.UNREADABLE, Severity.MEDIUM, reading.field, span, 1.0, Rule.UNREADABLE, why)

    def _scored(self, rule: CategoryRule, reading: Reading) -> Iterator[Hit]:
        score = reading.scores[rule.id]
        if score.value < self._least[rule.id]:
            return
        severity = self.policy.severity(rule, score.value, reading.groups)
        if severity:
            why = f"The classifier scores this passage {score.value:.2f} for {rule.title.lower()}: {severity.value}."
            yield Hit(rule.id, severity, reading.field, score.span, score.value, Rule.SCORE, why)

    def _kept_out(self, negative: CanonicalText, readings: list[Reading], hits: list[Hit]) -> Iterator[Hit]:
        for match in self._inversions.find(negative):
            severity = self.policy.negative_prompt.severity
            why = f"The negative prompt keeps “{match.term}” out of the picture, which undresses people."
            yield Hit(Category.SEXUAL, severity, NEGATIVE_PROMPT, match.span, 1.0, Rule.NEGATIVE_PROMPT, why)
        if not is_sexual(self.policy, readings, hits):
            return
        for match in self._adulthood.find(negative):
            why = f"The negative prompt keeps “{match.term}” out of sexual content; refused under every policy."
            yield Hit(Category.SEXUAL_MINORS, None, NEGATIVE_PROMPT, match.span, 1.0, Rule.ADULTS_PUSHED_OUT, why)

    def _finding(self, hit: Hit, requester: Requester) -> Finding:
        rule = self.policy.rule(hit.category)
        action, why = Action.REFUSE, hit.why
        if hit.figure is not None and hit.rule is Rule.FIGURE:
            status = standing(hit.figure)
            mode = getattr(self.policy.figures, status)
            consented = hit.figure.id in requester.consents
            action = mode.action(consented=consented)
            agreed = "; agreed to this use" if consented else ""
            why = f"{hit.why}{agreed}; for {status.replace('_', ' ')} figures the policy says {mode.value}."
        elif hit.severity is not None:
            action = rule.action(hit.severity, requester.age)
        return Finding(
            category=hit.category,
            action=action,
            field=hit.field,
            span=hit.span,
            reason_code=rule.reason_codes.prompt,
            score=hit.score,
            rule=hit.rule,
            explanation=why,
            reviewers=rule.reviewers,
        )


def _is_told(finding: Finding) -> bool:
    """Findings that call for nothing are dropped, but for figures, whose video is labelled."""
    return finding.action is not Action.ALLOW or finding.rule is Rule.FIGURE


def _holds_signs(text: str) -> bool:
    """Whether anything but marks, space and what cannot be seen was typed."""
    return any(unicodedata.category(c)[0] not in "MCZ" for c in text)


def _says_something(text: CanonicalText) -> bool:
    """Whether there is a letter or digit in some reading; marks alone may fold to letters and are none."""
    return _holds_signs(text.original) and any(c.isalnum() for view in text.views for c in view.text)


def _empty() -> EmptyPromptError:
    return EmptyPromptError(
        "the prompt has no letters or digits", subject="prompt", remedy="Describe what the video shows."
    )


_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff]")
"""Control characters that are no white space, and halves of surrogate pairs."""

_MOST_NO_TEXT = 20
"""Such characters from which on a text is not read at all: it is a file, and no reading of it helps. Those that Unicode
has given to nobody count too, which bytes read as UTF-16 are full of; a few may be newer than this program."""


def _require_text(field: str, text: str) -> None:
    if found := _NO_TEXT.search(text):
        raise _malformed(field, text, found.start())


def _malformed(field: str, text: str, place: int) -> MalformedPromptError:
    return MalformedPromptError(
        f"character {place} is U+{ord(text[place]):04X}, which is no text",
        subject=field,
        remedy="Send text in UTF-8 without control characters.",
    )


def _no_text(text: str) -> Iterator[int]:
    """Where there are characters that are no text, or are nobody's."""
    if text.isprintable():  # then it has none
        return
    odd = {c for c in set(text) if _NO_TEXT.match(c) or (c > "\xff" and unicodedata.category(c) in _NOBODYS)}
    if odd:
        yield from (at for at, c in enumerate(text) if c in odd)


_NOBODYS = frozenset({"Cn", "Co"})


def _turn_away(texts: Mapping[str, str]) -> None:
    """Raise for what shows at once to be no prompt, before anything is spent on reading it."""
    if any(len(text) > MAX_CHARACTERS for text in texts.values()):
        return  # the reading begins with saying so
    if not any(_holds_signs(text) for field, text in texts.items() if field != NEGATIVE_PROMPT):
        raise _empty()
    for field, text in texts.items():
        places = list(islice(_no_text(text), _MOST_NO_TEXT))
        if len(places) == _MOST_NO_TEXT:
            raise _malformed(field, text, places[0])
