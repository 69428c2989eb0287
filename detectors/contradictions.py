"""Where sources of evidence contradict each other: each kind named, and told in plain words.

A forger controls one source at a time. Whoever signs a marked video as a camera's own cannot take the mark out of the
pixels; whoever copies a manifest onto another video cannot make the hash fit. Every rule here names one such trick.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from touchmark.detectors.doubt import (
    Doubt,
    is_made,
    is_silent_of_its_own,
    of_another_registered,
    of_mismatch,
    of_other_bytes,
    of_promise,
)
from touchmark.detectors.evidence import Evidence
from touchmark.detectors.history import (
    MADE,
    is_accounted_for,
    is_disclosed_edit,
    is_registered_ancestor,
    is_sound_accounted_for,
    made_by_model,
    named_payloads,
    signer_name,
    sources,
)
from touchmark.detectors.integrity import is_tampering, signs_of_tampering
from touchmark.detectors.text import safe_text
from touchmark.detectors.timeline import lie_together
from touchmark.provenance.fingerprint import Likeness
from touchmark.provenance.manifest.report import ManifestPresence, ManifestReport
from touchmark.provenance.watermark.protocol import MarkState
from touchmark.provenance.wording import number_of

if TYPE_CHECKING:
    from touchmark.provenance.registry import Registration


class ContradictionKind(StrEnum):
    """The ways in which evidence can contradict itself."""

    LAUNDERED_EDIT = "laundered_edit"
    """A valid signature over an edit of something that was broken when it was signed."""
    TRANSPLANTED_MANIFEST = "transplanted_manifest"
    """A manifest that was made for other pixels than these."""
    CAPTURE_CLAIM_OVER_MARK = "capture_claim_over_mark"
    """A manifest that says "camera" over pixels that carry a generator's watermark."""
    HISTORY_DROPPED = "history_dropped"
    """A manifest that keeps silent about the mark in the pixels."""
    SOFT_BINDING_MISMATCH = "soft_binding_mismatch"
    """The manifest names one watermark, the pixels carry another."""
    SOFT_BINDING_MISSING_MARK = "soft_binding_missing_mark"
    """The manifest names a watermark that the pixels do not carry."""
    SOUND_OF_ANOTHER_VIDEO = "sound_of_another_video"
    """The picture carries the mark of one sealed video, the sound that of another."""
    PICTURE_OF_ANOTHER_VIDEO = "picture_of_another_video"
    """The mark is that of a sealed video, the picture is not: a mark was copied."""
    UNHASHED_BYTES = "unhashed_bytes"
    """An intact manifest, and bytes outside its reach that were changed or put there."""
    LABELS_DISAGREE = "labels_disagree"
    """The labels in the file's metadata tell another story than its manifest or its watermark."""
    REGISTRY_DISAGREES = "registry_disagrees"
    """The registry of sealed files tells another story."""

    @property
    def in_words(self) -> str:
        """In plain words."""
        return _TITLES[self]


