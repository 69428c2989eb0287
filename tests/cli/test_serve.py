"""``touchmark serve signer`` as it is run: a process of its own, asked by a client of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.provenance.manifest.conftest import film  # noqa: F401
from tests.provenance.signing.stand_ins import server_certificate
from touchmark.cli.serve import serve
from touchmark.provenance.database import open_database
from touchmark.provenance.home import Home
from touchmark.provenance.keys.development import SIGNER_VALIDITY, make_development_keys
from touchmark.provenance.keys.expiry import WARN_BEFORE
from touchmark.provenance.ledger import Ledger
from touchmark.provenance.manifest.claim import Claim, DigitalSourceType, SoftwareAgent
from touchmark.provenance.manifest.read import read_manifest
from touchmark.provenance.manifest.write import sign_file
from touchmark.provenance.signing.address import open_signer


@pytest.mark.parametrize("days_left", [90, 10])
def test_a_worker_without_a_key_seals_through_the_service(
    tmp_path: Path,
    film: Path,  # noqa: F811
    days_left: int,
) -> None:
    home = Home(tmp_path / "home").ensure()
    made = datetime.now(UTC) - SIGNER_VALIDITY + timedelta(days=days_left)
    ring = make_development_keys(home.keys, organisation="Example Studio", now=made)
    certificate, key = server_certificate(tmp_path)
    client, client_key = server_certificate(tmp_path, "client")
    command = [sys.executable, "-m", "touchmark.cli.main", "serve", "signer", "--listen", "127.0.0.1:0"]
    options = ["--tls-cert", str(certificate), "--tls-key", str(key), "--clients", str(client)]
    environment = {**os.environ, "TOUCHMARK_HOME": str(home.root)}
    with subprocess.Popen([*command, *options], stderr=subprocess.PIPE, env=environment, text=True) as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            if days_left < WARN_BEFORE.days:
                assert re.match(r"touchmark: The certificate .* expires in \d+ days", line), line
                line = process.stderr.readline()
            found = re.search(r"signing for 1 client at 127\.0\.0\.1:(\d+)", line)
            assert found, line
            signer = open_signer(
                f"https://127.0.0.1:{found[1]}?client-cert={client}&client-key={client_key}&ca={certificate}"
            )
            claim = Claim(
                "film",
                "video/mp4",
                DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA,
                SoftwareAgent("a worker", "1"),
                datetime.now(UTC),
            )
            sign_file(film, tmp_path / "out.mp4", claim, signer, ring.trust_anchors)
        finally:
            process.terminate()
    assert read_manifest(tmp_path / "out.mp4", ring.trust_anchors).is_sound
    (entry,) = Ledger(open_database(home.database)).entries()
    assert entry.kind == "signature"
    assert json.loads(entry.body)["name"] == "CN=client"


@pytest.mark.parametrize("listen", ["8443", "localhost", ":8443", "localhost:99999", "localhost:x"])
def test_an_address_that_is_none_is_a_usage_error(tmp_path: Path, listen: str) -> None:
    certificate, key = server_certificate(tmp_path)
    options = ["--tls-cert", str(certificate), "--tls-key", str(key), "--clients", str(certificate)]
    result = CliRunner().invoke(serve, ["signer", "--listen", listen, *options])
    assert result.exit_code == 2
    assert "HOST:PORT" in result.output


def test_help_has_examples() -> None:
    assert "Example" in CliRunner().invoke(serve, ["signer", "--help"]).output
