"""Signers: what they sign verifies under the certificate, and a key that does not belong to it is refused at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.x509.oid import NameOID

from touchmark.provenance.signing import (
    CallbackSigner,
    KeyMismatchError,
    KeyUnreadableError,
    PemSigner,
    Signer,
    SigningAlgorithm,
    TimeStamping,
)
from touchmark.provenance.signing.algorithm import hash_of

KEYS: dict[SigningAlgorithm, Any] = {
    SigningAlgorithm.ES256: ec.generate_private_key(ec.SECP256R1()),
    SigningAlgorithm.ES384: ec.generate_private_key(ec.SECP384R1()),
    SigningAlgorithm.ES512: ec.generate_private_key(ec.SECP521R1()),
    SigningAlgorithm.PS256: rsa.generate_private_key(public_exponent=65537, key_size=2048),
    SigningAlgorithm.ED25519: ed25519.Ed25519PrivateKey.generate(),
}


def certificate(key: Any) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "anybody")])
    now = datetime.now(UTC)
    issuer = KEYS[SigningAlgorithm.ES256]
    built = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1)
    ).sign(issuer, hashes.SHA256())
    return built.public_bytes(serialization.Encoding.PEM)


def pem(key: Any, password: bytes | None = None) -> bytes:
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_signature_verifies_under_the_certificate(algorithm: SigningAlgorithm) -> None:
    key = KEYS[algorithm]
    signer: Signer = PemSigner.from_pem(certificate(key), pem(key))
    signature, public = signer.sign(b"claim"), key.public_key()

    assert signer.algorithm is algorithm
    if isinstance(public, ec.EllipticCurvePublicKey):
        half = len(signature) // 2
        assert half == (public.key_size + 7) // 8
        r, s = int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
        digest = {256: hashes.SHA256(), 384: hashes.SHA384(), 521: hashes.SHA512()}[public.key_size]
        public.verify(encode_dss_signature(r, s), b"claim", ec.ECDSA(digest))
    elif isinstance(public, rsa.RSAPublicKey):
        public.verify(signature, b"claim", padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    else:
        public.verify(signature, b"claim")


def test_files_are_loaded(tmp_path: Path) -> None:
    key = KEYS[SigningAlgorithm.ES256]
    (tmp_path / "chain.pem").write_bytes(certificate(key))
    (tmp_path / "key.pem").write_bytes(pem(key, b"correct horse"))
    signer = PemSigner.load(
        tmp_path / "chain.pem",
        tmp_path / "key.pem",
        password=b"correct horse",
        time_stamping=TimeStamping(("https://tsa.example",)),
    )
    assert signer.time_stamping is not None
    for password in (None, b"wrong"):
        with pytest.raises(KeyUnreadableError):
            PemSigner.load(tmp_path / "chain.pem", tmp_path / "key.pem", password=password)
    with pytest.raises(KeyUnreadableError, match="cannot be read"):
        PemSigner.load(tmp_path / "chain.pem", tmp_path / "missing.pem")
    with pytest.raises(KeyUnreadableError):
        PemSigner.load(tmp_path, tmp_path / "key.pem")


def test_a_key_of_another_certificate_is_refused() -> None:
    with pytest.raises(KeyMismatchError):
        PemSigner.from_pem(certificate(KEYS[SigningAlgorithm.ES256]), pem(ec.generate_private_key(ec.SECP256R1())))
    with pytest.raises(KeyMismatchError):
        PemSigner.from_pem(certificate(KEYS[SigningAlgorithm.ES256]), pem(KEYS[SigningAlgorithm.PS256]))


@pytest.mark.parametrize("key", [ec.generate_private_key(ec.SECP256K1()), ed448.Ed448PrivateKey.generate()])
def test_a_kind_of_key_that_c2pa_does_not_know_is_refused(key: Any) -> None:
    with pytest.raises(KeyMismatchError):
        PemSigner.from_pem(certificate(key), pem(key))


@pytest.mark.parametrize("junk", [b"", b"junk", b"\xff" * 30])
def test_junk_is_unreadable(junk: bytes) -> None:
    key = KEYS[SigningAlgorithm.ES256]
    with pytest.raises(KeyUnreadableError):
        PemSigner.from_pem(certificate(key), junk)
    with pytest.raises(KeyUnreadableError):
        PemSigner.from_pem(junk, pem(key))


def test_a_callback_must_sign_as_its_certificate_can() -> None:
    chain = certificate(KEYS[SigningAlgorithm.PS256])
    key = KEYS[SigningAlgorithm.PS256]
    for algorithm in (SigningAlgorithm.PS256, SigningAlgorithm.PS384, SigningAlgorithm.PS512):
        digest = hash_of(algorithm)
        pss = padding.PSS(padding.MGF1(digest), digest.digest_size)
        signature = CallbackSigner(algorithm, chain, lambda data: key.sign(data, pss, digest)).sign(b"ab")  # noqa: B023
        key.public_key().verify(signature, b"ab", pss, digest)
    with pytest.raises(KeyMismatchError, match="es256"):
        CallbackSigner(SigningAlgorithm.ES256, chain, bytes)


def test_no_signer_prints_its_key() -> None:
    key = KEYS[SigningAlgorithm.ES256]
    assert "key" not in repr(PemSigner.from_pem(b"" + certificate(key), pem(key))).lower().replace("keyid", "")
