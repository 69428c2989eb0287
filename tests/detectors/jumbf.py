"""Take a manifest store apart, change it and put it together again, as somebody does who means harm.

    edited = changed(store, at(("c2pa.signature",), lambda boxes: [*boxes, box(b"evil", b"...")]))
    signed_anew(store, signer, "c2pa.hash.data", lambda assertion: {**assertion, "exclusions": [...]})

The pad beside the signature is cut by what was added, so that a store keeps its length and nothing after it moves.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from typing import Any

import cbor2

from touchmark.provenance.signing import PemSigner

Change = Callable[[tuple[str, ...], list[bytes]], list[bytes]]
"""Given the labels down to a superbox and the boxes in it, the description first: those that shall be in it."""


def box(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def superbox(kind: bytes, label: str, *inner: bytes) -> bytes:
    description = kind + bytes.fromhex("00110010800000aa00389b71") + b"\3" + label.encode() + b"\0"
    return box(b"jumb", box(b"jumd", description) + b"".join(inner))


def at(labels: tuple[str, ...], change: Callable[[list[bytes]], list[bytes]]) -> Change:
    """``change`` in the superbox that these labels lead to from the manifest down; ``()`` is the manifest itself."""
    return lambda path, boxes: change(boxes) if path[2:] == labels and len(path) > 1 else boxes


def changed(store: bytes, change: Change) -> bytes:
    """The store after ``change``, of the same length."""
    edited = rebuilt(store, (), change)
    return _fitted(edited, len(edited) - len(store))


def signed_anew(
    store: bytes, signer: PemSigner, label: str, change: Callable[[Any], Any], *, renamed: str | None = None
) -> bytes:
    """The store with one assertion changed, by the signer: its hash in the claim and the signature hold.

    ``renamed`` makes it one of another kind.
    """
    digests: list[bytes] = []
    claims: list[bytes] = []
    new = renamed or label

    def assertion(boxes: list[bytes]) -> list[bytes]:
        named = boxes[0][8:].replace(f"{label}\0".encode(), f"{new}\0".encode())
        boxes = [box(b"jumd", named), box(b"cbor", cbor2.dumps(change(cbor2.loads(boxes[1][8:]))))]
        digests.append(hashlib.sha256(b"".join(boxes)).digest())
        return boxes

    def claim(boxes: list[bytes]) -> list[bytes]:
        content = cbor2.loads(boxes[1][8:])
        for reference in content["created_assertions"]:
            if reference["url"].endswith(f"/{label}"):
                reference["hash"] = digests[0]
                reference["url"] = reference["url"].removesuffix(label) + new
        claims.append(cbor2.dumps(content))
        return [boxes[0], box(b"cbor", claims[0])]

    def signature(boxes: list[bytes]) -> list[bytes]:
        protected, header, payload, _ = cbor2.loads(boxes[1][8:]).value
        signed = signer.sign(cbor2.dumps(["Signature1", protected, b"", claims[0]]))
        sign1 = cbor2.CBORTag(18, [protected, header, payload, signed])
        return [boxes[0], box(b"cbor", cbor2.dumps(sign1))]

    edited = rebuilt(store, (), at(("c2pa.assertions", label), assertion))
    edited = rebuilt(edited, (), at(("c2pa.claim.v2",), claim))
    edited = rebuilt(edited, (), at(("c2pa.signature",), signature))
    return _fitted(edited, len(edited) - len(store))


def claimed_anew(
    store: bytes,
    signer: PemSigner,
    change: Callable[[Any], Any],
    written: Callable[[bytes], bytes] = lambda claim: claim,
) -> bytes:
    """The store with the claim of its own manifest changed, by the signer: the signature holds. Of the same length.

    ``written`` makes of its CBOR another that says the same.
    """
    own = inner(inner(store)[-1])[0][25:].partition(b"\0")[0].decode()
    claims: list[bytes] = []

    def anew(path: tuple[str, ...], boxes: list[bytes]) -> list[bytes]:
        if path[1:2] != (own,) or path[2:] not in (("c2pa.claim.v2",), ("c2pa.signature",)):
            return boxes
        content = cbor2.loads(boxes[1][8:])
        if path[2] == "c2pa.claim.v2":
            claims.append(written(cbor2.dumps(change(content))))
            return [boxes[0], box(b"cbor", claims[0])]
        protected, header, payload, _ = content.value
        signed = signer.sign(cbor2.dumps(["Signature1", protected, b"", claims[0]]))
        header = {**header, "pad": bytes(len(header["pad"]) + len(claim) - len(claims[0]))}
        return [boxes[0], box(b"cbor", cbor2.dumps(cbor2.CBORTag(18, [protected, header, payload, signed])))]

    claim = next(part for part in inner(inner(store)[-1])[1:] if part[33:].startswith(b"c2pa.claim.v2\0"))
    claim = inner(claim)[1][8:]
    edited = rebuilt(store, (), anew)
    assert len(edited) == len(store)
    return edited


def _fitted(store: bytes, grown: int) -> bytes:
    def pad(boxes: list[bytes]) -> list[bytes]:
        protected, header, *rest = cbor2.loads(boxes[1][8:]).value
        if "pad" not in header:
            return boxes
        room = len(header["pad"]) - grown
        assert room > 256, "the pad's length must keep its two bytes"
        sign1 = cbor2.CBORTag(18, [protected, {**header, "pad": bytes(room)}, *rest])
        return [boxes[0], box(b"cbor", cbor2.dumps(sign1)), *boxes[2:]]

    return rebuilt(store, (), at(("c2pa.signature",), pad))


def rebuilt(data: bytes, path: tuple[str, ...], change: Change) -> bytes:
    """The superbox ``data``, which ``path`` leads to, after ``change``; of whatever length."""
    boxes, position = [], 8
    while position < len(data):
        size = int.from_bytes(data[position : position + 4], "big")
        boxes.append(data[position : position + size])
        position += size
    path = (*path, boxes[0][25:].partition(b"\0")[0].decode())
    inner = [boxes[0], *(rebuilt(b, path, change) if b[4:8] == b"jumb" else b for b in boxes[1:])]
    return box(b"jumb", b"".join(change(path, inner)))


def inner(store: bytes) -> list[bytes]:
    """The boxes in a superbox, its description first."""
    boxes, position = [], 8
    while position < len(store):
        size = int.from_bytes(store[position : position + 4], "big")
        boxes.append(store[position : position + size])
        position += size
    return boxes


def unpadded(store: bytes) -> bytes:
    """The store without the zeros beside its signatures, which no signature covers either."""

    def drop(boxes: list[bytes]) -> list[bytes]:
        protected, header, *rest = cbor2.loads(boxes[1][8:]).value
        bare = {name: value for name, value in header.items() if not str(name).startswith("pad")}
        return [boxes[0], box(b"cbor", cbor2.dumps(cbor2.CBORTag(18, [protected, bare, *rest])))]

    return rebuilt(store, (), at(("c2pa.signature",), drop))


def compressed(manifest: bytes) -> bytes:
    """A manifest as a compressed one (C2PA 2.4, 11.1.4.3): Brotli may keep data as they are (RFC 7932, 9.2)."""
    label = manifest[33 : manifest.index(b"\0", 33)].decode()
    stream, bits = bytearray(), [1, 1, 0, 1]  # a window of 4 MiB
    for start in range(0, len(manifest), 1 << 16):
        piece = manifest[start : start + (1 << 16)]
        bits += [0, 0, 0, *((len(piece) - 1) >> bit & 1 for bit in range(16)), 1]
        stream += _packed(bits) + piece
        bits = []
    return superbox(b"c2cm", label, box(b"brob", bytes(stream) + _packed([1, 1])))


def compressed_alike(store: bytes, hidden: bytes = b"") -> bytes:
    """A store of one manifest with that compressed, of the same length, and ``hidden`` beside its signature."""
    description, manifest = inner(store)
    shorter, forged = 0, b""

    def hide(boxes: list[bytes]) -> list[bytes]:
        protected, header, *rest = cbor2.loads(boxes[1][8:]).value
        pad = hidden + bytes(len(header["pad"]) - len(hidden) - shorter)
        return [boxes[0], box(b"cbor", cbor2.dumps(cbor2.CBORTag(18, [protected, {**header, "pad": pad}, *rest])))]

    for _ in range(3):  # until it has the length of the old one
        packed = compressed(rebuilt(manifest, ("c2pa",), at(("c2pa.signature",), hide)))
        forged = box(b"jumb", description + packed)
        shorter += len(forged) - len(store)
    return forged


def _packed(bits: list[int]) -> bytes:
    whole = [*bits, *[0] * (-len(bits) % 8)]
    return bytes(sum(bit << place for place, bit in enumerate(whole[at : at + 8])) for at in range(0, len(whole), 8))
