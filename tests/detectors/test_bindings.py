"""Hard bindings that other makers choose: over parts of a picture, over trees of hashes; and manifests elsewhere.

What our own signing never writes is made here with the library's settings, and a hash over parts, which it does not
write at all, by putting one in the place of a hash over bytes and signing anew.
"""

from __future__ import annotations

import hashlib
import io
import json
import random
import struct
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import c2pa
import cbor2
import pytest

from tests.detectors.jumbf import at as within
from tests.detectors.jumbf import box, changed, signed_anew
from tests.forms import FORMS
from touchmark.detectors.sources import Sources
from touchmark.detectors.verdict import Outcome
from touchmark.detectors.verify import Verification, Verifier
from touchmark.provenance.keys.development import issue_development_chain
from touchmark.provenance.manifest.claim import Claim, DigitalSourceType, SoftwareAgent
from touchmark.provenance.manifest.draft import Draft
from touchmark.provenance.manifest.report import ManifestPresence, ValidationState
from touchmark.provenance.manifest.traces import stores
from touchmark.provenance.media.boxes import C2PA_UUID
from touchmark.provenance.media.errors import MediaError
from touchmark.provenance.media.kinds import kind_of_file
from touchmark.provenance.signing import PemSigner

CHAIN = issue_development_chain("bindings", datetime.now(UTC).replace(microsecond=0))
SIGNER = PemSigner.from_pem(CHAIN.signer, CHAIN.signer_key)
ACCEPTED = (Outcome.CAPTURED, Outcome.GENERATED)
HIDDEN = b"a payload, " * 600
Part = tuple[str, int, int]


def signed(path: Path, form: str, *, remote: bool = False, **core: int) -> bytes:
    """A camera's claim over a small file of a form, with settings of the library's own."""
    media_type, make = FORMS[form]
    claim = Claim("x", media_type, DigitalSourceType.DIGITAL_CAPTURE, SoftwareAgent("a camera", "1"), datetime.now(UTC))
    settings: dict[str, Any] = {"verify": {"verify_after_sign": False, "remote_manifest_fetch": False}, "core": core}
    builder = c2pa.Builder(json.dumps(Draft.of(claim, None).definition), context=c2pa.Context.from_dict(settings))
    if remote:
        builder.set_no_embed()
        builder.set_remote_url("https://example.org/a.c2pa")
    output, chain = io.BytesIO(), SIGNER.certificate_chain.decode("ascii")
    with c2pa.Signer.from_callback(SIGNER.sign, c2pa.C2paSigningAlg.ES256, chain, None) as native:
        builder.sign(native, media_type, io.BytesIO(make(path / form).read_bytes()), output)
    return output.getvalue()


def png_parts(content: bytes) -> Iterator[Part]:
    yield "PNGh", 0, 8
    at = 8
    while at < len(content):
        end = at + 12 + int.from_bytes(content[at : at + 4], "big")
        name = content[at + 4 : at + 8].decode()
        yield "C2PA" if name == "caBX" else name, at, end
        at = end


def jpeg_parts(content: bytes) -> Iterator[Part]:
    names = {0xDB: "DQT", 0xC4: "DHT", 0xC0: "SOF0", 0xE0: "APP0", 0xEB: "C2PA", 0xDA: "SOS"}
    yield "SOI", 0, 2
    at = 2
    while (marker := content[at + 1]) != 0xD9:
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        if marker == 0xDA:
            end = content.index(b"\xff\xd9", at)
        yield names[marker], at, end
        at = end
    yield "EOI", at, at + 2


def bound_by_parts(content: bytes, parts: Callable[[bytes], Iterator[Part]]) -> bytes:
    """With a hash over parts (C2PA 2.4, 18.7) in place of the hash over bytes."""

    def over_parts(_: object) -> dict[str, object]:
        named: dict[str, dict[str, object]] = {}
        for number, (name, start, end) in enumerate(parts(content)):
            digest = b"\0" if name == "C2PA" else hashlib.sha256(content[start:end]).digest()
            key = name if name == "C2PA" else f"{name} {number}"  # a store may take several segments
            named.setdefault(key, {"names": [name], "alg": "sha256", "hash": digest, "pad": b""})
        return {"boxes": list(named.values())}

    return with_store(content, "c2pa.hash.data", over_parts, renamed="c2pa.hash.boxes")


def with_store(content: bytes, label: str, change: Callable[[Any], Any], *, renamed: str | None = None) -> bytes:
    """With one assertion changed, and signed anew."""
    store = store_of(content)
    return replaced(content, store, signed_anew(store, SIGNER, label, change, renamed=renamed))


def store_of(content: bytes) -> bytes:
    (store,) = stores(io.BytesIO(content), kind_of_file(io.BytesIO(content)))
    return store


