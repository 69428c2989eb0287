"""The signature of a manifest, taken apart: a COSE_Sign1 (RFC 9052, 4.2; C2PA 2.4, 13.2). Pure.

    chains_of(signature)                                # certificates, the signer's first
    sign1 = sign1_of(signature)
    cbor.entries(sign1, unprotected_header(sign1))      # what is beside them, and unsigned

Where two readers may take different bytes for the same thing, nothing is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from touchmark.provenance.manifest import cbor
from touchmark.provenance.manifest.jumbf import Box

Chain = tuple[bytes, ...]
"""Certificates, DER, the signer's first; at least that."""

_TAG: Final = b"\xd2"
"""Of a COSE_Sign1 (18); it may be left out."""
_CHAIN: Final = 33
_CHAIN_AS_IT_WAS: Final = b"x5chain"
"""Names of the header that holds certificates (RFC 9360, and drafts of it)."""


def sign1_of(signature: Box) -> bytes:
    """What is in the box of a signature; empty where nothing is."""
    return signature.inner[0].data if signature.inner else b""


def protected_header(sign1: bytes) -> int:
    """Where the header that is signed begins: a byte string, in which there is a map."""
    return 2 if sign1[:1] == _TAG else 1


def unprotected_header(sign1: bytes) -> int:
    """Where the header that is not signed begins: a map.

    Raises:
        ValueError: what is before it does not end.
    """
    return cbor.end(sign1, protected_header(sign1))


def chains_of(signature: Box) -> list[Chain]:
    """The certificates in each header that holds some: the protected one or, as it was before, the other.

    Raises:
        ValueError: they cannot be told.
    """
    sign1 = sign1_of(signature)
    protected = cbor.string(sign1, protected_header(sign1), cbor.BYTES)
    headers = (protected, sign1[unprotected_header(sign1) :])
    return [chain for header in headers if header for chain in _chains(header)]


def _chains(header: bytes) -> Iterator[Chain]:
    """Each chain in a header, whatever it is called."""
    for name, value in cbor.entries(header, 0):
        if _is_chain(header, name):
            listed = cbor.head(header, value)[0] == cbor.ARRAY
            places = cbor.members(header, value)[:-1] if listed else [value]
            if not places:
                raise ValueError("no certificate")
            yield tuple(cbor.string(header, at, cbor.BYTES) for at in places)


def _is_chain(header: bytes, name: int) -> bool:
    kind, number, start = cbor.head(header, name)
    if kind == cbor.TEXT and number < 0:
        raise ValueError("a name in pieces")
    return (kind == cbor.UNSIGNED and number == _CHAIN) or (
        kind == cbor.TEXT and header[start : start + number] == _CHAIN_AS_IT_WAS
    )
