"""Redactions of what never was: a claim may take out only what an earlier claim names (C2PA 2.4, 6.8 and 10.2).

    faults = strange_redactions(kept.stores)     # by label of the manifest whose claim says it

A C2PA library looks at those that name something it must not take out, or that is still there; any other address, a
claim's or a signature's or nonsense, it takes for one that was taken out, and so says Trusted of a claim that states
what is not so. Lengths of CBOR are walked here, values never interpreted but for the addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from touchmark.provenance.manifest import cbor
from touchmark.provenance.manifest.jumbf import ADDRESS, CLAIM, Box
from touchmark.provenance.manifest.kept import KeptStore
from touchmark.provenance.manifest.status import StatusCode

_CODE: Final = "claim.malformed"
_REDACTED: Final = b"redacted_assertions"
_IN_PIECES: Final = re.compile(rb"\x7f[\x60-\x7b]")
"""Where a text in pieces may begin: a library puts them together, also those of a name."""
_OF_ASSERTION: Final = re.compile(ADDRESS + rb"/?c2pa/([^/]+)/c2pa\.assertions/(.+)", re.DOTALL)
_NAMING: Final = (b"assertions", b"created_assertions", b"gathered_assertions")
_URL: Final = b"url"


def strange_redactions(kept: Sequence[KeptStore]) -> dict[str, StatusCode]:
    """By label, the manifests that take out what no claim names, or nothing that can be, each with its fault.

    Of a manifest that is not in the store any more (who took out what led to it may drop it), or is compressed, it is
    not known what it named.
    """
    found: dict[str, StatusCode] = {}
    for one in kept:
        claims = {box.label: claim for box in one.manifests if (claim := _claim(box)) and not box.is_packed}
        for label, claim in claims.items():
            if (_REDACTED in claim or _IN_PIECES.search(claim)) and (problem := _problem(claim, claims)):
                found[label.decode(errors="replace")] = StatusCode(_CODE, problem)
    return found


def _problem(claim: bytes, claims: dict[bytes, bytes]) -> str:
    """What is wrong with the redactions of one claim, or ""."""
    try:
        for at in cbor.values(claim, 0, (_REDACTED,)):
            if claim[at : at + 1] == cbor.NULL:
                continue
            if cbor.head(claim, at)[0] != cbor.ARRAY:
                return "its redactions are no list"
            for place in cbor.members(claim, at)[:-1]:
                address = _OF_ASSERTION.fullmatch(cbor.text(claim, place))
                if address is None:
                    return "it takes out what is no assertion"
                if address[1] in claims and address[2] not in set(_named(claims[address[1]])):
                    return "it takes out an assertion that is named nowhere"
    except ValueError:  # a library reads deeper than we do
        return "what it takes out cannot be told"
    return ""


def _claim(manifest: Box) -> bytes:
    return next((part.inner[0].data for part in manifest.inner if part.type == CLAIM and part.inner), b"")


def _named(claim: bytes) -> Iterator[bytes]:
    """Labels of the assertions that a claim names."""
    for assertions in cbor.values(claim, 0, _NAMING):
        for reference in cbor.members(claim, assertions)[:-1]:
            for at in cbor.values(claim, reference, (_URL,)):
                yield cbor.text(claim, at).rpartition(b"/")[2]
