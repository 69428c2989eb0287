"""A manifest that does not name the mark in its picture, and who gains by it.

The operator's own, whose mark it is: its line fails, and no other. Anybody else may have taken the mark's content from
that operator, and what they say of who made it, when and from what is not believed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from cryptography import x509

from tests.clips import scene
from tests.generation.release.test_disclosure import BARE, PAYLOAD, House, house
from touchmark.detectors.contradictions import ContradictionKind
from touchmark.detectors.disclosure.facts import Fact
from touchmark.detectors.verdict import Outcome
from touchmark.provenance.database import open_database
from touchmark.provenance.keys.development import issue_development_chain, make_development_keys
from touchmark.provenance.keys.ring import KeyRing
from touchmark.provenance.keys.rotation import install
from touchmark.provenance.manifest.claim import Claim, DigitalSourceType, ModelIdentity, SoftwareAgent
from touchmark.provenance.manifest.inputs import InputFile
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

OF_ANOTHER = OF_A_STRANGER - {"ca.provider"}  # the operator made both, say both


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


def sealed_before(house: House, marked: Path, path: Path) -> Registration:
    """Something else that carries the mark: another model made it, earlier."""
    earlier = datetime.now(UTC) - timedelta(hours=1)
    other = replace(claim_of(house, names=True), software_agent=SoftwareAgent("Kling", "1.6"), created=earlier)
    other = replace(other, model=ModelIdentity("Kling", "Kling 1.6"))
    return entry(house, sign_file(marked, path, other, house.sealer.signer, house.sealer.anchors))


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


@dataclass(frozen=True)
class Taken:
    """The operator's own signature over what a stranger, whom this installation believes, has taken from him."""

    house: House
    stranger: KeyRing
    laundered: Path
    claim: Claim

    @property
    def asked(self) -> House:
        return knowing(self.house, anchors=self.house.sealer.anchors + self.stranger.trust_anchors)

    def over(self, path: Path, **change: object) -> Path:
        """An edit by the operator, who does not look for his mark."""
        claim = replace(self.claim, parent=self.laundered, **change)  # type: ignore[arg-type]
        signer, anchors = self.house.sealer.signer, self.asked.verifier.sources.anchors
        sign_file(self.laundered, path, claim, signer, anchors)
        return path


