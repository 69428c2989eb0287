"""What can be known about a file, for profiles to ask: a closed list of facts, gathered from evidence.

    facts = gather_facts(verification, anchors, look_for_label=True)
    facts.get(Fact.WATERMARK_STATE), facts.why(Fact.XMP_SOURCE_TYPE)

Facts are what was found, never what was only said: a manifest that does not hold says nothing, and a claim that other
evidence contradicts (an AIGC record that names another video than the watermark does, an XMP source type other than
the signed one, anything in a file whose verdict is "tampered" or "contradictory") is withdrawn, with the reason. Where
all that is in doubt is by whom and from what a machine made it, that it did stands; and where the operator's own
certificate signed what carries the operator's own mark, and only does not name it, all stands but that.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from touchmark.detectors.doubt import Doubt
from touchmark.detectors.evidence import Evidence
from touchmark.detectors.history import content, is_disclosed_edit, nobodys_word, said_to_be
from touchmark.detectors.text import safe_text
from touchmark.detectors.verdict import Outcome
from touchmark.detectors.verify import Verification
from touchmark.provenance.disclosure.aigc import AigcRecord
from touchmark.provenance.disclosure.label import ISO_639_2, WORDINGS
from touchmark.provenance.disclosure.sight import Sighting, find_label
from touchmark.provenance.disclosure.xmp import XmpNote, read_xmp
from touchmark.provenance.manifest.report import ManifestReport, ValidationState
from touchmark.provenance.manifest.rubric.lint import NothingToLintError, lint
from touchmark.provenance.media.captions import Caption, read_captions
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.kinds import Family
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.media.still import still_kind, view_still
from touchmark.provenance.media.video import Frame
from touchmark.provenance.watermark.protocol import MarkState

Value = bool | float | str | tuple[str, ...] | None
"""``None``: not known."""

_FAULTLESS: Final = "validity:faultless"
"""Of the rubric: the library finds no failure."""
_SLACK: Final = timedelta(days=1)
"""That clocks may differ, and zones be forgotten."""
_AT_ONCE: Final = Fraction(1, 10)
"""Seconds that timed text may be late, or short."""
_PACKING: Final = ("c2pa.watermarked", "c2pa.transcoded", "c2pa.repackaged", "c2pa.published")
"""Actions of programs that generate nothing."""
_UNKNOWN_VERSIONS: Final = frozenset({"", "unknown"})


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


def gather_facts(
    verification: Verification,
    anchors: bytes,
    *,
    look_for_label: bool,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    segments: Sequence[Path] = (),
) -> Facts:
    """Everything that can be known about a file that was verified.

    Args:
        verification: of the file.
        anchors: PEM of the roots whose signers are believed, as the verification had them.
        look_for_label: whether to search its pictures for a visible label, which takes another pass over them.
        limits: of that pass.
        segments: of the film that begins in the file, as the verification had them.

    Raises:
        MediaError: the file cannot be read.
    """
    path = verification.path
    if not segments:
        return _gather(verification, path, _of_rubric(path, anchors), look_for_label, limits)
    from touchmark.provenance.media.film import film_of  # what most files do not need

    rules = _of_rubric(path, anchors, segments[0])  # what a rule says of a segment: that all hold, the verdict says
    with film_of(path, segments, limits) as film, film.told_of():
        return _gather(verification, film.path, rules, look_for_label, limits)


def _gather(
    verification: Verification, path: Path, rules: dict[Fact, Value], look_for_label: bool, limits: Limits
) -> Facts:
    evidence = verification.evidence
    values: dict[Fact, Value] = {
        Fact.OUTCOME: verification.verdict.outcome.value,
        Fact.FAMILY: evidence.container.family.value,
    }
    values |= _of_manifest(evidence.manifest)
    values |= _broken_rules(rules, evidence.manifest)
    values |= _of_watermark(verification)
    values |= _of_aigc(evidence.labels.record)
    values |= _of_xmp(read_xmp(path))
    reasons = _of_faults(evidence.manifest)
    if look_for_label and not evidence.container.info.width:  # nothing in it could be decoded as a picture
        why = safe_text(evidence.container.unseen, 200) or f"a {evidence.container.family.value} has no pictures"
        reasons |= {fact: why for fact in Fact if fact.is_of_label}
    elif look_for_label:
        values |= _of_label(_seen(path, limits))
        if evidence.container.family is Family.VIDEO:
            values |= _of_track(read_captions(path, limits), evidence.container.info.duration)
    return _believed(values, reasons, verification)


def _believed(values: dict[Fact, Value], reasons: dict[Fact, str], verification: Verification) -> Facts:
    """Without the claims that evidence contradicts."""
    evidence = verification.evidence
    _withdraw_doubted(values, reasons, verification)
    marked, named = values.get(Fact.WATERMARK_PAYLOAD), evidence.labels.named_payload
    if marked and named is not None and str(named) != marked:
        _withdraw(values, reasons, _AIGC, f"the record names {named} and the watermark in the picture {marked}")
    if marked and str(named) == marked and (why := _strange_producer(evidence, values.get(Fact.AIGC_PRODUCER))):
        _withdraw(values, reasons, (Fact.AIGC_PRODUCER,), why)
    if why := _not_yet(evidence.manifest, values.get(Fact.MANIFEST_TIME)):
        _withdraw(values, reasons, (Fact.MANIFEST_TIME,), why)
    signed, noted = values.get(Fact.MANIFEST_SOURCE_TYPE), values.get(Fact.XMP_SOURCE_TYPE)
    if signed and noted and signed != noted and not is_disclosed_edit(evidence.manifest):
        said = f"XMP says {safe_text(noted, 120)} and the signed manifest {safe_text(signed, 120)}"
        _withdraw(values, reasons, (Fact.XMP_SOURCE_TYPE,), said)
    return Facts(values, reasons)


def _strange_producer(evidence: Evidence, producer: Value) -> str:
    """Why the producer is none, in a record that names our mark: we write who signs, and nobody there signed."""
    manifest = evidence.manifest
    signers = [one.signer for one in (manifest, *content(manifest), evidence.recovered) if one is not None]
    names = sorted({signer.organisation for signer in signers if signer is not None})
    if not isinstance(producer, str) or not producer.strip() or not manifest.is_sound or producer in names:
        return ""
    return f"the record names {safe_text(producer, 80)}, and it is signed by {safe_text(', '.join(names), 80)}"


def _not_yet(manifest: ManifestReport, made: Value) -> str:
    """Why it cannot have been made then: it was signed earlier, or that is still to come."""
    signed = manifest.signed_at if manifest.time_stamped else None
    if not isinstance(made, str) or not made or datetime.fromisoformat(made) <= (signed or datetime.now(UTC)) + _SLACK:
        return ""
    return f"it says {made}, and was {f'signed on {signed.isoformat()}' if signed else 'verified before that'}"


def _withdraw_doubted(values: dict[Fact, Value], reasons: dict[Fact, str], verification: Verification) -> None:
    verdict = verification.verdict
    if verdict.outcome not in (Outcome.TAMPERED, Outcome.CONTRADICTORY):
        return
    doubts = {one.doubt for one in verdict.contradictions} | ({Doubt.CLAIMS} if verdict.tampering else set())
    why = f"the file is {verdict.outcome.value} ({verdict.headline})"
    registered = _registered(verification.evidence.recovered)
    for doubt in (one for one in Doubt if one in doubts):  # that of most comes first
        for fact in _IN_DOUBT[doubt]:
            if fact not in _SAID_AGAIN.get(doubt, ()) or fact not in registered:
                _withdraw(values, reasons, (fact,), why)
            elif values.get(fact) not in ("", registered[fact]):
                said = safe_text(str(registered[fact]), 120) or "nothing of it"
                _withdraw(values, reasons, (fact,), f"{why}: the registered manifest says {said}")


def _withdraw(values: dict[Fact, Value], reasons: dict[Fact, str], facts: Iterable[Fact], why: str) -> None:
    for fact in facts:
        if values.pop(fact, None) is not None:
            reasons[fact] = why


_AIGC: Final = (Fact.AIGC_LABEL, Fact.AIGC_PRODUCER, Fact.AIGC_PRODUCE_ID)
_CLAIMS: Final = tuple(
    fact for fact in Fact if fact.value.startswith(("manifest.", "xmp.", "aigc.")) and fact is not Fact.MANIFEST_STATE
)
"""What a file says of itself, as against what is seen in its pictures."""
_STORY: Final = (
    Fact.MANIFEST_LABEL,
    Fact.MANIFEST_PROVIDER,
    Fact.MANIFEST_SYSTEM,
    Fact.MANIFEST_SYSTEM_VERSION,
    Fact.MANIFEST_TIME,
    Fact.MANIFEST_INPUTS,
    Fact.MANIFEST_BINDS_WATERMARK,
)
"""By whom, when and from what it was made."""
_TOLD: Final = (Fact.MANIFEST_PROVIDER, Fact.MANIFEST_SYSTEM, Fact.MANIFEST_SYSTEM_VERSION, Fact.MANIFEST_TIME)
_IN_DOUBT: Final = {
    Doubt.CLAIMS: _CLAIMS,
    Doubt.STORY: _STORY,
    Doubt.RETOLD: (*_TOLD, Fact.MANIFEST_INPUTS),
    Doubt.SILENCE: (),
    Doubt.PROMISE: (),
    Doubt.UNSIGNED: (),
}
_SAID_AGAIN: Final = {Doubt.CLAIMS: (), Doubt.STORY: _TOLD, Doubt.RETOLD: _IN_DOUBT[Doubt.RETOLD]}
"""Those of them that stand where the registered manifest says the same."""


def _of_manifest(manifest: ManifestReport) -> dict[Fact, Value]:
    state = "unbound" if manifest.is_unbound else manifest.state.value if manifest.state else "none"
    values: dict[Fact, Value] = {Fact.MANIFEST_STATE: state}
    holds = state in ("trusted", "valid", "unbound") and manifest.hard_binding_matches is True and not manifest.left_out
    if not holds or manifest.laundered_faults or manifest.truncated:
        return values
    return values | _said(manifest)


def _broken_rules(rules: dict[Fact, Value], manifest: ManifestReport) -> dict[Fact, Value]:
    """Without the rule of validity, where the line of the soft binding tells what breaks it."""
    broken = rules.get(Fact.MANIFEST_BROKEN_RULES)
    if not manifest.is_unbound or not isinstance(broken, tuple):
        return rules
    return {Fact.MANIFEST_BROKEN_RULES: tuple(rule for rule in broken if rule != _FAULTLESS)}


def _of_faults(manifest: ManifestReport) -> dict[Fact, str]:
    """Why there is no manifest that holds, or none that binds the mark, as far as it can be told in a line."""
    if manifest.is_unbound:
        why = "an action says that a watermark is bound and no soft binding is there, so that readers call it invalid"
        return {Fact.MANIFEST_STATE: why, Fact.MANIFEST_BINDS_WATERMARK: why}
    told = [f"{one.code} ({one.explanation})" if one.explanation else one.code for one in manifest.failures]
    why = safe_text("; ".join(told[:2]) if manifest.state is ValidationState.INVALID else manifest.reason, 200)
    return {Fact.MANIFEST_STATE: why} if why else {}


def _registered(manifest: ManifestReport | None) -> dict[Fact, Value]:
    """What the manifest says which the registry kept; nothing where it is not as it was signed."""
    return _said(manifest) if manifest is not None and manifest.is_sound_but_for_content else {}


def _said(manifest: ManifestReport) -> dict[Fact, Value]:
    """What one says, whatever holds of it."""
    said = manifest if nobodys_word(manifest) else manifest.of_content
    agent, version = _agent(manifest.raw_json, said.label)
    disclosed = said.ai_disclosure.model_name if said.ai_disclosure else ""
    times = [action.when for action in said.actions if action.when]
    return {
        Fact.MANIFEST_SOURCE_TYPE: _last_part(said_to_be(manifest) or ""),
        Fact.MANIFEST_LABEL: manifest.label,
        Fact.MANIFEST_PROVIDER: manifest.signer.organisation if manifest.signer else "",
        Fact.MANIFEST_SYSTEM: disclosed or agent,
        Fact.MANIFEST_SYSTEM_VERSION: "" if version.lower() in _UNKNOWN_VERSIONS else version,
        Fact.MANIFEST_TIME: times[0].isoformat() if times else "",
        Fact.MANIFEST_TIME_STAMPED: manifest.time_stamped,
        Fact.MANIFEST_AI_DISCLOSURE: said.ai_disclosure is not None,
        Fact.MANIFEST_INPUTS: _inputs(manifest),
        Fact.MANIFEST_ACTIONS: tuple(action.name for action in manifest.actions),
    }


def _of_rubric(path: Path, anchors: bytes, segment: Path | None = None) -> dict[Fact, Value]:
    try:
        failures = lint(path, anchors, segment=segment).failures
        return {Fact.MANIFEST_BROKEN_RULES: tuple(finding.rule for finding in failures)}
    except NothingToLintError:
        return {}


def _inputs(manifest: ManifestReport) -> str:
    if not any(action.name == "c2pa.opened" for action in manifest.actions):
        return "none"
    parents = [one for one in manifest.ingredients if one.depth == 1 and one.relationship == "parentOf"]
    return "kept" if len(parents) == 1 and parents[0].label else "broken"


def _agent(raw_json: str, label: str) -> tuple[str, str]:
    """Name and version of the program that the first action names which says how the content was made or changed; only
    the library's own report keeps them apart."""
    manifest = _node(_node(json.loads(raw_json or "{}").get("manifests")).get(label))
    for assertion in manifest.get("assertions") or ():
        if str(_node(assertion).get("label")).startswith("c2pa.actions"):
            for action in _node(_node(assertion).get("data")).get("actions") or ():
                agent = _node(_node(action).get("softwareAgent"))
                if agent and not str(_node(action).get("action")).startswith(_PACKING):
                    return str(agent.get("name", ""))[:200], str(agent.get("version", ""))[:200]
    return "", ""


