"""Which facts count: a claim that evidence contradicts is withdrawn, with the reason.

Such are an AIGC record that names another video than the watermark does, an XMP source type other than the signed one,
anything in a file whose verdict is "tampered" or "contradictory". Where all that is in doubt is by whom and from what a
machine made it, that it did stands, and so does what the registered manifest says too; where the operator's own
certificate signed what carries the operator's own mark, and only does not name it, all stands but that.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from touchmark.detectors.disclosure.claims import registered_claims
from touchmark.detectors.disclosure.facts import Fact, Facts, Value
from touchmark.detectors.doubt import Doubt
from touchmark.detectors.evidence import Evidence
from touchmark.detectors.history import content, is_disclosed_edit
from touchmark.detectors.text import safe_text
from touchmark.detectors.verdict import Outcome
from touchmark.detectors.verify import Verification
from touchmark.provenance.manifest.report import ManifestReport

_SLACK: Final = timedelta(days=1)
"""That clocks may differ, and zones be forgotten."""
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


def believed(values: dict[Fact, Value], reasons: dict[Fact, str], verification: Verification) -> Facts:
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
    names = sorted({signer.organisation for signer in signers if signer is not None and signer.organisation})
    if not isinstance(producer, str) or not producer.strip() or not manifest.is_sound or not names or producer in names:
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
    registered = registered_claims(verification.evidence.recovered)
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
