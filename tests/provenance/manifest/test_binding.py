"""What a hard binding leaves out, by the library's detailed report: of trees over blocks and over fragments."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from touchmark.provenance.manifest.binding import HashTree, hard_binding
from touchmark.provenance.media.boxes import C2PA_UUID

STORE = {"xpath": "/uuid", "data": [{"offset": 8, "value": base64.b64encode(C2PA_UUID).decode()}]}
MEDIA = {"xpath": "/mdat", "subset": [{"offset": 16, "length": 0}]}
BLOCKS = {"uniqueId": 0, "localId": 0, "count": 9, "hashes": ["AA=="] * 3, "fixedBlockSize": 1024}
FRAGMENTS = {"uniqueId": 1, "localId": 2, "count": 4, "hashes": ["AA=="], "initHash": "AA==", "alg": "sha512"}


def bound(**binding: Any) -> str:
    assertion = {"exclusions": [STORE, {"xpath": "/ftyp"}, MEDIA], "alg": "sha256", "hash": "AA=="} | binding
    return json.dumps({"manifests": {"x": {"assertion_store": {"c2pa.hash.bmff.v3": assertion}}}})


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


def test_numbers_that_are_none_ask_for_no_branch() -> None:
    (tree,) = hard_binding(bound(merkle=[{**BLOCKS, "count": "9", "uniqueId": True, "alg": "md5"}]), "x").trees
    assert (tree.leaves, tree.unique_id, tree.digest) == (-1, -1, 0)
