"""What lies in a manifest store that no signature covers: room to hide things in a file that reads Trusted. Pure.

A claim names assertions by their hashes, and a signature covers the claim (C2PA 2.4, 11.1 and 13.2). Everything else
in a store is boxes: padding beside a signature, a box that no reader knows, data that nothing refers to, a manifest
that is neither the file's own nor an ingredient's. Boxes and lengths of CBOR are walked here, values are never
interpreted, but for the addresses of manifests.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final

from touchmark.provenance.manifest import cbor
from touchmark.provenance.manifest.cose import unprotected_header
from touchmark.provenance.manifest.jumbf import ADDRESS, ASSERTIONS, CLAIM, COMPRESSED, MANIFESTS, SIGNATURE, Box
from touchmark.provenance.manifest.kept import KeptStore

_SALT: Final = 48  # random bytes beside a label (C2PA 2.4, 8.4.2.3): 16 or 32, in a box
_LEFT_BEHIND: Final = {b"c2db": 1 << 10, b"c2vc": 3 << 10}
"""Types of the boxes that hold data and credentials, and bytes of such as nothing names: generators leave a few hundred
of data behind, and a credential of two thousand. A library lets pass whatever is in either."""
_HASH: Final = re.compile(rb"\x58[\x20\x30\x40]")
"""What stands before a hash in CBOR: as many bytes as SHA-256, SHA-384 or SHA-512 make of anything."""
_IN_JSON: Final = re.compile(rb'\[((?:\d{1,3},){31,63}\d{1,3})\]|"([0-9A-Za-z+/]{43,86}={0,2})"')
"""A hash in JSON: numbers as many write it, or base64 as the standard has it."""
_DIGESTS: Final = (hashlib.sha256, hashlib.sha384, hashlib.sha512)
_FILE: Final = b"bfdb"
"""Kind of the box that says what the embedded file is in the next one (ISO/IEC 19566-5, B.3)."""
_PADS: Final = (b"\x63pad", b"\x64pad2")
_HEADERS: Final = frozenset((b"\x18\x21", b"\x67x5chain", b"\x66sigTst", b"\x67sigTst2", b"\x65rVals"))
"""Names of COSE headers (RFC 9360; C2PA 2.4, 13.2 and 14.5) that stand where a signature does not cover them: what they
hold is certificates, time stamps and answers about revocation, all in DER."""
_IN_HEADERS: Final = (b"tstTokens", b"val", b"ocspVals")
"""Names in them."""
_SHORT: Final = {b"\x18\x22": 80, b"\x71temp_signing_time": 40}
"""Names of others, the digest of a certificate and a time, and bytes of what they hold."""
_MOST_OF_HEADER: Final = 32 << 10
"""Bytes of one; a time stamp with all its certificates has a third of that."""


_ADDRESS = re.compile(ADDRESS)
_IN_STORE = re.compile(ADDRESS + rb"/?c2pa/([^/]+)")
_LONGEST: Final = 1024  # bytes of an address


def unsigned_in_store(kept: KeptStore) -> int:
    """Non-zero bytes that neither a claim's hashes nor a signature covers, in a manifest store and after it.

    Counted are padding and unknown headers beside signatures, boxes that a store has no place for, data that no
    assertion names, and manifests that the file's own does not lead to; and all of what cannot be read here, whatever a
    C2PA library makes of it. What a compressed manifest holds that was not unpacked is not seen here: see ``unseen``.
    """
    return unsigned_in_stores((kept,))


def unsigned_in_stores(kept: Sequence[KeptStore], label: str = "") -> int:
    """The same, of stores that a library joins to one: an original and its updates, each in a box of its own.

    Any store may be called an original, in front of any that is called an update: what the file's own manifest, which
    has this ``label``, does not lead to was put there by nobody knows whom. Without one the last counts as its own.
    """
    led_to = _led_to([manifest for one in kept for manifest in one.manifests], label.encode())
    return sum(_unsigned(one, led_to) for one in kept)


def _unsigned(kept: KeptStore, led_to: Mapping[bytes, Box]) -> int:
    store = kept.store
    if store is None:
        return _content(kept.data)
    count = _content(kept.data[kept.end :]) + _beside_label(store)
    for manifest in store.inner:
        if led_to.get(manifest.label) is not manifest:
            count += _content(manifest.data)
        elif manifest.type == COMPRESSED:
            count += _beside_label(manifest) + sum(_content(box.data) for box in manifest.inner[1:])
        else:
            hashes = _hashes(manifest)
            count += _beside_label(manifest) + sum(_unsigned_part(part, hashes) for part in manifest.inner)
    return count


def _led_to(boxes: Sequence[Box], label: bytes) -> dict[bytes, Box]:
    """By label, the manifests that the one of this label leads to, and itself. It is the file's own; where there is
    none, the last is (C2PA 2.4, 11.1.4.2).

    Of several with one label a library reads one. Where one is compressed, what that leads to is not known: all count.
    """
    manifests = [box for box in boxes if box.type in MANIFESTS or box.is_packed]
    by_label = {manifest.label: manifest for manifest in manifests}
    ahead = [by_label[label]] if label in by_label else manifests[-1:]
    found = {manifest.label: manifest for manifest in ahead}
    while ahead:
        manifest = ahead.pop()
        if manifest.is_packed:
            return by_label
        for address in _addresses(manifest):
            named = _IN_STORE.match(address)
            if named and named[1] in by_label and named[1] not in found:
                found[named[1]] = by_label[named[1]]
                ahead.append(by_label[named[1]])
    return found


def _hashes(manifest: Box) -> frozenset[bytes]:
    """All that what is signed of a manifest may name data and credentials by; none where it holds neither."""
    if all(part.type not in _LEFT_BEHIND for part in manifest.inner):
        return frozenset()
    signed = [box for part in manifest.inner if part.type == CLAIM for box in part.inner]
    signed += [box for part in manifest.inner if part.type == ASSERTIONS for one in part.inner for box in one.inner]
    return frozenset(value for box in signed for value in _hashes_in(box.kind, box.data))


def _hashes_in(kind: bytes, data: bytes) -> Iterator[bytes]:
    """What may be a hash in CBOR or JSON; in files that are embedded there is none."""
    if kind == b"cbor":
        for found in _HASH.finditer(data):
            yield data[found.end() : found.end() + found[0][1]]
    elif kind == b"json":
        for found in _IN_JSON.finditer(data):
            with suppress(ValueError):
                yield bytes(map(int, found[1].split(b","))) if found[1] else base64.b64decode(found[2], validate=True)


def _addresses(manifest: Box) -> Iterator[bytes]:
    """In what is signed of one: texts of CBOR, whose length stands before them, or of JSON."""
    for part in manifest.inner:
        if part.type not in (ASSERTIONS, CLAIM):
            continue
        data = part.data
        for match in _ADDRESS.finditer(data):
            start = match.start()
            yield data[start : start + _text_length(data, start)]


def _text_length(data: bytes, start: int) -> int:
    """Of a text that begins at ``start``, by its head in CBOR (RFC 8949, 3) or the quotation mark that ends it."""
    for size in (3, 2, 1):  # the last byte of a longer head may look like a short one
        with suppress(ValueError):
            major, length, after = cbor.head(data, start - size)
            if major == cbor.TEXT and after == start:
                return min(length, _LONGEST)
    return max(data.find(b'"', start, start + _LONGEST) - start, 0)


def _unsigned_part(part: Box, hashes: Collection[bytes]) -> int:
    """Of one part of a manifest: its assertions, its claim, its signature, ...; ``hashes`` are those in what is
    signed."""
    if part.type == ASSERTIONS:
        return _beside_label(part) + sum(map(_beside_content, part.inner))
    if part.type in _LEFT_BEHIND:
        unnamed = (box for box in part.inner if not any(digest(box.data).digest() in hashes for digest in _DIGESTS))
        count = sum(_content(box.data) for box in unnamed)
        return _beside_label(part) + (count if count > _LEFT_BEHIND[part.type] else 0)
    if part.type not in (CLAIM, SIGNATURE) or not part.inner:
        return _content(part.data)
    count = _beside_label(part) + sum(_content(box.data) for box in part.inner[1:])
    return count + (_unsigned_in_cose(part.inner[0].data) if part.type == SIGNATURE else 0)


def _beside_content(box: Box) -> int:
    """Of one assertion: what lies beside its content, which is one box, or of an embedded file two."""
    if not box.description:
        return _content(box.data)
    if not box.inner or box.inner[0].kind != _FILE:
        return sum(_content(other.data) for other in box.inner[1:])
    # Of the first a library hashes what kind of file it is, behind a byte and up to a zero, and no name behind that.
    name = box.inner[0].data[1:].partition(b"\0")[2]
    return _content(name) + sum(_content(other.data) for other in box.inner[2:])


def _unsigned_in_cose(sign1: bytes) -> int:
    """Of a COSE_Sign1 (RFC 9052, 4.2): a tag, and four of protected header, other header, payload and signature."""
    try:
        start = unprotected_header(sign1)
        *entries, at = cbor.members(sign1, start)
        signature = cbor.end(sign1, at)
        # A payload is none: what is signed is the claim, which lies in a box of its own (C2PA 2.4, 13.2).
        count = _content(sign1[cbor.head(sign1, at)[2] : signature]) + _content(sign1[cbor.end(sign1, signature) :])
        met: set[bytes] = set()
        for key, value, end in zip(entries[::2], entries[1::2], [*entries, at][2::2], strict=True):
            if sign1[key:value] in _PADS:
                count += _content(sign1[cbor.head(sign1, value)[2] : end])
            elif sign1[key:value] in met or not _is_plain(sign1, key, value, end):
                count += _content(sign1[key:end])
            met.add(sign1[key:value])
    except ValueError:  # also where it is no map of names and values
        return _content(sign1)
    return count


def _is_plain(sign1: bytes, key: int, value: int, end: int) -> bool:
    """Whether a header is one that is known, and is written as such a header is. What it says is not looked at."""
    name, size = sign1[key:value], end - value
    if name in _SHORT:
        return size <= _SHORT[name]
    return name in _HEADERS and size <= _MOST_OF_HEADER and _is_of_der(sign1, value)


def _is_of_der(data: bytes, at: int) -> bool:
    """Whether an item of CBOR holds items of DER, in arrays or under names that are known, and nothing else."""
    kind, length, start = cbor.head(data, at)
    if kind == cbor.ARRAY:
        return all(_is_of_der(data, one) for one in cbor.members(data, at)[:-1])
    if kind == cbor.MAP:
        entries = [(cbor.text(data, name), value) for name, value in cbor.entries(data, at)]
        named = all(name in _IN_HEADERS for name, _ in entries) and len(dict(entries)) == len(entries)
        return named and all(_is_of_der(data, value) for _, value in entries)
    return kind == cbor.BYTES and length >= 0 and _is_der(data[start : start + length])


def _is_der(item: bytes) -> bool:
    """Whether it is one sequence of DER (ITU-T X.690, 8.1)."""
    if len(item) < 2 or item[:1] != b"\x30":
        return not item
    long = item[1] & 127 if item[1] > 127 else 0
    return 2 + long + (int.from_bytes(item[2 : 2 + long], "big") if long else item[1]) == len(item)


def _beside_label(box: Box) -> int:
    """Non-zero bytes of the description after type and label, less a salt."""
    rest = box.description[17:].partition(b"\0")[2]
    return _content(rest) if len(rest) > _SALT else 0


def _content(data: bytes) -> int:
    return len(data) - data.count(0)
