"""A film, keys in every place where touchmark can sign from, and an authority that tells the time."""

from __future__ import annotations

import os
import shutil
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from azure.core.credentials import AccessToken
from azure.keyvault.keys.crypto import CryptographyClient
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from google.auth.credentials import AnonymousCredentials
from google.cloud.kms_v1.services.key_management_service import KeyManagementServiceClient
from google.cloud.kms_v1.services.key_management_service.transports import KeyManagementServiceRestTransport
from moto.server import ThreadedMotoServer

from tests.provenance.keys.certificates import Authority, p256, private_pem
from tests.provenance.manifest.conftest import claim, film, make_claim  # noqa: F401
from tests.provenance.signing.stand_ins import (
    MODULE,
    PIN,
    TimeAuthority,
    Token,
    azure_vault,
    google_kms,
    server_certificate,
    serving,
)
from touchmark.provenance.database import open_database
from touchmark.provenance.ledger import Ledger
from touchmark.provenance.signing import CallbackSigner, PemSigner, Signer, SigningAlgorithm, TimeStamping
from touchmark.provenance.signing.address import open_signer
from touchmark.provenance.signing.service import SigningService


@dataclass
class Bench:
    """Where signers are opened.

    ``authority`` issues signing certificates; ``folder`` holds files; ``open`` makes a signer of one kind.
    """

    authority: Authority
    anchors: bytes
    folder: Path
    find_token: Callable[[], Token]
    kinds: dict[str, Callable[..., Any]]

    @property
    def token(self) -> Token:
        return self.find_token()

    def chain(self, key: Any) -> bytes:
        return self.authority.issue(key=key)

    @contextmanager
    def open(self, kind: str, **options: Any) -> Iterator[Signer]:
        with self.kinds[kind](self, **options) as signer:
            yield signer


@dataclass
class Public:
    """What an authority sees of a key that it issues for."""

    der: bytes

    def public_key(self) -> Any:
        return serialization.load_der_public_key(self.der)


@contextmanager
def pem(bench: Bench, password: bytes | None = None, time_stamping: TimeStamping | None = None) -> Iterator[Signer]:
    key = p256()
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    path = bench.folder / "signing.key"
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption))
    (bench.folder / "password").write_bytes((password or b"") + b"\n")
    source = f"?password-source=file:{bench.folder}/password" if password else ""
    yield open_signer(f"pem:{path}{source}", bench.chain(key), time_stamping=time_stamping)


def encrypted_pem(bench: Bench, **options: Any) -> Any:
    return pem(bench, password=b"correct horse", **options)


def pkcs11(label: str) -> Callable[..., Any]:
    @contextmanager
    def opened(bench: Bench, time_stamping: TimeStamping | None = None) -> Iterator[Signer]:
        os.environ["TOKEN_PIN"] = PIN
        address = f"pkcs11:token=studio;object={label}?module-path={MODULE}&pin-source=env:TOKEN_PIN"
        chain = (bench.token.folder / f"{label}.pem").read_bytes()
        yield open_signer(address, chain, time_stamping=time_stamping)

    return opened


def aws(spec: str) -> Callable[..., Any]:
    @contextmanager
    def opened(bench: Bench, time_stamping: TimeStamping | None = None) -> Iterator[Signer]:
        client = boto3.client("kms", region_name="eu-central-1")
        made = client.create_key(KeyUsage="SIGN_VERIFY", KeySpec=spec)["KeyMetadata"]["KeyId"]
        public = Public(client.get_public_key(KeyId=made)["PublicKey"])
        address = f"awskms:///{made}?region=eu-central-1"
        yield open_signer(address, bench.chain(public), time_stamping=time_stamping)

    return opened


GOOGLE_KEY = "projects/p/locations/global/keyRings/r/cryptoKeys/c2pa/cryptoKeyVersions/1"


def google_client(port: int) -> KeyManagementServiceClient:
    transport = KeyManagementServiceRestTransport(
        host=f"127.0.0.1:{port}", url_scheme="http", credentials=AnonymousCredentials()
    )
    return KeyManagementServiceClient(transport=transport)