@pytest.fixture(params=[DigitalSourceType.ALGORITHMIC_MEDIA, DigitalSourceType.DIGITAL_CAPTURE], ids=["made", "taken"])
def taken(house: House, marked: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Taken:
    ring = make_development_keys(tmp_path / "stranger", organisation="A stranger", now=datetime.now(UTC))
    laundered, claim = tmp_path / "laundered.png", claim_of(house, names=False)
    agent, when = SoftwareAgent("Stolen", "6.6"), datetime(2020, 1, 1, tzinfo=UTC)
    his = replace(claim, source_type=request.param, software_agent=agent, created=when, model=None)
    sign_file(marked, laundered, his, ring.signer(), ring.trust_anchors)
    return Taken(house, ring, laundered, claim)


@pytest.mark.parametrize("how", ["published", "retouched"])
def test_a_stranger_gains_nothing_by_the_operators_signature_over_his(taken: Taken, tmp_path: Path, how: str) -> None:
    """Where the operator says nothing himself of how it was made, it would be the stranger's word that is told."""
    path, signer = tmp_path / "over.png", taken.house.sealer.signer
    if how == "published":
        publish(taken.laundered, path, signer, taken.asked.verifier.sources.anchors)
    else:
        taken.over(path, source_type=DigitalSourceType.ALGORITHMIC_MEDIA, model=None)
    evidence = taken.asked.verifier.verify(path).evidence
    assert evidence.manifest.is_sound and evidence.signed_by_marker
    facts = taken.asked.hold(path, PROFILES).facts
    for fact in (Fact.MANIFEST_PROVIDER, Fact.MANIFEST_SYSTEM, Fact.MANIFEST_TIME, Fact.MANIFEST_INPUTS):
        assert facts.get(fact) is None
    if evidence.manifest.says_captured:
        assert facts.get(Fact.MANIFEST_SOURCE_TYPE) is None


def test_of_what_a_model_of_the_operator_made_of_it_the_strangers_word_is_not_told(
    taken: Taken, tmp_path: Path
) -> None:
    """It is the operator's own edit, of which he tells everything but the mark: which may be the edit's, or older."""
    path = taken.over(tmp_path / "over.png")
    assert taken.asked.failing(path, PROFILES) == ITS_OWN
    verification = taken.asked.verifier.verify(path)
    assert verification.verdict.outcome is Outcome.CONTRADICTORY
    assert verification.verdict.contradictions[0].kind is ContradictionKind.HISTORY_DROPPED
    facts = taken.asked.hold(path, PROFILES).facts
    assert facts.get(Fact.MANIFEST_PROVIDER) == "Example Studio"
    assert (facts.get(Fact.MANIFEST_SYSTEM), facts.get(Fact.MANIFEST_SYSTEM_VERSION)) == ("Wan", "2.2")
    assert facts.get(Fact.MANIFEST_TIME) == taken.claim.created.replace(microsecond=0).isoformat()
    assert facts.get(Fact.MANIFEST_SOURCE_TYPE) == "trainedAlgorithmicMedia"


def test_nor_is_the_operators_where_the_registry_knows_the_mark(
    taken: Taken, marked: Path, registry: Registry, tmp_path: Path
) -> None:
    registry.register(sealed_before(taken.house, marked, tmp_path / "sealed.png"))
    path = taken.over(tmp_path / "over.png")
    assert knowing(taken.asked, registry=registry).failing(path, PROFILES) == OF_ANOTHER


def test_a_model_of_the_strangers_own_gains_nothing(taken: Taken, tmp_path: Path) -> None:
    """He says that a model changed what he took; he is not the operator whose mark is in it."""
    path, ring = tmp_path / "again.png", taken.stranger
    sign_file(taken.laundered, path, replace(taken.claim, parent=taken.laundered), ring.signer(), ring.trust_anchors)
    assert taken.asked.failing(path, BARE) >= OF_A_STRANGER - {"in.identifier", "in.label"}


@pytest.mark.parametrize("went_in", ["parent", "input", "input with a parent"])
def test_silence_of_what_others_went_into_fails_its_own_line(
    house: House, marked: Path, tmp_path: Path, went_in: str
) -> None:
    """An edit of what somebody recorded, and a video made from a picture: each keeps what it was made from."""
    plain, recorded, edited = tmp_path / "plain.png", tmp_path / "recorded.png", tmp_path / "edited.png"
    write_still(_still(), plain)
    unmarked = replace(claim_of(house, names=False), source_type=DigitalSourceType.DIGITAL_CAPTURE, model=None)
    sign_file(plain, recorded, unmarked, house.sealer.signer, house.sealer.anchors)
    sign_file(plain, edited, replace(unmarked, parent=recorded), house.sealer.signer, house.sealer.anchors)
    claim, path = claim_of(house, names=False), tmp_path / "silent.png"
    if went_in == "parent":
        claim = replace(claim, parent=recorded)
    else:
        claim = replace(claim, inputs=(InputFile.of(recorded if went_in == "input" else edited),))
    sign_file(marked, path, claim, house.sealer.signer, house.sealer.anchors)
    assert house.failing(path, PROFILES) == ITS_OWN


def test_silence_under_a_retired_certificate_fails_its_own_line(house: House, marked: Path, tmp_path: Path) -> None:
    """Also where the present one is of another authority: who signs now signed then."""
    path, keys = tmp_path / "silent.png", tmp_path / "keys"
    sign(house, marked, path)
    shutil.copytree(house.home.keys, keys)
    issued = issue_development_chain("Example Studio", datetime.now(UTC))
    ring = install(keys, issued.signer, issued.signer_key, now=datetime.now(UTC), anchors=issued.authority)
    asked = knowing(house, anchors=ring.trust_anchors, certificates=ring.certificates)
    assert asked.failing(path, PROFILES) == ITS_OWN
    assert knowing(asked, certificates=ring.certificates[:1]).failing(path, PROFILES) == OF_A_STRANGER


def test_silence_of_who_signs_elsewhere_fails_its_own_line(
    house: House, marked: Path, registry: Registry, tmp_path: Path
) -> None:
    """A module, a cloud, a service: its certificate is in no folder of keys; the registry has seen what it seals."""
    hired = make_development_keys(tmp_path / "hired", organisation="Example Studio", now=datetime.now(UTC))
    signer = hired.signer(time_stamping=house.sealer.signer.time_stamping)
    sealer = replace(house.sealer, signer=signer, anchors=house.sealer.anchors + hired.trust_anchors)
    silent, other = tmp_path / "silent.png", tmp_path / "other.png"
    asked = knowing(replace(house, sealer=sealer), registry=registry, anchors=sealer.anchors)
    sign(asked, marked, silent)
    assert asked.failing(silent, PROFILES) == OF_A_STRANGER, "nobody knows yet whose certificate that is"
    (certificate,) = hired.certificates
    sealed = entry(asked, sign(asked, marked, other, names=True), Payload(PAYLOAD.value ^ 1))
    registry.register(replace(sealed, key_id="another"), certificate)
    assert asked.failing(silent, PROFILES) == OF_A_STRANGER, "it seals for somebody else, with other keys"
    registry.withdraw(sealed.payload)
    registry.register(sealed, house.verifier.sources.certificates[0])
    assert asked.failing(silent, PROFILES) == OF_A_STRANGER, "somebody else seals"
    registry.withdraw(sealed.payload)
    registry.register(sealed, certificate)
    assert asked.failing(silent, PROFILES) == ITS_OWN
    registry.register(sealed_before(asked, marked, other), certificate)
    assert asked.failing(silent, PROFILES) == OF_ANOTHER, "the mark is that of another file"


def test_whose_mark_it_is_must_be_known(house: House, marked: Path, tmp_path: Path) -> None:
    path = tmp_path / "silent.png"
    sign(house, marked, path)
    assert knowing(house, certificates=()).failing(path, PROFILES) == OF_A_STRANGER


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
    registry.register(sealed_before(house, marked, sealed))
    asked = knowing(house, registry=registry)
    assert asked.failing(sealed, PROFILES) == {"in.label"}
    differing = {"ca.system", "ca.system_version", "ca.time", "in.label"}
    for names, fails in ((False, OF_ANOTHER), (True, differing)):
        sign(house, marked, again, names=names)
        assert asked.failing(again, PROFILES) == fails
        assert asked.verifier.verify(again).verdict.outcome is Outcome.CONTRADICTORY


def test_nor_is_it_that_of_a_recording(house: House, marked: Path, registry: Registry, tmp_path: Path) -> None:
    """Known as generated, named by somebody who says that a camera took it: no word of that counts."""
    sealed, again = tmp_path / "sealed.png", tmp_path / "again.png"
    registry.register(entry(house, sign(house, marked, sealed, names=True)))
    taken = replace(claim_of(house, names=True), source_type=DigitalSourceType.DIGITAL_CAPTURE, model=None)
    sign_file(marked, again, taken, house.sealer.signer, house.sealer.anchors)
    facts = knowing(house, registry=registry).hold(again, ("c2pa",)).facts
    assert facts.get(Fact.OUTCOME) == "contradictory"
    assert facts.get(Fact.MANIFEST_SOURCE_TYPE) is None and facts.get(Fact.MANIFEST_BROKEN_RULES) is None


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
