"""Files that read Trusted while something in them is signed by nobody: hidden in the store, or left out of the hash."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import zlib
from datetime import UTC, datetime
from pathlib import Path

import c2pa
import cbor2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.detectors.cameras import sign_raw
from tests.detectors.jumbf import (
    at,
    box,
    changed,
    compressed,
    compressed_alike,
    inner,
    rebuilt,
    signed_anew,
    superbox,
    unpadded,
)
from tests.forms import FORMS, film_of_chunks, film_of_chunks_and_fragments
from tests.provenance.keys.certificates import EMAIL, Authority, p256, usage
from touchmark.detectors.sources import Sources
from touchmark.detectors.verdict import Outcome
from touchmark.detectors.verify import Verification, Verifier
from touchmark.provenance.keys.development import issue_development_chain
from touchmark.provenance.manifest.between import between_pieces
from touchmark.provenance.manifest.claim import Claim, DigitalSourceType, SoftwareAgent
from touchmark.provenance.manifest.context import manifest_context
from touchmark.provenance.manifest.kept import KeptStore
from touchmark.provenance.manifest.read import read_manifest
from touchmark.provenance.manifest.report import ValidationState
from touchmark.provenance.manifest.traces import stores
from touchmark.provenance.manifest.unsigned import unsigned_in_store, unsigned_in_stores
from touchmark.provenance.manifest.write import sign_file
from touchmark.provenance.media.boxes import C2PA_UUID, scan_boxes
from touchmark.provenance.media.kinds import kind_of_file
from touchmark.provenance.signing import PemSigner

CHAIN = issue_development_chain("forged stores", datetime.now(UTC).replace(microsecond=0))
SIGNER = PemSigner.from_pem(CHAIN.signer, CHAIN.signer_key)
HIDDEN = b"a payload, " * 200
ADDRESS = "self#jumbf=c2pa.assertions/c2pa.hash.data"
DATA = box(b"cbor", cbor2.dumps({"dc:format": "text/plain", "data": HIDDEN}))


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder, made = tmp_path_factory.mktemp("signed"), {}
    for name in ("p.png", "p.jpg", "p.tiff", "p.avif", "v.mp4", "a.mp3", "a.flac"):
        media_type, make = FORMS[name]
        agent = SoftwareAgent("a camera", "1")
        claim = Claim("x", media_type, DigitalSourceType.DIGITAL_CAPTURE, agent, datetime.now(UTC))
        sign_file(make(folder / f"plain-{name}"), folder / name, claim, SIGNER, CHAIN.authority)
        made[name] = folder / name
    for name, film in (("many.mp4", film_of_chunks), ("both.mp4", film_of_chunks_and_fragments)):
        agent = SoftwareAgent("a camera", "1")
        claim = Claim("x", "video/mp4", DigitalSourceType.DIGITAL_CAPTURE, agent, datetime.now(UTC))
        sign_file(film(folder / f"plain-{name}"), folder / name, claim, SIGNER, CHAIN.authority)
        made[name] = folder / name
    return made


def verify(path: Path) -> Verification:
    return Verifier(Sources(anchors=CHAIN.authority)).verify(path)


def store_of(path: Path) -> bytes:
    with path.open("rb") as file:
        (store,) = stores(file, kind_of_file(file))
    return store


def with_store(path: Path, store: bytes, rest: bytes = b"") -> bytes:
    """A PNG with another store, and ``rest`` after its chunk."""
    content = path.read_bytes()
    start = content.index(b"caBX") - 4
    end = start + 12 + int.from_bytes(content[start : start + 4], "big")
    body = b"caBX" + store
    return (
        content[:start]
        + struct.pack(">I", len(store))
        + body
        + struct.pack(">I", zlib.crc32(body))
        + rest
        + content[end:]
    )


# -- in the store


@pytest.mark.parametrize(
    "where",
    [
        at(("c2pa.signature",), lambda boxes: [*boxes, box(b"evil", HIDDEN)]),
        at(("c2pa.signature",), lambda boxes: [boxes[0], box(b"cbor", _with_header(boxes[1][8:]))]),
        at(("c2pa.signature",), lambda boxes: [boxes[0], box(b"cbor", _with_payload(boxes[1][8:]))]),
        at((), lambda boxes: [*boxes, box(b"evil", HIDDEN)]),
        at((), lambda boxes: [*boxes, superbox(b"c2db", "c2pa.databoxes", superbox(b"cbor", "c2pa.data", DATA))]),
        at((), lambda boxes: [*boxes, superbox(b"c2db", "c2pa.databoxes", superbox(b"cbor", ADDRESS, DATA))]),
        lambda path, boxes: [*boxes, superbox(b"json", "evil", box(b"json", HIDDEN))] if len(path) == 1 else boxes,
        at(("c2pa.signature",), lambda boxes: [_salted(boxes[0]), *boxes[1:]]),
        at(("c2pa.assertions",), lambda boxes: [boxes[0], box(b"evil", HIDDEN), *boxes[1:]]),
        at(("c2pa.assertions", "c2pa.actions.v2"), lambda boxes: [*boxes, box(b"free", HIDDEN)]),
        at(("c2pa.assertions", "c2pa.actions.v2"), lambda boxes: [*boxes, DATA]),
        at(("c2pa.assertions", "c2pa.actions.v2"), lambda boxes: [*boxes, superbox(b"cbor", "x", DATA)]),
    ],
    ids=[
        "beside a signature",
        "a header of a signature",
        "a payload of a signature",
        "in a manifest",
        "data of nobody",
        "data called like an address",
        "a box",
        "a description",
        "among assertions",
        "behind the content of an assertion",
        "as another content of an assertion",
        "in an assertion in an assertion",
    ],
)
def test_what_is_hidden_in_a_store_is_found(signed, tmp_path, where) -> None:
    store = store_of(signed["p.png"])
    assert unsigned_in_store(KeptStore.of(store)) == 0
    forged = changed(store, where)
    assert len(forged) == len(store)
    assert unsigned_in_store(KeptStore.of(forged)) >= len(HIDDEN)
    path = tmp_path / "p.png"
    path.write_bytes(with_store(signed["p.png"], forged))
    verification = verify(path)
    assert verification.evidence.manifest.is_sound, "the attack works against whoever asks the library alone"
    assert verification.verdict.outcome is Outcome.CONTRADICTORY
    assert {found.kind for found in verification.verdict.contradictions} == {"unhashed_bytes"}


def test_what_lies_before_the_content_of_an_assertion_is_found(signed, tmp_path) -> None:
    """Where its content is looked for then, there is something else; so all of it counts."""
    store, path = store_of(signed["p.png"]), tmp_path / "p.png"
    place = at(("c2pa.assertions", "c2pa.actions.v2"), lambda boxes: [boxes[0], box(b"evil", HIDDEN), *boxes[1:]])
    path.write_bytes(with_store(signed["p.png"], changed(store, place)))
    verification = verify(path)
    assert verification.evidence.manifest.is_sound and verification.evidence.container.unhashed > 100
    assert verification.verdict.outcome is Outcome.CONTRADICTORY


def test_an_embedded_file_is_two_boxes_and_has_no_name() -> None:
    """The name is in no hash of a library's."""

    def embedded(*more: bytes, head: bytes = b"\0text/plain\0") -> KeptStore:
        file = superbox(b"@\xcb\x0c2", "c2pa.embedded-data", box(b"bfdb", head), box(b"bidb", HIDDEN), *more)
        assertions = superbox(b"c2as", "c2pa.assertions", file)
        return KeptStore.of(superbox(b"c2pa", "c2pa", superbox(b"c2ma", "urn:c2pa:1", assertions)))

    assert unsigned_in_store(embedded()) == 0
    assert unsigned_in_store(embedded(box(b"bidb", HIDDEN))) == len(HIDDEN)
    for head in (b"", b"\0", b"\1", b"\0text/plain", b"\1text/plain\0\0"):
        assert unsigned_in_store(embedded(head=head)) == 0
        assert unsigned_in_store(embedded(head=head[:1] + b"text/plain\0" + HIDDEN)) == len(HIDDEN)


