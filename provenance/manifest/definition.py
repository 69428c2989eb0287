"""The C2PA manifest definition of a claim, as c2pa's ``Builder`` takes it. Pure: no file, no key, no clock.

    json.dumps(definition(claim))
    resources(claim)            # the bytes that it refers to by name

Written for C2PA 2.4 (https://spec.c2pa.org/specifications/specifications/2.4/specs/C2PA_Specification.html).
"""

from __future__ import annotations

import base64
import math
from datetime import UTC
from typing import Any

from touchmark import __version__
from touchmark.provenance.manifest.claim import (
    AddedText,
    Claim,
    DigitalSourceType,
    ModelKind,
    PromptRecord,
    SoftBinding,
)
from touchmark.provenance.manifest.untrusted import MAX_TEXT

SPEC_VERSION = "2.4.0"
"""The specification that the manifest follows, as ``claim_generator_info.specVersion`` states it."""
GENERATOR = {"name": "touchmark", "version": __version__, "specVersion": SPEC_VERSION}
"""Who makes the claim, as every manifest of ours states it."""
PROMPT_RESOURCE = "prompt.txt"
LABEL_PARAMETER = "io.touchmark.label"
"""Parameter of ``c2pa.addedText`` that tells of a visible label."""
_PARENT = "parent"
_PROMPT = "prompt"
_MODEL = "model"


def definition(claim: Claim) -> dict[str, Any]:
    """The manifest definition of a claim, as c2pa's ``Builder`` takes it; what it refers to is in :func:`resources`."""
    model, prompt = claim.model, claim.prompt
    ingredients = []
    if prompt:
        ingredients.append(_prompt_ingredient(prompt))
    if model:
        ingredients.append(
            _input_ingredient(_MODEL, model.name, "application/octet-stream", model.kind, model.identifier)
        )
    ingredients += [consent.entry(label) for label, consent in zip(_consent_labels(claim), claim.consents, strict=True)]
    assertions = [{"label": "c2pa.actions.v2", "created": True, "data": _actions(claim)}]
    for binding in claim.soft_bindings:
        assertions.append({"label": "c2pa.soft-binding", "created": True, "data": _soft_binding(binding)})
    if model or claim.source_type.is_generative:
        assertions.append({"label": "c2pa.ai-disclosure", "created": True, "data": _ai_disclosure(claim)})
    if claim.training:
        assertions.append(claim.training.assertion())
    return {
        "claim_version": 2,
        "title": claim.title,
        "format": claim.media_type,
        "claim_generator_info": [GENERATOR],
        "ingredients": ingredients,
        "assertions": assertions,
    }


def resources(claim: Claim) -> dict[str, bytes]:
    """What :func:`definition` refers to by name: the words of the prompt, where they are to be embedded."""
    if claim.prompt and claim.prompt.text is not None:
        return {PROMPT_RESOURCE: claim.prompt.text.encode()}
    return {}


def parent_ingredient(claim: Claim) -> dict[str, Any]:
    """The ingredient that the parent's bytes are added under; :func:`definition` refers to it."""
    title = claim.parent.name if claim.parent else claim.title
    return {"title": title[:MAX_TEXT], "relationship": "parentOf", "label": _PARENT}


def input_labels(claim: Claim) -> tuple[str, ...]:
    """The labels that ``claim.inputs`` are added under; :func:`definition` refers to them."""
    return tuple(f"input_{number}" for number in range(1, len(claim.inputs) + 1))


def _consent_labels(claim: Claim) -> tuple[str, ...]:
    return tuple(f"consent_{number}" for number in range(1, len(claim.consents) + 1))


def _actions(claim: Claim) -> dict[str, Any]:
    when = claim.created.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    agent = {"name": claim.software_agent.name}
    if claim.software_agent.version:
        agent["version"] = claim.software_agent.version
    inputs = [label for label, there in ((_PROMPT, claim.prompt), (_MODEL, claim.model)) if there]
    inputs += [*input_labels(claim), *_consent_labels(claim)]
    actions: list[dict[str, Any]] = []
    if claim.parent:
        # Exactly one reference, the parent (C2PA 2.4, 15.10.3.2.3), and no source type.
        actions.append({"action": "c2pa.opened", "when": when, "parameters": {"ingredientIds": [_PARENT]}})
    if not claim.parent or claim.source_type.is_generative:
        made: dict[str, Any] = {
            "action": "c2pa.edited" if claim.parent else "c2pa.created",
            "when": when,
            "softwareAgent": agent,
            "digitalSourceType": claim.source_type.value,
        }
        if inputs:
            made["parameters"] = {"ingredientIds": inputs}
        actions.append(made)
    if claim.added_text:
        actions.append(_added_text(claim.added_text, when, claim.source_type))
    if claim.soft_bindings:
        marker = {"name": "touchmark", "version": __version__}
        if claim.parent and not claim.as_is:
            actions.append({"action": "c2pa.transcoded", "when": when, "softwareAgent": marker})
        actions.append({"action": "c2pa.watermarked.bound", "when": when, "softwareAgent": marker})
    return {"actions": actions, "allActionsIncluded": True}


def _added_text(added: AddedText, when: str, source_type: DigitalSourceType) -> dict[str, Any]:
    """What it says is told here so that a reader need not decode the pictures; who checks it looks at those."""
    label: dict[str, Any] = {"text": added.text, "languages": list(added.languages), "position": added.position}
    if added.seconds is not None:
        label["seconds"] = added.seconds
    return {
        "action": "c2pa.addedText",
        "when": when,
        "softwareAgent": {"name": "touchmark", "version": __version__},
        "digitalSourceType": source_type.value,  # of the whole; perceptible actions must state one
        "description": "visible label",
        "parameters": {LABEL_PARAMETER: label},
    }


def _prompt_ingredient(prompt: PromptRecord) -> dict[str, Any]:
    ingredient = _input_ingredient(
        _PROMPT, "prompt", "text/plain", "c2pa.types.generator.prompt", f"sha256:{prompt.digest}"
    )
    if prompt.text is not None:
        ingredient["data"] = {
            "format": "text/plain",
            "identifier": PROMPT_RESOURCE,
            "data_types": ingredient["data_types"],
        }
    return ingredient


def _input_ingredient(label: str, title: str, media_type: str, data_type: str, description: str) -> dict[str, Any]:
    return {
        "label": label,
        "title": title,
        "format": media_type,
        "relationship": "inputTo",
        "data_types": [{"type": str(data_type)}],
        "description": description,
    }


def _soft_binding(binding: SoftBinding) -> dict[str, Any]:
    # The specification's value is a byte string; c2pa-rs, and so everyone who reads with it, writes it as base64 text.
    value = base64.b64encode(binding.payload).decode("ascii")
    timespan = {"start": math.floor(binding.start * 1000), "end": math.ceil(binding.end * 1000)}
    return {"alg": binding.algorithm, "blocks": [{"scope": {"timespan": timespan}, "value": value}], "pad": ""}


def _ai_disclosure(claim: Claim) -> dict[str, Any]:
    disclosure: dict[str, Any] = {"modelType": (claim.model.kind if claim.model else ModelKind.MODEL).value}
    if claim.model:
        disclosure["modelName"] = claim.model.name
        disclosure["modelIdentifier"] = claim.model.identifier
    if claim.human_oversight:
        disclosure["contentProfile"] = {"humanOversightLevel": claim.human_oversight.value}
    return disclosure
