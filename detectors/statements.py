"""What each source of evidence says, one or two sentences each, in the order in which a reviewer reads them. Pure.

A source that was not consulted, or found nothing, is stated too: what was not looked at cannot be taken as a good sign.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from touchmark.detectors.evidence import Evidence
from touchmark.detectors.history import named_payloads, signer_name
from touchmark.detectors.integrity import is_tampering, signs_of_tampering
from touchmark.detectors.shape import shape_in_words
from touchmark.detectors.text import safe_text
from touchmark.detectors.timeline import lie_together, marked_segments
from touchmark.provenance.fingerprint import Likeness
from touchmark.provenance.manifest.inputs import Use
from touchmark.provenance.manifest.report import ManifestPresence, ManifestReport, ValidationState
from touchmark.provenance.manifest.status import Concern
from touchmark.provenance.watermark.protocol import Detection, MarkState, NamedBy
from touchmark.provenance.wording import number_of

_NEGLIGIBLE = 1e-30
"""Smaller chances than this are not worth telling apart."""


class Source(StrEnum):
    """Where a statement comes from."""

    MANIFEST = "manifest"
    WATERMARK = "watermark"
    SOUND = "watermark in sound"
    REGISTRY = "registry"
    RECOVERED = "recovered manifest"
    FINGERPRINT = "fingerprint"
    CONTAINER = "container"


class Tone(StrEnum):
    """Which way a statement weighs."""

    SUPPORTS = "supports"
    """Evidence of origin that holds."""
    AGAINST = "against"
    """Evidence of tampering."""
    CAUTION = "caution"
    """Something that a reviewer should know before relying on the rest."""
    SILENT = "silent"
    """Nothing was found, or nothing could be looked at. Says nothing either way."""


_LIKENESS = {
    Likeness.SAME: (Tone.SUPPORTS, "The picture is that of the video that was sealed with this watermark."),
    Likeness.OTHER: (Tone.AGAINST, "The picture shows nothing of the video that was sealed with this watermark."),
    Likeness.UNTOLD: (
        Tone.CAUTION,
        "Whether the picture is that of the video that was sealed with this watermark cannot be told: too little of it "
        "is there to compare.",
    ),
}


@dataclass(frozen=True, slots=True)
class Statement:
    """What one source says; the text is already safe to show."""

    source: Source
    tone: Tone
    text: str


def make_statements(evidence: Evidence) -> tuple[Statement, ...]:
    """Statements of every source; at least one each for manifest, watermark and registry."""
    return (
        *_manifest(evidence),
        *_watermark(evidence),
        *_sound(evidence),
        *_registry(evidence),
        *_recovered(evidence),
        *_fingerprint(evidence),
        *_stream(evidence),
        *_container(evidence),
    )


def _manifest(evidence: Evidence) -> Iterator[Statement]:
    manifest = evidence.manifest
    tampering = signs_of_tampering(evidence)
    for sentence in tampering:
        yield Statement(Source.MANIFEST, Tone.AGAINST, sentence)
    if manifest.presence is ManifestPresence.REMOTE_ONLY:
        address = safe_text(manifest.remote_url, 120) or "an address"
        yield Statement(
            Source.MANIFEST,
            Tone.SILENT,
            f"No manifest in the file; it only names {address} as the place of one. That is not fetched.",
        )
    elif manifest.presence is ManifestPresence.UNSUPPORTED:
        text = (
            f"There is a C2PA manifest {manifest.unread_kind}, which is not read here "
            f"({safe_text(manifest.reason)}). Nothing that it says is relied upon."
        )
        yield Statement(Source.MANIFEST, Tone.CAUTION, text)
    elif manifest.presence is ManifestPresence.ABSENT and not tampering:
        if evidence.labels.names_manifest:
            text = "No C2PA manifest in this file, though its XMP says that it has one: it was taken out, or lost."
            yield Statement(Source.MANIFEST, Tone.CAUTION, text)
        else:
            yield Statement(Source.MANIFEST, Tone.SILENT, "No C2PA manifest in this file.")
    elif manifest.presence is ManifestPresence.PRESENT:
        yield from _validity(evidence, tampered=bool(tampering))
        yield from _beside(evidence)
        yield from _left_out(manifest)
        yield from _taken_out(manifest)
        yield from _uses(manifest)
        yield from _beneath(manifest)


def _validity(evidence: Evidence, *, tampered: bool) -> Iterator[Statement]:
    manifest, signer = evidence.manifest, _signer(evidence.manifest)
    if manifest.state is ValidationState.TRUSTED:
        yield Statement(
            Source.MANIFEST, Tone.SUPPORTS, f"Its own signature is intact, by {signer}, whom this installation trusts."
        )
    elif manifest.state is ValidationState.VALID:
        yield Statement(
            Source.MANIFEST,
            Tone.CAUTION,
            f"An intact manifest by a signer that this installation does not trust: {signer} says "
            f"{_claim(evidence)}. Anyone can make a certificate with any name in it.",
        )
    elif not tampered:
        codes = safe_text(", ".join(sorted({failure.code for failure in manifest.failures})))
        if evidence.container.is_store_alone:
            text = f"A manifest by {signer} alone: give its content, and this beside it with --sidecar ({codes})."
        elif manifest.is_intact_but_for_identity:
            text = (
                f"The content is what {signer} signed, but whom the manifest names besides is not proven, or could not "
                f"be asked without a network ({codes}). "
            )
            believed = "It is believed in that a program made it, if it says so, and in nothing else."
            text += believed if manifest.is_sound_but_for_identity else "Nothing that it says is relied upon."
        elif manifest.is_malformed:
            text = (
                f"The content is what {signer} signed, but the manifest breaks the specification ({codes}). Nothing "
                "that it says is relied upon."
            )
        else:
            text = f"The content is what {signer} signed, but the signature proves nothing any more ({codes})."
        yield Statement(Source.MANIFEST, Tone.CAUTION, text)


def _beside(evidence: Evidence) -> Iterator[Statement]:
    if evidence.container.has_sidecar:
        text = "It was given beside the file (a sidecar), and is held against these very bytes all the same."
        yield Statement(Source.MANIFEST, Tone.SILENT, text)


def _left_out(manifest: ManifestReport) -> Iterator[Statement]:
    if manifest.left_out:
        text = (
            f"The signer left out of the signature: {safe_text('; '.join(manifest.left_out))}. Anything may be there."
        )
        yield Statement(Source.MANIFEST, Tone.CAUTION, text)


_REASONS = {
    "c2pa.PII.present": "personal data",
    "c2pa.invalid.data": "invalid data",
    "c2pa.trade-secret.present": "a trade secret",
    "c2pa.government.confidential": "confidential to a government",
}
"""Why an assertion was taken out, in C2PA's words (C2PA 2.4, 18.15.4.7) and in ours."""
_MOST_TAKEN_OUT = 8


