"""What a manifest admits about where its content came from: the file's own claim, and what it inherits.

A video may be edited and signed anew by anybody. That is honest as long as the new manifest keeps the old one beneath
it; so a payload found in the pixels is *accounted for* when the manifest, or one it was built upon, names it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from touchmark.detectors.evidence import Evidence
from touchmark.provenance.disclosure.generators import generator_named
from touchmark.provenance.manifest.claim import DigitalSourceType
from touchmark.provenance.manifest.report import ManifestReport, ReportedAction, ReportedIngredient, ReportedRedaction
from touchmark.provenance.watermark.protocol import Detection

_CONTENT = ("parentOf", "componentOf")
"""Ingredients whose pixels are in the picture; ``inputTo`` (a prompt, a model) are not."""

MADE = frozenset(
    {
        DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA,
        DigitalSourceType.COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA,
        DigitalSourceType.COMPOSITE_SYNTHETIC,
        DigitalSourceType.TRAINED_ALGORITHMIC_DATA,
        DigitalSourceType.ALGORITHMIC_MEDIA,
        DigitalSourceType.DATA_DRIVEN_MEDIA,
        DigitalSourceType.DIGITAL_CREATION,
        DigitalSourceType.DIGITAL_ART,
        DigitalSourceType.VIRTUAL_RECORDING,
    }
)
"""Source types of pictures that no sensor took, wholly or in part."""

BY_HAND = frozenset({DigitalSourceType.DIGITAL_CREATION, DigitalSourceType.DIGITAL_ART})
"""Those of what a person made with tools that generate nothing, as IPTC defines them."""

_OF_MODELS = ("c2pa.types.model", "c2pa.types.generator")
"""Kinds of ingredients (C2PA 2.4, asset types) that only a model is given."""

_TELLING = ("c2pa.ai-disclosure", "c2pa.cloud-data", "c2pa.ingredient", "c2pa.soft-binding")
"""Assertions by which it is known what had a part in a picture, unless they were taken out; of places, people and other
things that are taken out in all honesty it is not."""

if TYPE_CHECKING:
    from touchmark.provenance.registry import Registration


def sources(report: ManifestReport) -> frozenset[DigitalSourceType]:
    """Source types claimed by the active manifest and by every ingredient whose pixels went into the picture, and of
    what was done to them afterwards, where a trained model did it."""
    stated = {report.source_type} | {DigitalSourceType.of(ingredient.source_type) for ingredient in content(report)}
    return frozenset(kind for kind in stated if kind is not None) | {
        kind for kind in _edits(report) if kind.is_generative
    }


def said_to_be(report: ManifestReport) -> DigitalSourceType | None:
    """What a manifest says of the whole: what a model did to it or put into it later counts before how it began."""
    if (made := made_by_model(report)) is not None:
        return DigitalSourceType(made.digital_source_type)
    kinds = [kind for kind in sources(report) if kind.is_generative]
    return report.source_type if report.source_type in kinds or not kinds else min(kinds)


def made_by_model(report: ManifestReport) -> ReportedAction | None:
    """The first action of the active manifest itself, if any, by which a trained model made all or part."""
    for action in report.actions:
        kind = DigitalSourceType.of(action.digital_source_type)
        if kind is not None and kind.is_generative:
            return action
    return None


def tells_itself_made(report: ManifestReport) -> bool:
    """Whether the active manifest itself says that a machine made all or part, and that rests on no earlier signer."""
    if report.beneath is not None:
        return False
    alone = not content(report) and bool(sources(report) & MADE)
    return alone or made_by_model(report) is not None


def is_disclosed_edit(report: ManifestReport) -> bool:
    """Whether how the content came to be is told by an earlier manifest alone, and the active one discloses a model."""
    states = any(action.digital_source_type for action in report.actions)
    return report.ai_disclosure is not None and bool(content(report)) and not states


def is_more_than_captured(report: ManifestReport) -> bool:
    """Whether it, or what is beneath it, says that no sensor took all of the picture, or a model had a part in it, or
    gives a source type that nobody knows, or none of something that was put into it; or only passes on that one did,
    says so by the name of a generator, or says part of it elsewhere or no more."""
    disclosed = report.ai_disclosure is not None or any(one.discloses_model for one in content(report))
    kinds = _edits(report).union(report.other_source_types, *(one.other_source_types for one in content(report)))
    unknown = any(DigitalSourceType.of(uri) is None for uri in _stated(report))
    elsewhere = report.keeps_elsewhere or any(one.keeps_elsewhere for one in content(report))
    elsewhere = elsewhere or any(one.assertion.startswith(_TELLING) for one in report.redactions)
    others = unknown or only_passes_on(report) or _has_model(report) or _has_nameless_part(report)
    return disclosed or bool(kinds & MADE) or elsewhere or others or any(map(_is_generator, _programs(report)))


def _programs(report: ManifestReport) -> Iterator[str]:
    """Those that it, and what is beneath it, says were used."""
    yield report.claim_generator
    yield from (action.software_agent for action in report.actions)
    yield from (program for one in content(report) for program in one.programs)


def _is_generator(program: str) -> bool:
    return bool(generator_named("software", program))


def only_passes_on(report: ManifestReport) -> bool:
    """Whether it, or what is beneath it, says of a sensor what its signer does not vouch for."""
    return report.passes_on or any(one.passes_on for one in content(report))


def _has_model(report: ManifestReport) -> bool:
    """Whether a model, or what models are given to work from, is among what it says the content was made from."""
    types = (kind for ingredient in report.ingredients for kind in ingredient.data_types)
    return any(kind.startswith(_OF_MODELS) for kind in types)


def _has_nameless_part(report: ManifestReport) -> bool:
    """Whether something was put into the picture of which no manifest says how it came to be, or it was made of a file
    without one."""
    stated: set[str] = set()  # labels of manifests that say it, or from which one follows that does
    trail: list[ReportedIngredient] = []
    for ingredient in report.ingredients:
        trail = [one for one in trail if one.depth < ingredient.depth] + [ingredient]
        if ingredient.source_type:
            stated.update(one.label for one in trail if one.label)
    parts = (one for one in report.ingredients if one.relationship == "componentOf")
    opened = any(one.relationship == "parentOf" and not one.label for one in report.ingredients)
    return opened or any(part.label not in stated for part in parts)


def _edits(report: ManifestReport) -> frozenset[DigitalSourceType]:
    """Source types of what was done, by the active manifest and by those of its content."""
    return frozenset(kind for kind in map(DigitalSourceType.of, _stated(report)) if kind is not None)


def _stated(report: ManifestReport) -> Iterator[str]:
    """The same as they are written; one that is no source type may mean anything."""
    yield from (action.digital_source_type for action in report.actions if action.digital_source_type)
    for ingredient in content(report):
        yield from filter(None, (ingredient.source_type, *ingredient.edit_source_types))


def content(report: ManifestReport) -> tuple[ReportedIngredient, ...]:
    """Ingredients whose pixels went into the picture."""
    return tuple(ingredient for ingredient in report.ingredients if ingredient.relationship in _CONTENT)


def nobodys_word(report: ManifestReport) -> ReportedIngredient | None:
    """The first of them, if any, whose own manifest nobody vouches for whom we trust."""
    return next((ingredient for ingredient in content(report) if ingredient.is_nobodys_word), None)


def signer_name(report: ManifestReport | ReportedIngredient | ReportedRedaction) -> str:
    """Whom the certificate names, as the signer wrote it; empty where nobody is named."""
    signer = report.signer
    if signer is None:
        return ""
    if signer.organisation and signer.common_name and signer.organisation not in signer.common_name:
        return f"{signer.organisation} ({signer.common_name})"
    return signer.common_name or signer.organisation


def named_payloads(report: ManifestReport, algorithm: str) -> frozenset[bytes]:
    """Payloads in ``algorithm`` that the active manifest names as its soft bindings."""
    return frozenset(binding.payload for binding in report.soft_bindings if binding.algorithm == algorithm)


def is_accounted_for(evidence: Evidence) -> bool:
    """Whether the file's manifest, or one that it was built upon, admits the mark in the pixels."""
    return _admits(evidence.manifest, evidence.mark, evidence.algorithm, evidence.registration)


