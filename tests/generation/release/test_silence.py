"""A manifest that does not name the mark in its picture, and who gains by it.

The operator's own, whose mark it is: its line fails, and no other. Anybody else may have taken the mark's content from
that operator, and what they say of who made it, when and from what is not believed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from cryptography import x509

from tests.clips import scene
from tests.generation.release.test_disclosure import BARE, PAYLOAD, House, house
from touchmark.detectors.disclosure.facts import Fact
from touchmark.detectors.verdict import Outcome
from touchmark.provenance.database import open_database
from touchmark.provenance.keys.development import make_development_keys
from touchmark.provenance.keys.ring import KeyRing
from touchmark.provenance.manifest.claim import Claim, DigitalSourceType
from touchmark.provenance.manifest.update import publish
from touchmark.provenance.manifest.write import SignedManifest, sign_file
from touchmark.provenance.media.picture import Orientation
from touchmark.provenance.media.still import Still, StillKind, write_still
from touchmark.provenance.registry import Registration, Registry
from touchmark.provenance.watermark.protocol import Payload
from touchmark.provenance.watermark.still import mark_still

__all__ = ["house"]

PROFILES = (*BARE, "in-it-rules-2026")
ITS_OWN = {"c2pa.soft_binding", "in.label"}  # there is no label on any of these pictures
OF_A_STRANGER = ITS_OWN | {
    "eu.inputs_kept",
    "ca.provider",
    "ca.system",
    "ca.system_version",
    "ca.time",
    "ca.identifier",
    "in.identifier",
}


@pytest.fixture(scope="module")
def marked(house: House) -> Path:
    """A picture with the operator's mark, which nobody has signed. Read only."""
    path = house.folder / "marked.png"
    write_still(mark_still(_still(), PAYLOAD, house.sealer.key), path)
    return path


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    yield Registry(open_database(tmp_path / "registry.sqlite3"))


def _still() -> Still:
    return Still(next(scene(320, 256, 1)), Orientation(), StillKind.PNG, lossless=True)


def knowing(house: House, **sources: object) -> House:
    """The house with a detector that has other sources."""
    verifier = replace(house.verifier, sources=replace(house.verifier.sources, **sources))  # type: ignore[arg-type]
    return replace(house, verifier=verifier)


def claim_of(house: House, *, names: bool) -> Claim:
    bindings = (replace(house.claim.soft_bindings[0], end=0.0),) if names else ()
    return replace(house.claim, media_type="image/png", soft_bindings=bindings)


def sign(house: House, source: Path, path: Path, *, names: bool = False) -> SignedManifest:
    return sign_file(source, path, claim_of(house, names=names), house.sealer.signer, house.sealer.anchors)


def entry(house: House, signed: SignedManifest, payload: Payload = PAYLOAD) -> Registration:
    return Registration(
        payload=payload,
        manifest_label=signed.label,
        manifest=signed.manifest_bytes,
        file_sha256=signed.file_sha256,
        watermark_algorithm=house.sealer.watermark.algorithm,
        key_id=house.sealer.key.key_id,
        title="a film",
        source_type=DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA.value,
        policy_digest="",
        created=datetime.now(UTC),
    )


@pytest.mark.parametrize("has_registry", [False, True])
def test_the_operators_own_silence_fails_its_own_line(
    house: House, marked: Path, registry: Registry, tmp_path: Path, has_registry: bool
) -> None:
    path = tmp_path / "silent.png"
    sign(house, marked, path)
    asked = knowing(house, registry=registry if has_registry else None)
    assert asked.failing(path, PROFILES) == ITS_OWN
    verdict = asked.verifier.verify(path).verdict
    assert verdict.outcome is Outcome.CONTRADICTORY, "and it is told no better for that"


@pytest.mark.parametrize("same_number", [False, True])
def test_a_stranger_who_is_trusted_gains_nothing_by_it(
    house: House, marked: Path, tmp_path: Path, same_number: bool
) -> None:
    """Of the same name, from another authority that is believed here; even under the same number."""
    own = x509.load_pem_x509_certificates(house.sealer.signer.certificate_chain)[0]
    with pytest.MonkeyPatch.context() as patch:
        if same_number:
            numbers = count(own.serial_number - 1)  # that of the authority comes first
            patch.setattr(x509, "random_serial_number", lambda: next(numbers))
        make_development_keys(tmp_path / "stranger", organisation="Example Studio", now=datetime.now(UTC))
    ring = KeyRing.load(tmp_path / "stranger")
    signer = ring.signer(time_stamping=house.sealer.signer.time_stamping)
    path = tmp_path / "laundered.png"
    sign_file(marked, path, claim_of(house, names=False), signer, ring.trust_anchors)
    fooled = knowing(house, anchors=house.sealer.anchors + ring.trust_anchors)
    manifest = fooled.verifier.verify(path).evidence.manifest
    assert manifest.is_sound and manifest.signer is not None
    assert manifest.signer.organisation == "Example Studio"
    assert (manifest.signer.serial == str(own.serial_number)) is same_number
    assert fooled.failing(path, PROFILES) == OF_A_STRANGER
    facts = fooled.hold(path, ("us-ca-sb942",)).facts
    assert facts.get(Fact.MANIFEST_PROVIDER) is None and "contradictory" in facts.why(Fact.MANIFEST_PROVIDER)