def _taken_out(manifest: ManifestReport) -> Iterator[Statement]:
    """What somebody took out of the history: the rest does not say any more what it once said."""
    for redaction in manifest.redactions[:_MOST_TAKEN_OUT]:
        who = safe_text(signer_name(redaction) or "nobody named", 80)
        why = _REASONS.get(redaction.reason) or safe_text(redaction.reason, 80) or "no reason given"
        text = f"“{who}” took {safe_text(redaction.assertion, 80)} out of an earlier manifest ({why})."
        yield Statement(Source.MANIFEST, Tone.CAUTION, text)
    if len(manifest.redactions) > _MOST_TAKEN_OUT:
        more = len(manifest.redactions) - _MOST_TAKEN_OUT
        yield Statement(Source.MANIFEST, Tone.CAUTION, f"So were {more:,} more.")


_PURPOSES = {
    "ai_inference": "inference",
    "ai_generative_training": "training of generative models",
    "ai_training": "training of other models",
    "data_mining": "data mining",
}


def _uses(manifest: ManifestReport) -> Iterator[Statement]:
    """What it says of use for training and mining: the signer's wish, and a permission by nobody who is not trusted."""
    if not manifest.uses:
        return
    said = []
    for use in Use:
        of_it = [told for told in manifest.uses if told.use is use]
        for constraint in dict.fromkeys(told.constraint for told in of_it):
            what = ", ".join(_PURPOSES[told.purpose] for told in of_it if told.constraint == constraint)
            under = f" (“{safe_text(constraint, 120)}”)" if constraint else ""
            said.append(f"{what}: {_USES[use]}{under}")
    if said:
        unbelieved = "" if manifest.is_sound else " Take a permission from nobody whose word is not relied upon."
        text = f"{_signer(manifest)} says of its use: {'; '.join(said)}.{unbelieved}"
        yield Statement(Source.MANIFEST, Tone.CAUTION if unbelieved else Tone.SILENT, text)
    unknown = [told.purpose for told in manifest.uses if told.use is None]
    if unknown:
        of_what = ", ".join(safe_text(_PURPOSES.get(one, one), 60) or "no purpose" for one in unknown[:_MOST_TAKEN_OUT])
        text = f"It says of its use what cannot be read ({of_what}): that permits nothing."
        yield Statement(Source.MANIFEST, Tone.CAUTION, text)


