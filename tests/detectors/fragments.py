"""A film in fragments whose hard binding is a tree of hashes over them, in one file: what no library at hand writes.

The film is made of fragments that hold one picture each, a branch is put before each, and the library's hash over all
is replaced by a tree, signed anew.
"""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import cbor2
import numpy as np

from tests.detectors.jumbf import box, signed_anew
from touchmark.provenance.manifest.traces import stores
from touchmark.provenance.media.boxes import C2PA_UUID, Box, top_level
from touchmark.provenance.media.kinds import kind_of_file
from touchmark.provenance.signing import PemSigner

FRAGMENTS = 5
ROW = 2
"""Hashes of the row that is signed: the root's two children of three layers beneath it."""


def fragmented_film(path: Path, seed: int = 4) -> bytes:
    """Five pictures of noise, each a key frame and a fragment, without a table of them at the end."""
    random = np.random.default_rng(seed)
    with av.open(str(path), "w", options={"movflags": "frag_every_frame+empty_moov+default_base_moof"}) as container:
        stream = container.add_stream("libx264", rate=8, options={"g": "1", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(FRAGMENTS):
            picture = random.integers(0, 255, (64, 64, 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    content = path.read_bytes()
    return b"".join(content[b.offset : b.offset + b.size] for b in boxes(content) if b.type != "mfra")


def boxes(content: bytes) -> tuple[Box, ...]:
    return tuple(top_level(io.BytesIO(content), ""))


def branch_box(branch: dict[str, Any], behind: bytes = b"") -> bytes:
    return box(b"uuid", C2PA_UUID + bytes(4) + b"merkle\0" + cbor2.dumps(branch) + behind)


@dataclass(frozen=True)
class Binding:
    """A way to bind a film in fragments.

    Attributes:
        version: of the hash: 3 takes in where a box stands, 1 does not.
        left_out: types of boxes that no leaf takes in.
        has_beginning: whether the beginning of the film is hashed.
        apart: whether fragments are to lie in files of their own, so that where a box stands is counted from there.
        tree: what the tree is called by.
    """

    version: int = 3
    left_out: tuple[str, ...] = ("ftyp", "free", "skip", "mfra")
    has_beginning: bool = True
    apart: bool = False
    tree: int = 1

    def digest(self, content: bytes, some: list[Box], begins: int = 0) -> bytes:
        """Of some boxes (C2PA 2.4, A.5.3), of a file that begins where it is said to."""
        digest = hashlib.sha256()
        for found in some:
            if found.type not in self.left_out and found.uuid != C2PA_UUID:
                digest.update(struct.pack(">Q", found.offset - begins) if self.version > 1 else b"")
                digest.update(content[found.offset : found.offset + found.size])
        return digest.digest()


def bound_by_fragments(content: bytes, signer: PemSigner, binding: Binding = Binding()) -> bytes:
    """``content``, which is signed, with a tree over its fragments in place of the hash over all, signed anew."""
    (store,) = stores(io.BytesIO(content), kind_of_file(io.BytesIO(content)))
    rooms = [branch_box(branch) for branch in _branches([bytes(32)] * FRAGMENTS, binding.tree)]
    for moof, room in reversed(list(zip((b for b in boxes(content) if b.type == "moof"), rooms, strict=True))):
        content = content[: moof.offset] + room + content[moof.offset :]
    runs = _runs(content)
    begins = [run[0].offset - len(room) if binding.apart else 0 for run, room in zip(runs, rooms, strict=True)]
    leaves = [binding.digest(content, run, start) for run, start in zip(runs, begins, strict=True)]
    tree = {"uniqueId": binding.tree, "localId": 1, "count": FRAGMENTS, "alg": "sha256", "hashes": _layers(leaves)[ROW]}
    if binding.has_beginning:
        tree["initHash"] = binding.digest(content, [b for b in boxes(content) if b.offset < runs[0][0].offset])
    more = [{"xpath": f"/{kind}"} for kind in set(binding.left_out) - set(Binding().left_out)]

    def over_fragments(assertion: Any) -> dict[str, Any]:
        kept = {name: assertion[name] for name in ("exclusions", "alg", "name")}
        return kept | {"exclusions": [*assertion["exclusions"], *more], "merkle": [tree]}

    label = "c2pa.hash.bmff.v3"
    renamed = label if binding.version == 3 else "c2pa.hash.bmff"
    content = content.replace(store, signed_anew(store, signer, label, over_fragments, renamed=renamed))
    for room, branch in zip(rooms, _branches(leaves, binding.tree), strict=True):
        content = content.replace(room, branch_box(branch))
    return content


def pieces(content: bytes) -> list[bytes]:
    """What lies before the first branch, and each branch with its fragment."""
    at = [b.offset for b in boxes(content) if b.uuid == C2PA_UUID][1:]
    return [content[start:end] for start, end in zip([0, *at], [*at, len(content)], strict=True)]


def essence(content: bytes) -> tuple[list[bytes], list[bytes]]:
    """What may not change: branches, less their padding, and all other boxes, each in their order.

    But for those that C2PA leaves out, and for the store, which has its own signature.
    """
    branches, others = [], []
    for found in boxes(content):
        data = content[found.offset : found.offset + found.size]
        if found.uuid == C2PA_UUID and b"merkle\0" in data[:64]:
            branches.append(data[24:].rstrip(b"\0"))
        elif found.uuid != C2PA_UUID and found.type not in ("ftyp", "mfra", "free", "skip"):
            others.append(data)
    return branches, others


def _runs(content: bytes) -> list[list[Box]]:
    runs: list[list[Box]] = []
    for found in boxes(content):
        if found.type == "moof":
            runs.append([])
        if runs:
            runs[-1].append(found)
    return runs


def _layers(leaves: list[bytes]) -> list[list[bytes]]:
    layers = [leaves]
    while len(layers[-1]) > 1:
        pairs = [layers[-1][at : at + 2] for at in range(0, len(layers[-1]), 2)]
        layers.append([hashlib.sha256(b"".join(p)).digest() if len(p) == 2 else p[0] for p in pairs])
    return layers


def _branches(leaves: list[bytes], tree: int) -> list[dict[str, Any]]:
    def proof(leaf: int) -> Iterator[bytes]:
        for layer in _layers(leaves)[:ROW]:
            if (beside := leaf ^ 1) < len(layer):
                yield layer[beside]
            leaf //= 2

    return [
        {"uniqueId": tree, "localId": 1, "location": leaf, "hashes": list(proof(leaf))} for leaf in range(len(leaves))
    ]
