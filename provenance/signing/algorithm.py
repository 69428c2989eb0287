"""The signature algorithms of C2PA, and what a signature of each must look like. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from touchmark.provenance.signing.errors import KeyMismatchError, SignerAnswerError


class SigningAlgorithm(StrEnum):
    """The signature algorithms that C2PA 2.4, section 13.2, allows."""

    ES256 = "es256"
    ES384 = "es384"
    ES512 = "es512"
    PS256 = "ps256"
    PS384 = "ps384"
    PS512 = "ps512"
    ED25519 = "ed25519"


_BY_CURVE = {
    "secp256r1": SigningAlgorithm.ES256,
    "secp384r1": SigningAlgorithm.ES384,
    "secp521r1": SigningAlgorithm.ES512,
}
_HASHES: dict[SigningAlgorithm, type[hashes.HashAlgorithm]] = {
    SigningAlgorithm.ES256: hashes.SHA256,
    SigningAlgorithm.ES384: hashes.SHA384,
    SigningAlgorithm.ES512: hashes.SHA512,
    SigningAlgorithm.PS256: hashes.SHA256,
    SigningAlgorithm.PS384: hashes.SHA384,
    SigningAlgorithm.PS512: hashes.SHA512,
}
_RSA = (SigningAlgorithm.PS256, SigningAlgorithm.PS384, SigningAlgorithm.PS512)


def algorithms_of(public_key: object) -> tuple[SigningAlgorithm, ...]:
    """The algorithms that C2PA allows for a key, the usual one first.

    Raises:
        KeyMismatchError: C2PA has none for this kind of key.
    """
    if isinstance(public_key, rsa.RSAPublicKey):
        return _RSA
    if isinstance(public_key, ed25519.Ed25519PublicKey):
        return (SigningAlgorithm.ED25519,)
    if isinstance(public_key, ec.EllipticCurvePublicKey) and public_key.curve.name in _BY_CURVE:
        return (_BY_CURVE[public_key.curve.name],)
    kind = getattr(getattr(public_key, "curve", None), "name", type(public_key).__name__)
    raise KeyMismatchError(
        f"C2PA has no signature algorithm for this key ({kind})",
        subject="signing certificate",
        remedy="Use a key on P-256, P-384 or P-521, an RSA key of 2048 bits or more, or an Ed25519 key.",
    )


def hash_of(algorithm: SigningAlgorithm) -> hashes.HashAlgorithm:
    """The hash that goes before the signature. Not for Ed25519, which hashes for itself (KeyError)."""
    return _HASHES[algorithm]()


def digest_of(algorithm: SigningAlgorithm, data: bytes) -> bytes:
    """``data`` hashed as ``algorithm`` hashes it; for an HSM or KMS that signs digests. Not for Ed25519 (KeyError)."""
    digest = hashes.Hash(hash_of(algorithm))
    digest.update(data)
    return digest.finalize()


def raw_ecdsa(der: bytes, key_size: int) -> bytes:
    """An ECDSA signature as COSE wants it: ``r || s``, each as wide as the key (RFC 9053, section 2.1).

    Raises:
        ValueError: ``der`` is not an ECDSA signature in DER, or one of a larger key.
    """
    width = (key_size + 7) // 8
    try:
        return b"".join(number.to_bytes(width, "big") for number in decode_dss_signature(der))
    except OverflowError as error:
        raise ValueError("a number is wider than the key") from error


def checked_signature(public_key: object, algorithm: SigningAlgorithm, signature: bytes, data: bytes) -> bytes:
    """``signature`` in the form of COSE, once it is known to hold; ECDSA may come as ``r || s`` or in DER.

    Raises:
        SignerAnswerError: it has the form of no signature of this algorithm.
        KeyMismatchError: it is not by the key of ``public_key``, or not over ``data``.
    """
    candidates = tuple(_forms(public_key, signature))
    if not candidates:
        raise SignerAnswerError(
            f"the signer answered {len(signature)} bytes that are no {algorithm} signature",
            subject="signer",
            remedy="Check that the address names a signing key of the algorithm, and what answers there.",
        )
    for candidate in candidates:
        if _holds(public_key, algorithm, candidate, data):
            return candidate
    raise KeyMismatchError(
        "what the signer signed does not verify under the signing certificate",
        subject="signer",
        remedy="Give the certificate that was issued for this key, and the algorithm of the key.",
    )


def _forms(public_key: object, signature: bytes) -> Iterator[bytes]:
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        if len(signature) == 2 * ((public_key.key_size + 7) // 8):
            yield signature
        try:
            yield raw_ecdsa(signature, public_key.key_size)
        except ValueError:
            return
    elif isinstance(public_key, rsa.RSAPublicKey):
        if len(signature) == (public_key.key_size + 7) // 8:
            yield signature
    elif len(signature) == 64:
        yield signature


def _holds(public_key: object, algorithm: SigningAlgorithm, signature: bytes, data: bytes) -> bool:
    try:
        if isinstance(public_key, ec.EllipticCurvePublicKey):
            half = len(signature) // 2
            r, s = int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
            public_key.verify(encode_dss_signature(r, s), data, ec.ECDSA(hash_of(algorithm)))
        elif isinstance(public_key, rsa.RSAPublicKey):
            digest = hash_of(algorithm)
            public_key.verify(signature, data, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
        elif isinstance(public_key, ed25519.Ed25519PublicKey):
            public_key.verify(signature, data)
        else:
            return False
    except InvalidSignature:
        return False
    return True
