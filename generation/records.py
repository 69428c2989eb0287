"""What the ledger keeps of a decision and of a release: reasons and digests, never the words of a prompt."""

from __future__ import annotations

from typing import Any

from touchmark.provenance.registry import Registration
from touchmark.safety.decision import Decision, Requester
from touchmark.safety.gate import Screening


def decision_record(screening: Screening, requester: Requester | None = None) -> dict[str, Any]:
    """Of what the gate decided, for whom, relying on whose consent and on which reviewer."""
    decision, question = screening.decision, screening.question
    record: dict[str, Any] = {
        "action": decision.action.value,
        "request": decision.request_digest,
        "policy": decision.policy_name,
        "policy_digest": decision.policy_digest,
        "reasons": sorted({finding.reason_code for finding in decision.findings}),
        "age": decision.age.value,
    }
    if requester and requester.consents:
        record["consents"] = sorted(requester.consents)
    if question and question.answer:
        record["review"] = {"answer": question.answer.value, "reviewer": question.reviewer}
    return record


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