def _of_watermark(verification: Verification) -> dict[Fact, Value]:
    evidence, mark = verification.evidence, verification.evidence.mark
    if mark is None:
        return {Fact.WATERMARK_STATE: "nothing_found" if evidence.detections else "not_looked_for"}
    values: dict[Fact, Value] = {Fact.WATERMARK_STATE: mark.state.value}
    if mark.state is MarkState.VERIFIED and mark.payload is not None:
        values[Fact.WATERMARK_PAYLOAD] = str(mark.payload)
        bindings = {(one.algorithm, one.payload) for one in evidence.manifest.of_content.soft_bindings}
        heard = any(one.payload == mark.payload for one in evidence.sound.detections)
        carriers = {evidence.algorithm, evidence.sound.algorithm} if heard else {evidence.algorithm}
        values[Fact.MANIFEST_BINDS_WATERMARK] = all((one, mark.payload.to_bytes()) in bindings for one in carriers)
    return values


def _of_aigc(record: AigcRecord | None) -> dict[Fact, Value]:
    if record is None:
        return {}
    return {
        Fact.AIGC_LABEL: record.label,
        Fact.AIGC_PRODUCER: record.producer,
        Fact.AIGC_PRODUCE_ID: record.produce_id,
    }


def _of_xmp(note: XmpNote | None) -> dict[Fact, Value]:
    if note is None:
        return {}
    return {Fact.XMP_SOURCE_TYPE: _last_part(note.source_type), Fact.XMP_SYSTEM: note.system}


