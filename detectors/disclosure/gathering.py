"""Gathers the facts about a file from evidence. Facts are what was found, never what was only said."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Final

from touchmark.detectors.disclosure.belief import believed
from touchmark.detectors.disclosure.claims import claims_of, faults_of, last_part
from touchmark.detectors.disclosure.facts import Fact, Facts, Value
from touchmark.detectors.text import safe_text
from touchmark.detectors.verify import Verification
from touchmark.provenance.disclosure.aigc import AigcRecord
from touchmark.provenance.disclosure.label import ISO_639_2, WORDINGS
from touchmark.provenance.disclosure.sight import Sighting, find_label
from touchmark.provenance.disclosure.xmp import XmpNote, read_xmp
from touchmark.provenance.manifest.report import ManifestReport
from touchmark.provenance.manifest.rubric.lint import NothingToLintError, lint
from touchmark.provenance.media.captions import Caption, read_captions
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.kinds import Family
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.media.still import still_kind
from touchmark.provenance.media.video import Frame
from touchmark.provenance.media.view import view_still
from touchmark.provenance.watermark.protocol import MarkState

_FAULTLESS: Final = "validity:faultless"
"""Of the rubric: the library finds no failure."""
_AT_ONCE: Final = Fraction(1, 10)
"""Seconds that timed text may be late, or short."""


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
    values |= claims_of(evidence.manifest)
    values |= _broken_rules(rules, evidence.manifest)
    values |= _of_watermark(verification)
    values |= _of_aigc(evidence.labels.record)
    values |= _of_xmp(read_xmp(path))
    reasons = faults_of(evidence.manifest)
    if look_for_label and not evidence.container.info.width:  # nothing in it could be decoded as a picture
        why = safe_text(evidence.container.unseen, 200) or f"a {evidence.container.family.value} has no pictures"
        reasons |= {fact: why for fact in Fact if fact.is_of_label}
    elif look_for_label:
        values |= _of_label(_seen(path, limits))
        if evidence.container.family is Family.VIDEO:
            values |= _of_track(read_captions(path, limits), evidence.container.info.duration)
    return believed(values, reasons, verification)


def _of_rubric(path: Path, anchors: bytes, segment: Path | None = None) -> dict[Fact, Value]:
    try:
        failures = lint(path, anchors, segment=segment).failures
        return {Fact.MANIFEST_BROKEN_RULES: tuple(finding.rule for finding in failures)}
    except NothingToLintError:
        return {}


def _broken_rules(rules: dict[Fact, Value], manifest: ManifestReport) -> dict[Fact, Value]:
    """Without the rule of validity, where the line of the soft binding tells what breaks it."""
    broken = rules.get(Fact.MANIFEST_BROKEN_RULES)
    if not manifest.is_unbound or not isinstance(broken, tuple):
        return rules
    return {Fact.MANIFEST_BROKEN_RULES: tuple(rule for rule in broken if rule != _FAULTLESS)}


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
    return {Fact.XMP_SOURCE_TYPE: last_part(note.source_type), Fact.XMP_SYSTEM: note.system}


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
