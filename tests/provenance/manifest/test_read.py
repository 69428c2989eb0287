"""Reading hostile files: the report tells what holds and what does not, and nothing raises."""

from __future__ import annotations

import json
import os
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import c2pa
import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from tests.provenance.keys.certificates import Authority, p256, private_pem
from touchmark.provenance.keys.development import SIGNER_VALIDITY, issue_development_chain
from touchmark.provenance.keys.ring import KeyRing
from touchmark.provenance.manifest.claim import Claim, DigitalSourceType, SoftBinding, SoftwareAgent
from touchmark.provenance.manifest.context import manifest_context
from touchmark.provenance.manifest.definition import definition
from touchmark.provenance.manifest.read import read_manifest
from touchmark.provenance.manifest.report import ManifestPresence, ManifestReport, ValidationState
from touchmark.provenance.manifest.status import Concern
from touchmark.provenance.manifest.untrusted import MAX_TEXT
from touchmark.provenance.manifest.write import SignedManifest, sign_file, sign_stream
from touchmark.provenance.media.boxes import C2PA_UUID, scan_boxes
from touchmark.provenance.media.errors import UnreadableFileError
from touchmark.provenance.signing import PemSigner

Make = Callable[..., Claim]
Flip = Callable[..., Path]


@pytest.fixture
def signed(tmp_path: Path, film: Path, claim: Claim, ring: KeyRing) -> Path:
    sign_file(film, tmp_path / "signed.mp4", claim, ring.signer(), ring.trust_anchors)
    return tmp_path / "signed.mp4"


def store(path: Path, ring: KeyRing, film: Path, claim: Claim) -> SignedManifest:
    return sign_file(film, path, claim, ring.signer(), ring.trust_anchors)


def launder(source: Path, destination: Path, claim: Claim, ring: KeyRing) -> Path:
    """What an attacker with a good certificate does: sign without looking at what is beneath."""
    with source.open("rb") as media, destination.open("w+b") as output:
        sign_stream(media, output, claim, ring.signer(), ring.trust_anchors)
    return destination


def codes(report: ManifestReport) -> set[str]:
    return {failure.code for failure in report.failures}


def test_everything_that_was_claimed_is_read(signed: Path, claim: Claim, ring: KeyRing) -> None:
    report = read_manifest(signed, ring.trust_anchors)

    assert report.is_sound
    assert report.presence is ManifestPresence.PRESENT
    assert report.state is ValidationState.TRUSTED
    assert report.signature_valid
    assert report.signer_trusted
    assert report.hard_binding_matches is True
    assert report.title == "film.mp4"
    assert report.claim_generator.startswith("touchmark ")
    assert report.signer is not None
    assert (report.signer.common_name, report.signer.organisation) == ("touchmark signer", "Studio")
    assert report.signer.serial.isdigit()
    assert report.algorithm == "es256"
    assert report.source_type is DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA
    created, marked = report.actions
    assert (created.name, created.software_agent) == ("c2pa.created", "dream machine 2.1")
    assert created.when == claim.created
    assert marked.name == "c2pa.watermarked.bound"
    (binding,) = report.soft_bindings
    (claimed,) = claim.soft_bindings
    assert (binding.algorithm, binding.payload) == (claimed.algorithm, claimed.payload)
    assert (binding.start, binding.end) == (0.0, 1.0)
    prompt, model = report.ingredients
    assert (prompt.title, prompt.relationship, prompt.depth) == ("prompt", "inputTo", 1)
    assert claim.prompt is not None
    assert prompt.description == "sha256:" + claim.prompt.digest
    assert model.data_types == ("c2pa.types.model.pytorch",)
    assert report.ai_disclosure is not None
    assert report.ai_disclosure.human_oversight == "prompt_guided"
    assert report.signed_at is None
    assert not report.time_stamped
    assert json.loads(report.raw_json)["active_manifest"] == report.label


