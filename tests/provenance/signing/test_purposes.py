"""An anchor is believed for its purpose alone, whatever an attacker has: real files, signed with certificates that he
has from authorities whom we believe for something else.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import c2pa
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificates
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.detectors.jumbf import at, box, changed, compressed_alike, rebuilt
from tests.forms import FORMS
from tests.provenance.keys.certificates import Authority, p256, private_pem
from tests.provenance.signing.stand_ins import TimeAuthority, serving
from touchmark.provenance.manifest.claim import Claim, DigitalSourceType, SoftwareAgent
from touchmark.provenance.manifest.context import manifest_context
from touchmark.provenance.manifest.kept import KeptStore
from touchmark.provenance.manifest.old_stamps import is_new, is_vouched_for, unproven_times
from touchmark.provenance.manifest.read import read_manifest
from touchmark.provenance.manifest.report import ManifestReport, ValidationState
from touchmark.provenance.manifest.stamped import read_stamped
from touchmark.provenance.manifest.traces import stores
from touchmark.provenance.manifest.write import sign_file
from touchmark.provenance.media.kinds import kind_of_file
from touchmark.provenance.signing import PemSigner, TimeStamping


def signed(
    path: Path, film: Path, claim: Claim, issuer: Authority, *, stamper: TimeAuthority | None, lasts: timedelta
) -> Path:
    """A file by a signer of ``issuer`` whose certificate lasts that long from now."""
    key, now = p256(), datetime.now(UTC)
    chain = issuer.issue(key=key, begins=now - timedelta(hours=1), ends=now + lasts)
    if stamper is None:
        sign_file(film, path, claim, PemSigner.from_pem(chain, private_pem(key)), issuer.pem)
        return path
    with serving(stamper.answer) as port:
        stamping = TimeStamping((f"http://127.0.0.1:{port}/",))
        signer = PemSigner.from_pem(chain, private_pem(key), time_stamping=stamping)
        sign_file(film, path, claim, signer, issuer.pem)
    return path


def signed_as_of_old(path: Path, film: Path, issuer: Authority, stamper: TimeAuthority) -> Path:
    """The same, with a claim of version 1."""
    key, now = p256(), datetime.now(UTC)
    chain = issuer.issue(key=key, begins=now - timedelta(hours=1), ends=now + SHORT)
    made = {"action": "c2pa.created", "digitalSourceType": DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA.value}
    definition = {
        "claim_version": 1,
        "claim_generator": "dreams/1",
        "claim_generator_info": [{"name": "dreams"}],
        "assertions": [{"label": "c2pa.actions", "data": {"actions": [made]}}],
    }
    builder = c2pa.Builder(json.dumps(definition), manifest_context(b""))
    sign, kind = PemSigner.from_pem(chain, private_pem(key)).sign, c2pa.C2paSigningAlg.ES256
    with (
        serving(stamper.answer) as port,
        film.open("rb") as media,
        path.open("w+b") as output,
        c2pa.Signer.from_callback(sign, kind, chain.decode(), f"http://127.0.0.1:{port}/") as signer,
    ):
        builder.sign(signer, "video/mp4", media, output)
    return path


def read(path: Path, signers: bytes, time_stampers: bytes) -> ManifestReport:
    return read_stamped(lambda anchors: read_manifest(path, anchors), signers, time_stampers)


LONG, SHORT = timedelta(days=9), timedelta(seconds=2)


@pytest.fixture(scope="module")
def signers() -> Authority:
    return Authority("signers")


@pytest.fixture(scope="module")
def files(
    tmp_path_factory: pytest.TempPathFactory, film: Path, signers: Authority, time_authority: TimeAuthority
) -> dict[str, Path]:
    """Files by honest and by dishonest signers; the certificates of some have expired when they are read."""
    claim = Claim(
        title="film.mp4",
        media_type="video/mp4",
        source_type=DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA,
        software_agent=SoftwareAgent("dreams", "1"),
        created=datetime.now(UTC),
    )
    folder = tmp_path_factory.mktemp("purposes")
    thief = time_authority.authority  # who could have a time-stamp authority's root issue a signer's certificate
    made = {
        "honest": (signers, time_authority, LONG),
        "honest, expired": (signers, time_authority, SHORT),
        "honest, expired, not stamped": (signers, None, SHORT),
        "thief": (thief, None, LONG),
        "thief, stamped": (thief, time_authority, LONG),
        "thief, stamped, expired": (thief, time_authority, SHORT),
    }
    paths = {
        name: signed(folder / f"{name}.mp4", film, claim, issuer, stamper=stamper, lasts=lasts)
        for name, (issuer, stamper, lasts) in made.items()
    }
    paths["old, expired"] = signed_as_of_old(folder / "old.mp4", film, signers, time_authority)
    parent = replace(claim, parent=paths["old, expired"])
    key = p256()
    editor = PemSigner.from_pem(signers.issue(key=key), private_pem(key))
    sign_file(paths["old, expired"], folder / "edited.mp4", parent, editor, signers.pem)
    paths["an edit of old, expired"] = folder / "edited.mp4"
    media_type, draw = FORMS["p.png"]
    drawn, picture = draw(folder / "plain.png"), folder / "picture.png"
    of_picture = replace(claim, media_type=media_type)
    paths["picture, expired"] = signed(picture, drawn, of_picture, signers, stamper=time_authority, lasts=SHORT)
    time.sleep(SHORT.total_seconds() + 1)
    return paths


def test_a_stamp_shows_when_and_does_not_show_who(
    files: dict[str, Path], signers: Authority, time_authority: TimeAuthority
) -> None:
    report = read(files["honest"], signers.pem, time_authority.root)
    assert report.is_sound
    assert report.time_stamped
    alone = read(files["honest"], signers.pem, b"")
    assert alone.is_sound
    assert not alone.time_stamped
    nobody = read(files["honest"], b"", time_authority.root)
    assert nobody.state is ValidationState.VALID
    assert not nobody.signer_trusted


def test_an_expired_signer_needs_a_stamp_that_is_believed(
    files: dict[str, Path], signers: Authority, time_authority: TimeAuthority
) -> None:
    report = read(files["honest, expired"], signers.pem, time_authority.root)
    assert report.is_sound
    assert report.time_stamped
    assert report.signer_trusted
    for anchors in (b"", Authority("another clock").pem):
        report = read(files["honest, expired"], signers.pem, anchors)
        assert not report.is_sound
        assert report.state is ValidationState.INVALID
        assert not report.time_stamped
    assert not read(files["honest, expired, not stamped"], signers.pem, time_authority.root).is_sound


def test_a_stamp_makes_nothing_believed_that_is_not_seen(
    files: dict[str, Path], signers: Authority, time_authority: TimeAuthority, tmp_path: Path
) -> None:
    """Of an expired signer it was not asked without the anchors of time stamps, and forgotten with them."""
    with files["picture, expired"].open("rb") as file:
        (store,) = stores(file, kind_of_file(file))
    path = tmp_path / "compressed.png"
    path.write_bytes(files["picture, expired"].read_bytes().replace(store, compressed_alike(store)))
    report = read(path, signers.pem, time_authority.root)
    assert report.signer_trusted and report.hard_binding_matches, "the attack as such must succeed"
    assert report.left_out
    assert not report.is_sound


@pytest.mark.parametrize("name", ["thief", "thief, stamped", "thief, stamped, expired"])
def test_a_time_stamping_anchor_never_vouches_for_a_signer(
    files: dict[str, Path], signers: Authority, time_authority: TimeAuthority, name: str
) -> None:
    # The attack works against a context that holds both; or this test would show nothing.
    assert read_manifest(files[name], signers.pem + time_authority.root).state is ValidationState.TRUSTED
    for believed in (signers.pem, b""):
        report = read(files[name], believed, time_authority.root)
        assert report.state is not ValidationState.TRUSTED
        assert not report.signer_trusted
        assert not report.is_sound


def test_an_anchor_of_both_purposes_is_believed_for_both(files: dict[str, Path], time_authority: TimeAuthority) -> None:
    both = time_authority.root
    assert read(files["thief, stamped, expired"], both, both).is_sound


def test_an_authority_of_the_attackers_own_vouches_for_no_old_claim(
    files: dict[str, Path], signers: Authority, time_authority: TimeAuthority
) -> None:
    """Of claims of version 1 a library asks not who stamped them: with the key of a certificate that had expired, and a
    clock of one's own, anything could be signed today as of then, and read Trusted."""
    path = files["old, expired"]
    believed = read(path, signers.pem, time_authority.root)
    assert believed.is_sound and believed.time_stamped and believed.signer_trusted
    for anchors in (b"", Authority("another clock").pem):
        report = read(path, signers.pem, anchors)
        assert json.loads(report.raw_json)["validation_state"] == "Trusted", "the attack works against a library"
        assert not report.is_sound
        assert report.state is ValidationState.INVALID
        assert [failure.code for failure in report.failures] == ["signingCredential.expired"]
        assert not report.time_stamped
    stranger = read(path, b"", b"")
    assert stranger.state is ValidationState.VALID
    assert not stranger.time_stamped


