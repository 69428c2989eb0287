"""What the ledger keeps of a decision and of a release: reasons and digests, never the words of a prompt."""

from __future__ import annotations

from typing import Any

from touchmark.provenance.registry import Registration
from touchmark.safety.decision import Decision, Requester


def decision_record(decision: Decision, requester: Requester | None = None) -> dict[str, Any]:
    """Of what the gate decided, for whom, and relying on whose consent."""
    record = {
        "action": decision.action.value,
        "request": decision.request_digest,
        "policy": decision.policy_name,
        "policy_digest": decision.policy_digest,
        "reasons": sorted({finding.reason_code for finding in decision.findings}),
        "age": decision.age.value,
    }
    return record | {"consents": sorted(requester.consents)} if requester and requester.consents else record


def release_record(registration: Registration, decision: Decision | None) -> dict[str, Any]:
    """Of what is published, under which decision."""
    return {
        "payload": str(registration.payload),
        "manifest": registration.manifest_label,
        "file_sha256": registration.file_sha256,
        "source_type": registration.source_type,
        "request": decision.request_digest if decision else None,
        "policy_digest": registration.policy_digest,
    }
