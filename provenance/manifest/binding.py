"""What the hard binding of a manifest covers: what its signer left out beyond the usual, and its hash trees. Pure.

    binding = hard_binding(kept_stores(file, "film.mp4").stores, label)
    binding.left_out          # ("the box “/mdat”",)
    binding.trees             # (HashTree(unique_id=1, local_id=1, leaves=11, row=3, digest=32, of_fragments=True),)

A hard binding lists what it does not cover: the manifest store itself, and in an ISO file what may move afterwards.
A signer may add to that list (C2PA 2.4, 9.2.1, 18.5 and 18.6): the picture, in the extreme. A C2PA library then says
"Trusted" whatever is put there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import cbor2

from touchmark.provenance.manifest import cbor
from touchmark.provenance.manifest.jumbf import ASSERTIONS, MANIFESTS, Box
from touchmark.provenance.manifest.kept import KeptStore
from touchmark.provenance.manifest.untrusted import Node, node, nodes
from touchmark.provenance.media.boxes import C2PA_UUID
from touchmark.provenance.wording import number_of

MAX_PLACES: Final = 16
_MOST_PARENTS: Final = 16
_FREE: Final = frozenset({"/ftyp", "/mfra", "/free", "/skip"})
"""Left out by every signer; what lies in them is looked at (``media.boxes``)."""
_OFFSETS: Final = frozenset({"/meta/iloc", "/mfra/tfra"})
_PARTLY_OFFSETS: Final = frozenset(
    {
        "/moov/trak/mdia/minf/stbl/stco",
        "/moov/trak/mdia/minf/stbl/co64",
        "/moof/traf/tfhd",
        "/moof/traf/trun",
    }
)
"""Places of what is hashed elsewhere in the file: generators of before 2024 left these out (C2PA 1.3, A.4)."""
_MEDIA: Final = "/mdat"
_DIGESTS: Final = {"sha256": 32, "sha384": 48, "sha512": 64}
_STORE_PART: Final = ["C2PA"]
"""What a library calls the store's own part; newer ones say that it is left out, which it always was."""
_FIRST_PARTS: Final = frozenset({"SOI", "PNGh", "IHDR"})
_LAST_PARTS: Final = frozenset({"EOI", "IEND"})
"""Where a JPEG and a PNG begin and end; of others it is not known what lies between their parts (``unbound``)."""
_LISTS: Final = ("exclusions", "boxes", "merkle")
_LISTS_WITHIN: Final = ("data", "subset")
_UNTOLD: Final = "what its hard binding, which cannot be read, does not tell"
_COUNT: Final = (4, 8)
"""Bytes, of a BigTIFF eight, that are left out beside the store: a TIFF's directory says in them how long that is."""
ANY_BOX: Final = "/"
"""Stands for the places of all boxes: the first version of the hash over them does not take these in."""
_OF_BOXES, _WITH_PLACES = "c2pa.hash.bmff", ("c2pa.hash.bmff.v2", "c2pa.hash.bmff.v3")


@dataclass(frozen=True, slots=True)
class HashTree:
    """One tree of hashes (Merkle) over the media of a film, or over its fragments (C2PA 2.4, 18.6.2 "merkle").

    Attributes:
        unique_id, local_id: what its branches in the file call it by.
        leaves: pieces that are hashed.
        row: hashes that the manifest holds: those of all leaves, the root alone, or a row between.
        digest: bytes of one; 0 where its algorithm is not known.
        of_fragments: whether a leaf is a fragment, with the beginning of the film hashed beside.
    """

    unique_id: int
    local_id: int
    leaves: int
    row: int
    digest: int
    of_fragments: bool


@dataclass(frozen=True, slots=True)
class HardBinding:
    """What the hard binding of a manifest covers.

    Attributes:
        left_out: names of what it leaves out by its signer's choice, at most ``MAX_PLACES``; in words, with a signer's
            text in them: not safe to show.
        trees: of hashes, in their order.
        free_places: paths of boxes that say where media lie, of which all or part is left out, as was usual, or
            ``ANY_BOX``; and, named as in ``left_out``, what may be a TIFF's word of how long its store is.
    """

    left_out: tuple[str, ...] = ()
    trees: tuple[HashTree, ...] = ()
    free_places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DataHash:
    """A hash over all of a file but some stretches (C2PA 2.4, 18.5).

    Attributes:
        algorithm, digest: of the hash.
        left_out: where each stretch begins and how long it is, in their order.
    """

    algorithm: str
    digest: bytes
    left_out: tuple[tuple[int, int], ...]