def is_sound_accounted_for(evidence: Evidence) -> bool:
    """Whether the file's manifest, or one that it was built upon, admits the mark in the sound."""
    sound = evidence.sound
    return _admits(evidence.manifest, evidence.mark_in_sound, sound.algorithm, sound.registration)


def is_registered_ancestor(evidence: Evidence) -> bool:
    """Whether the manifest that the registry holds for the payload is the file's own, or one it was built upon."""
    return _is_ancestor(evidence.registration, evidence.manifest)


def _admits(
    manifest: ManifestReport, mark: Detection | None, algorithm: str, registration: Registration | None
) -> bool:
    if mark is None:
        return True
    named = named_payloads(manifest, algorithm) | inherited_payloads(manifest, algorithm)
    if mark.payload is None:  # a mark that cannot be read: any mark that is admitted may be this one
        return bool(named)
    return mark.payload.to_bytes() in named or _is_ancestor(registration, manifest)


def _is_ancestor(registration: Registration | None, manifest: ManifestReport) -> bool:
    labels = {manifest.label, *(ingredient.label for ingredient in content(manifest))}
    return registration is not None and registration.manifest_label in labels


def inherited_payloads(report: ManifestReport, algorithm: str) -> frozenset[bytes]:
    """Payloads in ``algorithm`` that manifests beneath the active one name as their soft bindings."""
    return frozenset(
        binding.payload
        for ingredient in content(report)
        for binding in ingredient.soft_bindings
        if binding.algorithm == algorithm and binding.payload
    )
