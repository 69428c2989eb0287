"""How the C2PA library is set up: the one place that knows its settings.

A context carries trust anchors of one purpose only, because the library does not keep purposes apart: an anchor given
for time stamps would make signers trusted. Contexts are made for each use (a millisecond) and never kept: one made
before ``fork()`` is invalid in the child. Unknown settings are accepted in silence, so ``canary`` checks that these
still do what they say.
"""

from __future__ import annotations

from typing import Any

import c2pa

from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.keys.profile import SIGNER_EKUS

_TIME_STAMPING = "1.3.6.1.5.5.7.3.8"
_OCSP_SIGNING = "1.3.6.1.5.5.7.3.9"
_SCRATCH_MIB = 32  # while signing, the library keeps a copy of the film: in memory up to here, beyond that on disk


class TrustAnchorsError(TouchmarkError):
    """The trust anchors are not what they should be."""

    code = "manifest.anchors"


def manifest_context(anchors: bytes) -> c2pa.Context:
    """A context that trusts signers under ``anchors`` (PEM; empty trusts nobody) and never opens a connection.

    Raises:
        TrustAnchorsError: ``anchors`` is not PEM.
    """
    # Without the list at the top level, certificates for claim signing alone read Invalid.
    trust: dict[str, Any] = {"trust_config": "\n".join((*SIGNER_EKUS, _TIME_STAMPING, _OCSP_SIGNING)) + "\n"}
    if anchors.strip():
        try:
            trust["anchors"] = [{"trust_anchors": anchors.decode("ascii"), "trust_kind": "manifest"}]
        except UnicodeDecodeError:
            raise _not_pem() from None
    settings = {
        # What is signed is read back by us, in a fresh context; the library need not read it first.
        "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_after_sign": False},
        "trust": trust,
        "builder": {"thumbnail": {"enabled": False}},
        "core": {"backing_store_memory_threshold_in_mb": _SCRATCH_MIB},
    }
    try:
        return c2pa.Context.from_dict(settings)
    except c2pa.C2paError as error:
        raise _not_pem() from error


def _not_pem() -> TrustAnchorsError:
    return TrustAnchorsError(
        "the trust anchors are not PEM certificates",
        subject="trust anchors",
        remedy="Give root certificates in PEM (-----BEGIN CERTIFICATE-----).",
    )
