"""What a cloud may answer besides a signature, over HTTP as its REST interface documents it: each has its own error.

No file is left in any case. A proxy in front of a cloud answers for it, so pages of HTML count too.
"""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from cryptography.hazmat.primitives.asymmetric import ec

from tests.provenance.keys.certificates import p256
from tests.provenance.signing.conftest import GOOGLE_KEY, Bench, azure_client, google_client
from tests.provenance.signing.stand_ins import aws_kms, azure_vault, google_kms, reply, server_certificate, serving
from touchmark.provenance.manifest.claim import Claim
from touchmark.provenance.manifest.write import sign_file
from touchmark.provenance.signing import CallbackSigner, SigningAlgorithm, aws, azure, google
from touchmark.provenance.signing.errors import (
    KeyMismatchError,
    KeyNotFoundError,
    SignerAnswerError,
    SignerRefusedError,
    SignerUnreachableError,
    SigningError,
)

Answer = Callable[[BaseHTTPRequestHandler, bytes], None]

_PAGE = b"<!DOCTYPE html><html><title>Sign in</title>"


def _says(status: int, body: bytes | dict[str, Any], content_type: str = "application/json") -> Answer:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda handler, _: reply(handler, data, content_type, status)


def _google_says(code: int, status: str) -> Answer:
    return _says(code, {"error": {"code": code, "status": status, "message": "no"}})


def _azure_says(status: int, code: str) -> Answer:
    return _says(status, {"error": {"code": code, "message": "no"}})


def _aws_says(status: int, code: str) -> Answer:
    return _says(status, {"__type": code, "message": "no"}, "application/x-amz-json-1.1")


