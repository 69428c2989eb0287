"""What the gate says about a prompt: an action, and the findings it rests on. Types only; nothing is decided here."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from touchmark.provenance.errors import TouchmarkError


class Action(StrEnum):
    """What happens to a request, from mildest to strictest."""

    ALLOW = "allow"
    REVIEW = "review"
    REFUSE = "refuse"

    @property
    def severity(self) -> int:
        """0, 1 or 2; the action of a decision is the most severe of its findings."""
        return (Action.ALLOW, Action.REVIEW, Action.REFUSE).index(self)


class Severity(StrEnum):
    """How grave what was found is; the policy says what follows."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """0, 1 or 2."""
        return (Severity.LOW, Severity.MEDIUM, Severity.HIGH).index(self)


class AgeProfile(StrEnum):
    """Who asks, as the service knows them."""

    TEEN = "teen"
    ADULT = "adult"


@dataclass(frozen=True, slots=True)
class Requester:
    """What a decision takes into account about the person who asks.

    Attributes:
        age: their age profile; a service that does not know should say teen.
        consents: ids of the public figures who agreed to be shown in this very request. Consent lifts the question of
            likeness; what the figure is shown doing is judged as ever.
    """

    age: AgeProfile = AgeProfile.ADULT
    consents: frozenset[str] = field(default_factory=frozenset)


class Category(StrEnum):
    """What a prompt can be refused for."""

    SEXUAL = "sexual"
    SEXUAL_MINORS = "sexual-minors"
    NCII = "ncii"
    VIOLENCE_GORE = "violence-gore"
    SELF_HARM = "self-harm"
    HATE_HARASSMENT = "hate-harassment"
    EXTREMISM = "extremism"
    WEAPONS_DANGEROUS = "weapons-dangerous"
    ILLEGAL = "illegal"
    DECEPTION_ELECTIONS = "deception-elections"
    PRIVATE_INDIVIDUALS = "private-individuals"
    PUBLIC_FIGURES = "public-figures"
    PROTECTED_CHARACTERS = "protected-characters"
    LIVING_ARTISTS = "living-artists"
    UNREADABLE = "unreadable"
    """Text that looks coded and could not be decoded: what it asks for is not known."""


class Rule(StrEnum):
    """Which rule made a finding."""

    SCORE = "score"
    """The classifier's calibrated score reached a threshold of the policy."""
    TERM = "term"
    """A term of a lexicon that the policy names."""
    FIGURE = "figure"
    """A public figure, under the policy's mode for living, deceased or historical figures."""
    MINOR_AND_SEXUAL = "minor-and-sexual"
    """A word for a minor beside sexual content: refused whatever each weighs alone."""
    FIGURE_AND_HARM = "figure-and-harm"
    """A public figure in sexual, violent, hateful or deceptive content: consent changes nothing."""
    PRIVATE_PERSON_AND_SEXUAL = "private-person-and-sexual"
    """Somebody the user knows, in sexual content."""
    NEGATIVE_PROMPT = "negative-prompt"
    """The negative prompt pushes clothing out of the picture."""
    ADULTS_PUSHED_OUT = "adults-pushed-out"
    """The negative prompt pushes adulthood out of a picture with sexual content."""
    UNREADABLE = "unreadable"
    """A coded passage that could not be decoded."""
    GUARD = "guard"
    """A guard model flagged it."""
    GUARD_SILENT = "guard-silent"
    """The guard model that the policy names gave no answer."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason for a decision, in a reviewer's words.

    Attributes:
        category: what was found.
        action: what this finding alone calls for.
        field: which text it was found in (``prompt``, ``negative_prompt``, ...).
        span: where in that text as it was typed, half open, in characters.
        reason_code: the policy's code for the category in prompts.
        score: 0..1; 1 for a term or a name that matched exactly.
        rule: what decided it.
        explanation: one sentence for the reviewer.
        reviewers: the groups of reviewers whom the policy lets decide about it.
    """

    category: Category
    action: Action
    field: str
    span: tuple[int, int]
    reason_code: str
    score: float
    rule: Rule
    explanation: str
    reviewers: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON and for the ledger. Holds no text of the prompt, only where to look."""
        return {
            "category": self.category.value,
            "action": self.action.value,
            "field": self.field,
            "span": list(self.span),
            "reason_code": self.reason_code,
            "score": round(self.score, 4),
            "rule": self.rule.value,
            "explanation": self.explanation,
            "reviewers": list(self.reviewers),
        }


@dataclass(frozen=True, slots=True)
class Decision:
    """The gate's answer for one request under one policy.

    Attributes:
        action: the strictest action of the findings, or ALLOW.
        findings: strictest first; an ALLOW may carry findings too (a historical figure that calls for a label).
        policy_name, policy_digest: the policy that decided.
        request_digest: SHA-256 (hexadecimal) of the request that was screened.
        appeal: whom the policy tells users to ask when a decision seems wrong.
        age: the profile of the user for whom it was decided.
    """

    action: Action
    findings: tuple[Finding, ...]
    policy_name: str
    policy_digest: str
    request_digest: str
    appeal: str = ""
    age: AgeProfile = AgeProfile.ADULT

    @property
    def reference(self) -> str:
        """What a user quotes in an appeal and a reviewer searches for."""
        return self.request_digest[:12]

    @property
    def decisive(self) -> tuple[Finding, ...]:
        """The findings that alone would have led to this action."""
        return tuple(f for f in self.findings if f.action is self.action and self.action is not Action.ALLOW)

    @property
    def reasons(self) -> tuple[str, ...]:
        """What the decisive findings are about, in a user's words, each with its code."""
        return tuple(dict.fromkeys(f"{_TITLES[f.category]} ({f.reason_code})" for f in self.decisive))

    def message(self) -> str:
        """For the person who wrote the prompt: what was refused and how to appeal.

        Names categories and codes, never words, spans or scores, which would teach how to get past.
        """
        if self.action is Action.ALLOW:
            return "Allowed."
        reasons = ", ".join(self.reasons)
        if self.action is Action.REVIEW:
            said = f"A reviewer has to look at this prompt before it can be made: {reasons}."
        else:
            said = f"This prompt was refused: {reasons}."
        help_first = _HELP if any(f.category is Category.SELF_HARM for f in self.decisive) else ""
        return " ".join(filter(None, (said, help_first, self.appeal, f"Quote reference {self.reference}.")))

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON and for the ledger, without the prompt."""
        return {
            "action": self.action.value,
            "message": self.message(),
            "policy": {"name": self.policy_name, "sha256": self.policy_digest},
            "age": self.age.value,
            "request_sha256": self.request_digest,
            "reference": self.reference,
            "findings": [finding.as_dict() for finding in self.findings],
        }


_TITLES = {
    Category.SEXUAL: "sexual content",
    Category.SEXUAL_MINORS: "sexual content and minors",
    Category.NCII: "intimate imagery without consent",
    Category.VIOLENCE_GORE: "graphic violence",
    Category.SELF_HARM: "self-harm",
    Category.HATE_HARASSMENT: "hate or harassment",
    Category.EXTREMISM: "violent extremism",
    Category.WEAPONS_DANGEROUS: "weapons or dangerous acts",
    Category.ILLEGAL: "illegal acts",
    Category.DECEPTION_ELECTIONS: "deception or election manipulation",
    Category.PRIVATE_INDIVIDUALS: "private individuals",
    Category.PUBLIC_FIGURES: "a real public figure",
    Category.PROTECTED_CHARACTERS: "protected characters or brands",
    Category.LIVING_ARTISTS: "the style of a living artist",
    Category.UNREADABLE: "text that cannot be read",
}


_HELP = "If you think of hurting yourself, please talk to somebody you trust, or call a crisis line where you live."
"""Whoever asks for this may need it more than an appeal."""


class NotAllowedError(TouchmarkError):
    """This prompt is not made, or not yet; the subclasses say why, and ``decision`` for what."""

    code: ClassVar[str] = "safety.not_allowed"
    exit_status: ClassVar[int] = 1

    def __init__(self, decision: Decision, problem: str, *, remedy: str = "") -> None:
        super().__init__(problem, remedy=remedy)
        self.decision = decision

    def as_dict(self) -> dict[str, Any]:
        """With the decision, which holds no word of the prompt."""
        return super().as_dict() | {"decision": self.decision.as_dict()}


class RefusalError(NotAllowedError):
    """The policy refuses this prompt."""

    code: ClassVar[str] = "safety.refused"

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision, decision.message())


class ReviewRequiredError(NotAllowedError):
    """The policy wants a person to look first."""

    code: ClassVar[str] = "safety.review_required"
    exit_status: ClassVar[int] = 2

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision, decision.message(), remedy="Ask again, unchanged, once it was allowed.")


class ReviewRefusedError(NotAllowedError):
    """A reviewer looked at this prompt and did not allow it."""

    code: ClassVar[str] = "safety.review_refused"

    def __init__(self, decision: Decision) -> None:
        said = f"A reviewer looked at this prompt and did not allow it: {', '.join(decision.reasons)}."
        parts = (said, decision.appeal, f"Quote reference {decision.reference}.")
        super().__init__(decision, " ".join(filter(None, parts)))
