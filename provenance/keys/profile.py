"""Would C2PA accept this certificate as a signer's? If not, which rule does it break?

    for fault in check_certificate(Path("signing.pem").read_bytes(), datetime.now(UTC)):
        print(fault.rule, fault.explanation, fault.remedy)

The rules are the certificate profile of C2PA 2.4, sections 14.5 and 14.6
(https://spec.c2pa.org/specifications/specifications/2.4/specs/C2PA_Specification.html#x509_certificates), read as
strictly as c2pa-rs reads them when it signs, which says no more than "the certificate is invalid". Trust is another
question: a certificate without fault here is still untrusted until its root is among a verifier's anchors.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID as Eku
from cryptography.x509.oid import ExtensionOID
from cryptography.x509.oid import SignatureAlgorithmOID as Signature

from touchmark.provenance.certificates import is_authority, is_signed_by
from touchmark.provenance.errors import TouchmarkError

SIGNER_EKUS = (
    "1.3.6.1.5.5.7.3.4",  # emailProtection
    "1.3.6.1.5.5.7.3.36",  # documentSigning (RFC 9336)
    "1.3.6.1.4.1.311.76.59.1.9",  # Microsoft's C2PA signing
    "1.3.6.1.4.1.62558.2.1",  # c2pa-kp-claimSigning
)
"""Extended key usages that let a certificate sign claims."""

_SIGNATURES = {
    Signature.RSA_WITH_SHA256,
    Signature.RSA_WITH_SHA384,
    Signature.RSA_WITH_SHA512,
    Signature.ECDSA_WITH_SHA256,
    Signature.ECDSA_WITH_SHA384,
    Signature.ECDSA_WITH_SHA512,
    Signature.RSASSA_PSS,
    Signature.ED25519,
}
_PSS_HASHES = {"sha256", "sha384", "sha512"}
_CURVES = {"secp256r1", "secp384r1", "secp521r1"}
_UNDERSTOOD = {
    ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
    ExtensionOID.SUBJECT_KEY_IDENTIFIER,
    ExtensionOID.KEY_USAGE,
    ExtensionOID.CERTIFICATE_POLICIES,
    ExtensionOID.POLICY_MAPPINGS,
    ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    ExtensionOID.BASIC_CONSTRAINTS,
    ExtensionOID.NAME_CONSTRAINTS,
    ExtensionOID.POLICY_CONSTRAINTS,
    ExtensionOID.EXTENDED_KEY_USAGE,
    ExtensionOID.CRL_DISTRIBUTION_POINTS,
    ExtensionOID.INHIBIT_ANY_POLICY,
    ExtensionOID.AUTHORITY_INFORMATION_ACCESS,
}


@dataclass(frozen=True, slots=True)
class ProfileFault:
    """One rule that a certificate breaks.

    Attributes:
        rule: stable name of the rule, such as ``eku-missing``.
        explanation: what the rule asks and what was found.
        remedy: what to change.
    """

    rule: str
    explanation: str
    remedy: str


class CertificateRefusedError(TouchmarkError):
    """A certificate breaks the C2PA profile; nothing was signed with it."""

    code = "keys.certificate_refused"

    def __init__(self, faults: tuple[ProfileFault, ...], *, subject: str) -> None:
        rules = "; ".join(f"{fault.rule}: {fault.explanation}" for fault in faults)
        super().__init__(
            f"the signing certificate breaks the C2PA profile ({rules})", subject=subject, remedy=faults[0].remedy
        )
        self.faults = faults


def check_certificate(chain: bytes, now: datetime) -> tuple[ProfileFault, ...]:
    """Every rule that a PEM chain breaks as a C2PA signer's, empty where C2PA would sign with it.

    Args:
        chain: PEM, signing certificate first.
        now: the moment of signing, with zone.
    """
    try:
        certificates = x509.load_pem_x509_certificates(chain)
    except (ValueError, UnsupportedAlgorithm) as error:
        return (
            ProfileFault(
                "unreadable", f"the chain is not PEM certificates ({error})", "Give X.509 certificates in PEM."
            ),
        )
    leaf = certificates[0]
    try:
        faults = (*_order(certificates), *_certificate(leaf, now), *_key(leaf), *_extensions(leaf))
    except (ValueError, UnsupportedAlgorithm) as error:
        return (ProfileFault("malformed", f"the certificate cannot be decoded ({error})", "Have it issued anew."),)
    return faults


def _order(certificates: list[x509.Certificate]) -> Iterator[ProfileFault]:
    leaf, issuers = certificates[0], certificates[1:]
    if is_authority(leaf):
        if any(not is_authority(other) for other in issuers):
            yield ProfileFault(
                "order", "the chain does not begin with the signing certificate", "Put the signing certificate first."
            )
        else:
            yield ProfileFault(
                "ca-as-leaf",
                "the signing certificate is a certificate authority (basicConstraints CA:TRUE)",
                "Sign with an end-entity certificate that the authority issues.",
            )
    elif leaf.issuer == leaf.subject:
        yield ProfileFault(
            "self-signed",
            "the signing certificate names itself as issuer",
            "Have it issued by a certificate authority.",
        )
    for issued, issuer in pairwise(certificates):
        if issued.issuer != issuer.subject or not is_signed_by(issued, issuer):
            yield ProfileFault(
                "chain-broken",
                f"{_name(issued)} is not issued by the next certificate, {_name(issuer)}",
                "Give the chain in order: signing certificate, then each issuer.",
            )
    for issuer in issuers:
        if not is_authority(issuer) and not is_authority(leaf):
            yield ProfileFault(
                "issuer-not-ca",
                f"{_name(issuer)} is no certificate authority",
                "Leave it out, or have the chain issued anew.",
            )


def _certificate(leaf: x509.Certificate, now: datetime) -> Iterator[ProfileFault]:
    if leaf.version is not x509.Version.v3:
        yield ProfileFault("v3", f"the certificate is X.509 {leaf.version.name}, not v3", "Have it issued as X.509 v3.")
    if now < leaf.not_valid_before_utc:
        yield ProfileFault(
            "not-yet-valid",
            f"the certificate is valid from {leaf.not_valid_before_utc:%Y-%m-%d %H:%M} UTC",
            "Wait, or set the clock right.",
        )
    if now > leaf.not_valid_after_utc:
        yield ProfileFault(
            "expired", f"the certificate expired on {leaf.not_valid_after_utc:%Y-%m-%d %H:%M} UTC", "Have it renewed."
        )
    algorithm = leaf.signature_algorithm_oid
    if algorithm not in _SIGNATURES:
        yield ProfileFault(
            "signature-algorithm",
            f"the certificate is signed with an algorithm that C2PA does not allow ({algorithm.dotted_string})",
            "Have it issued with SHA-256 or stronger and RSA, RSA-PSS, ECDSA or Ed25519.",
        )
    elif algorithm == Signature.RSASSA_PSS:
        yield from _pss(leaf)


def _pss(leaf: x509.Certificate) -> Iterator[ProfileFault]:
    parameters, digest = leaf.signature_algorithm_parameters, leaf.signature_hash_algorithm
    mask = (
        getattr(getattr(parameters, "mgf", None), "_algorithm", None) if isinstance(parameters, padding.PSS) else None
    )
    if digest is None or mask is None or digest.name not in _PSS_HASHES or digest.name != mask.name:
        yield ProfileFault(
            "pss-parameters",
            "the RSA-PSS signature does not use one of SHA-256, SHA-384, SHA-512 for both hash and mask",
            "Have it issued with one of them for both.",
        )


def _key(leaf: x509.Certificate) -> Iterator[ProfileFault]:
    key = leaf.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        if key.curve.name not in _CURVES:
            yield ProfileFault("curve", f"the key is on {key.curve.name}", "Use P-256, P-384 or P-521.")
    elif isinstance(key, rsa.RSAPublicKey):
        if key.key_size < 2048:
            yield ProfileFault(
                "rsa-too-short", f"the RSA key has {key.key_size} bits, not 2048", "Use 2048 bits or more."
            )
        exponent = key.public_numbers().e
        if exponent < 3 or exponent % 2 == 0:
            yield ProfileFault("rsa-exponent", f"the RSA exponent is {exponent}", "Use 65537.")
    elif not isinstance(key, ed25519.Ed25519PublicKey):
        yield ProfileFault(
            "key-type", f"C2PA does not know this kind of key ({type(key).__name__})", "Use an EC, RSA or Ed25519 key."
        )


def _extensions(leaf: x509.Certificate) -> Iterator[ProfileFault]:
    by_oid = {extension.oid: extension for extension in leaf.extensions}
    if ExtensionOID.AUTHORITY_KEY_IDENTIFIER not in by_oid:
        yield ProfileFault(
            "aki-missing", "there is no authority key identifier", "Have it issued with authorityKeyIdentifier=keyid."
        )
    yield from _key_usage(leaf)
    yield from _extended_key_usage(leaf)
    for oid, extension in by_oid.items():
        if extension.critical and oid not in _UNDERSTOOD:
            yield ProfileFault(
                "critical-extension",
                f"C2PA does not know the critical extension {oid.dotted_string}",
                "Have it issued without, or not marked critical.",
            )


def _key_usage(leaf: x509.Certificate) -> Iterator[ProfileFault]:
    remedy = "Have it issued with keyUsage=critical,digitalSignature."
    try:
        usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        yield ProfileFault("key-usage-missing", "there is no key usage", remedy)
        return
    if not usage.digital_signature:
        yield ProfileFault("key-usage", "the key usage does not allow digitalSignature", remedy)
    if usage.key_cert_sign and not is_authority(leaf):
        yield ProfileFault("key-usage-cert-sign", "an end-entity certificate claims keyCertSign", remedy)


def _extended_key_usage(leaf: x509.Certificate) -> Iterator[ProfileFault]:
    remedy = "Have it issued with extendedKeyUsage=emailProtection or 1.3.6.1.4.1.62558.2.1 (C2PA claim signing)."
    try:
        usages = set(leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        yield ProfileFault("eku-missing", "there is no extended key usage", remedy)
        return
    if Eku.ANY_EXTENDED_KEY_USAGE in usages:
        yield ProfileFault("eku-any", "anyExtendedKeyUsage is not allowed", remedy)
    if not any(usage.dotted_string in SIGNER_EKUS for usage in usages):
        found = ", ".join(sorted(usage.dotted_string for usage in usages))
        yield ProfileFault("eku-not-allowed", f"no extended key usage lets it sign claims (found {found})", remedy)
    if usages & {Eku.TIME_STAMPING, Eku.OCSP_SIGNING}:
        yield ProfileFault("eku-mixed", "timeStamping and OCSPSigning do not go together with signing claims", remedy)


def _name(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string()[:80] or "a certificate without a name"