@pytest.mark.parametrize("last", [True, False], ids=["behind", "before"])
def test_any_other_store_may_be_called_the_original_of_a_film(signed, tmp_path, last) -> None:
    """A library joins what two boxes say that they are, and validates what the manifest of the one leads to."""
    content, store, (_, own, *_) = signed["v.mp4"].read_bytes(), store_of(signed["v.mp4"]), scan_boxes(signed["v.mp4"])
    other = superbox(b"c2pa", "c2pa", inner(store_of(signed["p.jpg"]))[1])

    def called(purpose: bytes, held: bytes) -> bytes:
        return box(b"uuid", C2PA_UUID + bytes(4) + purpose + b"\0" + bytes(8) + held)

    here, there = called(b"update", unpadded(store)), called(b"original", other)
    if not last:
        here, there = called(b"original", unpadded(other)), called(b"update", store)
    start, end = own.offset, own.offset + own.size
    assert len(here) < own.size
    here = struct.pack(">I", own.size) + here[4:] + bytes(own.size - len(here))
    path = tmp_path / "v.mp4"
    path.write_bytes(content[:start] + here + content[end:] + there)
    verification = verify(path)
    assert verification.evidence.manifest.is_sound, "the attack works against whoever asks the library alone"
    assert verification.evidence.container.unhashed > 1000
    assert verification.verdict.outcome is Outcome.CONTRADICTORY


@pytest.mark.parametrize("whole", [True, False], ids=["of another file", "that holds no more"])
@pytest.mark.parametrize("name", ["p.png", "p.jpg", "v.mp4", "a.mp3"])
def test_a_manifest_that_the_files_own_does_not_lead_to_hides_nothing(signed, tmp_path, name, whole) -> None:
    """A library validates the last manifest and its ingredients, and has nothing to say of others beside them."""
    stranger = inner(unpadded(store_of(signed["v.mp4" if name == "p.jpg" else "p.jpg"])))[1]
    stranger = stranger if whole else stranger.replace(b"a camera", b"A CAMERA")
    store = store_of(signed[name])
    forged = changed(store, lambda path, boxes: [boxes[0], stranger, *boxes[1:]] if len(path) == 1 else boxes)
    verification = verify(replaced(signed[name], store, forged, tmp_path / name))
    assert verification.evidence.manifest.is_sound, "the attack works against whoever asks the library alone"
    assert verification.evidence.container.unhashed > 1000
    assert verification.verdict.outcome is Outcome.CONTRADICTORY


@pytest.mark.parametrize("label", [b"urn:c2pa:0", b"c2pa.assertions", b""])
def test_a_manifest_is_led_to_by_the_whole_of_its_name(signed, label) -> None:
    """One that is called like the beginning of a name, or like another part of an address, is not meant by it."""
    store = store_of(signed["p.png"])
    stranger = superbox(b"c2ma", label.decode(), superbox(b"c2as", "c2pa.assertions", box(b"json", HIDDEN)))
    forged = changed(store, lambda p, b: [b[0], stranger, *b[1:]] if len(p) == 1 else b)
    assert unsigned_in_store(KeptStore.of(forged)) > len(HIDDEN)


