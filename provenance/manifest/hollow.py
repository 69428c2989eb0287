"""References of a claim whose hash binds nothing.

    faults = hollow_references(kept.stores)     # by label of the manifest

A claim names each assertion by a hash and may say by which algorithm (C2PA 2.4, 8.4.2). Of an algorithm that it does
not know, a C2PA library takes the hash of anything to be of no bytes: where the claim says so too they are alike, and
anybody can put another assertion in the place of the one that was signed, that of the content among them. So it is with
the manifests of what went in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from touchmark.provenance.manifest import cbor
from touchmark.provenance.manifest.jumbf import ASSERTIONS, CLAIM, Box
from touchmark.provenance.manifest.kept import KeptStore
from touchmark.provenance.manifest.status import StatusCode

_CODE: Final = "claim.malformed"
_OF_CLAIM: Final = (b"assertions", b"created_assertions", b"gathered_assertions")
_OF_INGREDIENT: Final = (b"c2pa_manifest", b"activeManifest", b"claimSignature")
_INGREDIENT: Final = b"c2pa.ingredient"
_HASH: Final = b"hash"
_SIZES: Final = (32, 48, 64)
"""Bytes of SHA-256, SHA-384 and SHA-512."""


def hollow_references(kept: Sequence[KeptStore]) -> dict[str, StatusCode]:
    """By label, the manifests that have such, each with its fault."""
    return {
        manifest.label.decode(errors="replace"): StatusCode(_CODE, "it names something by a hash that is none")
        for one in kept
        for manifest in one.manifests
        if not _binds(manifest)
    }


def _binds(manifest: Box) -> bool:
    """Whether all that a manifest names is named by as many bytes as a hash has."""
    try:
        return all(
            [_is_hash(data, value) for value in cbor.values(data, at, (_HASH,))] == [True]
            for data, at in _references(manifest)
        )
    except ValueError:  # readers may differ over it
        return False


def _is_hash(data: bytes, at: int) -> bool:
    """Whether so many bytes are there, or numbers, which readers take for bytes; a tag they pass over, with its own."""
    kind, size, _ = cbor.head(data, at)
    return kind in (cbor.BYTES, cbor.ARRAY) and size in _SIZES


def _references(manifest: Box) -> Iterator[tuple[bytes, int]]:
    """What a manifest names by a hash: the CBOR, and where in it.

    Raises:
        ValueError: it does not end, or is not written as such is.
    """
    for part in manifest.inner:
        if part.type == CLAIM and part.inner:
            claim = part.inner[0].data
            for listed in cbor.values(claim, 0, _OF_CLAIM):
                yield from ((claim, at) for at in cbor.members(claim, listed)[:-1])
        elif part.type == ASSERTIONS:
            told = (box.inner[0] for box in part.inner if box.label.startswith(_INGREDIENT) and box.inner)
            for data in (content.data for content in told if content.kind == b"cbor" and content.data):
                cbor.entries(data, 0)  # a map: of a tag or a list readers make the same
                yield from ((data, at) for at in cbor.values(data, 0, _OF_INGREDIENT) if data[at : at + 1] != cbor.NULL)
