"""Who made a video, with what, and when, as far as the evidence carries; and how that is known. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from touchmark.detectors.evidence import Evidence
from touchmark.detectors.history import is_accounted_for, made_by_model, said_to_be, signer_name
from touchmark.provenance.manifest.claim import DigitalSourceType
from touchmark.provenance.manifest.report import ManifestReport, ReportedIngredient
from touchmark.provenance.watermark.protocol import MarkState

if TYPE_CHECKING:
    from touchmark.provenance.registry import Registration

_MODEL_TYPE = "c2pa.types.model"
_BEGINNINGS = ("c2pa.created", "c2pa.opened")


class Via(StrEnum):
    """How an origin is known."""

    MANIFEST = "manifest"
    """The file carries its manifest."""
    WATERMARK_AND_REGISTRY = "watermark and registry"
    """The file has no manifest of its own that tells, or another's; the mark in the pixels led to the registry's."""
    WATERMARK = "watermark"
    """Only the mark is there: this operator's key, and no entry in this registry."""
    SOUND_AND_REGISTRY = "watermark in the sound and registry"
    """The mark in the sound led to the registry. Says where the sound comes from, and nothing of the picture."""
    SOUND = "watermark in the sound"
    """The same, without an entry in this registry."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a video comes from. Text is the signer's own, cut in length and not escaped: who shows it, escapes it.

    Attributes:
        via: how it is known.
        signer: whom the certificate names; empty where only the mark is there.
        trusted: whether a configured anchor vouches for the signer.
        generator: the program that made the picture, with version.
        generator_signer: who says so, where it is a manifest beneath whose signer nobody here trusts; else empty.
        model: the model that made it.
        created: when, as signed or registered, with zone.
        source_type: IPTC digital source type.
        title: what it was called.
        manifest_label: ``urn:c2pa:...``.
        payload: hexadecimal payload of the watermark, where one was read.
        key_id: the watermark key that found it.
    """

    via: Via
    signer: str = ""
    trusted: bool = False
    generator: str = ""
    generator_signer: str = ""
    model: str = ""
    created: datetime | None = None
    source_type: DigitalSourceType | None = None
    title: str = ""
    manifest_label: str = ""
    payload: str = ""
    key_id: str = ""


def find_origin(evidence: Evidence) -> Origin | None:
    """The best account of where the file comes from, or None. Says nothing about whether it may be believed.

    A manifest that is not trusted, or keeps silent about the mark in the pixels, gives way to what the mark leads to.
    """
    mark = evidence.mark
    verified = mark if mark is not None and mark.state is MarkState.VERIFIED else None
    manifest, registration = evidence.manifest, evidence.registration
    origin = None
    if verified and registration and not (manifest.signer_trusted and is_accounted_for(evidence)):
        accounts = ((manifest, Via.MANIFEST), (evidence.recovered, Via.WATERMARK_AND_REGISTRY))
        origin = _from_registry(registration, accounts, Via.WATERMARK_AND_REGISTRY)
    elif manifest.signature_valid:
        origin = _from_manifest(manifest, Via.MANIFEST)
    elif verified:
        origin = Origin(via=Via.WATERMARK)
    if origin is not None and verified:
        origin = replace(origin, payload=str(verified.payload), key_id=verified.key_id)
    return origin


def find_sound_origin(evidence: Evidence) -> Origin | None:
    """Where the sound comes from, where its mark tells what the picture's does not; else None.

    Any sound can be laid under any picture: this is no account of the video.
    """
    sound, registration = evidence.strange_sound, evidence.sound.registration
    if sound is None:
        return None
    origin = Origin(via=Via.SOUND)
    if registration is not None:
        reports = (evidence.manifest, evidence.recovered, evidence.sound.recovered)
        accounts = ((report, Via.SOUND_AND_REGISTRY) for report in reports)
        origin = _from_registry(registration, accounts, Via.SOUND_AND_REGISTRY)
    return replace(origin, payload=str(sound.payload), key_id=sound.key_id)


