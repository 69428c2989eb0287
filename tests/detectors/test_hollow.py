"""Claims that name assertions by a hash of nothing: whoever likes puts another in the place of what was signed."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cbor2
import pytest

from tests.detectors.cameras import taken
from tests.detectors.jumbf import box, claimed_anew, superbox
from tests.forms import FORMS
from touchmark.detectors.sources import Sources
from touchmark.detectors.verdict import Outcome
from touchmark.detectors.verify import Verification, Verifier
from touchmark.provenance.keys.development import issue_development_chain
from touchmark.provenance.manifest.hollow import hollow_references
from touchmark.provenance.manifest.kept import KeptStore
from touchmark.provenance.manifest.status import Concern
from touchmark.provenance.manifest.traces import stores
from touchmark.provenance.media.kinds import kind_of_file
from touchmark.provenance.signing import PemSigner

CHAIN = issue_development_chain("hollow", datetime.now(UTC).replace(microsecond=0))
SIGNER = PemSigner.from_pem(CHAIN.signer, CHAIN.signer_key)
Reference = dict[str, Any]


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hollow")
    note = {"label": "org.example.note", "created": True, "data": {"said": "something"}}
    return taken(FORMS["p.png"][1](folder / "plain.png"), folder / "taken.png", SIGNER, note)


def named_anew(picture: Path, path: Path, change: Callable[[Reference], Any]) -> Verification:
    """After the reference to the hash of the content was changed, by the signer."""
    with picture.open("rb") as file:
        (store,) = stores(file, kind_of_file(file))

    def claim(content: dict[str, Any]) -> dict[str, Any]:
        names = content["created_assertions"]
        return {
            **content,
            "created_assertions": [change(one) if one["url"].endswith("c2pa.hash.data") else one for one in names],
        }

    forged = claimed_anew(store, SIGNER, claim)
    content = picture.read_bytes()
    start = content.index(b"caBX") - 4
    chunk = b"caBX" + forged
    packed = struct.pack(">I", len(forged)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    path.write_bytes(content[:start] + packed + content[start + len(packed) :])
    return Verifier(Sources(anchors=CHAIN.authority)).verify(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda one: {"url": one["url"], "alg": "md5", "hash": b""},
        lambda one: {"url": one["url"], "alg": "", b"hash": b""},
        lambda one: {0: one["url"], 1: "sha1", 2: b""},
        lambda one: [one["url"], "md5", b""],
        lambda one: {"url": one["url"], "alg": "md5", "hash": cbor2.CBORTag(32, b"")},
        lambda one: {"url": one["url"], "alg": "md5", "hash": cbor2.CBORTag(48, [])},
    ],
    ids=["by name", "by bytes", "by numbers", "as a list", "behind a tag", "as a list behind a tag"],
)
def test_a_hash_of_nothing_binds_nothing(picture, tmp_path, change) -> None:
    """A library says Trusted, and that all hashes match."""
    verification = named_anew(picture, tmp_path / "p.png", change)
    (failure,) = verification.evidence.manifest.failures
    assert failure.concern is Concern.FORM
    assert verification.verdict.outcome is Outcome.UNKNOWN
    assert "breaks the specification" in verification.verdict.headline


@pytest.mark.parametrize(
    "change", [lambda one: {**one, "alg": "sha256"}, lambda one: {**one, "hash": list(one["hash"])}]
)
def test_a_hash_that_is_one_is_believed(picture, tmp_path, change) -> None:
    assert named_anew(picture, tmp_path / "p.png", change).verdict.outcome is Outcome.CAPTURED


@pytest.mark.parametrize(
    ("ingredient", "hollow"),
    [
        ({"relationship": "inputTo"}, False),
        ({"activeManifest": None}, False),
        ({"activeManifest": {"url": "self#jumbf=/c2pa/x", "hash": bytes(48)}}, False),
        ({"activeManifest": {"url": "self#jumbf=/c2pa/x", "alg": "md5", "hash": b""}}, True),
        ({"c2pa_manifest": {"url": "self#jumbf=/c2pa/x"}}, True),
        ({"claimSignature": [b""]}, True),
        ({"claimSignature": {"hash": cbor2.CBORTag(32, b"")}}, True),
        (cbor2.CBORTag(1, {"claimSignature": {"hash": b""}}), True),
        ([{"hash": b""}], True),
    ],
)
def test_what_went_in_is_bound_too(ingredient: object, hollow: bool) -> None:
    said = superbox(b"cbor", "c2pa.ingredient.v3", box(b"cbor", cbor2.dumps(ingredient)))
    store = superbox(b"c2pa", "c2pa", superbox(b"c2ma", "urn:c2pa:1", superbox(b"c2as", "c2pa.assertions", said)))
    assert bool(hollow_references([KeptStore.of(store)])) is hollow


@pytest.mark.parametrize("listed", ["assertions", "created_assertions", "gathered_assertions"])
def test_a_claim_lists_what_it_names_in_one_of_three_places(listed: str) -> None:
    """Who signs chooses where, and a library reads all of them."""
    for digest, hollow in ((bytes(32), False), (b"", True)):
        content = {listed: [{"url": "self#jumbf=c2pa.assertions/c2pa.hash.data", "alg": "md5", "hash": digest}]}
        claim = superbox(b"c2cl", "c2pa.claim", box(b"cbor", cbor2.dumps(content)))
        store = superbox(b"c2pa", "c2pa", superbox(b"c2ma", "urn:c2pa:1", claim))
        assert bool(hollow_references([KeptStore.of(store)])) is hollow


def test_what_is_no_ingredient_need_be_no_cbor() -> None:
    note = superbox(b"json", "org.example.note", box(b"json", b'{"hash": ""}'))
    store = superbox(b"c2pa", "c2pa", superbox(b"c2ma", "urn:c2pa:1", superbox(b"c2as", "c2pa.assertions", note)))
    assert not hollow_references([KeptStore.of(store)])


def test_a_claim_that_does_not_end_binds_nothing() -> None:
    claim = superbox(b"c2cl", "c2pa.claim", box(b"cbor", b"\xbf\x6aassertions\x9f"))
    store = superbox(b"c2pa", "c2pa", superbox(b"c2ma", "urn:c2pa:1", claim))
    assert hollow_references([KeptStore.of(store)]).keys() == {"urn:c2pa:1"}