@pytest.mark.parametrize("how", ["published", "edited"])
def test_a_stranger_gains_nothing_by_the_operators_signature_over_his(
    house: House, marked: Path, tmp_path: Path, how: str
) -> None:
    """The operator publishes or edits what a stranger has taken from him, and does not look for his mark."""
    ring = make_development_keys(tmp_path / "stranger", organisation="A stranger", now=datetime.now(UTC))
    laundered, path = tmp_path / "laundered.png", tmp_path / "over.png"
    anchors = house.sealer.anchors + ring.trust_anchors
    sign_file(marked, laundered, claim_of(house, names=False), ring.signer(), ring.trust_anchors)
    if how == "published":
        publish(laundered, path, house.sealer.signer, anchors)
    else:
        sign_file(
            laundered, path, replace(claim_of(house, names=False), parent=laundered), house.sealer.signer, anchors
        )
    fooled = knowing(house, anchors=anchors)
    assert fooled.verifier.verify(path).evidence.manifest.is_sound
    assert fooled.verifier.verify(path).evidence.signed_by_marker
    assert fooled.failing(path, PROFILES) == OF_A_STRANGER


def test_whose_mark_it_is_must_be_known(house: House, marked: Path, tmp_path: Path) -> None:
    path = tmp_path / "silent.png"
    sign(house, marked, path)
    assert knowing(house, certificate=b"").failing(path, PROFILES) == OF_A_STRANGER


def test_the_operators_own_certificate_must_be_trusted(house: House, marked: Path, tmp_path: Path) -> None:
    path, others = (
        tmp_path / "silent.png",
        make_development_keys(tmp_path / "k", organisation="x", now=datetime.now(UTC)),
    )
    sign(house, marked, path)
    facts = knowing(house, anchors=others.trust_anchors).hold(path, ("us-ca-sb942",)).facts
    assert facts.get(Fact.MANIFEST_STATE) == "valid"
    assert facts.get(Fact.MANIFEST_PROVIDER) is None and facts.get(Fact.MANIFEST_INPUTS) is None


def test_the_mark_of_something_else_that_was_sealed_is_not_the_files_own(
    house: House, marked: Path, registry: Registry, tmp_path: Path
) -> None:
    """A careless tool with the operator's key signs what was sealed before as if it had just been made."""
    sealed, again = tmp_path / "sealed.png", tmp_path / "again.png"
    registry.register(entry(house, sign(house, marked, sealed, names=True)))
    sign(house, marked, again)
    asked = knowing(house, registry=registry)
    assert asked.failing(sealed, PROFILES) == {"in.label"}
    assert asked.failing(again, PROFILES) == OF_A_STRANGER


def test_the_very_file_that_the_registry_knows_by_its_mark_contradicts_nothing(
    house: House, marked: Path, registry: Registry, tmp_path: Path
) -> None:
    path = tmp_path / "silent.png"
    registry.register(entry(house, sign(house, marked, path)))
    asked = knowing(house, registry=registry)
    assert asked.verifier.verify(path).verdict.outcome is Outcome.GENERATED
    assert asked.failing(path, PROFILES) == ITS_OWN


def test_a_file_that_is_not_to_the_byte_what_the_registry_knows_contradicts_it(
    house: House, marked: Path, registry: Registry, tmp_path: Path
) -> None:
    """Under the same manifest: what the signature leaves out was changed, or another signed under its name."""
    path = tmp_path / "silent.png"
    known = entry(house, sign(house, marked, path))
    registry.register(replace(known, file_sha256="0" * 64))
    facts = knowing(house, registry=registry).hold(path, ("c2pa",)).facts
    assert facts.get(Fact.OUTCOME) == "contradictory"
    assert facts.get(Fact.MANIFEST_SOURCE_TYPE) is None and facts.get(Fact.MANIFEST_BROKEN_RULES) is None


def test_a_file_that_is_known_by_another_mark_than_it_carries_is_believed_no_story(
    house: House, marked: Path, registry: Registry, tmp_path: Path
) -> None:
    path = tmp_path / "silent.png"
    registry.register(entry(house, sign(house, marked, path), Payload(PAYLOAD.value ^ 1)))
    assert knowing(house, registry=registry).failing(path, PROFILES) == OF_A_STRANGER


def test_a_silent_manifest_over_other_content_is_believed_in_nothing(
    house: House, marked: Path, tmp_path: Path
) -> None:
    path = tmp_path / "silent.png"
    sign(house, marked, path)
    data = bytearray(path.read_bytes())
    data[data.index(b"IDAT") + 100] ^= 1
    path.write_bytes(data)
    compliance = house.hold(path, ("us-ca-sb942", "c2pa"))
    assert compliance.facts.get(Fact.MANIFEST_STATE) == "invalid"
    assert {failure.line.id for failure in compliance.failures} >= {"ca.standard", "c2pa.trusted"}
