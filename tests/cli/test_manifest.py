"""``touchmark manifest published|redact``: signed by whom the settings or the options say, with their time, or not."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.forms import video_file
from tests.provenance.keys.certificates import Authority, p256, private_pem
from tests.provenance.signing.stand_ins import TimeAuthority, serving
from touchmark.cli.main import run
from touchmark.provenance.home import Home
from touchmark.provenance.keys.development import make_development_keys
from touchmark.provenance.keys.ring import KeyRing
from touchmark.provenance.manifest.claim import Claim, DigitalSourceType, PromptRecord, SoftwareAgent
from touchmark.provenance.manifest.read import read_manifest
from touchmark.provenance.manifest.write import sign_file
from touchmark.provenance.trust.lists import Purpose
from touchmark.provenance.trust.store import TrustStore

WAYS = {
    "published": ["published"],
    "redact": ["redact", "--assertion", "c2pa.embedded-data", "--reason", "personal"],
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    home = Home(tmp_path / "home").ensure()
    make_development_keys(home.keys, organisation="Example Studio", now=datetime.now(UTC))
    monkeypatch.setenv("TOUCHMARK_HOME", str(home.root))
    return home


@pytest.fixture
def told(tmp_path: Path, home: Home) -> Path:
    """A film with a manifest that holds the words of its prompt."""
    plain, path = video_file(tmp_path / "plain.mp4", "libx264", movflags="+faststart"), tmp_path / "told.mp4"
    prompt = PromptRecord("0" * 64, "a secret")
    made, agent = DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA, SoftwareAgent("Wan", "2.2")
    claim = Claim("a film", "video/mp4", made, agent, datetime.now(UTC), prompt=prompt)
    ring = KeyRing.load(home.keys)
    sign_file(plain, path, claim, ring.signer(), ring.trust_anchors)
    return path


@pytest.mark.parametrize("way", WAYS)
def test_whom_the_settings_or_the_options_name_signs(tmp_path: Path, home: Home, told: Path, way: str) -> None:
    house, key = Authority("another house"), p256()
    for name, content in {"k.pem": private_pem(key), "c.pem": house.issue(key=key), "a.pem": house.pem}.items():
        (tmp_path / name).write_bytes(content)
    TrustStore(home.trust).add("house", str(tmp_path / "a.pem"), Purpose.CLAIM_SIGNING, datetime.now(UTC))
    named = ["--signer", f"pem:{tmp_path}/k.pem", "--chain", str(tmp_path / "c.pem")]
    assert run(["manifest", *WAYS[way], str(told), "-o", str(tmp_path / "one.mp4"), *named]) == 0
    home.signing.write_text(f"signer: pem:{tmp_path}/k.pem\nchain: {tmp_path}/c.pem\n")
    home.signing.chmod(0o600)
    assert run(["manifest", *WAYS[way], str(told), "-o", str(tmp_path / "two.mp4")]) == 0
    for path in (tmp_path / "one.mp4", tmp_path / "two.mp4"):
        report = read_manifest(path, house.pem + KeyRing.load(home.keys).trust_anchors)
        assert report.is_sound and report.signer is not None
        assert report.signer.common_name == "signer", "of the other house"


@pytest.mark.parametrize("way", WAYS)
def test_a_stamp_that_is_required_is_had_or_nothing_is_written(
    tmp_path: Path, home: Home, told: Path, way: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tsa").mkdir()
    authority = TimeAuthority.make(tmp_path / "tsa")
    with serving(authority.answer) as port:
        urls = ["--tsa", "http://127.0.0.1:1/", "--tsa", f"http://127.0.0.1:{port}/"]
        assert run(["manifest", *WAYS[way], str(told), "-o", str(tmp_path / "out.mp4"), *urls]) == 0
    assert read_manifest(tmp_path / "out.mp4", KeyRing.load(home.keys).trust_anchors).signed_at is not None
    home.signing.write_text("time_stamps: {authorities: ['http://127.0.0.1:1/'], required: true}\n")
    home.signing.chmod(0o600)
    before = sorted(tmp_path.iterdir())
    assert run(["manifest", *WAYS[way], str(told), "-o", str(tmp_path / "no.mp4")]) != 0
    assert "[signing.time_stamp_unreachable]" in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before


def test_what_is_there_is_not_replaced(tmp_path: Path, home: Home, told: Path) -> None:
    before = told.read_bytes()
    assert run(["manifest", "published", str(told), "-o", str(told)]) == 64
    assert told.read_bytes() == before
