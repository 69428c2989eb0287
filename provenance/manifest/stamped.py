"""Read a manifest with anchors for signers and anchors for time stamps, and never let one stand in for the other.

    report = read_stamped(lambda anchors: read_manifest(path, anchors), signers_pem, time_pem)

The C2PA library believes every anchor of a context for everything: with a time-stamp authority's root in it, whoever
that root issues a certificate to is a trusted signer. So signers are judged with the signers' anchors alone, stamps
with the time-stamping anchors alone, and both together are used for one thing only: an expired signer under a signers'
anchor, with a stamp that the time-stamping anchors vouch for. That a signer is trusted with both sets, and is not with
the time-stamping set, shows that it is a signers' anchor that vouches for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from touchmark.provenance.manifest.report import ManifestReport
from touchmark.provenance.manifest.status import Concern


def read_stamped(read: Callable[[bytes], ManifestReport], signers: bytes, time_stampers: bytes) -> ManifestReport:
    """The report under ``signers``, with time stamps judged under ``time_stampers`` too.

    Args:
        read: reads the file under the anchors that it is given, PEM.
        signers: anchors believed for claim signing. They are also believed for time stamps: who may say who signs may
            say when.
        time_stampers: anchors believed for time stamps and nothing else.

    Raises: what ``read`` raises.
    """
    report = read(signers)
    if report.signed_at is None or report.time_stamped or not time_stampers.strip():
        return report
    only_time = _without(time_stampers, signers)
    stamped = read(only_time) if only_time else report
    if not stamped.time_stamped:
        return report
    if all(failure.concern is not Concern.TIME for failure in report.failures):
        return replace(report, time_stamped=True)
    together = read(signers + b"\n" + only_time)
    if stamped.signer_trusted or not together.signer_trusted:
        return replace(report, time_stamped=True)
    # What is said of ingredients stays as the signers' anchors alone had it.
    return replace(
        report,
        time_stamped=True,
        state=together.state,
        signer_trusted=together.signer_trusted,
        development=together.development,
        signature_valid=together.signature_valid,
        left_out=together.left_out,  # what is asked only where the signer is trusted
        failures=together.failures,
    )


def _without(anchors: bytes, others: bytes) -> bytes:
    known = set(x509.load_pem_x509_certificates(others)) if others.strip() else set()
    return b"".join(c.public_bytes(Encoding.PEM) for c in x509.load_pem_x509_certificates(anchors) if c not in known)
