"""Whether the certificate that signed a manifest is one for signing claims.

    signs_claims(kept, label)

A C2PA library takes certificates for time stamps and for answers about revocation too, since it judges those by the
same rules (C2PA 2.4, 14.5.1), and those whose key is for no signatures. An authority that issues several kinds vouches
for none doing another's work.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from cryptography import x509

from touchmark.provenance.keys.profile import SIGNER_EKUS
from touchmark.provenance.manifest import cbor
from touchmark.provenance.manifest.jumbf import SIGNATURE, Box
from touchmark.provenance.manifest.kept import KeptStore

_CHAIN: Final = (b"\x18\x21", b"\x67x5chain")
"""Names of the header that holds certificates (RFC 9360)."""


def signs_claims(kept: KeptStore, label: str) -> bool:
    """Of the manifest ``label`` in a store; False also where its certificate cannot be read."""
    manifests = kept.store.inner if kept.store else ()
    try:
        manifest = next(box for box in manifests if box.label == label.encode())
        signature = next(part for part in manifest.inner if part.type == SIGNATURE)
        return _is_for_claims(certificate_of(signature))
    except (ValueError, StopIteration, x509.ExtensionNotFound, x509.DuplicateExtension):
        return False


@lru_cache(maxsize=256)
def _is_for_claims(certificate: bytes) -> bool:
    """Kept for those met of late: a few signers sign most of what a platform is given."""
    extensions = x509.load_der_x509_certificate(certificate).extensions
    usages = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    signs = extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
    return signs and any(usage.dotted_string in SIGNER_EKUS for usage in usages)


def certificate_of(signature: Box) -> bytes:
    """The first of the chain, in the protected header of a COSE_Sign1 or, as it was before, in the other.

    Raises:
        ValueError: there is none.
    """
    sign1 = signature.inner[0].data if signature.inner else b""
    first = 2 if sign1[:1] == b"\xd2" else 1
    _, size, start = cbor.head(sign1, first)
    for header in (sign1[start : start + size], sign1[cbor.end(sign1, first) :]):
        *entries, _ = cbor.members(header, 0)
        for key, value in zip(entries[::2], entries[1::2], strict=True):
            if header[key:value] in _CHAIN:
                at = cbor.members(header, value)[0] if cbor.head(header, value)[0] == cbor.ARRAY else value
                kind, length, begin = cbor.head(header, at)
                if kind == cbor.BYTES:
                    return header[begin : begin + length]
    raise ValueError("no certificate")
