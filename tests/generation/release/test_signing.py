"""Whoever signs, the way is the same: a signer that fails leaves no file, and one that works is told of in time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.generation.release.conftest import DrawnGenerator
from tests.provenance.keys.certificates import Authority, p256, private_pem
from tests.provenance.signing.stand_ins import TimeAuthority, serving
from touchmark.generation.release import Studio
from touchmark.generation.request import GenerationRequest
from touchmark.provenance.home import Home
from touchmark.provenance.keys.selection import SignerChoice
from touchmark.provenance.manifest.report import ValidationState
from touchmark.provenance.signing import PemSigner, TimeStamping
from touchmark.provenance.signing.errors import KeyUnreadableError
from touchmark.provenance.signing.time_stamps import TimeAuthorityUnreachableError
from touchmark.provenance.trust.lists import Purpose
from touchmark.provenance.trust.store import TrustStore

REQUEST = GenerationRequest(prompt="a red circle moves left to right")


@pytest.fixture
def home(operator: Home, tmp_path: Path) -> Home:
    home = Home(tmp_path / "home").ensure()
    home.keys.symlink_to(operator.keys)
    return home


@pytest.fixture
def authority_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    authority = TimeAuthority.make(tmp_path_factory.mktemp("tsa"))
    with serving(authority.answer) as port:
        yield f"http://127.0.0.1:{port}/tsr"


def test_a_signer_of_another_authority_with_a_time_stamp(
    home: Home, tmp_path: Path, folder: Path, authority_url: str
) -> None:
    """Chosen by its address, believed through a trust list; its certificate ends in thirty days, which is said."""
    authority, key = Authority("company root"), p256()
    for name, content in (("key", private_pem(key)), ("chain", authority.issue(key=key)), ("root", authority.pem)):
        (tmp_path / f"{name}.pem").write_bytes(content)
    roots = TrustStore(home.trust).add(
        "company", str(tmp_path / "root.pem"), Purpose.CLAIM_SIGNING, Studio.open(home).clock()
    )
    choice = SignerChoice(f"pem:{tmp_path}/key.pem", tmp_path / "chain.pem", ("http://127.0.0.1:1/", authority_url))
    studio = Studio.open(home, signer=choice)
    release = studio.generate(REQUEST, folder / "out.mp4", generator=DrawnGenerator())
    manifest = release.verification.evidence.manifest
    assert studio.registry.has_signed(manifest.certificate, studio.sealer.key.key_id)
    assert manifest.certificate not in studio.verifier.sources.certificates
    assert manifest.state is ValidationState.TRUSTED
    assert manifest.signer_trusted
    assert manifest.signed_at is not None
    assert roots.name == "company"
    assert "expires in" in release.notes[0]
    assert "No trust list of yours vouches" in release.notes[1]


def test_a_signer_that_cannot_be_opened_stops_before_anything_is_made(home: Home, folder: Path) -> None:
    with pytest.raises(KeyUnreadableError):
        Studio.open(home, signer=SignerChoice(f"pem:{folder}/nothing.key"))
    assert list(folder.iterdir()) == []


def test_an_authority_that_does_not_answer_leaves_no_file_unless_the_policy_does_without(
    home: Home, folder: Path
) -> None:
    studio = Studio.open(home, signer=SignerChoice(time_authorities=("http://127.0.0.1:1/",)))
    with pytest.raises(TimeAuthorityUnreachableError):
        studio.generate(REQUEST, folder / "out.mp4", generator=DrawnGenerator())
    assert list(folder.iterdir()) == []

    signer = studio.sealer.signer
    assert isinstance(signer, PemSigner)
    lenient = replace(signer, time_stamping=TimeStamping(("http://127.0.0.1:1/",), required=False, patience=1))
    studio = replace(studio, sealer=replace(studio.sealer, signer=lenient))
    release = studio.generate(REQUEST, folder / "out.mp4", generator=DrawnGenerator())
    assert release.path.exists()
    assert any("No time-stamp authority answered" in note for note in release.notes)
