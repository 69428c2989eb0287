"""A ring of keys: what is made is whole, private and never overwritten; what is loaded is what it should be."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import traceback
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from touchmark.provenance.keys.development import (
    AUTHORITY_KEY,
    KeysExistError,
    OrganisationError,
    issue_development_chain,
    make_development_keys,
)
from touchmark.provenance.keys.profile import check_certificate
from touchmark.provenance.keys.ring import (
    ANCHORS,
    DEVELOPMENT_UNIT,
    SIGNING_CHAIN,
    SIGNING_KEY,
    WATERMARK_KEY,
    KeyPermissionError,
    KeyRing,
    KeyRingError,
    KeysMissingError,
)
from touchmark.provenance.signing import KeyMismatchError

from .certificates import Authority, p256, private_pem

NOW = datetime.now(UTC)


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return make_development_keys(tmp_path / "home" / "keys", organisation="Example Studio", now=NOW)


def replace(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)


def test_development_keys_are_private_and_complete(ring: KeyRing) -> None:
    names = {path.name for path in ring.folder.iterdir()}
    assert names == {ANCHORS, SIGNING_CHAIN, SIGNING_KEY, WATERMARK_KEY, AUTHORITY_KEY}
    assert ring.folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in ring.folder.iterdir()} == {0o600}
    assert ring.can_sign
    assert len(ring.watermark_key.secret) == 32


def test_development_keys_pass_the_profile_until_they_expire(ring: KeyRing) -> None:
    assert ring.certificate_chain is not None
    assert check_certificate(ring.certificate_chain, NOW) == ()
    late = {fault.rule for fault in check_certificate(ring.certificate_chain, NOW + timedelta(days=1200))}
    assert late == {"expired"}


def test_development_certificates_say_that_they_are(ring: KeyRing) -> None:
    assert ring.is_development
    for certificate in x509.load_pem_x509_certificates(ring.trust_anchors + (ring.certificate_chain or b"")):
        assert DEVELOPMENT_UNIT in certificate.subject.rfc4514_string()
        assert "Example Studio" in certificate.subject.rfc4514_string()


def test_two_sets_share_nothing(tmp_path: Path) -> None:
    one = make_development_keys(tmp_path / "one", organisation="Same", now=NOW)
    two = make_development_keys(tmp_path / "two", organisation="Same", now=NOW)
    for name in (ANCHORS, SIGNING_CHAIN, SIGNING_KEY, WATERMARK_KEY, AUTHORITY_KEY):
        assert (one.folder / name).read_bytes() != (two.folder / name).read_bytes()


def test_keys_are_never_overwritten(ring: KeyRing) -> None:
    before = {path.name: path.read_bytes() for path in ring.folder.iterdir()}
    with pytest.raises(KeysExistError):
        make_development_keys(ring.folder, organisation="Other", now=NOW)
    assert {path.name: path.read_bytes() for path in ring.folder.iterdir()} == before
    assert [path.name for path in ring.folder.parent.iterdir()] == [ring.folder.name]


def test_a_folder_with_anything_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "signing.pem").write_text("an operator's own")
    with pytest.raises(KeysExistError):
        make_development_keys(tmp_path / "keys", organisation="Other", now=NOW)
    assert (tmp_path / "keys" / "signing.pem").read_text() == "an operator's own"


def test_keys_that_appear_meanwhile_are_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "keys"
    rename = Path.rename

    def another_is_faster(self: Path, target: Path) -> Path:
        target.mkdir()
        (target / WATERMARK_KEY).write_text("theirs")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", another_is_faster)
    with pytest.raises(KeysExistError):
        make_development_keys(folder, organisation="Late", now=NOW)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [WATERMARK_KEY]


def test_a_kill_leaves_no_half_ring(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import os, signal, sys
        from datetime import UTC, datetime
        from pathlib import Path
        from touchmark.provenance.keys import development

        written = []
        write = development.write_new

        def killed_at_the_third(path, content):
            write(path, content)
            written.append(path)
            if len(written) == 3:
                os.kill(os.getpid(), signal.SIGKILL)

        development.write_new = killed_at_the_third
        development.make_development_keys(Path(sys.argv[1]), organisation="x", now=datetime.now(UTC))
        """
    )
    folder = tmp_path / "keys"
    done = subprocess.run([sys.executable, "-c", program, str(folder)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert not folder.exists()
    assert make_development_keys(folder, organisation="again", now=NOW).can_sign


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "two\nlines", "bell\a", "\u202eright to left"])
def test_a_name_that_cannot_stand_in_a_certificate_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OrganisationError):
        make_development_keys(tmp_path / "keys", organisation=name, now=NOW)
    assert not (tmp_path / "keys").exists()