_TITLES = {
    ContradictionKind.LAUNDERED_EDIT: "Signed over something broken",
    ContradictionKind.TRANSPLANTED_MANIFEST: "Manifest of another file",
    ContradictionKind.CAPTURE_CLAIM_OVER_MARK: "Camera claim over generated pixels",
    ContradictionKind.HISTORY_DROPPED: "History left out",
    ContradictionKind.SOFT_BINDING_MISMATCH: "Two different watermarks",
    ContradictionKind.SOFT_BINDING_MISSING_MARK: "Promised watermark missing",
    ContradictionKind.SOUND_OF_ANOTHER_VIDEO: "Sound of another video",
    ContradictionKind.PICTURE_OF_ANOTHER_VIDEO: "Watermark of another picture",
    ContradictionKind.UNHASHED_BYTES: "Bytes outside the signature changed",
    ContradictionKind.LABELS_DISAGREE: "Labels in the file disagree",
    ContradictionKind.REGISTRY_DISAGREES: "Registry disagrees",
}


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two things that cannot both be true.

    Attributes:
        kind: which trick it looks like.
        explanation: what contradicts what, for a person; already safe to show.
        doubt: what of the file's own word it puts in doubt.
    """

    kind: ContradictionKind
    explanation: str
    doubt: Doubt = Doubt.CLAIMS

    @property
    def title(self) -> str:
        """The kind, in plain words."""
        return self.kind.in_words


def find_contradictions(evidence: Evidence) -> tuple[Contradiction, ...]:
    """Every contradiction in the evidence; pure."""
    manifest = evidence.manifest
    found: list[Contradiction] = []
    if manifest.presence is ManifestPresence.PRESENT:
        found += _laundering(manifest)
        if manifest.is_of_other_content:
            found += _transplant(evidence)
        if manifest.hard_binding_matches and not signs_of_tampering(evidence):
            found += _mark_against_manifest(evidence)
            found += _promised_mark(evidence)
            found += _outside_the_hash(evidence)
            found += _labels_against_manifest(evidence)
    found += _sound_against_picture(evidence)
    found += _picture_against_mark(evidence)
    found += _labels_against_mark(evidence)
    found += _registry(evidence)
    return tuple(found)


def _laundering(manifest: ManifestReport) -> Iterator[Contradiction]:
    faults = sorted({fault.code for fault in manifest.ingredient_faults if is_tampering(fault)})
    if faults and manifest.signature_valid:
        yield Contradiction(
            ContradictionKind.LAUNDERED_EDIT,
            f"{_signer(manifest)} signed this as an edit, but what was edited was already broken when it was signed "
            f"({safe_text(', '.join(faults))}). The fresh signature hides that from a casual look.",
        )


def _transplant(evidence: Evidence) -> Iterator[Contradiction]:
    """The manifest is intact and does not fit these bytes. If the pixels say whose they are, it is a transplant."""
    mark, manifest = evidence.mark, evidence.manifest
    named = named_payloads(manifest, evidence.algorithm)
    if mark is not None and mark.payload is not None and not is_accounted_for(evidence):
        other = f"names the watermark {_hex(named)}" if named else "names no watermark of this kind"
        yield Contradiction(
            ContradictionKind.TRANSPLANTED_MANIFEST,
            f"The manifest was signed over other content and {other}; this {evidence.carrier} carries {mark.payload}. "
            "The manifest of one file was put over the content of another.",
        )
    elif mark is None and named and _would_be_seen(evidence):
        yield Contradiction(
            ContradictionKind.TRANSPLANTED_MANIFEST,
            f"The manifest was signed over other content, which carries the watermark {_hex(named)}; this "
            f"{evidence.carrier} carries none. Either the manifest is another file's, or the {evidence.carrier} was "
            "damaged beyond recognition.",
        )


def _mark_against_manifest(evidence: Evidence) -> Iterator[Contradiction]:
    """An intact manifest over these very bytes, and a mark in the pixels that it does not admit."""
    mark, manifest, registration = evidence.mark, evidence.manifest, evidence.registration
    if mark is None:
        return
    kinds = sources(manifest)
    what = f"the watermark {mark.payload}" if mark.payload else "a watermark of this operator (its payload unreadable)"
    admitted = is_accounted_for(evidence)
    hides_generation = (
        registration is not None
        and registration.manifest_label != manifest.label
        and is_made(registration)
        and not kinds & MADE
    )
    silent = mark.state is MarkState.VERIFIED and is_silent_of_its_own(evidence)
    if manifest.says_captured and (hides_generation or not (admitted or silent)):
        yield Contradiction(
            ContradictionKind.CAPTURE_CLAIM_OVER_MARK,
            f"{_signer(manifest)} says that {evidence.recorder} recorded this, but the {evidence.carrier} carries "
            f"{what}, which marks {_known_as(registration)}. Someone signed generated content as a recording.",
            of_another_registered(evidence) if made_by_model(manifest) else Doubt.CLAIMS,
        )
    elif mark.state is not MarkState.VERIFIED:
        return
    elif not admitted and (named := named_payloads(manifest, evidence.algorithm)):
        yield Contradiction(
            ContradictionKind.SOFT_BINDING_MISMATCH,
            f"The manifest says that the {evidence.carrier} carries the watermark {_hex(named)}; it carries "
            f"{mark.payload}.",
            of_mismatch(evidence),
        )
    elif not admitted or hides_generation:
        yield Contradiction(
            ContradictionKind.HISTORY_DROPPED,
            f"{_signer(manifest)} signed this without a word of {what} in its {evidence.carrier}, which marks "
            f"{_known_as(registration)}. Its true history was left out.",
            Doubt.SILENCE if silent else of_another_registered(evidence),
        )


def _promised_mark(evidence: Evidence) -> Iterator[Contradiction]:
    named = named_payloads(evidence.manifest, evidence.algorithm)
    if evidence.mark is None and named and _would_be_seen(evidence):
        yield Contradiction(
            ContradictionKind.SOFT_BINDING_MISSING_MARK,
            f"The manifest says that the {evidence.carrier} carries the watermark {_hex(named)}. It was looked for "
            "with the key that it was registered under, and is not there.",
            of_promise(evidence),
        )


def _sound_against_picture(evidence: Evidence) -> Iterator[Contradiction]:
    """Two marks at the same time. Clips that were joined one after another carry several too, and are no forgery."""
    picture, sound = evidence.mark, evidence.strange_sound
    if picture is None or picture.state is not MarkState.VERIFIED or sound is None or not lie_together(picture, sound):
        return
    if evidence.manifest.is_sound and is_accounted_for(evidence) and is_sound_accounted_for(evidence):
        return  # a trusted signer who says that this was put together, and keeps both histories
    if evidence.sound.was_sealed_alone:
        return  # it was never another video's: what is told of picture and of sound holds of each
    yield Contradiction(
        ContradictionKind.SOUND_OF_ANOTHER_VIDEO,
        f"The picture carries the watermark {picture.payload}, which marks {_known_as(evidence.registration)}; the "
        f"sound carries {sound.payload}, which marks {_known_as(evidence.sound.registration)}. The sound of one "
        "sealed video was laid under the picture of another.",
    )


def _picture_against_mark(evidence: Evidence) -> Iterator[Contradiction]:
    """A mark can be lifted off a video and laid over another; what that video looked like is in the registry."""
    mark = evidence.mark
    if evidence.likeness is not Likeness.OTHER or mark is None:
        return
    if evidence.manifest.is_sound and is_accounted_for(evidence):
        return  # a trusted signer who says that little was left of it
    yield Contradiction(
        ContradictionKind.PICTURE_OF_ANOTHER_VIDEO,
        f"The picture carries the watermark {mark.payload}, which marks {_known_as(evidence.registration)}, and shows "
        "nothing of what that shows. The watermark was copied onto another picture, or the picture was replaced.",
    )


def _labels_against_manifest(evidence: Evidence) -> Iterator[Contradiction]:
    """Whoever signs generated content as a recording may overlook what its maker wrote into it."""
    manifest, labels = evidence.manifest, evidence.labels
    recorded = manifest.says_captured and not sources(manifest) & MADE and not is_disclosed_edit(manifest)
    if recorded and labels.says_generated:
        yield Contradiction(
            ContradictionKind.LABELS_DISAGREE,
            f"{_signer(manifest)} says that {evidence.recorder} recorded this, but the file's own labels "
            f"({labels.in_words}) say that it was generated.",
        )


def _labels_against_mark(evidence: Evidence) -> Iterator[Contradiction]:
    """Labels are easily written: over marked content they may claim a camera, or name another file."""
    mark, labels = evidence.mark, evidence.labels
    if mark is None or mark.payload is None or (evidence.manifest.is_sound and is_accounted_for(evidence)):
        return  # a trusted signer says how it came about, whatever labels were left in it
    known = evidence.registration
    if labels.named_payload is not None and labels.named_payload != mark.payload:
        yield Contradiction(
            ContradictionKind.LABELS_DISAGREE,
            f"The AIGC record in the file names the content {labels.named_payload}; the {evidence.carrier} carries the "
            f"watermark {mark.payload}, which marks {_known_as(known)}. The record is that of another file.",
        )
    if labels.says_captured and known is not None and is_made(known):
        yield Contradiction(
            ContradictionKind.LABELS_DISAGREE,
            f"The file's own labels ({labels.in_words}) say that {evidence.recorder} recorded it; the "
            f"{evidence.carrier} carries the watermark {mark.payload}, which marks {_known_as(known)}.",
        )


def _outside_the_hash(evidence: Evidence) -> Iterator[Contradiction]:
    count, registered = evidence.container.unhashed, evidence.manifest_registration
    if count:
        yield Contradiction(
            ContradictionKind.UNHASHED_BYTES,
            f"Places that the signature leaves out (free space, padding) hold {number_of(count, 'byte')} of content. "
            "An intact manifest says nothing about them.",
        )
    elif registered is not None and registered.file_sha256 != evidence.container.sha256:
        yield Contradiction(
            ContradictionKind.UNHASHED_BYTES,
            "The manifest is intact, but the file differs from the one that was published under it: bytes that the "
            "signature leaves out were changed.",
            of_other_bytes(evidence),
        )


def _registry(evidence: Evidence) -> Iterator[Contradiction]:
    manifest, registration, own = evidence.manifest, evidence.registration, evidence.manifest_registration
    mark, recovered = evidence.mark, evidence.recovered
    published = own is not None and own.file_sha256 == evidence.container.sha256  # and so found in agreement then
    if own is not None and manifest.signature_valid and not published and not _names(manifest, own):
        yield Contradiction(
            ContradictionKind.REGISTRY_DISAGREES,
            f"The registry binds this manifest to the watermark {own.payload}; the manifest does not name it.",
        )
    if registration is None or mark is None:
        return
    if _names(manifest, registration) and not is_registered_ancestor(evidence):
        yield Contradiction(
            ContradictionKind.REGISTRY_DISAGREES,
            f"The manifest names the watermark {mark.payload} as its own, but the registry gave that watermark to "
            f"another manifest ({safe_text(registration.manifest_label, 80)}).",
            of_another_registered(evidence),
        )
    if recovered is not None and (
        not recovered.signature_valid
        or recovered.label != registration.manifest_label
        or not _names(recovered, registration)
    ):
        yield Contradiction(
            ContradictionKind.REGISTRY_DISAGREES,
            "The manifest that the registry kept for this watermark does not hold: its signature, its name or the "
            "watermark that it names is not what was registered.",
        )


def _would_be_seen(evidence: Evidence) -> bool:
    """Whether the promised mark, were it there, would be found: its key was tried and the picture decodes.

    The very file that was published has its mark, whatever the extraction of today finds in it.
    """
    own = evidence.manifest_registration
    if evidence.container.damage or (own is not None and own.file_sha256 == evidence.container.sha256):
        return False
    tried = {detection.key_id for detection in evidence.detections}
    registrations = [r for r in (own, *evidence.named_registrations) if r is not None]
    return any(registration.key_id in tried for registration in registrations)


def _names(manifest: ManifestReport, registration: Registration) -> bool:
    return registration.payload.to_bytes() in named_payloads(manifest, registration.watermark_algorithm)


def _known_as(registration: Registration | None) -> str:
    if registration is None:
        return "what this operator seals"
    when = registration.created.date().isoformat()
    return f"“{safe_text(registration.title, 80)}”, sealed on {when}"


def _signer(manifest: ManifestReport) -> str:
    return safe_text(signer_name(manifest) or "The signer", 80)


def _hex(payloads: frozenset[bytes]) -> str:
    return safe_text(", ".join(sorted(payload.hex() for payload in payloads)), 80)
