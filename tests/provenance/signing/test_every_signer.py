"""One test for all signers: a file sealed through each is Trusted; and each failure has a name and leaves nothing."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.provenance.keys.certificates import p256, private_pem
from tests.provenance.signing.conftest import (
    GOOGLE_KEY,
    KINDS,
    Bench,
    azure_client,
    google_client,
    signing_service,
)
from tests.provenance.signing.stand_ins import (
    MODULE,
    TimeAuthority,
    aws_kms,
    azure_vault,
    google_kms,
    reply,
    server_certificate,
    serving,
)
from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.keys.profile import CertificateRefusedError
from touchmark.provenance.manifest.claim import Claim
from touchmark.provenance.manifest.read import read_manifest
from touchmark.provenance.manifest.report import ValidationState
from touchmark.provenance.manifest.write import sign_file
from touchmark.provenance.signing import (
    CallbackSigner,
    PemSigner,
    Signer,
    SigningAlgorithm,
    TimeStamping,
    algorithms_of,
    google,
)
from touchmark.provenance.signing.address import open_signer
from touchmark.provenance.signing.aws import kms_callback
from touchmark.provenance.signing.azure import vault_callback
from touchmark.provenance.signing.errors import (
    BackendMissingError,
    KeyMismatchError,
    KeyNotFoundError,
    KeyUnreadableError,
    SecretError,
    SignerAnswerError,
    SignerRefusedError,
    SignerUnreachableError,
    SignerUriError,
    WrongPasswordError,
    WrongPinError,
)
from touchmark.provenance.signing.time_stamps import (
    ClockSkewError,
    TimeAuthorityAnswerError,
    TimeAuthorityUnreachableError,
)

Answer = Callable[[BaseHTTPRequestHandler, bytes], None]


@pytest.mark.parametrize("stamped", [False, True], ids=["bare", "time-stamped"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_signer_seals_a_file_that_is_trusted(
    tmp_path: Path, film: Path, claim: Claim, bench: Bench, time_authority: TimeAuthority, kind: str, stamped: bool
) -> None:
    with serving(time_authority.answer) as port:
        stamping = TimeStamping((f"http://127.0.0.1:{port}/tsr",)) if stamped else None
        with bench.open(kind, time_stamping=stamping) as signer:
            sign_file(film, tmp_path / "out.mp4", claim, signer, bench.anchors)
    report = read_manifest(tmp_path / "out.mp4", bench.anchors)
    assert report.state is ValidationState.TRUSTED
    assert report.is_sound
    assert report.algorithm == signer.algorithm.value
    assert (report.signed_at is not None) is stamped


def wrong_password(bench: Bench) -> Any:
    def opened() -> Signer:
        with bench.open("encrypted pem"):
            (bench.folder / "password").write_text("another horse")
            return open_signer(
                f"pem:{bench.folder}/signing.key?password-source=file:{bench.folder}/password", bench.chain(p256())
            )

    return opened()


def no_password(bench: Bench) -> Signer:
    with bench.open("encrypted pem"):
        return open_signer(f"pem:{bench.folder}/signing.key", bench.chain(p256()))


def no_file(bench: Bench) -> Signer:
    return open_signer(f"pem:{bench.folder}/nothing.key", bench.chain(p256()))


def key_of_another_certificate(bench: Bench) -> Signer:
    with bench.open("pem"):
        return open_signer(f"pem:{bench.folder}/signing.key", bench.chain(p256()))


def hsm(bench: Bench, path: str = "token=studio;object=curve", pin: str = "2468", module: str = MODULE) -> Signer:
    os.environ["TOKEN_PIN"] = pin
    chain = (bench.token.folder / "curve.pem").read_bytes()
    return open_signer(f"pkcs11:{path}?module-path={module}&pin-source=env:TOKEN_PIN", chain)


def hsm_key_of_another_certificate(bench: Bench) -> Signer:
    return replace(hsm(bench), certificate_chain=bench.chain(p256()))  # type: ignore[type-var]


def aws_key(bench: Bench, key: str = "alias/nothing") -> Signer:
    return open_signer(f"awskms:///{key}?region=eu-central-1", bench.chain(p256()))


def closed_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


def aws_out_of_reach(bench: Bench) -> Signer:
    import boto3

    from touchmark.provenance.signing.aws import kms_callback

    client = boto3.client(
        "kms",
        region_name="eu-central-1",
        endpoint_url=f"http://127.0.0.1:{closed_port()}",
        config=Config(retries={"total_max_attempts": 1}),
    )
    callback = kms_callback(client, "alias/c2pa", SigningAlgorithm.ES256)
    return CallbackSigner(SigningAlgorithm.ES256, bench.chain(p256()), callback)


def aws_disabled(bench: Bench) -> Signer:
    client = boto3.client("kms", region_name="eu-central-1")
    made = client.create_key(KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["KeyId"]
    return aws_key(bench, made)


def aws_key_of_another_certificate(bench: Bench) -> Signer:
    with bench.open("aws es256") as signer:
        return replace(signer, certificate_chain=bench.chain(p256()))  # type: ignore[type-var]


def google_out_of_reach(bench: Bench) -> Signer:
    callback = google.kms_callback(google_client(closed_port()), GOOGLE_KEY, SigningAlgorithm.ES256)
    return CallbackSigner(SigningAlgorithm.ES256, bench.chain(p256()), callback)


def azure_out_of_reach(bench: Bench) -> Signer:
    certificate, _ = server_certificate(bench.folder, "vault")
    callback = vault_callback(azure_client(closed_port(), certificate), SigningAlgorithm.ES256)
    return CallbackSigner(SigningAlgorithm.ES256, bench.chain(p256()), callback)


def service_out_of_reach(bench: Bench) -> Signer:
    with signing_service(bench) as address:
        pass
    return open_signer(address)


def service_that_goes_away(bench: Bench) -> Signer:
    with signing_service(bench) as address:
        return open_signer(address)


def service_of_a_stranger(bench: Bench) -> Signer:
    """Somebody else's certificate at the service's address."""
    with signing_service(bench) as address:
        other, _ = server_certificate(bench.folder, "other")
        return open_signer(address.partition("&ca=")[0] + f"&ca={other}")


def service_that_does_not_know_us(bench: Bench) -> Signer:
    with signing_service(bench) as address:
        other, other_key = server_certificate(bench.folder, "other")
        base, ca = address.partition("?")[0], address.partition("&ca=")[2]
        return open_signer(f"{base}?client-cert={other}&client-key={other_key}&ca={ca}")


def nonsense(bench: Bench) -> Signer:
    return CallbackSigner(SigningAlgorithm.ES256, bench.chain(p256()), lambda data: b"no signature")


def expired(bench: Bench) -> Signer:
    key, now = p256(), datetime.now(UTC)
    chain = bench.authority.issue(key=key, begins=now - timedelta(days=9), ends=now - timedelta(days=1))
    return PemSigner.from_pem(chain, private_pem(key))


FAILURES: list[tuple[Callable[[Bench], Signer], type[TouchmarkError]]] = [
    (wrong_password, WrongPasswordError),
    (no_password, WrongPasswordError),
    (no_file, KeyUnreadableError),
    (key_of_another_certificate, KeyMismatchError),
    (lambda bench: hsm(bench, pin="1111"), WrongPinError),
    (lambda bench: hsm(bench, pin=""), SecretError),
    (lambda bench: hsm(bench, "token=studio;object=nothing"), KeyNotFoundError),
    (lambda bench: hsm(bench, "token=nowhere;object=curve"), SignerUnreachableError),
    (lambda bench: hsm(bench, module="/nonexistent.so"), SignerUnreachableError),
    (lambda bench: hsm(bench, "token=studio"), SignerUriError),
    (hsm_key_of_another_certificate, KeyMismatchError),
    (aws_key, KeyNotFoundError),
    (aws_out_of_reach, SignerUnreachableError),
    (aws_disabled, SignerRefusedError),
    (aws_key_of_another_certificate, KeyMismatchError),
    (google_out_of_reach, SignerUnreachableError),
    (azure_out_of_reach, SignerUnreachableError),
    (service_out_of_reach, SignerUnreachableError),
    (service_that_goes_away, SignerUnreachableError),
    (service_of_a_stranger, SignerUnreachableError),
    (service_that_does_not_know_us, SignerUnreachableError),
    (nonsense, SignerAnswerError),
    (expired, CertificateRefusedError),
]


@pytest.mark.parametrize(("make", "error"), FAILURES, ids=lambda value: getattr(value, "__name__", ""))
def test_each_failure_has_its_name_and_leaves_no_file(
    tmp_path: Path,
    film: Path,
    claim: Claim,
    bench: Bench,
    make: Callable[[Bench], Signer],
    error: type[TouchmarkError],
) -> None:
    output = tmp_path / "output"
    output.mkdir()
    with pytest.raises(error) as caught:
        sign_file(film, output / "out.mp4", claim, make(bench), bench.anchors)
    assert type(caught.value) is error
    assert caught.value.remedy
    # Never 1, which says of the file that it was tampered with; 3 and 64 only where a file or an address is at fault.
    others: dict[type[TouchmarkError], int] = {KeyUnreadableError: 3, SignerUriError: 64}
    assert caught.value.exit_status == others.get(error, 70)
    assert list(output.iterdir()) == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_wrong_beside_a_signer_has_its_name_with_every_signer(
    tmp_path: Path, film: Path, claim: Claim, bench: Bench, time_authority: TimeAuthority, kind: str
) -> None:
    """An expired certificate, and time-stamp authorities that are dead, talk nonsense, or live at another time."""
    output, now = tmp_path / "output", datetime.now(UTC)
    output.mkdir()
    with (
        serving(lambda handler, _: reply(handler, b"noise", "application/timestamp-reply")) as noisy,
        serving(time_authority.answer) as good,
        bench.open(kind) as signer,
    ):
        leaf = x509.load_pem_x509_certificate(signer.certificate_chain)
        old = bench.authority.issue(key=leaf, begins=now - timedelta(days=9), ends=now - timedelta(days=1))
        skewed = TimeStamping((f"http://127.0.0.1:{good}/",), tolerance=timedelta(days=-1))
        faults: list[tuple[dict[str, Any], type[TouchmarkError]]] = [
            ({"certificate_chain": old}, CertificateRefusedError),
            ({"time_stamping": TimeStamping((f"http://127.0.0.1:{closed_port()}/",))}, TimeAuthorityUnreachableError),
            ({"time_stamping": TimeStamping((f"http://127.0.0.1:{noisy}/",))}, TimeAuthorityAnswerError),
            ({"time_stamping": skewed}, ClockSkewError),
        ]
        for change, error in faults:
            with pytest.raises(TouchmarkError) as caught:
                sign_file(film, output / "out.mp4", claim, replace(signer, **change), bench.anchors)
            assert type(caught.value) is error
            assert list(output.iterdir()) == []


def test_a_wrong_pin_is_tried_once(bench: Bench) -> None:
    """A token that counts wrong PINs has counted one."""
    for _ in range(2):
        with pytest.raises(WrongPinError, match="refuses"):
            hsm(bench, pin="9999")
        hsm(bench).sign(b"the right one resets the count")


def test_another_key_version_of_google_is_not_found(bench: Bench) -> None:
    with (
        serving(google_kms(p256(), GOOGLE_KEY)) as port,
        pytest.raises(KeyNotFoundError),
    ):
        google.kms_callback(google_client(port), GOOGLE_KEY + "7", SigningAlgorithm.ES256)(b"claim")


@pytest.mark.parametrize("answer", [b"<html>", b"", b"[]", b"{}", b'{"Signature": "%", "signature": 5, "value": 5}'])
def test_a_cloud_that_talks_nonsense_is_told(bench: Bench, answer: bytes) -> None:
    """What stands between (a proxy, a page of a hotel) answers in its place, with status 200."""

    def vault(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        is_asked = "Authorization" in handler.headers and handler.path.startswith("/keys/c2pa/1/sign")
        said: Answer = says_nonsense if is_asked else azure_vault(p256(), "c2pa/1")
        said(handler, body)

    def says_nonsense(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        reply(handler, answer, "application/json")

    certificate, private = server_certificate(bench.folder, "vault")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, private)
    es256 = SigningAlgorithm.ES256
    with serving(says_nonsense) as port, serving(vault, tls) as vault_port:
        client = boto3.client("kms", region_name="eu-central-1", endpoint_url=f"http://127.0.0.1:{port}")
        for callback in (
            kms_callback(client, "alias/c2pa", es256),
            google.kms_callback(google_client(port), GOOGLE_KEY, es256),
            vault_callback(azure_client(vault_port, certificate), es256),
        ):
            with pytest.raises(SignerAnswerError):
                CallbackSigner(es256, bench.chain(p256()), callback).sign(b"claim")


@pytest.mark.parametrize("size", [4096, 4097], ids=["whole", "digest"])
@pytest.mark.parametrize("key", [p256(), rsa.generate_private_key(public_exponent=65537, key_size=2048)])
def test_aws_hashes_what_is_short_and_is_given_the_hash_of_what_is_long(bench: Bench, key: Any, size: int) -> None:
    chain = bench.chain(key)
    algorithm = algorithms_of(key.public_key())[0]
    with serving(aws_kms(key)) as port:
        client = boto3.client("kms", region_name="eu-central-1", endpoint_url=f"http://127.0.0.1:{port}")
        signer = CallbackSigner(algorithm, chain, kms_callback(client, "alias/c2pa", algorithm))
        assert signer.sign(bytes(size))  # which verifies under the chain, or raises


@pytest.mark.parametrize(
    "address",
    [
        "",
        "signing.key",
        "ftp://signer",
        "pem:key.pem?colour=red",
        "pkcs11:object=x",
        "pkcs11:token=t;nonsense=1?module-path=/x.so",
        "https://signer.example",
        "azurekms://vault",
        "awskms:///k?algorithm=rot13",
        "awskms:///k?region=a&region=b",
    ],
)
def test_an_address_that_is_none_is_refused(bench: Bench, address: str) -> None:
    with pytest.raises(SignerUriError):
        open_signer(address, bench.chain(p256()))


def test_a_secret_in_an_address_is_refused_and_not_repeated(bench: Bench) -> None:
    for address in ("pkcs11:object=x?module-path=/x.so&pin-value=hunter2", "pem:key.pem?password=hunter2"):
        with pytest.raises(SignerUriError) as caught:
            open_signer(address, bench.chain(p256()))
        assert "hunter2" not in caught.value.diagnostics()
    with pytest.raises(SecretError) as hidden:
        open_signer("pem:key.pem?password-source=hunter2", bench.chain(p256()))
    assert "hunter2" not in hidden.value.diagnostics()


def test_a_signer_without_its_certificate_says_so() -> None:
    with pytest.raises(SignerUriError, match="chain"):
        open_signer("awskms:///alias/c2pa")


def test_a_password_can_be_asked_for(bench: Bench) -> None:
    asked: list[str] = []

    def ask(what: str) -> str:
        asked.append(what)
        return "correct horse"

    with bench.open("encrypted pem") as signer:
        path = bench.folder / "signing.key"
        opened = open_signer(f"pem:{path}?password-source=prompt:", signer.certificate_chain, ask=ask)
        assert asked == [f"password of {path}"]
        assert opened.certificate_chain == signer.certificate_chain
        with pytest.raises(SecretError, match="nobody"):
            open_signer(f"pem:{path}?password-source=prompt:", signer.certificate_chain)


def test_a_missing_library_names_the_extra(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "boto3", None)
    monkeypatch.delitem(sys.modules, "touchmark.provenance.signing.aws", raising=False)
    with pytest.raises(BackendMissingError) as caught:
        aws_key(bench)
    assert "touchmark[kms]" in caught.value.remedy