@contextmanager
def google(bench: Bench, time_stamping: TimeStamping | None = None) -> Iterator[Signer]:
    from touchmark.provenance.signing.google import kms_callback

    key = p256()
    with serving(google_kms(key, GOOGLE_KEY)) as port:
        callback = kms_callback(google_client(port), GOOGLE_KEY, SigningAlgorithm.ES256)
        yield CallbackSigner(SigningAlgorithm.ES256, bench.chain(key), callback, time_stamping)


class StaticCredential:
    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        return AccessToken("token", 1 << 40)


def azure_client(port: int, ca: Path, key: str = "c2pa/1", **options: Any) -> CryptographyClient:
    return CryptographyClient(
        f"https://127.0.0.1:{port}/keys/{key}",
        StaticCredential(),
        connection_verify=str(ca),
        verify_challenge_resource=False,
        retry_total=0,
        **options,
    )


@contextmanager
def azure(bench: Bench, time_stamping: TimeStamping | None = None) -> Iterator[Signer]:
    from touchmark.provenance.signing.azure import vault_callback

    key = p256()
    certificate, private = server_certificate(bench.folder, "vault")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, private)
    with serving(azure_vault(key, "c2pa/1"), tls) as port:
        callback = vault_callback(azure_client(port, certificate), SigningAlgorithm.ES256)
        yield CallbackSigner(SigningAlgorithm.ES256, bench.chain(key), callback, time_stamping)


@contextmanager
def signing_service(bench: Bench, signer: Signer | None = None) -> Iterator[str]:
    """The real service, and the address under which a client of its opens it."""
    key = p256()
    signer = signer or PemSigner.from_pem(bench.chain(key), private_pem(key))
    certificate, private = server_certificate(bench.folder)
    client, client_key = server_certificate(bench.folder, "client")
    ledger = Ledger(open_database(bench.folder / "service.sqlite3"))
    service = SigningService(signer, ledger, client.read_bytes())
    with service.listen(("127.0.0.1", 0), certificate=certificate, key=private) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        port = server.server_address[1]
        try:
            yield f"https://127.0.0.1:{port}?client-cert={client}&client-key={client_key}&ca={certificate}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def remote(bench: Bench, time_stamping: TimeStamping | None = None) -> Iterator[Signer]:
    with signing_service(bench) as address:
        yield open_signer(address, time_stamping=time_stamping)


KINDS: dict[str, Callable[..., Any]] = {
    "pem": pem,
    "encrypted pem": encrypted_pem,
    "pkcs11 es256": pkcs11("curve"),
    "pkcs11 ps256": pkcs11("modulus"),
    "pkcs11 ed25519": pkcs11("edwards"),
    "aws es256": aws("ECC_NIST_P256"),
    "aws es384": aws("ECC_NIST_P384"),
    "google": google,
    "azure": azure,
    "remote": remote,
}


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority("signing root")


@pytest.fixture(scope="session")
def anchors(authority: Authority) -> bytes:
    return authority.pem


@pytest.fixture(scope="session")
def token(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Token:
    if not shutil.which("softhsm2-util"):
        pytest.skip("SoftHSM is not installed (apt-get install softhsm2)")
    token = Token(tmp_path_factory.mktemp("softhsm"))
    keys = {
        "curve": p256(),
        "modulus": rsa.generate_private_key(public_exponent=65537, key_size=2048),
        "edwards": ed25519.Ed25519PrivateKey.generate(),
    }
    for number, (label, key) in enumerate(keys.items()):
        token.put(key, label, f"0{number}")
        (token.folder / f"{label}.pem").write_bytes(authority.issue(key=key))
    return token


@pytest.fixture(scope="session")
def _aws_endpoint() -> Iterator[None]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    environment = {
        "AWS_ENDPOINT_URL_KMS": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }
    os.environ.update(environment)
    yield
    for name in environment:
        del os.environ[name]
    server.stop()


@pytest.fixture
def bench(
    tmp_path: Path, authority: Authority, anchors: bytes, _aws_endpoint: None, request: pytest.FixtureRequest
) -> Bench:
    folder = tmp_path / "bench"
    folder.mkdir()
    return Bench(authority, anchors, folder, lambda: request.getfixturevalue("token"), KINDS)


@pytest.fixture(scope="session")
def time_authority(tmp_path_factory: pytest.TempPathFactory) -> TimeAuthority:
    return TimeAuthority.make(tmp_path_factory.mktemp("tsa"))
