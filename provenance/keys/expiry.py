"""Which certificates end soon: said thirty days ahead, while there is time to have another issued. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from cryptography import x509

WARN_BEFORE: Final = timedelta(days=30)
"""How long before its end a certificate is warned of."""


def expiring(certificates: bytes, now: datetime) -> tuple[str, ...]:
    """A sentence for each certificate in some PEM that has ended, or ends within :data:`WARN_BEFORE`.

    The text holds names from the certificates: who shows it, escapes it.
    """
    return tuple(
        _sentence(certificate, now)
        for certificate in x509.load_pem_x509_certificates(certificates)
        if certificate.not_valid_after_utc - now <= WARN_BEFORE
    )


def _sentence(certificate: x509.Certificate, now: datetime) -> str:
    name, ends = certificate.subject.rfc4514_string()[:200], certificate.not_valid_after_utc
    if ends < now:
        return f"The certificate {name} expired on {ends:%Y-%m-%d}."
    days = (ends - now).days
    return (
        f"The certificate {name} expires in {days} {'day' if days == 1 else 'days'}, on {ends:%Y-%m-%d}. "
        "See: touchmark keys rotate --help"
    )
