"""What is asked of certificates wherever they come from: whose they are, who issued them.

    all(any(issued(issuer, one) for issuer in anchors_in(pem)) for one in chain)

What C2PA asks of one that signs claims, ``keys.profile`` does.
"""

from __future__ import annotations

from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm


@lru_cache(maxsize=8)  # a list of them takes longer to read than a stamp
def anchors_in(pem: bytes) -> tuple[x509.Certificate, ...]:
    """Certificates in PEM."""
    return tuple(x509.load_pem_x509_certificates(pem)) if pem.strip() else ()


def issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    """Whether an authority signed a certificate."""
    return issuer.subject == certificate.issuer and is_authority(issuer) and is_signed_by(certificate, issuer)


def is_signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether a certificate is signed with the key of another, which is called as it says; that need be no
    authority."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether it is one of an authority, which may issue others (RFC 5280, 4.2.1.9)."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
