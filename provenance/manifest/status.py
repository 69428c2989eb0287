"""What a C2PA library finds wrong with a manifest, and what each finding is about.

    StatusCode("assertion.bmffHash.mismatch").concern       # Concern.CONTENT

C2PA names failures by codes (C2PA 2.4, section 15) and does not say which of them mean that somebody
changed a file. That is said here, once: reports, faults of ingredients and verdicts all ask for the concern.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from touchmark.provenance.manifest.untrusted import MAX_ITEMS, nodes, text


class Concern(StrEnum):
    """What a failure is about."""

    CONTENT = "content"
    """The hard binding: these bytes are not the ones that were signed."""
    CLAIM = "claim"
    """The manifest itself was changed, or cannot be held against its signature."""
    FORM = "form"
    """What was signed breaks the specification: cameras and editors write such manifests, and nobody changed them."""
    SIGNATURE = "signature"
    """The signature over the claim is wrong or missing."""
    CREDENTIAL = "credential"
    """The certificate is revoked, or not fit for signing."""
    TRUST = "trust"
    """The certificate is fine, and nobody whom we trust vouches for it (or for its time stamp)."""
    TIME = "time"
    """The certificate has expired, and no sound time stamp shows that it was used before."""
    IDENTITY = "identity"
    """Somebody whom the manifest names beside the signer (CAWG identity) is not proven, or by an authority that is
    unknown or was not asked. The manifest is what was signed; we rely on nobody's word for who these people are."""


@dataclass(frozen=True, slots=True)
class StatusCode:
    """One failure, as C2PA names it.

    Attributes:
        code: such as ``assertion.bmffHash.mismatch`` (C2PA 2.4, section 15).
        explanation: what the library said.
        url: JUMBF address of what it concerns.
    """

    code: str
    explanation: str = ""
    url: str = ""

    @property
    def concern(self) -> Concern:
        """What it is about."""
        first, _, rest = self.code.partition(".")
        if first == "assertion" and rest.partition(".")[0] in _HARD_BINDINGS and rest.endswith(".mismatch"):
            return Concern.CONTENT
        return _CONCERNS.get(self.code) or _CONCERNS.get(first, Concern.CLAIM)


BINDING_MISSING = "assertion.action.softBindingMissing"
TRUSTED, UNTRUSTED = "signingCredential.trusted", "signingCredential.untrusted"
STORE = "self#jumbf=/c2pa/"
"""What the JUMBF address of anything in the file's manifest store begins with."""
_SUCCESS_ENDINGS = (".match", ".validated", ".trusted", ".insideValidity", ".accessible", ".notRevoked", ".skipped")
INVALID_CERTIFICATE = "signingCredential.invalid"
"""The code of a certificate that breaks the profile of C2PA."""
_CONCERNS = {
    "assertion.action.ingredientMismatch": Concern.FORM,
    "assertion.action.malformed": Concern.FORM,
    "assertion.cloud-data.actions": Concern.FORM,
    "assertion.cloud-data.hardBinding": Concern.FORM,
    "assertion.cloud-data.malformed": Concern.FORM,
    "assertion.external-reference.malformed": Concern.FORM,
    BINDING_MISSING: Concern.FORM,
    "assertion.ingredient.malformed": Concern.FORM,
    "assertion.metadata.disallowed": Concern.FORM,
    "assertion.timestamp.malformed": Concern.FORM,
    "claim.malformed": Concern.FORM,
    "manifest.multipleParents": Concern.FORM,
    "signingCredential": Concern.CREDENTIAL,
    "signingCredential.untrusted": Concern.TRUST,
    "signingCredential.expired": Concern.TIME,
    "signingCredential.ocsp.unknown": Concern.TRUST,
    "signingCredential.ocsp.inaccessible": Concern.TRUST,
    "claimSignature": Concern.SIGNATURE,
    "claimSignature.outsideValidity": Concern.TIME,
    "timeStamp": Concern.TIME,
    "timeStamp.untrusted": Concern.TRUST,
    "cawg": Concern.IDENTITY,
}
_HARD_BINDINGS = {"dataHash", "bmffHash", "boxesHash", "collectionHash", "multiAssetHash"}


def statuses_of(listed: object, limit: int | None = MAX_ITEMS) -> tuple[StatusCode, ...]:
    """What a list in the library's JSON says, in its order; of what is no such list, nothing."""
    return tuple(
        StatusCode(text(s.get("code")), text(s.get("explanation")), text(s.get("url"))) for s in nodes(listed, limit)
    )


def old_failures_of(listed: object) -> tuple[StatusCode, ...]:
    """Those of a list as claims of before 2.0 have it, in which successes and failures stand together."""
    return tuple(status for status in statuses_of(listed) if not status.code.endswith(_SUCCESS_ENDINGS))
