"""``touchmark keys`` as a person and a script meet it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import pytest
from click.testing import CliRunner, Result
from cryptography import x509

from tests.clips import scene
from tests.provenance.keys.certificates import Authority
from touchmark.cli.keys import keys
from touchmark.cli.main import run as touchmark
from touchmark.detectors.verify import Verifier
from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.home import Home
from touchmark.provenance.keys.development import KeysExistError, OrganisationError, issue_development_chain
from touchmark.provenance.keys.ring import KeyPermissionError, KeysMissingError
from touchmark.provenance.keys.rotation import ChainUntrustedError
from touchmark.provenance.signing import KeyUnreadableError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOUCHMARK_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(keys, arguments, standalone_mode=False)
    if isinstance(result.exception, TouchmarkError):
        raise result.exception
    assert result.exception is None, result.exception
    return result


def shown() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(run("show", "--json").stdout)
    return document


def test_init_makes_keys_and_warns_on_the_error_stream(home: Path) -> None:
    result = run("init", "--organisation", "Example Studio")
    assert str(home / "keys") in result.stdout
    assert "NOT FOR PRODUCTION" in result.stderr
    assert "NOT FOR PRODUCTION" not in result.stdout
    assert (home / "keys" / "signing.key").stat().st_mode & 0o777 == 0o600


def test_init_does_not_overwrite(home: Path) -> None:
    run("init")
    before = (home / "keys" / "watermark.key").read_bytes()
    with pytest.raises(KeysExistError):
        run("init")
    assert (home / "keys" / "watermark.key").read_bytes() == before


def test_init_refuses_a_name_that_no_certificate_can_hold(home: Path) -> None:
    with pytest.raises(OrganisationError) as caught:
        run("init", "--organisation", "\x1b[2J")
    assert caught.value.exit_status == 64
    assert "\x1b" not in caught.value.diagnostics()


def test_after_the_watermark_secret_changed_marks_of_before_are_still_found(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("init")
    signing, old = (home / "keys" / "signing.key").read_bytes(), shown()["watermark_key_id"]
    plain, before, after = (tmp_path / name for name in ("plain.png", "before.png", "after.png"))
    assert cv2.imwrite(str(plain), next(scene(256, 256, 1)))
    assert touchmark(["watermark", "embed", str(plain), "-o", str(before), "--payload", "00000000000000aa"]) == 0
    assert old in run("rotate", "--watermark").stdout
    new = shown()["watermark_key_id"]
    assert new != old and shown()["retired_watermark_key_ids"] == [old]
    assert (home / "keys" / "signing.key").read_bytes() == signing
    assert touchmark(["watermark", "embed", str(plain), "-o", str(after), "--payload", "00000000000000bb"]) == 0
    assert {key.key_id for key in Verifier.default(Home(home)).sources.keys} == {old, new}
    capsys.readouterr()
    for path in (before, after):
        assert touchmark(["watermark", "extract", "--json", str(path)]) == 0
    told = [json.loads(text)["key_id"] for text in capsys.readouterr().out.splitlines()]
    assert told == shown()["standalone_key_ids"][::-1]  # which key it is that a mark was found with can be told
    assert all(key_id in run("show").stdout for key_id in told)
    assert touchmark(["watermark", "extract", str(plain)]) == 2
    run("rotate", "--watermark")
    assert len(shown()["retired_watermark_key_ids"]) == 2
    kept = home / "keys" / "retired" / f"watermark-{old}.key"
    assert kept.stat().st_mode & 0o777 == 0o600
    kept.chmod(0o644)
    with pytest.raises(KeyPermissionError):
        run("show")
    kept.unlink()
    assert touchmark(["watermark", "extract", str(before)]) == 2, "its key was thrown away"


def test_there_must_be_a_watermark_secret_to_change(home: Path) -> None:
    run("init")
    (home / "keys" / "watermark.key").unlink()
    with pytest.raises(KeysMissingError):
        run("rotate", "--watermark")
    assert not (home / "keys" / "watermark.key").exists()


def test_show_tells_what_there_is_and_no_secret(home: Path) -> None:
    run("init", "--organisation", "Example Studio")
    secrets = [(home / "keys" / name).read_text() for name in ("watermark.key", "signing.key", "authority.key")]
    for result in (run("show"), run("show", "--json")):
        assert "Example Studio" in result.stdout
        for secret in secrets:
            assert not [line for line in secret.splitlines() if line in result.output and "-----" not in line]
    document = json.loads(run("show", "--json").stdout)
    assert document["development"] is True
    assert document["signing"]["algorithm"] == "es256"
    assert document["signing"]["faults"] == []
    assert len(document["anchors"]) == 1
    assert len(document["watermark_key_id"]) == 8


def test_show_without_a_signing_key(home: Path) -> None:
    run("init")
    for name in ("signing.key", "watermark.key"):
        (home / "keys" / name).unlink()
    result = run("show")
    assert "cannot sign" in result.stdout
    document = json.loads(run("show", "--json").stdout)
    assert document["signing"] is None
    assert document["watermark_key_id"] is None


def test_show_without_keys_says_how_to_make_them(home: Path) -> None:
    with pytest.raises(KeysMissingError, match="no keys") as caught:
        run("show")
    assert "touchmark keys init" in caught.value.diagnostics()


def test_show_refuses_keys_that_others_can_read(home: Path) -> None:
    run("init")
    (home / "keys" / "signing.key").chmod(0o644)
    with pytest.raises(KeyPermissionError):
        run("show")


def test_check_accepts_what_init_makes(home: Path) -> None:
    run("init")
    result = run("check", str(home / "keys" / "signing.pem"))
    assert result.return_value == 0
    assert result.stdout.startswith("accepted")


def test_check_names_the_rule_that_is_broken(tmp_path: Path) -> None:
    chain = issue_development_chain("old", datetime.now(UTC) - timedelta(days=2000))
    (tmp_path / "old.pem").write_bytes(chain.signer)
    (tmp_path / "root.pem").write_bytes(chain.authority)

    result = run("check", str(tmp_path / "old.pem"))
    assert result.return_value == 1
    assert result.stdout.startswith("expired: ")

    result = run("check", "--json", str(tmp_path / "root.pem"))
    assert result.return_value == 1
    document = json.loads(result.stdout)
    assert document["accepted"] is False
    assert "ca-as-leaf" in {fault["rule"] for fault in document["faults"]}


@pytest.mark.parametrize("content", [None, b"", b"\x1b[2J no certificate", b"x" * (2 << 20)])
def test_check_of_what_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "certificate.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(KeyUnreadableError) as caught:
        run("check", str(path))
    assert caught.value.exit_status == 3


def test_rotate_signs_with_another_key_and_says_so(home: Path) -> None:
    run("init", "--organisation", "Example Studio")
    before = json.loads(run("show", "--json").stdout)
    result = run("rotate")
    assert "Example Studio" in result.stdout
    assert "retired" in result.stdout
    after = json.loads(run("show", "--json").stdout)
    assert after["signing"]["serial"] != before["signing"]["serial"]
    assert after["watermark_key_id"] == before["watermark_key_id"]
    assert after["anchors"] == before["anchors"]


def test_a_request_and_its_certificate(home: Path, tmp_path: Path) -> None:
    run("init")
    asked = run("csr", "--organisation", "Example Studio", "--country", "de", "-o", str(tmp_path / "request.csr"))
    assert "pending.key" in asked.stderr
    request = x509.load_pem_x509_csr((tmp_path / "request.csr").read_bytes())
    assert request.subject.rfc4514_string() == "CN=Example Studio C2PA signer,O=Example Studio,C=DE"

    class Requested:
        @staticmethod
        def public_key() -> object:
            return request.public_key()

    authority = Authority()
    (tmp_path / "chain.pem").write_bytes(authority.issue(key=Requested, subject=request.subject))
    (tmp_path / "root.pem").write_bytes(authority.pem)
    with pytest.raises(ChainUntrustedError):
        run("import", str(tmp_path / "chain.pem"))
    with pytest.raises(KeyUnreadableError, match=r"request\.csr"):
        run("import", str(tmp_path / "request.csr"))
    run("import", str(tmp_path / "chain.pem"), "--anchors", str(tmp_path / "root.pem"))
    document = json.loads(run("show", "--json").stdout)
    assert document["development"] is False
    assert document["signing"]["subject"] == request.subject.rfc4514_string()
    assert len(document["anchors"]) == 2
    note = document["expiring"][0]  # the test authority issues for thirty days
    assert "Example Studio C2PA signer" in note
    assert "ENDS SOON" in run("show").stdout


def test_show_tells_of_the_signer_that_the_settings_name(home: Path) -> None:
    run("init")
    (home / "signing.yaml").write_text(
        "signer: awskms:///alias/c2pa?region=eu-central-1\ntime_stamps: {authorities: [https://tsa.example/tsr]}\n"
    )
    document = json.loads(run("show", "--json").stdout)
    assert document["signing"]["signer"] == "awskms:/alias/c2pa"
    assert document["time_authorities"] == ["https://tsa.example/tsr"]
    assert "tsa.example" in run("show").stdout


@pytest.mark.parametrize("command", ["init", "show", "check", "rotate", "csr", "import"])
def test_help_has_examples(command: str) -> None:
    result = CliRunner().invoke(keys, [command, "--help"])
    assert result.exit_code == 0
    assert "Example" in result.output