def data_hash(kept: Sequence[KeptStore], label: str) -> DataHash | None:
    """Of a manifest that has one and no other, as :func:`hard_binding`; None where it cannot be read."""
    try:
        ((name, binding),) = _bindings(kept, label)
        stretches = [(one["start"], one["length"]) for one in _nodes(binding.get("exclusions"))[:MAX_PLACES]]
        algorithm, digest = str(binding["alg"]), _bytes(binding["hash"])
        if not name.startswith("c2pa.hash.data") or _DIGESTS[algorithm] != len(digest):
            return None
        if any(type(number) is not int or number < 0 for stretch in stretches for number in stretch):
            return None
        return DataHash(algorithm, digest, tuple(sorted(stretches)))
    except Exception:  # whatever a stranger's bytes make the decoder raise
        return None


def hard_binding(kept: Sequence[KeptStore], label: str) -> HardBinding:
    """Of a manifest whose claim and signature hold.

    Args:
        kept: the stores that it may be in. Where it is in none that can be read, or twice, so that a library may have
            read the other, that is among what was left out.
        label: of the manifest; that of an update manifest leads to the one that it speaks of.
    """
    try:
        return _read(_bindings(kept, label))
    except Exception:  # whatever a stranger's bytes make the decoder raise
        return HardBinding((_UNTOLD,))


def _read(bindings: Sequence[tuple[str, Node]]) -> HardBinding:
    places = (place for name, binding in bindings for place in _places(name, binding))
    trees = (tree for _, binding in bindings for tree in _trees(binding))
    left_out = tuple(place for place, _ in zip(places, range(MAX_PLACES), strict=False))
    paths = {str(one.get("xpath")) for _, binding in bindings for one in _nodes(binding.get("exclusions"))}
    free = sorted(paths & (_OFFSETS | _PARTLY_OFFSETS))
    free += [ANY_BOX for name, _ in bindings if name.startswith(_OF_BOXES) and not name.startswith(_WITH_PLACES)]
    free += [in_words(*count) for name, binding in bindings if (count := _count(name, binding))]
    return HardBinding(left_out, tuple(trees), tuple(free))


def _bindings(kept: Sequence[KeptStore], label: str) -> list[tuple[str, Node]]:
    """Hash assertions of a manifest, or of the nearest beneath it that has any.

    Raises:
        Exception: there is no such manifest, there are two, or it cannot be decoded.
    """
    manifests = [box for one in kept for box in one.manifests if box.type in MANIFESTS]
    for _ in range(_MOST_PARENTS):
        (manifest,) = (box for box in manifests if box.label == label.encode())
        assertions = [
            (box.label.decode(), box.inner) for part in manifest.inner if part.type == ASSERTIONS for box in part.inner
        ]
        found = [(name, _plain_content(inner)) for name, inner in assertions if name.startswith("c2pa.hash.")]
        if found:
            return found
        parents = (_content(inner) for name, inner in assertions if name.startswith("c2pa.ingredient"))
        parent = next(data for data in parents if data.get("relationship") == "parentOf")
        below = node(parent.get("activeManifest") or parent.get("c2pa_manifest"))
        label = str(below.get("url")).rpartition("/")[2]
    raise ValueError("manifests beneath manifests without end")


def _content(inner: Sequence[Box]) -> Node:
    """Of an assertion: a map, each name in it once, so that no other reader finds another value.

    Raises:
        Exception: it is none.
    """
    data = inner[0].data
    major, count, start = cbor.head(data, 0)
    if inner[0].kind != b"cbor" or major != cbor.MAP:
        raise ValueError("no map")
    # Under the head of an array, a decoder tells names and values one after another, and loses none.
    as_array = b"\x9f" if count < 0 else b"\x9b" + (2 * count).to_bytes(8, "big")
    told = cbor2.loads(as_array + data[start:])
    content = dict(zip(told[::2], told[1::2], strict=True))
    if 2 * len(content) != len(told):
        raise ValueError("a name in it twice")
    return content


def _plain_content(inner: Sequence[Box]) -> Node:
    """The same, of one that says nothing in a way that a decoder passes over and a library takes.

    That reads values without their tags, structures by the numbers of their members, and names from byte strings.

    Raises:
        Exception: it does.
    """
    if cbor.TAG in cbor.heads(inner[0].data):
        raise ValueError("a tag in it")
    content = _content(inner)
    if not _has_names(content) or not all(_are_maps(content.get(name)) for name in _LISTS):
        raise ValueError("a member without a name")
    return content


def _has_names(value: object) -> bool:
    if isinstance(value, dict):
        return all(isinstance(name, str) and _has_names(inner) for name, inner in value.items())
    return not isinstance(value, list) or all(map(_has_names, value))


def _are_maps(value: object) -> bool:
    """Whether it is a list of maps, each with lists of maps where such stand; or nothing."""
    if value is None:
        return True
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        return False
    return all(_are_maps(item.get(name)) for item in value for name in _LISTS_WITHIN)


