"""Signing gives a file that verifies, or no file at all."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import c2pa
import pytest
from cryptography import x509

from touchmark.provenance.keys.development import issue_development_chain
from touchmark.provenance.keys.profile import SIGNER_EKUS, CertificateRefusedError
from touchmark.provenance.keys.ring import KeyRing
from touchmark.provenance.manifest import draft
from touchmark.provenance.manifest.claim import Claim, DigitalSourceType, PromptRecord
from touchmark.provenance.manifest.context import TrustAnchorsError
from touchmark.provenance.manifest.inputs import ConsentRecord
from touchmark.provenance.manifest.read import read_manifest
from touchmark.provenance.manifest.report import ValidationState
from touchmark.provenance.manifest.write import (
    DestinationError,
    ManifestRefusedError,
    ReadBackError,
    SignerFailedError,
    sign_file,
)
from touchmark.provenance.signing import CallbackSigner, PemSigner, SigningAlgorithm, TimeStamping
from touchmark.provenance.signing.errors import KeyMismatchError, SignerAnswerError
from touchmark.provenance.signing.time_stamps import TimeAuthorityUnreachableError

Make = Callable[..., Claim]


@dataclass
class Broken:
    """A signer whose backend fails."""

    ring: KeyRing
    error: BaseException
    algorithm: SigningAlgorithm = SigningAlgorithm.ES256
    time_stamping: TimeStamping | None = None

    @property
    def certificate_chain(self) -> bytes:
        assert self.ring.certificate_chain is not None
        return self.ring.certificate_chain

    def sign(self, data: bytes) -> bytes:
        raise self.error


def test_a_signed_file_is_what_was_claimed(tmp_path: Path, film: Path, claim: Claim, ring: KeyRing) -> None:
    signed = sign_file(film, tmp_path / "out.mp4", claim, ring.signer(), ring.trust_anchors)

    assert signed.label.startswith("urn:c2pa:")
    assert signed.file_sha256 == hashlib.sha256((tmp_path / "out.mp4").read_bytes()).hexdigest()
    assert signed.manifest_bytes in (tmp_path / "out.mp4").read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4"]
    assert read_manifest(tmp_path / "out.mp4", ring.trust_anchors).label == signed.label


def test_a_signed_file_gets_the_permissions_of_any_new_file(
    tmp_path: Path, film: Path, claim: Claim, ring: KeyRing
) -> None:
    before = os.umask(0o027)
    try:
        sign_file(film, tmp_path / "out.mp4", claim, ring.signer(), ring.trust_anchors)
    finally:
        os.umask(before)
    assert (tmp_path / "out.mp4").stat().st_mode & 0o777 == 0o640


def test_a_callback_may_answer_in_der(tmp_path: Path, film: Path, claim: Claim, ring: KeyRing) -> None:
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    pem = ring.signer()

    def der(data: bytes) -> bytes:
        raw = pem.sign(data)
        return encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))

    for callback in (pem.sign, der):
        signer = CallbackSigner(SigningAlgorithm.ES256, pem.certificate_chain, callback)
        sign_file(film, tmp_path / "out.mp4", claim, signer, ring.trust_anchors)
        assert read_manifest(tmp_path / "out.mp4", ring.trust_anchors).is_sound


@pytest.mark.parametrize("way", ["same", "dot", "link", "hard link"])
def test_a_file_is_not_signed_over_itself(tmp_path: Path, film: Path, claim: Claim, ring: KeyRing, way: str) -> None:
    source = tmp_path / "film.mp4"
    source.write_bytes(film.read_bytes())
    destination = tmp_path / "other.mp4"
    if way == "link":
        destination.symlink_to(source)
    elif way == "hard link":
        destination.hardlink_to(source)
    else:
        destination = source if way == "same" else tmp_path / "." / "x" / ".." / "film.mp4"
        (tmp_path / "x").mkdir()
    with pytest.raises(DestinationError, match="itself"):
        sign_file(source, destination, claim, ring.signer(), ring.trust_anchors)
    assert source.read_bytes() == film.read_bytes()


def test_what_a_signer_raises_is_the_cause_and_nothing_is_left(
    tmp_path: Path, film: Path, claim: Claim, ring: KeyRing
) -> None:
    refusal = PermissionError("the KMS says no")
    with pytest.raises(SignerFailedError, match="the KMS says no") as caught:
        sign_file(film, tmp_path / "out.mp4", claim, Broken(ring, refusal), ring.trust_anchors)
    assert caught.value.__cause__ is refusal
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_in_a_signer_is_an_interrupt(tmp_path: Path, film: Path, claim: Claim, ring: KeyRing) -> None:
    with pytest.raises(KeyboardInterrupt):
        sign_file(film, tmp_path / "out.mp4", claim, Broken(ring, KeyboardInterrupt()), ring.trust_anchors)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("signature", [b"", b"x", b"x" * 64, b"x" * 100_000])
def test_a_signer_that_signs_nonsense_leaves_nothing(
    tmp_path: Path, film: Path, claim: Claim, ring: KeyRing, signature: bytes
) -> None:
    chain = ring.certificate_chain
    assert chain is not None
    signer = CallbackSigner(SigningAlgorithm.ES256, chain, lambda _: signature)
    with pytest.raises((SignerAnswerError, KeyMismatchError)):
        sign_file(film, tmp_path / "out.mp4", claim, signer, ring.trust_anchors)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_what_was_published_before(tmp_path: Path, film: Path, claim: Claim, ring: KeyRing) -> None:
    (tmp_path / "out.mp4").write_bytes(b"published yesterday")
    with pytest.raises(SignerFailedError):
        sign_file(film, tmp_path / "out.mp4", claim, Broken(ring, OSError("down")), ring.trust_anchors)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"published yesterday"]


def test_an_expired_certificate_is_named_before_signing(tmp_path: Path, film: Path, claim: Claim) -> None:
    old = issue_development_chain("old", datetime.now(UTC) - timedelta(days=2000))
    signer = PemSigner.from_pem(old.signer, old.signer_key)
    with pytest.raises(CertificateRefusedError, match="expired"):
        sign_file(film, tmp_path / "out.mp4", claim, signer, old.authority)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("usage", SIGNER_EKUS)
def test_a_certificate_for_any_single_use_that_c2pa_knows_is_trusted(
    tmp_path: Path, film: Path, claim: Claim, usage: str
) -> None:
    """Trap 1: without a list of uses at the top level of its settings, the library knows one for e-mail alone."""
    chain = issue_development_chain("one use", datetime.now(UTC), [x509.ObjectIdentifier(usage)])
    signer = PemSigner.from_pem(chain.signer, chain.signer_key)
    sign_file(film, tmp_path / "out.mp4", claim, signer, chain.authority)
    report = read_manifest(tmp_path / "out.mp4", chain.authority)
    assert report.state is ValidationState.TRUSTED
    assert report.is_sound


def test_a_signer_that_our_anchors_do_not_know_publishes_nothing(
    tmp_path: Path, film: Path, claim: Claim, ring: KeyRing, strangers: KeyRing
) -> None:
    for anchors in (strangers.trust_anchors, b""):
        with pytest.raises(ReadBackError, match="untrusted"):
            sign_file(film, tmp_path / "out.mp4", claim, ring.signer(), anchors)
    with pytest.raises(TrustAnchorsError):
        sign_file(film, tmp_path / "out.mp4", claim, ring.signer(), b"\xff\xfe no certificate")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("lost", ["c2pa.soft-binding", "digitalSourceType"])
def test_what_was_promised_and_does_not_read_back_is_not_published(
    tmp_path: Path, film: Path, make_claim: Make, ring: KeyRing, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    """By a library, or by us, that leaves out or alters what it was given, and signs that well."""
    written = draft.definition

    def otherwise(claim: Claim) -> dict[str, Any]:
        document = written(claim)
        actions, *others = document["assertions"]
        if lost == "digitalSourceType":
            actions["data"]["actions"][0][lost] = DigitalSourceType.DIGITAL_CAPTURE.value
        else:
            others = [one for one in others if one["label"] != lost]
            actions["data"]["actions"] = actions["data"]["actions"][:1]
        return {**document, "assertions": [actions, *others]}

    monkeypatch.setattr(draft, "definition", otherwise)
    with pytest.raises(ReadBackError, match="does not read back"):
        sign_file(film, tmp_path / "out.mp4", make_claim(), ring.signer(), ring.trust_anchors)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"just text", b"\x1aE\xdf\xa3" + b"\0" * 99])
def test_what_is_no_film_is_not_signed(tmp_path: Path, claim: Claim, ring: KeyRing, content: bytes) -> None:
    source = tmp_path / "source.mp4"
    source.write_bytes(content)
    with pytest.raises(ManifestRefusedError):
        sign_file(source, tmp_path / "out.mp4", claim, ring.signer(), ring.trust_anchors)
    assert [path.name for path in tmp_path.iterdir()] == ["source.mp4"]


def test_a_kind_of_file_that_c2pa_does_not_know_is_not_signed(
    tmp_path: Path, film: Path, make_claim: Make, ring: KeyRing
) -> None:
    with pytest.raises(ManifestRefusedError):
        claim = make_claim(media_type="video/x-matroska")
        sign_file(film, tmp_path / "out.mkv", claim, ring.signer(), ring.trust_anchors)
    assert list(tmp_path.iterdir()) == []


def test_missing_folders_and_inputs_are_named(tmp_path: Path, film: Path, claim: Claim, ring: KeyRing) -> None:
    with pytest.raises(DestinationError, match="No such file"):
        sign_file(film, tmp_path / "no" / "out.mp4", claim, ring.signer(), ring.trust_anchors)
    (tmp_path / "no").write_bytes(b"a file, no folder")
    with pytest.raises(DestinationError, match="Not a directory") as caught:
        sign_file(film, tmp_path / "no" / "out.mp4", claim, ring.signer(), ring.trust_anchors)
    assert caught.value.subject == str(tmp_path / "no" / "out.mp4")
    (tmp_path / "no").unlink()
    with pytest.raises(DestinationError, match="gone"):
        sign_file(tmp_path / "gone.mp4", tmp_path / "out.mp4", claim, ring.signer(), ring.trust_anchors)
    assert list(tmp_path.iterdir()) == []


def test_a_dead_time_authority_fails_the_signing(tmp_path: Path, film: Path, claim: Claim, ring: KeyRing) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/tsa"
        signer = ring.signer(time_stamping=TimeStamping((address,)))
        with pytest.raises(TimeAuthorityUnreachableError) as caught:
            sign_file(film, tmp_path / "out.mp4", claim, signer, ring.trust_anchors)
    assert caught.value.subject == address
    assert list(tmp_path.iterdir()) == []


def test_a_kill_while_signing_publishes_nothing(tmp_path: Path, film: Path, ring: KeyRing) -> None:
    program = textwrap.dedent(
        """
        import os, signal, sys
        from datetime import UTC, datetime
        from pathlib import Path
        from touchmark.provenance.keys.ring import KeyRing
        from touchmark.provenance.manifest.claim import Claim, DigitalSourceType, SoftwareAgent
        from touchmark.provenance.manifest import write

        os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)  # the last moment before the rename
        film, destination, keys = map(Path, sys.argv[1:])
        ring = KeyRing.load(keys)
        claim = Claim("t", "video/mp4", DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA, SoftwareAgent("a", "1"),
                      datetime.now(UTC))
        write.sign_file(film, destination, claim, ring.signer(), ring.trust_anchors)
        """
    )
    destination = tmp_path / "out.mp4"
    arguments = [sys.executable, "-c", program, str(film), str(destination), str(ring.folder)]
    assert subprocess.run(arguments, check=False).returncode == -signal.SIGKILL
    assert not destination.exists()
    assert all(path.name.startswith(".") for path in tmp_path.iterdir())


def test_without_room_there_is_an_error_and_no_file(tmp_path: Path, film: Path, claim: Claim, ring: KeyRing) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, hard))
    try:
        with pytest.raises(DestinationError, match="too large"):
            sign_file(film, tmp_path / "out.mp4", claim, ring.signer(), ring.trust_anchors)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def test_the_prompt_is_embedded_only_when_it_is_given(
    tmp_path: Path, film: Path, make_claim: Make, ring: KeyRing
) -> None:
    words = "a launch on Tuesday"
    digest = hashlib.sha256(words.encode()).hexdigest()
    for text in (None, words):
        claim = make_claim(prompt=PromptRecord(digest, text))
        signed = sign_file(film, tmp_path / "out.mp4", claim, ring.signer(), ring.trust_anchors)
        assert (words.encode() in signed.manifest_bytes) is (text is not None)
        assert digest.encode() in signed.manifest_bytes


def test_a_parent_that_holds_is_kept(
    tmp_path: Path, film: Path, other_film: Path, make_claim: Make, ring: KeyRing, strangers: KeyRing
) -> None:
    for parents_keys, name in ((ring, "ours"), (strangers, "theirs")):
        parent = tmp_path / f"{name}.mp4"
        sign_file(film, parent, make_claim(), parents_keys.signer(), parents_keys.trust_anchors)
        claim = make_claim(parent=parent)
        # The pixels are new: marked and encoded again.
        sign_file(other_film, tmp_path / "child.mp4", claim, ring.signer(), ring.trust_anchors)
        report = read_manifest(tmp_path / "child.mp4", ring.trust_anchors)
        assert report.is_sound
        assert report.actions[0].name == "c2pa.opened"
        assert report.source_type is DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA
        assert f"{name}.mp4" in {i.title for i in report.ingredients if i.relationship == "parentOf"}


def test_signing_over_a_tampered_parent_is_refused(
    tmp_path: Path, film: Path, make_claim: Make, ring: KeyRing, flip: Callable[..., Path]
) -> None:
    parent = tmp_path / "parent.mp4"
    sign_file(film, parent, make_claim(), ring.signer(), ring.trust_anchors)
    flip(parent, -9)
    with pytest.raises(ReadBackError, match="bmffHash"):
        sign_file(parent, tmp_path / "out.mp4", make_claim(parent=parent), ring.signer(), ring.trust_anchors)
    assert [path.name for path in tmp_path.iterdir()] == ["parent.mp4"]


def test_more_than_is_read_again_is_not_signed(tmp_path: Path, film: Path, make_claim: Make, ring: KeyRing) -> None:
    claim = make_claim(consents=(ConsentRecord("likeness", "0" * 64),) * 257)
    with pytest.raises(ReadBackError, match="256 ingredients"):
        sign_file(film, tmp_path / "out.mp4", claim, ring.signer(), ring.trust_anchors)
    assert not list(tmp_path.iterdir())


def test_the_manifest_keeps_the_conformance_rules_of_2_4(
    tmp_path: Path, film: Path, claim: Claim, ring: KeyRing
) -> None:
    """The rules of the C2PA conformance programme's asset rubric (0.2, for 2.4) that a generator can break."""
    sign_file(film, tmp_path / "out.mp4", claim, ring.signer(), ring.trust_anchors)
    with c2pa.Reader(tmp_path / "out.mp4") as reader:
        manifest = json.loads(reader.crjson())["manifests"][0]
    said, assertions = manifest["claim.v2"], manifest["assertions"]
    actions = assertions["c2pa.actions.v2"]

    assert manifest["label"].startswith("urn:c2pa:")
    assert said["claim_generator_info"]["specVersion"].split(".")[:2] == ["2", "4"]
    assert "specVersion" not in said
    assert said["created_assertions"][0]["url"].endswith("c2pa.actions.v2")
    assert set(assertions) == {
        "c2pa.actions.v2",
        "c2pa.ingredient.v3",
        "c2pa.ingredient.v3__1",
        "c2pa.soft-binding",
        "c2pa.ai-disclosure",
        "c2pa.hash.bmff.v3",
    }
    assert actions["allActionsIncluded"] is True
    assert [action["action"] for action in actions["actions"]] == ["c2pa.created", "c2pa.watermarked.bound"]
    assert actions["actions"][0]["digitalSourceType"] == claim.source_type
    for action in actions["actions"]:
        assert set(action.get("parameters", {})) <= {"ingredients"}
    for ingredient in (assertions["c2pa.ingredient.v3"], assertions["c2pa.ingredient.v3__1"]):
        assert ingredient["relationship"] == "inputTo"
        assert not {"activeManifest", "validationResults"} & set(ingredient)
    assert "url" not in assertions["c2pa.hash.bmff.v3"]