def _seen(path: Path, limits: Limits) -> Sighting | None:
    """The visible label of a video, or of a single picture, which shows it for as long as one looks."""
    if still_kind(path) is not None:
        return find_label(iter([Frame(view_still(path, limits).still.upright, Fraction(0))]), Fraction(1))
    with open_video(path, limits) as video:
        return find_label(video.frames(), 1 / video.info.frame_rate)


def _of_label(label: Sighting | None) -> dict[Fact, Value]:
    if label is None:
        return {Fact.LABEL_LANGUAGES: ()}
    return {
        Fact.LABEL_LANGUAGES: tuple(one.language for one in label.wordings),
        Fact.LABEL_KIND: label.wordings[0].kind.value,
        Fact.LABEL_POSITION: label.position.value,
        Fact.LABEL_SHARE: label.share,
        Fact.LABEL_SINCE: "later" if label.since else "start",
        Fact.LABEL_SECONDS: float(label.until - label.since),
        Fact.LABEL_THROUGHOUT: label.throughout,
    }


def _of_track(captions: tuple[Caption, ...], duration: Fraction | None) -> dict[Fact, Value]:
    """The label as timed text: a caption that says it, from the first picture on."""
    said = [
        (one.language, caption.end or Fraction(0))
        for caption in captions
        for one in WORDINGS
        if one.text in caption.text and caption.language == ISO_639_2[one.language] and caption.start <= _AT_ONCE
    ]
    values: dict[Fact, Value] = {Fact.TRACK_LANGUAGES: tuple(dict.fromkeys(language for language, _ in said))}
    if said:
        end = min(end for _, end in said)
        values[Fact.TRACK_SECONDS] = float(end)
        values[Fact.TRACK_THROUGHOUT] = duration is not None and end >= duration - _AT_ONCE
    return values


def _last_part(uri: str) -> str:
    return uri.rpartition("/")[2]


def _node(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def shown_facts(facts: Facts) -> dict[str, bool | float | str | list[str]]:
    """What is known, for a JSON report."""
    return {
        fact.value: list(value) if isinstance(value, tuple) else value
        for fact in Fact
        if (value := facts.get(fact)) is not None
    }
