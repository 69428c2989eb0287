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
from touchmark.safety.lexicon import Strength
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

_NUMBER = re.compile("(?<![0-9])(?:1[0-7]|[1-9])(?![0-9])")
_AGE_AFTER = re.compile(
    r"[ -]*(?:(?:years?|yrs?)[ -]*old|y/?o)\b| ans\b| jahre alt|[ -]?jahrig| yasinda| tahun\b| tuoi"
    r"|[ -]?(?:лет|года?\b)| ?(?:岁|歳|才|살|세 |ขวบ|साल)"
)
_AGE_BEFORE = re.compile(r"(?:\baged? |umur |usia |berusia |عمر(?:ها|ه)? )$")
_AGE_AROUND = (re.compile(r"\b(?:de|com|tiene|tem) $"), re.compile(r" anos?\b"))
"""What makes an age of a number under eighteen, in the fifteen languages served, as canonical text writes it: what
follows it, what stands before it, or both."""
_LONGEST_BEFORE = 10


def combined(policy: Policy, readings: Sequence[Reading], hits: Sequence[Hit]) -> list[Hit]:
    """What the texts of a request mean together."""
    return [
        *_minors(policy, readings, hits),
        *_harmed_figures(policy, hits),
        *_exposed_acquaintances(policy, hits),
    ]


def is_sexual(policy: Policy, readings: Sequence[Reading], hits: Sequence[Hit]) -> float:
    """How sexual a request is by the strict measure that holds where minors are concerned; 0 for not at all."""
    strong = (
        match.strength is Strength.STRONG
        for reading in readings
        for category in _SEXUAL
        for match in reading.terms.get(category, ())
    )
    if any(strong) or any(hit.category in _SEXUAL and hit.rule is Rule.TERM for hit in hits):
        return 1.0
    rule = policy.rule(Category.SEXUAL_MINORS)
    scores = (
        (reading.scores[category].value, reading.groups)
        for reading in readings
        for category in _SEXUAL & reading.scores.keys()
    )
    return max((v for v, groups in scores if policy.severity(rule, v, groups) is Severity.HIGH), default=0.0)


def _minors(policy: Policy, readings: Sequence[Reading], hits: Sequence[Hit]) -> Iterator[Hit]:
    score = is_sexual(policy, readings, hits)
    if not score:
        return
    for reading in readings:
        for span in (*(match.span for match in reading.terms[Category.SEXUAL_MINORS]), *_ages_of_minors(reading.text)):
            why = "A word for a minor stands beside sexual content; refused under every policy."
            yield Hit(Category.SEXUAL_MINORS, None, reading.field, span, score, Rule.MINOR_AND_SEXUAL, why)


def _ages_of_minors(text: CanonicalText) -> Iterator[tuple[int, int]]:
    """Stretches of the original that state an age under eighteen."""
    for view in text.views:
        for number in _NUMBER.finditer(view.text):
            begin, end = _age_around(view.text, *number.span())
            if (begin, end) != number.span():
                yield view.span(begin, end)


def _age_around(text: str, begin: int, end: int) -> tuple[int, int]:
    """The words around a number, half open, that make an age of it; the number itself if none do."""
    ahead = text[max(begin - _LONGEST_BEFORE, 0) : begin]
    first = begin - len(ahead)
    if before := _AGE_BEFORE.search(ahead):
        return first + before.start(), end
    around, close = _AGE_AROUND[0].search(ahead), _AGE_AROUND[1].match(text, end)
    if around and close:
        return first + around.start(), close.end()
    after = _AGE_AFTER.match(text, end)
    return begin, after.end() if after else end


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
