"""The certificate that signed a manifest, and whether it is one for signing claims.

    certificate = signing_certificate(kept.stores, label)
    signs_claims(certificate)

A C2PA library takes certificates for time stamps and for answers about revocation too, since it judges those by the
same rules (C2PA 2.4, 14.5.1), and those whose key is for no signatures. An authority that issues several kinds vouches
for none doing another's work. Nor does the library say which certificate it took: here it is looked up, and where a
second one lies beside it, or the name of the first is written as few write it, readers may take either.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from cryptography import x509

from touchmark.provenance.keys.profile import SIGNER_EKUS
from touchmark.provenance.manifest import cbor
from touchmark.provenance.manifest.jumbf import SIGNATURE, Box
from touchmark.provenance.manifest.kept import KeptStore

_CHAIN: Final = 33
_CHAIN_AS_IT_WAS: Final = b"x5chain"
"""Names of the header that holds certificates (RFC 9360, and drafts of it)."""


def signing_certificate(kept: Sequence[KeptStore], label: str) -> bytes:
    """That of the manifest ``label``, DER; empty where there is none, or where it is not to be told which it is."""
    manifests = (box for one in kept for box in one.manifests if box.label == label.encode())
    try:
        found = {certificate_of(part) for manifest in manifests for part in manifest.inner if part.type == SIGNATURE}
    except ValueError:
        return b""
    return found.pop() if len(found) == 1 else b""


def signs_claims(certificate: bytes) -> bool:
    """False also where it cannot be read, or is empty."""
    try:
        return _is_for_claims(certificate)
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension):
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
        ValueError: there is none, or there is more than one.
    """
    (certificate,) = {chain[0] for chain in chains_of(signature)}
    return certificate


def chains_of(signature: Box) -> list[list[bytes]]:
    """The certificates in each header that holds some, DER, the signer's first.

    Raises:
        ValueError: they cannot be told.
    """
    sign1 = signature.inner[0].data if signature.inner else b""
    first = 2 if sign1[:1] == b"\xd2" else 1
    kind, size, start = cbor.head(sign1, first)
    if kind != cbor.BYTES or size < 0:
        raise ValueError("no header, or one in pieces")
    headers = (sign1[start : start + size], sign1[cbor.end(sign1, first) :])
    return [chain for header in headers if header for chain in _chains(header)]


def _chains(header: bytes) -> Iterator[list[bytes]]:
    """Each chain in a header, whatever it is called."""
    for name, value in cbor.entries(header, 0):
        if _is_chain(header, name):
            listed = cbor.head(header, value)[0] == cbor.ARRAY
            chain = [_bytes(header, at) for at in (cbor.members(header, value)[:-1] if listed else [value])]
            if not chain:
                raise ValueError("no certificate")
            yield chain


def _bytes(data: bytes, at: int) -> bytes:
    kind, length, start = cbor.head(data, at)
    if kind != cbor.BYTES or length < 0:
        raise ValueError("no certificate, or one in pieces")
    return data[start : start + length]


def _is_chain(header: bytes, name: int) -> bool:
    kind, number, start = cbor.head(header, name)
    if kind == cbor.TEXT and number < 0:
        raise ValueError("a name in pieces")
    return (kind == cbor.UNSIGNED and number == _CHAIN) or (
        kind == cbor.TEXT and header[start : start + number] == _CHAIN_AS_IT_WAS
    )
