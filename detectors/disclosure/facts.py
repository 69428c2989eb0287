"""What can be known about a file, for profiles to ask: a closed list of facts.

    facts = gather_facts(verification, anchors, look_for_label=True)
    facts.get(Fact.WATERMARK_STATE), facts.why(Fact.XMP_SOURCE_TYPE)

``gathering`` gathers them from evidence, ``claims`` from a manifest; ``belief`` withdraws what evidence contradicts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Value = bool | float | str | tuple[str, ...] | None
"""``None``: not known."""


class Fact(StrEnum):
    """What a profile may ask for. What each can be is said below it."""

    OUTCOME = "evidence.outcome"
    """The verdict: ``generated``, ``captured``, ``tampered``, ``contradictory``, ``unknown``."""
    MANIFEST_STATE = "manifest.state"
    """``trusted``, ``valid``, ``invalid``, or ``none`` where there is no readable manifest. Of those that are invalid,
    ``unbound`` where all is as in a trusted one, but that it says that a watermark is bound, and binds none."""
    MANIFEST_SOURCE_TYPE = "manifest.source_type"
    """How the content came to be: the last part of IPTC's digital source type."""
    MANIFEST_LABEL = "manifest.label"
    """``urn:c2pa:...``."""
    MANIFEST_PROVIDER = "manifest.provider"
    """Organisation in the signing certificate."""
    MANIFEST_SYSTEM = "manifest.system"
    """Name of the generating system: in the AI disclosure, or else the software agent."""
    MANIFEST_SYSTEM_VERSION = "manifest.system_version"
    """Version of the software agent; empty where it says it is unknown."""
    MANIFEST_TIME = "manifest.time"
    """When the content was made or changed, as an action says; ISO 8601."""
    MANIFEST_TIME_STAMPED = "manifest.time_stamped"
    """Whether a trusted authority stamped the signature's time."""
    MANIFEST_AI_DISCLOSURE = "manifest.ai_disclosure"
    """Whether there is a ``c2pa.ai-disclosure``."""
    MANIFEST_BINDS_WATERMARK = "manifest.binds_watermark"
    """Whether it names, as a soft binding, the very payload that was read from the pixels; for the sound too where that
    carries it."""
    MANIFEST_INPUTS = "manifest.inputs"
    """``none`` (nothing was opened), ``kept`` (what was opened is an ingredient with its history), or ``broken``."""
    MANIFEST_ACTIONS = "manifest.actions"
    """Names of its actions."""
    MANIFEST_BROKEN_RULES = "manifest.broken_rules"
    """Rules of C2PA's conformance rubric that it breaks."""
    WATERMARK_STATE = "watermark.state"
    """``verified``, ``present``, ``nothing_found``, or ``not_looked_for`` where there is no key."""
    WATERMARK_PAYLOAD = "watermark.payload"
    """What a verified watermark carries, hexadecimal."""
    AIGC_LABEL = "aigc.label"
    """``1``, ``2`` or ``3``."""
    AIGC_PRODUCER = "aigc.producer"
    AIGC_PRODUCE_ID = "aigc.produce_id"
    XMP_SOURCE_TYPE = "xmp.source_type"
    """Last part of IPTC's digital source type in XMP."""
    XMP_SYSTEM = "xmp.system"
    """IPTC's AI System Used."""
    LABEL_LANGUAGES = "label.languages"
    """Languages of the visible label."""
    LABEL_KIND = "label.kind"
    """``generated`` or ``modified``."""
    LABEL_POSITION = "label.position"
    """``top-left``, ..."""
    LABEL_SHARE = "label.share"
    """Height of its text as a part of the picture's short side."""
    LABEL_SINCE = "label.since"
    """``start`` where the first picture shows it, else ``later``."""
    LABEL_SECONDS = "label.seconds"
    """How long it is seen without a gap."""
    LABEL_THROUGHOUT = "label.throughout"
    """Whether that is the whole video."""
    TRACK_LANGUAGES = "track.languages"
    """Languages of the label in timed text that begins with the video."""
    TRACK_SECONDS = "track.seconds"
    """How long it stays."""
    TRACK_THROUGHOUT = "track.throughout"
    """Whether that is the whole video."""
    FAMILY = "file.family"
    """``video``, ``picture``, ``sound`` or ``document``."""

    @property
    def is_of_label(self) -> bool:
        """Whether the pictures must be searched for a visible label to know it."""
        return self.value.startswith(("label.", "track."))


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known.

    Attributes:
        values: by fact; what is missing is not known.
        reasons: why a fact is not known although the file says something, or is what nobody wants.
    """

    values: Mapping[Fact, Value] = field(default_factory=dict)
    reasons: Mapping[Fact, str] = field(default_factory=dict)

    def get(self, fact: Fact) -> Value:
        """A fact, or None."""
        return self.values.get(fact)

    def why(self, fact: Fact) -> str:
        """Why it is not known, where there is something to tell."""
        return self.reasons.get(fact, "")


def shown_facts(facts: Facts) -> dict[str, bool | float | str | list[str]]:
    """What is known, for a JSON report."""
    return {
        fact.value: list(value) if isinstance(value, tuple) else value
        for fact in Fact
        if (value := facts.get(fact)) is not None
    }
