"""The rules that combine what alone might pass. No policy can loosen them; what they find is refused.

- A word for a minor, or an age under eighteen, in any text, beside sexual content in any: ``sexual-minors``. So is
  sexual content whose negative prompt pushes adulthood out (in ``judge.py``, which reads negative prompts).
- A public figure in sexual, violent, hateful, extremist, deceptive or illegal content: as that harm, and sexual content
  as intimate imagery without consent. For figures of the past violence is history. Consent changes nothing here.
- Somebody the user knows ("my ex-girlfriend") in sexual content: as intimate imagery without consent.

Harm is what the policy would at least send to review for adults; for minors, any sexual term counts, and a score from
a threshold of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from touchmark.safety.canonical import CanonicalText
from touchmark.safety.decision import Action, AgeProfile, Category, Rule, Severity
from touchmark.safety.lexicon import Lexicon
from touchmark.safety.policy import Policy
from touchmark.safety.reading import Hit, Reading, standing

_SEXUAL = frozenset({Category.SEXUAL, Category.NCII})
_HARMS_TO_A_PERSON = _SEXUAL | {
    Category.VIOLENCE_GORE,
    Category.HATE_HARASSMENT,
    Category.EXTREMISM,
    Category.DECEPTION_ELECTIONS,
    Category.ILLEGAL,
}
_HARMS_TO_A_HISTORICAL_PERSON = _SEXUAL | {Category.HATE_HARASSMENT}
"""History holds violence, and films about it show it."""

_N = "(?<![0-9])(?:1[0-7]|[1-9])(?![0-9])"
_AGE_OF_A_MINOR = re.compile(
    rf"{_N}[ -]*(?:(?:years?|yrs?)[ -]*old|y/?o)\b|\baged? {_N}|\b(?:de|com|tiene|tem) {_N} anos?\b|{_N} ans\b"
    rf"|{_N} jahre alt|{_N}[ -]?jahrig|{_N} yasinda|(?:umur|usia|berusia) {_N}|{_N} tahun\b|{_N} tuoi"
    rf"|{_N}[ -]?(?:лет|года?\b)|{_N} ?(?:岁|歳|才|살|세 |ขวบ|साल)|عمر(?:ها|ه)? {_N}"
)
"""An age under eighteen, in the fifteen languages served, as canonical text writes it."""


def combined(policy: Policy, readings: Sequence[Reading], hits: Sequence[Hit], minors: Lexicon) -> list[Hit]:
    """What the texts of a request mean together.

    Args:
        minors: words for people under age.
    """
    return [
        *_minors(policy, readings, hits, minors),
        *_harmed_figures(policy, hits),
        *_exposed_acquaintances(policy, hits),
    ]


def is_sexual(policy: Policy, readings: Sequence[Reading], hits: Sequence[Hit]) -> float:
    """How sexual a request is by the strict measure that holds where minors are concerned; 0 for not at all."""
    if any(hit.category in _SEXUAL and hit.rule is Rule.TERM for hit in hits):
        return 1.0
    rule = policy.rule(Category.SEXUAL_MINORS)
    scores = ((reading.scores[Category.SEXUAL].value, reading.groups) for reading in readings)
    return max((v for v, groups in scores if policy.severity(rule, v, groups) is Severity.HIGH), default=0.0)


def _minors(policy: Policy, readings: Sequence[Reading], hits: Sequence[Hit], minors: Lexicon) -> Iterator[Hit]:
    score = is_sexual(policy, readings, hits)
    if not score:
        return
    for reading in readings:
        for span in (*(match.span for match in minors.find(reading.text)), *_ages_of_minors(reading.text)):
            why = "A word for a minor stands beside sexual content; refused under every policy."
            yield Hit(Category.SEXUAL_MINORS, None, reading.field, span, score, Rule.MINOR_AND_SEXUAL, why)


def _ages_of_minors(text: CanonicalText) -> Iterator[tuple[int, int]]:
    """Stretches of the original that state an age under eighteen."""
    for view in text.views:
        for match in _AGE_OF_A_MINOR.finditer(view.text):
            yield view.span(match.start(), match.end())


def _harmed_figures(policy: Policy, hits: Sequence[Hit]) -> Iterator[Hit]:
    harms = [hit for hit in hits if hit.category in _HARMS_TO_A_PERSON and _is_harm(policy, hit)]
    if not harms:
        return
    for named in hits:
        if named.figure is None:
            continue
        historical = standing(named.figure) == "historical"
        covered = _HARMS_TO_A_HISTORICAL_PERSON if historical else _HARMS_TO_A_PERSON
        worst = max((harm for harm in harms if harm.category in covered), key=lambda harm: harm.score, default=None)
        if worst is not None:
            category = Category.NCII if worst.category is Category.SEXUAL else worst.category
            why = f"Puts {named.figure.name}, a real person, into {worst.category.value} content."
            yield Hit(category, None, named.field, named.span, worst.score, Rule.FIGURE_AND_HARM, why, named.figure)


def _exposed_acquaintances(policy: Policy, hits: Sequence[Hit]) -> Iterator[Hit]:
    sexual = [hit for hit in hits if hit.category in _SEXUAL and _is_harm(policy, hit)]
    if not sexual:
        return
    for known in hits:
        if known.category is Category.PRIVATE_INDIVIDUALS and known.rule is Rule.TERM:
            why = "Puts somebody whom the user knows into sexual content."
            score = max(hit.score for hit in sexual)
            yield Hit(Category.NCII, None, known.field, known.span, score, Rule.PRIVATE_PERSON_AND_SEXUAL, why)


def _is_harm(policy: Policy, hit: Hit) -> bool:
    """Whether the policy would at least send this to review for an adult."""
    if hit.severity is None:
        return True
    return policy.rule(hit.category).action(hit.severity, AgeProfile.ADULT) is not Action.ALLOW
