"""Things that answer as the real ones do: a time-stamp authority, a token, the clouds as seen from outside."""

from __future__ import annotations

import base64
import json
import os
import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.provenance.keys.certificates import NOW, Authority, p256, private_pem, usage

PIN = "2468"
MODULE = "/usr/lib/softhsm/libsofthsm2.so"


@contextmanager
def serving(
    answer: Callable[[BaseHTTPRequestHandler, bytes], None], tls: ssl.SSLContext | None = None
) -> Iterator[int]:
    """A server on the loopback that lets ``answer`` answer everything; gives its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            answer(self, self.rfile.read(int(self.headers.get("Content-Length") or 0)))

        do_GET = do_POST  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:  # a server that is closed while it serves would spin for the rest of the run
            server.shutdown()
            thread.join()


def reply(handler: BaseHTTPRequestHandler, body: bytes, content_type: str, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"Content-Type": content_type, "Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


@dataclass(frozen=True)
class TimeAuthority:
    """`openssl ts` with keys of its own.

    ``folder`` holds the configuration, ``root`` is the PEM of its authority, ``authority`` can issue more.
    """

    folder: Path
    root: bytes
    authority: Authority

    @classmethod
    def make(
        cls, folder: Path, begins: datetime = NOW - timedelta(days=1), ends: datetime = NOW + timedelta(days=30)
    ) -> TimeAuthority:
        """With a certificate that is valid from ``begins`` to ``ends``."""
        if not shutil.which("openssl"):
            pytest.skip("openssl is not installed")
        authority, key = Authority("time root"), p256()
        root = authority.pem
        (folder / "serial").write_text("01\n")
        (folder / "root.pem").write_bytes(root)
        (folder / "tsa.key").write_bytes(private_pem(key))
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "time stamper")])
        certificate = (
            x509.CertificateBuilder(
                authority.subject,
                subject,
                key.public_key(),
                x509.random_serial_number(),
                begins,
                ends,
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage("digital_signature"), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False
            )
            .sign(authority.key, hashes.SHA256())
        )
        (folder / "tsa.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        (folder / "ts.cnf").write_text(
            f"[tsa]\ndefault_tsa = t\n[t]\nserial = {folder}/serial\ncrypto_device = builtin\n"
            f"signer_cert = {folder}/tsa.pem\ncerts = {folder}/root.pem\nsigner_key = {folder}/tsa.key\n"
            "signer_digest = sha256\ndefault_policy = 1.2.3.4.1\ndigests = sha256, sha384, sha512\n"
        )
        return cls(folder, root, authority)

    def stamp(self, query: bytes) -> bytes:
        """DER TimeStampResp."""
        asked = self.folder / "query.tsq"
        asked.write_bytes(query)
        command = ["openssl", "ts", "-reply", "-config", str(self.folder / "ts.cnf"), "-queryfile", str(asked)]
        return subprocess.run(command, check=True, capture_output=True).stdout

    def answer(self, handler: BaseHTTPRequestHandler, query: bytes) -> None:
        """As a well-behaved authority."""
        reply(handler, self.stamp(query), "application/timestamp-reply")


class Token:
    """A SoftHSM token with keys that are put into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "tokens").mkdir()
        (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
        os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")  # read once, when the module is loaded
        self._run("--init-token", "--free", "--label", "studio", "--pin", PIN, "--so-pin", "135790")

    def put(self, key: Any, label: str, number: str) -> None:
        (self.folder / "key.pem").write_bytes(private_pem(key))
        imported = ("--import", str(self.folder / "key.pem"), "--token", "studio", "--label", label, "--id", number)
        self._run(*imported, "--pin", PIN)

    def _run(self, *arguments: str) -> None:
        subprocess.run(["softhsm2-util", *arguments], check=True, capture_output=True)


def aws_kms(key: Any) -> Callable[[BaseHTTPRequestHandler, bytes], None]:
    """KMS's Sign for a P-256 or RSA key, where moto is not like it: DIGEST, and PSS with a salt as long as the hash."""

    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        asked = json.loads(body)
        message, sha256 = base64.b64decode(asked["Message"]), hashes.SHA256()
        hashed: Any = utils.Prehashed(sha256) if asked["MessageType"] == "DIGEST" else sha256
        if asked["SigningAlgorithm"] == "ECDSA_SHA_256":
            signature = key.sign(message, ec.ECDSA(hashed))
        else:
            assert asked["SigningAlgorithm"] == "RSASSA_PSS_SHA_256"
            signature = key.sign(message, padding.PSS(padding.MGF1(sha256), 32), hashed)
        document = {"KeyId": asked["KeyId"], "Signature": base64.b64encode(signature).decode()}
        reply(handler, json.dumps(document).encode(), "application/x-amz-json-1.1")

    return answer


def google_kms(key: ec.EllipticCurvePrivateKey, name: str) -> Callable[[BaseHTTPRequestHandler, bytes], None]:
    """Cloud KMS as its REST interface documents it, for one P-256 key version."""

    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        if handler.path.partition("?")[0] != f"/v1/{name}:asymmetricSign":
            error = {"error": {"code": 404, "status": "NOT_FOUND", "message": "no such key version"}}
            return reply(handler, json.dumps(error).encode(), "application/json", 404)
        digest = base64.b64decode(json.loads(body)["digest"]["sha256"])
        signature = key.sign(digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
        document = {"name": name, "signature": base64.b64encode(signature).decode()}
        return reply(handler, json.dumps(document).encode(), "application/json")

    return answer


def azure_vault(key: ec.EllipticCurvePrivateKey, name: str) -> Callable[[BaseHTTPRequestHandler, bytes], None]:
    """Key Vault as its REST interface documents it, for one P-256 key that may be used and not read."""

    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        host = handler.headers["Host"]
        if "Authorization" not in handler.headers:
            challenge = f'Bearer authorization="https://{host}/tenant", resource="https://{host}"'
            return reply(handler, b"", "application/json", 401, WWW_Authenticate=challenge)
        path = handler.path.partition("?")[0]
        if path != f"/keys/{name}/sign":
            code, status = ("Forbidden", 403) if path == f"/keys/{name}" else ("KeyNotFound", 404)
            error = {"error": {"code": code, "message": "no"}}
            return reply(handler, json.dumps(error).encode(), "application/json", status)
        digest = base64.urlsafe_b64decode(json.loads(body)["value"] + "==")
        r, s = utils.decode_dss_signature(key.sign(digest, ec.ECDSA(utils.Prehashed(hashes.SHA256()))))
        raw = base64.urlsafe_b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).rstrip(b"=").decode()
        document = {"kid": f"https://{host}/keys/{name}", "value": raw}
        return reply(handler, json.dumps(document).encode(), "application/json")

    return answer


def server_certificate(folder: Path, name: str = "server") -> tuple[Path, Path]:
    """A self-signed certificate of 127.0.0.1, which is its own root, and its key."""
    import ipaddress

    key = p256()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder(
            subject, subject, key.public_key(), x509.random_serial_number(), NOW - timedelta(days=1), NOW + timedelta(9)
        )
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(private_pem(key))
    return paths
