"""What each source of evidence says, one or two sentences each, in the order in which a reviewer reads them. Pure.

A source that was not consulted, or found nothing, is stated too: what was not looked at cannot be taken as a good sign.
"""

from __future__ import annotations

from collections.abc import Iterator

from touchmark.detectors.evidence import Evidence
from touchmark.detectors.manifest_statements import of_manifest, of_recovered
from touchmark.detectors.mark_statements import of_picture, of_sound
from touchmark.detectors.statement import Source, Statement, Tone
from touchmark.detectors.text import safe_text
from touchmark.provenance.fingerprint import Likeness
from touchmark.provenance.wording import number_of

_LIKENESS = {
    Likeness.SAME: (Tone.SUPPORTS, "The picture is that of the video that was sealed with this watermark."),
    Likeness.OTHER: (Tone.AGAINST, "The picture shows nothing of the video that was sealed with this watermark."),
    Likeness.UNTOLD: (
        Tone.CAUTION,
        "Whether the picture is that of the video that was sealed with this watermark cannot be told: too little of it "
        "is there to compare.",
    ),
}


def make_statements(evidence: Evidence) -> tuple[Statement, ...]:
    """Statements of every source; at least one each for manifest, watermark and registry."""
    return (
        *of_manifest(evidence),
        *of_picture(evidence),
        *of_sound(evidence),
        *_registry(evidence),
        *of_recovered(evidence),
        *_fingerprint(evidence),
        *_stream(evidence),
        *_container(evidence),
    )


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