def _hangs_up(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.close_connection = True


def _is_late(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    time.sleep(1)
    handler.close_connection = True


_ANYBODY: list[tuple[str, Answer, type[SigningError]]] = [
    ("nothing", _says(200, b""), SignerAnswerError),
    ("page", _says(200, _PAGE, "text/html"), SignerAnswerError),
    ("no signature in it", _says(200, {}), SignerAnswerError),
    ("page of a proxy that refuses", _says(403, _PAGE, "text/html"), SignerRefusedError),
    ("page of a proxy that fails", _says(502, _PAGE, "text/html"), SignerUnreachableError),
    ("hangs up", _hangs_up, SignerUnreachableError),
    ("late", _is_late, SignerUnreachableError),
]
GOOGLE: list[tuple[str, Answer, type[SigningError]]] = [
    *_ANYBODY,
    ("no permission", _google_says(403, "PERMISSION_DENIED"), SignerRefusedError),
    ("no credentials", _google_says(401, "UNAUTHENTICATED"), SignerRefusedError),
    ("other algorithm", _google_says(400, "INVALID_ARGUMENT"), SignerRefusedError),
    ("disabled", _google_says(400, "FAILED_PRECONDITION"), SignerRefusedError),
    ("no such key", _google_says(404, "NOT_FOUND"), KeyNotFoundError),
    ("too often", _google_says(429, "RESOURCE_EXHAUSTED"), SignerUnreachableError),
    ("down", _google_says(503, "UNAVAILABLE"), SignerUnreachableError),
    ("another key", google_kms(p256(), GOOGLE_KEY), KeyMismatchError),
    ("key of another curve", google_kms(ec.generate_private_key(ec.SECP384R1()), GOOGLE_KEY), SignerAnswerError),
]
AZURE: list[tuple[str, Answer, type[SigningError]]] = [
    *_ANYBODY,
    ("no permission", _azure_says(403, "Forbidden"), SignerRefusedError),
    ("other algorithm", _azure_says(400, "BadParameter"), SignerRefusedError),
    ("no such key", _azure_says(404, "KeyNotFound"), KeyNotFoundError),
    ("too often", _azure_says(429, "Throttled"), SignerUnreachableError),
    ("down", _azure_says(503, "ServiceUnavailable"), SignerUnreachableError),
    ("another key", azure_vault(p256(), "c2pa/1"), KeyMismatchError),
]
AWS: list[tuple[str, Answer, type[SigningError]]] = [
    *_ANYBODY,
    ("no permission", _aws_says(400, "AccessDeniedException"), SignerRefusedError),
    ("other algorithm", _aws_says(400, "InvalidKeyUsageException"), SignerRefusedError),
    ("no such key", _aws_says(400, "NotFoundException"), KeyNotFoundError),
    ("too often", _aws_says(400, "ThrottlingException"), SignerUnreachableError),
    ("down", _aws_says(500, "KMSInternalException"), SignerUnreachableError),
    ("another key", aws_kms(p256()), KeyMismatchError),
]


@contextmanager
def _google(bench: Bench, answer: Answer, monkeypatch: pytest.MonkeyPatch) -> Iterator[CallbackSigner]:
    monkeypatch.setattr(google, "_PATIENCE", 0.5)
    with serving(answer) as port:
        callback = google.kms_callback(google_client(port), GOOGLE_KEY, SigningAlgorithm.ES256)
        yield CallbackSigner(SigningAlgorithm.ES256, bench.chain(p256()), callback)


@contextmanager
def _azure(bench: Bench, answer: Answer) -> Iterator[CallbackSigner]:
    certificate, private = server_certificate(bench.folder, "vault")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, private)
    authorised = azure_vault(p256(), "c2pa/1")

    def answers(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        asked_to_sign = handler.path.partition("?")[0].endswith("/sign") and "Authorization" in handler.headers
        (answer if asked_to_sign else authorised)(handler, body)

    with serving(answers, tls) as port:
        callback = azure.vault_callback(azure_client(port, certificate, read_timeout=0.5), SigningAlgorithm.ES256)
        yield CallbackSigner(SigningAlgorithm.ES256, bench.chain(p256()), callback)


@contextmanager
def _aws(bench: Bench, answer: Answer) -> Iterator[CallbackSigner]:
    with serving(answer) as port:
        client = boto3.client(
            "kms",
            region_name="eu-central-1",
            endpoint_url=f"http://127.0.0.1:{port}",
            config=Config(retries={"total_max_attempts": 1}, read_timeout=0.5),
        )
        callback = aws.kms_callback(client, "alias/c2pa", SigningAlgorithm.ES256)
        yield CallbackSigner(SigningAlgorithm.ES256, bench.chain(p256()), callback)


def _is_told(film: Path, folder: Path, claim: Claim, signer: CallbackSigner, bench: Bench, error: type) -> None:
    folder.mkdir()
    with pytest.raises(SigningError) as caught:
        sign_file(film, folder / "out.mp4", claim, signer, bench.anchors)
    assert type(caught.value) is error
    assert caught.value.remedy
    assert "html" not in caught.value.diagnostics().lower()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(("answer", "error"), [a[1:] for a in GOOGLE], ids=[a[0] for a in GOOGLE])
def test_what_google_answers_has_its_name(
    tmp_path: Path,
    film: Path,
    claim: Claim,
    bench: Bench,
    monkeypatch: pytest.MonkeyPatch,
    answer: Answer,
    error: type[SigningError],
) -> None:
    with _google(bench, answer, monkeypatch) as signer:
        _is_told(film, tmp_path / "out", claim, signer, bench, error)


@pytest.mark.parametrize(("answer", "error"), [a[1:] for a in AZURE], ids=[a[0] for a in AZURE])
def test_what_azure_answers_has_its_name(
    tmp_path: Path, film: Path, claim: Claim, bench: Bench, answer: Answer, error: type[SigningError]
) -> None:
    with _azure(bench, answer) as signer:
        _is_told(film, tmp_path / "out", claim, signer, bench, error)


@pytest.mark.parametrize(("answer", "error"), [a[1:] for a in AWS], ids=[a[0] for a in AWS])
def test_what_aws_answers_has_its_name(
    tmp_path: Path, film: Path, claim: Claim, bench: Bench, answer: Answer, error: type[SigningError]
) -> None:
    with _aws(bench, answer) as signer:
        _is_told(film, tmp_path / "out", claim, signer, bench, error)
