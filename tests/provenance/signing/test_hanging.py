"""Signers that never answer: each is given up with the same error, no file is left, and the process can end."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event

import boto3
import pytest

from tests.provenance.keys.certificates import p256
from tests.provenance.signing.conftest import Bench
from tests.provenance.signing.stand_ins import MODULE, PIN, serving
from touchmark.provenance.manifest.claim import Claim
from touchmark.provenance.manifest.write import sign_file
from touchmark.provenance.signing import CallbackSigner, SigningAlgorithm
from touchmark.provenance.signing.aws import kms_callback
from touchmark.provenance.signing.errors import SignerUnreachableError

_ASK_A_TOKEN_THAT_HANGS = """
import os, signal, sys
from pathlib import Path
from touchmark.provenance.signing.errors import SignerUnreachableError
from touchmark.provenance.signing.pkcs11 import TokenKey
from touchmark.provenance.signing.signer import CallbackSigner, SigningAlgorithm

signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts in the background ignores it
module, folder, pin, patience = sys.argv[1], Path(sys.argv[2]), sys.argv[3], float(sys.argv[4])
key = TokenKey.find(module, "token=studio;object=curve", pin)
algorithm = SigningAlgorithm.ES256
signer = CallbackSigner(algorithm, (folder / "curve.pem").read_bytes(), key.callback(algorithm), patience=patience)
assert signer.sign(b"as long as it answers")
for kept in (folder / "tokens").rglob("generation"):  # read by the driver each time: now it waits for a writer
    kept.unlink()
    os.mkfifo(kept)
print("hangs", flush=True)
for again in (False, True):
    try:
        TokenKey.find(module, "token=studio;object=curve", pin, patience=patience) if again else signer.sign(b"never")
    except SignerUnreachableError as error:
        print(error.diagnostics())
"""


@pytest.fixture
def asking(bench: Bench, tmp_path: Path) -> list[str]:
    """The program, but for its patience, with a token of its own: one that hung answers nobody any more."""
    shutil.copytree(bench.token.folder, folder := tmp_path / "token")
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\n")
    return [sys.executable, "-c", _ASK_A_TOKEN_THAT_HANGS, MODULE, str(folder), PIN]


def _environment(asking: list[str]) -> dict[str, str]:
    return {**os.environ, "SOFTHSM2_CONF": f"{asking[4]}/softhsm2.conf"}


def test_a_token_that_hangs_is_given_up(asking: list[str]) -> None:
    done = subprocess.run(
        [*asking, "0.3"], env=_environment(asking), check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("did not answer within 0.3 seconds") == 2
    assert done.stdout.count("[signing.unreachable]") == 2


def test_a_token_that_hangs_can_be_interrupted(asking: list[str]) -> None:
    with subprocess.Popen(
        [*asking, "3600"], env=_environment(asking), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == "hangs\n"
            time.sleep(0.3)  # so that it is asked; earlier it is no more than interrupted earlier
            child.send_signal(signal.SIGINT)
            _, told = child.communicate(timeout=60)
        finally:
            child.kill()
    assert "KeyboardInterrupt" in told


def test_no_signer_is_waited_for_without_end(tmp_path: Path, film: Path, claim: Claim, bench: Bench) -> None:
    output = tmp_path / "output"
    output.mkdir()
    (output / "out.mp4").write_bytes(b"published before")
    never = Event()

    def wait(data: bytes) -> bytes:
        never.wait()
        return data

    signer = CallbackSigner(SigningAlgorithm.ES256, bench.chain(p256()), wait, patience=0.2)
    with pytest.raises(SignerUnreachableError, match="within"):
        sign_file(film, output / "out.mp4", claim, signer, bench.anchors)
    never.set()
    assert [path.read_bytes() for path in output.iterdir()] == [b"published before"]


def test_an_answer_that_drips_is_not_waited_for(tmp_path: Path, film: Path, claim: Claim, bench: Bench) -> None:
    """A vendor's library has patience with each byte anew."""
    over = Event()

    def drip(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "10000")
        handler.end_headers()
        while not over.wait(0.02):
            handler.wfile.write(b" ")

    with serving(drip) as port:
        client = boto3.client("kms", region_name="eu-central-1", endpoint_url=f"http://127.0.0.1:{port}")
        callback = kms_callback(client, "alias/c2pa", SigningAlgorithm.ES256)
        signer = CallbackSigner(SigningAlgorithm.ES256, bench.chain(p256()), callback)
        with pytest.raises(SignerUnreachableError, match="within"):
            sign_file(film, tmp_path / "out.mp4", claim, replace(signer, patience=1.0), bench.anchors)
        over.set()
    assert not (tmp_path / "out.mp4").exists()


@pytest.mark.parametrize("error", [TimeoutError("its own"), SystemExit("its own")])
def test_what_the_signer_raises_in_time_is_what_is_raised(bench: Bench, error: BaseException) -> None:
    def late(data: bytes) -> bytes:
        raise error

    with pytest.raises(type(error), match="its own"):
        CallbackSigner(SigningAlgorithm.ES256, bench.chain(p256()), late).sign(b"data")
