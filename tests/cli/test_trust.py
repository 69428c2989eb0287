"""``touchmark trust`` as a person and a script meet it, and that verify believes and reports what was added."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.provenance.keys.certificates import Authority, p256, private_pem
from tests.provenance.manifest.conftest import film  # noqa: F401
from touchmark.cli.trust import trust
from touchmark.detectors.page import page
from touchmark.detectors.serialise import report_of
from touchmark.detectors.verify import Verifier
from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.home import Home
from touchmark.provenance.manifest.claim import Claim, DigitalSourceType, SoftwareAgent
from touchmark.provenance.manifest.write import sign_file
from touchmark.provenance.signing import PemSigner
from touchmark.provenance.trust.lists import Purpose, TrustError, TrustListError, TrustNameError, TrustSourceError
from touchmark.provenance.trust.store import TrustStore


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("TOUCHMARK_HOME", str(tmp_path / "home"))
    return Home(tmp_path / "home")


@pytest.fixture
def roots(tmp_path: Path) -> Path:
    path = tmp_path / "roots.pem"
    path.write_bytes(Authority("one").pem + Authority("\x1b[2Jtwo").pem)
    return path


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(trust, arguments, standalone_mode=False)
    if isinstance(result.exception, TouchmarkError):
        raise result.exception
    return result


def test_add_show_list_update_remove(home: Home, roots: Path) -> None:
    assert "no list" in run("update").stdout
    added = run("add", "partners", str(roots), "--purpose", "claim-signing")
    assert "CN=one" in added.stdout
    assert "\x1b" not in added.stdout
    (listed,) = json.loads(run("list", "--json").stdout)
    shown = json.loads(run("show", "partners", "--json").stdout)
    assert listed == shown
    assert shown["source"] == str(roots)
    assert len(shown["authorities"]) == 2
    assert "partners" in run("list").stdout

    roots.write_bytes(Authority("three").pem)
    updated = run("update")
    assert updated.return_value == 0
    assert "+ CN=three" in updated.stdout
    assert "- CN=one" in updated.stdout
    assert "\x1b" not in updated.stdout
    assert len(json.loads(run("show", "partners", "--json").stdout)["superseded"]) == 1

    roots.write_bytes(b"<html>")
    refused = run("update")
    assert refused.return_value == 70
    assert "trust.list" in refused.stderr
    assert "CN=three" in run("show", "partners").stdout

    assert "removed partners" in run("remove", "partners").stdout
    assert json.loads(run("list", "--json").stdout) == []


def test_what_is_wrong_is_said(home: Home, roots: Path, tmp_path: Path) -> None:
    with pytest.raises(TrustListError):
        (tmp_path / "empty.pem").write_bytes(b"")
        run("add", "x", str(tmp_path / "empty.pem"), "--purpose", "identity")
    with pytest.raises(TrustSourceError, match="https"):
        run("add", "x", "http://example.org/x.pem", "--purpose", "identity")
    with pytest.raises(TrustNameError):
        run("show", "nobody")
    for usage in (("add", "x"), ("add", "x", str(roots)), ("update", "--source", str(roots)), ("add",)):
        assert CliRunner().invoke(trust, usage).exit_code == 2


def test_the_official_names_know_their_purpose(home: Home, roots: Path) -> None:
    run("add", "c2pa-tsa", str(roots))
    run("add", "c2pa", str(roots))
    assert {kept.name: kept.purpose for kept in TrustStore(home.trust).lists()} == {
        "c2pa": Purpose.CLAIM_SIGNING,
        "c2pa-tsa": Purpose.TIME_STAMPING,
    }


def test_verify_believes_a_list_for_its_purpose_alone_and_says_when_it_is_stale(
    home: Home,
    tmp_path: Path,
    film: Path,  # noqa: F811
) -> None:
    authority, key = Authority("partner root"), p256()
    claim = Claim(
        "film",
        "video/mp4",
        DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA,
        SoftwareAgent("dreams", "1"),
        datetime.now(UTC),
    )
    signed = tmp_path / "signed.mp4"
    sign_file(film, signed, claim, PemSigner.from_pem(authority.issue(key=key), private_pem(key)), authority.pem)
    (tmp_path / "root.pem").write_bytes(authority.pem)
    store = TrustStore(home.trust)

    def trusted() -> bool:
        return Verifier.default(home).verify(signed).evidence.manifest.signer_trusted

    assert not trusted()
    for purpose in (Purpose.TIME_STAMPING, Purpose.IDENTITY):
        store.add(f"as-{purpose}", str(tmp_path / "root.pem"), purpose, datetime.now(UTC))
        assert not trusted()
    long_ago = datetime.now(UTC) - timedelta(days=90)
    store.add("partner", str(tmp_path / "root.pem"), Purpose.CLAIM_SIGNING, long_ago)
    verification = Verifier.default(home).verify(signed)
    assert verification.evidence.manifest.signer_trusted
    (note,) = verification.notes
    assert "90 days ago" in note
    assert report_of(verification)["notes"] == [note]
    assert "90 days ago" in page(verification)

    (home.trust / "partner.trust.json").chmod(0o666)
    with pytest.raises(TrustError):
        Verifier.default(home)


def test_authorities_whose_time_is_over_are_told_of(home: Home, tmp_path: Path) -> None:
    old, new = Authority("\x1b[2Jold"), Authority("new")
    now = datetime.now(UTC)
    ended = old.issue(
        key=old.key,
        subject=old.subject,
        ca=True,
        ekus=None,
        aki=False,
        begins=now - timedelta(days=9),
        ends=now - timedelta(days=2),
    )
    path = tmp_path / "roots.pem"
    path.write_bytes(ended + new.pem)
    added = run("add", "partners", str(path), "--purpose", "claim-signing", "--json")
    assert len(json.loads(added.stdout)["authorities"]) == 2, "for what was signed before"
    assert added.stderr.count("note:") == 1
    assert f"ended on {now - timedelta(days=2):%Y-%m-%d}" in added.stderr
    assert "\x1b" not in added.stderr
    assert "old" in run("update").stderr
    path.write_bytes(new.pem)
    assert not run("update").stderr


@pytest.mark.parametrize("command", ["add", "update", "list", "show", "remove"])
def test_help_has_examples(command: str) -> None:
    assert "Example" in CliRunner().invoke(trust, [command, "--help"]).output