@pytest.mark.parametrize("written", [cbor2.dumps, lambda told: json.dumps(told).encode()], ids=["cbor", "json"])
def test_a_manifest_is_led_to_by_a_name_of_any_length(written) -> None:
    """Of 96 to 119 bytes, the length of an address looked like the head of a short one, and a camera's original
    counted as hidden beneath its edit."""
    kind = "cbor" if written is cbor2.dumps else "json"
    for length in (1, 7, *range(70, 130), 255, 300):
        label = "x" * length
        said = box(kind.encode(), written({"url": f"self#jumbf=/c2pa/{label}", "more": "text"}))
        assertions = superbox(b"c2as", "c2pa.assertions", superbox(kind.encode(), "c2pa.ingredient", said))
        parent = superbox(b"c2ma", label, superbox(b"c2as", "c2pa.assertions", superbox(b"cbor", "a", DATA)))
        kept = KeptStore.of(superbox(b"c2pa", "c2pa", parent, superbox(b"c2ma", "urn:c2pa:1", assertions)))
        assert unsigned_in_store(kept) == 0


def test_the_files_own_manifest_need_not_come_last() -> None:
    """The box of an update may stand before that of its original."""
    ingredient = box(b"json", json.dumps({"url": "self#jumbf=/c2pa/original"}).encode())
    update, original, stranger = (
        KeptStore.of(superbox(b"c2pa", "c2pa", superbox(kind, name, superbox(b"c2as", "c2pa.assertions", held))))
        for kind, name, held in (
            (b"c2um", "update", superbox(b"json", "c2pa.ingredient", ingredient)),
            (b"c2ma", "original", superbox(b"cbor", "a", DATA)),
            (b"c2ma", "stranger", superbox(b"cbor", "a", DATA)),
        )
    )
    assert unsigned_in_stores((update, original), "update") == 0
    assert unsigned_in_stores((update, original, stranger), "update") > len(HIDDEN)


def test_of_two_manifests_with_one_label_one_is_read(signed) -> None:
    store = store_of(signed["p.png"])
    second = unpadded(store).replace(b"a camera", b"A CAMERA")
    forged = changed(store, lambda path, boxes: [boxes[0], inner(second)[1], *boxes[1:]] if len(path) == 1 else boxes)
    assert unsigned_in_store(KeptStore.of(forged)) > 1000


def test_manifests_of_ingredients_are_led_to(signed, tmp_path) -> None:
    path, again = tmp_path / "edited.jpg", tmp_path / "edited again.jpg"
    for parent, edited in ((signed["p.jpg"], path), (path, again)):
        agent = SoftwareAgent("an editor", "1")
        claim = Claim("x", "image/jpeg", DigitalSourceType.DIGITAL_CAPTURE, agent, datetime.now(UTC), parent=parent)
        sign_file(parent, edited, claim, SIGNER, CHAIN.authority)
        assert unsigned_in_store(KeptStore.of(store_of(edited))) == 0
        assert verify(edited).verdict.outcome is Outcome.CAPTURED


@pytest.mark.parametrize("hidden", [b"", HIDDEN], ids=["nothing", "a payload"])
@pytest.mark.parametrize("name", ["p.png", "p.jpg", "v.mp4"])
def test_what_a_compressed_manifest_hides_is_not_known(signed, tmp_path, name, hidden) -> None:
    """Anybody can compress the manifest of a signed file, and put what he likes beside its signature first."""
    store = store_of(signed[name])
    description, manifest = inner(store)
    forged = compressed_alike(store, hidden)
    verification = verify(replaced(signed[name], store, forged, tmp_path / name))
    assert verification.evidence.manifest.state is ValidationState.TRUSTED
    assert verification.evidence.manifest.left_out
    assert verification.verdict.outcome is Outcome.UNKNOWN
    junk = rebuilt(forged, (), lambda p, boxes: [*boxes, box(b"evil", HIDDEN)] if len(p) == 2 else boxes)
    assert unsigned_in_store(KeptStore.of(junk)) == len(HIDDEN)
    stranger = compressed(superbox(b"c2ma", "urn:c2pa:0", box(b"json", HIDDEN)))
    assert unsigned_in_store(KeptStore.of(box(b"jumb", description + stranger + manifest))) > len(HIDDEN)


