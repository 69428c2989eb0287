"""How the C2PA library is set up: the one place that knows its settings.

A context carries trust anchors of one purpose only, because the library does not keep purposes apart: an anchor given
for time stamps would make signers trusted. The last few contexts are kept for the process that made them: one made
before ``fork()`` is invalid in the child. Unknown settings are accepted in silence, so ``canary`` checks that these
still do what they say.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.keys.profile import SIGNER_EKUS
from touchmark.provenance.keys.ring import is_development

DEVELOPMENT_ANCHORS = "urn:touchmark:anchors:development"
"""The library names the list in which it found who vouches for a signer: this one holds development authorities."""

_TIME_STAMPING = "1.3.6.1.5.5.7.3.8"
_OCSP_SIGNING = "1.3.6.1.5.5.7.3.9"
_OTHER_ANCHORS = "urn:touchmark:anchors:other"
_SCRATCH_MIB = 256  # while signing, the library keeps a copy of the film: in memory up to here, beyond that on disk
_UNPACKED_MIB = 1  # of a compressed manifest: its report takes 150 times as much


class TrustAnchorsError(TouchmarkError):
    """The trust anchors are not what they should be."""

    code = "manifest.anchors"


def manifest_context(anchors: bytes) -> c2pa.Context:
    """A context that trusts signers under ``anchors`` (PEM; empty trusts nobody) and never opens a connection.

    Threads may share it. It is kept for the next call, and not to be closed.

    Raises:
        TrustAnchorsError: ``anchors`` is not PEM.
    """
    context = _context(anchors, os.getpid())
    if context.is_valid:
        return context
    _context.cache_clear()  # somebody closed it; the library would find no manifest anywhere
    return _context(anchors, os.getpid())


@lru_cache(maxsize=8)  # a trust list takes a fifth of the time of a small file
def _context(anchors: bytes, _process: int) -> c2pa.Context:
    try:
        return c2pa.Context.from_dict(settings_of(anchors))
    except c2pa.C2paError as error:
        raise _not_pem() from error


def settings_of(anchors: bytes) -> dict[str, Any]:
    """What a context is made of that trusts signers under ``anchors``.

    Raises:
        TrustAnchorsError: ``anchors`` is not PEM.
    """
    return {
        # What is signed is read back by us, in a fresh context; the library need not read it first.
        "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_after_sign": False},
        "trust": {
            # Without the list at the top level, certificates for claim signing alone read Invalid.
            "trust_config": "\n".join((*SIGNER_EKUS, _TIME_STAMPING, _OCSP_SIGNING)) + "\n",
            "anchors": _lists(anchors),
        },
        "builder": {"thumbnail": {"enabled": False}},
        "core": {
            "backing_store_memory_threshold_in_mb": _SCRATCH_MIB,
            "max_decompressed_manifest_size_in_mb": _UNPACKED_MIB,
        },
    }


def _lists(anchors: bytes) -> list[dict[str, Any]]:
    """Development authorities in a list of their own, after the others: the first to vouch for a signer is named."""
    if not anchors.strip():
        return []
    lists: dict[str, list[str]] = {_OTHER_ANCHORS: [], DEVELOPMENT_ANCHORS: []}
    try:
        for certificate in x509.load_pem_x509_certificates(anchors):
            pem = certificate.public_bytes(Encoding.PEM)
            lists[DEVELOPMENT_ANCHORS if is_development(pem) else _OTHER_ANCHORS].append(pem.decode("ascii"))
    except ValueError:
        raise _not_pem() from None
    return [
        {"trust_anchors": "".join(pems), "trust_kind": "manifest", "trust_uri": name}
        for name, pems in lists.items()
        if pems
    ]


def _not_pem() -> TrustAnchorsError:
    return TrustAnchorsError(
        "the trust anchors are not PEM certificates",
        subject="trust anchors",
        remedy="Give root certificates in PEM (-----BEGIN CERTIFICATE-----).",
    )