def _places(name: str, binding: Node) -> Iterator[str]:
    if name.startswith("c2pa.hash.data"):
        yield from _stretches(binding)
    elif name.startswith("c2pa.hash.bmff"):
        yield from _boxes(binding)
    elif name.startswith("c2pa.hash.boxes"):
        yield from _parts(_nodes(binding.get("boxes")))


def _parts(parts: Sequence[Node]) -> Iterator[str]:
    for part in parts:
        if part.get("excluded") is True and part.get("names") != _STORE_PART:
            yield f"the part “{'”, “'.join(map(str, part.get('names', ())))}”"
    names = [str(name) for part in parts for name in part["names"]]
    if set(names[:1]) <= _FIRST_PARTS and not set(names[-1:]) & _LAST_PARTS:
        # A library asks whether the parts that are named are there, and not for others.
        yield f"what follows the part “{''.join(names[-1:])}”"


def _stretches(binding: Node) -> Iterator[str]:
    beside = _beside_store(binding)
    yield from (in_words(*stretch) for stretch in sorted(beside) if beside != [stretch] or stretch[1] not in _COUNT)


def _count(name: str, binding: Node) -> tuple[int, int] | None:
    beside = _beside_store(binding) if name.startswith("c2pa.hash.data") else []
    return beside[0] if len(beside) == 1 and beside[0][1] in _COUNT else None


def _beside_store(binding: Node) -> list[tuple[int, int]]:
    """What a hash leaves out besides the store, which is the longest, as the library makes sure."""
    found = [(box.get("start"), box.get("length")) for box in _nodes(binding.get("exclusions"))]
    known = [(at, length) for at, length in found if isinstance(at, int) and isinstance(length, int) and length]
    return sorted(known, key=lambda stretch: stretch[1])[:-1]


def in_words(start: int, length: int) -> str:
    """A stretch of bytes."""
    return f"{number_of(length, 'byte')} from byte {start:,} on"


def _boxes(binding: Node) -> Iterator[str]:
    trees = tuple(_trees(binding))
    hashed_by_blocks = bool(trees) and not any(tree.of_fragments for tree in trees)
    for exclusion in _nodes(binding.get("exclusions")):
        path = str(exclusion.get("xpath"))
        known = (
            path in _FREE | _OFFSETS
            or (path in _PARTLY_OFFSETS and bool(exclusion.get("subset")))
            or (path == "/uuid" and _is_store(exclusion))
            or (path == _MEDIA and hashed_by_blocks and bool(exclusion.get("subset")))
        )
        if not known:
            yield f"the box “{path}”"
    if hashed_by_blocks:
        yield from _beside_blocks(binding)
    elif not binding.get("hash") and not trees:
        yield "all of it"
    elif not binding.get("hash") and not all(tree.of_fragments for tree in trees):
        yield "what lies before its fragments"


def _beside_blocks(binding: Node) -> Iterator[str]:
    """What a library does not hold against trees over blocks of media."""
    trees = _nodes(binding.get("merkle"))
    if not binding.get("hash"):
        yield f"what lies in no box “{_MEDIA}”"
    if len(trees) > 1:  # a library holds each of them against any of the boxes
        yield f"which of its boxes “{_MEDIA}” is which"
    if not all(tree.get("fixedBlockSize") or tree.get("variableBlockSizes") for tree in trees):
        # Trees over what tracks say are their samples; so a library reads them where there are branches in the file.
        yield f"what its tracks do not name in the box “{_MEDIA}”"


def _trees(binding: Node) -> Iterator[HashTree]:
    for tree in _nodes(binding.get("merkle")):
        hashes, numbers = tree.get("hashes"), [tree.get(name) for name in ("uniqueId", "localId", "count")]
        unique_id, local_id, leaves = (number if type(number) is int else -1 for number in numbers)
        yield HashTree(
            unique_id,
            local_id,
            leaves,
            row=len(hashes) if isinstance(hashes, list) else 0,
            digest=_DIGESTS.get(str(tree.get("alg") or binding.get("alg")), 0),
            of_fragments=bool(tree.get("initHash")),
        )


def _is_store(exclusion: Node) -> bool:
    return any(
        data.get("offset") == 8 and _bytes(data.get("value")) == C2PA_UUID for data in _nodes(exclusion.get("data"))
    )


def _bytes(value: object) -> bytes:
    """Some generators write bytes as a list of numbers."""
    return bytes(value) if isinstance(value, bytes | list) else b""


def _nodes(value: object) -> list[Node]:
    """All of a list, however long: what is not looked at here may be changed at will."""
    return nodes(value, limit=None)