def replaced(content: bytes, store: bytes, other: bytes) -> bytes:
    """With another store of the same length."""
    at = content.index(store)
    content = content[:at] + other + content[at + len(store) :]
    if content.startswith(b"\x89PNG"):
        end = at + len(store)
        content = content[:end] + struct.pack(">I", zlib.crc32(content[at - 4 : end])) + content[end + 4 :]
    return content


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("bindings")
    trees = {"merkle_tree_chunk_size_in_kb": 1, "merkle_tree_max_proofs": 2}
    return {
        "whole.png": signed(folder, "p.png"),
        "parts.png": bound_by_parts(signed(folder, "p.png"), png_parts),
        "parts.jpg": bound_by_parts(signed(folder, "p.jpg"), jpeg_parts),
        "trees.m4a": signed(folder, "a.m4a", **trees),
        "trees.mp4": signed(folder, "v.mp4", **trees),
        "film.mp4": signed(folder, "v.mp4"),
        "remote.jpg": signed(folder, "p.jpg", remote=True),
        "remote.mp4": signed(folder, "v.mp4", remote=True),
    }


@pytest.fixture
def verify(tmp_path: Path) -> Callable[[bytes], Verification]:
    verifier = Verifier(Sources(anchors=CHAIN.authority))

    def verified(content: bytes) -> Verification:
        path = tmp_path / "file"
        path.write_bytes(content)
        return verifier.verify(path)

    return verified


@pytest.mark.parametrize("name", ["parts.png", "parts.jpg", "trees.m4a", "trees.mp4", "film.mp4"])
def test_what_is_whole_is_believed(files, verify, name) -> None:
    verification = verify(files[name])
    report = verification.evidence.manifest
    assert verification.verdict.outcome is Outcome.CAPTURED
    assert (report.binds_parts, bool(report.trees)) == (name.startswith("parts"), name.startswith("trees"))
    assert (b"merkle\0" in files[name]) is (name == "trees.m4a"), "branches of trees lie in boxes of their own"


@pytest.mark.parametrize("name", ["remote.jpg", "remote.mp4"])
def test_a_manifest_elsewhere_is_neither_fetched_nor_believed(files, verify, name) -> None:
    verification = verify(files[name])
    assert verification.evidence.manifest.presence is ManifestPresence.REMOTE_ONLY
    assert verification.verdict.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("name", ["parts.png", "parts.jpg", "trees.m4a", "trees.mp4", "remote.jpg", "remote.mp4"])
def test_a_changed_file_is_survived_and_not_believed(files, verify, name) -> None:
    """Where it is still believed, all that is said is what was said, over content that matches, with nothing hidden."""
    whole, random_ = files[name], random.Random(name)
    said = verify(whole).evidence.manifest.raw_json
    for number in range(60):
        changed = spoilt(whole, files["film.mp4"], number % 6, random_)
        try:
            verification = verify(changed)
        except MediaError:
            continue
        if verification.verdict.outcome in ACCEPTED and changed != whole:
            report = verification.evidence.manifest
            assert report.raw_json == said
            assert report.is_sound
            assert verification.evidence.container.unhashed == 0


def spoilt(content: bytes, other: bytes, how: int, random_: random.Random) -> bytes:
    at, length = random_.randrange(len(content)), random_.randrange(1, 900)
    to = random_.randrange(len(content))
    match how:
        case 0:
            return content[:at] + bytes([content[at] ^ 1 << random_.randrange(8)]) + content[at + 1 :]
        case 1:
            return content[: max(at, 1)]
        case 2:
            return content[:at] + content[at + length :]
        case 3:
            return content[:to] + content[at : at + length] + content[to:]
        case 4:
            return content[:at] + bytes(len(content[at : at + length])) + content[at + length :]
        case _:
            return content[:to] + other[at % len(other) :][:length] + content[to:]


def segment(data: bytes) -> bytes:
    return b"\xff\xeb" + struct.pack(">H", len(data) + 2) + data


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def behind(files: dict[str, bytes]) -> dict[str, bytes]:
    """What a library takes for no part, or for a part of the store."""
    jpeg, png = files["parts.jpg"], files["parts.png"]
    head = jpeg[jpeg.index(b"\xff\xeb") + 4 :][:8]  # that of a piece of the store
    return {
        "bytes behind a JPEG": jpeg + HIDDEN,
        "a picture behind a JPEG": jpeg + files["remote.jpg"],
        "a segment like the store's, behind the scan": jpeg[:-2] + segment(head + HIDDEN) + jpeg[-2:],
        "bytes behind a PNG": png + HIDDEN,
        "a chunk behind a PNG": png + chunk(b"tEXt", HIDDEN),
    }