def test_any_changed_byte_of_the_media_is_seen(tmp_path: Path, signed: Path, ring: KeyRing, flip: Flip) -> None:
    for kind in ("moov", "mdat"):
        (box,) = (box for box in scan_boxes(signed) if box.type == kind)
        for offset in range(box.offset + 8, box.offset + box.size, max(1, box.size // 24)):
            copy = tmp_path / "copy.mp4"
            copy.write_bytes(signed.read_bytes())
            report = read_manifest(flip(copy, offset), ring.trust_anchors)
            assert not report.is_sound, (kind, offset)
            if report.presence is ManifestPresence.UNREADABLE and kind == "moov":
                continue  # the byte was the size of a box, and the file is no film any more
            assert report.state is ValidationState.INVALID, (kind, offset)
            assert {failure.concern for failure in report.failures} == {Concern.CONTENT}
            assert report.is_of_other_content


def test_no_changed_byte_of_the_manifest_makes_a_report_that_differs_and_is_sound(
    tmp_path: Path, signed: Path, ring: KeyRing
) -> None:
    content = signed.read_bytes()
    (box,) = (box for box in scan_boxes(signed) if box.uuid == C2PA_UUID)
    honest = read_manifest(signed, ring.trust_anchors)
    dice = random.Random(2026)
    seen = set()
    for _ in range(150):
        forged = bytearray(content)
        for _ in range(dice.choice([1, 1, 8])):
            forged[dice.randrange(box.offset, box.offset + box.size)] = dice.randrange(256)
        path = tmp_path / "forged.mp4"
        path.write_bytes(forged)
        report = read_manifest(path, ring.trust_anchors)
        seen.add(report.presence if report.presence is not ManifestPresence.PRESENT else report.state)
        if report.is_sound:
            # Padding after the signature may change; nothing that is said may.
            assert (report.label, report.title, report.actions) == (honest.label, honest.title, honest.actions)
            assert report.soft_bindings == honest.soft_bindings
    assert {ManifestPresence.UNREADABLE, ValidationState.INVALID} <= seen


def test_laundering_a_tampered_file_is_seen_beneath_the_new_signature(
    tmp_path: Path, signed: Path, make_claim: Make, ring: KeyRing, flip: Flip
) -> None:
    tampered = flip(signed, -9)
    claim = make_claim(parent=tampered, soft_bindings=())
    laundered = launder(tampered, tmp_path / "laundered.mp4", claim, ring)

    report = read_manifest(laundered, ring.trust_anchors)

    assert report.state is ValidationState.TRUSTED
    assert report.failures == ()
    assert [fault.concern for fault in report.laundered_faults] == [Concern.CONTENT]
    assert not report.is_sound


def test_laundering_twice_is_seen_at_depth(
    tmp_path: Path, signed: Path, make_claim: Make, ring: KeyRing, flip: Flip
) -> None:
    path = flip(signed, -9)
    for step in range(3):
        claim = make_claim(parent=path, soft_bindings=(), title=f"step {step}")
        path = launder(path, tmp_path / f"step{step}.mp4", claim, ring)

    report = read_manifest(path, ring.trust_anchors)

    guilty = [ingredient for ingredient in report.ingredients if ingredient.faults]
    assert [(ingredient.depth, ingredient.title) for ingredient in guilty] == [(3, "signed.mp4")]
    assert not report.is_sound
    assert report.source_type is DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA


def test_an_unknown_parent_is_named_and_not_condemned(
    tmp_path: Path, film: Path, make_claim: Make, ring: KeyRing, strangers: KeyRing
) -> None:
    parent = tmp_path / "parent.mp4"
    sign_file(film, parent, make_claim(), strangers.signer(), strangers.trust_anchors)
    child = launder(parent, tmp_path / "child.mp4", make_claim(parent=parent, soft_bindings=()), ring)
    report = read_manifest(child, ring.trust_anchors)
    assert [fault.concern for fault in report.ingredient_faults] == [Concern.TRUST]
    assert report.laundered_faults == ()
    assert report.is_sound
    (parent_found,) = (i for i in report.ingredients if i.relationship == "parentOf")
    assert parent_found.signer is not None
    assert parent_found.source_type == DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA


def test_a_transplanted_manifest_is_of_other_content(
    tmp_path: Path, film: Path, other_film: Path, make_claim: Make, ring: KeyRing
) -> None:
    one, two = tmp_path / "one.mp4", tmp_path / "two.mp4"
    store(one, ring, film, make_claim(title="one"))
    store(two, ring, other_film, make_claim(title="two"))
    (donor,) = (box for box in scan_boxes(one) if box.uuid == C2PA_UUID)
    (host,) = (box for box in scan_boxes(two) if box.uuid == C2PA_UUID)
    body, graft = two.read_bytes(), one.read_bytes()[donor.offset : donor.offset + donor.size]
    transplant = tmp_path / "transplant.mp4"
    transplant.write_bytes(body[: host.offset] + graft + body[host.offset + host.size :])

    report = read_manifest(transplant, ring.trust_anchors)

    assert report.title == "one"
    assert report.is_of_other_content
    assert report.state is ValidationState.INVALID


def test_a_recovered_manifest_is_genuine_and_its_content_is_not_what_was_signed(
    tmp_path: Path, film: Path, other_film: Path, claim: Claim, ring: KeyRing, strangers: KeyRing
) -> None:
    recovered = store(tmp_path / "signed.mp4", ring, film, claim).manifest_bytes
    assert read_manifest(other_film, ring.trust_anchors).presence is ManifestPresence.ABSENT

    report = read_manifest(other_film, ring.trust_anchors, manifest=recovered)
    assert report.is_of_other_content
    assert report.signer_trusted
    assert codes(report) == {"assertion.bmffHash.mismatch"}
    assert report.soft_bindings

    unknown = read_manifest(other_film, strangers.trust_anchors, manifest=recovered)
    assert unknown.is_of_other_content
    assert not unknown.signer_trusted

    at = recovered.index(b"dream machine")
    forged = recovered[:at] + b"cream machine" + recovered[at + 13 :]
    report = read_manifest(other_film, ring.trust_anchors, manifest=forged)
    assert not report.signature_valid
    assert not report.is_of_other_content


@pytest.mark.parametrize("manifest", [b"", b"junk" * 9, b"\0" * 500, b"\0\0\0\x10jumb" + b"\xff" * 8])
def test_a_recovered_manifest_that_is_none_is_unreadable(film: Path, ring: KeyRing, manifest: bytes) -> None:
    report = read_manifest(film, ring.trust_anchors, manifest=manifest)
    assert report.presence is ManifestPresence.UNREADABLE
    assert report.reason


def test_other_anchors_make_a_file_valid_and_not_trusted(signed: Path, strangers: KeyRing) -> None:
    for anchors in (strangers.trust_anchors, b""):
        report = read_manifest(signed, anchors)
        assert report.state is ValidationState.VALID
        assert [failure.concern for failure in report.failures] == [Concern.TRUST]
        assert report.signature_valid
        assert not report.signer_trusted
        assert not report.is_sound


def test_a_certificate_that_has_expired_since_makes_a_file_invalid_and_not_tampered(
    tmp_path: Path, film: Path, make_claim: Make, ring: KeyRing
) -> None:
    ends = datetime.now(UTC) + timedelta(seconds=3)  # certificates count whole seconds, and signing takes one
    old = issue_development_chain("short-lived", ends - SIGNER_VALIDITY)
    path = tmp_path / "signed.mp4"
    sign_file(film, path, make_claim(), PemSigner.from_pem(old.signer, old.signer_key), old.authority)
    time.sleep((ends - datetime.now(UTC)).total_seconds() + 1.1)

    report = read_manifest(path, old.authority)
    assert report.state is ValidationState.INVALID
    assert {failure.concern for failure in report.failures} == {Concern.TIME, Concern.TRUST}
    assert report.hard_binding_matches is True
    assert not report.is_sound

    child = launder(path, tmp_path / "child.mp4", make_claim(parent=path, soft_bindings=()), ring)
    report = read_manifest(child, ring.trust_anchors + old.authority)
    assert report.ingredient_faults
    assert report.laundered_faults == ()


@pytest.fixture
def unasked() -> Iterator[str]:
    """An address that somebody listens at, and that nobody may have asked in the end."""
    asked = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            try:
                server.accept()[0].close()
                asked.set()
            except OSError:
                pass

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        assert not asked.wait(0.2)
        server.shutdown(socket.SHUT_RDWR)
        listener.join(5)


def test_a_remote_manifest_is_named_and_not_fetched(
    tmp_path: Path, film: Path, claim: Claim, ring: KeyRing, unasked: str
) -> None:
    remote, address = tmp_path / "remote.mp4", f"{unasked}secret.c2pa"
    _sign_remotely(film, remote, claim, ring, address)
    report = read_manifest(remote, ring.trust_anchors)
    assert report.presence is ManifestPresence.REMOTE_ONLY
    assert report.remote_url == address


def test_nobody_is_asked_whether_a_certificate_was_revoked(
    tmp_path: Path, film: Path, claim: Claim, unasked: str
) -> None:
    """The certificate of an upload names the address: whoever fetches from it fetches what a stranger wants."""
    authority, key = Authority(), p256()
    place = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(unasked))
    access = x509.AuthorityInformationAccess([place])
    leaf = authority.issue(key=key, extra=x509.UnrecognizedExtension(access.oid, access.public_bytes()))
    signer = PemSigner.from_pem(leaf + authority.pem, private_pem(key))  # its issuer is needed to ask
    sign_file(film, tmp_path / "signed.mp4", claim, signer, authority.pem)
    for anchors in (authority.pem, b""):
        assert read_manifest(tmp_path / "signed.mp4", anchors).signature_valid


def test_what_was_read_before_a_fork_is_read_after_it(signed: Path, ring: KeyRing) -> None:
    """Trap 10: what a library was set up with does not outlive a fork, and another is made for the child."""
    assert read_manifest(signed, ring.trust_anchors).is_sound
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if read_manifest(signed, ring.trust_anchors).is_sound else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert read_manifest(signed, ring.trust_anchors).is_sound


def _sign_remotely(film: Path, destination: Path, claim: Claim, ring: KeyRing, address: str) -> None:
    signer = ring.signer()
    builder = c2pa.Builder(json.dumps(definition(claim)), context=manifest_context(ring.trust_anchors))
    builder.set_no_embed()
    builder.set_remote_url(address)
    chain = signer.certificate_chain.decode()
    native = c2pa.Signer.from_callback(signer.sign, c2pa.C2paSigningAlg.ES256, chain)
    with film.open("rb") as source, destination.open("w+b") as output:
        builder.sign(native, "video/mp4", source, output)


def test_a_damaged_store_is_not_mistaken_for_none(tmp_path: Path, signed: Path, ring: KeyRing) -> None:
    content = bytearray(signed.read_bytes())
    (box,) = (box for box in scan_boxes(signed) if box.uuid == C2PA_UUID)
    start = box.offset + box.header_size
    content[start : box.offset + box.size] = bytes(box.size - box.header_size)
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(content)
    report = read_manifest(damaged, ring.trust_anchors)
    assert report.presence is ManifestPresence.UNREADABLE
    assert report.reason


@pytest.mark.parametrize(
    "content",
    [b"", b"a plain text", b"\x1aE\xdf\xa3" + bytes(99), b"\0\0\0\x18ftypisom", bytes(4096), b"\xff" * 4096, b"GIF89a"],
)
@pytest.mark.parametrize("name", ["upload.mp4", "upload", "upload.png", "upload.c2pa"])
def test_what_is_no_signed_film_has_no_manifest(tmp_path: Path, ring: KeyRing, content: bytes, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    report = read_manifest(path, ring.trust_anchors)
    assert report.presence in (ManifestPresence.ABSENT, ManifestPresence.UNREADABLE)
    assert report.state is None
    assert not report.is_sound


def test_a_truncated_file_is_unreadable_and_raises_nothing(tmp_path: Path, signed: Path, ring: KeyRing) -> None:
    content = signed.read_bytes()
    for part in range(1, 16):
        path = tmp_path / "part.mp4"
        path.write_bytes(content[: len(content) * part // 16])
        assert not read_manifest(path, ring.trust_anchors).is_sound


def test_the_name_of_a_file_does_not_decide_what_it_is(tmp_path: Path, signed: Path, ring: KeyRing) -> None:
    for name in ("movie.txt", "movie", "movie.png", "movie.c2pa"):
        path = tmp_path / name
        path.write_bytes(signed.read_bytes())
        assert read_manifest(path, ring.trust_anchors).is_sound, name


def test_files_that_cannot_be_opened_are_named(tmp_path: Path, ring: KeyRing) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "missing.mp4", tmp_path, tmp_path / "pipe", Path("nul\0byte")):
        with pytest.raises(UnreadableFileError) as caught:
            read_manifest(path, ring.trust_anchors)
        assert caught.value.exit_status == 3


def test_hostile_text_is_kept_as_it_is_and_bounded(tmp_path: Path, film: Path, make_claim: Make, ring: KeyRing) -> None:
    hostile = "\x1b]0;owned\a\x1b[2J<script>alert(1)</script>\u202e\0\r\n'\"{}" + "A" * 900
    claim = make_claim(title=hostile, software_agent=SoftwareAgent(hostile[:400], "{{7*7}}"))
    store(tmp_path / "hostile.mp4", ring, film, claim)
    report = read_manifest(tmp_path / "hostile.mp4", ring.trust_anchors)
    assert report.title == hostile
    assert report.actions[0].software_agent == hostile[:400] + " {{7*7}}"
    assert len(report.title) <= MAX_TEXT


def test_a_camera_claim_is_read_as_one(tmp_path: Path, film: Path, make_claim: Make, ring: KeyRing) -> None:
    claim = make_claim(source_type=DigitalSourceType.DIGITAL_CAPTURE, model=None, prompt=None, soft_bindings=())
    store(tmp_path / "camera.mp4", ring, film, claim)
    report = read_manifest(tmp_path / "camera.mp4", ring.trust_anchors)
    assert report.source_type is DigitalSourceType.DIGITAL_CAPTURE
    assert report.ai_disclosure is None
    assert report.soft_bindings == ()


def test_a_mark_in_the_picture_and_one_in_the_sound_are_both_read(
    tmp_path: Path, film: Path, make_claim: Make, ring: KeyRing
) -> None:
    bindings = tuple(SoftBinding(f"io.example.{n}", b"12345678", 0.0, float(n)) for n in (1, 2))
    store(tmp_path / "both.mp4", ring, film, make_claim(soft_bindings=bindings, created=datetime.now(UTC)))
    report = read_manifest(tmp_path / "both.mp4", ring.trust_anchors)
    assert report.is_sound
    found = {(b.algorithm, b.payload, b.start, b.end) for b in report.soft_bindings}
    assert found == {(b.algorithm, b.payload, b.start, b.end) for b in bindings}
    assert [action.name for action in report.actions].count("c2pa.watermarked.bound") == 1


def test_long_spans_keep_their_times(tmp_path: Path, film: Path, make_claim: Make, ring: KeyRing) -> None:
    binding = SoftBinding("io.example.1", bytes(range(64)), 3600.25, 7200.5)
    store(tmp_path / "long.mp4", ring, film, make_claim(soft_bindings=(binding,), created=datetime.now(UTC)))
    (found,) = read_manifest(tmp_path / "long.mp4", ring.trust_anchors).soft_bindings
    assert (found.payload, found.start, found.end) == (binding.payload, 3600.25, 7200.5)