def test_no_keys(tmp_path: Path) -> None:
    with pytest.raises(KeysMissingError) as caught:
        KeyRing.load(tmp_path / "keys")
    assert "touchmark keys init" in caught.value.remedy


def test_anchors_alone_verify_and_do_not_sign(ring: KeyRing) -> None:
    for name in (SIGNING_CHAIN, SIGNING_KEY, WATERMARK_KEY, AUTHORITY_KEY):
        (ring.folder / name).unlink()
    verifier = KeyRing.load(ring.folder)
    assert verifier.trust_anchors == ring.trust_anchors
    assert not verifier.can_sign
    assert not verifier.can_mark
    assert verifier.is_development
    with pytest.raises(KeysMissingError):
        verifier.signer()
    with pytest.raises(KeysMissingError):
        _ = verifier.watermark_key


def test_without_anchors_there_is_no_ring(ring: KeyRing) -> None:
    (ring.folder / ANCHORS).unlink()
    with pytest.raises(KeysMissingError, match="anchors"):
        KeyRing.load(ring.folder)


def test_an_operators_own_certificate_is_no_development_key(ring: KeyRing) -> None:
    root, key = Authority(), p256()
    replace(ring.folder / ANCHORS, root.pem)
    replace(ring.folder / SIGNING_CHAIN, root.issue(key=key))
    replace(ring.folder / SIGNING_KEY, private_pem(key))
    own = KeyRing.load(ring.folder)
    assert not own.is_development
    assert own.signer().certificate_chain == own.certificate_chain


def test_a_key_of_another_certificate_is_refused(ring: KeyRing) -> None:
    replace(ring.folder / SIGNING_KEY, private_pem(p256()))
    with pytest.raises(KeyMismatchError):
        KeyRing.load(ring.folder).signer()


@pytest.mark.parametrize(
    ("name", "mode"),
    [(SIGNING_KEY, 0o640), (WATERMARK_KEY, 0o604), (SIGNING_KEY, 0o602), (ANCHORS, 0o666), (SIGNING_CHAIN, 0o620)],
)
def test_keys_that_others_can_read_or_change_are_refused(ring: KeyRing, name: str, mode: int) -> None:
    (ring.folder / name).chmod(mode)
    with pytest.raises(KeyPermissionError) as caught:
        KeyRing.load(ring.folder)
    assert name in caught.value.subject
    assert f"chmod {'go-w' if name in (ANCHORS, SIGNING_CHAIN) else '600'} " in caught.value.remedy


def test_a_folder_that_others_can_change_is_refused(ring: KeyRing) -> None:
    ring.folder.chmod(0o770)
    with pytest.raises(KeyPermissionError):
        KeyRing.load(ring.folder)


def test_certificates_may_be_public(ring: KeyRing) -> None:
    (ring.folder / ANCHORS).chmod(0o644)
    (ring.folder / SIGNING_CHAIN).chmod(0o644)
    assert KeyRing.load(ring.folder).can_sign


@pytest.mark.parametrize("name", [ANCHORS, SIGNING_CHAIN])
@pytest.mark.parametrize("content", [b"", b"junk", b"\xff\x00" * 40])
def test_certificates_that_are_none_are_named(ring: KeyRing, name: str, content: bytes) -> None:
    replace(ring.folder / name, content)
    with pytest.raises(KeyRingError) as caught:
        KeyRing.load(ring.folder)
    assert name in caught.value.subject


@pytest.mark.parametrize("content", [b"", b"hunter2hunter2hunter2", b"ab" * 8, b"\xff\xfehunter2", b"a" * 63])
def test_a_bad_watermark_key_is_named_and_not_quoted(ring: KeyRing, content: bytes) -> None:
    replace(ring.folder / WATERMARK_KEY, content)
    with pytest.raises(KeyRingError, match="32 hexadecimal digits") as caught:
        KeyRing.load(ring.folder)
    shown = "".join(traceback.format_exception(caught.value))
    assert "hunter2" not in shown
    assert "abab" not in shown


def test_a_ring_does_not_print_its_secrets(ring: KeyRing) -> None:
    shown = repr(ring) + repr(ring.signer())
    assert "PRIVATE" not in shown
    assert ring.watermark_key.secret.hex() not in shown


def test_a_file_too_large_for_a_key_is_not_read(ring: KeyRing) -> None:
    with (ring.folder / ANCHORS).open("ab") as file:
        os.truncate(file.fileno(), 2 << 20)
    with pytest.raises(KeyRingError, match="1 MiB"):
        KeyRing.load(ring.folder)


def test_a_chain_in_memory_is_the_same_as_one_on_disk() -> None:
    chain = issue_development_chain("memory", NOW)
    assert check_certificate(chain.signer + chain.authority, NOW) == ()