def _segment(marker: int, content: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + (2 + len(content)).to_bytes(2, "big") + content


@pytest.mark.parametrize("name", ["a comment", "a table", "a box", "a piece of none", "what XMP says"])
def test_nothing_lies_between_the_pieces_of_a_store(signed, tmp_path, name) -> None:
    """A library leaves out of the hash all from the first to the last, whatever that is."""
    content, store = signed["p.jpg"].read_bytes(), store_of(signed["p.jpg"])
    evil = {
        "a comment": _segment(0xFE, HIDDEN),
        "a table": _segment(0xDB, b"\0" + bytes([200]) * 64),  # by which the picture is made brighter
        "a box": _segment(0xEB, b"JP\x99\x99\0\0\0\1" + HIDDEN),
        "a piece of none": _segment(0xEB, HIDDEN),
        "what XMP says": _segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"),
    }[name]
    start = content.index(b"\xff\xeb")
    whole = content[start : start + 2 + int.from_bytes(content[start + 2 : start + 4], "big")]
    number = whole[4:8]

    def less(boxes: list[bytes]) -> list[bytes]:
        protected, header, *rest = cbor2.loads(boxes[1][8:]).value
        pad = header["pad"][len(evil) + 20 :]  # a further piece begins with so many bytes
        return [boxes[0], box(b"cbor", cbor2.dumps(cbor2.CBORTag(18, [protected, {**header, "pad": pad}, *rest])))]

    short = rebuilt(store, (), at(("c2pa.signature",), less))
    first, second = short[:5000], short[:8] + short[5000:]
    pieces = [_segment(0xEB, number + count.to_bytes(4, "big") + one) for count, one in ((1, first), (2, second))]
    forged = evil.join(pieces)
    assert len(forged) == len(whole)
    path = tmp_path / "p.jpg"
    path.write_bytes(content.replace(whole, forged))
    verification = verify(path)
    assert verification.evidence.manifest.state is ValidationState.TRUSTED, "the attack as such must succeed"
    assert verification.evidence.container.unhashed >= len(evil)
    assert verification.verdict.outcome is Outcome.CONTRADICTORY
    path.write_bytes(content.replace(whole, pieces[0] + pieces[1]))
    with path.open("rb") as file:
        assert between_pieces(file) == 0
    for begins, hidden in ((8, b"here"), (12, b"and here")):  # the number of the piece, and the head of its box
        other = pieces[1][:begins] + hidden + pieces[1][begins + len(hidden) :]
        path.write_bytes(content.replace(whole, pieces[0] + other))
        with path.open("rb") as file:
            assert between_pieces(file) == len(hidden)


@pytest.mark.parametrize("name", ["a.mp3", "a.flac", "p.tiff"])
def test_what_follows_a_store_in_its_own_place_is_found(signed, tmp_path, name) -> None:
    """A store that is cut short by the zeros in it leaves room in its frame, or in what a directory calls the store."""
    store = store_of(signed[name])
    bare = unpadded(store)
    forged = bare + HIDDEN + bytes(len(store) - len(bare) - len(HIDDEN))
    verification = verify(replaced(signed[name], store, forged, tmp_path / name))
    assert verification.evidence.manifest.is_sound, "the attack works against whoever asks the library alone"
    assert verification.evidence.container.unhashed == len(HIDDEN)
    assert verification.verdict.outcome is Outcome.CONTRADICTORY


def test_a_store_that_is_not_found_is_not_vouched_for(signed, tmp_path, monkeypatch) -> None:
    assert verify(signed["a.mp3"]).verdict.outcome is Outcome.CAPTURED
    monkeypatch.setattr("touchmark.provenance.manifest.traces.MOST_OF_STORE", 1000)
    monkeypatch.setattr("touchmark.provenance.media.id3._MOST", 1000)
    monkeypatch.setattr("touchmark.provenance.manifest.parts._MOST_PACKED", 1 << 20)  # what lies beyond counts so
    path = tmp_path / "p.jpg"
    path.write_bytes(signed["a.mp3"].read_bytes())
    verification = verify(path)
    assert verification.evidence.manifest.hard_binding_matches
    assert verification.verdict.outcome is not Outcome.CAPTURED


def replaced(source: Path, store: bytes, forged: bytes, path: Path) -> Path:
    """A file with another store of the same length."""
    assert len(forged) == len(store)
    content = source.read_bytes()
    start = content.index(store)
    path.write_bytes(content[:start] + forged + content[start + len(store) :])
    if path.suffix == ".png":
        path.write_bytes(with_store(path, forged))
    return path


def _salted(description: bytes, salt: bytes = HIDDEN) -> bytes:
    """Its label followed by a box of salt, as a bit of it announces (C2PA 2.4, 8.4.2.3)."""
    toggles = bytes([description[24] | 0x10])
    return box(b"jumd", description[8:24] + toggles + description[25:] + box(b"c2sh", salt))


def test_random_bytes_beside_a_label_are_no_payload(signed) -> None:
    """Of other makers' boxes some are salted: 16 or 32 bytes, in a box (C2PA 2.4, 8.4.2.3)."""
    place = at(("c2pa.signature",), lambda boxes: [_salted(boxes[0], bytes(range(1, 33))), *boxes[1:]])
    assert unsigned_in_store(KeptStore.of(rebuilt(store_of(signed["p.png"]), (), place))) == 0


def _with_header(sign1: bytes, name: object = "evil", value: object = HIDDEN) -> bytes:
    protected, header, *rest = cbor2.loads(sign1).value
    return cbor2.dumps(cbor2.CBORTag(18, [protected, {**header, name: value}, *rest]))


DER = b"\x30\x82" + len(HIDDEN).to_bytes(2, "big") + HIDDEN
LONG_DER = b"\x30\x83" + (1 << 16).to_bytes(3, "big") + b"x" * (1 << 16)


@pytest.mark.parametrize(
    ("name", "value", "known"),
    [
        ("sigTst2", {"tstTokens": [{"val": DER}]}, True),
        ("rVals", {"ocspVals": [DER, DER]}, True),
        ("x5chain", DER, True),
        (34, [-16, bytes(range(1, 33))], True),
        ("temp_signing_time", "2026-01-01T00:00:00Z", True),
        ("rVals", HIDDEN, False),
        ("rVals", {"ocspVals": [DER, HIDDEN]}, False),
        ("rVals", {"ocspVals": [DER + HIDDEN]}, False),
        ("rVals", {"others": [DER]}, False),
        ("sigTst", {"tstTokens": [{"val": DER, HIDDEN.decode(): DER}]}, False),
        ("sigTst2", HIDDEN.decode(), False),
        (33, [DER, LONG_DER], False),
        (34, [-16, HIDDEN], False),
        ("temp_signing_time", HIDDEN.decode(), False),
    ],
)
def test_a_header_that_is_known_by_its_name_is_as_such_a_header_is(signed, name, value, known) -> None:
    """A library looks at stamps and answers of its time, and passes over whatever else is called so."""
    change = at(("c2pa.signature",), lambda boxes: [boxes[0], box(b"cbor", _with_header(boxes[1][8:], name, value))])
    found = unsigned_in_store(KeptStore.of(rebuilt(store_of(signed["p.png"]), (), change)))
    assert found == 0 if known else found >= len(HIDDEN)


STAMP = b"\x66sigTst" + cbor2.dumps({"tstTokens": [{"val": DER}]})
VALUE = cbor2.dumps("val") + cbor2.dumps(DER)


@pytest.mark.parametrize(
    ("header", "rest"),
    [
        (b"\xa2" + STAMP + STAMP, b""),
        (b"\xa1\x66sigTst\xa1\x69tstTokens\x81\xa2" + VALUE + VALUE, b""),
        (b"\xa0", HIDDEN),
    ],
    ids=["a header twice", "a name in it twice", "behind the signature"],
)
def test_what_a_library_passes_over_beside_a_signature_is_found(signed, header, rest) -> None:
    def change(boxes: list[bytes]) -> list[bytes]:
        protected, _, _, signature = (cbor2.dumps(part) for part in cbor2.loads(boxes[1][8:]).value)
        return [boxes[0], box(b"cbor", b"\xd2\x84" + protected + header + b"\xf6" + signature + rest)]

    store = rebuilt(store_of(signed["p.png"]), (), at(("c2pa.signature",), change))
    assert unsigned_in_store(KeptStore.of(store)) >= len(HIDDEN)


def _with_payload(sign1: bytes) -> bytes:
    """A library puts the claim in its place."""
    protected, header, _, signature = cbor2.loads(sign1).value
    return cbor2.dumps(cbor2.CBORTag(18, [protected, header, HIDDEN, signature]))


@pytest.mark.parametrize("name", ["p.png", "p.jpg", "p.tiff", "v.mp4", "a.mp3", "a.flac"])
def test_stores_of_every_wrapping_are_whole_and_hide_nothing(signed, name) -> None:
    store = store_of(signed[name])
    assert int.from_bytes(store[:4], "big") == len(store)
    assert unsigned_in_store(KeptStore.of(store)) == 0
    assert unsigned_in_store(KeptStore.of(store + b"\0more")) == 4


@pytest.mark.parametrize("label", ["", ADDRESS, "c2pa.data__2", "c2pa.data"])
def test_data_that_no_hash_names_counts_as_hidden(label) -> None:
    """A library looks for no data that is named, and lets pass what is there under the name."""
    data = superbox(b"cbor", "c2pa.data", box(b"cbor", HIDDEN))
    named = {"url": "self#jumbf=c2pa.databoxes/c2pa.data", "hash": hashlib.sha256(data[8:]).digest()}
    other = superbox(b"cbor", label, box(b"cbor", b"!" + HIDDEN))
    for count, inside in enumerate(((data,), (data, other))):
        held = superbox(b"c2db", "c2pa.databoxes", *inside)
        unsigned = unsigned_in_store(KeptStore.of(_naming(box(b"cbor", cbor2.dumps(named)), held)))
        assert count * len(HIDDEN) <= unsigned < (count + 1) * len(HIDDEN)
        assert count or unsigned == 0


@pytest.mark.parametrize("written", [list, lambda digest: base64.b64encode(digest).decode()], ids=["numbers", "text"])
def test_a_credential_that_no_hash_names_counts_as_hidden(written) -> None:
    """Claims of version 1 have a place for credentials, which a library neither asks for nor holds against a hash."""
    subject = {"credentialSubject": {"id": "did:x:1"}, "hidden": HIDDEN.decode() * 2}
    credential = superbox(b"json", "did:x:1", box(b"json", json.dumps(subject).encode()))
    for hashed in (credential, credential + b"!"):
        named = {"credential": [{"alg": "sha512", "hash": written(hashlib.sha512(hashed[8:]).digest())}]}
        said = box(b"json", json.dumps(named, separators=(",", ":")).encode())
        unsigned = unsigned_in_store(KeptStore.of(_naming(said, superbox(b"c2vc", "c2pa.credentials", credential))))
        assert (unsigned > 2 * len(HIDDEN)) is (hashed is not credential)


@pytest.mark.parametrize(("kind", "label"), [(b"c2db", "c2pa.databoxes"), (b"c2vc", "c2pa.credentials")])
def test_what_generators_leave_behind_is_no_payload(kind, label) -> None:
    """Some hundred bytes that nothing names lie in files of several makers, which are no forgeries."""
    held = superbox(kind, label, superbox(b"cbor", "left", box(b"cbor", HIDDEN[:500])))
    assert unsigned_in_store(KeptStore.of(_naming(box(b"cbor", cbor2.dumps({})), held))) == 0


def test_credentials_of_nobody_are_found_in_an_old_claim(signed, tmp_path) -> None:
    capture = {"action": "c2pa.created", "digitalSourceType": DigitalSourceType.DIGITAL_CAPTURE.value}
    old = {
        "claim_version": 1,
        "claim_generator": "a camera",
        "assertions": [{"label": "c2pa.actions", "data": {"actions": [capture]}}],
    }
    path = tmp_path / "old.png"
    with signed["p.png"].with_name("plain-p.png").open("rb") as media, path.open("w+b") as output:
        sign_raw(c2pa.Builder(json.dumps(old), manifest_context(b"")), SIGNER, "image/png", media, output)
    assert verify(path).verdict.outcome is Outcome.CAPTURED
    subject = box(b"json", json.dumps({"credentialSubject": {"id": "did:x:1"}, "hidden": HIDDEN.decode() * 2}).encode())
    held = superbox(b"c2vc", "c2pa.credentials", superbox(b"json", "did:x:1", subject))
    path.write_bytes(with_store(path, changed(store_of(path), at((), lambda boxes: [*boxes, held]))))
    verification = verify(path)
    assert verification.evidence.manifest.is_sound, "the attack works against whoever asks the library alone"
    assert verification.verdict.outcome is Outcome.CONTRADICTORY


def _naming(said: bytes, held: bytes) -> bytes:
    """A store with one manifest that says this in an assertion, and holds that."""
    assertions = superbox(b"c2as", "c2pa.assertions", superbox(said[4:8], "org.example.a", said))
    return superbox(b"c2pa", "c2pa", superbox(b"c2ma", "urn:c2pa:1", assertions, held))


def test_what_cannot_be_taken_apart_counts_as_hidden(signed) -> None:
    store = store_of(signed["p.png"])
    for broken in (store[:100], b"no store", box(b"jumb", box(b"jumd", b"c2pa") + b"\0\0\0\1"), b"\xff" * 64):
        assert unsigned_in_store(KeptStore.of(broken)) == len(broken) - broken.count(0)
    endless = at(
        ("c2pa.signature",), lambda boxes: [boxes[0], box(b"cbor", b"\xd2\x84\x43\xa1\1\x26\xbf" + b"\x9f" * 900)]
    )
    assert unsigned_in_store(KeptStore.of(rebuilt(store, (), endless))) > 900
    assert unsigned_in_store(KeptStore.of(b"")) == 0


@settings(
    max_examples=300, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_broken_signature_is_no_crash(signed, data) -> None:
    store = store_of(signed["p.png"])
    start = store.index(b"c2pa.signature\0") + 15
    place = data.draw(st.integers(start, start + 100) | st.integers(0, len(store) - 1))
    piece = data.draw(st.binary(min_size=1, max_size=9))
    broken = store[:place] + piece + store[place + len(piece) :]
    assert 0 <= unsigned_in_store(KeptStore.of(broken)) <= len(broken)


# -- left out of the hash by the signer


def test_a_picture_that_its_signer_left_out_is_not_vouched_for(signed, tmp_path) -> None:
    """The library says Trusted, and that its content matches, whatever is where the pixels were."""
    plain, store = signed["p.png"], store_of(signed["p.png"])
    content = plain.read_bytes()
    start, pixels = content.index(b"caBX") - 4, content.index(b"IDAT") + 40
    stretches = [(start, len(store) + 12), (pixels, 60)]

    def without_pixels(assertion: dict[str, object]) -> dict[str, object]:
        kept = content[:start] + content[start + len(store) + 12 : pixels] + content[pixels + 60 :]
        exclusions = [{"start": first, "length": length} for first, length in stretches]
        return {**assertion, "exclusions": exclusions, "hash": hashlib.sha256(kept).digest()}

    path = tmp_path / "p.png"
    path.write_bytes(with_store(plain, signed_anew(store, SIGNER, "c2pa.hash.data", without_pixels)))
    verification = verify(path)
    report = verification.evidence.manifest
    assert report.state is ValidationState.TRUSTED
    assert report.hard_binding_matches
    assert report.left_out == (f"60 bytes from byte {pixels:,} on",)
    assert not report.is_sound
    assert verification.verdict.outcome is Outcome.UNKNOWN
    assert "left parts of it out" in verification.verdict.headline
    assert any("60 bytes" in statement.text for statement in verification.verdict.statements)


@pytest.mark.parametrize("more", [0, 3])
def test_headers_that_a_camera_left_out_with_the_store_are_told_of_and_no_sign_of_tampering(
    signed, tmp_path, more
) -> None:
    """A library finds the store elsewhere than the hash has it, and says that the content does not match."""
    plain, store = signed["p.png"], store_of(signed["p.png"])
    content = plain.read_bytes()
    end = content.index(b"caBX") - 4 + len(store) + 12 + more

    def without_headers(assertion: dict[str, object]) -> dict[str, object]:
        stretches = [{"start": 0, "length": end}]
        return {**assertion, "exclusions": stretches, "hash": hashlib.sha256(content[end:]).digest()}

    path = tmp_path / "p.png"
    path.write_bytes(with_store(plain, signed_anew(store, SIGNER, "c2pa.hash.data", without_headers)))
    verification = verify(path)
    report = verification.evidence.manifest
    assert report.state is ValidationState.TRUSTED and report.hard_binding_matches and not report.failures
    assert report.left_out == (f"{end:,} bytes from byte 0 on",)
    assert not report.is_sound
    assert verification.verdict.outcome is Outcome.UNKNOWN
    assert "left parts of it out" in verification.verdict.headline
    for place in (content.index(b"IDAT") + 40, len(content) - 20):
        edited = bytearray(path.read_bytes())
        edited[place] ^= 1
        changed_file = tmp_path / "changed.png"
        changed_file.write_bytes(edited)
        assert verify(changed_file).verdict.outcome is Outcome.TAMPERED


def test_a_film_whose_media_its_signer_left_out_is_not_vouched_for(signed, tmp_path) -> None:
    plain, store = signed["v.mp4"], store_of(signed["v.mp4"])
    content = plain.read_bytes()

    def digest_without(*left: str) -> bytes:
        """Of version 3 (C2PA 2.4, A.5.3): each box that is not left out after its offset, as 64 bits."""
        digest = hashlib.sha256()
        for found in scan_boxes(plain):
            if found.type not in ("ftyp", "mfra", "free", "skip", *left) and found.uuid != C2PA_UUID:
                digest.update(struct.pack(">Q", found.offset) + content[found.offset : found.offset + found.size])
        return digest.digest()

    def without_media(assertion: dict[str, object]) -> dict[str, object]:
        assert assertion["hash"] == digest_without()
        exclusions = [*assertion["exclusions"], {"xpath": "/mdat"}]  # type: ignore[misc]
        return {**assertion, "exclusions": exclusions, "hash": digest_without("mdat")}

    forged = signed_anew(store, SIGNER, "c2pa.hash.bmff.v3", without_media)
    path = tmp_path / "v.mp4"
    path.write_bytes(content.replace(store, forged))
    verification = verify(path)
    assert verification.evidence.manifest.state is ValidationState.TRUSTED
    assert verification.evidence.manifest.left_out == ("the box “/mdat”",)
    assert verification.verdict.outcome is Outcome.UNKNOWN


def test_a_film_whose_signer_left_out_where_its_media_lie_is_believed_while_they_lie_in_order(signed, tmp_path) -> None:
    """As generators of before 2024 did: whoever changes these numbers shows it in another order, and it is Valid."""
    plain, store = signed["many.mp4"], store_of(signed["many.mp4"])
    content = plain.read_bytes()
    names = [at for at in range(len(content)) if content.startswith(b"stco", at)]
    # behind a version, flags and how many there are
    tables = [(at + 12, at - 4 + int.from_bytes(content[at - 4 : at], "big")) for at in names]

    def digest() -> bytes:
        digest = hashlib.sha256()
        for found in scan_boxes(plain):
            if found.type not in ("ftyp", "mfra", "free", "skip") and found.uuid != C2PA_UUID:
                digest.update(struct.pack(">Q", found.offset))
                at, last = found.offset, found.offset + found.size
                for start, end in tables if found.type == "moov" else ():
                    digest.update(content[at:start])
                    at = end
                digest.update(content[at:last])
        return digest.digest()

    def without_places(assertion: dict[str, object]) -> dict[str, object]:
        table = {"xpath": "/moov/trak/mdia/minf/stbl/stco", "subset": [{"offset": 16, "length": 0}]}
        return {**assertion, "exclusions": [*assertion["exclusions"], table], "hash": digest()}  # type: ignore[misc]

    forged = content.replace(store, signed_anew(store, SIGNER, "c2pa.hash.bmff.v3", without_places))
    path = tmp_path / "v.mp4"
    start, end = tables[0]
    places = [forged[at : at + 4] for at in range(start, end, 4)]
    assert len(places) > 2
    for table, outcome in (
        (places, Outcome.CAPTURED),
        (places[::-1], Outcome.UNKNOWN),
        (places[1:] + places[:1], Outcome.UNKNOWN),
        (places[:1] * len(places), Outcome.UNKNOWN),
    ):
        path.write_bytes(forged[:start] + b"".join(table) + forged[end:])
        verification = verify(path)
        assert verification.evidence.manifest.state is ValidationState.TRUSTED
        assert verification.verdict.outcome is outcome


@pytest.mark.parametrize(("name", "start"), [("p.png", 16), ("p.png", 20), ("p.tiff", 4)])
def test_four_bytes_are_no_less_than_others(signed, tmp_path, name, start) -> None:
    """A TIFF says in so many how long its store is. How wide a picture is, or where it begins, is said in four too."""
    content, store = signed[name].read_bytes(), store_of(signed[name])

    def without(assertion: dict[str, object]) -> dict[str, object]:
        whole = max(assertion["exclusions"], key=lambda stretch: stretch["length"])  # type: ignore[call-overload]
        stretches = sorted([(start, 4), (whole["start"], whole["length"])])
        digest, at = hashlib.sha256(), 0
        for first, length in stretches:
            digest.update(content[at:first])
            at = first + length
        digest.update(content[at:])
        exclusions = [{"start": first, "length": length} for first, length in stretches]
        return {**assertion, "exclusions": exclusions, "hash": digest.digest()}

    path = tmp_path / name
    forged = signed_anew(store, SIGNER, "c2pa.hash.data", without)
    path.write_bytes(with_store(signed[name], forged) if name == "p.png" else content.replace(store, forged))
    manifest = verify(path).evidence.manifest
    assert manifest.state is ValidationState.TRUSTED and manifest.hard_binding_matches
    assert manifest.left_out == (f"4 bytes from byte {start} on",)
    assert verify(path).verdict.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("name", "believed"), [("v.mp4", True), ("many.mp4", True), ("both.mp4", False), ("p.avif", False)]
)
def test_boxes_whose_places_nobody_hashed_may_be_moved(signed, tmp_path, name, believed) -> None:
    """The first version of the hash over boxes does not take in where they are, by which the tables in them count."""
    content, store = signed[name].read_bytes(), store_of(signed[name])

    def without_places(assertion: dict[str, object]) -> dict[str, object]:
        digest = hashlib.sha256()
        for found in scan_boxes(signed[name]):
            if found.type not in ("ftyp", "mfra", "free", "skip") and found.uuid != C2PA_UUID:
                digest.update(content[found.offset : found.offset + found.size])
        return {**assertion, "hash": digest.digest()}

    forged = signed_anew(store, SIGNER, "c2pa.hash.bmff.v3", without_places, renamed="c2pa.hash.bmff")
    media = next(found.offset for found in scan_boxes(signed[name]) if found.type == "mdat")
    path, content = tmp_path / name, content.replace(store, forged)
    for moved, outcome in ((0, Outcome.CAPTURED if believed else Outcome.UNKNOWN), (64, Outcome.UNKNOWN)):
        path.write_bytes(content[:media] + (box(b"free", bytes(moved - 8)) if moved else b"") + content[media:])
        verification = verify(path)
        assert verification.evidence.manifest.state is ValidationState.TRUSTED
        assert verification.verdict.outcome is outcome


def test_what_every_signer_leaves_out_is_no_choice(signed) -> None:
    assert all(not verify(path).evidence.manifest.left_out for path in signed.values())


# -- signed with what is for something else


@pytest.mark.parametrize(
    ("usages", "key_usage", "outcome"),
    [
        ([EMAIL], usage("digital_signature"), Outcome.CAPTURED),
        ([EMAIL], usage("digital_signature", "content_commitment"), Outcome.CAPTURED),
        ([ExtendedKeyUsageOID.TIME_STAMPING], usage("digital_signature"), Outcome.UNKNOWN),
        ([ExtendedKeyUsageOID.OCSP_SIGNING], usage("digital_signature"), Outcome.UNKNOWN),
        ([EMAIL], usage("content_commitment"), Outcome.UNKNOWN),
    ],
)
def test_whoever_may_stamp_the_time_may_not_say_what_a_camera_took(
    signed, tmp_path, usages, key_usage, outcome
) -> None:
    """A library trusts certificates for time stamps and revocation of the same authority with claims as well, and those
    whose key is not for signatures."""
    authority, key, path = Authority(), p256(), tmp_path / "p.jpg"
    chain = authority.issue(key=key, ekus=usages, key_usage=key_usage) + authority.pem
    made = {"action": "c2pa.created", "digitalSourceType": DigitalSourceType.DIGITAL_CAPTURE}
    definition = {
        "claim_version": 2,
        "claim_generator_info": [{"name": "c", "version": "1"}],
        "assertions": [
            {
                "label": "c2pa.actions.v2",
                "created": True,
                "data": {"actions": [made]},
            }
        ],
    }

    def sign(data: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    builder = c2pa.Builder(json.dumps(definition), manifest_context(b""))
    plain = signed["p.jpg"].with_name("plain-p.jpg")
    with (
        plain.open("rb") as media,
        path.open("w+b") as output,
        c2pa.Signer.from_callback(sign, c2pa.C2paSigningAlg.ES256, chain.decode(), None) as native,
    ):
        builder.sign(native, "image/jpeg", media, output)
    verification = Verifier(Sources(anchors=authority.pem)).verify(path)
    assert verification.verdict.outcome is outcome
    assert verification.evidence.manifest.signer_trusted is (outcome is Outcome.CAPTURED)
    assert not verification.verdict.tampering
    recovered = read_manifest(signed["p.png"], authority.pem, manifest=store_of(path))
    assert recovered.signature_valid and recovered.hard_binding_matches is False
    assert recovered.is_sound_but_for_content is (outcome is Outcome.CAPTURED), "so too where a registry kept it"
    edited, both = tmp_path / "edited.jpg", authority.pem + CHAIN.authority
    agent = SoftwareAgent("an editor", "1")
    claim = Claim("x", "image/jpeg", DigitalSourceType.DIGITAL_CAPTURE, agent, datetime.now(UTC), parent=path)
    sign_file(path, edited, claim, SIGNER, both)
    again = Verifier(Sources(anchors=both)).verify(edited)
    assert again.evidence.manifest.is_sound, "its own signer may sign, and a library trusts both"
    assert again.verdict.outcome is outcome


def _named(name: bytes, certificate: bytes) -> bytes:
    """A protected header with the algorithm ES256 and a certificate under this name."""
    return b"\xa2\x01\x26" + name + cbor2.dumps(certificate)


LONG, TEXT = b"\x19\x00\x21", b"\x67x5chain"
"""Names of certificates: their number (RFC 9360) with a zero before it, and what it was called before."""


@pytest.mark.parametrize(
    ("header", "beside"),
    [
        (lambda good, bad: _named(LONG, bad), lambda good, bad: {33: good}),
        (lambda good, bad: b"\xa1\x01\x26", lambda good, bad: {33: good, "x5chain": bad}),
        (lambda good, bad: _named(TEXT, bad), lambda good, bad: {"pad2": good}),
        (lambda good, bad: b"\xa3\x01\x26\x18\x21" + cbor2.dumps(bad) + TEXT + cbor2.dumps(good), lambda *_: {}),
    ],
)
def test_a_certificate_beside_that_of_the_signer_hides_what_it_is_for(signed, tmp_path, header, beside) -> None:
    """A library takes one of two, and does not say which: the other was asked whether it is one for signing claims."""
    authority, key, path = Authority(), p256(), tmp_path / "p.png"
    stamps = authority.issue(key=key, ekus=[ExtendedKeyUsageOID.TIME_STAMPING])
    bad, good = (load_pem_x509_certificate(one).public_bytes(Encoding.DER) for one in (stamps, CHAIN.signer))
    protected, store, claims = header(good, bad), store_of(signed["p.png"]), []

    def forge(boxes: list[bytes]) -> list[bytes]:
        _, given, payload, _ = cbor2.loads(boxes[1][8:]).value
        data = cbor2.dumps(["Signature1", protected, b"", claims[0]])
        r, s = decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
        sign1 = [protected, {**beside(good, bad), "pad": given["pad"]}, payload, r.to_bytes(32) + s.to_bytes(32)]
        return [boxes[0], box(b"cbor", cbor2.dumps(cbor2.CBORTag(18, sign1)))]

    rebuilt(store, (), at(("c2pa.claim.v2",), lambda boxes: claims.append(boxes[1][8:]) or boxes))
    path.write_bytes(with_store(signed["p.png"], changed(store, at(("c2pa.signature",), forge))))
    verification = Verifier(Sources(anchors=authority.pem)).verify(path)
    assert verification.evidence.manifest.signature_valid, "the attack as such must succeed"
    assert not verification.evidence.manifest.signer_trusted
    assert verification.verdict.outcome in (Outcome.UNKNOWN, Outcome.CONTRADICTORY)  # "hidden beside a signature"


@pytest.mark.parametrize("name", ["p.png", "p.jpg", "v.mp4", "a.mp3"])
def test_the_certificate_that_signed_is_told(signed, name) -> None:
    manifest = verify(signed[name]).evidence.manifest
    assert manifest.certificate == load_pem_x509_certificate(CHAIN.signer).public_bytes(Encoding.DER)