_USES = {Use.ALLOWED: "allowed", Use.NOT_ALLOWED: "not allowed", Use.CONSTRAINED: "allowed under a condition only"}


def _beneath(manifest: ManifestReport) -> Iterator[Statement]:
    faults = manifest.ingredient_faults
    broken = sorted({fault.code for fault in faults if is_tampering(fault)})
    malformed = sorted({fault.code for fault in faults if fault.concern is Concern.FORM})
    lesser = sorted({fault.code for fault in faults if not is_tampering(fault)} - {*malformed})
    if broken:
        text = f"What it was made from was broken when it was signed ({safe_text(', '.join(broken))})."
        yield Statement(Source.MANIFEST, Tone.AGAINST, text)
    if malformed:
        text = (
            "What it was made from has a manifest that breaks the specification as it was signed "
            f"({safe_text(', '.join(malformed))}); nothing that it says is relied upon."
        )
        yield Statement(Source.MANIFEST, Tone.CAUTION, text)
    if lesser:
        text = f"What it was made from is not all vouched for ({safe_text(', '.join(lesser))})."
        yield Statement(Source.MANIFEST, Tone.CAUTION, text)
    if manifest.truncated:
        yield Statement(
            Source.MANIFEST, Tone.CAUTION, "Its history is larger than what is examined; it is not relied upon."
        )


def _watermark(evidence: Evidence) -> Iterator[Statement]:
    if evidence.container.unseen:
        extent = "Not looked for everywhere" if evidence.detections else "Not looked for"
        text = f"{extent}: {safe_text(evidence.container.unseen)}."
        yield Statement(Source.WATERMARK, Tone.CAUTION if evidence.has_keys else Tone.SILENT, text)
    elif not evidence.detections:
        yield Statement(
            Source.WATERMARK,
            Tone.SILENT,
            "Not looked for: this installation has no watermark key.",
        )
    for detection in evidence.detections:
        yield _detection(detection, evidence.carrier)
    yield from _extent_of_search(evidence)


def _extent_of_search(evidence: Evidence) -> Iterator[Statement]:
    """Where a mark that was not found could still lie; a camera's claim rests on its absence."""
    extent = evidence.extent
    missing = any(found.state is MarkState.NOTHING_FOUND for found in evidence.detections)
    if extent is None or extent.whole or not missing:
        return
    yield Statement(
        Source.WATERMARK,
        Tone.CAUTION if evidence.manifest.says_captured else Tone.SILENT,
        f"Looked for in {extent.pictures:,} of {extent.of_all:,} pictures ({extent.in_words}), which mostly tell. A "
        "marked part that was spliced in elsewhere can have been missed, and damage there is not counted; a thorough "
        "verification looks at every picture.",
    )


