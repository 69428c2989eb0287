"""An anchor is believed for its purpose alone, whatever an attacker has: real files, signed with certificates that he
has from authorities whom we believe for something else.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.provenance.keys.certificates import Authority, p256, private_pem
from tests.provenance.signing.stand_ins import TimeAuthority, serving
from touchmark.provenance.manifest.claim import Claim, DigitalSourceType, SoftwareAgent
from touchmark.provenance.manifest.read import read_manifest
from touchmark.provenance.manifest.report import ManifestReport, ValidationState
from touchmark.provenance.manifest.stamped import read_stamped
from touchmark.provenance.manifest.write import sign_file
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
