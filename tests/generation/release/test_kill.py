"""kill -9 at every stage of a release: no published file, ever, and the next release works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.generation.release.conftest import DrawnGenerator
from tests.generation.release.test_release import REQUEST
from touchmark.generation.release import Studio

_ROOT = Path(__file__).parents[3]

_RELEASE_THAT_STOPS = """
import sys, time
from dataclasses import dataclass, replace
from pathlib import Path

from tests.generation.release.conftest import DrawnGenerator
from tests.generation.release.test_release import REQUEST
from touchmark.generation.release import Studio
from touchmark.provenance.home import Home
from touchmark.provenance.signing import CallbackSigner

home, output, where = Home(Path(sys.argv[1])), Path(sys.argv[2]), sys.argv[3]

def stop():
    print("here", flush=True)
    time.sleep(60)

def progress(step, done, of_all):
    if step == where and done >= 3:
        stop()

studio = Studio.open(home)
signer = studio.sealer.signer
if where == "signing":
    def sign(data):
        stop()
    broken = CallbackSigner(signer.algorithm, signer.certificate_chain, sign)
    studio = replace(studio, sealer=replace(studio.sealer, signer=broken))
if where == "publishing":
    import touchmark.generation.staging as staging
    staging.flush = lambda path: stop()
studio.generate(REQUEST, output, generator=DrawnGenerator(), progress=progress)
"""


@pytest.mark.parametrize("where", ["sealing", "signing", "publishing"])
def test_a_killed_release_publishes_nothing(studio: Studio, folder: Path, where: str) -> None:
    home = folder.parent / "home"
    output = folder / "out.mp4"
    command = [sys.executable, "-c", _RELEASE_THAT_STOPS, str(home), str(output), where]
    environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        os.kill(process.pid, signal.SIGKILL)
    assert not output.exists()
    assert not list(folder.glob("*.mp4"))
    release = studio.generate(REQUEST, output, generator=DrawnGenerator())
    assert list(folder.iterdir()) == [release.path], "what the killed process left was not swept up"
    assert studio.ledger.verify() == ()