def _sound(evidence: Evidence) -> Iterator[Statement]:
    """What the mark in the sound says beside the picture's; nothing where there is no sound, or no key."""
    picture, seen = evidence.mark, {(found.payload, found.key_id) for found in evidence.detections}
    for detection in evidence.sound.detections:
        if detection.state is MarkState.VERIFIED:
            text = f"The sound carries payload {detection.payload} under key {detection.key_id}{_extent(detection)}"
            faint = _faintness(detection)
            if (detection.payload, detection.key_id) in seen:
                yield Statement(Source.SOUND, Tone.SUPPORTS, f"{text}, as the picture does.{faint}")
            elif picture is None or picture.payload is None:
                said = "The picture does not: this tells where the sound came from, and nothing of the picture."
                yield Statement(Source.SOUND, Tone.CAUTION, f"{text}.{faint} {said}")
            elif evidence.sound.was_sealed_alone and detection == evidence.strange_sound:
                said = "The picture carries another: this sound was sealed by itself, and laid under it."
                yield Statement(Source.SOUND, Tone.CAUTION, f"{text}.{faint} {said}")
            else:
                together = lie_together(picture, detection)
                how = "sound and picture come from different videos" if together else "different videos were joined"
                said = f"The picture carries another: {how}."
                yield Statement(Source.SOUND, Tone.CAUTION, f"{text}.{faint} {said}")
        elif detection.state is MarkState.PRESENT:
            text = (
                f"The sound seems to carry a mark of key {detection.key_id} ({_chance(detection)}), but its payload "
                "cannot be read."
            )
            yield Statement(Source.SOUND, Tone.CAUTION, text)
        elif _promises_sound(evidence, detection):
            text = (
                f"This video was sealed with the mark of key {detection.key_id} in its sound too, which is not found: "
                "the sound is another, or is too short, too faint or too damaged to hold it."
            )
            yield Statement(Source.SOUND, Tone.CAUTION, text)
        else:
            text = f"No mark of key {detection.key_id} was found in the sound. That says nothing about authenticity."
            yield Statement(Source.SOUND, Tone.SILENT, text)


def _promises_sound(evidence: Evidence, detection: Detection) -> bool:
    """Whether the video that the picture's mark names was sealed with a mark in its sound, and this is not its file."""
    mark, own = evidence.mark, evidence.manifest_registration
    if mark is None or mark.payload is None or mark.key_id != detection.key_id:
        return False
    if own is not None and own.file_sha256 == evidence.container.sha256:
        return False
    reports = [report for report in (evidence.manifest, evidence.recovered) if report and report.signature_valid]
    return any(mark.payload.to_bytes() in named_payloads(report, evidence.sound.algorithm) for report in reports)


def _extent(detection: Detection) -> str:
    """How much of the time carries it, and how likely that is by chance."""
    part = f", in {len(marked_segments(detection))} of {len(detection.timeline)} segments" if detection.timeline else ""
    return f"{part} ({_chance(detection)})"


def _chance(detection: Detection) -> str:
    return "p < 1e-30" if detection.p_value < _NEGLIGIBLE else f"p = {detection.p_value:.0e}"


def _faintness(detection: Detection) -> str:
    """Who names a payload that is not read by itself."""
    if detection.named_by is None:
        return ""
    return f" It is too faint there to be read by itself: {_NAMED_BY[detection.named_by]}"


_NAMED_BY = {
    NamedBy.FILE: "the file names this payload elsewhere, and it fits.",
    NamedBy.REGISTRY: "of all payloads in the registry this one fits, and none would so well by chance.",
}


def _detection(detection: Detection, carrier: str) -> Statement:
    if detection.state is MarkState.VERIFIED:
        text = f"The {carrier} carries payload {detection.payload} under key {detection.key_id}{_extent(detection)}."
        text += _faintness(detection)
        if shape := shape_in_words(detection.transform):
            text += f" Since it was marked it was {shape}."
        return Statement(Source.WATERMARK, Tone.SUPPORTS, text)
    if detection.state is MarkState.PRESENT:
        text = (
            f"The {carrier} seems to carry a mark of key {detection.key_id} ({_chance(detection)}), but its payload "
            "cannot be read: this may be a damaged copy of what this operator sealed."
        )
        return Statement(Source.WATERMARK, Tone.CAUTION, text)
    text = f"No mark of key {detection.key_id} was found. That says nothing about authenticity."
    return Statement(Source.WATERMARK, Tone.SILENT, text)


