"""What must be found in a staged file before it is published: all that was put there, and all of it in agreement."""

from __future__ import annotations

from typing import ClassVar

from touchmark.detectors.verdict import Outcome
from touchmark.detectors.verify import Verification
from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.manifest.report import ValidationState
from touchmark.provenance.registry import Registration


class SelfVerificationError(TouchmarkError):
    """The bundled detector did not find in the staged file what was put there; nothing was published."""

    code: ClassVar[str] = "release.self_verification"


def require_agreement(verification: Verification, registration: Registration) -> None:
    """The detector must find manifest, watermark and registry entry in the staged file, and they must agree.

    Raises:
        SelfVerificationError: something is not there, or says something else.
    """
    evidence = verification.evidence
    found = {
        "a trusted manifest": evidence.manifest.state is ValidationState.TRUSTED,
        "the manifest that was just signed": evidence.manifest.label == registration.manifest_label,
        # Read by itself, not found because the manifest names it: who gets a copy has no manifest.
        "the watermark payload": registration.payload in [d.payload for d in evidence.detections if d.named_by is None],
        # Silence carries nothing, and short or faint sound may not be read: none is asked for, another is forbidden.
        "sound that names no other payload": evidence.strange_sound is None,
        "the registry entry": evidence.registration == registration,
        "a verdict of generated": verification.verdict.outcome is Outcome.GENERATED,
    }
    missing = [what for what, there in found.items() if not there]
    if missing:
        raise SelfVerificationError(
            f"the bundled detector did not find {', '.join(missing)} in the staged file",
            subject=registration.title,
            remedy="Nothing was published. Use a larger or longer picture; if it happens again, report it.",
        )