def test_nor_for_one_that_went_into_another(
    files: dict[str, Path], signers: Authority, time_authority: TimeAuthority
) -> None:
    path = files["an edit of old, expired"]
    (parent,) = read(path, signers.pem, b"").ingredients
    assert parent.is_nobodys_word
    (parent,) = read(path, signers.pem + time_authority.root, b"").ingredients
    assert not parent.faults


def _renamed(boxes: list[bytes]) -> list[bytes]:
    return [box(b"jumd", boxes[0][8:].replace(b"c2pa.claim\0", b"c2pa.claim.v2\0")), *boxes[1:]]


def test_a_claim_is_old_by_what_is_in_it(files: dict[str, Path], signers: Authority, tmp_path: Path) -> None:
    """Its label is signed by nobody, and a library does not go by it."""
    content, path = files["old, expired"].read_bytes(), tmp_path / "renamed.mp4"
    with files["old, expired"].open("rb") as file:
        (store,) = stores(file, kind_of_file(file))
    path.write_bytes(content.replace(store, changed(store, at(("c2pa.claim",), _renamed))))
    assert path.stat().st_size == len(content)
    report = read(path, signers.pem, b"")
    assert json.loads(report.raw_json)["validation_state"] == "Trusted", "the attack works against a library"
    assert [failure.code for failure in report.failures] == ["signingCredential.expired"]