@pytest.mark.parametrize("how", range(5))
def test_what_lies_in_no_part_is_not_vouched_for(files, verify, how) -> None:
    """The library says Trusted, and that all parts match."""
    content = list(behind(files).values())[how]
    verification = verify(content)
    report = verification.evidence.manifest
    assert report.state is ValidationState.TRUSTED
    assert report.hard_binding_matches
    assert len(report.left_out) == 1
    assert not report.is_sound
    assert verification.verdict.outcome is Outcome.UNKNOWN
    assert "left parts of it out" in verification.verdict.headline


@pytest.mark.parametrize(("name", "last"), [("parts.png", "IDAT"), ("parts.jpg", "SOS"), ("parts.jpg", "C2PA")])
def test_parts_that_nobody_named_are_not_vouched_for(files, verify, name, last) -> None:
    """A library asks whether what is named is there, and not whether there is more."""

    def fewer(assertion: dict[str, Any]) -> dict[str, Any]:
        names = [part["names"] for part in assertion["boxes"]]
        return {"boxes": assertion["boxes"][: names.index([last]) + 1]}

    verification = verify(with_store(files[name], "c2pa.hash.boxes", fewer))
    assert verification.evidence.manifest.state is ValidationState.TRUSTED
    assert verification.evidence.manifest.left_out == (f"what follows the part “{last}”",)
    assert verification.verdict.outcome is Outcome.UNKNOWN


WITHOUT_NAMES: list[Callable[[dict[str, Any]], Any]] = [
    lambda stretch: list(stretch.values()),
    lambda stretch: dict(enumerate(stretch.values())),
    lambda stretch: {name.encode(): number for name, number in stretch.items()},
    lambda stretch: cbor2.CBORTag(1000, stretch),
]


@pytest.mark.parametrize("how", range(len(WITHOUT_NAMES)))
def test_what_is_left_out_under_no_name_is_not_vouched_for(files, verify, how) -> None:
    """A library takes lists, numbers and bytes for the names of members, and passes over tags."""
    content = files["whole.png"]
    pixels = content.rindex(b"IDAT") + 10

    def more(assertion: dict[str, Any]) -> dict[str, Any]:
        (store,) = assertion["exclusions"]
        start, end = store["start"], store["start"] + store["length"]
        hashed = content[:start] + content[end:pixels] + content[pixels + 20 :]
        stretches = [{"start": start, "length": end - start}, {"start": pixels, "length": 20}]
        digest = hashlib.sha256(hashed).digest()
        return {**assertion, "hash": digest, "exclusions": list(map(WITHOUT_NAMES[how], stretches))}

    forged = bytearray(with_store(content, "c2pa.hash.data", more))
    forged[pixels + 5] ^= 1
    verification = verify(bytes(forged))
    assert verification.evidence.manifest.state is ValidationState.TRUSTED
    assert verification.evidence.manifest.hard_binding_matches
    assert not verification.evidence.manifest.is_sound
    assert verification.verdict.outcome is Outcome.UNKNOWN


def test_the_name_of_a_thumbnail_hides_nothing(files, verify) -> None:
    """A library hashes a file in a manifest without its name."""
    content, store = files["whole.png"], store_of(files["whole.png"])

    def named(boxes: list[bytes]) -> list[bytes]:
        assert boxes[1][4:] == b"bfdb\0image/jpeg\0"
        return [boxes[0], box(b"bfdb", boxes[1][8:] + HIDDEN), *boxes[2:]]

    change = within(("c2pa.assertions", "c2pa.thumbnail.claim"), named)
    verification = verify(replaced(content, store, changed(store, change)))
    assert verification.evidence.manifest.is_sound, "the attack works against whoever asks the library alone"
    assert verification.verdict.outcome is Outcome.CONTRADICTORY


@pytest.mark.parametrize("name", ["film.mp4", "trees.mp4", "trees.m4a"])
@pytest.mark.parametrize("of_hashes", [True, False])
def test_what_calls_itself_the_branch_of_a_tree_hides_nothing(files, verify, name, of_hashes) -> None:
    """A library does not ask for which tree it is, nor what follows it in its box."""
    branch = {"uniqueId": 7, "localId": 9, "location": 0, "hashes": [HIDDEN] if of_hashes else []}
    content = bytes(4) + b"merkle\0" + cbor2.dumps(branch) + (b"" if of_hashes else HIDDEN)
    verification = verify(files[name] + box(b"uuid", C2PA_UUID + content))
    assert verification.evidence.manifest.state is ValidationState.TRUSTED
    assert verification.verdict.outcome is Outcome.CONTRADICTORY
    assert {found.kind for found in verification.verdict.contradictions} == {"unhashed_bytes"}