def describe(origin: Origin) -> Iterator[tuple[str, str]]:
    """Names and values of what is known of an origin, for people; the values are not escaped."""
    yield "known from", origin.via.value
    kind, created = origin.source_type, origin.created
    facts = {
        "signed by": f"{origin.signer}{'' if origin.trusted else ' (not trusted here)'}" if origin.signer else "",
        "made with": f"{origin.generator}{_by_whom(origin)}" if origin.generator else "",
        "model": origin.model,
        "created": f"{created.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if created else "",
        "kind": _in_words(kind) if kind else "",
        "title": origin.title,
        "watermark": f"{origin.payload} (key {origin.key_id})" if origin.payload else "",
        "manifest": origin.manifest_label,
    }
    yield from ((name, value) for name, value in facts.items() if value)


def _by_whom(origin: Origin) -> str:
    return f" (says {origin.generator_signer}, not trusted here)" if origin.generator_signer else ""


def _in_words(kind: DigitalSourceType) -> str:
    code = kind.value.rpartition("/")[2]
    if kind.is_generative:
        return f"made by AI, wholly or in part ({code})"
    return f"taken by a camera or another sensor ({code})" if kind.is_capture else code


def _from_registry(
    registration: Registration, accounts: Iterable[tuple[ManifestReport | None, Via]], otherwise: Via
) -> Origin:
    """What is registered, as told by the last of these manifests that holds and is the one that was registered."""
    kept = Origin(via=otherwise)
    for report, via in accounts:
        if report is not None and report.signature_valid and report.label == registration.manifest_label:
            kept = _from_manifest(report, via)
    kept = replace(kept, manifest_label=registration.manifest_label)
    return replace(
        kept,
        created=kept.created or registration.created,
        title=kept.title or registration.title,
        source_type=kept.source_type or DigitalSourceType.of(registration.source_type),
    )


def _from_manifest(manifest: ManifestReport, via: Via) -> Origin:
    beginning = next((action for action in manifest.actions if action.name in _BEGINNINGS), None)
    kind = said_to_be(manifest)
    maker = made_by_model(manifest)
    made = _made(manifest, kind) if maker is None else None  # it was opened: what was done to it since did not make it
    stamped = manifest.signed_at if manifest.time_stamped else None  # anybody can put another beside the signature
    known = maker is not None or kind is manifest.source_type  # else a model of others made what was put in
    maker = maker or (beginning if known else None)
    here = (maker.software_agent if maker else "") or (manifest.claim_generator if known else "")
    return Origin(
        via=via,
        signer=signer_name(manifest),
        trusted=manifest.signer_trusted,
        generator=made.made_with if made else here,
        generator_signer=(signer_name(made) or "nobody named") if made and made.is_nobodys_word else "",
        model=next((_model(ingredient) for ingredient in manifest.ingredients if _is_model(ingredient)), ""),
        created=(made.made_at if made else None) or (beginning.when if beginning else None) or stamped,
        source_type=kind,
        title=manifest.title,
        manifest_label=manifest.label,
    )


def _made(manifest: ManifestReport, kind: DigitalSourceType | None) -> ReportedIngredient | None:
    """The parent, or one of its parents, whose own manifest says that it came to be in this way; None if ``manifest``
    says so itself."""
    if kind is None or any(action.digital_source_type == kind.value for action in manifest.actions):
        return None
    parents = (ingredient for ingredient in manifest.ingredients if ingredient.relationship == "parentOf")
    return next((one for one in parents if kind.value in (one.source_type, *one.edit_source_types)), None)


def _is_model(ingredient: ReportedIngredient) -> bool:
    return any(kind.startswith(_MODEL_TYPE) for kind in ingredient.data_types)


def _model(ingredient: ReportedIngredient) -> str:
    title, identifier = ingredient.title, ingredient.description
    return title if identifier in ("", title) else f"{title} ({identifier})"
