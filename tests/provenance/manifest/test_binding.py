"""What a hard binding leaves out, by its assertion: of trees over blocks and over fragments."""

from __future__ import annotations

from typing import Any

import cbor2
import pytest

from tests.detectors.jumbf import box, superbox
from touchmark.provenance.manifest.binding import HardBinding, HashTree, hard_binding
from touchmark.provenance.manifest.kept import KeptStore
from touchmark.provenance.media.boxes import C2PA_UUID

STORE = {"xpath": "/uuid", "data": [{"offset": 8, "value": C2PA_UUID}]}
MEDIA = {"xpath": "/mdat", "subset": [{"offset": 16, "length": 0}]}
BLOCKS = {"uniqueId": 0, "localId": 0, "count": 9, "hashes": [b"\0"] * 3, "fixedBlockSize": 1024}
FRAGMENTS = {"uniqueId": 1, "localId": 2, "count": 4, "hashes": [b"\0"], "initHash": b"\0", "alg": "sha512"}


def bound(**binding: Any) -> list[KeptStore]:
    assertion = {"exclusions": [STORE, {"xpath": "/ftyp"}, MEDIA], "alg": "sha256", "hash": b"\0"} | binding
    return store(manifest("x", ("c2pa.hash.bmff.v3", cbor2.dumps(assertion))))


def store(*manifests: bytes) -> list[KeptStore]:
    return [KeptStore.of(superbox(b"c2pa", "c2pa", *manifests))]


def manifest(label: str, *assertions: tuple[str, bytes]) -> bytes:
    boxes = (superbox(b"cbor", name, box(b"cbor", content)) for name, content in assertions)
    return superbox(b"c2ma", label, superbox(b"c2as", "c2pa.assertions", *boxes))


def test_trees_over_blocks_and_over_fragments_leave_nothing_out() -> None:
    blocks = hard_binding(bound(merkle=[BLOCKS]), "x")
    assert blocks.left_out == ()
    assert blocks.trees == (HashTree(0, 0, leaves=9, row=3, digest=32, of_fragments=False),)
    fragments = hard_binding(bound(merkle=[FRAGMENTS], hash=None, exclusions=[STORE]), "x")
    assert fragments.left_out == ()
    assert fragments.trees == (HashTree(1, 2, leaves=4, row=1, digest=64, of_fragments=True),)


@pytest.mark.parametrize(
    ("binding", "named"),
    [
        ({}, "the box “/mdat”"),
        ({"merkle": [BLOCKS], "hash": None}, "what lies in no box “/mdat”"),
        ({"merkle": [BLOCKS, BLOCKS]}, "which of its boxes “/mdat” is which"),
        ({"merkle": [{**BLOCKS, "fixedBlockSize": None}]}, "what its tracks do not name in the box “/mdat”"),
        ({"merkle": [BLOCKS], "exclusions": [STORE, {"xpath": "/mdat"}]}, "the box “/mdat”"),
        ({"merkle": [FRAGMENTS]}, "the box “/mdat”"),
        ({"merkle": [FRAGMENTS, BLOCKS], "exclusions": [STORE], "hash": None}, "what lies before its fragments"),
        ({"exclusions": [STORE], "hash": None}, "all of it"),
    ],
)
def test_what_a_library_lets_pass_is_named(binding: dict[str, Any], named: str) -> None:
    assert hard_binding(bound(**binding), "x").left_out == (named,)


@pytest.mark.parametrize(
    ("names", "left_out"),
    [
        (["SOI", "C2PA", "SOS", "EOI"], ()),
        (["PNGh", "IHDR", "IEND"], ()),
        (["IHDR"], ("what follows the part “IHDR”",)),
        (["SOI", "EOI", "SOS"], ("what follows the part “SOS”",)),
        (["GIF89a", "LSD", "3B"], ()),
        (["SOI", "C2PA"], ("what follows the part “C2PA”",)),
        (["PNGh"], ("what follows the part “PNGh”",)),
        ([], ("what follows the part “”",)),
    ],
)
def test_parts_reach_to_the_end_of_a_picture(names: list[str], left_out: tuple[str, ...]) -> None:
    for boxes in ([{"names": [name], "hash": b"\0"} for name in names], [{"names": names, "hash": b"\0"}]):
        kept = store(manifest("x", ("c2pa.hash.boxes", cbor2.dumps({"boxes": boxes}))))
        assert hard_binding(kept, "x").left_out == left_out


def test_of_parts_the_store_alone_is_left_out_by_nobodys_choice() -> None:
    def left_out(names: list[str]) -> tuple[str, ...]:
        boxes = [{"names": names, "hash": b"", "excluded": True}, {"names": ["GIF89a", "3B"], "hash": b"\0"}]
        return hard_binding(store(manifest("x", ("c2pa.hash.boxes", cbor2.dumps({"boxes": boxes})))), "x").left_out

    assert left_out(["C2PA"]) == ()
    assert left_out(["2C"]) == ("the part “2C”",)
    assert left_out(["C2PA", "2C"]) == ("the part “C2PA”, “2C”",), "which hides another behind it"


