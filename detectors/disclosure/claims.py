"""What a manifest says, as facts. Whether it counts is for ``belief``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from touchmark.detectors.disclosure.facts import Fact, Value
from touchmark.detectors.history import nobodys_word, said_to_be
from touchmark.detectors.text import safe_text
from touchmark.provenance.manifest.report import ManifestReport, ValidationState

_PACKING: Final = ("c2pa.watermarked", "c2pa.transcoded", "c2pa.repackaged", "c2pa.published")
"""Actions of programs that generate nothing."""
_UNKNOWN_VERSIONS: Final = frozenset({"", "unknown"})


def claims_of(manifest: ManifestReport) -> dict[Fact, Value]:
    """What a file's manifest says, where it holds; otherwise only that it does not."""
    state = "unbound" if manifest.is_unbound else manifest.state.value if manifest.state else "none"
    values: dict[Fact, Value] = {Fact.MANIFEST_STATE: state}
    holds = state in ("trusted", "valid", "unbound") and manifest.hard_binding_matches is True and not manifest.left_out
    if not holds or manifest.laundered_faults or manifest.truncated:
        return values
    return values | _said(manifest)


def faults_of(manifest: ManifestReport) -> dict[Fact, str]:
    """Why there is no manifest that holds, or none that binds the mark, as far as it can be told in a line."""
    if manifest.is_unbound:
        why = "an action says that a watermark is bound and no soft binding is there, so that readers call it invalid"
        return {Fact.MANIFEST_STATE: why, Fact.MANIFEST_BINDS_WATERMARK: why}
    told = [f"{one.code} ({one.explanation})" if one.explanation else one.code for one in manifest.failures]
    why = safe_text("; ".join(told[:2]) if manifest.state is ValidationState.INVALID else manifest.reason, 200)
    return {Fact.MANIFEST_STATE: why} if why else {}


def registered_claims(manifest: ManifestReport | None) -> dict[Fact, Value]:
    """What the manifest says which the registry kept; nothing where it is not as it was signed."""
    return _said(manifest) if manifest is not None and manifest.is_sound_but_for_content else {}


def _said(manifest: ManifestReport) -> dict[Fact, Value]:
    """What one says, whatever holds of it."""
    said = manifest if nobodys_word(manifest) else manifest.of_content
    agent, version = _agent(manifest.raw_json, said.label)
    disclosed = said.ai_disclosure.model_name if said.ai_disclosure else ""
    times = [action.when for action in said.actions if action.when]
    return {
        Fact.MANIFEST_SOURCE_TYPE: last_part(said_to_be(manifest) or ""),
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


def last_part(uri: str) -> str:
    """Of a digital source type: what tells it from the others."""
    return uri.rpartition("/")[2]


def _node(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
