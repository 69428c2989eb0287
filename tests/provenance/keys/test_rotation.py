"""Another key signs from now on; what the old one signed still verifies; nothing is lost on the way."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.provenance.keys.certificates import Authority, p256, private_pem, usage
from touchmark.provenance.home import Home
from touchmark.provenance.keys.development import AUTHORITY_VALIDITY, KeysExistError, make_development_keys
from touchmark.provenance.keys.expiry import WARN_BEFORE, expiring
from touchmark.provenance.keys.profile import CertificateRefusedError
from touchmark.provenance.keys.request import CLAIM_SIGNING, RequestedSubject, SubjectError, make_request
from touchmark.provenance.keys.ring import KeyPermissionError, KeyRing, KeysMissingError
from touchmark.provenance.keys.rotation import (
    ChainUntrustedError,
    NotDevelopmentError,
    RotationBusyError,
    install,
    rotate_development,
    rotate_watermark,
)
from touchmark.provenance.keys.selection import SignerChoice, SigningSettingsError, select_signer
from touchmark.provenance.manifest.claim import Claim, DigitalSourceType, SoftwareAgent
from touchmark.provenance.manifest.read import read_manifest
from touchmark.provenance.manifest.write import sign_file
from touchmark.provenance.signing import KeyMismatchError, SigningAlgorithm
from touchmark.provenance.signing.errors import SignerUriError, WrongPasswordError

NOW = datetime.now(UTC)
SUBJECT = RequestedSubject("Studio C2PA signer", "Example Studio", "de")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def ring(home: Home) -> KeyRing:
    return make_development_keys(home.keys, organisation="Example Studio", now=NOW)


def sign(film: Path, path: Path, ring: KeyRing) -> Path:
    claim = Claim("film", "video/mp4", DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA, SoftwareAgent("dreams", "1"), NOW)
    sign_file(film, path, claim, ring.signer(), ring.trust_anchors)
    return path


def test_after_a_rotation_old_and_new_files_verify(
    tmp_path: Path,
    film: Path,
    home: Home,
    ring: KeyRing,
) -> None:
    (home.keys / "anchors.pem").write_bytes(lasting_authority() + ring.trust_anchors)
    old = sign(film, tmp_path / "old.mp4", ring)
    rotated = rotate_development(home.keys, NOW)
    new = sign(film, tmp_path / "new.mp4", rotated)
    assert rotated.certificate_chain != ring.certificate_chain
    assert rotated.watermark_key.key_id == ring.watermark_key.key_id
    reports = [read_manifest(path, rotated.trust_anchors) for path in (old, new)]
    assert all(report.is_sound for report in reports)
    assert reports[0].signer != reports[1].signer
    assert {report.signer.organisation for report in reports if report.signer} == {"Example Studio"}
    retired = {path.suffix: path for path in (home.keys / "retired").iterdir()}
    assert retired[".pem"].read_bytes() == ring.certificate_chain
    assert rotated.certificates[1:] == ring.certificates and rotated.certificates[0] not in ring.certificates
    assert retired[".key"].stat().st_mode & 0o777 == 0o600
    assert retired[".key"].parent.stat().st_mode & 0o777 == 0o700


def lasting_authority() -> bytes:
    """An anchor that is not ours, and outlives ours."""
    authority = Authority("a stranger")
    ends, own = NOW + timedelta(days=9999), authority.subject
    return authority.issue(
        key=authority.key, subject=own, ca=True, key_usage=usage("key_cert_sign"), ekus=None, ski=True, ends=ends
    )


def test_a_development_authority_that_ends_too_soon_is_followed_by_another(
    tmp_path: Path,
    film: Path,
    home: Home,
) -> None:
    old_ring = make_development_keys(home.keys, organisation="Example Studio", now=NOW - timedelta(days=1000))
    old = sign(film, tmp_path / "old.mp4", old_ring)
    later = NOW - timedelta(days=1000) + AUTHORITY_VALIDITY - timedelta(days=30)
    rotated = rotate_development(home.keys, later)
    assert old_ring.trust_anchors in rotated.trust_anchors
    assert len(x509.load_pem_x509_certificates(rotated.trust_anchors)) == 2
    assert read_manifest(old, rotated.trust_anchors).is_sound
    assert rotated.signer()
    again = rotate_development(home.keys, later)  # by the new authority, whose key replaced the old one's
    assert again.trust_anchors == rotated.trust_anchors


def test_the_keys_of_a_real_authority_are_not_rotated_by_us(home: Home, ring: KeyRing) -> None:
    authority, key = Authority(), p256()
    install(home.keys, authority.issue(key=key), private_pem(key), now=NOW, anchors=authority.pem)
    with pytest.raises(NotDevelopmentError) as caught:
        rotate_development(home.keys, NOW)
    assert "keys csr" in caught.value.remedy


def test_a_request_asks_for_what_c2pa_wants_and_its_certificate_is_installed(home: Home, ring: KeyRing) -> None:
    request = x509.load_pem_x509_csr(make_request(home.keys, SUBJECT, SigningAlgorithm.ES384))
    assert request.is_signature_valid
    assert request.subject.rfc4514_string() == "CN=Studio C2PA signer,O=Example Studio,C=DE"
    extensions = request.extensions
    usages = set(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    assert usages == {CLAIM_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION}
    assert extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
    assert (home.keys / "pending.key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(KeysExistError, match="waits"):
        make_request(home.keys, SUBJECT, SigningAlgorithm.ES256)

    class Requested:
        @staticmethod
        def public_key() -> object:
            return request.public_key()

    authority = Authority()
    chain = authority.issue(key=Requested, ekus=sorted(usages, key=str))
    other = p256()
    install(home.keys, authority.issue(key=other), private_pem(other), now=NOW, anchors=authority.pem)
    assert (home.keys / "pending.key").exists(), "it waits for a certificate of its own"
    installed = install(home.keys, chain, None, now=NOW, anchors=authority.pem)
    assert installed.signer().algorithm is SigningAlgorithm.ES384
    assert not (home.keys / "pending.key").exists()
    assert ring.trust_anchors in installed.trust_anchors
    assert KeyRing.load(home.keys).signer().certificate_chain == chain


@pytest.mark.parametrize("algorithm", [SigningAlgorithm.ES256, SigningAlgorithm.PS256, SigningAlgorithm.ED25519])
def test_requests_of_every_kind_of_key(tmp_path: Path, algorithm: SigningAlgorithm) -> None:
    request = x509.load_pem_x509_csr(make_request(tmp_path / "keys", SUBJECT, algorithm, password=b"horse"))
    assert request.is_signature_valid
    pending = (tmp_path / "keys" / "pending.key").read_bytes()
    with pytest.raises(TypeError):
        serialization.load_pem_private_key(pending, None)
    assert serialization.load_pem_private_key(pending, b"horse").public_key() == request.public_key()


@pytest.mark.parametrize(
    "names",
    [("", "o", "DE"), ("c", " ", "DE"), ("c", "o", "D"), ("c", "o", "D1"), ("c" * 65, "o", "DE"), ("\x1b", "o", "DE")],
)
def test_names_that_no_certificate_can_hold(names: tuple[str, str, str]) -> None:
    with pytest.raises(SubjectError):
        RequestedSubject(*names)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_does_not_fit_is_not_installed(home: Home, ring: KeyRing) -> None:
    authority, key = Authority(), p256()
    good, root = authority.issue(key=key), authority.pem
    before = contents(home.keys)
    for chain, private, anchors, error in (
        (good, private_pem(p256()), root, KeyMismatchError),
        (good, private_pem(key), b"", ChainUntrustedError),
        (authority.issue(key=key, ekus=None), private_pem(key), root, CertificateRefusedError),
        (authority.issue(key=key, ends=NOW - timedelta(hours=1)), private_pem(key), root, CertificateRefusedError),
        (good, None, root, KeysMissingError),
        (good, private_pem(key), Authority("another").pem, ChainUntrustedError),
        (good, private_pem(key), good, ChainUntrustedError),
    ):
        with pytest.raises(error):
            install(home.keys, chain, private, now=NOW, anchors=anchors)
        assert contents(home.keys) == before
    with pytest.raises(KeysMissingError):
        install(home.root / "nowhere", good, private_pem(key), now=NOW)


def test_keys_can_begin_with_a_certificate_of_a_real_authority(home: Home) -> None:
    """Nobody who never made development keys has to believe any."""
    request = x509.load_pem_x509_csr(make_request(home.keys, SUBJECT, SigningAlgorithm.ES256))

    class Requested:
        @staticmethod
        def public_key() -> object:
            return request.public_key()

    authority = Authority()
    root = authority.pem
    ring = install(home.keys, authority.issue(key=Requested), None, now=NOW, anchors=root)
    assert ring.trust_anchors == root
    assert ring.can_sign
    assert ring.can_mark
    assert not ring.is_development


@pytest.mark.parametrize("anchor", ["root", "intermediate"])
def test_an_anchor_may_be_an_intermediate_authority(
    tmp_path: Path, film: Path, home: Home, ring: KeyRing, anchor: str
) -> None:
    """As in the official lists; what is signed then is Trusted under it."""
    root, key = Authority("root"), p256()
    middle = Authority("middle")
    issued = root.issue(
        key=middle.key, subject=middle.subject, ca=True, key_usage=usage("key_cert_sign"), ekus=None, ski=True
    )
    chain = middle.issue(key=key) + issued
    anchors = root.pem if anchor == "root" else issued
    installed = install(home.keys, chain, private_pem(key), now=NOW, anchors=anchors)
    signed = sign(film, tmp_path / "out.mp4", installed)
    assert read_manifest(signed, anchors).is_sound


def test_two_do_not_rotate_at_once(home: Home, ring: KeyRing) -> None:
    descriptor = os.open(home.keys, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        before = contents(home.keys)
        with pytest.raises(RotationBusyError):
            rotate_development(home.keys, NOW)
        assert contents(home.keys) == before
    finally:
        os.close(descriptor)
    assert rotate_development(home.keys, NOW)


@pytest.mark.parametrize("room", [0, 10, 240, 300])
@pytest.mark.parametrize("rotate", [lambda folder: rotate_development(folder, NOW), rotate_watermark])
def test_a_full_disk_leaves_nothing_half(home: Home, ring: KeyRing, rotate, room: int) -> None:
    """Half of a retired key is in the way of every command, and half of a retired secret in that of the next change."""
    before = ring.watermark_key, ring.certificate_chain
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        with suppress(OSError):  # where there is room for a secret of 64 digits
            rotate(home.keys)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not [path for path in home.keys.rglob("*") if path.is_file() and path.stat().st_size in (0, room)]
    rotate(home.keys)
    rotated = KeyRing.load(home.keys)
    assert before[0] in rotated.watermark_keys
    assert len(rotated.certificates) == 1 + (rotated.certificate_chain != before[1])


def test_a_crash_between_two_files_loses_nothing(home: Home, ring: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    """After any number of renames the old pair is still somewhere, and a pair that does not fit says so."""
    real, old = Path.replace, (home.keys / "signing.key").read_bytes()
    for allowed in range(4):
        left = [allowed]

        def replace(self: Path, target: Path, left: list[int] = left) -> Path:
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
            return real(self, target)

        monkeypatch.setattr(Path, "replace", replace)
        with pytest.raises(KeyboardInterrupt):
            rotate_development(home.keys, NOW)
        monkeypatch.undo()
        found = contents(home.keys)
        assert old in found.values()
        assert not [name for name in found if name.endswith(".part")]
        if found["signing.key"] == old:
            assert KeyRing.load(home.keys).signer()
        else:
            with pytest.raises(KeyMismatchError):
                KeyRing.load(home.keys).signer()


@pytest.mark.parametrize("change", [rotate_watermark, lambda folder: rotate_development(folder, NOW)])
def test_where_the_old_key_cannot_be_kept_it_is_not_replaced(
    home: Home, ring: KeyRing, change: Callable[[Path], KeyRing]
) -> None:
    (home.keys / "retired").write_text("no folder")
    before = contents(home.keys)
    with pytest.raises(FileExistsError):
        change(home.keys)
    assert contents(home.keys) == before


KILLED = textwrap.dedent(
    """
    import os, signal, sys
    from pathlib import Path
    from touchmark.cli.main import run

    left, replace = int(sys.argv[1]), Path.replace

    def killed(self, target):
        global left
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        return replace(self, target)

    Path.replace = killed
    sys.exit(run(["keys", "import", *sys.argv[2:]]))
    """
)


@pytest.mark.parametrize("allowed", range(3))
def test_an_import_that_is_killed_can_be_done_again(home: Home, ring: KeyRing, tmp_path: Path, allowed: int) -> None:
    """After any number of renames: an old pair, or an error with a name; both keys still there; no copy of one left."""
    authority, key = Authority(), p256()
    chain, root, private = tmp_path / "chain.pem", tmp_path / "root.pem", tmp_path / "private.key"
    for path, content in ((chain, authority.issue(key=key)), (root, authority.pem), (private, private_pem(key))):
        path.write_bytes(content)
        path.chmod(0o600)
    old = (home.keys / "signing.key").read_bytes()
    arguments = [str(chain), "--key", str(private), "--anchors", str(root)]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(allowed), *arguments],
        check=False,
        env={**os.environ, "TOUCHMARK_HOME": str(home.root)},
    )
    assert killed.returncode == -signal.SIGKILL
    assert old in contents(home.keys).values()
    assert ring.watermark_key == KeyRing.load(home.keys).watermark_key
    if (home.keys / "signing.key").read_bytes() == old:
        assert KeyRing.load(home.keys).signer()
    else:
        with pytest.raises(KeyMismatchError):
            KeyRing.load(home.keys).signer()
    again = install(home.keys, chain.read_bytes(), private.read_bytes(), now=NOW, anchors=root.read_bytes())
    assert again.signer().certificate_chain == chain.read_bytes()
    found = contents(home.keys)
    assert old in found.values()
    assert not [name for name in found if name.endswith(".part")]


def test_the_end_of_a_certificate_is_told_thirty_days_ahead() -> None:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ours")])
    chain = Authority().issue(key=p256(), subject=name, ends=NOW + timedelta(days=40))
    ends = x509.load_pem_x509_certificate(chain).not_valid_after_utc
    assert expiring(chain, ends - WARN_BEFORE - timedelta(seconds=1)) == ()
    (note,) = expiring(chain, ends - WARN_BEFORE)
    assert "CN=ours expires in 30 days" in note
    assert "1 day," in expiring(chain, ends - timedelta(days=1, hours=3))[0]
    assert "expired" in expiring(chain, ends + timedelta(days=1))[0]
    assert expiring(Authority().issue(key=p256(), ends=ends + timedelta(days=99)) + chain, ends) == expiring(
        chain, ends
    )


def test_the_settings_choose_and_the_command_chooses_over_them(home: Home, ring: KeyRing) -> None:
    assert select_signer(home, ring).certificate_chain == ring.certificate_chain
    key, authority = p256(), Authority()
    (home.root / "other.key").write_bytes(private_pem(key))
    (home.root / "other.pem").write_bytes(authority.issue(key=key))
    home.signing.write_text(
        f"signer: pem:{home.root}/other.key\nchain: other.pem\n"
        "time_stamps:\n  authorities: [https://one.example/tsr, https://two.example/tsr]\n  required: false\n"
    )
    signer = select_signer(home, ring)
    assert signer.certificate_chain == (home.root / "other.pem").read_bytes()
    assert signer.time_stamping is not None
    assert signer.time_stamping.authorities == ("https://one.example/tsr", "https://two.example/tsr")
    assert not signer.time_stamping.required
    chosen = SignerChoice(f"pem:{home.keys}/signing.key", home.keys / "signing.pem", ("https://three.example/",))
    signer = select_signer(home, ring, chosen)
    assert signer.certificate_chain == ring.certificate_chain
    assert signer.time_stamping is not None
    assert signer.time_stamping.required


@pytest.mark.parametrize(
    "text",
    [
        "signer: [",
        "- a list",
        "sign: pem:x",
        "signer: 7",
        "time_stamps: {authorities: []}",
        "time_stamps: {authorities: ['ftp://x']}",
        "time_stamps: {authorities: ['https://x'], required: maybe}",
        "\x00",
        "&a [*a, *a]",
    ],
)
def test_settings_that_are_none_are_refused(home: Home, ring: KeyRing, text: str) -> None:
    home.signing.write_text(text)
    with pytest.raises(SigningSettingsError):
        select_signer(home, ring)


def test_settings_that_others_can_change_or_that_name_no_signer_are_refused(home: Home, ring: KeyRing) -> None:
    home.signing.write_text("signer: somewhere")
    with pytest.raises(SignerUriError):
        select_signer(home, ring)
    home.signing.write_text("")
    home.signing.chmod(0o666)
    with pytest.raises(KeyPermissionError):
        select_signer(home, ring)


def test_an_encrypted_key_asks_for_its_password(home: Home, ring: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    key = serialization.load_pem_private_key((home.keys / "signing.key").read_bytes(), None)
    (home.keys / "signing.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"horse"),
        )
    )
    locked = KeyRing.load(home.keys)
    with pytest.raises(WrongPasswordError, match="no password"):
        select_signer(home, locked)
    assert select_signer(home, locked, ask=lambda what: "horse")
    with pytest.raises(WrongPasswordError, match="another"):
        select_signer(home, locked, ask=lambda what: "donkey")
    monkeypatch.setenv("TOUCHMARK_KEY_PASSWORD", "horse")
    assert select_signer(home, locked)