def test_numbers_that_are_none_ask_for_no_branch() -> None:
    (tree,) = hard_binding(bound(merkle=[{**BLOCKS, "count": "9", "uniqueId": True, "alg": "md5"}]), "x").trees
    assert (tree.leaves, tree.unique_id, tree.digest) == (-1, -1, 0)


def test_an_update_leaves_out_what_the_manifest_beneath_it_does() -> None:
    below = manifest("x", ("c2pa.hash.bmff.v3", cbor2.dumps({"exclusions": [STORE, MEDIA], "hash": b"\0"})))
    for name in ("activeManifest", "c2pa_manifest"):
        parent = {"relationship": "parentOf", name: {"url": "self#jumbf=/c2pa/x"}}
        update = manifest("y", ("c2pa.ingredient.v3", cbor2.dumps(parent)))
        assert hard_binding(store(below, update), "y").left_out == ("the box “/mdat”",)
    itself = manifest("y", ("c2pa.ingredient", cbor2.dumps({**parent, "c2pa_manifest": {"url": "/c2pa/y"}})))
    assert hard_binding(store(itself), "y") == UNTOLD


UNTOLD = HardBinding(("what its hard binding, which cannot be read, does not tell",))
WHOLE = cbor2.dumps({"exclusions": [STORE], "hash": b"\0"})
CYCLE = bytes.fromhex("d81ca163") + b"url" + bytes.fromhex("d81d00")  # a map that holds itself


@pytest.mark.parametrize(
    "kept",
    [
        [],
        [KeptStore.of(b"")],
        store(),
        store(manifest("y", ("c2pa.hash.bmff.v3", WHOLE))),
        store(*[manifest("x", ("c2pa.hash.bmff.v3", WHOLE))] * 2),
        store(manifest("x")),
        store(superbox(b"c2ma", "x", superbox(b"c2as", "c2pa.assertions", superbox(b"cbor", "c2pa.hash.bmff.v3")))),
        store(
            superbox(
                b"c2ma", "x", superbox(b"c2as", "a", superbox(b"json", "c2pa.hash.data", box(b"json", b'{"hash": 1}')))
            )
        ),
        *(
            store(manifest("x", ("c2pa.hash.bmff.v3", content)))
            for content in (
                b"",
                b"\xff",
                cbor2.dumps([1]),
                cbor2.dumps("text"),
                WHOLE[:-1],
                b"\xa2" + b"\x64hash\x41\x00" * 2,  # a name twice
                b"\x81" * 100_000,
                cbor2.dumps({"exclusions": [{"xpath": 10**5000}]}),
                # What a library takes for members of a map, whatever their names are.
                cbor2.dumps({"exclusions": [STORE, cbor2.CBORTag(1000, MEDIA)]}),
                cbor2.dumps({"exclusions": [STORE, {0: "/mdat"}]}),
                cbor2.dumps({"exclusions": [STORE, {b"xpath": "/mdat"}]}),
                cbor2.dumps({"exclusions": [STORE, ["/mdat"]]}),
                cbor2.dumps({"exclusions": {"xpath": "/mdat"}}),
                cbor2.dumps({"exclusions": [{"xpath": "/uuid", "data": [[8, C2PA_UUID]]}]}),
                cbor2.dumps({"exclusions": [{"xpath": "/mdat", "subset": [[16, 0]]}]}),
                cbor2.dumps({"boxes": [[["SOI"], "sha256", b"\0"]]}),
                cbor2.dumps({"merkle": [[0, 0, 9]]}),
                cbor2.dumps({"boxes": [{"names": ["SOS"], "excluded": cbor2.CBORTag(1000, True)}]}),
                cbor2.dumps({"alg": {"of": [{1: "sha256"}]}}),
            )
        ),
        store(manifest("x", ("c2pa.ingredient", CYCLE))),
    ],
)
def test_what_cannot_be_told_is_taken_to_be_left_out(kept: list[KeptStore]) -> None:
    assert hard_binding(kept, "x") == UNTOLD


def test_of_two_hard_bindings_both_are_looked_at() -> None:
    """Whichever of them a library holds against the file."""
    wide = cbor2.dumps({"exclusions": [STORE, {"xpath": "/mdat"}], "hash": b"\0"})
    for both in ((WHOLE, wide), (wide, WHOLE)):
        kept = store(manifest("x", *(("c2pa.hash.bmff.v3", content) for content in both)))
        assert hard_binding(kept, "x").left_out == ("the box “/mdat”",)
