"""What the marks in picture and sound say, in sentences for a reviewer. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from touchmark.detectors.evidence import Evidence
from touchmark.detectors.history import named_payloads
from touchmark.detectors.shape import shape_in_words
from touchmark.detectors.statement import Source, Statement, Tone
from touchmark.detectors.text import safe_text
from touchmark.detectors.timeline import lie_together, marked_segments
from touchmark.provenance.watermark.protocol import Detection, MarkState, NamedBy

_NEGLIGIBLE = 1e-30
"""Smaller chances than this are not worth telling apart."""


def of_picture(evidence: Evidence) -> Iterator[Statement]:
    """What was found in the picture, key by key, or why nothing was looked for."""
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


def of_sound(evidence: Evidence) -> Iterator[Statement]:
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