def _registry(evidence: Evidence) -> Iterator[Statement]:
    registration, own = evidence.registration, evidence.manifest_registration
    same = own is not None and own.file_sha256 == evidence.container.sha256
    if not evidence.registry_consulted:
        yield Statement(Source.REGISTRY, Tone.SILENT, "Not consulted: this installation has no registry.")
    elif registration is not None:
        when = registration.created.date().isoformat()
        exact = "; this is that very file, byte for byte" if same and own == registration else ""
        yield Statement(
            Source.REGISTRY,
            Tone.SUPPORTS,
            f"Sealed on {when} as “{safe_text(registration.title, 80)}”, found by the watermark{exact}.",
        )
    elif own is not None:
        tone = Tone.SUPPORTS if same else Tone.CAUTION
        exact = "; this is that very file, byte for byte" if same else ", but this is not that very file"
        yield Statement(Source.REGISTRY, tone, f"The manifest is registered{exact}.")
    elif evidence.mark is not None and evidence.mark.payload is not None:
        yield Statement(
            Source.REGISTRY,
            Tone.CAUTION,
            "The payload is not in this registry: it is in another one, or the entry is lost.",
        )
    else:
        yield Statement(Source.REGISTRY, Tone.SILENT, "Nothing to look up for the picture, or nothing found.")
    heard = evidence.sound.registration
    if heard is not None and heard != registration:
        text = (
            f"The sound is that of “{safe_text(heard.title, 80)}”, sealed on {heard.created.date().isoformat()}: found "
            "by the watermark in the sound."
        )
        yield Statement(Source.REGISTRY, Tone.CAUTION, text)


def _fingerprint(evidence: Evidence) -> Iterator[Statement]:
    if evidence.likeness is not None:
        yield Statement(Source.FINGERPRINT, *_LIKENESS[evidence.likeness])


def _recovered(evidence: Evidence) -> Iterator[Statement]:
    recovered = evidence.recovered
    if recovered is None or not recovered.signature_valid:
        return
    signer = _signer(recovered)
    if recovered.is_sound_but_for_content:
        text = f"The registry kept the original manifest, signed by {signer}, whom this installation trusts."
        yield Statement(Source.RECOVERED, Tone.SUPPORTS, text)
    elif recovered.signer_trusted:
        failures = {*recovered.failures, *recovered.laundered_faults}
        codes = sorted({one.code for one in failures if one.concern is not Concern.CONTENT})
        why = f" ({safe_text(', '.join(codes))})" if codes else ""
        text = f"The registry kept the original manifest, signed by {signer}; it is not relied upon{why}."
        yield Statement(Source.RECOVERED, Tone.CAUTION, text)
    else:
        text = f"The registry kept the original manifest; its signature holds, but {signer} is not trusted here."
        yield Statement(Source.RECOVERED, Tone.CAUTION, text)
    if recovered.hard_binding_matches is not True:
        yield Statement(
            Source.RECOVERED,
            Tone.SILENT,
            "This copy is not the file that was signed (re-encoded, cut or edited): the manifest vouches for where the "
            "picture came from, not for every pixel.",
        )


def _stream(evidence: Evidence) -> Iterator[Statement]:
    """What its segments say that is no sign of tampering, since nobody signed it, or a part may be given alone."""
    stream = evidence.stream
    if stream is None:
        return
    given = number_of(stream.given, "segment")
    if stream.is_part and stream.first is not None:
        text = (
            f"It is a part of a film: {given} of {stream.of_all:,}, from number {stream.first:,} on. What comes "
            "before and after may change its meaning."
        )
        yield Statement(Source.CONTAINER, Tone.CAUTION, text)
    else:
        yield Statement(Source.CONTAINER, Tone.SILENT, f"The film was put together from {given}.")
    for hint in stream.hints:
        text = f"{hint} So the segments say themselves; no signature covers them."
        yield Statement(Source.CONTAINER, Tone.CAUTION, text)


def _container(evidence: Evidence) -> Iterator[Statement]:
    damage = evidence.container.damage + evidence.container.sound_damage
    if damage:
        text = f"{number_of(damage, 'packet')} of picture or sound could not be decoded."
        yield Statement(Source.CONTAINER, Tone.CAUTION, text)
    labels = evidence.labels
    if labels.says_generated or labels.says_captured:
        by = f" with {labels.generator}" if labels.generator else ""
        what = f"it was generated{by}" if labels.says_generated else f"{evidence.recorder} recorded it"
        text = f"Its own labels ({labels.in_words}) say that {what}. Anybody can write or remove them."
        yield Statement(Source.CONTAINER, Tone.CAUTION, text)


def _claim(evidence: Evidence) -> str:
    kind = evidence.manifest.source_type
    if kind is None:
        return "nothing of how it was made"
    if kind.is_generative:
        return "that it was made by AI"
    return f"that {evidence.recorder} recorded it" if kind.is_capture else f"{kind.name.lower().replace('_', ' ')}"


def _signer(manifest: ManifestReport) -> str:
    return f"“{safe_text(signer_name(manifest) or 'nobody named', 80)}”"
