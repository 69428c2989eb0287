"""kill -9 while a token, KMS or a service signs for `touchmark seal`: nothing has the output's name, nor is in the way.

Of keys in files, and of the other moments, the tests of releases and of writing tell.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest

from tests.clips import moving_clip, write_clip
from tests.provenance.signing import conftest
from tests.provenance.signing.conftest import Bench
from touchmark.provenance.home import Home
from touchmark.provenance.keys.development import make_development_keys
from touchmark.provenance.manifest.read import read_manifest
from touchmark.provenance.manifest.report import ValidationState
from touchmark.provenance.signing.address import open_signer
from touchmark.provenance.trust.lists import Purpose
from touchmark.provenance.trust.store import TrustStore

_SEAL_THAT_DIES = """
import os, signal, sys
import touchmark.generation.release as release
from touchmark.cli.main import run

moment = sys.argv.pop(1)

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

class Dying:
    def __init__(self, signer):
        self._signer = signer

    def __getattr__(self, name):
        return getattr(self._signer, name)

    def sign(self, data):
        if moment == "asked":
            die()
        signature = self._signer.sign(data)
        if moment == "answered":
            die()
        return signature

opened = release.select_signer
release.select_signer = lambda *arguments: Dying(opened(*arguments))
sys.exit(run(sys.argv[1:]))
"""


@pytest.mark.parametrize("kind", ["pkcs11 es256", "aws es256", "remote"])
def test_a_killed_seal_leaves_nothing(tmp_path: Path, bench: Bench, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    # Given a signer, its address, and an operator who believes its authority
    addresses: list[tuple[str, bytes]] = []

    def noted(address: str, chain: bytes = b"", **options: object) -> object:
        addresses.append((address, chain))
        return open_signer(address, chain, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(conftest, "open_signer", noted)
    home = Home(tmp_path / "home").ensure()
    make_development_keys(home.keys, organisation="Example Studio", now=datetime.now(UTC))
    (tmp_path / "root.pem").write_bytes(bench.anchors)
    TrustStore(home.trust).add("company", str(tmp_path / "root.pem"), Purpose.CLAIM_SIGNING, datetime.now(UTC))
    clip = moving_clip(256, 256, count=24, rate=Fraction(12), style="flat", seed=5)
    made = write_clip(tmp_path / "made.mp4", clip)
    folder = tmp_path / "published"
    folder.mkdir()
    output = folder / "out.mp4"

    with bench.open(kind):
        ((address, chain),) = addresses
        command = ["seal", str(made), "-o", str(output), "--made-with", "Example", "--signer", address]
        if chain:
            (tmp_path / "chain.pem").write_bytes(chain)
            command += ["--chain", str(tmp_path / "chain.pem")]
        environment = {**os.environ, "TOUCHMARK_HOME": str(tmp_path / "home")}

        def seal(moment: str) -> int:
            program = [sys.executable, "-c", _SEAL_THAT_DIES, moment, *command]
            return subprocess.run(program, env=environment, check=False, capture_output=True).returncode

        # When it is killed at each moment, then nothing has the output's name
        for moment in ("asked", "answered"):
            assert seal(moment) == -signal.SIGKILL
            assert not output.exists()
            assert all(path.name.startswith(".") for path in folder.iterdir())

        # And the next one finds nothing in its way, and leaves nothing else
        assert seal("never") == 0
    assert list(folder.iterdir()) == [output]
    assert read_manifest(output, bench.anchors).state is ValidationState.TRUSTED
