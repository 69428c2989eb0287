"""What a manifest says, as facts. Whether it counts is for ``belief``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from touchmark.detectors.disclosure.facts import Fact, Value
from touchmark.detectors.history import nobodys_word, said_to_be
from touchmark.detectors.text import safe_text
from touchmark.provenance.manifest.claim import SoftwareAgent
from touchmark.provenance.manifest.report import ManifestReport, ReportedAction, ValidationState

_PACKING: Final = ("c2pa.watermarked", "c2pa.transcoded", "c2pa.repackaged", "c2pa.published")
"""Actions of programs that generate nothing."""
_UNKNOWN_VERSIONS: Final = frozenset({"", "unknown"})
_MOST_NAME: Final = 200
"""Characters of what a program is called, and of its version."""


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
    agent = _agent(said.actions)
    disclosed = said.ai_disclosure.model_name if said.ai_disclosure else ""
    times = [action.when for action in said.actions if action.when]
    return {
        Fact.MANIFEST_SOURCE_TYPE: last_part(said_to_be(manifest) or ""),
        Fact.MANIFEST_LABEL: manifest.label,
        Fact.MANIFEST_PROVIDER: manifest.signer.organisation if manifest.signer else "",
        Fact.MANIFEST_SYSTEM: disclosed or agent.name[:_MOST_NAME],
        Fact.MANIFEST_SYSTEM_VERSION: "" if agent.version.lower() in _UNKNOWN_VERSIONS else agent.version[:_MOST_NAME],
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


def _agent(actions: Sequence[ReportedAction]) -> SoftwareAgent:
    """The program that the first action names which says how the content was made or changed."""
    named = (action.agent for action in actions if not action.name.startswith(_PACKING))
    return next((agent for agent in named if agent.name or agent.version), SoftwareAgent("", ""))


def last_part(uri: str) -> str:
    """Of a digital source type: what tells it from the others."""
    return uri.rpartition("/")[2]