@pytest.mark.parametrize(
    "name",
    [
        b"\x7f\x62si\x64gTst\xff",  # of no set length
        b"\x46sigTst",  # bytes
        b"\x66sigtst",
        b"\xc1\x66sigTst",  # with a tag
    ],
)
def test_a_stamp_that_readers_may_not_find_proves_nothing(
    files: dict[str, Path], time_authority: TimeAuthority, name: bytes
) -> None:
    with files["old, expired"].open("rb") as file:
        (store,) = stores(file, kind_of_file(file))
    now = datetime.now(UTC)
    assert unproven_times([KeptStore.of(store)], time_authority.root, now) == {}
    assert store.count(b"\x66sigTst") == 1
    change = at(("c2pa.signature",), lambda boxes: [boxes[0], box(b"cbor", boxes[1][8:].replace(b"\x66sigTst", name))])
    (fault,) = unproven_times([KeptStore.of(rebuilt(store, (), change))], time_authority.root, now).values()
    assert fault and fault.code == "signingCredential.expired"


def _item(tag: int, *parts: bytes) -> bytes:
    """Of DER (ITU-T X.690)."""
    content = b"".join(parts)
    size = len(content)
    long = size.to_bytes((size.bit_length() + 7) // 8, "big") if size > 127 else b""
    return bytes((tag, 128 | len(long) if long else size)) + long + content


def _parts(item: bytes) -> list[bytes]:
    found = []
    at = 2 + (item[1] & 127 if item[1] > 127 else 0)
    while at < len(item):
        size, start = item[at + 1], at + 2
        if size > 127:
            start += size & 127
            size = int.from_bytes(item[at + 2 : start], "big")
        found.append(item[at : start + size])
        at = start + size
    return found


def query_of(data: bytes) -> bytes:
    """A request for a stamp with the certificates (RFC 3161, 2.4.1)."""
    sha256 = _item(0x30, bytes.fromhex("0609608648016503040201"), _item(5))
    imprint = _item(0x30, sha256, _item(4, hashlib.sha256(data).digest()))
    return _item(0x30, _item(2, b"\1"), imprint, _item(1, b"\xff"))


def beside(answer: bytes, der: bytes) -> bytes:
    """The answer with a further certificate."""
    status, token = _parts(answer)
    name, held = _parts(token)
    (signed,) = _parts(held)
    version, digests, content, certificates, *rest = _parts(signed)
    certificates = _item(0xA0, *_parts(certificates), der)
    signed = _item(0x30, version, digests, content, certificates, *rest)
    return _item(0x30, status, _item(0x30, name, _item(0xA0, signed)))


def test_every_certificate_that_comes_with_a_stamp_leads_to_an_anchor(time_authority: TimeAuthority) -> None:
    """So that nobody lays an honest authority's beside the one that he signs with."""
    answer = time_authority.stamp(query_of(b"a claim"))
    assert is_vouched_for(answer, time_authority.root)
    assert not is_vouched_for(answer, Authority("time root").pem), "the name, and another key"
    assert not is_vouched_for(answer, b"")
    for another in (
        Authority("else").issue(key=p256(), ekus=[ExtendedKeyUsageOID.TIME_STAMPING]),
        time_authority.authority.issue(key=p256()),  # of this authority, for e-mail
    ):
        der = load_pem_x509_certificates(another)[0].public_bytes(Encoding.DER)
        assert not is_vouched_for(beside(answer, der), time_authority.root)
    issued = time_authority.authority.issue(key=p256(), ekus=[ExtendedKeyUsageOID.TIME_STAMPING])
    der = load_pem_x509_certificates(issued)[0].public_bytes(Encoding.DER)
    assert is_vouched_for(beside(answer, der), time_authority.root)


@pytest.mark.parametrize("cut", range(0, 60, 3))
def test_a_stamp_that_cannot_be_read_counts_for_nothing(time_authority: TimeAuthority, cut: int) -> None:
    answer = time_authority.stamp(query_of(b"a claim"))
    assert not is_vouched_for(answer[:cut], time_authority.root)
    assert not is_vouched_for(answer[cut + 1 :], time_authority.root)
    assert not is_vouched_for(answer + b"\0", time_authority.root)


@pytest.mark.parametrize(
    "claim",
    [
        b"\xa1\x72created_assertions\x80" + b"\x00",  # something behind it
        b"\xa2\x72created_assertions\x80\x6aassertions\x80",  # both
        b"\xa2\x6aassertions\x80\x72created_assertions\x80",
        b"\xa1\x6aassertions\x80",
        b"\xa1\x78\x0aassertions\x80",  # not in the shortest form
        b"\xa2\x72created_assertions\x80\x7f\x65asser\x65tions\xff\x80",  # in pieces
        b"\xbf\x72created_assertions\x80\x6aassertions\x80\xff",  # of no set length
        b"\x82\x72created_assertions\x80",  # no map
        b"\xc5\x82\x1b\x00\x00\x00\xff\xff\xff\xff\xff\x01",  # a number without end
        b"\x81" * 5000,  # too deep
        b"",
    ],
)
def test_a_claim_that_is_not_plainly_new_is_taken_for_old(claim: bytes) -> None:
    assert not is_new(claim)


def test_a_claim_that_is_plainly_new_is_new() -> None:
    assert is_new(b"\xa2\x72created_assertions\x80\x65other\x01")
    assert is_new(b"\xbf\x72created_assertions\x80\xff"), "in another way of writing it, read step by step"
